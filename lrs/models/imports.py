"""Decided: imports from other stores, and how far they are. Ledger: what other stores said of what we took over from them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs.models.credentials import Credential
from lrs.models.record import Statement, private_storage
from lrs.reasons import told


class Told(models.Model):
    """Why something was not taken over: the rule that was broken with its values, which a page says in the language of who reads it."""

    rule = models.TextField(blank=True)
    values = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True


class Import(Told):
    """Statements of another store on their way into this one, from a file or by paging that store.

    Where it is (`octet` and `line`, or `more` and `last_stored`) is written in the transaction that writes the statements up to there,
    so that it can stop at any moment and go on exactly there. `claim` is who is at work on it: who finds another's there lets go.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht")
        RUNNING = "running", _("bezig")
        DONE = "done", _("klaar")
        STOPPED = "stopped", _("gestopt")
        FAILED = "failed", _("vastgelopen")

    class Trouble(models.TextChoices):
        BUSY = "busy", _("Het andere systeem antwoordt niet of heeft het te druk.")
        KEY = "key", _("Het andere systeem weigert de sleutel of het geheim.")
        ADDRESS = "address", _("Op dit adres antwoordt geen systeem met xAPI.")
        ANSWER = "answer", _("Het antwoord van het andere systeem is niet te lezen.")
        FILE = "file", _("Het bestand is niet te lezen.")
        STORAGE = "storage", _("De bestandsopslag van Vakwijs is niet te bereiken.")
        OTHER = "other", _("Er ging iets mis in Vakwijs.")

    name = models.CharField(_("naam"), max_length=120)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, verbose_name=_("toegangssleutel"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("gemaakt door"))
    keeps_without_bytes = models.BooleanField(_("ook zonder de bijlagen zelf"), default=False)
    # From a file: one that was uploaded, or one that lies on this machine.
    file = models.FileField(_("bestand"), storage=private_storage, upload_to="lrs/imports", max_length=200, blank=True)
    path = models.CharField(_("bestand op deze machine"), max_length=1000, blank=True)
    octets = models.BigIntegerField(_("omvang"), null=True)
    octet = models.BigIntegerField(default=0)
    line = models.BigIntegerField(default=0)
    beginning = models.CharField(max_length=64, blank=True, help_text="hash of the first octets: is it still the same file?")
    # From a store: where, as whom, and the page to go on with.
    address = models.CharField(_("adres"), max_length=500, blank=True)
    version = models.CharField(max_length=10, blank=True)
    key_locked = models.TextField(blank=True)
    secret_locked = models.TextField(blank=True)
    since = models.DateTimeField(_("vanaf"), null=True, blank=True)
    more = models.TextField(blank=True)
    last_stored = models.DateTimeField(null=True)

    new = models.BigIntegerField(_("nieuw"), default=0)
    there = models.BigIntegerField(_("al bekend"), default=0)
    refused = models.BigIntegerField(_("geweigerd"), default=0)
    conflicting = models.BigIntegerField(_("in strijd"), default=0)
    trouble = models.CharField(_("wat er mis is"), max_length=10, choices=Trouble, blank=True)
    error = models.TextField(_("fout"), blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(_("volgende poging"), null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True)

    class Meta:
        verbose_name = _("inleesactie")
        verbose_name_plural = _("inleesacties")
        indexes = [models.Index(fields=["state"], name="lrs_import_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def read(self) -> int:
        """How many statements were looked at."""
        return self.new + self.there + self.refused + self.conflicting

    @property
    def why(self) -> str:
        """What is wrong, for who reads it now."""
        return told(self.rule, self.values, otherwise=self.error)

    @property
    def left_behind(self) -> int:
        return self.refused + self.conflicting

    @property
    def last_stored_before(self) -> datetime | None:
        """From when to ask again. `since` leaves out its own moment, and in that moment more may have been stored than we saw."""
        return self.last_stored - timedelta(seconds=1) if self.last_stored else None

    @property
    def percent(self) -> int | None:
        """How far a file is; nobody knows how much another store has."""
        if self.state == self.State.DONE:
            return 100
        return min(self.octet * 100 // self.octets, 99) if self.octets else None


class ImportProblem(Told):
    """A statement that could not be taken over, with the reason and its text, so that somebody can mend it."""

    class Kind(models.TextChoices):
        REFUSED = "refused", _("geweigerd")
        CONFLICT = "conflict", _("in strijd")

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems")
    kind = models.CharField(max_length=10, choices=Kind)
    line = models.BigIntegerField(_("regelnummer"))
    statement_id = models.CharField(_("kenmerk"), max_length=100, blank=True)
    reason = models.TextField(_("reden"))
    text = models.TextField(_("uitspraak"), blank=True)

    class Meta:
        verbose_name = _("geweigerde uitspraak")
        verbose_name_plural = _("geweigerde uitspraken")

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"

    @property
    def why(self) -> str:
        """The reason, for who reads it now."""
        return told(self.rule, self.values, otherwise=self.reason)


class OriginalAuthority(models.Model):
    """Who vouched for statements in the store they came from; once for all of them."""

    digest = models.UUIDField(primary_key=True)
    authority = models.TextField()

    class Meta:
        verbose_name = _("oorspronkelijke instantie")
        verbose_name_plural = _("oorspronkelijke instanties")

    def __str__(self) -> str:
        return self.authority[:80]


class ImportedStatement(models.Model):
    """What another store said of a statement that we took over: when it stored it, and on whose authority (docs/decisions)."""

    statement = models.OneToOneField(Statement, on_delete=models.DO_NOTHING, primary_key=True, related_name="imported", db_constraint=False)
    run = models.ForeignKey(Import, on_delete=models.PROTECT)
    stored = models.DateTimeField(null=True)
    authority = models.ForeignKey(OriginalAuthority, on_delete=models.PROTECT, null=True)

    class Meta:
        verbose_name = _("overgenomen uitspraak")
        verbose_name_plural = _("overgenomen uitspraken")

    def __str__(self) -> str:
        return str(self.statement_id)
