"""Choosing: one option, several options, true or false.

Points. One option, true or false: all or nothing. Several options: the share of the right options that were chosen,
less the share of the wrong options that were chosen, never below nothing; who chooses everything earns nothing.
"""

from typing import Any

from django.utils.translation import gettext as _, gettext_lazy, pgettext

from courses.questions.types.base import (
    Definition,
    FormData,
    Layout,
    QuestionType,
    Reader,
    ReviewLine,
    components,
    first,
    is_index,
    opaque_ids,
    ranks,
    shuffle,
)


class _Choice(QuestionType):
    def _options(self, reader: Reader) -> list[dict[str, Any]]:
        options = []
        for number, raw in enumerate(reader.items("options", minimum=2, maximum=12), start=1):
            part = reader.part(raw, _("Keuze %(number)s") % {"number": number})
            options.append({"text": part.text("text", required=True), "correct": part.truth("correct"), "feedback": part.text("feedback")})
            part.known.add("id")
        texts = [option["text"] for option in options]
        if len(set(texts)) < len(texts):
            reader.problem(_("Twee keuzes hebben dezelfde tekst."))
        return options

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        count = len(definition["options"])
        return {"ids": opaque_ids(seed, "option", count), "order": shuffle(seed, "option", count) if shuffled else list(range(count))}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        chosen = self._chosen(self.tidy(definition, response))
        return {
            "options": [
                {"id": layout["ids"][index], "text": definition["options"][index]["text"], "chosen": index in chosen}
                for index in layout["order"]
            ]
        }

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        chosen = self._chosen(self.tidy(definition, response))
        lines = []
        for index in layout["order"]:
            option = definition["options"][index]
            picked = index in chosen
            state = ""
            if reveal:
                state = ("right" if option["correct"] else "wrong") if picked else ("missed" if option["correct"] else "")
            lines.append(
                ReviewLine(label=option["text"], chosen=picked, state=state, feedback=option["feedback"] if picked or reveal else "")
            )
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "choice", "choices": components("o", [option["text"] for option in definition["options"]])}

    def response_text(self, definition: Definition, response: Any) -> str:
        places = ranks([option["text"] for option in definition["options"]])
        return "[,]".join(f"o{places[index]}" for index in self._chosen(self.tidy(definition, response)))

    def _chosen(self, response: Any) -> list[int]:
        return [] if response is None else list(response) if isinstance(response, list) else [response]


class SingleChoice(_Choice):
    code = "single_choice"
    label = gettext_lazy("Eén goed antwoord")

    def _clean(self, reader: Reader) -> Definition:
        options = self._options(reader)
        if sum(option["correct"] for option in options) != 1:
            reader.problem(_("Precies één keuze is goed; gebruik anders 'meer goede antwoorden'."))
        return {"options": options}

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        given = first(data, "antwoord")
        return layout["ids"].index(given) if given in layout["ids"] else None

    def tidy(self, definition: Definition, response: Any) -> int | None:
        return response if is_index(response, len(definition["options"])) else None

    def _share(self, definition: Definition, response: int) -> float:
        return float(definition["options"][response]["correct"])

    def right(self, definition: Definition) -> int:
        return next(index for index, option in enumerate(definition["options"]) if option["correct"])


class MultipleChoice(_Choice):
    code = "multiple_choice"
    label = gettext_lazy("Meer goede antwoorden")

    def _clean(self, reader: Reader) -> Definition:
        options = self._options(reader)
        if not any(option["correct"] for option in options):
            reader.problem(_("Ten minste één keuze is goed."))
        return {"options": options}

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        given = set(data.get("antwoord", ()))
        return [index for index, key in enumerate(layout["ids"]) if key in given] or None

    def tidy(self, definition: Definition, response: Any) -> list[int] | None:
        if not isinstance(response, list):
            return None
        return sorted({index for index in response if is_index(index, len(definition["options"]))}) or None

    def _share(self, definition: Definition, response: list[int]) -> float:
        return share_of_choices([option["correct"] for option in definition["options"]], response)

    def right(self, definition: Definition) -> list[int]:
        return [index for index, option in enumerate(definition["options"]) if option["correct"]]


class TrueFalse(QuestionType):
    code = "true_false"
    label = gettext_lazy("Waar of niet waar")

    def _clean(self, reader: Reader) -> Definition:
        return {
            "answer": reader.truth("answer", default=None),
            "feedback_true": reader.text("feedback_true"),
            "feedback_false": reader.text("feedback_false"),
        }

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        return {}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        return {
            "options": [
                {"id": "waar", "text": pgettext("stelling", "Waar"), "chosen": response is True},
                {"id": "niet-waar", "text": _("Niet waar"), "chosen": response is False},
            ]
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        return {"waar": True, "niet-waar": False}.get(first(data, "antwoord"))

    def tidy(self, definition: Definition, response: Any) -> bool | None:
        return response if isinstance(response, bool) else None

    def _share(self, definition: Definition, response: bool) -> float:
        return float(response == definition["answer"])

    def right(self, definition: Definition) -> bool:
        return definition["answer"]

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        lines = []
        for value, label, feedback in (
            (True, pgettext("stelling", "Waar"), definition["feedback_true"]),
            (False, _("Niet waar"), definition["feedback_false"]),
        ):
            picked = response is value
            state = ""
            if reveal:
                state = (
                    ("right" if definition["answer"] is value else "wrong")
                    if picked
                    else ("missed" if definition["answer"] is value else "")
                )
            lines.append(ReviewLine(label=label, chosen=picked, state=state, feedback=feedback if picked or reveal else ""))
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "true-false"}

    def response_text(self, definition: Definition, response: Any) -> str:
        given = self.tidy(definition, response)
        return "" if given is None else f"{given}".lower()


def share_of_choices(correct: list[bool], chosen: list[int]) -> float:
    """Right choices as a share of all right ones, less wrong choices as a share of all wrong ones."""
    hits = sum(correct[index] for index in chosen)
    misses = len(chosen) - hits
    wrong = len(correct) - sum(correct)
    return hits / max(1, sum(correct)) - (misses / wrong if wrong else 0)
