"""Decided: dossiers as they leave and enter this installation: packed, shared for a while, taken over from elsewhere."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel
from accreditation.models.certificates import private_storage


class DossierKey(AppendOnlyModel):
    """A key with which dossiers are signed here: the newest signs, older ones stay so that old dossiers can be checked.

    That one leaked is told by the row that came in its place: a ledger is corrected by a further row.
    """

    key_id = models.CharField(_("sleutelnummer"), max_length=64, unique=True)
    public_key = models.CharField(_("publieke sleutel"), max_length=64, help_text=_("Ed25519: 32 bytes, geschreven in base64."))
    secret = models.TextField(_("geheime sleutel, op slot"), editable=False)
    instead_of_leaked = models.CharField(_("komt in plaats van een gelekte sleutel"), max_length=64, blank=True)
    first_used_at = models.DateTimeField(_("eerst gebruikt op"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("sleutel van dossiers")
        verbose_name_plural = _("sleutels van dossiers")

    def __str__(self) -> str:
        return self.key_id


class DossierPackage(models.Model):
    """Somebody's whole dossier as a ZIP, made by a worker. It lies ready for a week, for its owner alone."""

    class State(models.TextChoices):
        WAITING = "waiting", _("wordt gemaakt")
        READY = "ready", _("klaar")
        FAILED = "failed", _("mislukt")
        EXPIRED = "expired", _("verlopen")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dossier_packages", verbose_name=_("van wie")
    )
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(_("documenten ingepakt"), default=0)
    total = models.PositiveIntegerField(_("documenten"), default=0)
    file = models.FileField(_("bestand"), storage=private_storage, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("grootte in bytes"), default=0)
    sha256 = models.CharField(_("hash (sha-256)"), max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    problem = models.CharField(_("wat er misging"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("gevraagd op"), auto_now_add=True)
    ready_at = models.DateTimeField(_("klaar op"), null=True, blank=True)
    expires_at = models.DateTimeField(_("ligt klaar tot"), null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("ingepakt dossier")
        verbose_name_plural = _("ingepakte dossiers")
        constraints = [
            models.UniqueConstraint(fields=["owner"], condition=Q(state="waiting"), name="one_dossier_packed_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d} ({self.get_state_display()})"


class DossierIntake(models.Model):
    """A ZIP of another installation that was checked, and waits for its owner to say what may come in."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dossier_intakes", verbose_name=_("van wie"))
    file = models.FileField(_("bestand"), storage=private_storage, max_length=200, blank=True)
    sha256 = models.CharField(_("hash (sha-256)"), max_length=64)
    report = models.JSONField(_("wat de controle zei"), default=dict)
    created_at = models.DateTimeField(_("ingeleverd op"), auto_now_add=True)
    taken_at = models.DateTimeField(_("overgenomen op"), null=True, blank=True)
    taken = models.PositiveIntegerField(_("overgenomen"), default=0)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("ingeleverd dossier")
        verbose_name_plural = _("ingeleverde dossiers")

    def __str__(self) -> str:
        return str(self.uuid)


class DossierShare(models.Model):
    """Leave for an assessor to look at one register period for a while. Of the link only a hash is kept: whoever reads this table cannot look."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dossier_shares", verbose_name=_("van wie"))
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="+", verbose_name=_("register"))
    period_start = models.DateField(_("eerste dag van de periode"))
    period_end = models.DateField(_("laatste dag van de periode"))
    reader = models.CharField(_("voor wie"), max_length=120)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    expires_at = models.DateTimeField(_("werkt tot"))
    revoked_at = models.DateTimeField(_("gestopt op"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("gedeeld dossier")
        verbose_name_plural = _("gedeelde dossiers")
        constraints = [
            models.CheckConstraint(condition=Q(period_start__lte=F("period_end")), name="share_period_runs_forwards"),
        ]

    def __str__(self) -> str:
        return f"{self.reader} ({self.register})"

    @property
    def works(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at
