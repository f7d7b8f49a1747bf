"""Forms of the question bank."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from taggit.forms import TagField
from wagtail.admin.widgets import AdminTagWidget
from wagtail.blocks.base import BlockField

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from courses.models import CoursePage, Question
from courses.questions.bank import clean
from courses.questions.form_blocks import FORMS, to_block, to_definition
from courses.questions.types import DefinitionRefused


class ScopeForm(forms.Form):
    """Whose questions: an organisation, and perhaps one course of it; only where this person makes courses."""

    organisation = forms.ModelChoiceField(label=_("Organisatie"), queryset=Organisation.objects.none())
    course = forms.ModelChoiceField(
        label=_("Alleen voor cursus"),
        queryset=CoursePage.objects.none(),
        required=False,
        help_text=_("Leeg: alle cursussen van de organisatie."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = organisations_where(user, Action.AUTHOR_COURSES)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["course"].queryset = CoursePage.objects.filter(organisation__in=organisations).order_by("title")  # type: ignore[attr-defined]
        if not self.initial.get("organisation"):
            self.initial["organisation"] = organisations.first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, organisation = cleaned.get("course"), cleaned.get("organisation")
        if course and organisation and course.organisation_id != organisation.pk:
            self.add_error("course", _("Deze cursus is van een andere organisatie."))
        return cleaned


class QuestionForm(ScopeForm):
    """Everything of a question; saving a changed text makes a new version."""

    title = forms.CharField(label=_("Titel in de vragenbank"), max_length=255)
    tags = TagField(label=_("Trefwoorden"), required=False, help_text=_("Een trekking kiest vragen op trefwoord."))
    difficulty = forms.ChoiceField(label=_("Moeilijkheid"), choices=Question.Difficulty.choices, initial=Question.Difficulty.MEDIUM)
    provenance = forms.CharField(
        label=_("Herkomst"), widget=forms.Textarea(attrs={"rows": 2}), required=False, help_text=_("Bron met datum en vindplaats.")
    )
    points = forms.IntegerField(label=_("Punten"), min_value=0, max_value=100, initial=1)
    retired = forms.BooleanField(label=_("Uit gebruik: niet meer in nieuwe uitgaven"), required=False)

    field_order = ["title", "definition", "points", "tags", "difficulty", "provenance", "organisation", "course", "retired"]

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)
        self.fields["tags"].widget = AdminTagWidget()
        self.fields["definition"] = BlockField(block=FORMS[kind], label=_("De vraag"))
        self.initial.setdefault("definition", FORMS[kind].get_default())
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "definition" in cleaned:
            try:
                cleaned["definition"] = clean(self.kind, to_definition(cleaned["definition"]))
            except DefinitionRefused as refusal:
                for problem in refusal.problems:
                    self.add_error(None, problem)
        return cleaned


def initial_of(question: Question) -> dict[str, Any]:
    """The form's starting values for a question in the bank."""
    version = question.versions.order_by("-number")[0]
    return {
        "title": question.title,
        "tags": question.tags.all(),
        "difficulty": question.difficulty,
        "provenance": question.provenance,
        "points": version.points,
        "organisation": question.organisation,
        "course": question.course,
        "retired": question.retired_at is not None,
        "definition": to_block(version.type, version.definition),
    }


class ImportForm(ScopeForm):
    """A file of questions made elsewhere."""

    file = forms.FileField(label=_("Bestand"), help_text=_("CSV, of een QTI 3.0-pakket (zip)."))
    despite = forms.BooleanField(
        label=_("Neem de goede vragen ook op als er andere geweigerd worden"),
        required=False,
        help_text=_("Anders wordt er niets opgenomen zolang er een vraag niet klopt."),
    )


class ExportForm(ScopeForm):
    """Which questions to hand over, and as what."""

    FORMATS = [
        ("csv", _("CSV")),
        ("qti", _("QTI 3.0-pakket")),
        ("h5p-multichoice", _("H5P.MultiChoice, per vraag")),
        ("h5p-truefalse", _("H5P.TrueFalse, per vraag")),
        ("h5p-choice", _("Vakwijs.Choice, één H5P-pakket")),
    ]

    tag = forms.CharField(label=_("Met trefwoord"), required=False)
    format = forms.ChoiceField(label=_("Als"), choices=FORMATS)
