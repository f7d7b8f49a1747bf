"""Doing questions, and marking open answers."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.models import Attempt, AttemptQuestion, Enrolment, ReleaseActivity
from courses.questions.asking import asked, questions_of, reviewed
from courses.questions.attempts import (
    AttemptClosed,
    AttemptRefused,
    check_answer,
    clear_answer,
    hand_in,
    save_answer,
    settle,
    standing,
    start,
)
from courses.questions.forms import JudgeAnswerForm
from courses.questions.kind import practice_context
from courses.questions.marking import MarkRefused, answers_for, mark_answer, waiting_for
from courses.questions.scoring import DEFAULT_PASS_MARK, percentage
from courses.questions.types import TYPES

MAX_AGE_MS = 86_400_000


# --- A test -------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def begin(request: PersonRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> HttpResponse:
    """Begin a test, or go on where the open attempt was left."""
    own = _own_enrolment(request, enrolment)
    released = _activity_of(own, activity)
    if released.settings.get("mode") != Attempt.Mode.TEST:
        raise Http404
    for open_attempt in Attempt.objects.filter(enrolment=own, activity=activity, submitted_at=None):
        settle(open_attempt)
    try:
        attempt = start(enrolment=own, activity=released)
    except AttemptRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(lesson_address(released))
    return redirect("courses:attempt", attempt=attempt.uuid)


@login_required
@never_cache
@require_safe
def attempt_home(request: PersonRequest, attempt: uuid.UUID) -> HttpResponse:
    """The question where the learner was, or the result."""
    own = _own_attempt(request, attempt)
    if not own.is_open:
        return redirect("courses:attempt_result", attempt=own.uuid)
    shown = [asked(question) for question in questions_of(own)]
    todo = next((question.position for question in shown if not question.complete), None)
    if todo is None:
        return redirect("courses:attempt_overview", attempt=own.uuid)
    return redirect("courses:attempt_question", attempt=own.uuid, position=todo)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attempt_question(request: PersonRequest, attempt: uuid.UUID, position: int) -> HttpResponse:
    """One question of a test; posting keeps the answer and goes where the learner asked to go."""
    own = _own_attempt(request, attempt)
    question = own.questions.select_related("version__question", "answer").filter(position=position).first()
    if question is None:
        raise Http404
    if request.method == "POST":
        return _save(request, own, question)
    if not own.is_open:
        return redirect("courses:attempt_result", attempt=own.uuid)
    question.attempt = own
    count = own.questions.count()
    context = {
        "attempt": own,
        "question": asked(question),
        "count": count,
        "prefix": f"v{position}",
        "done_before": position - 1,
        **_clock(own),
    }
    return render(request, "courses/questions/question.html", context)


def _save(request: PersonRequest, attempt: Attempt, question: AttemptQuestion) -> HttpResponse:
    by_script = request.headers.get("Accept", "").startswith("application/json")
    where = request.POST.get("naar", "")
    try:
        answer = save_answer(
            attempt=attempt,
            position=question.position,
            data=dict(request.POST.lists()),
            age=_age(request),
            flagged=bool(request.POST.get("later")),
        )
    except AttemptClosed as closed:
        address = reverse("courses:attempt_result", args=[attempt.uuid])
        settle(attempt)
        if by_script:
            return JsonResponse({"closed": True, "message": str(closed), "address": address}, status=409)
        messages.warning(request, str(closed))
        return redirect(address)
    saved = date_format(timezone.localtime(answer.saved_at), "H:i")
    if by_script:
        return JsonResponse({"saved": _("Bewaard %(time)s") % {"time": saved}, "newer": answer.is_newer})
    if request.POST.get("verplaats") or (not where and question.version.type == "case" and request.POST.get("antwoord")):
        where = "blijf"
    kind = TYPES[question.version.type]
    if where not in {"vorige", "overzicht"} and kind.unreadable(question.version.definition, answer.response):
        # Going on would leave an answer behind that earns nothing, without a word. Emptied, or by the overview, one can go on.
        where = "blijf"
    return HttpResponseRedirect(_next_address(attempt, question.position, where))


def _next_address(attempt: Attempt, position: int, where: str) -> str:
    last = attempt.questions.count()
    step = {"vorige": -1, "blijf": 0}.get(where, 1)
    to = max(1, position + step)
    if where == "overzicht" or to > last:
        return reverse("courses:attempt_overview", args=[attempt.uuid])
    return reverse("courses:attempt_question", args=[attempt.uuid, to])


@login_required
@never_cache
@require_safe
def attempt_overview(request: PersonRequest, attempt: uuid.UUID) -> HttpResponse:
    """Everything at a glance before handing in: what is open, what was kept for later."""
    own = _own_attempt(request, attempt)
    if not own.is_open:
        return redirect("courses:attempt_result", attempt=own.uuid)
    questions = [asked(question) for question in questions_of(own)]
    unanswered = [question for question in questions if not question.complete]
    flagged = [question for question in questions if question.flagged]
    return render(
        request,
        "courses/questions/overview.html",
        {"attempt": own, "questions": questions, "unanswered": unanswered, "flagged": flagged, "count": len(questions), **_clock(own)},
    )


@login_required
@require_POST
def attempt_hand_in(request: PersonRequest, attempt: uuid.UUID) -> HttpResponse:
    """Hand in. A second click, or a second tab, finds the first one's result."""
    own = _own_attempt(request, attempt)
    hand_in(attempt=own)
    return redirect("courses:attempt_result", attempt=own.uuid)


