"""The demo's courses are made by the same road as anyone's, so this also tries the whole road from author to release."""

import pytest
from django.core.management import call_command

from accounts import seed_demo as people
from cms import seed_demo as site
from courses import seed_demo
from courses.activities import KINDS
from courses.completion import requirements
from courses.models import CoursePage, LessonPage, Release, ReleaseActivity


@pytest.mark.django_db
def test_every_course_of_the_demo_is_released_once_with_all_its_kinds_of_activity(settings, tmp_path):
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    call_command("load_reference")
    people.seed()
    site.seed()

    seed_demo.seed()
    seed_demo.seed()

    assert Release.objects.count() == CoursePage.objects.count() == len(list(seed_demo.DEMO.glob("*/course.yaml")))
    assert LessonPage.objects.count() == len(list(seed_demo.DEMO.glob("*/lessons/*.yaml")))
    # A demo has no other site to send anybody to.
    assert set(ReleaseActivity.objects.values_list("kind", flat=True)) == set(KINDS) - {"launch"}
    main = Release.objects.get(course__slug="arbeidsgericht-werken")
    assert main.course.is_demo
    assert "passed" in {name for name, _content in requirements(main.completion)}
