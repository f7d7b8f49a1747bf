"""Certificates: ordered when a course is completed, made and sealed once by a task, then never altered.

`order` writes the row with the snapshot inside the learner's transaction; the PDF follows in the background, so that a slow
seal keeps nobody waiting. What the PDF says comes from the snapshot alone, and its bytes are stored once: whatever is edited
later, a download gives the same file.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django_tasks import task

from accounts.models import RegisterEntry, User
from accreditation import certificate_pdf, certificate_seal, certificate_templates, sealed_files
from accreditation.evaluation import amsterdam_date
from accreditation.models import Accreditation, Certificate, CertificateEvent, PointAward
from accreditation.sealed_files import PdfDamaged as PdfDamaged, PdfNotReady as PdfNotReady, give_number, read_pdf as read_pdf
from courses.models import Enrolment
from courses.route import route_of


class CertificateRefused(Exception):
    """A certificate cannot be revoked or replaced; the message tells the person what to do."""


def order(*, enrolment: Enrolment, completed_at: datetime) -> Certificate:
    """The certificate of this enrolment: made now if there is none, the first one otherwise. Its PDF follows in the background."""
    existing = Certificate.objects.filter(enrolment=enrolment, replaces=None).first()
    if existing:
        return existing
    # get_or_create, for whoever orders at the same moment: the constraint one_certificate_per_enrolment lets one through.
    certificate, made = Certificate.objects.get_or_create(
        enrolment=enrolment,
        replaces=None,
        defaults={
            "learner": enrolment.learner,
            "course": enrolment.course,
            "organisation": enrolment.course.organisation,
            "snapshot": snapshot(enrolment=enrolment, completed_at=completed_at),
            "earned_on": amsterdam_date(completed_at),
        },
    )
    if made:
        give_number(certificate, prefix="VW")
        transaction.on_commit(partial(make_pdf.enqueue, certificate.pk))
    return certificate


def revoke(*, certificate: Certificate, reason: str, actor: User) -> CertificateEvent:
    """Withdraw a certificate. Everyone who checks it sees that, and since when; the reason is for the learner."""
    if not reason.strip():
        raise CertificateRefused(gettext("Schrijf op waarom je dit certificaat intrekt. De deelnemer kan dat lezen."))
    with transaction.atomic():
        locked = Certificate.objects.select_for_update().get(pk=certificate.pk)
        _require_valid(locked)
        return CertificateEvent.objects.create(certificate=locked, kind=CertificateEvent.Kind.REVOKED, actor=actor, reason=reason)


def replace(
    *, certificate: Certificate, reason: str, actor: User | None, saying: dict[str, Any] | None = None, order_pdf: bool = True
) -> Certificate:
    """Issue a new certificate, from what is true now, in place of this one. The old one stays to be seen, as replaced.

    `saying` is a snapshot to repeat instead, when a replacement is taken back; without `order_pdf` the caller makes the PDF itself.
    """
    if not reason.strip():
        raise CertificateRefused(gettext("Schrijf op waarom je dit certificaat opnieuw uitgeeft."))
    with transaction.atomic():
        old = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if Certificate.objects.filter(replaces=old).exists():
            raise CertificateRefused(gettext("Dit certificaat is al vervangen. Geef het nieuwste certificaat opnieuw uit."))
        enrolment = Enrolment.objects.select_related("learner", "course__organisation", "release").get(pk=old.enrolment_id)
        new = Certificate.objects.create(
            learner=enrolment.learner,
            course=enrolment.course,
            enrolment=enrolment,
            organisation=enrolment.course.organisation,
            replaces=old,
            snapshot=saying or snapshot(enrolment=enrolment, completed_at=datetime.fromisoformat(old.snapshot["completed_at"])),
            earned_on=old.earned_on,
        )
        give_number(new, prefix="VW")
        CertificateEvent.objects.create(certificate=old, kind=CertificateEvent.Kind.REPLACED, actor=actor, reason=reason)
        if order_pdf:
            transaction.on_commit(partial(make_pdf.enqueue, new.pk))
    return new


@transaction.atomic
def replace_current(*, enrolment: Enrolment, reason: str, actor: User | None) -> Certificate | None:
    """Replace the newest certificate of an enrolment, if it has one that is valid."""
    # Under its lock, so that someone who revokes it at this moment is either seen, or comes after and finds it replaced.
    current = Certificate.objects.select_for_update(of=("self",)).filter(enrolment=enrolment, replaced_by=None).first()
    if current is None or state(current) != Certificate.State.VALID:
        return None
    return replace(certificate=current, reason=reason, actor=actor)


def hold(enrolment_id: int) -> None:
    """Hold the newest certificate of an enrolment until the commit, before its points: who takes them in another order waits for each other."""
    list(Certificate.objects.select_for_update(of=("self",)).filter(enrolment=enrolment_id, replaced_by=None).values_list("pk"))


def withdrawn(enrolments: Sequence[Enrolment], *, lock: bool = False) -> set[int]:
    """Those of these enrolments, by key, whose newest certificate is revoked; with `lock` nobody revokes one meanwhile."""
    newest = Certificate.objects.filter(enrolment__in=enrolments, replaced_by=None)
    if lock:
        newest = newest.select_for_update(of=("self",))
    keys = {certificate.pk: certificate.enrolment_id for certificate in newest}
    revoked = CertificateEvent.objects.filter(certificate__in=keys, kind=CertificateEvent.Kind.REVOKED)
    return {keys[certificate] for certificate in revoked.values_list("certificate", flat=True)}


def state(certificate: Certificate) -> Certificate.State:
    """Valid, replaced or revoked. A revocation outweighs a replacement: what was withdrawn stays withdrawn."""
    kinds = {event.kind for event in certificate.events.all()}
    if CertificateEvent.Kind.REVOKED in kinds:
        return Certificate.State.REVOKED
    return Certificate.State.REPLACED if CertificateEvent.Kind.REPLACED in kinds else Certificate.State.VALID


def shown_state(certificate: Certificate) -> Certificate.State:
    """The state as people see it: of a valid certificate the last day may have passed."""
    current, until = state(certificate), certificate.valid_until
    past = current == Certificate.State.VALID and until is not None and until < timezone.localdate()
    return Certificate.State.EXPIRED if past else current


def with_state() -> QuerySet[Certificate]:
    """Certificates with `is_revoked` and `is_replaced`, for filters over many; `state` reads the prefetched events."""
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk"))
    return Certificate.objects.annotate(
        is_revoked=Exists(events.filter(kind=CertificateEvent.Kind.REVOKED)),
        is_replaced=Exists(events.filter(kind=CertificateEvent.Kind.REPLACED)),
    ).prefetch_related("events")


def not_past(day: date) -> Q:
    """Those that hold on this day as far as their last day goes: an ISO text in the snapshot, empty or not there when there is none."""
    last = "snapshot__valid_until"
    return Q(**{f"{last}__isnull": True}) | Q(**{last: ""}) | Q(**{f"{last}__gte": day.isoformat()})


@task()
def make_pdf(certificate_id: int, attempt: int = 0) -> None:
    """Make and seal the PDF; when that fails, keep why and try again later."""
    sealed_files.try_to_make(Certificate.objects.get(pk=certificate_id), make_pdf_now, attempt=attempt, again=make_pdf)


def make_waiting(*, older_than: timedelta = timedelta(minutes=5)) -> int:
    """Order again the PDFs that should have been there. Answers how many."""
    return sealed_files.order_again(Certificate, make_pdf, older_than=older_than)


def make_pdf_now(certificate: Certificate) -> Certificate:
    """Make, seal and store the PDF, once."""
    sealed_files.make_once(
        certificate,
        draw=certificate_pdf.render,
        seal=certificate_seal.seal,
        folder="certificates",
        issued=lambda: CertificateEvent.objects.create(certificate=certificate, kind=CertificateEvent.Kind.ISSUED),
    )
    return certificate


def snapshot(*, enrolment: Enrolment, completed_at: datetime) -> dict[str, Any]:
    """All that the certificate will say, as JSON. Nothing outside it may find its way into the PDF or the verification page."""
    course, release, learner = enrolment.course, enrolment.release, enrolment.learner
    day = amsterdam_date(completed_at)
    lessons = list(release.lessons.all())
    lines = _lines(enrolment, day=day)
    genuine = [line for line in lines if not line["is_demo"]]
    template = certificate_templates.template_for(course)
    demo = bool(course.is_demo or (settings.DEMO and (lines and not genuine)))
    return {
        "version": 2,
        "language": template["language"],
        "name": str(learner.get_full_name() or learner.email),
        "course": {
            "title": release.title,
            "summary": course.summary,
            "release": release.number,
            "form": course.form,
            "form_label": str(course.get_form_display()),
        },
        "organisation": course.organisation.name,
        "issuer": settings.SITE_NAME,
        "completed_at": completed_at.isoformat(),
        "earned_on": day.isoformat(),
        "study_minutes": route_of(release).minutes_in_all,
        "route": list(dict.fromkeys(lesson.module_title for lesson in sorted(lessons, key=lambda lesson: lesson.order))),
        "accredited": bool(genuine) and not course.is_demo,
        "template": template,
        "valid_until": certificate_templates.valid_until(day, months=template["valid_months"]),
        "demo": demo,
        "lines": lines,
    }


def _lines(enrolment: Enrolment, *, day: date) -> list[dict[str, Any]]:
    """One line per register in which the course was accredited that day: what it is worth, and whether it was credited."""
    numbers = {entry.register_id: entry.number for entry in RegisterEntry.objects.filter(user=enrolment.learner_id)}
    awards: dict[int, list[PointAward]] = {}
    for award in PointAward.objects.filter(enrolment=enrolment).select_related("category"):
        awards.setdefault(award.accreditation_id, []).append(award)
    lines = []
    accreditations = (
        Accreditation.objects.filter(
            course=enrolment.course_id,
            releases=enrolment.release_id,
            status=Accreditation.Status.GRANTED,
            valid_from__lte=day,
            valid_until__gte=day,
        )
        .select_related("register")
        .prefetch_related("points__category", "register__rules")
        .order_by("register__name")
    )
    for accreditation in accreditations:
        credited = awards.get(accreditation.pk, [])
        worth = [(line.category.name, line.points) for line in accreditation.points.all()]
        if credited:
            worth = _sum_by_category(credited)
        rule = next(iter(accreditation.register.rules.all()), None)
        lines.append(
            {
                "register": accreditation.register.name,
                "register_code": accreditation.register.code,
                "id_number": accreditation.id_number,
                "number": credited[0].register_number if credited else numbers.get(accreditation.register_id, ""),
                "unit": rule.unit if rule else "points",
                "points": [{"category": name, "points": str(points)} for name, points in worth if points],
                "valid_from": accreditation.valid_from.isoformat() if accreditation.valid_from else "",
                "valid_until": accreditation.valid_until.isoformat() if accreditation.valid_until else "",
                "credited": bool(credited),
                "is_demo": accreditation.is_demo,
            }
        )
    return lines


def _sum_by_category(awards: list[PointAward]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for award in awards:
        sums[award.category.name] = sums.get(award.category.name, Decimal(0)) + award.points
    return list(sums.items())


def _require_valid(certificate: Certificate) -> None:
    current = state(certificate)
    if current == Certificate.State.REVOKED:
        raise CertificateRefused(gettext("Dit certificaat is al ingetrokken."))
    if current == Certificate.State.REPLACED:
        raise CertificateRefused(gettext("Dit certificaat is al vervangen. Trek het nieuwste certificaat in."))
