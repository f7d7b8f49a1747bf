"""Releases: what a course would be if it were published now, what changed, and publishing it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import User
from accounts.permissions import Action, may
from courses.blocks import rule_of
from courses.checks import findings_of
from courses.drafts import DraftLesson, published_lessons
from courses.models import CoursePage, LessonPage, Release, ReleaseActivity, ReleaseLesson


class PublishRefused(Exception):
    """What the author has to mend first, one sentence each, in `problems`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def publish_release(course: CoursePage, *, by: User, note: str) -> Release:
    """Publish what stands in the course now as its next release; whoever is enrolled stays in theirs.

    Raises PublishRefused with everything that has to be mended first.
    """
    if not may(by, Action.PUBLISH_RELEASES, course.organisation):
        raise PublishRefused(
            [_("Een uitgave wordt uitgebracht door wie dat voor %(organisation)s mag.") % {"organisation": course.organisation}]
        )
    with transaction.atomic():
        # One release at a time: the number is counted under this lock.
        course = CoursePage.objects.select_for_update().get(pk=course.pk)
        problems = [finding.sentence for finding in findings_of(course) if finding.blocks]
        if problems:
            raise PublishRefused(problems)
        number = (Release.objects.filter(course=course).aggregate(last=Max("number"))["last"] or 0) + 1
        release = Release.objects.create(
            course=course, number=number, title=course.title, completion=rule_of(course.completion), note=note, published_by=by
        )
        activities = 0
        for lesson in published_lessons(course):
            activities = _copy(lesson, release=release, after=activities)
        audit(
            "release-published",
            actor=by,
            on_behalf_of=course.organisation,
            subject=str(release),
            release=release.number,
            course=str(course.uuid),
        )
    return release


def _copy(draft: DraftLesson, *, release: Release, after: int) -> int:
    """Copy a lesson and its activities into the release; answers how many activities the release has by now."""
    lesson = ReleaseLesson.objects.create(
        release=release,
        module_title=draft.module.title,
        module_summary=draft.module.summary,
        module_number=draft.module_number,
        order=draft.order,
        body=draft.page.body,
        revision=draft.page.live_revision,
        **_facts_of(draft.page),
    )
    for order, activity in enumerate(draft.activities(), start=after + 1):
        ReleaseActivity.objects.create(
            release=release,
            lesson=lesson,
            uuid=uuid.UUID(activity.uuid),
            key=activity.key,
            kind=activity.kind,
            title=activity.title,
            minutes=activity.value.get("minutes") or 0,
            order=order,
            settings=activity.settings(),
        )
        after = order
    return after


def _facts_of(page: LessonPage) -> dict[str, Any]:
    """The fields that a lesson page and a released lesson share."""
    return {
        "uuid": page.uuid,
        "slug": page.slug,
        "title": page.title,
        "minutes": page.minutes,
        "objectives": [dict(child.value) for child in page.objectives],
        "sources": [dict(child.value) for child in page.sources],
        "review_by": page.review_by,
    }


@dataclass(frozen=True)
class Change:
    """One difference between the last release and what stands in the course now."""

    text: str
    where: str = ""


def changes_since_last_release(course: CoursePage) -> list[Change]:
    """What a new release would bring, in the author's words; everything, when there is none yet."""
    last = Release.objects.filter(course=course).order_by("-number").first()
    now = published_lessons(course)
    if last is None:
        return [Change(_("Nieuwe les"), lesson.page.title) for lesson in now]
    before = {lesson.uuid: lesson for lesson in last.lessons.all()}
    changes = [change for lesson in now for change in _changes_in(lesson, before.get(lesson.page.uuid))]
    kept = {lesson.page.uuid for lesson in now}
    changes += [Change(_("Les vervalt"), lesson.title) for lesson in before.values() if lesson.uuid not in kept]
    changes += _changes_of_activities(now, last)
    if [lesson.page.uuid for lesson in now if lesson.page.uuid in before] != [uid for uid in before if uid in kept]:
        changes.append(Change(_("De volgorde van de lessen is anders")))
    if rule_of(course.completion) != last.completion:
        changes.append(Change(_("De afrondingsregel is anders")))
    if course.title != last.title:
        changes.append(Change(_("De titel is anders"), course.title))
    return changes


def _changes_in(draft: DraftLesson, before: ReleaseLesson | None) -> list[Change]:
    if before is None:
        return [Change(_("Nieuwe les"), draft.page.title)]
    same_facts = all(getattr(before, name) == value for name, value in _facts_of(draft.page).items())
    same_place = (before.module_title, before.module_number) == (draft.module.title, draft.module_number)
    if same_facts and same_place and before.body.get_prep_value() == draft.page.body.get_prep_value():
        return []
    return [Change(_("Les gewijzigd"), draft.page.title)]


def _changes_of_activities(now: list[DraftLesson], last: Release) -> list[Change]:
    before = {str(activity.uuid): activity for activity in last.activities.all()}
    present = {activity.uuid: activity for lesson in now for activity in lesson.activities()}
    changes = [Change(_("Nieuwe activiteit"), activity.title) for activity in present.values() if activity.uuid not in before]
    changes += [
        Change(_("Activiteit gewijzigd"), activity.title)
        for activity in present.values()
        if activity.uuid in before and activity.settings() != before[activity.uuid].settings
    ]
    changes += [Change(_("Activiteit vervalt"), activity.title) for activity in before.values() if str(activity.uuid) not in present]
    return changes
