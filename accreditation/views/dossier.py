"""A person's own points and certificates. Nobody else's: another's certificate does not exist here."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.files import serve_private
from accounts.models import Register, RegisterEntry
from accounts.requests import PersonRequest
from accreditation import attendance_statements, certificates, points
from accreditation.certificate_versions import completions_of
from accreditation.dossier import Standing, standings
from accreditation.dossier_picture import picture
from accreditation.evidence import applications
from accreditation.forecast_picture import forecast_picture
from accreditation.models import AttendanceStatement, Certificate, CertificateEvent
from accreditation.templatetags.accreditation import points as written
from courses.models import Enrolment


@login_required
@require_safe
def my_dossier(request: PersonRequest) -> HttpResponse:
    """Points per register against the rule in force, what is missing and until when, and completions that brought none."""
    found = standings(person=request.user)
    shown = [
        {"standing": standing, "picture": picture(standing), "forecast": forecast_picture(standing), **_application(standing)}
        for standing in found
    ]
    context = {
        "shown": shown,
        "has_examples": any(line.is_demo for standing in found for line in standing.lines.values()),
        "claims": points.claimable(learner=request.user).items(),
        "without_points": _without_points(request),
        "revoked": _revoked(request),
    }
    return render(request, "accreditation/my_dossier.html", context)


@login_required
@require_POST
def claim_points(request: PersonRequest, register: str) -> HttpResponse:
    """Award what was completed before the number in this register was known."""
    try:
        awards = points.claim(learner=request.user, register=get_object_or_404(Register, code=register))
    except points.AwardRefused as refusal:
        messages.error(request, str(refusal))
    else:
        total = sum(award.points for award in awards)
        messages.success(
            request,
            gettext("Bijgeschreven: %(points)s. Je certificaat is vervangen door een met je nummer erop.")
            % {"points": written(total or Decimal(0))},
        )
    return redirect("accreditation:my_dossier")


@login_required
@require_safe
def my_certificates(request: PersonRequest) -> HttpResponse:
    """What I completed, newest first, each with the certificate that stands; earlier ones folded away below it."""
    mine = list(Certificate.objects.filter(learner=request.user).prefetch_related("events"))
    rows = completions_of(mine)
    waiting = any(not row.newest.certificate.sha256 for row in rows)
    statements = list(
        AttendanceStatement.objects.filter(learner=request.user)
        .select_related("revocation", "replaced_by", "enrolment")
        .order_by("-attended_until", "-pk")
    )
    attended = [
        {
            "statement": statement,
            "state": attendance_statements.state(statement),
            "said": statement.snapshot,
            "earlier": [other for other in statements if other.enrolment_id == statement.enrolment_id and other.pk < statement.pk],
        }
        for statement in statements
        if not hasattr(statement, "replaced_by")
    ]
    in_part = [
        enrolment
        for enrolment in attendance_statements.attended_in_part(learner=request.user)
        if not attendance_statements.current(enrolment)
    ]
    context = {"rows": rows, "waiting": waiting, "attended": attended, "in_part": in_part}
    return render(request, "accreditation/my_certificates.html", context)


@login_required
@require_safe
def my_certificate_pdf(request: PersonRequest, number: str) -> HttpResponseBase:
    """The PDF, the very bytes that were issued."""
    certificate = get_object_or_404(Certificate.objects.prefetch_related("events"), learner=request.user, number=number)
    try:
        return serve_certificate(request, certificate)
    except (certificates.PdfNotReady, certificates.PdfDamaged) as problem:
        messages.warning(request, str(WHY_NO_PDF[type(problem)]))
        return redirect("accreditation:my_certificates")


WHY_NO_PDF = {
    certificates.PdfNotReady: _(
        "Je certificaat wordt nog gemaakt. Je punten staan al in je dossier. Probeer het over een paar minuten nog eens."
    ),
    certificates.PdfDamaged: _(
        "Het opgeslagen bestand is niet meer wat is uitgegeven, dus we geven het niet af. De beheerder is gewaarschuwd en kan het opnieuw uitgeven."
    ),
}


def serve_certificate(request: HttpRequest, certificate: Certificate) -> HttpResponseBase:
    """The stored bytes, after comparing their hash with the ledger; made on the spot when the queue has not come to it yet."""
    if not certificate.sha256:
        certificates.make_pdf.call(certificate.pk)
        certificate.refresh_from_db()
    content = certificates.read_pdf(certificate)
    return serve_private(
        request,
        ContentFile(content, name="certificaat.pdf"),
        filename=f"certificaat-{certificate.number}.pdf",
        content_type="application/pdf",
    )


def _application(standing: Standing) -> dict[str, object]:
    """The application that stands for this period, and how much came since."""
    if standing.evaluation is None or standing.period_assumed:
        return {}
    stands = applications.that_stands(entry=standing.entry, last_day=standing.evaluation.last_day)
    if stands is None:
        return {}
    since = applications.added_since(application=stands, entry=standing.entry, evaluation=standing.evaluation)
    return {"application": stands, "since": since}


def _revoked(request: PersonRequest) -> list[CertificateEvent]:
    """What was taken back from me and not issued again, newest first."""
    revoked = CertificateEvent.objects.filter(kind=CertificateEvent.Kind.REVOKED, certificate__learner=request.user)
    return list(revoked.filter(certificate__replaced_by=None).select_related("certificate").order_by("-at"))


def _without_points(request: PersonRequest) -> list[dict[str, object]]:
    """Completions of mine that brought nothing in any register, with the reason of those in which I stand."""
    mine = set(RegisterEntry.objects.filter(user=request.user).values_list("register", flat=True))
    enrolments = (
        Enrolment.objects.filter(learner=request.user, certificates__isnull=False)
        .select_related("course", "release", "learner")
        .distinct()
        .order_by("-certificates__earned_on")[:30]
    )
    shown = list(enrolments)
    moments = points.completions(shown)
    found = []
    for key, outcomes in points.explain_all(enrolments=shown).items():
        if any(outcome.why in (points.Why.AWARDED, points.Why.CAN_CLAIM) for outcome in outcomes):
            continue
        # Who stands in no register at all is told of each: where a number would still bring points.
        telling = [outcome for outcome in outcomes if not mine or outcome.register is None or outcome.register.pk in mine]
        if telling:
            enrolment = next(enrolment for enrolment in shown if enrolment.pk == key)
            found.append({"title": enrolment.release.title, "completed_at": moments[key], "outcomes": telling})
    return found
