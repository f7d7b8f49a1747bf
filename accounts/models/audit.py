"""Ledger: who did or saw what of whom. Rows are only ever added (NEN 7513: event, time, dossier owner, user, on whose behalf)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel


class AuditEvent(AppendOnlyModel):
    """One event in the audit trail."""

    event = models.SlugField(_("gebeurtenis"), max_length=80)
    at = models.DateTimeField(_("tijdstip"), auto_now_add=True, db_index=True)
    dossier_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_of_my_data",
        verbose_name=_("van wie de gegevens zijn"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_of_my_acts",
        verbose_name=_("wie het deed"),
    )
    on_behalf_of = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("namens"))
    subject = models.CharField(_("waarover"), max_length=200, blank=True)
    origin = models.CharField(_("waarvandaan"), max_length=200, blank=True)
    details = models.JSONField(_("bijzonderheden"), default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("auditregel")
        verbose_name_plural = _("audittrail")
        indexes = [
            models.Index(fields=["dossier_owner", "-at"], name="audit_by_owner"),
            models.Index(fields=["on_behalf_of", "-at"], name="audit_by_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"

    @property
    def visitor(self) -> str:
        """Who did it without an account, in the words of the person who let them in; empty for everything else."""
        return str(self.details.get("visitor", ""))
