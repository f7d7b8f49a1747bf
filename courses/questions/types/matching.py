"""Matching: what stands left gets the right one from a list that may hold more.

Points: each pair counts the same; a right text that serves two left ones counts for both.
"""

from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

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


class Matching(QuestionType):
    code = "matching"
    label = gettext_lazy("Combineren")

    def _clean(self, reader: Reader) -> Definition:
        pairs = []
        for number, raw in enumerate(reader.items("pairs", minimum=2, maximum=12), start=1):
            part = reader.part(raw, _("Paar %(number)s") % {"number": number})
            pairs.append({"left": part.text("left", required=True), "right": part.text("right", required=True)})
        extra = [f"{text}".strip() for text in reader.items("extra_right", maximum=8) if f"{text}".strip()]
        if len({pair["left"] for pair in pairs}) < len(pairs):
            reader.problem(_("Twee paren hebben links dezelfde tekst."))
        if set(extra) & {pair["right"] for pair in pairs}:
            reader.problem(_("Een afleider is gelijk aan een goed antwoord."))
        return {"pairs": pairs, "extra_right": extra}

    def rights(self, definition: Definition) -> list[str]:
        """The texts to choose from, each once: those of the pairs first, then the extra ones."""
        return list(dict.fromkeys([*(pair["right"] for pair in definition["pairs"]), *definition["extra_right"]]))

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        left, right = len(definition["pairs"]), len(self.rights(definition))
        return {
            "left_ids": opaque_ids(seed, "left", left),
            "left_order": shuffle(seed, "left", left) if shuffled else list(range(left)),
            "ids": opaque_ids(seed, "right", right),
            # The author writes pairs side by side, so the right column is shuffled always.
            "order": shuffle(seed, "right", right, never_sorted=True),
        }

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        given = self.tidy(definition, response) or {}
        rights = self.rights(definition)
        return {
            "rows": [
                {
                    "name": f"paar-{layout['left_ids'][index]}",
                    "text": definition["pairs"][index]["left"],
                    "options": [
                        {"id": layout["ids"][right], "text": rights[right], "chosen": given.get(str(index)) == right}
                        for right in layout["order"]
                    ],
                }
                for index in layout["left_order"]
            ]
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        given = {}
        for index, key in enumerate(layout["left_ids"]):
            choice = first(data, f"paar-{key}")
            if choice in layout["ids"]:
                given[str(index)] = layout["ids"].index(choice)
        return given or None

    def tidy(self, definition: Definition, response: Any) -> dict[str, int] | None:
        if not isinstance(response, dict):
            return None
        rights = len(self.rights(definition))
        return {
            str(index): response[str(index)] for index in range(len(definition["pairs"])) if is_index(response.get(str(index)), rights)
        } or None

    def complete(self, definition: Definition, response: Any) -> bool:
        return len(self.tidy(definition, response) or {}) == len(definition["pairs"])

    def _share(self, definition: Definition, response: dict[str, int]) -> float:
        right = self.right(definition)
        return sum(response.get(index) == choice for index, choice in right.items()) / len(right)

    def right(self, definition: Definition) -> dict[str, int]:
        rights = self.rights(definition)
        return {str(index): rights.index(pair["right"]) for index, pair in enumerate(definition["pairs"])}

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        given, right, rights = self.tidy(definition, response) or {}, self.right(definition), self.rights(definition)
        lines = []
        for index in layout["left_order"]:
            choice = given.get(str(index))
            hit = choice == right[str(index)]
            lines.append(
                ReviewLine(
                    label=definition["pairs"][index]["left"],
                    given="" if choice is None else rights[choice],
                    state=("right" if hit else "wrong") if reveal else "",
                    expected=definition["pairs"][index]["right"] if reveal and not hit else "",
                )
            )
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {
            "interactionType": "matching",
            "source": components("s", [pair["left"] for pair in definition["pairs"]]),
            "target": components("t", self.rights(definition)),
        }

    def response_text(self, definition: Definition, response: Any) -> str:
        sources, targets = ranks([pair["left"] for pair in definition["pairs"]]), ranks(self.rights(definition))
        return "[,]".join(f"s{sources[int(left)]}[.]t{targets[right]}" for left, right in (self.tidy(definition, response) or {}).items())
