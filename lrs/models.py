"""Ledger: xAPI statements as they came in, the rows that say which projections still wait, and tool credentials (decided)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """How a statement came in; completion rules state the trust they need (docs/architecture.md, "Trust")."""

    SERVER = "server", _("onze eigen server")
    LEARNER_SESSION = "learner_session", _("de browser van de deelnemer")
    TOOL = "tool", _("een aangesloten hulpmiddel")
    OUTSIDE = "outside", _("een ander systeem")


class Credential(models.Model):
    """A key and secret with which a tool may use the xAPI interface. The secret is kept only as a keyed hash."""

    name = models.CharField(_("naam"), max_length=120)
    key = models.CharField(_("sleutel"), max_length=64, unique=True)
    secret_hash = models.CharField(_("hash van het geheim"), max_length=128)
    scopes = models.JSONField(_("rechten"), default=list)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("organisatie"))
    source = models.CharField(_("herkomst"), max_length=20, choices=Source, default=Source.OUTSIDE)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    expires_at = models.DateTimeField(_("verloopt op"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("ingetrokken op"), null=True, blank=True)

    class Meta:
        verbose_name = _("toegangssleutel")
        verbose_name_plural = _("toegangssleutels")

    def __str__(self) -> str:
        return self.name


class Statement(models.Model):
    """One xAPI statement. `uuid` is its id in the standard, `sequence` the order in which it came in.

    `learner` is the pseudonym of our own person, when the actor is one.
    """

    sequence = models.BigAutoField(_("volgnummer"), primary_key=True)
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True)
    learner = models.UUIDField(_("deelnemer"), null=True, db_index=True)
    actor_key = models.CharField(_("actor"), max_length=400, db_index=True)
    verb = models.CharField(_("werkwoord"), max_length=400)
    activity = models.CharField(_("activiteit"), max_length=1000, blank=True)
    registration = models.UUIDField(_("registratie"), null=True, db_index=True)
    timestamp = models.DateTimeField(_("gebeurd op"))
    stored = models.DateTimeField(_("opgeslagen op"), db_index=True)
    source = models.CharField(_("herkomst"), max_length=20, choices=Source)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("toegangssleutel"))
    document = models.JSONField(_("uitspraak"))
    voided = models.BooleanField(_("herroepen"), default=False)

    class Meta:
        verbose_name = _("uitspraak")
        verbose_name_plural = _("uitspraken")

    def __str__(self) -> str:
        return f"{self.verb} {self.activity}"

    @property
    def learner_key(self) -> str:
        """By whom statements are put in order: our own learner, or whoever else the actor is."""
        return str(self.learner) if self.learner else self.actor_key


class PendingProjection(models.Model):
    """A statement that still has to pass the projections. Deleted when it has; kept with its error when one failed."""

    statement = models.OneToOneField(Statement, on_delete=models.CASCADE, primary_key=True, related_name="pending")
    learner_key = models.CharField(max_length=400, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    set_aside_at = models.DateTimeField(_("terzijde gelegd op"), null=True)
    retry_at = models.DateTimeField(_("opnieuw op"), null=True, db_index=True)
    error = models.TextField(_("fout"), blank=True)

    class Meta:
        verbose_name = _("wachtende verwerking")
        verbose_name_plural = _("wachtende verwerkingen")

    def __str__(self) -> str:
        return str(self.statement_id)


class LearnerLock(models.Model):
    """A row to lock, so that one learner's statements are projected one at a time."""

    learner_key = models.CharField(max_length=400, primary_key=True)

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("sloten")

    def __str__(self) -> str:
        return self.learner_key


class StateDocument(models.Model):
    """A document of the xAPI state resource: where an activity left off, per actor and registration."""

    actor_key = models.CharField(max_length=400)
    activity = models.CharField(max_length=1000)
    registration = models.UUIDField(null=True)
    state_id = models.CharField(max_length=400)
    content_type = models.CharField(max_length=200)
    content = models.BinaryField()
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("toestand")
        verbose_name_plural = _("toestanden")
        constraints = [
            models.UniqueConstraint(fields=["actor_key", "activity", "registration", "state_id"], condition=Q(registration__isnull=False), name="one_state_per_registration"),
            models.UniqueConstraint(fields=["actor_key", "activity", "state_id"], condition=Q(registration__isnull=True), name="one_state_without_registration"),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.state_id}"
