"""Decided: what an administrator did to many at once, with what became of each; undone by counter-entries, never by removing."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BulkAction(models.Model):
    """One action on many: chosen, looked at first, then done by a worker. `selection` says what was chosen, as JSON."""

    class Kind(models.TextChoices):
        AWARD = "award", _("punten bijschrijven")
        CORRECT = "correct", _("punten verbeteren")
        REVOKE = "revoke", _("certificaten intrekken")
        REISSUE = "reissue", _("certificaten opnieuw uitgeven")
        REPORT = "report", _("melden aan het register")

    kind = models.CharField(_("wat"), max_length=10, choices=Kind)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("door"))
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisatie")
    )
    asked_at = models.DateTimeField(_("gevraagd op"), auto_now_add=True)
    selection = models.JSONField(_("keuze"), default=dict)
    reason = models.TextField(_("reden"), blank=True)
    with_points = models.BooleanField(_("ook de punten"), default=True)
    points = models.DecimalField(_("punten"), max_digits=6, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    planned_at = models.DateTimeField(_("voorbereid op"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("bevestigd op"), null=True, blank=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True, blank=True)
    undo_reason = models.TextField(_("waarom ongedaan gemaakt"), blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ongedaan gemaakt door")
    )
    undo_asked_at = models.DateTimeField(_("ongedaan gemaakt op"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bulkactie")
        verbose_name_plural = _("bulkacties")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class BulkRow(models.Model):
    """One certificate or award in a bulk action: what will happen to it or why not, whether it was done, and what was made."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="rows", verbose_name=_("bulkactie"))
    certificate = models.ForeignKey(
        "accreditation.Certificate", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("certificaat")
    )
    award = models.ForeignKey(
        "accreditation.PointAward", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("toekenning")
    )
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("deelnemer"))
    included = models.BooleanField(_("doet mee"))
    text = models.TextField(_("wat er gebeurt, of waarom niet"), blank=True)
    done_at = models.DateTimeField(_("gedaan op"), null=True, blank=True)
    problem = models.TextField(_("waarom het niet ging"), blank=True)
    made_certificate = models.ForeignKey(
        "accreditation.Certificate", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("nieuw certificaat")
    )
    made_awards = models.JSONField(_("nieuwe regels in het grootboek"), default=list)
    undone_at = models.DateTimeField(_("ongedaan gemaakt op"), null=True, blank=True)
    undo_problem = models.TextField(_("waarom ongedaan maken niet ging"), blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("regel van een bulkactie")
        verbose_name_plural = _("regels van bulkacties")
        constraints = [
            models.UniqueConstraint(fields=["action", "certificate"], name="each_certificate_once_in_bulk"),
            models.UniqueConstraint(fields=["action", "award"], name="each_award_once_in_bulk"),
            models.CheckConstraint(
                condition=Q(certificate=None, award__isnull=False) | Q(certificate__isnull=False, award=None),
                name="bulk_row_has_one_subject",
            ),
        ]
        indexes = [models.Index(fields=["action", "included", "done_at"], name="bulk_rows_to_do")]

    def __str__(self) -> str:
        return f"{self.action_id}: {self.certificate_id or self.award_id}"
