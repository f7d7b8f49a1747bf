"""Decided: meetings of a course, who comes, and who was there. Attendance is only ever added to: a correction is a further row."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class Meeting(models.Model):
    """One date of a session: `activity` is the uuid of the activity in the course, the same in every release."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="meetings", verbose_name=_("cursus"))
    activity = models.UUIDField(_("bijeenkomst in de cursus"), db_index=True)
    title = models.CharField(_("titel"), max_length=255)
    starts_at = models.DateTimeField(_("begint"))
    ends_at = models.DateTimeField(_("eindigt"))
    place = models.CharField(_("plaats"), max_length=255, blank=True)
    video_link = models.URLField(_("videoverbinding"), blank=True)
    bring = models.TextField(_("neem mee"), blank=True)
    capacity = models.PositiveSmallIntegerField(_("aantal plaatsen"), null=True, blank=True, validators=[MinValueValidator(1)])
    teachers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="meetings_to_teach", verbose_name=_("docenten"))
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="meetings", verbose_name=_("organisatie")
    )
    pe_edition_id = models.PositiveIntegerField(_("PEEditionID"), null=True, blank=True)
    external_edition_id = models.CharField(_("externalEditionID"), max_length=60, blank=True)
    pe_meeting_id = models.PositiveIntegerField(_("PEMeetingID"), null=True, blank=True)
    external_meeting_id = models.CharField(_("externalMeetingID"), max_length=60, blank=True)
    cancelled_at = models.DateTimeField(_("afgelast op"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("gemaakt door")
    )

    class Meta:
        ordering = ["starts_at", "pk"]
        verbose_name = _("bijeenkomst")
        verbose_name_plural = _("bijeenkomsten")
        indexes = [models.Index(fields=["course", "starts_at"], name="meetings_by_course")]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="meeting_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(capacity=None) | Q(capacity__gte=1), name="meeting_has_room"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({date_format(timezone.localtime(self.starts_at), 'j F Y')})"


class Booking(models.Model):
    """A learner's place at a meeting, or on its waiting list. Who cancels and comes back gets a new row."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="bookings", verbose_name=_("bijeenkomst"))
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.PROTECT, related_name="bookings", verbose_name=_("inschrijving"))
    booked_at = models.DateTimeField(_("aangemeld op"), auto_now_add=True)
    waiting = models.BooleanField(_("op de wachtlijst"), default=False)
    cancelled_at = models.DateTimeField(_("afgemeld op"), null=True, blank=True)

    class Meta:
        ordering = ["booked_at", "pk"]
        verbose_name = _("aanmelding")
        verbose_name_plural = _("aanmeldingen")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "enrolment"], condition=Q(cancelled_at=None), name="one_open_booking_per_meeting")
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.enrolment_id}"


class Attendance(models.Model):
    """What a teacher marked for one participant. The row that no other row corrects is the one that holds."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendance", verbose_name=_("bijeenkomst"))
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.PROTECT, related_name="attendance", verbose_name=_("inschrijving"))
    present = models.BooleanField(_("aanwezig"))
    hours = models.DecimalField(
        _("uren aanwezig"), max_digits=4, decimal_places=2, validators=[MinValueValidator(0), MaxValueValidator(24)]
    )
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("vastgelegd door"))
    marked_at = models.DateTimeField(_("vastgelegd op"), auto_now_add=True)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name=_("verbetert")
    )
    statement = models.UUIDField(_("uitspraak"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("aanwezigheid")
        verbose_name_plural = _("aanwezigheid")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "enrolment"], condition=Q(corrects=None), name="one_first_mark_per_participant")
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.enrolment_id}: {self.present}"
