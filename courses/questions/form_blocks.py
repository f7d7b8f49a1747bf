"""The authoring form of each type of question, in Wagtail's own blocks, and the way to a definition and back."""

from typing import Any

from django.utils.translation import gettext_lazy as _, pgettext_lazy
from wagtail import blocks
from wagtail.blocks.list_block import ListValue
from wagtail.images.blocks import ImageChooserBlock

MARKDOWN = _("Gebruik **vet**, *cursief* en regels met een streepje voor een lijst.")


def _text(label: Any, *, required: bool = False, rows: int = 2, help_text: Any = "") -> blocks.TextBlock:
    return blocks.TextBlock(label=label, required=required, rows=rows, help_text=help_text)


def _several(child: blocks.Block, *, least: int, **about: Any) -> blocks.ListBlock:
    """A list that starts with as many empty rows as the question needs, so that a new form does not open with a reproach."""
    return blocks.ListBlock(child, min_num=least, default=[child.get_default() for _row in range(least)], **about)


class OptionBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Tekst"), required=True)
    correct = blocks.BooleanBlock(label=_("Goed"), required=False)
    feedback = _text(_("Terugkoppeling bij deze keuze"))


class PairBlock(blocks.StructBlock):
    left = blocks.CharBlock(label=_("Links"))
    right = blocks.CharBlock(label=_("Hoort bij"))


class GapBlock(blocks.StructBlock):
    gap = blocks.CharBlock(label=_("Gat"), max_length=20, help_text=_("Zoals in de tekst: 1 voor [[1]]."))
    answers = blocks.ListBlock(blocks.CharBlock(label=_("Antwoord")), label=_("Goede antwoorden"), min_num=1)


class AreaBlock(blocks.StructBlock):
    shape = blocks.ChoiceBlock(label=_("Vorm"), choices=[("rect", _("rechthoek")), ("circle", _("cirkel"))], default="rect")
    x = blocks.FloatBlock(label=_("Van links (%)"), min_value=0, max_value=100, help_text=_("Bij een cirkel: het midden."))
    y = blocks.FloatBlock(label=_("Van boven (%)"), min_value=0, max_value=100)
    width = blocks.FloatBlock(label=_("Breedte (%)"), min_value=0, max_value=100, default=0, required=False)
    height = blocks.FloatBlock(label=_("Hoogte (%)"), min_value=0, max_value=100, default=0, required=False)
    radius = blocks.FloatBlock(label=_("Straal van een cirkel (%)"), min_value=0, max_value=100, default=0, required=False)
    label = blocks.CharBlock(label=_("Naam"), help_text=_("Wie met het toetsenbord werkt, kiest op naam."))
    correct = blocks.BooleanBlock(label=_("Goed"), required=False)
    feedback = _text(_("Terugkoppeling bij dit gebied"))


class CaseChoiceBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Keuze"))
    next = blocks.CharBlock(label=_("Leidt naar situatie"), max_length=40)
    score = blocks.FloatBlock(label=_("Punten op deze weg"), default=0)
    feedback = _text(_("Terugkoppeling"))


class CaseNodeBlock(blocks.StructBlock):
    id = blocks.CharBlock(label=_("Naam van de situatie"), max_length=40)
    text = _text(_("Wat er gebeurt"), required=True, rows=4, help_text=MARKDOWN)
    choices = blocks.ListBlock(
        CaseChoiceBlock(), label=_("Keuzes"), default=[], required=False, help_text=_("Zonder keuzes eindigt de casus hier.")
    )


def _form(**parts: blocks.Block) -> blocks.StructBlock:
    return blocks.StructBlock(
        [
            ("prompt", _text(_("Vraag"), required=True, rows=3, help_text=MARKDOWN)),
            *parts.items(),
            ("feedback", _text(_("Uitleg na afloop"), rows=3, help_text=_("Deelnemers zien dit pas als ze het mogen zien."))),
        ]
    )


FORMS: dict[str, blocks.StructBlock] = {
    "single_choice": _form(options=_several(OptionBlock(), label=_("Keuzes"), least=2, max_num=12)),
    "multiple_choice": _form(options=_several(OptionBlock(), label=_("Keuzes"), least=2, max_num=12)),
    "true_false": _form(
        answer=blocks.BooleanBlock(label=_("De stelling is waar"), required=False),
        feedback_true=_text(_("Terugkoppeling bij waar")),
        feedback_false=_text(_("Terugkoppeling bij niet waar")),
    ),
    "matching": _form(
        pairs=_several(PairBlock(), label=_("Paren"), least=2, max_num=12),
        extra_right=blocks.ListBlock(blocks.CharBlock(label=_("Afleider")), label=_("Afleiders rechts"), default=[], required=False),
    ),
    "ordering": _form(
        items=_several(
            blocks.CharBlock(label=pgettext_lazy("in een volgorde", "Regel")),
            label=_("Regels, in de goede volgorde"),
            least=3,
            max_num=12,
        )
    ),
    "fill_in": _form(
        text=_text(_("Tekst met gaten"), required=True, rows=4, help_text=_("Schrijf [[1]] en [[2]] waar iets ingevuld wordt.")),
        gaps=blocks.ListBlock(GapBlock(), label=_("Gaten"), min_num=1),
        match_case=blocks.BooleanBlock(label=_("Hoofdletters tellen mee"), required=False),
        match_accents=blocks.BooleanBlock(label=_("Accenten tellen mee"), required=False),
    ),
    "numeric": _form(
        answer=blocks.FloatBlock(label=_("Goed antwoord")),
        tolerance=blocks.FloatBlock(label=_("Marge"), default=0, min_value=0),
        unit=blocks.CharBlock(label=_("Eenheid"), required=False),
    ),
    "hotspot": _form(
        image=ImageChooserBlock(label=_("Afbeelding")),
        image_alt=blocks.CharBlock(label=_("Beschrijving van de afbeelding")),
        areas=_several(AreaBlock(), label=_("Gebieden"), least=2),
    ),
    "open": _form(
        model_answer=_text(_("Modelantwoord"), rows=4, help_text=MARKDOWN),
        max_words=blocks.IntegerBlock(label=_("Ongeveer hoeveel woorden"), default=200, min_value=1),
    ),
    "case": _form(
        start=blocks.CharBlock(label=_("Begint bij situatie"), max_length=40),
        nodes=_several(CaseNodeBlock(), label=_("Situaties"), least=2, max_num=50),
    ),
}


def to_definition(value: Any) -> Any:
    """What a block holds as plain JSON; `types.clean` makes the definition of it."""
    if isinstance(value, blocks.StructValue):
        return {name: to_definition(part) for name, part in value.items()}
    if isinstance(value, ListValue | list):
        return [to_definition(part) for part in value]
    return value.pk if hasattr(value, "pk") else value


def to_block(kind: str, definition: dict[str, Any]) -> blocks.StructValue:
    """A definition as the value of its form."""
    raw = dict(definition)
    if kind == "fill_in":
        raw["gaps"] = [{"gap": name, "answers": answers} for name, answers in definition["gaps"].items()]
    if kind == "case":
        raw["nodes"] = [{"id": name, **node} for name, node in definition["nodes"].items()]
    return FORMS[kind].to_python(raw)
