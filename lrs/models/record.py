"""Ledger: xAPI statements as they came in, what they name, and (derived) the rows that say which projections still wait."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lrs import sequence as sequences
from lrs.actors import actor_key, actor_of, pseudonym_of
from lrs.digests import digest
from lrs.models.credentials import Credential, Source
from lrs.models.keys import KeyField


def private_storage() -> Storage:
    """Where attachments go: only a view that checks who asks gives them out."""
    return storages["private"]


class StatementId(models.Model):
    """Each id of a statement once. Apart from the statements, because a table in parts by time can only be unique within a part."""

    uuid = KeyField(primary_key=True)
    sequence = models.BigIntegerField()

    class Meta:
        verbose_name = _("id van een uitspraak")
        verbose_name_plural = _("ids van uitspraken")

    def __str__(self) -> str:
        return str(self.uuid)


class StatementQuerySet(models.QuerySet["Statement"]):
    """Questions in the words of the standard; the columns hold digests, which nobody should have to know."""

    def with_id(self, statement_id: UUID | str) -> "StatementQuerySet":
        return self.filter(sequence=StatementId.objects.filter(uuid=statement_id).values("sequence")[:1])

    def with_ids(self, statement_ids: Iterable[UUID | str]) -> "StatementQuerySet":
        return self.filter(sequence__in=list(StatementId.objects.filter(uuid__in=list(statement_ids)).values_list("sequence", flat=True)))

    def of_learner(self, pseudonym: UUID) -> "StatementQuerySet":
        """Those of which our own person is the actor."""
        return self.by_actor(actor_key(actor_of(pseudonym)))

    def by_actor(self, key: str) -> "StatementQuerySet":
        return self.filter(actor_digest=digest(key))

    def with_verb(self, iri: str) -> "StatementQuerySet":
        return self.filter(verb_digest=digest(iri))

    def on_activity(self, iri: str) -> "StatementQuerySet":
        return self.filter(activity_digest=digest(iri))


class SequenceField(models.BigIntegerField):
    """A number that carries time (lrs.sequence). SQLite keeps the rows in the order of such a key, and needs no index beside it, if it is called integer."""

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def rel_db_type(self, connection: Any) -> str | None:
        return models.BigIntegerField().db_type(connection)


class Statement(models.Model):
    """One xAPI statement. `uuid` is its id in the standard, `sequence` when and in which order it came in (lrs.sequence).

    `exact` is its JSON, byte for byte as it came in, with what the store adds at the end; `document` is the same, parsed.
    What the filters of the standard look at stands in short columns: digests of keys and IRIs (lrs.digests), not the words.
    `refers_to` is the statement that is its object. On PostgreSQL the table is in parts by time (lrs.partitions).
    """

    sequence = SequenceField(_("volgnummer"), primary_key=True)
    uuid = KeyField(_("id"), default=uuid4)
    actor_digest = KeyField(_("actor"))
    verb_digest = KeyField(_("werkwoord"))
    activity_digest = KeyField(_("activiteit"), null=True)
    registration = KeyField(_("registratie"), null=True)
    refers_to = KeyField(_("verwijst naar"), null=True)
    timestamp = models.DateTimeField(_("gebeurd op"))
    # Without a constraint in the database: it would lock the row of the key at every statement, and a key is never deleted.
    credential = models.ForeignKey(
        Credential,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        verbose_name=_("toegangssleutel"),
    )
    source = models.CharField(_("herkomst"), max_length=20, choices=Source)
    voided = models.BooleanField(_("herroepen"), default=False)
    exact = models.TextField(_("uitspraak"))

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("uitspraak")
        verbose_name_plural = _("uitspraken")
        # Each filter of the standard ends in "the latest first", so each index ends in the order of arrival.
        indexes = [
            models.Index(fields=["actor_digest", "sequence"], name="lrs_statement_actor"),
            models.Index(
                fields=["activity_digest", "verb_digest", "sequence"],
                name="lrs_statement_activity_verb",
                condition=Q(activity_digest__isnull=False),
            ),
            models.Index(fields=["activity_digest", "sequence"], name="lrs_statement_activity", condition=Q(activity_digest__isnull=False)),
            models.Index(fields=["verb_digest", "sequence"], name="lrs_statement_verb"),
            models.Index(fields=["registration", "sequence"], name="lrs_statement_registration", condition=Q(registration__isnull=False)),
            models.Index(fields=["credential", "sequence"], name="lrs_statement_credential", condition=Q(credential__isnull=False)),
            models.Index(fields=["refers_to", "sequence"], name="lrs_statement_reference", condition=Q(refers_to__isnull=False)),
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
    def stored(self) -> datetime:
        """When the store wrote it, to the millisecond, as its JSON says."""
        return sequences.moment_of(self.sequence)

    @property
    def actor_key(self) -> str:
        return actor_key(self.document["actor"])

    @property
    def verb(self) -> str:
        """The IRI of its verb."""
        return str(self.document["verb"]["id"])

    @property
    def activity(self) -> str:
        """The IRI of the activity that is its object; empty when its object is something else."""
        target = self.document["object"]
        return str(target["id"]) if target.get("objectType", "Activity") == "Activity" else ""

    @property
    def learner(self) -> UUID | None:
        """The pseudonym of our own person, when the actor is one."""
        return pseudonym_of(self.document["actor"])

    @property
    def learner_key(self) -> str:
        """By whom statements are put in order: our own learner, or whoever else the actor is."""
        learner = self.learner
        return str(learner) if learner else self.actor_key


class Mention(models.Model):
    """Who and what a statement names besides its actor and its activity, so that they can be found.

    Made from the statement's own words and nothing else (`lrs.rows.mentions_of`), so it can be made again; that is why there is no
    second index by which to find those of one statement.
    """

    class Kind(models.TextChoices):
        OBJECT = "object", _("het lijdend voorwerp is deze actor")
        AGENT = "agent", _("deze actor komt erin voor")
        ACTIVITY = "activity", _("deze activiteit komt erin voor")
        ATTACHMENT = "attachment", _("deze bijlage hoort erbij")

    pk = models.CompositePrimaryKey("key", "statement_id")
    key = KeyField()
    statement = models.ForeignKey(Statement, on_delete=models.DO_NOTHING, related_name="mentions", db_index=False, db_constraint=False)

    class Meta:
        verbose_name = _("vermelding")
        verbose_name_plural = _("vermeldingen")

    def __str__(self) -> str:
        return str(self.key)

    @staticmethod
    def key_of(kind: str, name: str) -> UUID:
        """What stands in `key` for this actor (its key), activity (its IRI) or attachment (its sha2)."""
        return digest(f"{kind} {name}")


class Referral(models.Model):
    """By what a statement that refers to another one is found: what that other one says (xAPI 2.1.3, "Filter Conditions for StatementRefs").

    Derived from the statements alone (lrs.references), when both are there; a search then never has to walk along references.
    """

    pk = models.CompositePrimaryKey("key", "statement_id")
    key = KeyField()
    statement = models.ForeignKey(Statement, on_delete=models.DO_NOTHING, related_name="referrals", db_index=False, db_constraint=False)

    class Meta:
        verbose_name = _("verwijzing")
        verbose_name_plural = _("verwijzingen")

    def __str__(self) -> str:
        return str(self.key)


class OpenReferral(models.Model):
    """A statement that refers, in the end, to one that is not there (yet)."""

    target = KeyField()
    statement = models.ForeignKey(Statement, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        verbose_name = _("open verwijzing")
        verbose_name_plural = _("open verwijzingen")
        constraints = [models.UniqueConstraint(fields=["target", "statement"], name="lrs_open_referral_once")]

    def __str__(self) -> str:
        return str(self.target)


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
    # When somebody last sent these bytes: what no statement names is swept away a day later (lrs.attachments.sweep).
    last_sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("bijlage")
        verbose_name_plural = _("bijlagen")

    def __str__(self) -> str:
        return self.sha2


class AttachmentSender(models.Model):
    """In which realm (lrs.realms) somebody sent these bytes. Who only knows their hash did not, and does not get them."""

    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="senders", db_index=False)
    realm = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        verbose_name = _("afzender van een bijlage")
        verbose_name_plural = _("afzenders van bijlagen")
        constraints = [models.UniqueConstraint(fields=["attachment", "realm"], name="lrs_attachment_sender_once")]

    def __str__(self) -> str:
        return f"{self.realm} {self.attachment_id}"


class PendingProjection(models.Model):
    """A statement that still has to pass the projections. Deleted when it has; kept with its error when one failed."""

    statement = models.OneToOneField(Statement, on_delete=models.DO_NOTHING, primary_key=True, related_name="pending", db_constraint=False)
    learner_key = models.UUIDField(_("deelnemer"))
    attempts = models.PositiveSmallIntegerField(default=0)
    set_aside_at = models.DateTimeField(_("terzijde gelegd op"), null=True)
    retry_at = models.DateTimeField(_("opnieuw op"), null=True)
    error = models.TextField(_("fout"), blank=True, default="")

    class Meta:
        verbose_name = _("wachtende verwerking")
        verbose_name_plural = _("wachtende verwerkingen")
        indexes = [
            models.Index(fields=["learner_key", "statement"], name="lrs_pending_learner"),
            models.Index(fields=["retry_at"], name="lrs_pending_retry", condition=Q(retry_at__isnull=False)),
        ]

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