@login_required
@never_cache
@require_safe
def attempt_result(request: PersonRequest, attempt: uuid.UUID) -> HttpResponse:
    """What came of it. Right answers are shown only when there is no attempt left in which to use them."""
    own = _own_attempt(request, attempt)
    if own.is_open:
        return redirect("courses:attempt", attempt=own.uuid)
    released = own.release_activity
    place = standing(enrolment=own.enrolment, activity=released)
    questions = [reviewed(question, reveal=place.reveals) for question in questions_of(own)]
    pass_mark = released.settings.get("pass_mark") or DEFAULT_PASS_MARK
    return render(
        request,
        "courses/questions/result.html",
        {
            "attempt": own,
            "activity": released,
            "questions": questions,
            "standing": place,
            "reveal": place.reveals,
            "pass_mark": pass_mark,
            "percentage": None if own.scaled_score is None else percentage(own.scaled_score),
            "lesson_address": lesson_address(released),
            "refusal": "" if own.enrolment.withdrawn_at else place.refusal,
            "may_retry": own.passed is False and not place.refusal and place.open is None and own.enrolment.withdrawn_at is None,
        },
    )


# --- Practising in the lesson -------------------------------------------------------------------------------------


@login_required
@never_cache
@require_POST
def practise(request: PersonRequest, enrolment: uuid.UUID, activity: uuid.UUID, position: int) -> HttpResponse:
    """Check one answer, or take it away to try again; the page gets that question back."""
    own, released = _practice(request, enrolment, activity)
    try:
        attempt = _practice_attempt(own, released)
        if not attempt.questions.filter(position=position).exists():
            raise Http404
        if request.POST.get("naar") == "opnieuw":
            clear_answer(attempt=attempt, position=position)
        else:
            check_answer(attempt=attempt, position=position, data=dict(request.POST.lists()))
    except (AttemptClosed, AttemptRefused) as refusal:
        messages.warning(request, str(refusal))
        return _to_lesson(request, released)
    attempt.refresh_from_db()
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{lesson_address(released, anchor=False)}#oefenvraag-{activity}-{position}")
    context = practice_context(activity=released, enrolment=own)
    question = next(question for question in context["questions"] if question.position == position)
    return render(
        request,
        "courses/questions/practice_question.html",
        {**context, "activity": released, "enrolment": own, "question": question, "swapped": True},
    )


@login_required
@require_POST
def practise_again(request: PersonRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> HttpResponse:
    """A fresh round of practice; the one before stays on record."""
    own, released = _practice(request, enrolment, activity)
    try:
        start(enrolment=own, activity=released)
    except AttemptRefused as refusal:
        messages.warning(request, str(refusal))
    return _to_lesson(request, released)


def _practice(request: PersonRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> tuple[Enrolment, ReleaseActivity]:
    own = _own_enrolment(request, enrolment)
    released = _activity_of(own, activity)
    if released.settings.get("mode") == Attempt.Mode.TEST:
        raise Http404  # a test is never checked question by question
    return own, released


def _practice_attempt(enrolment: Enrolment, released: ReleaseActivity) -> Attempt:
    """The attempt the lesson shows: the last one, also when it is complete, or the first when there is none yet."""
    done = Attempt.objects.filter(enrolment=enrolment, activity=released.uuid, mode=Attempt.Mode.PRACTICE)
    last = done.order_by("-number").first()
    return last or start(enrolment=enrolment, activity=released)


def _to_lesson(request: HttpRequest, released: ReleaseActivity) -> HttpResponse:
    address = lesson_address(released)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address, "HX-Refresh": "true"})
    return redirect(address)


