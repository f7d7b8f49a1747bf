"""Decided: what is asked, decided and done about someone's records: access, erasure, legal holds and how long kinds of records are kept."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lrs.models.credentials import Source
from lrs.models.record import private_storage


class PrivacyCase(models.Model):
    """Somebody whose records an administrator looks into: one of our people, or an actor that only other systems know.

    It stands between the pages so that no address holds a name; what it knows of an outside actor goes when it is closed.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("persoon")
    )
    actor = models.JSONField(_("actor"), null=True, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("geopend door"))
    opened_at = models.DateTimeField(_("geopend op"), default=timezone.now)

    class Meta:
        verbose_name = _("privacydossier")
        verbose_name_plural = _("privacydossiers")

    def __str__(self) -> str:
        return str(self.uuid)


class ErasureRequest(models.Model):
    """A person asks to have their records erased (AVG, article 17). An answer is due within a month (article 12, paragraph 3).

    `wish` is what should go besides, in their own words: what no erasure of records reaches is for an administrator to do and to answer.
    """

    class Outcome(models.TextChoices):
        ERASED = "erased", _("gewist")
        REFUSED = "refused", _("niet gewist")
        WITHDRAWN = "withdrawn", _("ingetrokken")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("van wie"))
    asked_at = models.DateTimeField(_("gevraagd op"), default=timezone.now)
    due_on = models.DateField(_("antwoord uiterlijk op"))
    wish = models.TextField(_("wat er nog meer gewist moet worden"), blank=True)
    extended_because = models.TextField(_("waarom het langer duurt"), blank=True)
    answered_at = models.DateTimeField(_("beantwoord op"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("beantwoord door")
    )
    outcome = models.CharField(_("uitkomst"), max_length=10, choices=Outcome, blank=True)
    answer = models.TextField(_("antwoord"), blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("verzoek om wissen")
        verbose_name_plural = _("verzoeken om wissen")
        constraints = [models.UniqueConstraint(fields=["person"], condition=Q(answered_at=None), name="one_open_erasure_request")]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d}"


class LegalHold(models.Model):
    """Records that nobody may erase for now, because of a complaint, a lawsuit or an inspection (AVG, article 17, paragraph 3 under e)."""

    class Kind(models.TextChoices):
        PERSON = "person", _("een persoon")
        ACTIVITY = "activity", _("een cursus of activiteit")
        PERIOD = "period", _("een periode")

    kind = models.CharField(_("waarop"), max_length=10, choices=Kind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("persoon")
    )
    # Of an outside actor only what it takes to recognise them.
    actor_digest = models.UUIDField(_("actor"), null=True, blank=True)
    activity = models.CharField(_("begin van het adres van de activiteit"), max_length=500, blank=True)
    period_start = models.DateField(_("van"), null=True, blank=True)
    period_end = models.DateField(_("tot en met"), null=True, blank=True)
    reason = models.TextField(_("waarom"))
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gezet door"))
    placed_at = models.DateTimeField(_("gezet op"), default=timezone.now)
    until = models.DateField(_("laatste dag"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("opgeheven op"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opgeheven door")
    )
    lifted_because = models.TextField(_("waarom opgeheven"), blank=True)

    class Meta:
        ordering = ["-placed_at"]
        verbose_name = _("bewaarplicht")
        verbose_name_plural = _("bewaarplichten")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="person", person__isnull=False)
                | Q(kind="person", actor_digest__isnull=False)
                | Q(kind="activity") & ~Q(activity="")
                | Q(kind="period", period_start__isnull=False, period_end__isnull=False),
                name="hold_says_on_what",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.placed_at:%Y-%m-%d})"

    @property
    def holds(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until >= timezone.localdate())


