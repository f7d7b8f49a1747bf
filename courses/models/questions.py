"""Decided: the question bank, and the attempts of learners with the answers they gave.

A question is what an author knows by name; its versions are immutable, so that a release and an attempt keep the very
text that was asked. `courses.questions` holds everything that happens with them.
"""

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager


def new_seed() -> str:
    """A secret from which draw, order and option ids follow; it never leaves the server."""
    return secrets.token_hex(16)


class Question(models.Model):
    """A question in the bank of an organisation, or of one of its courses. `key` is its name in seed files and CSV."""

    class Difficulty(models.TextChoices):
        EASY = "easy", _("makkelijk")
        MEDIUM = "medium", _("middel")
        HARD = "hard", _("moeilijk")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="questions", verbose_name=_("organisatie")
    )
    course = models.ForeignKey(
        "courses.CoursePage",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("alleen voor cursus"),
    )
    key = models.SlugField(_("naam"), max_length=120, blank=True)
    title = models.CharField(_("titel"), max_length=255)
    difficulty = models.CharField(_("moeilijkheid"), max_length=10, choices=Difficulty, default=Difficulty.MEDIUM)
    provenance = models.TextField(_("herkomst"), blank=True)
    retired_at = models.DateTimeField(_("uit gebruik sinds"), null=True, blank=True)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    tags = TaggableManager(verbose_name=_("trefwoorden"), blank=True, related_name="+")

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("vraag")
        verbose_name_plural = _("vragen")
        constraints = [
            models.UniqueConstraint(fields=["course", "key"], condition=~Q(key="") & Q(course__isnull=False), name="one_question_per_key")
        ]

    def __str__(self) -> str:
        return self.title


class QuestionVersion(models.Model):
    """The text of a question as it was on one day. `definition` follows the schema of its type (`courses.questions.types`)."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions", verbose_name=_("vraag"))
    number = models.PositiveIntegerField(_("nummer"))
    type = models.CharField(_("soort"), max_length=20)
    definition = models.JSONField(_("inhoud"))
    points = models.PositiveSmallIntegerField(_("punten"), default=1)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("gemaakt door")
    )

    class Meta:
        ordering = ["question", "-number"]
        verbose_name = _("versie van een vraag")
        verbose_name_plural = _("versies van vragen")
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.question} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not kwargs.get("force_insert"):
            raise TypeError("A version of a question never changes; make a new one with courses.questions.bank.revise.")
        super().save(*args, **kwargs)


class Attempt(models.Model):
    """One time that a learner does a set of questions. Its questions are drawn, and their options shuffled, when it starts."""

    class Mode(models.TextChoices):
        PRACTICE = "practice", _("oefenen")
        TEST = "test", _("toets")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.PROTECT, related_name="attempts", verbose_name=_("inschrijving"))
    activity = models.UUIDField(_("activiteit"), db_index=True)
    release_activity = models.ForeignKey(
        "courses.ReleaseActivity", on_delete=models.PROTECT, related_name="attempts", verbose_name=_("uitgebrachte activiteit")
    )
    number = models.PositiveIntegerField(_("poging"))
    mode = models.CharField(_("soort"), max_length=10, choices=Mode)
    seed = models.CharField(max_length=64, default=new_seed, editable=False)
    started_at = models.DateTimeField(_("begonnen op"))
    deadline_at = models.DateTimeField(_("uiterlijk in te leveren op"), null=True)
    submitted_at = models.DateTimeField(_("ingeleverd op"), null=True)
    # The outcome: empty while the attempt is open, or while a teacher still has an answer to mark.
    raw_score = models.FloatField(_("behaalde punten"), null=True)
    max_score = models.FloatField(_("te behalen punten"), null=True)
    scaled_score = models.FloatField(_("score"), null=True)
    passed = models.BooleanField(_("geslaagd"), null=True)
    scored_at = models.DateTimeField(_("beoordeeld op"), null=True)

    class Meta:
        ordering = ["enrolment", "activity", "number"]
        verbose_name = _("poging")
        verbose_name_plural = _("pogingen")
        constraints = [
            # Two tabs that start at once get the same attempt, because the database allows one open attempt only.
            models.UniqueConstraint(fields=["enrolment", "activity"], condition=Q(submitted_at=None), name="one_open_attempt_per_activity"),
            models.UniqueConstraint(fields=["enrolment", "activity", "number"], name="one_attempt_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.release_activity} ({self.number})"

    @property
    def is_open(self) -> bool:
        return self.submitted_at is None

    @property
    def waits_for_teacher(self) -> bool:
        return self.submitted_at is not None and self.scored_at is None


class AttemptQuestion(models.Model):
    """A question in its place in an attempt. `layout` is the order of its parts and the ids by which the browser knows them."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(_("volgnummer"))
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="uses", verbose_name=_("vraag"))
    layout = models.JSONField(default=dict)
    flagged = models.BooleanField(_("bewaard voor later"), default=False)

    class Meta:
        ordering = ["attempt", "position"]
        verbose_name = _("vraag in een poging")
        verbose_name_plural = _("vragen in een poging")
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="one_question_per_position"),
            models.UniqueConstraint(fields=["attempt", "version"], name="no_question_twice_in_an_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.position}"


class Answer(models.Model):
    """The last answer to a question in an attempt; `response` speaks of the definition's own parts, never of the browser's ids."""

    question = models.OneToOneField(AttemptQuestion, on_delete=models.CASCADE, related_name="answer")
    response = models.JSONField(_("antwoord"), null=True)
    revision = models.PositiveIntegerField(_("keer bewaard"), default=1)
    given_at = models.DateTimeField(_("gegeven op"))
    saved_at = models.DateTimeField(_("bewaard op"))
    checked_at = models.DateTimeField(_("nagekeken op"), null=True)
    share = models.FloatField(_("deel van de punten"), null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="judged_answers", verbose_name=_("beoordeeld door")
    )
    judged_at = models.DateTimeField(_("beoordeeld op"), null=True)
    judgement = models.TextField(_("toelichting van de docent"), blank=True)
    is_newer = False  # set on a row that was not replaced, because it was given later than what came in

    class Meta:
        verbose_name = _("antwoord")
        verbose_name_plural = _("antwoorden")

    def __str__(self) -> str:
        return f"{self.question_id}"
