"""Derived: what a completed course shows of a competency. `manage.py rebuild_projections` gives the same rows again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Evidence(models.Model):
    """One objective of a completed course, as evidence for one competency of the learner."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="evidence", verbose_name=_("deelnemer"))
    competency = models.ForeignKey(
        "competencies.Competency", on_delete=models.PROTECT, related_name="evidence", verbose_name=_("competentie")
    )
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.CASCADE, related_name="evidence", verbose_name=_("inschrijving"))
    lesson = models.ForeignKey("courses.ReleaseLesson", on_delete=models.PROTECT, related_name="+", verbose_name=_("les"))
    objective = models.TextField(_("leerdoel"))
    shown_at = models.DateTimeField(_("aangetoond op"))

    class Meta:
        ordering = ["-shown_at", "lesson__order"]
        verbose_name = _("bewijs")
        verbose_name_plural = _("bewijzen")
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "competency", "lesson", "objective"], name="one_evidence_per_objective"),
        ]

    def __str__(self) -> str:
        return f"{self.competency}: {self.objective}"
