"""Pages about assignments, reflections and evaluations."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import origin_of, record as audit
from accounts.files import serve_private
from accounts.permissions import Action
from accounts.requests import PersonRequest
from courses.activities import KINDS
from courses.enrolment import own_activity
from courses.models import Enrolment, Judgement, ReleaseActivity, Submission
from courses.route import route_of
from courses.teaching.access import needs
from courses.work import evaluating, handing_in, judging, reflecting
from courses.work.files import FileRefused
from courses.work.forms import JudgementForm
from courses.work.kinds import asked

for_learners = require_http_methods(["GET", "HEAD", "POST"])


# --- The learner --------------------------------------------------------------------------------------------------


@login_required
@for_learners
def draft(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Keep what was typed, also while typing."""
    enrolment, found = _own(request, activity, kind="assignment")
    if request.method != "POST":
        return _to_lesson(enrolment, activity)
    try:
        kept = _keep(request, enrolment, found)
    except (handing_in.HandInRefused, FileRefused) as refusal:
        return _again(request, enrolment, found, error=str(refusal))
    if request.headers.get("HX-Request"):
        return render(request, "cms/components/saved/saved.html", {"at": kept.saved_at})
    messages.success(request, _("Je concept is bewaard. Je docent ziet het pas als je inlevert."))
    return _to_lesson(enrolment, activity)


