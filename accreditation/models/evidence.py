"""Decided: what a person brings to their dossier themselves, and the applications in which that was used."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accreditation.models.certificates import private_storage


class EvidenceKind(models.Model):
    """A kind of evidence that a register takes beside courses of ours, as data: how it turns into points and where those count.

    How much of a kind counts stands in the rule of the register, as the maximum of its category.
    """

    class Form(models.TextChoices):
        """How points follow from it."""

        ACCREDITED = "accredited", _("elders geaccrediteerd: de punten die op het bewijs staan")
        HOURS = "hours", _("uren: punten per uur")
        ONCE = "once", _("één keer per periode: een vast aantal punten")
        WORK = "work", _("werkuren: geen punten")

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="evidence_kinds", verbose_name=_("register"))
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("naam"), max_length=120)
    form = models.CharField(_("hoe het punten geeft"), max_length=12, choices=Form)
    category = models.ForeignKey(
        "accreditation.PointCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence_kinds",
        verbose_name=_("puntensoort"),
    )
    points_per_hour = models.DecimalField(_("punten per uur"), max_digits=5, decimal_places=2, default=1)
    fixed_points = models.DecimalField(_("vast aantal punten"), max_digits=6, decimal_places=2, null=True, blank=True)
    most_competencies = models.PositiveSmallIntegerField(_("hoogstens zoveel CanMEDS-gebieden"), null=True, blank=True)
    needs_file = models.BooleanField(_("bewijsstuk nodig"), default=False)
    help_text = models.CharField(_("uitleg"), max_length=300, blank=True)
    source = models.TextField(_("bron"), blank=True)
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)
    active = models.BooleanField(_("te kiezen"), default=True)
    order = models.PositiveSmallIntegerField(_("volgorde"), default=0)

    class Meta:
        ordering = ["register", "order", "name"]
        verbose_name = _("soort eigen bewijs")
        verbose_name_plural = _("soorten eigen bewijs")
        constraints = [
            models.UniqueConstraint(fields=["register", "code"], name="one_evidence_kind_per_code"),
            models.CheckConstraint(condition=Q(form="work") | Q(category__isnull=False), name="evidence_kind_counts_somewhere"),
            models.CheckConstraint(condition=~Q(form="once") | Q(fixed_points__isnull=False), name="evidence_once_has_points"),
        ]

    def __str__(self) -> str:
        return self.name


def where_kept(file: "EvidenceFile", _filename: str) -> str:
    """By content: the same file of the same person lies there once."""
    return f"evidence/{file.owner_id}/{file.sha256}"


class EvidenceFile(models.Model):
    """A file of one person, known by its content. It lies in private storage and is given out only by a view that checks."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="evidence_files", verbose_name=_("van wie"))
    sha256 = models.CharField(_("hash (sha-256)"), max_length=64)
    size = models.PositiveBigIntegerField(_("grootte in bytes"))
    content_type = models.CharField(_("soort bestand"), max_length=60)
    file = models.FileField(_("bestand"), storage=private_storage, upload_to=where_kept, max_length=200)
    created_at = models.DateTimeField(_("opgeslagen op"), auto_now_add=True)

    class Meta:
        verbose_name = _("bestand bij een bewijs")
        verbose_name_plural = _("bestanden bij bewijzen")
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="one_file_per_content")]

    def __str__(self) -> str:
        return self.sha256[:12]


