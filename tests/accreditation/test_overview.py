from datetime import date

import pytest

from accounts.models import Organisation
from accreditation.models import Accreditation
from accreditation.overview import overview
from tests.factories.accounts import OrganisationFactory, RegisterFactory
from tests.factories.accreditation import AccreditationFactory, accredited
from tests.factories.courses import CourseFactory, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def release():
    return released_course(course=CourseFactory(organisation=OrganisationFactory()))


def test_what_expires_within_ninety_days_is_named_unless_its_successor_is_there(release):
    register = RegisterFactory()
    old = accredited(release=release, register=register, valid_until=date(2026, 12, 31))

    def expiring(day):
        return overview(organisations=Organisation.objects.all(), day=day).expiring

    assert expiring(date(2026, 10, 1)) == []
    assert expiring(date(2026, 10, 2)) == [old]
    assert expiring(date(2026, 12, 31)) == [old]
    assert expiring(date(2027, 1, 1)) == []
    accredited(release=release, register=register, valid_from=date(2027, 1, 1), valid_until=date(2027, 12, 31))
    assert expiring(date(2026, 12, 1)) == []


def test_other_organisations_do_not_count(release):
    AccreditationFactory(status=Accreditation.Status.REJECTED)
    mine = AccreditationFactory(release=release, status=Accreditation.Status.REQUESTED)

    found = overview(organisations=[release.course.organisation], day=date(2026, 6, 1))

    assert (found.requested, found.rejected, found.issued, found.waiting) == ([mine], [], 0, 0)