# --- Marking open answers -----------------------------------------------------------------------------------------


@login_required
@require_safe
def open_answers(request: PersonRequest) -> HttpResponse:
    """The open answers that wait for this teacher, the longest waiting first."""
    if not may(request.user, Action.JUDGE_WORK):
        raise PermissionDenied
    page = Paginator(waiting_for(request.user), 25).get_page(request.GET.get("pagina"))
    return render(request, "courses/questions/open_answers.html", {"page_of_answers": page})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def judge_answer(request: PersonRequest, answer: int) -> HttpResponse:
    """Read one open answer and give points and a word."""
    if not may(request.user, Action.JUDGE_WORK):
        raise PermissionDenied
    waiting = get_object_or_404(answers_for(request.user), pk=answer)
    attempt, version = waiting.question.attempt, waiting.question.version
    form = JudgeAnswerForm(request.POST or None, answer=waiting)
    if request.method == "POST" and form.is_valid():
        try:
            marked = mark_answer(
                answer=waiting, teacher=request.user, points=float(form.cleaned_data["points"]), feedback=form.cleaned_data["feedback"]
            )
        except MarkRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = (
                _("Bewaard. De uitslag van %(learner)s is bekend.")
                if marked.scored_at
                else _("Bewaard. Van %(learner)s wacht nog een antwoord.")
            )
            messages.success(request, said % {"learner": attempt.enrolment.learner})
            following = waiting_for(request.user).first()
            return redirect("courses:judge_open_answer", answer=following.pk) if following else redirect("courses:open_answers")
    if request.method != "POST":
        audit.record(
            "open-answer-read",
            actor=request.user,
            dossier_owner=attempt.enrolment.learner,
            on_behalf_of=attempt.enrolment.course.organisation,
            subject=str(attempt.release_activity),
            origin=audit.origin_of(request),
        )
    context = {"answer": waiting, "attempt": attempt, "version": version, "form": form, "waiting_count": waiting_for(request.user).count()}
    return render(request, "courses/questions/judge.html", context)


# --- Whose is it --------------------------------------------------------------------------------------------------


def lesson_address(activity: ReleaseActivity, *, anchor: bool = True) -> str:
    """The lesson in which an activity stands."""
    address = f"/cursus/{activity.release.course.slug}/{activity.lesson.slug}/"
    return f"{address}#activity-{activity.uuid}" if anchor else address


def _own_enrolment(request: PersonRequest, key: uuid.UUID) -> Enrolment:
    return get_object_or_404(Enrolment.objects.select_related("learner", "course", "release"), uuid=key, learner=request.user)


def _activity_of(enrolment: Enrolment, key: uuid.UUID) -> ReleaseActivity:
    activities = ReleaseActivity.objects.select_related("release__course", "lesson")
    return get_object_or_404(activities, release=enrolment.release_id, uuid=key, kind="questions")


def _own_attempt(request: PersonRequest, key: uuid.UUID) -> Attempt:
    """The learner's own test, handed in for them when its time was up."""
    attempts = Attempt.objects.select_related(
        "enrolment__learner", "enrolment__course", "release_activity__release__course", "release_activity__lesson"
    )
    return settle(get_object_or_404(attempts, uuid=key, enrolment__learner=request.user, mode=Attempt.Mode.TEST))


def _clock(attempt: Attempt) -> dict[str, Any]:
    """The time that is left, by the server's clock."""
    if attempt.deadline_at is None:
        return {}
    left = attempt.deadline_at - timezone.now()
    return {
        "deadline": attempt.deadline_at,
        "seconds_left": max(0, int(left.total_seconds())),
        "minutes_left": max(0, -(-int(left.total_seconds()) // 60)),
    }


def _age(request: HttpRequest) -> timedelta:
    raw = request.POST.get("ouderdom", "0")
    return timedelta(milliseconds=min(int(raw), MAX_AGE_MS)) if raw.isascii() and raw.isdigit() and len(raw) < 12 else timedelta(0)
