"""Decided: leave that a person writes down because a register may give them longer. Never why: that is nobody's business here."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy as _


class LeaveKind(models.TextChoices):
    """As far as a rule may tell them apart. An illness is "away for long": we do not ask for more."""

    BIRTH = "birth", _("rond een geboorte of adoptie")
    PARENTAL = "parental", _("ouderschapsverlof")
    CARE = "care", _("zorgverlof")
    UNPAID = "unpaid", _("onbetaald verlof")
    AWAY = "away", _("langdurig afwezig")
    FEWER_HOURS = "fewer_hours", _("tijdelijk minder uren")


class Leave(models.Model):
    """A stretch of time in which someone worked less, or not; both days included."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leave", verbose_name=_("persoon"))
    kind = models.CharField(_("soort verlof"), max_length=20, choices=LeaveKind)
    first_day = models.DateField(_("eerste dag"))
    last_day = models.DateField(_("laatste dag"))
    percentage = models.PositiveSmallIntegerField(
        _("deel van je uren dat je niet werkte, in procenten"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("100 is helemaal niet gewerkt. Werkte je de helft van je uren, vul dan 50 in."),
    )

    class Meta:
        ordering = ["-first_day"]
        verbose_name = _("verlof")
        verbose_name_plural = _("verlof")
        constraints = [
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="leave_runs_forwards"),
            models.CheckConstraint(condition=Q(percentage__gte=1, percentage__lte=100), name="leave_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.first_day} – {self.last_day})"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValidationError({"last_day": gettext("De laatste dag ligt voor de eerste. Kijk de datums na.")})
        if self.first_day and self.last_day and (self.last_day - self.first_day).days > 366 * 10:
            raise ValidationError({"last_day": gettext("Dit is langer dan tien jaar. Kijk de datums na.")})
