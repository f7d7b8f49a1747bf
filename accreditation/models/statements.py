"""Ledger: attendance statements, for who was at some of a course. Frozen when made; newer attendance makes a further one."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel
from accreditation.models.certificates import SealedDocument


class AttendanceStatement(SealedDocument):
    """Which meetings someone was at and for how many hours. It proves no completion and is no certificate: another table, another number."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("deelnemer")
    )
    enrolment = models.ForeignKey(
        "courses.Enrolment", on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("inschrijving")
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("aanbieder")
    )
    attended_until = models.DateField(_("laatste dag waarop de deelnemer er was"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gevraagd door"))

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("deelnameverklaring")
        verbose_name_plural = _("deelnameverklaringen")
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], condition=Q(replaces=None), name="one_first_statement_per_enrolment"),
            models.UniqueConstraint(fields=["sha256"], condition=~Q(sha256=""), name="one_statement_per_pdf"),
        ]


class AttendanceStatementRevocation(AppendOnlyModel):
    """A statement that was withdrawn: when, by whom and why."""

    statement = models.OneToOneField(
        AttendanceStatement, on_delete=models.PROTECT, related_name="revocation", verbose_name=_("deelnameverklaring")
    )
    at = models.DateTimeField(_("tijdstip"), auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("door"))
    reason = models.TextField(_("reden"))

    class Meta:
        verbose_name = _("intrekking van een deelnameverklaring")
        verbose_name_plural = _("intrekkingen van deelnameverklaringen")

    def __str__(self) -> str:
        return str(self.statement)
