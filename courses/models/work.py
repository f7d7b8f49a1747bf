"""Decided: what learners hand in, reflect on and think of a course, and what teachers judge of it."""

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def private_storage() -> Storage:
    return storages["private"]


def unguessable_name(submission: "Submission", filename: str) -> str:
    """Where the file lies: nothing of the person or the name they gave it, and nothing to guess."""
    return f"work/{uuid.uuid4().hex}"


class Submission(models.Model):
    """One version of someone's work for an assignment: a draft until it is handed in, then never changed.

    `asked` is the assignment as it was released when this version was made, with the rubric that it is judged by.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.PROTECT, related_name="submissions", verbose_name=_("inschrijving"))
    activity = models.UUIDField(_("opdracht"))
    asked = models.ForeignKey(
        "courses.ReleaseActivity", on_delete=models.PROTECT, related_name="+", verbose_name=_("opdracht in de uitgave")
    )
    number = models.PositiveSmallIntegerField(_("versie"))
    text = models.TextField(_("tekst"), blank=True)
    file = models.FileField(_("bestand"), storage=private_storage, upload_to=unguessable_name, blank=True)
    file_name = models.CharField(_("bestandsnaam"), max_length=255, blank=True)
    content_type = models.CharField(_("soort bestand"), max_length=100, blank=True)
    saved_at = models.DateTimeField(_("bewaard op"), auto_now=True)
    handed_in_at = models.DateTimeField(_("ingeleverd op"), null=True, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("ingeleverd werk")
        verbose_name_plural = _("ingeleverd werk")
        indexes = [models.Index(fields=["handed_in_at"], name="submissions_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "activity", "number"], name="one_submission_per_number"),
            models.UniqueConstraint(fields=["enrolment", "activity"], condition=Q(handed_in_at=None), name="one_draft_per_assignment"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.activity} ({self.number})"


class Judgement(models.Model):
    """What a teacher found of a version. A teacher who comes back on it adds a row; the one that no other row replaces holds."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="judgements", verbose_name=_("ingeleverd werk"))
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("beoordelaar"))
    judged_at = models.DateTimeField(_("beoordeeld op"))
    levels = models.JSONField(_("niveau per criterium"), default=list)
    points = models.PositiveSmallIntegerField(_("punten"))
    most = models.PositiveSmallIntegerField(_("hoogste aantal punten"))
    sufficient = models.BooleanField(_("voldoende"))
    by_rubric = models.BooleanField(_("voldoende volgens de criteria"))
    reason = models.TextField(_("waarom anders dan de criteria"), blank=True)
    feedback = models.TextField(_("toelichting"), blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("vervangt")
    )
    statement = models.UUIDField(_("uitspraak"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("oordeel")
        verbose_name_plural = _("oordelen")
        constraints = [
            models.UniqueConstraint(fields=["submission"], condition=Q(replaces=None), name="one_first_judgement"),
            models.CheckConstraint(condition=Q(sufficient=models.F("by_rubric")) | ~Q(reason=""), name="other_than_rubric_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}: {self.points}/{self.most}"


class Reflection(models.Model):
    """Someone's own words on a question to oneself. `shared` is the promise under which they were written, and is kept."""

    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.PROTECT, related_name="reflections", verbose_name=_("inschrijving"))
    activity = models.UUIDField(_("reflectie"))
    asked = models.ForeignKey("courses.ReleaseActivity", on_delete=models.PROTECT, related_name="+", verbose_name=_("vraag in de uitgave"))
    text = models.TextField(_("tekst"), blank=True)
    shared = models.BooleanField(_("de docent leest mee"), default=False)
    saved_at = models.DateTimeField(_("bewaard op"), auto_now=True)
    done_at = models.DateTimeField(_("klaar op"), null=True, blank=True)

    class Meta:
        verbose_name = _("reflectie")
        verbose_name_plural = _("reflecties")
        constraints = [models.UniqueConstraint(fields=["enrolment", "activity"], name="one_reflection_per_activity")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.activity}"


class EvaluationAnswers(models.Model):
    """What someone thought of a course, without who it was: no person, no enrolment, no moment but the month, and a key that
    gives away no order. Each answer carries its question, because a later release may ask another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="evaluation_answers", verbose_name=_("cursus"))
    activity = models.UUIDField(_("evaluatie"), db_index=True)
    month = models.DateField(_("maand"))
    answers = models.JSONField(_("antwoorden"))

    class Meta:
        verbose_name = _("ingevulde evaluatie")
        verbose_name_plural = _("ingevulde evaluaties")

    def __str__(self) -> str:
        return f"{self.course_id} {self.month:%Y-%m}"
