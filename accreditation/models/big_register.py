"""Decided: what the public BIG register said of a number, what a person made of it, and who asks for a number that stands with another.

Of the register's answer only what the check needs is kept: profession, specialisms, first and last day. Judgements and limitations are
never read. The name it gave stays only while a person has to compare it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BigCheck(models.Model):
    """One person and one BIG number, whichever registers the person holds it in."""

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht op het BIG-register")
        AGREED = "agreed", _("nagekeken")
        REVIEW = "review", _("ter beoordeling")
        ASKED = "asked", _("gevraagd aan de deelnemer")
        ACCEPTED = "accepted", _("aangenomen")
        REFUSED = "refused", _("afgekeurd")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="big_checks", verbose_name=_("persoon"))
    number = models.CharField(_("BIG-nummer"), max_length=11)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    findings = models.JSONField(_("wat er niet klopt"), default=list)  # codes of accreditation.big_register.matching.Finding
    group = models.CharField(_("beroepsgroep"), max_length=2, blank=True)
    specialisms = models.JSONField(_("specialismen"), default=list)
    starts_on = models.DateField(_("ingeschreven sinds"), null=True)
    ends_on = models.DateField(_("ingeschreven tot"), null=True)
    register_name = models.CharField(_("naam in het register"), max_length=200, blank=True)
    ordered_at = models.DateTimeField(_("aangevraagd op"))
    checked_at = models.DateTimeField(_("opgezocht op"), null=True)
    next_try_at = models.DateTimeField(_("volgende poging"), null=True)
    tries = models.PositiveSmallIntegerField(_("pogingen"), default=0)
    problem = models.CharField(_("waarom het niet lukte"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("besloten door")
    )
    decided_at = models.DateTimeField(_("besloten op"), null=True)
    reason = models.TextField(_("reden"), blank=True)
    answer = models.TextField(_("antwoord van de deelnemer"), blank=True)

    class Meta:
        ordering = ["ordered_at", "pk"]
        verbose_name = _("controle van een BIG-nummer")
        verbose_name_plural = _("controles van BIG-nummers")
        constraints = [
            models.UniqueConstraint(fields=["person", "number"], name="one_check_per_person_and_number"),
            models.CheckConstraint(
                condition=~Q(state__in=["asked", "accepted", "refused"]) | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="a_decided_number_has_a_reason",
            ),
            models.CheckConstraint(condition=Q(register_name="") | Q(state__in=["review", "asked"]), name="a_name_only_while_open"),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="big_checks_to_do")]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_state_display()}"


class NumberClaim(models.Model):
    """Somebody asks for a number that stands with another. Neither is told who the other is."""

    class State(models.TextChoices):
        OPEN = "open", _("wordt uitgezocht")
        GRANTED = "granted", _("toegewezen")
        REFUSED = "refused", _("niet toegewezen")
        SETTLED = "settled", _("niet meer nodig")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="number_claims", verbose_name=_("wie erom vraagt")
    )
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="+", verbose_name=_("register"))
    number = models.CharField(_("nummer"), max_length=20)
    section = models.SlugField(_("deelregister"), blank=True)
    period_start = models.DateField(_("begin van de registratieperiode"), null=True, blank=True)
    period_end = models.DateField(_("laatste dag van de registratieperiode"), null=True, blank=True)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(_("gevraagd op"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("besloten door")
    )
    decided_at = models.DateTimeField(_("besloten op"), null=True)
    reason = models.TextField(_("reden"), blank=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        verbose_name = _("aanspraak op een nummer")
        verbose_name_plural = _("aanspraken op nummers")
        constraints = [
            models.UniqueConstraint(fields=["person", "register"], condition=Q(state="open"), name="one_open_claim_per_register"),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "refused"]) | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="a_decided_claim_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.register})"
