"""A draft of an accreditation: another validity, other points, and whether whoever was awarded already is touched."""

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext, gettext_lazy as _

from accreditation.forms import DateInput
from accreditation.models import Accreditation, Draft, PointCategory
from accreditation.simulation import contents


class AccreditationDraftForm(forms.Form):
    """Status and validity as they would become."""

    status = forms.ChoiceField(label=_("Stand"), choices=Accreditation.Status.choices)
    valid_from = forms.DateField(label=_("Geldig van"), required=False, widget=DateInput())
    valid_until = forms.DateField(label=_("Geldig tot en met"), required=False, widget=DateInput())
    with_awards = forms.BooleanField(
        label=_("Werk ook bij wat al is toegekend"),
        required=False,
        help_text=_(
            "Wie al punten kreeg, krijgt een tegenboeking en de nieuwe punten; wie de cursus binnen de nieuwe datums afrondde en niets kreeg, "
            "krijgt ze alsnog. Zonder dit vinkje verandert alleen wat hierna wordt afgerond, en of wat er staat op die dag geaccrediteerd was."
        ),
    )
    reason = forms.CharField(
        label=_("Waarom deze wijziging"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Komt bij elke correctie te staan; de deelnemer kan het lezen."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if cleaned.get("status") == Accreditation.Status.GRANTED:
            for name in ("valid_from", "valid_until"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, gettext("Vul dit in: zonder dit kan niemand punten krijgen."))
        if first and last and first > last:
            self.add_error("valid_until", gettext("De laatste dag ligt voor de eerste. Kijk de datums na."))
        return cleaned


class WorthForm(forms.Form):
    """What the accreditation would be worth in one kind of points; empty is nothing."""

    category = forms.ModelChoiceField(PointCategory.objects.none(), widget=forms.HiddenInput)
    points = forms.DecimalField(label=_("Punten"), required=False, min_value=0, max_digits=6, decimal_places=2)


class _WorthFormSet(BaseFormSet):
    def __init__(self, *args: Any, accreditation: Accreditation, **options: Any) -> None:
        self.categories = PointCategory.objects.filter(register=accreditation.register_id)
        super().__init__(*args, **options)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["category"].queryset = self.categories


_Worth = formset_factory(WorthForm, formset=_WorthFormSet, extra=0)


class AccreditationDraftForms:
    """Both as one: filled from a draft or from how the accreditation is, and a content again."""

    def __init__(self, data: Any, *, accreditation: Accreditation, draft: Draft | None) -> None:
        content = draft.content if draft else {**contents.of_accreditation(accreditation), "with_awards": True}
        initial = {
            "status": content["status"],
            "valid_from": contents.day(content["valid_from"]),
            "valid_until": contents.day(content["valid_until"]),
            "with_awards": content.get("with_awards", False),
            "reason": draft.reason if draft else "",
        }
        categories = list(PointCategory.objects.filter(register=accreditation.register_id))
        worth = {line["category"]: line["points"] for line in content["points"]}
        self.form = AccreditationDraftForm(data, initial=initial)
        initial_worth = [{"category": one.pk, "points": worth.get(one.pk)} for one in categories]
        self.worth: Any = _Worth(data, prefix="punten", initial=initial_worth, accreditation=accreditation)  # type: ignore[call-arg]
        names = {str(one.pk): one.name for one in categories}
        self.rows = [(names.get(str(line["category"].value()), ""), line) for line in self.worth]

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.worth.is_valid()])

    def content(self) -> contents.Content:
        cleaned = self.form.cleaned_data
        points = {line["category"].pk: line["points"] for line in self.worth.cleaned_data if line.get("points")}
        return {
            **{name: contents.as_json(cleaned[name]) for name in contents.ACCREDITATION_FIELDS},
            "with_awards": cleaned["with_awards"],
            "points": [{"category": key, "points": contents.as_json(points[key])} for key in sorted(points)],
        }

    @property
    def errors(self) -> list[dict[str, str]]:
        """The mistakes in the points, for the summary above the form."""
        return [
            {"href": f"#{line[name].id_for_label}", "label": label, "text": text}
            for label, line in self.rows
            for name, texts in line.errors.items()
            for text in texts
        ]
