"""What an accreditation administrator does, within the organisations where they have that role."""

import io
import tempfile
import zipfile
from collections.abc import Iterable
from typing import IO, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation import certificates, editions, history, jobs, points
from accreditation.expiry import still_busy
from accreditation.exports import asked_for
from accreditation.exports.pe_online.fields import problems
from accreditation.exports.pe_online.xml import NotReportable, calls
from accreditation.exports.rows import count_earned, each_earned, earned, head, lines
from accreditation.exports.tables import CSV, XLSX, paste_list, stream_csv, write_xlsx
from accreditation.forms import (
    AccreditationForm,
    EditionFormSet,
    PlacedMeetingForm,
    PointsFormSet,
    ReissueForm,
    RevokeForm,
)
from accreditation.models import Accreditation, AccreditationEdition, AccreditationMeeting, Certificate
from accreditation.results import credits_of
from accreditation.views.dossier import WHY_NO_PDF, serve_certificate
from courses.models import Meeting

EXPORT_KINDS = [("pe-online", "PE-online XML"), ("xlsx", "XLSX"), ("csv", "CSV"), ("lijst", _("Nummers om te plakken"))]
ROWS_PER_PAGE = 50
IN_MEMORY = 4 * 1024 * 1024
FEW = 20  # people named on a page; the rest are counted
HISTORY = 30


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def accreditation(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """Ask for, grant or change one accreditation, with its points and the releases under it."""
    _require(request, Action.MANAGE_ACCREDITATION)
    instance = get_object_or_404(_my_accreditations(request, Action.MANAGE_ACCREDITATION), pk=pk) if pk else Accreditation()
    form = AccreditationForm(request.POST or None, instance=instance, user=request.user)
    worth = PointsFormSet(request.POST or None, instance=instance, prefix="punten")
    before = history.picture(instance)
    if request.method == "POST" and form.is_valid():
        worth = PointsFormSet(request.POST, instance=form.instance, prefix="punten")
        if worth.is_valid():
            with transaction.atomic():
                saved = form.save()
                worth.instance = saved
                worth.save()
                history.record_change(accreditation=saved, before=before, actor=request.user)
            record(
                "accreditation-saved",
                actor=request.user,
                on_behalf_of=saved.course.organisation,
                subject=str(saved),
                origin=origin_of(request),
                changed=form.changed_data,
            )
            messages.success(request, gettext("De accreditatie is bewaard."))
            return redirect("accreditation:accreditation", pk=saved.pk)
    late = _completed_without_award(instance) if instance.pk else 0
    return render(
        request,
        "accreditation/accreditation.html",
        {
            "form": form,
            "worth": worth,
            "accreditation": instance if pk else None,
            "late": late,
            "report_problems": problems(instance) if pk else [],
            "earned": count_earned([instance]) if pk else 0,
            "early": list(editions.present_before_grant(instance)[:FEW]) if pk else [],
            "first_meeting": editions.first_meeting(instance) if pk and instance.status == Accreditation.Status.REQUESTED else None,
            "unplaced": editions.meetings_without_edition(instance) if pk else [],
            "busy": still_busy(instance).count() if pk else 0,
            "changes": instance.changes.select_related("actor")[:HISTORY] if pk else [],
            "export_kinds": EXPORT_KINDS,
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def accreditation_editions(request: PersonRequest, pk: int) -> HttpResponse:
    """The editions of an accredited course, and which meeting falls under which, with the register's numbers."""
    instance = get_object_or_404(
        _my_accreditations(request, Action.MANAGE_ACCREDITATION).select_related("course__organisation", "register"), pk=pk
    )
    placed = {row.meeting_id: row for row in AccreditationMeeting.objects.filter(accreditation=instance)}
    posted = request.POST if request.method == "POST" else None
    lines = EditionFormSet(posted, instance=instance, prefix="edities")
    rows = [
        (
            meeting,
            PlacedMeetingForm(posted, instance=placed.get(meeting.pk) or _unplaced(instance, meeting), prefix=f"bijeenkomst-{meeting.pk}"),
        )
        for meeting in Meeting.objects.filter(course=instance.course_id, cancelled_at=None).order_by("starts_at", "pk")
    ]
    wrong = [form for _meeting, form in rows if posted is not None and not form.is_valid()]
    if posted is not None and lines.is_valid() and not wrong:
        before = history.picture(instance)
        with transaction.atomic():
            lines.save()
            kept = set(AccreditationEdition.objects.filter(accreditation=instance).values_list("pk", flat=True))
            for _meeting, form in rows:
                edition = form.cleaned_data["edition"]
                if edition is not None and edition.pk in kept:
                    form.save()
                elif form.instance.pk and edition is None:
                    form.instance.delete()
            changed = history.record_change(accreditation=instance, before=before, actor=request.user)
        record(
            "accreditation-saved",
            actor=request.user,
            on_behalf_of=instance.course.organisation,
            subject=str(instance),
            origin=origin_of(request),
            changed=["editions"] if changed else [],
        )
        messages.success(request, gettext("De edities en bijeenkomsten zijn bewaard."))
        return redirect("accreditation:editions", pk=pk)
    status = 422 if posted is not None else 200
    return render(request, "accreditation/editions.html", {"accreditation": instance, "lines": lines, "rows": rows}, status=status)


def _unplaced(instance: Accreditation, meeting: Meeting) -> AccreditationMeeting:
    return AccreditationMeeting(accreditation=instance, meeting=meeting)


@login_required
@require_POST
def award_missing(request: PersonRequest, pk: int) -> HttpResponse:
    """Award those who completed the course within this accreditation before it stood here."""
    instance = get_object_or_404(_my_accreditations(request, Action.MANAGE_ACCREDITATION), pk=pk)
    job = jobs.start(
        kind="award-missing",
        about=str(instance),
        asked_by=request.user,
        organisation=instance.course.organisation,
        parameters={"accreditation": instance.pk},
    )
    record(
        "points-awarded-later",
        actor=request.user,
        on_behalf_of=instance.course.organisation,
        subject=str(instance),
        origin=origin_of(request),
        job=job.pk,
    )
    return redirect("accreditation:job", pk=job.pk)


@login_required
@require_POST
def export(request: PersonRequest, pk: int, kind: str) -> HttpResponseBase:
    """The results of one accreditation as a file. By POST: each export is a row in the audit trail."""
    instance = get_object_or_404(
        _my_accreditations(request, Action.EXPORT_RESULTS).select_related("register", "course__organisation"), pk=pk
    )
    rows = count_earned([instance])
    if kind == "xlsx" and rows > asked_for.LONG:
        job = asked_for.order(accreditation=instance, asked_by=request.user, rows=rows)
        _record_export(request, instance, kind=kind, rows=rows, file=job.parameters["name"])
        return redirect("accreditation:job", pk=job.pk)
    try:
        content, content_type, suffix = _file(kind, instance)
    except NotReportable as incomplete:
        messages.error(request, gettext("Er is geen bestand gemaakt. %(reasons)s") % {"reasons": " ".join(incomplete.reasons[:5])})
        return redirect("accreditation:accreditation", pk=pk)
    name = asked_for.name_of(instance, suffix)
    _record_export(request, instance, kind=kind, rows=rows, file=name)
    response = FileResponse(content) if hasattr(content, "read") else StreamingHttpResponse(content)
    response["Content-Type"] = content_type
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_safe
def certificate(request: PersonRequest, pk: int) -> HttpResponse:
    """One certificate with its history. Looking is recorded for the learner to read."""
    found = _my_certificate(request, pk, Action.EXPORT_RESULTS)
    _record_look(request, found)
    return _certificate_page(request, found)


@login_required
@require_safe
def certificate_pdf(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The PDF, for an administrator."""
    found = _my_certificate(request, pk, Action.MANAGE_CERTIFICATES)
    _record_look(request, found, event="certificate-downloaded")
    try:
        return serve_certificate(request, found)
    except (certificates.PdfNotReady, certificates.PdfDamaged) as problem:
        messages.warning(request, str(WHY_NO_PDF[type(problem)]))
        return redirect("accreditation:certificate", pk=pk)


@login_required
@require_POST
def revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Withdraw a certificate, with a reason."""
    found = _my_certificate(request, pk, Action.MANAGE_CERTIFICATES)
    form = RevokeForm(request.POST, prefix="intrekken")
    if form.is_valid():
        try:
            with transaction.atomic():
                certificates.revoke(certificate=found, reason=form.cleaned_data["reason"], actor=request.user)
                if form.cleaned_data["with_points"]:
                    points.undo_all(enrolment=found.enrolment, reason=form.cleaned_data["reason"], actor=request.user)
        except certificates.CertificateRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _record_look(request, found, event="certificate-revoked", reason=form.cleaned_data["reason"])
            messages.success(
                request, gettext("Certificaat %(number)s is ingetrokken. Wie het controleert, ziet dat meteen.") % {"number": found.number}
            )
            return redirect("accreditation:certificate", pk=pk)
    return _certificate_page(request, found, revoke_form=form, status=422)


@login_required
@require_POST
def reissue(request: PersonRequest, pk: int) -> HttpResponse:
    """Issue a new certificate in place of this one, from what is true now."""
    found = _my_certificate(request, pk, Action.MANAGE_CERTIFICATES)
    form = ReissueForm(request.POST, prefix="vervangen")
    if form.is_valid():
        try:
            new = points.reissue(certificate=found, reason=form.cleaned_data["reason"], actor=request.user)
        except certificates.CertificateRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _record_look(request, found, event="certificate-reissued", reason=form.cleaned_data["reason"], new=new.number)
            messages.success(request, gettext("Certificaat %(new)s komt in plaats van %(old)s.") % {"new": new.number, "old": found.number})
            return redirect("accreditation:certificate", pk=new.pk)
    return _certificate_page(request, found, reissue_form=form, status=422)


def _require(request: PersonRequest, action: Action) -> None:
    if not may(request.user, action):
        raise PermissionDenied


def _my_accreditations(request: PersonRequest, action: Action) -> QuerySet[Accreditation]:
    return Accreditation.objects.filter(course__organisation__in=organisations_where(request.user, action))


def _my_certificate(request: PersonRequest, pk: int, action: Action) -> Certificate:
    _require(request, action)
    mine = organisations_where(request.user, action)
    return get_object_or_404(
        Certificate.objects.select_related(
            "learner", "course", "organisation", "enrolment__release", "enrolment__learner", "enrolment__course"
        ).prefetch_related("events__actor"),
        Q(organisation__in=mine),
        pk=pk,
    )


def _certificate_page(
    request: PersonRequest,
    found: Certificate,
    *,
    revoke_form: RevokeForm | None = None,
    reissue_form: ReissueForm | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "accreditation/certificate.html",
        {
            "certificate": found,
            "state": certificates.state(found),
            "shown_state": certificates.shown_state(found),
            "credits": credits_of(found),
            "outcomes": points.explain(enrolment=found.enrolment),
            "newer": Certificate.objects.filter(replaces=found).first(),
            "standing": Certificate.objects.filter(enrolment=found.enrolment_id, replaced_by=None).exclude(pk=found.pk).first(),
            "revoke_form": revoke_form or RevokeForm(prefix="intrekken"),
            "reissue_form": reissue_form or ReissueForm(prefix="vervangen"),
            "may_manage": may(request.user, Action.MANAGE_CERTIFICATES, found.organisation),
        },
        status=status,
    )


def _record_look(request: PersonRequest, found: Certificate, *, event: str = "certificate-viewed", **details: Any) -> None:
    record(
        event,
        actor=request.user,
        dossier_owner=found.learner,
        on_behalf_of=found.organisation,
        subject=str(found.number),
        origin=origin_of(request),
        **details,
    )


def _completed_without_award(instance: Accreditation) -> int:
    """How many completed a covered release without an award under this accreditation; an estimate for a button, not a decision."""
    if instance.status != Accreditation.Status.GRANTED:
        return 0
    return (
        Certificate.objects.filter(
            replaced_by=None,
            course=instance.course_id,
            enrolment__release__in=instance.releases.all(),
            earned_on__range=(instance.valid_from, instance.valid_until),
            learner__register_entries__register=instance.register_id,
        )
        .exclude(learner__point_awards__accreditation=instance)
        .distinct()
        .count()
    )


def _record_export(request: PersonRequest, instance: Accreditation, **details: Any) -> None:
    record(
        "results-exported",
        actor=request.user,
        on_behalf_of=instance.course.organisation,
        subject=str(instance),
        origin=origin_of(request),
        **details,
    )


def _file(kind: str, instance: Accreditation) -> tuple[IO[bytes] | Iterable[bytes], str, str]:
    """What goes into the file, its type and its ending; tables are read as they are sent, so that their length costs no memory."""
    if kind == "csv":
        return stream_csv(head(), lines(each_earned([instance]))), CSV, "csv"
    if kind == "xlsx":
        packed = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the response, when it is sent
        write_xlsx(packed, head(), lines(each_earned([instance])), title=gettext("Resultaten"))
        packed.seek(0)
        return packed, XLSX, "xlsx"
    if kind == "lijst":
        return paste_list(row.number for row in each_earned([instance])), "text/plain; charset=utf-8", "txt"
    if kind != "pe-online":
        raise Http404
    made = calls(earned([instance]))
    if len(made) == 1:
        return [made[0].content], "application/xml; charset=utf-8", "xml"
    if not made:
        raise NotReportable([gettext("Er heeft nog niemand punten gekregen onder deze accreditatie.")])
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_DEFLATED) as archive:
        for call in made:
            archive.writestr(call.name, call.content)
    return [archived.getvalue()], "application/zip", "zip"
