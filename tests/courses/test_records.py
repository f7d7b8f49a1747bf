"""What the pages about the records borrow from courses: titles and places, how somebody stands, and what a record led to."""

import uuid

import pytest
import time_machine
from django.test import Client

from accounts.models import Role
from courses.iris import course_iri, part_iri
from courses.models import ActivityProgress, LessonProgress, ReleaseActivity, ReleaseLesson
from courses.recording import record
from courses.records import course_choices, courses_of, effect_of, places_of, standing_of
from lrs.models import Source, Statement
from lrs.profiles import adl, vakwijs
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course
from tests.factories.lrs import a_statement
from tests.factories.meetings import course_with_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment():
    return EnrolmentFactory(release=course_with_session())


def lesson_of(enrolment):
    return ReleaseLesson.objects.filter(release=enrolment.release).order_by("order").first()


def session_of(enrolment):
    return ReleaseActivity.objects.get(release=enrolment.release, kind="session")


def effect(statement):
    return effect_of(Statement.objects.with_id(statement).get())


# --- What a record led to ---------------------------------------------------------------------------------------------------


def test_opening_a_lesson_is_not_completing_it_and_the_record_says_what_is_missing(enrolment):
    lesson = lesson_of(enrolment)
    opening = record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson)
    opened = effect(opening)
    assert not opened.counts
    assert "alleen geopend" in opened.text
    assert LessonProgress.objects.get().viewed_at is None

    completed = effect(record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson))

    assert completed.counts
    assert "afgerond sinds" in completed.text
    assert "met een andere vastlegging" in effect(opening).text
    assert LessonProgress.objects.get().viewed_at is not None


def test_a_lesson_that_a_browser_calls_completed_does_not_count(enrolment):
    said = effect(record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson_of(enrolment), source=Source.LEARNER_SESSION))

    assert not said.counts
    assert "alleen onze eigen server" in said.text
    assert not LessonProgress.objects.exists()


@pytest.mark.parametrize("verb", [adl.ANSWERED, adl.COMPLETED, adl.PASSED, adl.ATTENDED, adl.INTERACTED, vakwijs.EVALUATED, vakwijs.JUDGED])
@pytest.mark.parametrize("source", [Source.SERVER, Source.LEARNER_SESSION])
@pytest.mark.parametrize("success", [True, False])
def test_what_a_record_says_it_led_to_is_what_progress_made_of_it(enrolment, verb, source, success):
    result = {"success": success}
    said = effect(record(enrolment=enrolment, verb=verb, subject=session_of(enrolment), source=source, result=result))

    rows = ActivityProgress.objects.all()
    names = ("answered_at", "attended_at", "judged_sufficient_at", "evaluated_at")
    assert said.counts is any(getattr(row, name) is not None for row in rows for name in names), said.text
    assert said.text


def test_a_record_with_somebody_elses_enrolment_or_none_says_so(enrolment):
    other = UserFactory()
    iri = part_iri(enrolment.course.uuid, lesson_of(enrolment).uuid)
    cases = {
        "niet van deze persoon": {"registration": str(enrolment.uuid)},
        "geen inschrijving": {},
    }
    for words, context in cases.items():
        [said] = append(
            [a_statement(other.pseudonym, verb={"id": adl.COMPLETED}, object={"id": iri}, context=context)], source=Source.SERVER
        )
        assert words in effect(said).text
        assert not effect(said).counts
    assert not LessonProgress.objects.exists()


def test_a_record_about_something_else_or_about_nobody_we_know_counts_for_no_course(enrolment):
    [strange] = append([a_statement(enrolment.learner.pseudonym)], source=Source.SERVER)
    iri = course_iri(enrolment.course.uuid)
    [outside] = append([a_statement(actor={"mbox": "mailto:a@b.example"}, object={"id": iri})], source=Source.SERVER)

    assert "niet over een les" in effect(strange).text
    assert "weet niet van wie" in effect(outside).text


def test_a_record_about_another_course_than_the_enrolment_says_so(enrolment):
    other = released_course().course
    context = {"registration": str(enrolment.uuid)}
    [said] = append(
        [a_statement(enrolment.learner.pseudonym, object={"id": course_iri(other.uuid)}, context=context)], source=Source.SERVER
    )

    assert "een andere cursus" in effect(said).text
    assert enrolment.course.title in effect(said).text


# --- How somebody stands ------------------------------------------------------------------------------------------------------


def test_a_standing_names_each_lesson_and_each_requirement(enrolment):
    reader = MembershipFactory(organisation=enrolment.course.organisation, role=Role.ASSOCIATION_ADMIN).user
    lesson = lesson_of(enrolment)
    record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson)

    standing = standing_of(reader=reader, learner=enrolment.learner.pseudonym, course=course_iri(enrolment.course.uuid))

    part = next(part for part in standing.parts if part.iri == part_iri(enrolment.course.uuid, lesson.uuid))
    assert part.begun_at is not None
    assert part.done_at is None
    assert standing.done == 0
    assert standing.requirements
    assert standing.url == f"/docent/deelnemer/{enrolment.uuid}/"
    by_registration = standing_of(reader=reader, learner=enrolment.learner.pseudonym, registration=enrolment.uuid)
    assert by_registration == standing


