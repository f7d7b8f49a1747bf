"""The kind `launch`: an activity on another site."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from courses.launched.starting import is_safe, site_of
from courses.models import ActivityProgress, CoursePage, Enrolment, ReleaseActivity


class LaunchKind:
    """Shows where the activity is and starts it. What it reports is the learner's browser's word: done, never passed."""

    code: ClassVar[str] = "launch"
    template: ClassVar[str] = "courses/launched/activity.html"
    answers: ClassVar[frozenset[str]] = frozenset({"answered"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        return {"address": value.get("address") or ""}

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        if is_safe(value.get("address") or ""):
            return []
        return [_("Vul het adres van de oefening in. Het begint met https://.")]

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        done = (
            ActivityProgress.objects.filter(enrolment=enrolment, activity=activity.uuid, answered_at__isnull=False) if enrolment else None
        )
        return {
            "activity": activity,
            "enrolment": enrolment,
            "site": site_of(activity),
            "answered_at": done.values_list("answered_at", flat=True).first() if done is not None else None,
        }
