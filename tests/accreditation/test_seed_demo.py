"""The demo is seeded again by whoever updates it: whatever the month, it tells nothing twice and adds what was missing."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import Organisation, RegisterEntry
from accreditation import seed_demo
from courses.models import Enrolment
from tests.factories.accounts import RegisterFactory, UserFactory
from tests.factories.courses import CourseFactory, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(monkeypatch) -> Iterator[None]:
    Organisation.objects.create(slug="demo-vereniging-verpleegkundigen", name="Demovereniging", kind="association")
    RegisterFactory(code="kwaliteitsregister-vv")
    for slug in ("demo-a", "demo-b"):
        released_course(course=CourseFactory(slug=slug, is_demo=True))
    monkeypatch.setattr(seed_demo, "COHORT", [("groningen", "vpk", 5), ("leiden", "vs-agz", 1)])


def completed_by(email: str) -> list[str]:
    rows = Enrolment.objects.filter(learner__email=f"{email}@demo.vakwijs.example").order_by("withdrawn_at")
    return [f"{row.withdrawn_at:%d-%m} {row.course.slug}" for row in rows]


@pytest.mark.parametrize(
    ("days", "first", "in_the_end"),
    [
        (["2026-01-10", "2026-02-10", "2026-02-20"], ["06-01 demo-a"], ["06-01 demo-a"]),
        (["2026-01-02", "2026-02-10", "2026-04-10", "2026-11-22"], ["02-01 demo-a"], ["02-01 demo-a", "07-03 demo-b"]),
    ],
)
def test_who_is_in_the_numbers_completes_each_course_once_a_year_whenever_the_demo_is_seeded(demo, days, first, in_the_end):
    with time_machine.travel(f"{days[0]} 10:00+01:00", tick=False):
        seed_demo.cohort()
    assert completed_by("deelnemer-01") == first

    for day in days[1:]:
        with time_machine.travel(f"{day} 10:00+01:00", tick=False):
            seed_demo.cohort()

    assert completed_by("deelnemer-01") == in_the_end
    assert len(completed_by("deelnemer-06")) == 1  # of a group too small for a second course


def test_an_account_of_the_demo_keeps_its_history_when_it_is_seeded_in_another_month(demo, monkeypatch):
    monkeypatch.setattr(seed_demo, "HISTORY", {"docent": [(0, 300), (1, 100)]})
    with time_machine.travel("2026-02-10 10:00+01:00", tick=False):
        teacher = UserFactory(email="docent@demo.vakwijs.example")
        seed_demo.history({"docent": teacher})
    told = completed_by("docent")
    assert len(told) == 2

    with time_machine.travel("2026-04-20 10:00+02:00", tick=False):
        seed_demo.history({"docent": teacher})

    assert completed_by("docent") == told


def test_people_of_an_earlier_demo_get_the_number_that_their_register_asks(demo):
    seed_demo.cohort()
    RegisterEntry.objects.all().delete()

    seed_demo.cohort()

    numbers = dict(RegisterEntry.objects.values_list("user__email", "number"))
    assert numbers == {f"deelnemer-0{n}@demo.vakwijs.example": f"1900000020{n}" for n in range(1, 6)}
