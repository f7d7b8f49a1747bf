"""Views in the editor: publishing a release, and moving people to a newer one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import origin_of, record as audit
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.checks import findings_of
from courses.forms import ReleaseForm
from courses.migration import move, plan, who_could_move
from courses.models import CoursePage, Enrolment, Release
from courses.releases import PublishRefused, changes_since_last_release, publish_release


def _course_to_publish(request: PersonRequest, pk: int) -> CoursePage:
    course = get_object_or_404(CoursePage, pk=pk)
    if not may(request.user, Action.PUBLISH_RELEASES, course.organisation):
        raise PermissionDenied
    return course


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: PersonRequest, pk: int) -> HttpResponse:
    """What a new release would bring and what stands in its way; then the act itself."""
    course = _course_to_publish(request, pk)
    form = ReleaseForm(request.POST or None)
    refused: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            release = publish_release(course, by=request.user, note=form.cleaned_data["note"])
        except PublishRefused as refusal:
            refused = refusal.problems
        else:
            messages.success(
                request, _("Uitgave %(number)s is uitgebracht. Wie al meedoet, blijft in de eigen uitgave.") % {"number": release.number}
            )
            return redirect("courses_cms:releases", course.pk)
    findings = findings_of(course)
    context = {
        "course": course,
        "form": form,
        "changes": changes_since_last_release(course) if not any(finding.blocks for finding in findings) else [],
        "blocking": [finding for finding in findings if finding.blocks],
        "advice": [finding for finding in findings if not finding.blocks],
        "refused": refused,
        "number": (course.releases.first().number if course.releases.exists() else 0) + 1,
    }
    return render(request, "courses/cms/publish.html", {**context, **_header(course, _("Breng uitgave uit"))})


@require_safe
def releases(request: PersonRequest, pk: int) -> HttpResponse:
    """The releases of a course, and how many people follow each."""
    course = _course_to_publish(request, pk)
    rows = [
        {"release": release, "following": Enrolment.objects.filter(release=release, withdrawn_at=None).count()}
        for release in course.releases.select_related("published_by")
    ]
    return render(request, "courses/cms/releases.html", {"course": course, "rows": rows, **_header(course, _("Uitgaven"))})


@require_http_methods(["GET", "HEAD", "POST"])
def move_learners(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    """The dry run of moving everybody to this release, by name; then the act for those who were chosen."""
    course = _course_to_publish(request, pk)
    to = get_object_or_404(Release.objects.select_related("course"), course=course, number=number)
    candidates = who_could_move(course, to=to)
    if request.method == "POST":
        chosen = set(request.POST.getlist("enrolment"))
        moved = move([enrolment for enrolment in candidates if str(enrolment.uuid) in chosen], to=to, by=request.user)
        text = ngettext(
            "%(count)s deelnemer is overgezet naar uitgave %(number)s.",
            "%(count)s deelnemers zijn overgezet naar uitgave %(number)s.",
            len(moved),
        )
        messages.success(request, text % {"count": len(moved), "number": number})
        return redirect("courses_cms:releases", course.pk)
    for enrolment in candidates:
        audit(
            "move-previewed",
            actor=request.user,
            dossier_owner=enrolment.learner,
            on_behalf_of=course.organisation,
            subject=str(course),
            origin=origin_of(request),
        )
    title = _("Zet deelnemers over naar uitgave %(number)s") % {"number": number}
    return render(
        request, "courses/cms/move.html", {"course": course, "to": to, "moves": plan(candidates, to=to), **_header(course, title)}
    )


def _header(course: CoursePage, title: str) -> dict[str, Any]:
    return {
        "page_title": title,
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_explore_root"), "label": _("Pagina's")},
            {"url": reverse("wagtailadmin_pages:edit", args=[course.pk]), "label": course.title},
            {"url": "", "label": title},
        ],
    }
