"""Every activity of every course with its stable address, for scripts that want to open one."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from courses.models import ReleaseActivity


class Command(BaseCommand):
    help = "Prints one JSON line per activity of the newest release of each course: course, lesson, kind, key, uuid, title, address."

    def handle(self, *args: Any, **options: Any) -> None:
        newest: dict[int, int] = {}
        activities = ReleaseActivity.objects.select_related("release__course", "lesson").order_by(
            "release__course__slug", "-release__number", "order"
        )
        for activity in activities:
            release = activity.release
            if newest.setdefault(release.course_id, release.pk) != release.pk:
                continue
            page = reverse("courses:lesson", args=[release.course.slug, activity.lesson.slug])
            row = {
                "course": release.course.slug,
                "lesson": activity.lesson.slug,
                "kind": activity.kind,
                "key": activity.key,
                "uuid": str(activity.uuid),
                "title": activity.title,
                "address": f"{settings.SITE_URL}{page}#activity-{activity.uuid}",
            }
            self.stdout.write(json.dumps(row, ensure_ascii=False))
