"""Decided: how an organisation reports to a register. Ledger: what was reported, what was sent and what the register answered.

A report is a row of the outbox and has a state; each attempt to deliver it is a row that never changes. No key stands in any of them.
"""

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from accounts.append_only import AppendOnlyModel

PE_ONLINE = "https://www.pe-online.org/pe-services/pe-attendanceelearning/WriteAttendance.asmx"


class ReportingTerm(models.Model):
    """What a register asks of those who report to it: within how many days, and whether attendance in part can be reported."""

    register = models.OneToOneField("accounts.Register", on_delete=models.CASCADE, related_name="reporting", verbose_name=_("register"))
    days = models.PositiveSmallIntegerField(
        _("melden binnen (dagen)"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Leeg: geen termijn bekend.")
    )
    whole_only = models.BooleanField(_("alleen volledige aanwezigheid"), default=False)
    source = models.TextField(_("bron"), blank=True)
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)

    class Meta:
        verbose_name = _("meldtermijn")
        verbose_name_plural = _("meldtermijnen")

    def __str__(self) -> str:
        return str(self.register)


class RegisterConnection(models.Model):
    """How one organisation reports attendance to one register. Who sends holds `lease`; it ends by itself when a worker dies."""

    class Transport(models.TextChoices):
        POST = "post", _("PE-online webservice (POST)")
        SOAP = "soap", _("PE-online webservice (SOAP 1.1)")
        FILE = "file", _("PE-online XML als bestand")
        LIST = "list", _("lijst voor een register zonder webservice")

    SERVICES = (Transport.POST, Transport.SOAP)

    class State(models.TextChoices):
        ACTIVE = "active", _("aan")
        PAUSED = "paused", _("gepauzeerd")

    class Reason(models.TextChoices):
        """Why sending stopped or stumbles; `accreditation.reporting.status` has the words and what to do."""

        NONE = "", "–"
        BY_HAND = "by_hand", _("met de hand gepauzeerd")
        KEY_REFUSED = "key_refused", _("de sleutel wordt geweigerd")
        KEY_MISSING = "key_missing", _("de sleutel ontbreekt")
        KEY_UNREADABLE = "key_unreadable", _("de sleutel is niet meer te lezen")
        ADDRESS_NOT_ALLOWED = "address_not_allowed", _("dit adres mag niet")
        XML_REFUSED = "xml_refused", _("elk bericht wordt geweigerd")
        UNREACHABLE = "unreachable", _("niet bereikbaar")
        TROUBLE = "trouble", _("onbruikbaar antwoord")

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="register_connections", verbose_name=_("organisatie")
    )
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="connections", verbose_name=_("register"))
    transport = models.CharField(_("hoe je meldt"), max_length=4, choices=Transport, default=Transport.POST)
    endpoint = models.CharField(_("adres van de webservice"), max_length=500, blank=True, default=PE_ONLINE)
    user_id_locked = models.TextField(blank=True, editable=False)
    user_key_locked = models.TextField(blank=True, editable=False)
    test_mode = models.BooleanField(_("testmodus"), default=True)
    automatic = models.BooleanField(_("zet nieuwe toekenningen vanzelf klaar"), default=False)
    automatic_since = models.DateTimeField(null=True, editable=False)
    email = models.EmailField(_("foutrapport van PE-online naar"), blank=True)
    columns = models.JSONField(_("kolommen van het bestand"), default=list, blank=True)  # of reporting.files.Column; empty: the usual ones

    state = models.CharField(_("stand"), max_length=8, choices=State, default=State.ACTIVE)
    reason = models.CharField(_("reden"), max_length=24, choices=Reason, blank=True, default="")
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    queued_at = models.DateTimeField(null=True, editable=False)
    batch_size = models.PositiveSmallIntegerField(default=100, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    refusals = models.PositiveSmallIntegerField(default=0, editable=False)  # calls of a single row in a row that were no XML to them
    retry_at = models.DateTimeField(_("volgende poging"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("laatst gelukt"), null=True, editable=False)
    last_answer = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)

    class Meta:
        ordering = ["organisation", "register"]
        verbose_name = _("koppeling met een register")
        verbose_name_plural = _("koppelingen met registers")
        constraints = [models.UniqueConstraint(fields=["organisation", "register"], name="one_connection_per_register")]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.register}"

    @property
    def by_service(self) -> bool:
        return self.transport in self.SERVICES


