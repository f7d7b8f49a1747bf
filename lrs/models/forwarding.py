"""Decided: to which other stores statements go. Ledger: what went where. Beside them what waits, and what is still to be erased elsewhere."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lrs.models.credentials import Credential


class ForwardingTarget(models.Model):
    """Another store that gets statements of ours: where it is, which ones, in whose name, and how far we are.

    `cursor` is the last statement that was weighed for it; everything up to there was sent, held or not meant for it.
    `sending_through` is the last one that may have been on its way. Who sends holds `lease`; `generation` goes up whenever what
    was read before may no longer go out: other filters, another address, somebody erased.
    """

    class Kind(models.TextChoices):
        XAPI = "xapi", _("leerrecordopslag (xAPI)")
        CLICKHOUSE = "clickhouse", _("analysedatabase (ClickHouse)")

    class Version(models.TextChoices):
        V1 = "1.0.3", "xAPI 1.0.3"
        V2 = "2.0.0", "xAPI 2.0"

    class Reach(models.TextChoices):
        TOOLS = "tools", _("wat hulpmiddelen van de organisatie schreven")
        MEMBERS = "members", _("wat er is vastgelegd over leden van de organisatie")
        BOTH = "both", _("allebei")
        EVERYTHING = "everything", _("alles, van alle organisaties")

    class Actors(models.TextChoices):
        PSEUDONYM = "pseudonym", _("onder een eigen pseudoniem voor deze bestemming")
        NO_NAMES = "no_names", _("zoals ze bij ons staan, zonder namen")
        AS_IS = "as_is", _("precies zoals ze bij ons staan")

    class State(models.TextChoices):
        ACTIVE = "active", _("aan")
        PAUSED = "paused", _("gepauzeerd")

    class Reason(models.TextChoices):
        """Why sending stopped or stumbles; `lrs.forwarding.status` has the words and what to do."""

        NONE = "", "–"
        BY_HAND = "by_hand", _("met de hand gepauzeerd")
        KEY_REFUSED = "key_refused", _("de sleutel wordt geweigerd")
        WRONG_ADDRESS = "wrong_address", _("het adres klopt niet")
        ADDRESS_NOT_ALLOWED = "address_not_allowed", _("dit adres mag niet")
        SECRET_UNREADABLE = "secret_unreadable", _("het geheim is niet meer te lezen")
        REFUSES_ALL = "refuses_all", _("alles wordt geweigerd")
        UNREACHABLE = "unreachable", _("niet bereikbaar")
        TROUBLE = "trouble", _("storing aan de andere kant")
        BUSY = "busy", _("vraagt om langzamer te sturen")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("naam"), max_length=120)
    kind = models.CharField(_("soort"), max_length=12, choices=Kind, default=Kind.XAPI)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("organisatie")
    )
    endpoint = models.CharField(_("adres"), max_length=500)
    version = models.CharField(_("versie"), max_length=8, choices=Version, default=Version.V2)
    table = models.CharField(_("tabel"), max_length=120, blank=True)
    key_locked = models.TextField(_("sleutel"), blank=True)
    secret_locked = models.TextField(_("geheim"), blank=True)
    allows_private = models.BooleanField(_("adres in het eigen netwerk toegestaan"), default=False)

    reach = models.CharField(_("welke uitspraken"), max_length=12, choices=Reach, default=Reach.TOOLS)
    verbs = models.JSONField(_("werkwoorden"), default=list, blank=True)
    activities = models.JSONField(_("activiteiten"), default=list, blank=True)
    sources = models.JSONField(_("herkomst"), default=list, blank=True)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("toegangssleutel"))
    actors = models.CharField(_("personen"), max_length=12, choices=Actors, default=Actors.PSEUDONYM)
    with_attachments = models.BooleanField(_("bijlagen gaan mee"), default=False)
    voids_on_erasure = models.BooleanField(_("herroep bij wissen"), default=True)

    state = models.CharField(_("stand"), max_length=8, choices=State, default=State.ACTIVE)
    reason = models.CharField(_("reden"), max_length=24, choices=Reason, blank=True, default="")
    cursor = models.BigIntegerField(default=0)
    sending_through = models.BigIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    queued_at = models.DateTimeField(null=True, editable=False)

    batch_size = models.PositiveSmallIntegerField(default=100)
    smooth = models.PositiveSmallIntegerField(default=0)  # batches in a row that went well; after enough of them they grow again
    failures = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)  # statements in a row that were refused
    retry_at = models.DateTimeField(_("volgende poging"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("laatst gelukt"), null=True, blank=True)
    last_error_at = models.DateTimeField(_("laatste fout"), null=True, blank=True)
    last_error = models.CharField(max_length=24, choices=Reason, blank=True, default="")
    last_status = models.PositiveSmallIntegerField(null=True)
    last_answer = models.TextField(blank=True)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    removed_at = models.DateTimeField(_("verwijderd op"), null=True, blank=True)

    class Meta:
        verbose_name = _("bestemming")
        verbose_name_plural = _("bestemmingen")
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(reach="everything"), name="forwarding_without_organisation_is_everything"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Forwarded(models.Model):
    """This statement was sent to this target. Kept, so that erasure knows where somebody's statements went."""

    pk = models.CompositePrimaryKey("target_id", "sequence")
    target = models.ForeignKey(ForwardingTarget, on_delete=models.CASCADE, db_index=False, related_name="+")
    sequence = models.BigIntegerField()

    class Meta:
        verbose_name = _("doorgestuurde uitspraak")
        verbose_name_plural = _("doorgestuurde uitspraken")

    def __str__(self) -> str:
        return f"{self.target_id}: {self.sequence}"


