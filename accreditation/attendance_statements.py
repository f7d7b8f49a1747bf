"""Attendance statements ("deelnameverklaring"): which meetings someone was really at, for who did not complete the course.

Partial attendance cannot be reported to a register as a completed course; the person shows a statement with the ID number, their name and BIG
number and the hours attended (ABSG). All of it comes from the attendance that teachers marked.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django_tasks import task

from accounts.models import Organisation, RegisterEntry, User
from accounts.register_numbers import SHAPES, NumberKind
from accreditation import attendance_pdf, certificate_seal, certificate_templates, sealed_files
from accreditation.evaluation import amsterdam_date
from accreditation.models import Accreditation, AttendanceStatement, AttendanceStatementRevocation, Certificate, CertificateEvent
from courses.meetings.attendance import length
from courses.models import Attendance, Enrolment


class StatementRefused(Exception):
    """There is no statement to make or to revoke; the message tells the person why."""


def issue(*, enrolment: Enrolment, by: User) -> AttendanceStatement:
    """A statement of the attendance there is. The same attendance gives the same statement; other attendance one that replaces it.

    Raises StatementRefused when nothing was attended, or when the course is completed: then there is a certificate.
    """
    with transaction.atomic():
        # One at a time for this enrolment, so that no two replace the same one.
        enrolment = (
            Enrolment.objects.select_for_update(of=("self",))
            .select_related("learner", "course__organisation", "release")
            .get(pk=enrolment.pk)
        )
        if _has_certificate(enrolment):
            raise StatementRefused(gettext("Deze cursus is afgerond. Gebruik het certificaat: dat zegt meer dan een deelnameverklaring."))
        said = snapshot(enrolment)
        if not said["meetings"]:
            raise StatementRefused(gettext("Er is nog geen aanwezigheid vastgelegd. Vraag je docent die vast te leggen."))
        newest = AttendanceStatement.objects.filter(enrolment=enrolment, replaced_by=None).first()
        if newest and newest.snapshot == said and not is_revoked(newest):
            return newest
        statement = AttendanceStatement.objects.create(
            learner=enrolment.learner,
            enrolment=enrolment,
            organisation=enrolment.course.organisation,
            replaces=newest,
            snapshot=said,
            attended_until=date.fromisoformat(said["meetings"][-1]["day"]),
            made_by=by,
        )
        sealed_files.give_number(statement, prefix="DV")
        transaction.on_commit(partial(make_pdf.enqueue, statement.pk))
    return statement


def revoke(*, statement: AttendanceStatement, reason: str, actor: User) -> AttendanceStatementRevocation:
    """Withdraw a statement. Everyone who checks it sees that; the reason is for the learner."""
    if not reason.strip():
        raise StatementRefused(gettext("Schrijf op waarom je deze verklaring intrekt. De deelnemer kan dat lezen."))
    revocation, made = AttendanceStatementRevocation.objects.get_or_create(
        statement=statement, defaults={"actor": actor, "reason": reason.strip()}
    )
    if not made:
        raise StatementRefused(gettext("Deze verklaring is al ingetrokken."))
    return revocation


def state(statement: AttendanceStatement) -> Certificate.State:
    """Valid, replaced or revoked, in the words of certificates."""
    if is_revoked(statement):
        return Certificate.State.REVOKED
    return Certificate.State.REPLACED if hasattr(statement, "replaced_by") else Certificate.State.VALID


def is_revoked(statement: AttendanceStatement) -> bool:
    return hasattr(statement, "revocation")


def attended_in_part(*, organisations: QuerySet[Organisation] | None = None, learner: User | None = None) -> QuerySet[Enrolment]:
    """Enrolments with attendance and without a certificate that counts, with `hours_attended` and `meetings_attended`."""
    present = Q(attendance__present=True, attendance__corrected_by=None)
    found = Enrolment.objects.filter(present)
    if organisations is not None:
        found = found.filter(course__organisation__in=organisations)
    if learner is not None:
        found = found.filter(learner=learner)
    return (
        found.annotate(
            hours_attended=Sum("attendance__hours", filter=present),
            meetings_attended=Count("attendance", filter=present),
            is_certified=Exists(_valid_certificates(OuterRef("pk"))),
        )
        .filter(is_certified=False)
        .select_related("learner", "course__organisation", "release")
        .prefetch_related("attendance_statements__revocation", "attendance_statements__replaced_by")
        .order_by("course__title", "learner__last_name", "learner__first_name", "pk")
    )


def current(enrolment: Enrolment) -> AttendanceStatement | None:
    """The newest statement of an enrolment that `attended_in_part` gave."""
    statements: Any = enrolment.attendance_statements
    return next((statement for statement in statements.all() if not hasattr(statement, "replaced_by")), None)


def snapshot(enrolment: Enrolment) -> dict[str, Any]:
    """All that the statement will say, as JSON."""
    rows = list(
        Attendance.objects.filter(enrolment=enrolment, corrected_by=None, present=True)
        .select_related("meeting")
        .order_by("meeting__starts_at", "pk")
    )
    meetings = [
        {
            "title": row.meeting.title,
            "day": amsterdam_date(row.meeting.starts_at).isoformat(),
            "from": f"{timezone.localtime(row.meeting.starts_at):%H:%M}",
            "until": f"{timezone.localtime(row.meeting.ends_at):%H:%M}",
            "hours": str(row.hours),
            "of": str(length(row.meeting)),
        }
        for row in rows
    ]
    course = enrolment.course
    accreditations = _accreditations(enrolment, meetings)
    template = certificate_templates.template_for(course)
    demo = bool(course.is_demo or (settings.DEMO and accreditations and all(found.is_demo for found in accreditations)))
    return {
        "version": 1,
        "language": template["language"],
        "name": str(enrolment.learner.get_full_name() or enrolment.learner.email),
        "numbers": _numbers(enrolment, accreditations),
        "course": {"title": enrolment.release.title, "release": enrolment.release.number},
        "organisation": course.organisation.name,
        "issuer": settings.SITE_NAME,
        "id_numbers": [{"register": found.register.name, "id_number": found.id_number} for found in accreditations],
        "meetings": meetings,
        "hours": str(sum((Decimal(meeting["hours"]) for meeting in meetings), Decimal(0))),
        "accredited": bool(accreditations) and not demo,
        "demo": demo,
        "template": {**template, "title": "", "text": "", "valid_months": None},
    }


@task()
def make_pdf(statement_id: int, attempt: int = 0) -> None:
    """Make and seal the PDF; when that fails, keep why and try again later."""
    sealed_files.try_to_make(AttendanceStatement.objects.get(pk=statement_id), make_pdf_now, attempt=attempt, again=make_pdf)


def make_waiting(*, older_than: timedelta = timedelta(minutes=5)) -> int:
    """Order again the PDFs that should have been there. Answers how many."""
    return sealed_files.order_again(AttendanceStatement, make_pdf, older_than=older_than)


def make_pdf_now(statement: AttendanceStatement) -> AttendanceStatement:
    """Make, seal and store the PDF, once."""
    seal = partial(certificate_seal.seal, reason="Verzegelde verklaring van deelname")
    sealed_files.make_once(statement, draw=attendance_pdf.render, seal=seal, folder="attendance-statements")
    return statement


def _has_certificate(enrolment: Enrolment) -> bool:
    return _valid_certificates(enrolment.pk).exists()


def _valid_certificates(enrolment: Any) -> QuerySet[Certificate]:
    revoked = CertificateEvent.objects.filter(certificate=OuterRef("pk"), kind=CertificateEvent.Kind.REVOKED)
    return Certificate.objects.filter(~Exists(revoked), enrolment=enrolment, replaced_by=None)


def _accreditations(enrolment: Enrolment, meetings: list[dict[str, Any]]) -> list[Accreditation]:
    """Those under which these meetings fell."""
    if not meetings:
        return []
    return list(
        Accreditation.objects.filter(
            course=enrolment.course_id,
            releases=enrolment.release_id,
            status=Accreditation.Status.GRANTED,
            valid_from__lte=meetings[-1]["day"],
            valid_until__gte=meetings[0]["day"],
        )
        .select_related("register")
        .order_by("register__name", "pk")
    )


def _numbers(enrolment: Enrolment, accreditations: list[Accreditation]) -> list[dict[str, Any]]:
    """The learner's numbers in the registers of the course, and the BIG number in any case."""
    wanted = {found.register_id for found in accreditations}
    entries = RegisterEntry.objects.filter(user=enrolment.learner_id).select_related("register").order_by("register__name", "pk")
    found = [
        {
            "register": entry.register.name,
            "number": entry.number,
            "big": NumberKind.BIG in entry.register.number_kinds and bool(SHAPES[NumberKind.BIG].fullmatch(entry.number)),
        }
        for entry in entries
        if entry.register_id in wanted or NumberKind.BIG in entry.register.number_kinds
    ]
    return [
        number
        for number in found
        if number["big"] or number["register"] in {accreditation.register.name for accreditation in accreditations}
    ]
