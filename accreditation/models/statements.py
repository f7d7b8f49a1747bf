"""Ledger: attendance statements, for who was at some of a course. Frozen when made; newer attendance makes a further one."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.append_only import AppendOnlyModel, LedgerIsAppendOnly
from accreditation.models.certificates import new_check, new_token, private_storage


class AttendanceStatement(models.Model):
    """Which meetings someone was at and for how many hours. It proves no completion and is no certificate: another table, another number."""

    number = models.CharField(_("nummer"), max_length=20, unique=True, null=True, editable=False)
    token = models.CharField(_("controlesleutel"), max_length=64, unique=True, default=new_token, editable=False)
    check_code = models.CharField(_("controlecode"), max_length=12, default=new_check, editable=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("deelnemer")
    )
    enrolment = models.ForeignKey(
        "courses.Enrolment", on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("inschrijving")
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="attendance_statements", verbose_name=_("aanbieder")
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("vervangt")
    )
    snapshot = models.JSONField(_("wat er op staat"), editable=False)
    attended_until = models.DateField(_("laatste dag waarop de deelnemer er was"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("gevraagd door"))
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    pdf = models.FileField(_("PDF"), storage=private_storage, max_length=200, blank=True, editable=False)
    sha256 = models.CharField(_("sha-256 van de PDF"), max_length=64, blank=True, editable=False, db_index=True)
    sealed_at = models.DateTimeField(_("verzegeld op"), null=True, editable=False)
    problem = models.TextField(_("waarom de PDF er nog niet is"), blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("deelnameverklaring")
        verbose_name_plural = _("deelnameverklaringen")
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], condition=Q(replaces=None), name="one_first_statement_per_enrolment"),
            models.UniqueConstraint(fields=["sha256"], condition=~Q(sha256=""), name="one_statement_per_pdf"),
        ]

    def __str__(self) -> str:
        return self.number or "–"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Written once; its number follows from its key, and the PDF is added by `attendance_statements.make_pdf_now` alone."""
        if not self._state.adding and set(kwargs.get("update_fields") or ()) != {"number"}:
            raise LedgerIsAppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly


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
