"""Decided: changes of rules and accreditations that are worked out before they take effect. Derived: what each would do to whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Draft(models.Model):
    """A change that nobody notices yet: of a rule (or a new one), or of an accreditation. `content` is the whole as it would become."""

    class State(models.TextChoices):
        OPEN = "open", _("voorstel")
        APPLYING = "applying", _("wordt doorgevoerd")
        APPLIED = "applied", _("ingegaan")
        DROPPED = "dropped", _("weggelegd")

    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="drafts", verbose_name=_("register"))
    rule = models.ForeignKey(
        "accreditation.RegisterRule", on_delete=models.CASCADE, null=True, blank=True, related_name="drafts", verbose_name=_("regel")
    )
    accreditation = models.ForeignKey(
        "accreditation.Accreditation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="drafts",
        verbose_name=_("accreditatie"),
    )
    content = models.JSONField(_("inhoud"), default=dict)
    # The record of what it changed, or would have: empty for what did not exist yet, null while the draft is open.
    before = models.JSONField(_("inhoud van daarvoor"), null=True, blank=True, editable=False)
    reason = models.TextField(_("waarom"), blank=True)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.OPEN)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gemaakt door"))
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    changed_at = models.DateTimeField(_("gewijzigd op"), auto_now=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("doorgevoerd door")
    )
    applied_at = models.DateTimeField(_("ingegaan op"), null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("voorstel")
        verbose_name_plural = _("voorstellen")
        constraints = [
            models.CheckConstraint(condition=Q(rule=None) | Q(accreditation=None), name="draft_of_one_thing"),
            models.CheckConstraint(condition=~Q(state="applied") | Q(applied_at__isnull=False), name="applied_draft_has_its_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.register}: {self.about}"

    @property
    def about(self) -> str:
        """What would change, in a few words."""
        if self.accreditation is not None:
            return str(self.accreditation)
        return str(self.content.get("name") or self.rule or "")


class Simulation(models.Model):
    """One reckoning of a draft over everybody in the register. `base` names what it was reckoned from: rules, ledger, people."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="simulations", verbose_name=_("voorstel"))
    content = models.JSONField(_("inhoud waarmee is gerekend"))
    base = models.JSONField(_("waarop het rust"))
    day = models.DateField(_("gezien op"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("gevraagd door")
    )
    began_at = models.DateTimeField(_("begonnen op"), auto_now_add=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True, editable=False)
    job = models.ForeignKey("accreditation.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("taak"))
    people_seen = models.PositiveIntegerField(_("doorgerekende mensen"), default=0, editable=False)
    ledger_rows = models.PositiveIntegerField(_("rijen van het grootboek"), default=0, editable=False)
    judged = models.PositiveIntegerField(_("mensen voor wie de regel straks geldt"), null=True, editable=False)
    # How many people have each outcome; stays when it is no longer kept who they were.
    outcomes = models.JSONField(_("aantallen per uitkomst"), default=dict, editable=False)

    class Meta:
        ordering = ["-began_at", "-pk"]
        verbose_name = _("doorrekening")
        verbose_name_plural = _("doorrekeningen")

    def __str__(self) -> str:
        return f"{self.draft} ({self.began_at:%Y-%m-%d})"


class SimulatedPerson(models.Model):
    """What a draft would do to one person in the register. Whom it does nothing to is counted, not kept."""

    class Outcome(models.TextChoices):
        FALLS_SHORT = "falls_short", _("voldoet straks niet meer")
        MEETS = "meets", _("voldoet straks wel")
        LOSES = "loses", _("gaat achteruit")
        GAINS = "gains", _("gaat vooruit")

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="people", verbose_name=_("doorrekening"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("persoon"))
    outcome = models.CharField(_("uitkomst"), max_length=12, choices=Outcome)
    total_before = models.DecimalField(_("totaal nu"), max_digits=9, decimal_places=2, null=True)
    total_after = models.DecimalField(_("totaal straks"), max_digits=9, decimal_places=2, null=True)
    gap_before = models.DecimalField(_("tekort nu"), max_digits=9, decimal_places=2, null=True)
    gap_after = models.DecimalField(_("tekort straks"), max_digits=9, decimal_places=2, null=True)
    last_day_before = models.DateField(_("einde nu"), null=True)
    last_day_after = models.DateField(_("einde straks"), null=True)
    points_before = models.DecimalField(_("punten van deze accreditatie nu"), max_digits=9, decimal_places=2, null=True)
    points_after = models.DecimalField(_("punten van deze accreditatie straks"), max_digits=9, decimal_places=2, null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("doorgerekende persoon")
        verbose_name_plural = _("doorgerekende mensen")
        constraints = [models.UniqueConstraint(fields=["simulation", "user"], name="each_person_simulated_once")]
        indexes = [models.Index(fields=["simulation", "outcome"], name="simulated_by_outcome")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_outcome_display()}"
