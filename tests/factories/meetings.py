"""Meetings and who teaches, for tests."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from accounts.models import Organisation, Role, User
from courses.models import Meeting, Release
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.courses import released_course

SESSION = {"key": "bijeenkomst", "kind": "session", "settings": {"intro": "", "programme": "<p>Kennismaken.</p>"}}


def course_with_session(**fields: Any) -> Release:
    """A release with one session that counts."""
    return released_course(**{"activities": [SESSION], "completion": {"all_of": [{"attended": "bijeenkomst"}]}, **fields})


class MeetingFactory(factory.django.DjangoModelFactory):
    """A meeting of three hours, next week unless said otherwise."""

    class Meta:
        model = Meeting

    class Params:
        release = factory.LazyFunction(course_with_session)

    course = factory.SelfAttribute("release.course")
    activity = factory.LazyAttribute(lambda meeting: meeting.release.activities.get(kind="session").uuid)
    title = "Contactbijeenkomst"
    organisation = factory.SelfAttribute("course.organisation")
    starts_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
    ends_at = factory.LazyAttribute(lambda meeting: meeting.starts_at + timedelta(hours=3))
    place = "Utrecht, zaal 1"


def someone_with_role(role: Role, organisation: Organisation) -> User:
    """A person with this role in the organisation."""
    person: User = UserFactory()
    MembershipFactory(user=person, organisation=organisation, role=role)
    return person


def teacher_of(organisation: Organisation) -> User:
    return someone_with_role(Role.TEACHER, organisation)
