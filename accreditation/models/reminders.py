"""Decided: which reminders of the end of a registration period went out; each person, period and term once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Reminder(models.Model):
    """'Your period ends in twelve weeks', told once. The row comes first; the mail follows it and is tried again when it did not leave."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("persoon"))
    register = models.ForeignKey("accounts.Register", on_delete=models.CASCADE, related_name="+", verbose_name=_("register"))
    period_end = models.DateField(_("laatste dag van de registratieperiode"))
    weeks = models.PositiveSmallIntegerField(_("weken voor het einde"))
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    claimed_at = models.DateTimeField(_("onderhanden sinds"), null=True, editable=False)
    mailed_at = models.DateTimeField(_("gemaild op"), null=True, editable=False)

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("herinnering")
        verbose_name_plural = _("herinneringen")
        constraints = [
            models.UniqueConstraint(fields=["user", "register", "period_end", "weeks"], name="each_reminder_once"),
        ]
        indexes = [models.Index(fields=["period_end"], condition=Q(mailed_at=None), name="reminder_to_mail")]

    def __str__(self) -> str:
        return f"{self.register} {self.period_end}: {self.weeks}"
