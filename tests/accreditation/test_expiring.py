from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Role
from accreditation.expiry import expiring
from accreditation.models import Accreditation
from portal.staff import administrator_home
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory
from tests.factories.accreditation import accredited
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def release():
    return released_course(course=CourseFactory(organisation=OrganisationFactory()))


def test_what_expires_within_ninety_days_is_named_unless_its_successor_is_there(release):
    register = RegisterFactory()
    old = accredited(release=release, register=register, valid_until=date(2026, 12, 31))

    def found(day):
        return expiring(accreditations=Accreditation.objects.all(), day=day)

    assert found(date(2026, 10, 1)) == []
    assert found(date(2026, 10, 2)) == [old]
    assert found(date(2026, 12, 31)) == [old]
    assert found(date(2027, 1, 1)) == []
    accredited(release=release, register=register, valid_from=date(2027, 1, 1), valid_until=date(2027, 12, 31))
    assert found(date(2026, 12, 1)) == []


@time_machine.travel(datetime(2026, 12, 1, 10, tzinfo=UTC), tick=False)
def test_the_home_the_list_and_the_report_name_the_same_accreditations_that_end(client, release):
    followed, ends = RegisterFactory(), RegisterFactory()
    accredited(release=release, register=followed, valid_until=date(2026, 12, 31))
    accredited(release=release, register=followed, valid_from=date(2027, 1, 1), valid_until=date(2028, 12, 31))
    accredited(release=release, register=ends, valid_until=date(2026, 12, 31))
    manager = MembershipFactory(organisation=release.course.organisation, role=Role.ACCREDITATION_ADMIN).user
    client.force_login(manager)

    home = administrator_home(manager)
    listed = client.get(reverse("accreditation:accreditations")).context["rows"]
    only = client.get(reverse("accreditation:accreditations"), {"verlopen": "binnenkort"}).context["rows"]
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=ends)
    page = client.get(reverse("accreditation:accreditation", args=[only[0]["accreditation"].pk])).content.decode()
    report = client.get("/beheer/inzicht/accreditaties/").content.decode()

    assert home is not None
    assert ([one.register for one in home.expiring], home.expiring_count) == ([ends], 1)
    assert [row["accreditation"].register for row in listed if row["ends"]] == [ends]
    assert [row["accreditation"].register for row in only] == [ends]
    assert "1 persoon is nu bezig en heeft hier nog geen punten" in page
    assert "1 accreditatie loopt binnen 90 dagen af" in report