class ReportCall(models.Model):
    """One call to the service, or one file. It is written before it goes out: without an answer nobody knows whether it arrived."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(RegisterConnection, on_delete=models.PROTECT, related_name="calls", verbose_name=_("koppeling"))
    transport = models.CharField(_("hoe"), max_length=4, choices=RegisterConnection.Transport)
    org_id = models.PositiveIntegerField("orgID", null=True)
    rows = models.PositiveIntegerField(_("regels"))
    test_mode = models.BooleanField(_("testmodus"), default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("door"))
    sent_at = models.DateTimeField(_("verstuurd op"))
    closed_at = models.DateTimeField(_("beantwoord op"), null=True)
    outcome = models.CharField(_("uitkomst"), max_length=24, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    answer = models.TextField(_("antwoord"), blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("melding aan een register")
        verbose_name_plural = _("meldingen aan registers")
        indexes = [models.Index(fields=["connection"], condition=Q(closed_at=None), name="call_without_answer")]

    def __str__(self) -> str:
        return str(self.uuid)


class Report(models.Model):
    """The attendance of one person under one accreditation, on its way to the register.

    `end_date` is frozen when the report is first queued: the register knows the attendance by person, course and this moment, so
    that sending it again adds nothing there. `part` tells modules, editions or meetings apart that are reported on their own.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("in de wachtrij")
        HELD = "held", _("tegengehouden")
        SENT = "sent", _("onderweg")
        TESTED = "tested", _("goedgekeurd in testmodus")
        ACCEPTED = "accepted", _("aangenomen")
        REJECTED = "rejected", _("afgewezen")
        DEAD = "dead", _("opgegeven")
        MARKED = "marked", _("met de hand gemeld")
        DROPPED = "dropped", _("hoeft niet meer")

    connection = models.ForeignKey(RegisterConnection, on_delete=models.PROTECT, related_name="reports", verbose_name=_("koppeling"))
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports", verbose_name=_("deelnemer"))
    accreditation = models.ForeignKey(
        "accreditation.Accreditation", on_delete=models.PROTECT, related_name="reports", verbose_name=_("accreditatie")
    )
    part = models.CharField(_("onderdeel"), max_length=80, blank=True)
    number = models.CharField(_("nummer in het register"), max_length=20)
    end_date = models.DateTimeField(_("voltooid op"))
    state = models.CharField(_("stand"), max_length=8, choices=State, default=State.WAITING)
    alone = models.BooleanField(default=False)  # goes in a call of its own, so that the answer is about nobody else
    call = models.ForeignKey(ReportCall, on_delete=models.PROTECT, null=True, related_name="reports")
    attempts = models.PositiveSmallIntegerField(_("pogingen"), default=0)
    troubles = models.PositiveSmallIntegerField(default=0)  # attempts in a row without a usable answer
    code = models.CharField(_("foutnummer"), max_length=10, blank=True)
    text = models.TextField(_("antwoord van het register"), blank=True)
    problem = models.TextField(_("waarom we het niet versturen"), blank=True)
    queued_at = models.DateTimeField(_("klaargezet op"))
    queued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("klaargezet door")
    )
    sent_at = models.DateTimeField(_("verstuurd op"), null=True)
    settled_at = models.DateTimeField(_("afgerond op"), null=True)  # accepted, marked or dropped
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("toelichting"), max_length=300, blank=True)
    told_at = models.DateTimeField(_("wijziging gemeld op"), null=True)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    told_note = models.CharField(_("hoe gemeld"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("melding")
        verbose_name_plural = _("meldingen")
        constraints = [
            models.UniqueConstraint(fields=["learner", "accreditation", "part"], name="one_report_per_person_and_accreditation"),
            models.CheckConstraint(condition=~Q(state="sent") | Q(call__isnull=False), name="a_sent_report_has_its_call"),
        ]
        indexes = [
            models.Index(fields=["connection", "state", "troubles", "id"], name="reports_to_send"),
            models.Index(fields=["connection", "number"], name="reports_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} – {self.accreditation}"

    @property
    def stand(self) -> str:
        """The state in words: what is in a file is under way only once somebody handed the file in."""
        if self.state == self.State.SENT and not self.connection.by_service:
            return gettext("in een bestand, nog niet ingeleverd")
        return self.get_state_display()


class ReportAttempt(AppendOnlyModel):
    """What happened to a report once: it was sent and answered, refused by ourselves, or settled by somebody. Rows are only added."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("aangenomen")
        TESTED = "tested", _("goedgekeurd in testmodus")
        REJECTED = "rejected", _("afgewezen")
        UNCLEAR = "unclear", _("afgewezen of onduidelijk; gaat apart nog een keer")
        UNPROCESSED = "unprocessed", _("niet verwerkt")
        UNANSWERED = "unanswered", _("geen bruikbaar antwoord")
        HELD = "held", _("tegengehouden")
        DEAD = "dead", _("opgegeven")
        AGAIN = "again", _("opnieuw klaargezet")
        NUMBER = "number", _("nummer gewijzigd")
        FILED = "filed", _("in een bestand gezet")
        MARKED = "marked", _("met de hand gemeld")
        DROPPED = "dropped", _("hoeft niet meer")
        TOLD = "told", _("wijziging gemeld bij het register")

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="history", verbose_name=_("melding"))
    call = models.ForeignKey(ReportCall, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("tijdstip"))
    outcome = models.CharField(_("uitkomst"), max_length=12, choices=Outcome)
    number = models.CharField(_("nummer"), max_length=20, blank=True)
    code = models.CharField(_("foutnummer"), max_length=10, blank=True)
    text = models.TextField(_("tekst"), blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("door"))

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("poging")
        verbose_name_plural = _("pogingen")

    def __str__(self) -> str:
        return f"{self.report_id}: {self.get_outcome_display()}"


class KnownAnswer(models.Model):
    """What a text of the register means in plain words, and what mends it. The texts differ per edition of the manual, so they are data.

    `words` are pieces of the text, all of which must occur, divided by `|`; the first row that fits by `order` speaks.
    """

    class Mend(models.TextChoices):
        NUMBER = "number", _("verbeter het nummer")
        ACCREDITATION = "accreditation", _("wijzig de accreditatie")
        EDITION = "edition", _("voeg de editie of bijeenkomst toe")
        CONNECTION = "connection", _("wijzig de koppeling")
        AGAIN = "again", _("verstuur opnieuw")
        STATEMENT = "statement", _("geef een bewijs van deelname")
        REGISTER = "register", _("vraag het register")

    order = models.PositiveSmallIntegerField(_("volgorde"), default=100)
    code = models.CharField(_("foutnummer"), max_length=10, blank=True, help_text=_("Leeg: elk nummer."))
    words = models.CharField(
        _("stukken van de tekst"),
        max_length=200,
        blank=True,
        help_text=_("Gescheiden door |. Ze moeten alle voorkomen; hoofdletters maken niet uit."),
    )
    cause = models.TextField(_("wat er aan de hand is"))
    mend = models.CharField(_("wat het herstelt"), max_length=14, choices=Mend)
    confirmed = models.BooleanField(_("bevestigd door PE-online"), default=False)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("bekend antwoord")
        verbose_name_plural = _("bekende antwoorden")
        constraints = [models.UniqueConstraint(fields=["code", "words"], name="one_meaning_per_answer")]

    def __str__(self) -> str:
        return self.words
