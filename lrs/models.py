"""Ledger: xAPI statements as they came in, the rows that say which projections still wait, and tool credentials (decided)."""

import json
import uuid
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def private_storage() -> Storage:
    """Where attachments go: only a view that checks who asks gives them out."""
    return storages["private"]


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
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("organisatie")
    )
    joins_people = models.BooleanField(
        _("herkent leden aan hun e-mailadres"),
        default=False,
        help_text=_(
            "Een uitspraak over het bevestigde e-mailadres van een lid van de organisatie komt in diens dossier, onder pseudoniem."
        ),
    )
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

    `exact` is its JSON, byte for byte as it came in, with what the store adds at the end; `document` is the same, parsed.
    `learner` is the pseudonym of our own person, when the actor is one. `refers_to` is the statement that is its object.
    """

    sequence = models.BigAutoField(_("volgnummer"), primary_key=True)
    uuid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True)
    learner = models.UUIDField(_("deelnemer"), null=True)
    actor_key = models.CharField(_("actor"), max_length=400)
    verb = models.CharField(_("werkwoord"), max_length=400)
    activity = models.CharField(_("activiteit"), max_length=1000, blank=True)
    registration = models.UUIDField(_("registratie"), null=True)
    refers_to = models.UUIDField(_("verwijst naar"), null=True)
    timestamp = models.DateTimeField(_("gebeurd op"))
    stored = models.DateTimeField(_("opgeslagen op"), db_index=True)
    source = models.CharField(_("herkomst"), max_length=20, choices=Source)
    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("toegangssleutel")
    )
    exact = models.TextField(_("uitspraak"))
    voided = models.BooleanField(_("herroepen"), default=False)

    class Meta:
        verbose_name = _("uitspraak")
        verbose_name_plural = _("uitspraken")
        # Each filter of the standard ends in "the latest first", so each index ends in the order of arrival.
        indexes = [
            models.Index(fields=["actor_key", "sequence"], name="statement_by_actor"),
            models.Index(fields=["activity", "verb", "sequence"], name="statement_by_activity_verb", condition=~Q(activity="")),
            models.Index(fields=["activity", "sequence"], name="statement_by_activity", condition=~Q(activity="")),
            models.Index(fields=["verb", "sequence"], name="statement_by_verb"),
            models.Index(fields=["registration", "sequence"], name="statement_by_registration", condition=Q(registration__isnull=False)),
            models.Index(fields=["learner", "sequence"], name="statement_by_learner", condition=Q(learner__isnull=False)),
            models.Index(fields=["credential", "sequence"], name="statement_by_credential", condition=Q(credential__isnull=False)),
            models.Index(fields=["refers_to"], name="statement_by_reference", condition=Q(refers_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.activity}"

    @property
    def document(self) -> dict[str, Any]:
        """The statement as an object; parsed once, when somebody asks."""
        if "_document" not in self.__dict__:
            self._document: dict[str, Any] = json.loads(self.exact)
        return self._document

    @document.setter
    def document(self, value: dict[str, Any]) -> None:
        self._document = value
        self.exact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    @property
    def learner_key(self) -> str:
        """By whom statements are put in order: our own learner, or whoever else the actor is."""
        return str(self.learner) if self.learner else self.actor_key


class Mention(models.Model):
    """Who and what a statement names besides its actor and its activity, so that they can be found."""

    class Kind(models.IntegerChoices):
        OBJECT = 1, _("het lijdend voorwerp is deze actor")
        AGENT = 2, _("deze actor komt erin voor")
        ACTIVITY = 3, _("deze activiteit komt erin voor")

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    kind = models.PositiveSmallIntegerField(choices=Kind)
    key = models.CharField(max_length=1000)

    class Meta:
        verbose_name = _("vermelding")
        verbose_name_plural = _("vermeldingen")
        indexes = [
            models.Index(fields=["kind", "key", "statement"], name="mention_by_key"),
            models.Index(fields=["statement"], name="mention_by_statement"),
        ]

    def __str__(self) -> str:
        return self.key


class ActivityVersion(models.Model):
    """A definition that an activity was given. Rows are only added, so that no two writers wait for each other; reading merges them."""

    activity = models.CharField(max_length=1000)
    digest = models.CharField(max_length=32)
    definition = models.TextField()

    class Meta:
        verbose_name = _("omschrijving van een activiteit")
        verbose_name_plural = _("omschrijvingen van activiteiten")
        constraints = [models.UniqueConstraint(fields=["activity", "digest"], name="one_row_per_definition")]

    def __str__(self) -> str:
        return self.activity


class Attachment(models.Model):
    """The bytes of an attachment, kept once for every statement that has them."""

    sha2 = models.CharField(max_length=128, unique=True)
    content_type = models.CharField(max_length=200)
    file = models.FileField(storage=private_storage, upload_to="lrs/attachments", max_length=200)
    size = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("bijlage")
        verbose_name_plural = _("bijlagen")

    def __str__(self) -> str:
        return self.sha2


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
    """A document of the xAPI state resource: where an activity left off, per actor and registration.

    `realm` keeps what tools of one organisation wrote apart from what those of another did.
    """

    realm = models.CharField(max_length=60, default="", blank=True)
    actor_key = models.CharField(max_length=400)
    activity = models.CharField(max_length=1000)
    registration = models.UUIDField(null=True)
    state_id = models.CharField(max_length=400)
    content_type = models.CharField(max_length=200)
    content = models.BinaryField()
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("toestand")
        verbose_name_plural = _("toestanden")
        constraints = [
            models.UniqueConstraint(
                fields=["realm", "actor_key", "activity", "registration", "state_id"],
                condition=Q(registration__isnull=False),
                name="one_state_per_registration",
            ),
            models.UniqueConstraint(
                fields=["realm", "actor_key", "activity", "state_id"],
                condition=Q(registration__isnull=True),
                name="one_state_without_registration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.state_id}"


class ProfileDocument(models.Model):
    """A document of the agent profile or activity profile resource."""

    class Kind(models.TextChoices):
        AGENT = "agent", _("over een actor")
        ACTIVITY = "activity", _("over een activiteit")

    realm = models.CharField(max_length=60, default="", blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=1000)
    profile_id = models.CharField(max_length=400)
    content_type = models.CharField(max_length=200)
    content = models.BinaryField()
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("profieldocument")
        verbose_name_plural = _("profieldocumenten")
        constraints = [models.UniqueConstraint(fields=["realm", "kind", "subject", "profile_id"], name="one_profile_document")]

    def __str__(self) -> str:
        return f"{self.subject} {self.profile_id}"