class HeldStatement(models.Model):
    """A statement that did not reach the target: it was refused, or it waits for an earlier one of the same person that was.

    `person` is by whom statements are kept in order: our own learner, or the digest of whoever else the actor is.
    """

    class State(models.TextChoices):
        REFUSED = "refused", _("onbestelbaar")
        WAITING = "waiting", _("wacht op een eerdere")
        DISMISSED = "dismissed", _("afgehandeld")

    target = models.ForeignKey(ForwardingTarget, on_delete=models.CASCADE, db_index=False, related_name="held")
    sequence = models.BigIntegerField()
    person = models.UUIDField()
    state = models.CharField(_("stand"), max_length=10, choices=State)
    attempts = models.PositiveSmallIntegerField(_("pogingen"), default=0)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(_("antwoord"), blank=True)
    since = models.DateTimeField(_("sinds"))
    last_attempt_at = models.DateTimeField(_("laatste poging"), null=True)
    due = models.BooleanField(default=False)  # asked to be sent again
    reason = models.CharField(_("reden"), max_length=300, blank=True)
    dismissed_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("onbestelbare uitspraak")
        verbose_name_plural = _("onbestelbare uitspraken")
        constraints = [models.UniqueConstraint(fields=["target", "sequence"], name="held_once_per_target")]
        indexes = [
            models.Index(fields=["target", "person", "sequence"], name="held_by_person", condition=~Q(state="dismissed")),
            models.Index(fields=["target", "state", "sequence"], name="held_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.target_id}: {self.sequence} ({self.state})"


class ForwardingPseudonym(models.Model):
    """Under which name this target knows this person. Drawn at random: once the row is gone, nobody can make it again."""

    target = models.ForeignKey(ForwardingTarget, on_delete=models.CASCADE, db_index=False, related_name="+")
    person = models.UUIDField()
    pseudonym = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("pseudoniem bij een bestemming")
        verbose_name_plural = _("pseudoniemen bij bestemmingen")
        constraints = [models.UniqueConstraint(fields=["target", "person"], name="one_pseudonym_per_target")]
        indexes = [models.Index(fields=["person"], name="forwarding_pseudonym_by_person")]

    def __str__(self) -> str:
        return str(self.pseudonym)


class ForwardingHour(models.Model):
    """How much went to a target in one hour."""

    target = models.ForeignKey(ForwardingTarget, on_delete=models.CASCADE, db_index=False, related_name="hours")
    hour = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("doorgestuurd per uur")
        verbose_name_plural = _("doorgestuurd per uur")
        constraints = [models.UniqueConstraint(fields=["target", "hour"], name="one_row_per_hour")]

    def __str__(self) -> str:
        return f"{self.hour}: {self.sent}"


class ForwardingEvent(models.Model):
    """What happened to a target, as its history shows it: what people decided, when it began to fail, when it went on."""

    class Kind(models.TextChoices):
        MADE = "made", _("gemaakt")
        CHANGED = "changed", _("gewijzigd")
        PAUSED = "paused", _("gepauzeerd")
        STOPPED = "stopped", _("vanzelf gestopt")
        RESUMED = "resumed", _("hervat")
        STUMBLED = "stumbled", _("niet gelukt")
        RECOVERED = "recovered", _("weer gelukt")
        TESTED = "tested", _("verbinding getest")
        RESENT = "resent", _("opnieuw verstuurd")
        DISMISSED = "dismissed", _("afgehandeld")
        REWOUND = "rewound", _("opnieuw begonnen")
        ERASED = "erased", _("wissen gevraagd")
        ERASURE_CONFIRMED = "erasure_confirmed", _("wissen bevestigd")
        REMOVED = "removed", _("verwijderd")

    target = models.ForeignKey(ForwardingTarget, on_delete=models.CASCADE, db_index=False, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.CharField(max_length=24, choices=ForwardingTarget.Reason, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("gebeurtenis bij het doorsturen")
        verbose_name_plural = _("gebeurtenissen bij het doorsturen")
        indexes = [models.Index(fields=["target", "at"], name="forwarding_event_by_target")]

    def __str__(self) -> str:
        return f"{self.at}: {self.kind}"


class ForwardedErasure(models.Model):
    """Somebody is erased here; this says which statements have to go at one target, until its administrator confirmed that they did.

    `ids` are the statements of the person, `named_in` those of others that name them; one id a line. `withdrawn` counts the ids
    for which the target has a voiding statement (or, in an analysis database, the delete itself).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    target = models.ForeignKey(ForwardingTarget, on_delete=models.PROTECT, related_name="forwarded_erasures")
    created_at = models.DateTimeField(_("gevraagd op"))
    ids = models.TextField(blank=True)
    named_in = models.TextField(blank=True)
    pseudonyms = models.TextField(blank=True)  # what the other side has to look for, one a line; ours to them are gone
    withdraws = models.BooleanField(default=True)
    withdrawn = models.PositiveIntegerField(default=0)
    withdraw_answer = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(_("herroepen op"), null=True)
    confirmed_at = models.DateTimeField(_("bevestigd op"), null=True)
    confirmed_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(_("toelichting"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("wissen bij een bestemming")
        verbose_name_plural = _("wissen bij bestemmingen")
        indexes = [models.Index(fields=["target", "confirmed_at"], name="forwarded_erasure_open")]

    def __str__(self) -> str:
        return f"{self.target}: {self.uuid}"

    @property
    def id_list(self) -> list[str]:
        return self.ids.split()

    @property
    def named_list(self) -> list[str]:
        return self.named_in.split()
