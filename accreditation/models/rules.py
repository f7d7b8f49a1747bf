"""Decided: what each register asks of a person, as dated data. No number of a register stands in the code."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy as _


class PointCategory(models.Model):
    """A kind of points that a register tells apart. A category inside another counts there too ("of which 40 section-specific")."""

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="point_categories", verbose_name=_("register"))
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("naam"), max_length=120)
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("onderdeel van")
    )
    accredited = models.BooleanField(_("alleen geaccrediteerde scholing"), default=True)
    order = models.PositiveSmallIntegerField(_("volgorde"), default=0)

    class Meta:
        ordering = ["register", "order", "name"]
        verbose_name = _("puntensoort")
        verbose_name_plural = _("puntensoorten")
        constraints = [models.UniqueConstraint(fields=["register", "code"], name="one_category_per_register_code")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.part_of and self.part_of.register_id != self.register_id:
            raise ValidationError({"part_of": gettext("Kies een puntensoort van hetzelfde register.")})


class RegisterRule(models.Model):
    """What a register asks over one registration period.

    Which rule holds for a person follows from the LAST DAY of that person's period: `applies_from` and `applies_until`
    (both days included) bound that day, not today.
    """

    class Unit(models.TextChoices):
        POINTS = "points", _("punten")
        HOURS = "hours", _("uren")

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="rules", verbose_name=_("register"))
    section = models.SlugField(_("deelregister"), blank=True, help_text=_("Leeg: voor iedereen in dit register."))
    name = models.CharField(_("naam"), max_length=200)
    unit = models.CharField(_("eenheid"), max_length=10, choices=Unit, default=Unit.POINTS)
    period_years = models.PositiveSmallIntegerField(_("jaren in een periode"), default=5)
    total = models.DecimalField(_("totaal nodig"), max_digits=7, decimal_places=2)
    applies_from = models.DateField(_("voor perioden die eindigen vanaf"), null=True, blank=True)
    applies_until = models.DateField(_("voor perioden die eindigen tot en met"), null=True, blank=True)
    work_hours = models.PositiveIntegerField(_("werkuren in de periode"), null=True, blank=True)
    reminder_weeks = models.JSONField(_("herinneringen, in weken voor het einde"), default=list, blank=True)
    source = models.TextField(_("bron"))
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)
    note = models.TextField(_("toelichting"), blank=True)

    class Meta:
        ordering = ["register", "section", "-applies_from"]
        verbose_name = _("registerregel")
        verbose_name_plural = _("registerregels")
        constraints = [
            models.UniqueConstraint(fields=["register", "section", "applies_from"], name="one_rule_per_section_and_start"),
            models.UniqueConstraint(fields=["register", "section"], condition=Q(applies_from=None), name="one_first_rule_per_section"),
            models.CheckConstraint(
                condition=Q(applies_from=None) | Q(applies_until=None) | Q(applies_from__lte=F("applies_until")),
                name="rule_applies_forwards",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryRule(models.Model):
    """What a rule asks of one category: at least so much, and no more than so much counts."""

    rule = models.ForeignKey(RegisterRule, on_delete=models.CASCADE, related_name="categories", verbose_name=_("regel"))
    category = models.ForeignKey(PointCategory, on_delete=models.PROTECT, related_name="rules", verbose_name=_("puntensoort"))
    minimum = models.DecimalField(_("ten minste"), max_digits=7, decimal_places=2, null=True, blank=True)
    maximum = models.DecimalField(_("telt mee tot"), max_digits=7, decimal_places=2, null=True, blank=True)
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)

    class Meta:
        ordering = ["category__order"]
        verbose_name = _("regel per puntensoort")
        verbose_name_plural = _("regels per puntensoort")
        constraints = [
            models.UniqueConstraint(fields=["rule", "category"], name="one_line_per_category"),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(maximum=None) | Q(minimum__lte=F("maximum")), name="category_minimum_within_maximum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.category}"
