"""Attendance statements: for the person who was there, and for who issues them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.files import serve_private
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation import attendance_statements
from accreditation.attendance_statements import StatementRefused, attended_in_part, current, state
from accreditation.forms import ReasonForm
from accreditation.models import AttendanceStatement
from accreditation.sealed_files import PdfDamaged, PdfNotReady, read_pdf
from courses.models import Enrolment

ROWS_PER_PAGE = 50


@login_required
@require_POST
def ask(request: PersonRequest, enrolment: str) -> HttpResponse:
    """Make the statement of my own attendance."""
    mine = get_object_or_404(Enrolment, uuid=enrolment, learner=request.user)
    try:
        statement = attendance_statements.issue(enrolment=mine, by=request.user)
    except StatementRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, gettext("Je deelnameverklaring %(number)s is gemaakt. Je kunt hem hieronder ophalen.") % {"number": statement.number}
        )
    return redirect("accreditation:my_certificates")


@login_required
@require_safe
def my_pdf(request: PersonRequest, number: str) -> HttpResponseBase:
    """My own statement, the very bytes that were issued."""
    statement = get_object_or_404(AttendanceStatement, learner=request.user, number=number)
    return _serve(request, statement, back="accreditation:my_certificates")


@login_required
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """Who was at some of a course of my organisations without completing it, with the statements that were made."""
    return _overview(request)


@login_required
@require_POST
def issue(request: PersonRequest, enrolment: int) -> HttpResponse:
    """Make the statement of somebody's attendance."""
    mine = organisations_where(request.user, Action.MANAGE_CERTIFICATES)
    found = get_object_or_404(Enrolment, pk=enrolment, course__organisation__in=mine)
    try:
        statement = attendance_statements.issue(enrolment=found, by=request.user)
    except StatementRefused as refusal:
        messages.error(request, str(refusal))
    else:
        _audit(request, statement, "attendance-statement-issued")
        messages.success(request, gettext("Deelnameverklaring %(number)s is gemaakt.") % {"number": statement.number})
    return redirect("accreditation:attendance_overview")


@login_required
@require_safe
def pdf(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A statement, for who issues them."""
    statement = _of_my_organisations(request, pk)
    _audit(request, statement, "attendance-statement-downloaded")
    return _serve(request, statement, back="accreditation:attendance_overview")


@login_required
@require_POST
def revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Withdraw a statement, with a reason."""
    statement = _of_my_organisations(request, pk)
    form = ReasonForm(request.POST, prefix=f"intrekken-{pk}")
    if form.is_valid():
        try:
            attendance_statements.revoke(statement=statement, reason=form.cleaned_data["reason"], actor=request.user)
        except StatementRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _audit(request, statement, "attendance-statement-revoked", reason=form.cleaned_data["reason"])
            messages.success(request, gettext("Deelnameverklaring %(number)s is ingetrokken.") % {"number": statement.number})
            return redirect("accreditation:attendance_overview")
    return _overview(request, refused=form, refused_for=pk, status=422)


def _overview(request: PersonRequest, *, refused: ReasonForm | None = None, refused_for: int = 0, status: int = 200) -> HttpResponse:
    if not may(request.user, Action.MANAGE_CERTIFICATES):
        raise PermissionDenied
    found = attended_in_part(organisations=organisations_where(request.user, Action.MANAGE_CERTIFICATES))
    page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    rows: list[dict[str, Any]] = []
    for enrolment in page:
        statement = current(enrolment)
        form = ReasonForm(prefix=f"intrekken-{statement.pk}") if statement else None
        if statement and statement.pk == refused_for:
            form = refused
        rows.append({"enrolment": enrolment, "statement": statement, "state": state(statement) if statement else None, "form": form})
    record("attendance-statements-viewed", actor=request.user, origin=origin_of(request), rows=len(rows))
    return render(request, "accreditation/attendance_statements.html", {"rows": rows, "page": page}, status=status)


def _of_my_organisations(request: PersonRequest, pk: int) -> AttendanceStatement:
    mine = organisations_where(request.user, Action.MANAGE_CERTIFICATES)
    return get_object_or_404(AttendanceStatement.objects.select_related("learner", "organisation"), pk=pk, organisation__in=mine)


def _serve(request: PersonRequest, statement: AttendanceStatement, *, back: str) -> HttpResponseBase:
    if not statement.sha256:
        attendance_statements.make_pdf.call(statement.pk)
        statement.refresh_from_db()
    try:
        content = read_pdf(statement)
    except PdfNotReady:
        messages.warning(request, gettext("De verklaring wordt nog gemaakt. Probeer het over een paar minuten nog eens."))
        return redirect(back)
    except PdfDamaged:
        messages.warning(request, gettext("Het opgeslagen bestand is niet meer wat is uitgegeven, dus we geven het niet af."))
        return redirect(back)
    return serve_private(
        request,
        ContentFile(content, name="deelnameverklaring.pdf"),
        filename=f"deelnameverklaring-{statement.number}.pdf",
        content_type="application/pdf",
    )


def _audit(request: PersonRequest, statement: AttendanceStatement, event: str, **more: Any) -> None:
    record(
        event,
        actor=request.user,
        dossier_owner=statement.learner,
        on_behalf_of=statement.organisation,
        subject=str(statement.number),
        origin=origin_of(request),
        **more,
    )
