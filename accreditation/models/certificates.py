"""Ledger: certificates and what happened to them. What a certificate says is frozen when it is earned."""

import secrets
from datetime import date
from typing import Any, NoReturn

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel, LedgerIsAppendOnly

# Without letters and figures that look alike on paper (I, L, O, U, 0, 1).
CHECK_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def private_storage() -> Storage:
    return storages["private"]


def new_token() -> str:
    return secrets.token_urlsafe(24)


def new_check() -> str:
    return "".join(secrets.choice(CHECK_ALPHABET) for _i in range(8))


class SealedDocument(models.Model):
    """A document that is written once. The row comes first, with the snapshot of all it will say; the sealed PDF is added once, by a task.

    `number` is for people, `token` for the QR code, `check_code` is typed beside the number: neither number nor code says anything alone.
    A newer document replaces an older one; both stay.
    """

    number = models.CharField(_("nummer"), max_length=20, unique=True, null=True, editable=False)
    token = models.CharField(_("controlesleutel"), max_length=64, unique=True, default=new_token, editable=False)
    check_code = models.CharField(_("controlecode"), max_length=12, default=new_check, editable=False)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("vervangt")
    )
    snapshot = models.JSONField(_("wat er op staat"), editable=False)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    pdf = models.FileField(_("PDF"), storage=private_storage, max_length=200, blank=True, editable=False)
    sha256 = models.CharField(_("sha-256 van de PDF"), max_length=64, blank=True, editable=False, db_index=True)
    sealed_at = models.DateTimeField(_("verzegeld op"), null=True, editable=False)
    problem = models.TextField(_("waarom de PDF er nog niet is"), blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number or "–"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Written once. Its number follows from its key, and the PDF is added by `sealed_files.make_once` alone."""
        if not self._state.adding and set(kwargs.get("update_fields") or ()) != {"number"}:
            raise LedgerIsAppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly


class Certificate(SealedDocument):
    """Proof that a course was completed."""

    class State(models.TextChoices):
        VALID = "valid", _("geldig")
        EXPIRED = "expired", _("verlopen")
        REPLACED = "replaced", _("vervangen")
        REVOKED = "revoked", _("ingetrokken")

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certificates", verbose_name=_("deelnemer")
    )
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="certificates", verbose_name=_("cursus"))
    enrolment = models.ForeignKey(
        "courses.Enrolment", on_delete=models.PROTECT, related_name="certificates", verbose_name=_("inschrijving")
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="certificates", verbose_name=_("aanbieder")
    )
    earned_on = models.DateField(_("behaald op"))

    class Meta:
        ordering = ["-earned_on", "-pk"]
        verbose_name = _("certificaat")
        verbose_name_plural = _("certificaten")
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], condition=Q(replaces=None), name="one_certificate_per_enrolment"),
            models.UniqueConstraint(fields=["sha256"], condition=~Q(sha256=""), name="one_certificate_per_pdf"),
        ]

    @property
    def valid_until(self) -> date | None:
        """The last day on which it proves anything; None when it has none."""
        until = self.snapshot.get("valid_until")
        return date.fromisoformat(until) if until else None


class CertificateEvent(AppendOnlyModel):
    """Issued, replaced, revoked: when, by whom and why. Rows are only added; the last word tells the state."""

    class Kind(models.TextChoices):
        ISSUED = "issued", _("uitgegeven")
        REPLACED = "replaced", _("vervangen")
        REVOKED = "revoked", _("ingetrokken")

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="events", verbose_name=_("certificaat"))
    kind = models.CharField(_("wat"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("tijdstip"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("door")
    )
    reason = models.TextField(_("reden"), blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("gebeurtenis van een certificaat")
        verbose_name_plural = _("gebeurtenissen van certificaten")
        constraints = [
            # Each happens at most once: two administrators who revoke at the same moment leave one revocation.
            models.UniqueConstraint(fields=["certificate", "kind"], name="each_event_once"),
            models.CheckConstraint(condition=Q(kind="issued") | ~Q(reason=""), name="certificate_event_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.certificate} {self.get_kind_display()}"