class Evidence(models.Model):
    """One thing a person did or got, that a register may count: an outside certificate, an activity, a period of work.

    A draft counts nowhere. What is withdrawn stays to be seen by its owner, and counts no more.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("nog afmaken")
        KEPT = "kept", _("in het dossier")
        WITHDRAWN = "withdrawn", _("ingetrokken")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="own_evidence", verbose_name=_("van wie"))
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.DRAFT)
    kind = models.ForeignKey(
        EvidenceKind, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("soort")
    )
    title = models.CharField(_("wat je deed"), max_length=200, blank=True)
    provider = models.CharField(_("waar of bij wie"), max_length=200, blank=True)
    started_on = models.DateField(_("eerste dag"), null=True, blank=True)
    done_on = models.DateField(_("datum, of laatste dag"), null=True, blank=True)
    starts_at = models.TimeField(_("van"), null=True, blank=True)
    ends_at = models.TimeField(_("tot"), null=True, blank=True)
    hours = models.DecimalField(_("uren"), max_digits=7, decimal_places=2, null=True, blank=True)
    points = models.DecimalField(_("punten"), max_digits=6, decimal_places=2, null=True, blank=True)
    id_number = models.CharField(_("ID-nummer van de accreditatie"), max_length=40, blank=True)
    competencies = models.ManyToManyField(
        "competencies.Competency", blank=True, related_name="named_in_evidence", verbose_name=_("CanMEDS-gebieden")
    )
    description = models.TextField(_("wat je ervan leerde"), blank=True)
    suggestions = models.JSONField(_("in het bestand gelezen"), default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("begonnen op"), auto_now_add=True)
    changed_at = models.DateTimeField(_("gewijzigd op"), auto_now=True)
    withdrawn_at = models.DateTimeField(_("ingetrokken op"), null=True, blank=True, editable=False)
    withdrawn_because = models.CharField(_("waarom ingetrokken"), max_length=300, blank=True)
    # From another installation: whose word it is. Never a point of ours.
    provenance = models.JSONField(_("herkomst"), default=dict, blank=True, editable=False)
    provenance_key = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["-done_on", "-pk"]
        verbose_name = _("eigen bewijs")
        verbose_name_plural = _("eigen bewijzen")
        indexes = [models.Index(fields=["owner", "state", "-done_on"], name="evidence_of_person")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "provenance_key"], condition=~Q(provenance_key=""), name="taken_over_once"),
            models.CheckConstraint(
                condition=~Q(state="kept") | (Q(kind__isnull=False) & Q(done_on__isnull=False) & ~Q(title="")),
                name="kept_evidence_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(started_on=None) | Q(done_on=None) | Q(started_on__lte=F("done_on")), name="evidence_runs_forwards"
            ),
            models.CheckConstraint(condition=Q(points=None) | Q(points__gte=0), name="evidence_takes_no_points"),
            models.CheckConstraint(condition=Q(hours=None) | Q(hours__gt=0), name="evidence_takes_no_hours"),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Bewijs zonder naam"))

    @property
    def taken_from(self) -> str:
        """Which dossier it was taken over from, and in whose name that was: for whoever judges it. "" where it began here."""
        if not self.provenance:
            return ""
        names = {"place": self.provenance.get("installation", ""), "name": self.provenance.get("name") or "–"}
        return _("overgenomen uit %(place)s, op naam van %(name)s") % names

    @property
    def is_work(self) -> bool:
        return self.kind is not None and self.kind.form == EvidenceKind.Form.WORK


class EvidenceDocument(models.Model):
    """A file as proof of a piece of evidence, under the name that its owner knows."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="documents", verbose_name=_("bewijs"))
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="documents", verbose_name=_("bestand"))
    name = models.CharField(_("naam"), max_length=200)
    added_at = models.DateTimeField(_("toegevoegd op"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("bewijsstuk")
        verbose_name_plural = _("bewijsstukken")
        constraints = [models.UniqueConstraint(fields=["evidence", "file"], name="each_file_once_per_evidence")]

    def __str__(self) -> str:
        return self.name


class Application(models.Model):
    """An application for one register period. It freezes what it used; withdrawn, it stays to be seen and frees its evidence."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="register_applications", verbose_name=_("van wie")
    )
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="applications", verbose_name=_("register"))
    register_number = models.CharField(_("nummer in het register"), max_length=20)
    period_start = models.DateField(_("eerste dag van de periode"))
    period_end = models.DateField(_("laatste dag van de periode"))
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="applications", verbose_name=_("gebruikt bewijs"))
    frozen: Any = models.JSONField(_("hoe het dossier er toen voor stond"), default=dict, editable=False)
    made_at = models.DateTimeField(_("vastgelegd op"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("teruggenomen op"), null=True, blank=True)
    withdrawn_because = models.CharField(_("waarom teruggenomen"), max_length=300, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("aanvraag")
        verbose_name_plural = _("aanvragen")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "register", "period_end"], condition=Q(withdrawn_at=None), name="one_open_application_per_period"
            ),
            models.CheckConstraint(condition=Q(period_start__lte=F("period_end")), name="application_period_runs_forwards"),
            models.CheckConstraint(condition=Q(withdrawn_at=None) | ~Q(withdrawn_because=""), name="withdrawal_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.register}, {self.period_end:%Y}"
