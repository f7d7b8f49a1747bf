"""Ledger: points awarded. A row is never changed or removed; a mistake is undone by a further row."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel


class PointAward(AppendOnlyModel):
    """Points of one category, for one learner, in the register where the learner stood under `register_number`."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="point_awards", verbose_name=_("deelnemer")
    )
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="point_awards", verbose_name=_("register"))
    register_number = models.CharField(_("nummer in het register"), max_length=20)
    accreditation = models.ForeignKey(
        "accreditation.Accreditation", on_delete=models.PROTECT, related_name="awards", verbose_name=_("accreditatie")
    )
    category = models.ForeignKey(
        "accreditation.PointCategory", on_delete=models.PROTECT, related_name="awards", verbose_name=_("puntensoort")
    )
    enrolment = models.ForeignKey(
        "courses.Enrolment", on_delete=models.PROTECT, related_name="point_awards", verbose_name=_("inschrijving")
    )
    points = models.DecimalField(_("punten"), max_digits=6, decimal_places=2)
    # Frozen with the row: a report to PE-online repeats this very moment as its endDate, however often it is sent.
    completed_at = models.DateTimeField(_("voltooid op"))
    awarded_on = models.DateField(_("telt op"), help_text=_("De datum in Amsterdam waarop de cursus werd voltooid."))
    recorded_at = models.DateTimeField(_("vastgelegd op"), auto_now_add=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("draait terug")
    )
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name=_("komt in plaats van")
    )
    reason = models.TextField(_("reden"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vastgelegd door")
    )

    class Meta:
        ordering = ["awarded_on", "pk"]
        verbose_name = _("toekenning van punten")
        verbose_name_plural = _("toekenningen van punten")
        constraints = [
            # Doing the same accredited course again under another enrolment does not earn it twice.
            models.UniqueConstraint(
                fields=["learner", "accreditation", "category"],
                condition=Q(reverses=None, corrects=None),
                name="one_award_per_accreditation",
            ),
            models.CheckConstraint(condition=Q(reverses=None) | Q(corrects=None), name="award_reverses_or_corrects"),
            models.CheckConstraint(condition=Q(reverses=None) | ~Q(reason=""), name="reversal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(reverses=None, points__gte=0) | Q(reverses__isnull=False, points__lte=0), name="only_a_reversal_takes_points"
            ),
            models.CheckConstraint(condition=Q(reverses=None) | ~Q(reverses=F("id")), name="award_never_reverses_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.points} ({self.register}, {self.awarded_on})"
