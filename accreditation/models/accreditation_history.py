"""Ledger: what was changed in an accreditation, who was warned that it ends, and which learners were told."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel


class AccreditationChange(AppendOnlyModel):
    """One time that somebody changed an accreditation. `changes`: [{"field", "label", "before", "after"}], as people read it."""

    accreditation = models.ForeignKey(
        "accreditation.Accreditation", on_delete=models.PROTECT, related_name="changes", verbose_name=_("accreditatie")
    )
    at = models.DateTimeField(_("tijdstip"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("door")
    )
    changes = models.JSONField(_("wat er veranderde"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("wijziging van een accreditatie")
        verbose_name_plural = _("wijzigingen van accreditaties")

    def __str__(self) -> str:
        return f"{self.accreditation_id} {self.at:%Y-%m-%d}"


class ExpiryWarning(models.Model):
    """That the administrators hear, so many days before, that an accreditation ends. Extended, it has another end to warn of."""

    accreditation = models.ForeignKey(
        "accreditation.Accreditation", on_delete=models.CASCADE, related_name="warnings", verbose_name=_("accreditatie")
    )
    valid_until = models.DateField(_("geldig tot en met"))
    days = models.PositiveSmallIntegerField(_("dagen van tevoren"))
    due_at = models.DateTimeField(_("opgemerkt op"), auto_now_add=True)
    mailed_at = models.DateTimeField(_("gemaild op"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("waarschuwing voor een accreditatie")
        verbose_name_plural = _("waarschuwingen voor accreditaties")
        constraints = [models.UniqueConstraint(fields=["accreditation", "valid_until", "days"], name="each_warning_once")]

    def __str__(self) -> str:
        return f"{self.accreditation_id}: {self.days}"


class LapseNotice(models.Model):
    """That a learner in the course was told until when it still brings points in a register, or that it no longer does."""

    class Kind(models.TextChoices):
        ENDS = "ends", _("loopt af")
        ENDED = "ended", _("is afgelopen")

    accreditation = models.ForeignKey(
        "accreditation.Accreditation", on_delete=models.CASCADE, related_name="notices", verbose_name=_("accreditatie")
    )
    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.CASCADE, related_name="+", verbose_name=_("inschrijving"))
    kind = models.CharField(_("wat"), max_length=10, choices=Kind)
    valid_until = models.DateField(_("geldig tot en met"))
    sent_at = models.DateTimeField(_("gemaild op"), auto_now_add=True)

    class Meta:
        verbose_name = _("bericht over een accreditatie")
        verbose_name_plural = _("berichten over accreditaties")
        constraints = [models.UniqueConstraint(fields=["accreditation", "enrolment", "kind", "valid_until"], name="each_notice_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.kind}"
