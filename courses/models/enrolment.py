"""Decided: who follows which release of which course."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Enrolment(models.Model):
    """A learner in a course. `uuid` is the xAPI registration of everything the learner does in it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("deelnemer"))
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("cursus"))
    release = models.ForeignKey("courses.Release", on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("uitgave"))
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolments",
        verbose_name=_("namens organisatie"),
    )
    enrolled_at = models.DateTimeField(_("ingeschreven op"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("uitgeschreven op"), null=True, blank=True)

    class Meta:
        verbose_name = _("inschrijving")
        verbose_name_plural = _("inschrijvingen")
        constraints = [
            models.UniqueConstraint(fields=["learner", "course"], condition=Q(withdrawn_at=None), name="one_open_enrolment_per_course")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.course}"
