"""Numbers of professional registers: their shape, and what is odd about one without being wrong.

Source: public manuals of the BIG register, PE-online and Vektis (BIG 11 digits, V&VN relatienummer 6, AGB 8). A BSN is never asked for or kept.
"""

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NumberKind(TextChoices):
    BIG = "big", _("BIG-nummer (11 cijfers)")
    RELATION = "relatie", _("V&VN-relatienummer (6 cijfers)")
    AGB = "agb", _("AGB-code (8 cijfers)")
    FREE = "vrij", _("ander nummer")


SHAPES = {
    NumberKind.BIG: re.compile(r"[0-9]{11}"),
    NumberKind.RELATION: re.compile(r"[0-9]{6}"),
    NumberKind.AGB: re.compile(r"[0-9]{8}"),
    NumberKind.FREE: re.compile(r"[A-Za-z0-9./-]{1,20}"),
}


def clean_number(number: str, *, kinds: Sequence[NumberKind]) -> str:
    """The number without spaces and dots, if it has the shape of one of these kinds.

    Raises ValidationError, naming the shapes that fit.
    """
    bare = without_spaces(number)
    if any(SHAPES[kind].fullmatch(bare) for kind in kinds):
        return bare
    shapes = " / ".join(str(kind.label) for kind in kinds)
    raise ValidationError(_("Dit nummer past niet. Verwacht: %(shapes)s."), params={"shapes": shapes}, code="shape")


def without_spaces(number: str) -> str:
    """The number as it is kept: people type spaces and dots for reading."""
    return re.sub(r"[\s.]", "", number)


def odd_about_big_number(number: str) -> str | None:
    """A warning, never a refusal: a BIG number usually has 9 as its second digit (not confirmed by CIBG)."""
    if len(number) == 11 and number[1] != "9":
        return str(_("Het tweede cijfer van een BIG-nummer is meestal een 9. Controleer je nummer."))
    return None
