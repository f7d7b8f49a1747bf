"""Forms of own evidence."""

import re
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import get_format, localize
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Register, User
from accreditation.evidence import files
from accreditation.evidence.applications import REASON_ASKED
from accreditation.evidence.files import CheckedFile, FileRefused
from accreditation.evidence.keeping import Told, kinds_for, problems
from accreditation.forms import DateInput
from accreditation.models import Evidence, EvidenceKind, PointCategory
from competencies.models import Competency, Framework


class UploadForm(forms.Form):
    """A file as proof."""

    file = forms.FileField(
        label=_("Bewijsstuk"),
        widget=forms.FileInput(attrs={"accept": files.ACCEPT, "form": "bewijs"}),
        error_messages={"required": _("Kies een bestand, of ga verder zonder bestand.")},
    )

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner
        self.fields["file"].help_text = gettext(
            "Een PDF, of een foto van je certificaat als JPG of PNG, van hoogstens %(size)s MB. Waar en waarmee je een foto maakte, bewaren "
            "we niet. Zorg dat er geen patiëntgegevens op staan."
        ) % {"size": settings.EVIDENCE_LARGEST_FILE // 1_000_000}

    def clean_file(self) -> CheckedFile:
        try:
            return files.check(self.cleaned_data["file"], owner=self.owner)
        except FileRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class _KindField(forms.ModelChoiceField):
    """Kinds under the name of their register; one choice tells both."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.register.name}: {obj.name}"


class _AreaField(forms.ModelMultipleChoiceField):
    """Areas; where there are of more than one framework, each says of which: physicians and nurses use the same words."""

    several = False

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.framework.name})" if self.several else str(obj.name)


class _AmountField(forms.DecimalField):
    """Hours or points as people write them: 1.200 is twelve hundred, and 2,5 two and a half."""

    default_error_messages = {
        "invalid": _("Vul een getal in, bijvoorbeeld 12 of 2,5."),
        "min_value": _("Vul een getal in dat niet onder nul ligt."),
        "max_digits": _("Dit getal is te groot. Kijk het na."),
        "max_whole_digits": _("Dit getal is te groot. Kijk het na."),
        "max_decimal_places": _("Schrijf achter de komma niet meer dan twee cijfers, bijvoorbeeld 2,75."),
    }

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            comma = get_format("DECIMAL_SEPARATOR")
            point = "." if comma == "," else ","
            if re.fullmatch(rf"\s*\d{{1,3}}(?:[{point}\s]\d{{3}})+(?:[{comma}]\d+)?\s*", value):
                value = re.sub(rf"[{point}\s]", "", value)
        return super().to_python(value)


class EvidenceForm(forms.Form):
    """What someone says of a piece of evidence. Which fields are needed follows from its kind; the domain says so.

    Whatever the domain refuses stands beside its field at once, with what the form itself could not read.
    """

    kind = _KindField(label=_("Waarvoor telt het"), queryset=EvidenceKind.objects.none(), empty_label=_("Kies register en soort"))
    title = forms.CharField(label=_("Wat deed je"), max_length=200, help_text=_("De naam van de scholing, de bijeenkomst of het werk."))
    provider = forms.CharField(label=_("Waar, of bij wie"), max_length=200, required=False)
    done_on = forms.DateField(label=_("Datum, of de laatste dag"), widget=DateInput())
    started_on = forms.DateField(
        label=_("Eerste dag, als het langer duurde"), required=False, widget=DateInput(), help_text=_("Nodig bij werkuren.")
    )
    starts_at = forms.TimeField(label=_("Van"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends_at = forms.TimeField(label=_("Tot"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    hours = _AmountField(
        label=_("Effectieve uren"),
        required=False,
        max_digits=7,
        decimal_places=2,
        localize=True,
        help_text=_("Nodig bij werkuren, en als de punten uit de uren volgen, zoals bij intervisie. Zonder pauze en reistijd."),
    )
    points = _AmountField(
        label=_("Punten op het bewijs"),
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        localize=True,
        help_text=_(
            "Nodig bij geaccrediteerde scholing: neem over wat er staat. Laat anders leeg: dan volgen de punten uit de uren of de soort."
        ),
    )
    id_number = forms.CharField(label=_("ID-nummer van de accreditatie"), max_length=40, required=False)
    competencies = _AreaField(
        label=_("CanMEDS-gebieden"), queryset=Competency.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label=_("Wat leerde je ervan"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Een beoordelaar met wie je je dossier deelt, leest dit mee. Schrijf niets op waaraan een patiënt te herkennen is."),
    )

    as_of = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)  # the moment of what this form was opened with

    def __init__(self, *args: Any, evidence: Evidence, **options: Any) -> None:
        options.setdefault("initial", _initial(evidence))
        super().__init__(*args, **options)
        kinds = kinds_for(evidence.owner)
        if evidence.kind_id:  # what it was kept as stays to be chosen, also when nobody else can choose it any more
            kept = EvidenceKind.objects.filter(Q(pk__in=kinds.values("pk")) | Q(pk=evidence.kind_id))
            kinds = kept.select_related("register", "category").order_by("register__name", "order", "name")
        self.fields["kind"].queryset = kinds  # type: ignore[attr-defined]
        choices = Competency.objects.filter(framework__in=_frameworks(evidence.owner)).select_related("framework")
        if evidence.pk:  # what was chosen before stays to be chosen, also after a change of profession
            choices = (choices | Competency.objects.filter(named_in_evidence=evidence).select_related("framework")).distinct()
        field = cast(_AreaField, self.fields["competencies"])
        field.queryset = choices
        field.several = len({choice.framework_id for choice in choices}) > 1
        most = max((kind.most_competencies or 0 for kind in kinds), default=0)
        if most:
            field.help_text = gettext("Waar het vooral over ging: bij overige deskundigheidsbevordering hoogstens %(most)s.") % {
                "most": most
            }
        if not choices:
            del self.fields["competencies"]
        for name in ("hours", "points", "started_on"):
            self.fields[name].needed_sometimes = True  # type: ignore[attr-defined]  # for the component of a field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind"):
            for refused in problems(self._told(cleaned)):
                without_day = "done_on" not in cleaned and refused.field in ("hours", "started_on") and cleaned.get(refused.field)
                if refused.field not in self.errors and not without_day:
                    self.add_error(refused.field if refused.field in self.fields else None, str(refused))
        return cleaned

    def kept_meanwhile(self) -> list[str]:
        """What stands there now and would be overwritten, where it was changed after this form was opened: label and value."""
        if self.cleaned_data.get("as_of", "") in ("", self.initial.get("as_of")):
            return []
        standing = {name: self.get_initial_for_field(self.fields[name], name) for name in self.changed_data if name != "as_of"}
        return [f"{self.fields[name].label}: {_shown(value)}" for name, value in standing.items()]

    def told(self) -> Told:
        """What was filled in, for the domain."""
        return self._told(self.cleaned_data)

    def _told(self, values: dict[str, Any]) -> Told:
        # What could not be read has its error already, and stands in here as something that gives no other.
        told = {"title": "–", "done_on": timezone.localdate(), **values}
        told.pop("as_of", None)
        return Told(**told | {"competencies": list(values.get("competencies") or [])})


class WorkHoursForm(EvidenceForm):
    """Hours of work, for the register that asks for them: what it is needs no question, and only what work needs is asked."""

    field_order = ["title", "provider", "started_on", "done_on", "hours"]

    def __init__(self, *args: Any, kind: EvidenceKind, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in set(self.fields) - set(self.field_order):
            del self.fields[name]
        self.work = kind
        labels = {
            "title": _("Welk werk"),
            "provider": _("Bij wie"),
            "started_on": _("Eerste dag"),
            "done_on": _("Laatste dag"),
            "hours": _("Hoeveel uren in deze periode"),
        }
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
        self.fields["title"].help_text = gettext("Bijvoorbeeld je functie en de afdeling.")
        self.fields["hours"].help_text = kind.help_text

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["kind"] = self.work
        return super().clean()


class EvidenceKindForm(forms.ModelForm):
    """A kind of own evidence, as an administrator sets it."""

    class Meta:
        model = EvidenceKind
        fields = [
            "name",
            "code",
            "form",
            "category",
            "points_per_hour",
            "fixed_points",
            "most_competencies",
            "needs_file",
            "help_text",
            "source",
            "confirmed",
            "active",
            "order",
        ]
        widgets = {"source": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "code": _("Kleine letters en streepjes. Verandert daarna niet meer."),
            "category": _("Hoeveel van deze soort telt, staat bij de regel als maximum van de puntensoort."),
            "points_per_hour": _("Alleen bij uren. Wat al in een dossier staat, verandert niet."),
            "confirmed": _("Zet dit pas aan als je het bij het register hebt nagekeken."),
            "active": _("Uit: niemand kan haar meer kiezen. Wat er al staat, blijft tellen."),
        }

    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.register = register
        self.fields["category"].queryset = PointCategory.objects.filter(register=register)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["code"].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        form = cleaned.get("form")
        if form and form != EvidenceKind.Form.WORK and not cleaned.get("category"):
            self.add_error("category", gettext("Kies in welke puntensoort dit telt."))
        if form == EvidenceKind.Form.ONCE and cleaned.get("fixed_points") is None:
            self.add_error("fixed_points", gettext("Vul in hoeveel punten dit geeft."))
        taken = EvidenceKind.objects.filter(register=self.instance.register, code=cleaned.get("code")).exclude(pk=self.instance.pk)
        if taken.exists():
            self.add_error("code", gettext("Dit register heeft al een soort met deze code. Kies een andere."))
        return cleaned


class WithdrawForm(forms.Form):
    """Why something is withdrawn."""

    because = forms.CharField(label=_("Waarom trek je het in"), max_length=300, required=False)


class TakeBackForm(forms.Form):
    """Why an application is taken back."""

    because = forms.CharField(label=_("Waarom neem je de aanvraag terug"), max_length=300, error_messages={"required": REASON_ASKED})


def _initial(evidence: Evidence) -> dict[str, Any]:
    as_of = {"as_of": evidence.changed_at.isoformat()} if evidence.pk else {}
    if evidence.state == Evidence.State.DRAFT and not evidence.title:
        read = evidence.suggestions
        texts = {name: read[name] for name in ("title", "provider", "done_on", "id_number") if read.get(name)}
        return {**texts, **as_of, **{name: Decimal(read[name]) for name in ("points", "hours") if read.get(name)}}
    stated = evidence.kind is None or evidence.kind.form == EvidenceKind.Form.ACCREDITED
    names = ("kind", "title", "provider", "done_on", "started_on", "starts_at", "ends_at", "hours", "id_number", "description")
    initial = {name: getattr(evidence, name) for name in names} | {"points": evidence.points if stated else None}
    amounts = {name: Decimal(f"{initial[name].normalize():f}") for name in ("hours", "points") if initial[name] is not None}
    return {**initial, **amounts, **as_of, "competencies": list(evidence.competencies.all()) if evidence.pk else []}


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(localize(value)) if value else "–"


def _frameworks(person: User) -> Any:
    """The frameworks of this person's professions; all of them while no profession is known."""
    mine = Framework.objects.filter(professions__profiles__user=person).distinct()
    return mine if mine.exists() else Framework.objects.all()
