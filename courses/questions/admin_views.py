"""The question bank in the editor: making and revising questions, trying them, their figures, import and export."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.models import Attempt, AttemptQuestion, Question
from courses.questions.admin_forms import ExportForm, ImportForm, QuestionForm, initial_of
from courses.questions.asking import Asked, asked
from courses.questions.bank import add_question, newest_versions, questions_of, revise
from courses.questions.exchange import ExchangeRefused, export_questions, read_file
from courses.questions.exchange.incoming import take_in
from courses.questions.statistics import ENOUGH, statistics_of
from courses.questions.types import TYPES


def index_url() -> str:
    return reverse("wagtailsnippets_courses_question:list")


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PersonRequest) -> HttpResponse:
    """First the type, then the question."""
    _authors_only(request)
    kind = request.GET.get("soort", "")
    if kind not in TYPES:
        return render(request, "courses/questions/admin/choose_type.html", {"types": TYPES.values(), **_crumbs(_("Nieuwe vraag"))})
    form = QuestionForm(request.POST or None, kind=kind, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        fields = {
            name: data[name] for name in ("organisation", "course", "title", "definition", "points", "difficulty", "provenance", "tags")
        }
        question = add_question(kind=kind, author=request.user, **fields)
        messages.success(request, _("De vraag staat in de vragenbank."))
        return redirect("wagtailsnippets_courses_question:edit", question.pk)
    return render(request, "courses/questions/admin/form.html", {"form": form, "kind": TYPES[kind], **_crumbs(_("Nieuwe vraag"))})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """A changed text becomes a new version; releases and attempts keep theirs."""
    question = _question(request, pk)
    latest = question.versions.order_by("-number")[0]
    form = QuestionForm(request.POST or None, kind=latest.type, user=request.user, initial=initial_of(question))
    if request.method == "POST" and form.is_valid():
        version = _save(question, form, request)
        said = (
            _("Bewaard als versie %(number)s. Lopende uitgaven houden hun eigen versie.")
            if version != latest
            else _("Bewaard. De tekst van de vraag is niet veranderd.")
        )
        messages.success(request, said % {"number": version.number})
        return redirect("wagtailsnippets_courses_question:edit", question.pk)
    context = {
        "form": form,
        "kind": TYPES[latest.type],
        "question": question,
        "latest": latest,
        "versions": question.versions.order_by("-number"),
    }
    return render(request, "courses/questions/admin/form.html", {**context, **_crumbs(question.title)})


@transaction.atomic
def _save(question: Question, form: QuestionForm, request: PersonRequest) -> Any:
    data = form.cleaned_data
    for name in ("title", "difficulty", "provenance", "organisation", "course"):
        setattr(question, name, data[name])
    question.retired_at = (question.retired_at or timezone.now()) if data["retired"] else None
    question.save()
    question.tags.set(data["tags"])
    return revise(question, kind=form.kind, definition=data["definition"], points=data["points"], author=request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: PersonRequest, pk: int) -> HttpResponse:
    """The question as a learner meets it; checking shows what they would read afterwards. Nothing is stored."""
    question = _question(request, pk)
    version = question.versions.order_by("-number")[0]
    kind, definition = TYPES[version.type], version.definition
    layout = kind.lay_out(definition, seed=question.uuid.hex, shuffled=True)
    placed = AttemptQuestion(attempt=Attempt(mode=Attempt.Mode.PRACTICE), position=1, version=version, layout=layout)
    base = asked(placed)
    before = [int(step) for step in request.POST.get("pad", "").split(",") if step.isdecimal() and len(step) < 4]
    response = kind.read(definition, layout, dict(request.POST.lists()), before or None) if request.method == "POST" else None
    shown = _tried(base, kind, definition, layout, response)
    context = {
        "question": shown,
        "item": question,
        "prefix": "voorbeeld",
        "path": ",".join(map(str, response)) if kind.step_by_step and response else "",
    }
    return render(request, "courses/questions/admin/preview.html", context)


def _tried(base: Asked, kind: Any, definition: dict[str, Any], layout: dict[str, Any], response: Any) -> Asked:
    from courses.questions.asking import with_picture  # noqa: PLC0415 - only here

    done = response is not None and kind.complete(definition, response)
    fields = {name: getattr(base, name) for name in base.__dataclass_fields__}
    fields |= {
        "shown": with_picture(kind.shown(definition, layout, response)),
        "started": response is not None,
        "complete": done,
        "checked": done,
    }
    if response is not None and (done or not kind.step_by_step):
        share = None if kind.marked_by_teacher else kind.share(definition, response)
        fields |= {
            "checked": True,
            "share": share,
            "lines": kind.review(definition, layout, response, reveal=True),
            "explanation": definition["feedback"],
        }
    elif response is not None:
        fields["lines"] = kind.review(definition, layout, response, reveal=False)
    return Asked(**fields)


@require_safe
def statistics(request: PersonRequest, pk: int) -> HttpResponse:
    """How the question does in tests."""
    question = _question(request, pk)
    context = {
        "question": question,
        "figures": statistics_of(question),
        "enough": ENOUGH,
        **_crumbs(_("Cijfers van %(title)s") % {"title": question.title}),
    }
    return render(request, "courses/questions/admin/statistics.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: PersonRequest) -> HttpResponse:
    """Questions from a file: all of them, or none with the reasons, unless the author takes the good ones."""
    _authors_only(request)
    form = ImportForm(request.POST or None, request.FILES or None, user=request.user)
    report = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            incoming = read_file(data["file"].read(), name=data["file"].name)
        except ExchangeRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            report = take_in(
                incoming, organisation=data["organisation"], course=data["course"], author=request.user, despite=data["despite"]
            )
    return render(request, "courses/questions/admin/import.html", {"form": form, "report": report, **_crumbs(_("Vragen inlezen"))})


@require_safe
def hand_over(request: PersonRequest) -> HttpResponse:
    """Questions as a file."""
    _authors_only(request)
    form = ExportForm(request.GET or None, user=request.user)
    if request.GET.get("format") and form.is_valid():
        data = form.cleaned_data
        questions = questions_of(request.user).filter(organisation=data["organisation"], retired_at=None)
        if data["course"]:
            questions = questions.filter(course=data["course"])
        if data["tag"]:
            questions = questions.filter(tags__name=data["tag"]).distinct()
        try:
            file = export_questions(newest_versions(questions), form=data["format"], title=str(data["course"] or data["organisation"]))
        except ExchangeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            name = f"vragen-{slugify(str(data['course'] or data['organisation']))[:60]}.{file.extension}"
            return HttpResponse(
                file.content,
                content_type=file.content_type,
                headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
            )
    return render(request, "courses/questions/admin/export.html", {"form": form, **_crumbs(_("Vragen uitvoeren"))})


def _authors_only(request: HttpRequest) -> None:
    if not request.user.is_authenticated or not may(request.user, Action.AUTHOR_COURSES):
        raise PermissionDenied


def _question(request: PersonRequest, pk: int) -> Question:
    _authors_only(request)
    return get_object_or_404(questions_of(request.user), pk=pk)


def _crumbs(title: str) -> dict[str, Any]:
    return {
        "page_title": title,
        "header_title": title,
        "header_icon": "help",
        "breadcrumbs_items": [{"url": index_url(), "label": _("Vragenbank")}, {"url": "", "label": title}],
    }