@login_required
@for_learners
def hand_in(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Hand in what is typed and chosen now."""
    enrolment, found = _own(request, activity, kind="assignment")
    if request.method != "POST":
        return _to_lesson(enrolment, activity)
    try:
        _keep(request, enrolment, found)
        handing_in.hand_in(enrolment=enrolment, activity=found)
    except (handing_in.HandInRefused, FileRefused) as refusal:
        return _again(request, enrolment, found, error=str(refusal))
    messages.success(request, _("Ingeleverd. Je krijgt bericht als je docent heeft gekeken."))
    return _to_lesson(enrolment, activity)


@login_required
@for_learners
def remove_file(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Take the file away from the draft."""
    enrolment, found = _own(request, activity, kind="assignment")
    if request.method == "POST":
        handing_in.remove_file(enrolment=enrolment, activity=found)
        messages.info(request, _("Het bestand is weggehaald. Je tekst staat er nog."))
    return _to_lesson(enrolment, activity)


@login_required
@require_safe
def file(request: PersonRequest, submission: uuid.UUID) -> HttpResponseBase:
    """The file that was handed in: for who handed it in, and for teachers who may judge it."""
    found = Submission.objects.filter(uuid=submission, enrolment__learner=request.user).first()
    if found is None:
        found = get_object_or_404(judging.work_for(request.user), uuid=submission)
        _opened(request, found, event="work-file-opened")
    if not found.file:
        raise Http404
    return serve_private(request, found.file, filename=found.file_name, content_type=found.content_type)


@login_required
@for_learners
def reflection(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Keep a reflection; with the button "Rond af" it is done."""
    enrolment, found = _own(request, activity, kind="reflection")
    if request.method != "POST":
        return _to_lesson(enrolment, activity)
    done = "klaar" in request.POST
    text = request.POST.get("text", "")[:20_000]
    try:
        kept = reflecting.save_reflection(enrolment=enrolment, activity=found, text=text, done=done)
    except reflecting.ReflectionRefused as refusal:
        return _again(request, enrolment, found, error=str(refusal))
    if request.headers.get("HX-Request"):
        return render(request, "cms/components/saved/saved.html", {"at": kept.saved_at})
    messages.success(request, _("Je reflectie is afgerond en bewaard.") if done else _("Je tekst is bewaard."))
    return _to_lesson(enrolment, activity)


@login_required
@for_learners
def evaluation(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Send the evaluation."""
    enrolment, found = _own(request, activity, kind="evaluation")
    if request.method != "POST":
        return _to_lesson(enrolment, activity)
    count = len(found.settings.get("questions", []))
    answers = {number: request.POST.get(f"vraag-{number}", "") for number in range(count)}
    try:
        evaluating.fill_in(enrolment=enrolment, activity=found, answers=answers)
    except evaluating.EvaluationRefused as refusal:
        return _again(request, enrolment, found, error=str(refusal), questions=asked(found, answers=answers, errors=refusal.errors))
    messages.success(request, _("Dank je. Je antwoorden zijn bewaard zonder je naam."))
    return _to_lesson(enrolment, activity)


def _own(request: PersonRequest, activity: uuid.UUID, *, kind: str) -> tuple[Enrolment, ReleaseActivity]:
    found = own_activity(learner=request.user, activity=activity, kind=kind)
    if found is None:
        raise Http404
    return found


def _keep(request: PersonRequest, enrolment: Enrolment, activity: ReleaseActivity) -> Submission:
    kept = handing_in.save_draft(enrolment=enrolment, activity=activity, text=request.POST.get("text", "")[:100_000])
    chosen = request.FILES.get("file")
    return handing_in.attach_file(enrolment=enrolment, activity=activity, file=chosen) if chosen else kept


def _to_lesson(enrolment: Enrolment, activity: uuid.UUID) -> HttpResponse:
    return redirect(route_of(enrolment.release).standing_url(activity))


def _again(request: PersonRequest, enrolment: Enrolment, activity: ReleaseActivity, *, error: str, **more: Any) -> HttpResponse:
    """The activity alone on a page, with what was typed and what to mend."""
    kind = KINDS[activity.kind]
    context = {**kind.context(request, activity=activity, enrolment=enrolment), "error": error, **more}
    back = route_of(enrolment.release).activity_url(activity.uuid)
    return render(request, "courses/work/page.html", {**context, "template": kind.template, "back": back}, status=400)


# --- The teacher --------------------------------------------------------------------------------------------------


@needs(Action.JUDGE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: PersonRequest, submission: uuid.UUID) -> HttpResponse:
    """Read someone's work and judge it; opening it is written in the audit trail."""
    found = get_object_or_404(judging.work_for(request.user), uuid=submission)
    rubric = judging.rubric_of(found.asked)
    form = JudgementForm(request.POST or None, rubric=rubric)
    if request.method == "POST" and form.is_valid():
        try:
            made = judging.judge(submission=found, judge=request.user, verdict=form.chosen())
        except judging.JudgementRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            verdict = _("voldoende") if made.sufficient else _("onvoldoende")
            messages.success(
                request,
                _("Je oordeel (%(verdict)s) is bewaard. %(name)s krijgt bericht.") % {"verdict": verdict, "name": found.enrolment.learner},
            )
            return redirect("teaching:home")
    if request.method != "POST":
        _opened(request, found, event="work-opened")
    rows = Submission.objects.filter(enrolment=found.enrolment_id, activity=found.activity, handed_in_at__isnull=False).order_by("number")
    present = handing_in.standing_of(handing_in.with_judgements(rows))
    own = next(version for version in present.versions if version.submission == found)
    context = {
        "submission": found,
        "rubric": rubric,
        "form": form,
        "judgement": own.judgement,
        "earlier": [version for version in present.versions if version.submission.number < found.number],
        "later": next((version for version in present.versions if version.submission.number > found.number), None),
        "replaced": Judgement.objects.filter(submission=found, replaced_by__isnull=False).select_related("judge"),
        "instructions": found.asked.settings.get("instructions", ""),
    }
    return render(request, "courses/work/judge.html", context, status=400 if form.errors else 200)


def _opened(request: PersonRequest, submission: Submission, *, event: str) -> None:
    enrolment = submission.enrolment
    audit(
        event,
        actor=request.user,
        dossier_owner=enrolment.learner,
        on_behalf_of=enrolment.course.organisation,
        subject=f"{submission.asked.title} ({submission.number})",
        origin=origin_of(request),
    )
