"""Forms of accreditation: checking a certificate, and what an administrator writes down."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Register, User
from accounts.permissions import Action, organisations_where
from accreditation.bulk.deeds import DEEDS
from accreditation.models import (
    Accreditation,
    AccreditationEdition,
    AccreditationMeeting,
    AccreditationPoints,
    BulkAction,
    PointCategory,
)
from accreditation.verification import LARGEST_FILE
from courses.models import CoursePage, Meeting, Release

READ_BY_LEARNERS = _("Iedere deelnemer om wie het gaat, kan dit lezen.")
FOR_COLLEAGUES = _("Alleen voor jou en je collega's. De deelnemer leest wat er op het nieuwe certificaat anders is, niet deze reden.")


class NumberForm(forms.Form):
    """Number and code, as printed on the certificate."""

    number = forms.CharField(
        label=_("Nummer"),
        max_length=24,
        help_text=_("Bijvoorbeeld VW-2026-000123"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    check_code = forms.CharField(
        label=_("Controlecode"),
        max_length=16,
        help_text=_("Acht tekens, naast het nummer"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class FileForm(forms.Form):
    """The PDF or the badge itself."""

    pdf = forms.FileField(
        label=_("PDF of badge"),
        help_text=_("Een certificaat als PDF, of een badge als JSON, JWT, PNG of SVG. We vergelijken het bestand en bewaren het niet."),
        widget=forms.ClearableFileInput(
            attrs={"accept": "application/pdf,.pdf,.json,.jsonld,.jwt,.png,.svg,application/json,image/png,image/svg+xml"}
        ),
    )

    def clean_pdf(self) -> UploadedFile:
        pdf: UploadedFile = self.cleaned_data["pdf"]
        # A dossier may be handed in here by mistake; it is only recognised.
        largest = settings.DOSSIER_LARGEST_FILE if pdf.read(4) == b"PK\x03\x04" else LARGEST_FILE
        pdf.seek(0)
        if pdf.size is None or pdf.size > largest:
            raise forms.ValidationError(
                gettext("Dit bestand is groter dan 5 MB. Een certificaat is veel kleiner; kies het bestand dat je kreeg.")
            )
        return pdf


class ReasonForm(forms.Form):
    """Why a certificate or statement is revoked, in words for its holder."""

    reason = forms.CharField(
        label=_("Reden"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("De deelnemer kan dit lezen. Op de openbare controlepagina staat de reden niet."),
    )


class RevokeForm(ReasonForm):
    """Revoking, and whether the points go too."""

    with_points = forms.BooleanField(
        label=_("Draai ook de punten terug"),
        required=False,
        initial=True,
        help_text=_("De toekenning blijft zichtbaar, met een tegenboeking en de reden."),
    )


class ReissueForm(ReasonForm):
    """Why a certificate is issued again, for colleagues: what is different its holder sees by itself."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = FOR_COLLEAGUES


