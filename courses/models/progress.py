"""Derived: how far each learner is. `manage.py rebuild_projections` gives the same rows again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LessonProgress(models.Model):
    """A lesson that was opened, and perhaps finished."""

    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.CASCADE, related_name="lesson_progress")
    lesson = models.UUIDField(_("les"))
    opened_at = models.DateTimeField(_("geopend op"))
    viewed_at = models.DateTimeField(_("afgerond op"), null=True)

    class Meta:
        verbose_name = _("voortgang in les")
        verbose_name_plural = _("voortgang in lessen")
        constraints = [models.UniqueConstraint(fields=["enrolment", "lesson"], name="one_progress_per_lesson")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.lesson}"


class ActivityProgress(models.Model):
    """What became of an activity: each `…_at` is the first time, `best_score` (0–1) the best of a test that our server scored."""

    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.CASCADE, related_name="activity_progress")
    activity = models.UUIDField(_("activiteit"))
    answered_at = models.DateTimeField(_("gedaan op"), null=True)
    scored_at = models.DateTimeField(_("beste score op"), null=True)
    best_score = models.FloatField(_("beste score"), null=True)
    reported_score = models.FloatField(_("door de browser gemelde score"), null=True)
    attended_at = models.DateTimeField(_("aanwezig op"), null=True)
    judged_sufficient_at = models.DateTimeField(_("voldoende beoordeeld op"), null=True)
    evaluated_at = models.DateTimeField(_("geëvalueerd op"), null=True)

    class Meta:
        verbose_name = _("voortgang in activiteit")
        verbose_name_plural = _("voortgang in activiteiten")
        constraints = [models.UniqueConstraint(fields=["enrolment", "activity"], name="one_progress_per_activity")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.activity}"


class CourseProgress(models.Model):
    """The whole course: how much of the completion rule is met (0–1), and when all of it was."""

    enrolment = models.OneToOneField("courses.Enrolment", on_delete=models.CASCADE, primary_key=True, related_name="progress")
    share = models.FloatField(_("deel"), default=0)
    last_activity_at = models.DateTimeField(_("laatst bezig op"))
    satisfied_at = models.DateTimeField(_("voltooid op"), null=True)

    class Meta:
        verbose_name = _("voortgang in cursus")
        verbose_name_plural = _("voortgang in cursussen")

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.share:.0%}"