class Erasure(models.Model):
    """One erasure: what was asked, how far it is, and in the end a report without the person.

    `subject` is by what the person is recognised; it is emptied when the erasure is done.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht")
        RUNNING = "running", _("bezig")
        DONE = "done", _("klaar")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("persoon")
    )
    of_learner = models.BooleanField(_("een van onze mensen"), default=False)
    subject = models.JSONField(default=dict, editable=False)
    # Nobody when it is done again after a back-up was restored.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("gewist door")
    )
    asked_at = models.DateTimeField(_("opdracht gegeven op"), default=timezone.now)
    reason = models.TextField(_("waarom"))
    overruled = models.TextField(_("waarom ondanks de bewaartermijn"), blank=True)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(_("stap"), max_length=30, blank=True)
    cursor = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
    counts = models.JSONField(_("wat er is gewist"), default=dict)
    stays = models.JSONField(_("wat blijft, en waarom"), default=list)
    elsewhere = models.JSONField(_("andere systemen"), default=list)
    files = models.JSONField(default=list, editable=False)
    touched_at = models.DateTimeField(_("laatst bezig"), null=True, blank=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True, blank=True)
    problem = models.TextField(_("waarom het stokt"), blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("wissing")
        verbose_name_plural = _("wissingen")

    def __str__(self) -> str:
        return str(self.uuid)


class ErasureAlias(models.Model):
    """The random name that an erasure gives within one registration. Deleted when it is done: then nothing leads back."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="aliases")
    registration = models.UUIDField()
    name = models.UUIDField(default=uuid.uuid4)
    new_registration = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("tijdelijke naam")
        verbose_name_plural = _("tijdelijke namen")
        constraints = [models.UniqueConstraint(fields=["erasure", "registration"], name="one_alias_per_registration")]

    def __str__(self) -> str:
        return str(self.name)


class ErasedMark(models.Model):
    """By what an erased person would be recognised in an old back-up: a keyed hash, from which nobody can be named."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="marks")
    mark = models.CharField(max_length=64, db_index=True)

    class Meta:
        verbose_name = _("merk van een wissing")
        verbose_name_plural = _("merken van wissingen")
        constraints = [models.UniqueConstraint(fields=["erasure", "mark"], name="one_mark_per_erasure")]

    def __str__(self) -> str:
        return self.mark


class RetentionRule(models.Model):
    """How long a kind of record is kept: "video interactions, twelve months"."""

    name = models.CharField(_("naam"), max_length=120)
    activity_type = models.CharField(_("soort activiteit"), max_length=400, blank=True)
    verb = models.CharField(_("werkwoord"), max_length=400, blank=True)
    source = models.CharField(_("herkomst"), max_length=20, choices=Source, blank=True)
    months = models.PositiveSmallIntegerField(_("maanden bewaren"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gemaakt door"))
    made_at = models.DateTimeField(_("gemaakt op"), default=timezone.now)
    ended_at = models.DateTimeField(_("vervallen op"), null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("bewaartermijn")
        verbose_name_plural = _("bewaartermijnen")
        constraints = [models.CheckConstraint(condition=Q(months__gte=1), name="kept_a_month_at_least")]

    def __str__(self) -> str:
        return self.name


class RetentionRun(models.Model):
    """A walk along the old records for one rule: to count (`dry`) or to delete. `counts` are per month."""

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht")
        RUNNING = "running", _("bezig")
        DONE = "done", _("klaar")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(RetentionRule, on_delete=models.PROTECT, related_name="runs", verbose_name=_("bewaartermijn"))
    dry = models.BooleanField(_("alleen tellen"), default=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opdracht van")
    )
    asked_at = models.DateTimeField(_("opdracht gegeven op"), default=timezone.now)
    before = models.DateTimeField(_("wat gebeurde voor"))
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    cursor = models.BigIntegerField(default=0)
    counts = models.JSONField(_("per maand"), default=dict)
    kept = models.JSONField(_("bewaard, en waarom"), default=dict)
    example = models.CharField(_("voorbeeld"), max_length=500, blank=True)
    touched_at = models.DateTimeField(_("laatst bezig"), null=True, blank=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("opschoning")
        verbose_name_plural = _("opschoningen")

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class AccessExport(models.Model):
    """Everything that the record has of someone, as one ZIP that lies ready for a week (AVG, articles 15 and 20)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht")
        READY = "ready", _("klaar")
        EXPIRED = "expired", _("verlopen")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("van wie")
    )
    subject = models.JSONField(default=dict, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gevraagd door"))
    asked_at = models.DateTimeField(_("gevraagd op"), default=timezone.now)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    file = models.FileField(storage=private_storage, upload_to="lrs/access", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    ready_at = models.DateTimeField(_("klaar op"), null=True, blank=True)
    expires_at = models.DateTimeField(_("ligt klaar tot"), null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("inzage-export")
        verbose_name_plural = _("inzage-exports")

    def __str__(self) -> str:
        return str(self.uuid)
