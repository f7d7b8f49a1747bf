"""The kinds of activity a lesson can hold. Each kind is one folder or module that registers itself here.

A kind freezes what the author chose into a release, shows itself in a lesson, and names what is wrong with it.
"""

from typing import Any, ClassVar, Protocol

from django.http import HttpRequest

from courses.models.enrolment import Enrolment
from courses.models.pages import CoursePage
from courses.models.releases import ReleaseActivity


class ActivityKind(Protocol):
    """One kind of activity.

    `code` is also the name of its block in a lesson; `template` shows it there; `answers` lists the requirements of a
    completion rule that it can meet: any of "answered", "passed", "attended", "judged_sufficient", "evaluated".
    """

    code: ClassVar[str]
    template: ClassVar[str]
    answers: ClassVar[frozenset[str]]

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        """The settings for a release, as JSON, from the block's value: with versions pinned, without secrets of the author.

        The course says whose material may be used: a draw by tag takes no questions of another organisation.
        """
        ...

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        """What an author should mend before publishing, in the author's language."""
        ...

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        """What the template needs. Without an enrolment (preview, visitor) it shows the activity without recording."""
        ...


KINDS: dict[str, ActivityKind] = {}


def register(kind: ActivityKind) -> None:
    """Make a kind known; called from `CoursesConfig.ready`."""
    KINDS[kind.code] = kind


def kind_of(activity: ReleaseActivity) -> ActivityKind | None:
    """The kind of this activity; None when this installation no longer knows it."""
    return KINDS.get(activity.kind)
