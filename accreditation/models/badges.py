"""Decided: the keys with which an organisation signs badges. Ledger: the badges that were made, to the letter as they were given out."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel


class BadgeKey(models.Model):
    """A key of an organisation. Retired keys stay published, so that what they signed can still be checked."""

    class Kind(models.TextChoices):
        ED25519 = "ed25519", _("Ed25519, voor Data Integrity")
        RSA = "rsa", _("RSA, voor JWT")

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="badge_keys", verbose_name=_("organisatie")
    )
    kind = models.CharField(_("soort"), max_length=10, choices=Kind)
    # The address of the organisation when the key was made: a badge names it for ever, also when the organisation is renamed.
    issuer = models.CharField(_("DID van de uitgever"), max_length=300, db_index=True)
    name = models.CharField(_("naam"), max_length=120, unique=True)
    public = models.JSONField(_("publieke sleutel"), help_text=_("Als JWK (RFC 7517)."))
    secret = models.TextField(_("geheime sleutel, op slot"), editable=False)
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    retired_at = models.DateTimeField(_("buiten gebruik sinds"), null=True, blank=True)
    compromised = models.BooleanField(_("uitgelekt: niets wat ermee is ondertekend geldt nog"), default=False)

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("badgesleutel")
        verbose_name_plural = _("badgesleutels")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind"], condition=Q(retired_at=None), name="one_badge_key_in_use"),
            models.CheckConstraint(condition=Q(compromised=False) | Q(retired_at__isnull=False), name="compromised_key_is_not_in_use"),
        ]

    def __str__(self) -> str:
        return self.name


class Badge(AppendOnlyModel):
    """The badge of a certificate, made when its holder first asks for it. A key that leaked makes a further one possible."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    certificate = models.ForeignKey(
        "accreditation.Certificate", on_delete=models.PROTECT, related_name="badges", verbose_name=_("certificaat")
    )
    proof_key = models.ForeignKey(BadgeKey, on_delete=models.PROTECT, related_name="+", verbose_name=_("sleutel van het bewijs"))
    token_key = models.ForeignKey(BadgeKey, on_delete=models.PROTECT, related_name="+", verbose_name=_("sleutel van de JWT"))
    document = models.TextField(_("badge met Data Integrity-bewijs"), editable=False)
    token = models.TextField(_("badge als JWT"), editable=False)
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("certificaat als badge")
        verbose_name_plural = _("certificaten als badge")
        constraints = [models.UniqueConstraint(fields=["certificate", "proof_key"], name="one_badge_per_certificate_and_key")]

    def __str__(self) -> str:
        return f"{self.certificate}: {self.uuid}"

    @property
    def urn(self) -> str:
        """The id of the credential."""
        return self.uuid.urn
