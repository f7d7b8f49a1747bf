"""A number, with a margin.

Points: all or nothing. Read as the Dutch write it: a comma before decimals, a point between thousands, a unit behind.
"""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from courses.questions.types.base import Definition, FormData, Layout, QuestionType, Reader, ReviewLine, first

PLAIN = re.compile(r"([+-]?)(\d{1,15}(?:[.,\s]\d{1,15}){0,6})", re.ASCII)
THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)


class Numeric(QuestionType):
    code = "numeric"
    label = gettext_lazy("Getal")

    def _clean(self, reader: Reader) -> Definition:
        limit = 10**12
        return {
            "answer": reader.number("answer", minimum=-limit, maximum=limit),
            "tolerance": reader.number("tolerance", default=0, minimum=0, maximum=limit),
            "unit": reader.text("unit"),
        }

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        return {}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        return {
            "value": self.tidy(definition, response) or "",
            "unit": definition["unit"],
            "unreadable": self.unreadable(definition, response),
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        return self.tidy(definition, first(data, "antwoord"))

    def tidy(self, definition: Definition, response: Any) -> str | None:
        return (response.replace("\x00", "").strip()[:60] or None) if isinstance(response, str) else None

    def complete(self, definition: Definition, response: Any) -> bool:
        return not self.unreadable(definition, response) and super().complete(definition, response)

    def unreadable(self, definition: Definition, response: Any) -> bool:
        given = self.tidy(definition, response)
        return given is not None and read_number(given, unit=definition["unit"]) is None

    def _share(self, definition: Definition, response: str) -> float:
        number = read_number(response, unit=definition["unit"])
        # Decimals of the text that was written, because 0.1 + 0.2 is not 0.3 in binary.
        return 0.0 if number is None else float(abs(number - Decimal(str(definition["answer"]))) <= Decimal(str(definition["tolerance"])))

    def right(self, definition: Definition) -> str:
        return written(definition["answer"])

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        hit = self.share(definition, response) == 1
        expected = written(definition["answer"])
        if definition["tolerance"]:
            expected = _("%(answer)s (met een marge van %(tolerance)s)") % {
                "answer": expected,
                "tolerance": written(definition["tolerance"]),
            }
        return [
            ReviewLine(
                label=_("Je antwoord"),
                given=" ".join(filter(None, [self.tidy(definition, response), definition["unit"]])) if response else "",
                state=("right" if hit else "wrong") if reveal else "",
                expected=f"{expected} {definition['unit']}".strip() if reveal and not hit else "",
            )
        ]

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "numeric"}

    def response_text(self, definition: Definition, response: Any) -> str:
        number = read_number(self.tidy(definition, response) or "", unit=definition["unit"])
        return "" if number is None else f"{number}"


def read_number(text: str, *, unit: str = "") -> Decimal | None:
    """The number in a text as a Dutch reader understands it, or None.

    "1.250" and "1.234,5" hold thousands; "0.5" and "12.5" are forgiven as decimals; "12,5 euro" with that unit is fine.
    """
    text = text.strip().replace("\u2212", "-").replace("\u00a0", " ")
    for sign in filter(None, [unit.strip(), "€", "%"]):
        if text.casefold().startswith(sign.casefold()):
            text = text[len(sign) :].strip()
        if text.casefold().endswith(sign.casefold()):
            text = text[: -len(sign)].strip()
    found = PLAIN.fullmatch(text)
    if not found:
        return None
    sign_part, digits = found.group(1), re.sub(r"\s", "", found.group(2))
    commas, points = digits.count(","), digits.count(".")
    if commas == 1 and digits.rfind(",") > digits.rfind("."):
        whole, decimals = digits.split(",")
        if points and not THOUSANDS.fullmatch(whole):
            return None
        digits = f"{whole.replace('.', '')}.{decimals}"
    elif commas:
        return None
    elif THOUSANDS.fullmatch(digits):
        digits = digits.replace(".", "")
    elif points > 1:
        return None
    return Decimal(sign_part + digits)


def written(number: float) -> str:
    """A number as the Dutch write it."""
    return f"{Decimal(str(number)).normalize():f}".replace(".", ",")
