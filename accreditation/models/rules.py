"""Decided: what each register asks of a person, as dated data. No number of a register stands in the code."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from accreditation.models.leave import LeaveKind


class PointCategory(models.Model):
    """A kind of points that a register tells apart. A category inside another counts there too ("of which 40 section-specific")."""

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="point_categories", verbose_name=_("register"))
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("naam"), max_length=120)
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("onderdeel van")
    )
    accredited = models.BooleanField(
        _("alleen geaccrediteerde scholing"),
        default=True,
        help_text=_("Wat op de dag zelf niet geaccrediteerd was, telt in deze soort niet mee."),
    )
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
        seen, outer = {self.pk}, self.part_of
        while outer is not None:
            if outer.pk in seen:
                raise ValidationError({"part_of": gettext("Een soort kan geen onderdeel van zichzelf zijn. Kies een andere.")})
            seen.add(outer.pk)
            outer = outer.part_of


class RegisterRule(models.Model):
    """What a register asks over one registration period.

    Which rule holds for a person follows from the LAST DAY of that person's period: `applies_from` and `applies_until`
    (both days included) bound that day, not today. A rule for a section goes before a general one, and within it one for a profession.
    """

    class Unit(models.TextChoices):
        POINTS = "points", _("punten")
        HOURS = "hours", _("uren")

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="rules", verbose_name=_("register"))
    section = models.SlugField(_("deelregister"), blank=True, help_text=_("Leeg: voor iedereen in dit register."))
    profession = models.SlugField(_("beroep"), blank=True, help_text=_("Leeg: voor elk beroep."))
    name = models.CharField(_("naam"), max_length=200)
    unit = models.CharField(_("eenheid"), max_length=10, choices=Unit, default=Unit.POINTS)
    period_years = models.PositiveSmallIntegerField(
        _("jaren in een periode"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    total = models.DecimalField(_("totaal nodig"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)])
    applies_from = models.DateField(_("voor perioden die eindigen vanaf"), null=True, blank=True)
    applies_until = models.DateField(_("voor perioden die eindigen tot en met"), null=True, blank=True)
    work_hours = models.PositiveIntegerField(_("werkuren in de periode"), null=True, blank=True)
    patient_care_hours = models.PositiveIntegerField(_("waarvan directe patiëntenzorg"), null=True, blank=True)
    weekly_hours = models.PositiveSmallIntegerField(_("werkuren per week, gemiddeld"), null=True, blank=True)
    work_confirmed = models.BooleanField(_("werkuren bevestigd door het register"), default=False)
    also_needed = models.TextField(
        _("wat verder nodig is"), blank=True, help_text=_("Eén eis per regel. Vakwijs laat ze zien en rekent er niet mee.")
    )
    afterwards = models.TextField(
        _("aanvragen en besluit"), blank=True, help_text=_("Tot wanneer iemand aanvraagt, en wat het register kan besluiten.")
    )
    reminder_weeks = models.JSONField(_("herinneringen, in weken voor het einde"), default=list, blank=True)
    source = models.TextField(_("bron"))
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)
    note = models.TextField(_("toelichting"), blank=True)

    class Meta:
        ordering = ["register", "section", "profession", "-applies_from"]
        verbose_name = _("registerregel")
        verbose_name_plural = _("registerregels")
        constraints = [
            models.UniqueConstraint(fields=["register", "section", "profession", "applies_from"], name="one_rule_per_place_and_start"),
            models.UniqueConstraint(
                fields=["register", "section", "profession"], condition=Q(applies_from=None), name="one_first_rule_per_place"
            ),
            models.CheckConstraint(
                condition=Q(applies_from=None) | Q(applies_until=None) | Q(applies_from__lte=F("applies_until")),
                name="rule_applies_forwards",
            ),
            models.CheckConstraint(
                condition=Q(work_hours=None) | Q(patient_care_hours=None) | Q(patient_care_hours__lte=F("work_hours")),
                name="patient_care_within_work_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.applies_from and self.applies_until and self.applies_from > self.applies_until:
            raise ValidationError({"applies_until": gettext("De laatste dag ligt voor de eerste. Kijk de datums na.")})
        if self.work_hours is not None and self.patient_care_hours is not None and self.patient_care_hours > self.work_hours:
            raise ValidationError({"patient_care_hours": gettext("Dit is meer dan alle werkuren samen. Kijk beide getallen na.")})

    def refuse_overlap(self, others: Iterable["RegisterRule"]) -> None:
        """Two rules for the same people and the same day would leave it open which of them holds.

        Not in `clean`: whoever adds a rule may end the one before it in the same breath, and names the others that are left.
        """
        for other in others:
            if (other.section, other.profession) == (self.section, self.profession) and self.overlaps(other):
                names = {"name": other.name, "dates": other.dates}
                text = gettext(
                    "Voor deze mensen geldt dan al een regel: ‘%(name)s’ (%(dates)s). Beëindig die eerst, of kies andere datums."
                )
                raise ValidationError({"applies_from": text % names})

    def overlaps(self, other: "RegisterRule") -> bool:
        """Whether there is a last day of a period for which both hold."""
        starts_in_time = self.applies_from is None or other.applies_until is None or self.applies_from <= other.applies_until
        ends_in_time = self.applies_until is None or other.applies_from is None or other.applies_from <= self.applies_until
        return starts_in_time and ends_in_time

    @property
    def dates(self) -> str:
        """For which ends of periods it holds, in words."""
        first = date_format(self.applies_from, "j F Y") if self.applies_from else ""
        last = date_format(self.applies_until, "j F Y") if self.applies_until else ""
        if first and last:
            return gettext("voor perioden die eindigen van %(first)s tot en met %(last)s") % {"first": first, "last": last}
        if first:
            return gettext("voor perioden die eindigen vanaf %(first)s") % {"first": first}
        if last:
            return gettext("voor perioden die eindigen tot en met %(last)s") % {"last": last}
        return gettext("voor elke periode")


class CategoryRule(models.Model):
    """What a rule asks of one category: at least so much, no more than so much counts, and no oftener than so many times."""

    rule = models.ForeignKey(RegisterRule, on_delete=models.CASCADE, related_name="categories", verbose_name=_("regel"))
    category = models.ForeignKey(PointCategory, on_delete=models.PROTECT, related_name="rules", verbose_name=_("puntensoort"))
    minimum = models.DecimalField(_("ten minste"), max_digits=7, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    maximum = models.DecimalField(
        _("telt mee tot"), max_digits=7, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    times = models.PositiveSmallIntegerField(
        _("zo vaak per periode"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Leeg: zo vaak als je wilt.")
    )
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

    def clean(self) -> None:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValidationError({"maximum": gettext("Er telt minder mee dan er nodig is. Kijk beide getallen na.")})


class LeaveRule(models.Model):
    """What leave of one kind adds to the period of whom a rule judges. No register gave us such a rule: it is confirmed only by hand."""

    rule = models.ForeignKey(RegisterRule, on_delete=models.CASCADE, related_name="leave_rules", verbose_name=_("regel"))
    kind = models.CharField(_("soort verlof"), max_length=20, choices=LeaveKind)
    minimum_days = models.PositiveSmallIntegerField(
        _("telt vanaf zoveel dagen"), default=1, validators=[MinValueValidator(1)], help_text=_("Korter verlof verlengt niets.")
    )
    share = models.PositiveSmallIntegerField(
        _("deel van de dagen dat erbij komt, in procenten"), default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    maximum_days = models.PositiveSmallIntegerField(
        _("ten hoogste zoveel dagen erbij"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)

    class Meta:
        ordering = ["rule", "kind"]
        verbose_name = _("regel over verlof")
        verbose_name_plural = _("regels over verlof")
        constraints = [models.UniqueConstraint(fields=["rule", "kind"], name="one_leave_rule_per_kind")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.get_kind_display()}"