def test_a_reader_who_may_not_see_learners_of_the_course_gets_no_way_in(enrolment):
    elsewhere = MembershipFactory(role=Role.ASSOCIATION_ADMIN).user

    assert standing_of(reader=elsewhere, learner=enrolment.learner.pseudonym, registration=enrolment.uuid).url == ""


def test_who_does_not_follow_the_course_has_no_standing(enrolment):
    reader, other = UserFactory(is_superuser=True), UserFactory()

    assert standing_of(reader=reader, learner=other.pseudonym, course=course_iri(enrolment.course.uuid)) is None
    assert standing_of(reader=reader, learner=other.pseudonym, registration=enrolment.uuid) is None
    assert standing_of(reader=reader, learner=enrolment.learner.pseudonym, course="https://a.example/") is None


# --- Titles and places ---------------------------------------------------------------------------------------------------------


def test_places_say_course_title_and_address(enrolment):
    course, lesson, session = enrolment.course, lesson_of(enrolment), session_of(enrolment)
    iris = [course_iri(course.uuid), part_iri(course.uuid, lesson.uuid), part_iri(course.uuid, session.uuid), "https://a.example/"]

    places = places_of([*iris, course_iri(uuid.uuid4())])

    assert [places[iri].title for iri in iris[:3]] == [course.title, lesson.title, session.title]
    assert {places[iri].course_title for iri in iris[:3]} == {course.title}
    assert places[iris[0]].url == f"/cursus/{course.slug}/"
    assert places[iris[1]].url == f"/cursus/{course.slug}/{lesson.slug}/"
    assert places[iris[2]].url.endswith(f"#activity-{session.uuid}")
    assert len(places) == 3


def test_places_cost_the_same_for_three_courses_as_for_one(django_assert_num_queries):
    courses = [released_course().course for _ in range(4)]
    places_of([course_iri(courses[3].uuid)])
    for chosen in (courses[:1], courses[:3]):
        from courses.route import ROUTES  # noqa: PLC0415 - what is remembered would hide the queries

        ROUTES.clear()
        with django_assert_num_queries(4):
            places_of(course_iri(course.uuid) for course in chosen)


def test_the_courses_to_choose_from_are_public_or_of_ones_own_organisation():
    here = OrganisationFactory()
    mine, draft, theirs = (CourseFactory(organisation=one) for one in (here, here, OrganisationFactory()))
    draft.unpublish()
    theirs.unpublish()

    found = {iri for iri, _title in course_choices(organisations=[here])}

    assert {course_iri(one.uuid) for one in (mine, draft)} <= found
    assert course_iri(theirs.uuid) not in found
    assert course_iri(theirs.uuid) in {iri for iri, _title in course_choices(organisations=None)}


def test_ones_courses_are_those_one_enrolled_in(enrolment):
    assert courses_of(learner=enrolment.learner) == [(course_iri(enrolment.course.uuid), enrolment.course.title)]
    assert courses_of(learner=UserFactory()) == []


# --- One's own records, by course and period -------------------------------------------------------------------------------------


def my_records(learner, **params):
    client = Client()
    client.force_login(learner)
    return client.get("/mijn/leerrecords/", params).content.decode()


def test_my_records_stand_under_their_course_and_lead_to_the_lesson(enrolment):
    lesson = lesson_of(enrolment)
    record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)

    page = my_records(enrolment.learner)

    assert f'<h3 class="vw-records__course">{enrolment.course.title}</h3>' in page
    assert f'<a href="/cursus/{enrolment.course.slug}/{lesson.slug}/">Je rondde ‘{lesson.title}’ af</a>' in page
    assert "/mijn/inzage/" in page
    assert "alleen dit kan punten opleveren" in page.lower()


def test_my_records_of_one_course_or_one_period(enrolment):
    other = EnrolmentFactory(release=released_course(), learner=enrolment.learner)
    with time_machine.travel("2026-03-31 21:59:00Z"):
        record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson_of(enrolment))
    with time_machine.travel("2026-03-31 22:01:00Z"):  # 1 April in Amsterdam
        record(enrolment=other, verb=adl.REGISTERED)

    def titles(**params):
        page = my_records(enrolment.learner, **params)
        return [one.course.title for one in (enrolment, other) if f">{one.course.title}</h3>" in page]

    both = [enrolment.course.title, other.course.title]
    assert titles() == both
    assert titles(cursus=course_iri(other.course.uuid)) == both[1:]
    assert titles(tot="2026-03-31") == both[:1]
    assert titles(vanaf="2026-04-01") == both[1:]
    assert titles(vanaf="2026-04-02") == []
    assert "Haal een filter weg" in my_records(enrolment.learner, vanaf="2026-04-02")
    assert "Kijk beide dagen na" in my_records(enrolment.learner, vanaf="2026-04-02", tot="2026-04-01")
