"""Decided: lists of who was at a meeting, as somebody handed them in, and what became of each line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _


class AttendanceList(models.Model):
    """One list for one meeting. It is looked at first; the attendance itself is marked, as a teacher does, after somebody confirms."""

    meeting = models.ForeignKey("courses.Meeting", on_delete=models.PROTECT, related_name="+", verbose_name=_("bijeenkomst"))
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("organisatie"))
    register = models.ForeignKey(
        "accounts.Register", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("nummers van")
    )
    name = models.CharField(_("naam van het bestand"), max_length=120)
    enrols = models.BooleanField(_("schrijf in wie de cursus nog niet volgt"), default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("ingelezen door"))
    made_at = models.DateTimeField(_("ingelezen op"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("bevestigd op"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("presentielijst")
        verbose_name_plural = _("presentielijsten")

    def __str__(self) -> str:
        return self.name

    def words_for(self, state: "AttendanceLine.State") -> str:
        """A state of a line in words: what cannot be, or is to be found out, is only so once the list was confirmed."""
        if state == AttendanceLine.State.UNKNOWN and self.confirmed_at is None:
            return gettext("onbekend nummer")
        if state == AttendanceLine.State.REFUSED and self.confirmed_at is None:
            return gettext("kan zo niet")
        return str(state.label)


class AttendanceLine(models.Model):
    """One line of a list: the number as it stood there, whom we take it for, and what became of it."""

    class State(models.TextChoices):
        READY = "ready", _("klaar om vast te leggen")
        JOINS = "joins", _("wordt eerst ingeschreven")
        ALREADY = "already", _("stond al als aanwezig")
        NOT_ENROLLED = "not_enrolled", _("volgt de cursus niet")
        MISNAMED = "misnamed", _("naam wijkt af")
        TWICE = "twice", _("staat dubbel in de lijst")
        UNKNOWN = "unknown", _("uit te zoeken")
        UNREADABLE = "unreadable", _("niet te lezen")
        DONE = "done", _("vastgelegd")
        REFUSED = "refused", _("kon niet")
        DROPPED = "dropped", _("weggelegd")

    list = models.ForeignKey(AttendanceList, on_delete=models.CASCADE, related_name="lines", verbose_name=_("presentielijst"))
    line = models.PositiveIntegerField(_("regel"))
    number = models.CharField(_("nummer"), max_length=60)
    name = models.CharField(_("naam in de lijst"), max_length=120, blank=True)
    hours = models.DecimalField(_("uren"), max_digits=4, decimal_places=2, null=True, blank=True)
    state = models.CharField(_("stand"), max_length=20, choices=State)
    text = models.TextField(_("toelichting"), blank=True)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("deelnemer")
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("uitgezocht door")
    )
    settled_at = models.DateTimeField(_("afgehandeld op"), null=True, blank=True)

    class Meta:
        ordering = ["list", "line"]
        verbose_name = _("regel van een presentielijst")
        verbose_name_plural = _("regels van presentielijsten")
        constraints = [
            models.UniqueConstraint(fields=["list", "line"], name="each_line_once"),
            models.CheckConstraint(condition=~Q(state="dropped") | ~Q(text=""), name="dropped_line_has_a_reason"),
        ]
        indexes = [models.Index(fields=["state", "list"], name="attendance_lines_by_state")]

    def __str__(self) -> str:
        return f"{self.list_id}: {self.line}"

    @property
    def stand(self) -> str:
        """The state in words."""
        return self.list.words_for(self.State(self.state))
