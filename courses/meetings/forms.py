"""Forms about meetings."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Role, User
from courses.models import CoursePage, Enrolment, Meeting, ReleaseActivity

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MeetingForm(forms.ModelForm):
    """Date and times as a teacher thinks of them: one day, from then till then, Amsterdam's clock."""

    day = forms.DateField(label=_("Datum"), widget=DATE)
    begins = forms.TimeField(label=_("Van"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("Tot"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    video_link = forms.URLField(
        label=_("Videoverbinding"),
        required=False,
        assume_scheme="https",
        max_length=200,
        help_text=_("Alleen wie een plaats heeft, ziet dit adres."),
    )

    class Meta:
        model = Meeting
        fields = [
            "place",
            "video_link",
            "capacity",
            "bring",
            "teachers",
            "pe_edition_id",
            "external_edition_id",
            "pe_meeting_id",
            "external_meeting_id",
        ]
        labels = {
            "place": _("Plaats"),
            "capacity": _("Aantal plaatsen"),
            "bring": _("Wat deelnemers meenemen of voorbereiden"),
            "teachers": _("Docenten"),
        }
        help_texts = {
            "place": _("Gebouw, zaal, straat en plaats."),
            "capacity": _("Leeg is zonder grens. Is het vol, dan komt er een wachtlijst."),
        }
        widgets = {"bring": forms.Textarea(attrs={"rows": 3}), "teachers": forms.CheckboxSelectMultiple}
        error_messages = {"capacity": {"min_value": _("Kies minstens één plaats, of laat het leeg.")}}

    field_order = ["day", "begins", "ends", "place", "video_link", "capacity", "bring", "teachers"]

    def __init__(self, *args: Any, course: CoursePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teachers = User.objects.filter(memberships__organisation=course.organisation, memberships__role=Role.TEACHER)
        choice: Any = self.fields["teachers"]
        choice.queryset = teachers.distinct().order_by("last_name", "first_name")
        if self.instance.pk:
            begin, end = timezone.localtime(self.instance.starts_at), timezone.localtime(self.instance.ends_at)
            self.initial.update({"day": begin.date(), "begins": begin.time(), "ends": end.time()})

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.field_order]

    def reporting_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.field_order]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("place") and not data.get("video_link") and not {"place", "video_link"} & set(self.errors):
            self.add_error("place", gettext("Vul een plaats of een videoverbinding in."))
        if {"day", "begins", "ends"} <= set(data):
            if data["ends"] <= data["begins"]:
                self.add_error("ends", gettext("De bijeenkomst eindigt na het begin. Kijk de tijden na."))
            else:
                zone = timezone.get_default_timezone()
                self.instance.starts_at = datetime.combine(data["day"], data["begins"], tzinfo=zone)
                self.instance.ends_at = datetime.combine(data["day"], data["ends"], tzinfo=zone)
                if (
                    self.instance.pk is None
                    and self.instance.starts_at < timezone.now().replace(hour=0, minute=0)
                    and data["day"] < timezone.localdate()
                ):
                    self.add_error("day", gettext("Deze datum is voorbij. Kies een datum vanaf vandaag."))
        return data

    def validate_constraints(self) -> None:
        """Only when the times are there: without them the constraint on begin and end would complain a second time."""
        if not self.errors:
            super().validate_constraints()


class SessionChoiceForm(forms.Form):
    """For which session of which course a new meeting is."""

    session = forms.ChoiceField(label=_("Voor welke bijeenkomst"))

    def __init__(self, *args: Any, sessions: list[ReleaseActivity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions = {str(activity.uuid): activity for activity in sessions}
        choice: Any = self.fields["session"]
        choice.choices = [(key, f"{activity.release.course.title}: {activity.title}") for key, activity in self.sessions.items()]

    def clean_session(self) -> ReleaseActivity:
        return self.sessions[self.cleaned_data["session"]]


class MarkForm(forms.Form):
    """One mark of attendance."""

    enrolment = forms.UUIDField(widget=forms.HiddenInput)
    present = forms.TypedChoiceField(choices=[("ja", "ja"), ("nee", "nee")], coerce=lambda value: value == "ja")
    hours = forms.DecimalField(required=False, max_digits=4, decimal_places=2, localize=True)


class AddForm(forms.Form):
    """Someone who turned up without a place."""

    enrolment = forms.ModelChoiceField(label=_("Deelnemer"), queryset=Enrolment.objects.none(), to_field_name="uuid")

    def __init__(self, *args: Any, queryset: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["enrolment"]
        choice.queryset = queryset
        choice.label_from_instance = lambda enrolment: str(enrolment.learner)

    def clean_enrolment(self) -> Enrolment:
        enrolment: Enrolment | None = self.cleaned_data["enrolment"]
        if enrolment is None:
            raise ValidationError(gettext("Kies een deelnemer uit de lijst."))
        return enrolment
