"""Filling in: a text with gaps.

Points: each gap counts the same. Spaces around and between words never matter, and neither do straight or curly
quotation marks; capitals and accents matter only where the author says so.
"""

import re
import unicodedata
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from courses.questions.types.base import Definition, FormData, Layout, QuestionType, Reader, ReviewLine, first

GAP = re.compile(r"\[\[(\w{1,20})\]\]")
MAX_ANSWER = 500
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2013": "-"})


class FillIn(QuestionType):
    code = "fill_in"
    label = gettext_lazy("Invullen")

    def _clean(self, reader: Reader) -> Definition:
        text = reader.text("text", required=True)
        reader.known.add("gaps")
        raw = reader.raw.get("gaps")
        if isinstance(raw, list):  # the authoring form gives rows
            raw = {row.get("gap"): row.get("answers") for row in raw if isinstance(row, dict)}
        if not isinstance(raw, dict):
            reader.problem(_("De gaten ontbreken: geef bij elk gat de goede antwoorden."))
            raw = {}
        gaps: dict[str, list[str]] = {}
        for name, answers in raw.items():
            answers = answers if isinstance(answers, list) else [answers]
            gaps[str(name)] = list(dict.fromkeys(f"{answer}".strip() for answer in answers if f"{answer}".strip() and answer is not None))
        names = GAP.findall(text)
        if not names:
            reader.problem(_("De tekst heeft geen gaten; schrijf [[1]] waar iets ingevuld wordt."))
        if len(set(names)) < len(names):
            reader.problem(_("Een gat komt twee keer voor in de tekst."))
        for name in names:
            if not gaps.get(name):
                reader.problem(_("Gat %(gap)s heeft geen goed antwoord.") % {"gap": name})
        for name in set(gaps) - set(names):
            reader.problem(_("Gat %(gap)s staat niet in de tekst.") % {"gap": name})
        return {"text": text, "gaps": gaps, "match_case": reader.truth("match_case"), "match_accents": reader.truth("match_accents")}

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        return {}

    def names(self, definition: Definition) -> list[str]:
        return GAP.findall(definition["text"])

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        given = self.tidy(definition, response) or {}
        pieces = GAP.split(definition["text"])
        numbers = {name: number for number, name in enumerate(self.names(definition), start=1)}
        return {
            "pieces": [
                {"gap": numbers[piece], "name": f"gat-{piece}", "value": given.get(piece, "")} if place % 2 else {"text": piece}
                for place, piece in enumerate(pieces)
            ]
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        return self.tidy(definition, {name: first(data, f"gat-{name}") for name in self.names(definition)})

    def tidy(self, definition: Definition, response: Any) -> dict[str, str] | None:
        if not isinstance(response, dict):
            return None
        given = {
            name: response[name].replace("\x00", "").strip()[:MAX_ANSWER]
            for name in self.names(definition)
            if isinstance(response.get(name), str)
        }
        return {name: text for name, text in given.items() if text} or None

    def complete(self, definition: Definition, response: Any) -> bool:
        return len(self.tidy(definition, response) or {}) == len(self.names(definition))

    def hits(self, definition: Definition, response: Any) -> dict[str, bool]:
        given = self.tidy(definition, response) or {}
        case, accents = definition["match_case"], definition["match_accents"]
        return {
            name: fold(given.get(name, ""), case=case, accents=accents)
            in {fold(answer, case=case, accents=accents) for answer in definition["gaps"][name]}
            for name in self.names(definition)
        }

    def _share(self, definition: Definition, response: dict[str, str]) -> float:
        hits = self.hits(definition, response)
        return sum(hits.values()) / len(hits)

    def right(self, definition: Definition) -> dict[str, str]:
        return {name: definition["gaps"][name][0] for name in self.names(definition)}

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        given, hits = self.tidy(definition, response) or {}, self.hits(definition, response)
        return [
            ReviewLine(
                label=_("Gat %(number)s") % {"number": number},
                given=given.get(name, ""),
                state=("right" if hits[name] else "wrong") if reveal else "",
                expected=" / ".join(definition["gaps"][name]) if reveal and not hits[name] else "",
            )
            for number, name in enumerate(self.names(definition), start=1)
        ]

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "fill-in"}

    def response_text(self, definition: Definition, response: Any) -> str:
        given = self.tidy(definition, response) or {}
        return "[,]".join(given.get(name, "") for name in self.names(definition))


def fold(text: str, *, case: bool = False, accents: bool = False) -> str:
    """The text without what does not matter: spaces, kinds of quotation mark, and unless asked capitals and accents."""
    text = " ".join(unicodedata.normalize("NFKC", text).translate(QUOTES).split())
    if not accents:
        text = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    if not case:
        text = text.casefold()
    return unicodedata.normalize("NFC", text)
