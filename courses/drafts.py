"""The course as its author works on it, read as what a release would hold."""

from dataclasses import dataclass
from typing import Any

from wagtail import blocks

from courses.activities import KINDS
from courses.blocks import ACTIVITY_PREFIX
from courses.models import CoursePage, LessonPage, ModulePage


@dataclass(frozen=True)
class DraftActivity:
    """An activity as it stands in a lesson page."""

    uuid: str
    kind: str
    value: blocks.StructValue
    course: CoursePage

    @property
    def key(self) -> str:
        return str(self.value.get("key") or "")

    @property
    def title(self) -> str:
        return str(self.value.get("title") or self.key)

    def settings(self) -> dict[str, Any]:
        """What the release keeps of it."""
        intro = self.value.get("intro")
        kind = KINDS.get(self.kind)
        return {"intro": intro.source if intro else "", **(kind.freeze(self.value, course=self.course) if kind else {})}


@dataclass(frozen=True)
class DraftLesson:
    """A lesson page with its place in the course."""

    page: LessonPage
    module: ModulePage
    module_number: int
    order: int

    course: CoursePage

    def activities(self) -> list[DraftActivity]:
        return activities_in(self.page, course=self.course)


def activities_in(lesson: LessonPage, *, course: CoursePage) -> list[DraftActivity]:
    """The activities of a lesson page, in order."""
    return [
        DraftActivity(uuid=child.id, kind=child.block_type.removeprefix(ACTIVITY_PREFIX), value=child.value, course=course)
        for child in lesson.body
        if child.block_type.startswith(ACTIVITY_PREFIX)
    ]


@dataclass(frozen=True)
class DraftModule:
    """A module with its lessons, published or not."""

    page: ModulePage
    lessons: list[LessonPage]


def outline(course: CoursePage) -> list[DraftModule]:
    """All modules and lessons of a course in their order, drafts included: what its author works on."""
    modules = {module.path: DraftModule(page=module, lessons=[]) for module in ModulePage.objects.child_of(course).order_by("path")}
    for lesson in LessonPage.objects.descendant_of(course).defer("body").order_by("path"):
        modules[lesson.path[: -LessonPage.steplen]].lessons.append(lesson)
    return list(modules.values())


def published_lessons(course: CoursePage) -> list[DraftLesson]:
    """The lessons that a release would hold: what is published of the course, in its order. Drafts stay out of it."""
    lessons: list[DraftLesson] = []
    modules = ModulePage.objects.child_of(course).live().order_by("path")
    for number, module in enumerate(modules, start=1):
        for page in LessonPage.objects.child_of(module).live().order_by("path").select_related("live_revision"):
            lessons.append(DraftLesson(page=page, module=module, module_number=number, order=len(lessons) + 1, course=course))
    return lessons