class BulkForm(forms.Form):
    """What an action on many still needs to know."""

    reason = forms.CharField(label=_("Reden"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    points = forms.DecimalField(label=_("Het worden zoveel punten"), min_value=0, max_digits=6, decimal_places=2, localize=True)
    with_points = forms.BooleanField(label=_("Draai ook de punten terug"), required=False, initial=True)

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if kind != BulkAction.Kind.REPORT:
            self.fields["reason"].help_text = READ_BY_LEARNERS if DEEDS[kind].learner_reads[0] else FOR_COLLEAGUES
        if kind != BulkAction.Kind.CORRECT:
            del self.fields["points"]
        if kind != BulkAction.Kind.REVOKE:
            del self.fields["with_points"]


class BulkUndoForm(forms.Form):
    reason = forms.CharField(label=_("Waarom maak je het ongedaan?"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = READ_BY_LEARNERS if DEEDS[kind].learner_reads[1] else FOR_COLLEAGUES


class AttendanceListForm(forms.Form):
    """A list of who was at a meeting: a file, or pasted numbers."""

    meeting = forms.ModelChoiceField(
        label=_("Bijeenkomst"), queryset=Meeting.objects.none(), help_text=_("Alleen bijeenkomsten die begonnen zijn.")
    )
    register = forms.ModelChoiceField(
        label=_("Nummers van"),
        queryset=Register.objects.all(),
        required=False,
        empty_label=_("welk register dan ook"),
        help_text=_("Alleen nodig als hetzelfde nummer in verschillende registers voorkomt."),
    )
    file = forms.FileField(
        label=_("Bestand"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx,text/csv"}),
        help_text=_("CSV of XLSX, hoogstens 5 MB."),
    )
    pasted = forms.CharField(
        label=_("Of plak nummers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("Eén op een regel, met de naam erachter als je die hebt: ‘19012345678 Demo verpleegkundige’. Of met komma's ertussen."),
    )
    enrols = forms.BooleanField(
        label=_("Schrijf wie de cursus nog niet volgt eerst in"),
        required=False,
        help_text=_("Alleen mensen die lid zijn van je organisatie of er een andere cursus volgen."),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        where = organisations_where(user, Action.IMPORT_ATTENDANCE)
        begun = Meeting.objects.filter(course__organisation__in=where, cancelled_at=None, starts_at__lte=timezone.now())
        choice: Any = self.fields["meeting"]
        choice.queryset = begun.select_related("course").order_by("-starts_at")
        choice.label_from_instance = lambda meeting: (
            f"{date_format(timezone.localtime(meeting.starts_at), 'j F Y')} · {meeting.course.title} · {meeting.title}"
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file, pasted = cleaned.get("file"), (cleaned.get("pasted") or "").strip()
        if "file" in self.errors:
            return cleaned
        if file and pasted:
            self.add_error("pasted", gettext("Kies een bestand of plak nummers, niet allebei."))
        elif not file and not pasted:
            self.add_error("file", gettext("Kies een bestand, of plak de nummers eronder."))
        return cleaned


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class AccreditationForm(forms.ModelForm):
    """A request to a register, and what it decided."""

    class Meta:
        model = Accreditation
        fields = [
            "course",
            "register",
            "status",
            "id_number",
            "requested_on",
            "asked_for",
            "application",
            "decided_on",
            "valid_from",
            "valid_until",
            "releases",
            "form",
            "pass_mark",
            "is_demo",
            "note",
            "course_type",
            "org_id",
            "pe_course_id",
            "external_course_id",
            "pe_module_id",
            "external_module_id",
            "pe_edition_id",
            "external_edition_id",
            "pe_meeting_id",
            "external_meeting_id",
        ]
        # Spelled as PE-online spells them; a label from the model would get a capital.
        labels = {
            "org_id": "orgID",
            "external_course_id": "externalCourseID",
            "external_module_id": "externalmoduleID",
            "external_edition_id": "externalEditionID",
            "external_meeting_id": "externalMeetingID",
        }
        widgets = {
            **dict.fromkeys(("requested_on", "decided_on", "valid_from", "valid_until"), DateInput()),
            "releases": forms.CheckboxSelectMultiple,
            "note": forms.Textarea(attrs={"rows": 3}),
            "application": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = organisations_where(user, Action.MANAGE_ACCREDITATION)
        self.fields["course"].queryset = CoursePage.objects.filter(organisation__in=mine).order_by("title")  # type: ignore[attr-defined]
        releases = self.fields["releases"]
        if self.instance.pk:
            # The ledger hangs on both: what was earned stays under the course and register where it was earned.
            for name in ("course", "register"):
                self.fields[name].disabled = True
            releases.queryset = Release.objects.filter(course=self.instance.course).order_by("-number")  # type: ignore[attr-defined]
        else:
            releases.queryset = Release.objects.filter(course__organisation__in=mine).order_by("course__title", "-number")  # type: ignore[attr-defined]
        releases.required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, releases = cleaned.get("course"), cleaned.get("releases")
        if course and releases and any(release.course_id != course.pk for release in releases):
            self.add_error("releases", gettext("Kies alleen uitgaven van deze cursus."))
        if cleaned.get("status") == Accreditation.Status.GRANTED and not cleaned.get("decided_on") and "decided_on" not in self.errors:
            self.add_error("decided_on", gettext("Vul in wanneer het register besloot: aanwezigheid van voor die dag brengt geen punten."))
        requested, decided = cleaned.get("requested_on"), cleaned.get("decided_on")
        if requested and decided and decided < requested:
            self.add_error("decided_on", gettext("Het besluit ligt voor de aanvraag. Kijk de datums na."))
        return cleaned


class _PointsFormSet(BaseInlineFormSet):
    """Points per category, of the categories of the register."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.register_id:
            self.categories = PointCategory.objects.filter(register=self.instance.register_id)
        else:
            self.categories = PointCategory.objects.select_related("register").order_by("register__name", "order")

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["category"].queryset = self.categories
        if not self.instance.register_id:
            form.fields["category"].label_from_instance = lambda category: f"{category.register}: {category}"

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            category = form.cleaned_data.get("category") if hasattr(form, "cleaned_data") else None
            if category and self.instance.register_id and category.register_id != self.instance.register_id:
                form.add_error("category", gettext("Deze puntensoort hoort bij een ander register."))


PointsFormSet = inlineformset_factory(
    Accreditation,
    AccreditationPoints,
    formset=_PointsFormSet,
    fields=["category", "points"],
    extra=2,
    can_delete=True,
    can_delete_extra=False,
)


class _OneNumber(forms.ModelForm):
    """PE-online's own number or ours, never both."""

    own, external = "", ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get(self.own) is not None and cleaned.get(self.external):
            self.add_error(self.external, gettext("Vul het nummer van PE-online of je eigen nummer in, niet allebei."))
        return cleaned


class EditionForm(_OneNumber):
    own, external = "pe_edition_id", "external_edition_id"

    class Meta:
        model = AccreditationEdition
        fields = ["name", "pe_edition_id", "external_edition_id"]
        labels = {"external_edition_id": "externalEditionID"}


EditionFormSet = inlineformset_factory(
    Accreditation, AccreditationEdition, form=EditionForm, extra=1, can_delete=True, can_delete_extra=False
)


class PlacedMeetingForm(_OneNumber):
    """One meeting of the course: under which edition it falls, and its number at the register. Without an edition it is not placed."""

    own, external = "pe_meeting_id", "external_meeting_id"

    class Meta:
        model = AccreditationMeeting
        fields = ["edition", "pe_meeting_id", "external_meeting_id"]
        labels = {"external_meeting_id": "externalMeetingID"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        edition: Any = self.fields["edition"]
        edition.queryset = AccreditationEdition.objects.filter(accreditation=self.instance.accreditation_id)
        edition.required = False
        edition.empty_label = gettext("geen editie")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("edition") and (cleaned.get("pe_meeting_id") or cleaned.get("external_meeting_id")):
            self.add_error("edition", gettext("Kies bij welke editie deze bijeenkomst hoort, of maak het nummer leeg."))
        return cleaned
