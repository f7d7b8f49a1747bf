"""Decided: long work that someone asked for, how far it is, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Work done in pieces by a worker. `cursor` and `done` move in the transaction of a piece, so that a crash costs nothing.

    `parameters` is what was asked, `result` what to tell afterwards (`accreditation.jobs`); both are JSON.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("wacht")
        RUNNING = "running", _("bezig")
        DONE = "done", _("klaar")
        FAILED = "failed", _("vastgelopen")
        STOPPED = "stopped", _("gestopt")

    kind = models.SlugField(_("soort"), max_length=60)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisatie")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("gevraagd door")
    )
    parameters = models.JSONField(_("wat er gevraagd is"), default=dict)
    cursor = models.JSONField(_("tot waar"), default=dict)
    total = models.PositiveIntegerField(_("totaal"), null=True, blank=True)
    done = models.PositiveIntegerField(_("gedaan"), default=0)
    state = models.CharField(_("stand"), max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(_("wat er misging"), blank=True)
    result = models.JSONField(_("uitkomst"), default=dict)
    asked_at = models.DateTimeField(_("gevraagd op"), auto_now_add=True)
    started_at = models.DateTimeField(_("begonnen op"), null=True, blank=True)
    finished_at = models.DateTimeField(_("klaar op"), null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(_("volgende poging"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("taak")
        verbose_name_plural = _("taken")
        indexes = [models.Index(fields=["claimed_until"], condition=Q(state__in=("waiting", "running")), name="open_jobs")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
