import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import get_language
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from wagtail.models import PageViewRestriction

from accounts.models import Role
from courses import activities
from courses.enrolment import withdraw
from courses.lessons import finish_lesson
from courses.models import CourseProgress, Enrolment, LessonPage, LessonProgress
from courses.route import ROUTES
from courses.work.judging import Verdict, judge
from lrs.models import Statement
from lrs.profiles import adl
from tests.factories.accounts import MembershipFactory, ProfessionFactory, UserFactory
from tests.factories.courses import CourseFactory, EnrolmentFactory, PlainKind, ThemeFactory, catalogue, drafted_course, released_course
from tests.factories.meetings import teacher_of
from tests.factories.work import course_with_work, handed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def enrolment(client):
    enrolment = EnrolmentFactory(release=released_course(lessons=3))
    client.force_login(enrolment.learner)
    return enrolment


def lesson_url(release, number):
    return f"/cursus/{release.course.slug}/les-{number}/"


# --- Lessons ---


def test_a_visitor_reads_the_first_lesson_as_a_taste_and_no_other(client):
    release = released_course()

    assertContains(client.get(lesson_url(release, 1)), "De tekst van les 1.")
    assertRedirects(client.get(lesson_url(release, 2)), f"/cursus/{release.course.slug}/?les=2#meedoen")
    assertContains(client.get(f"/cursus/{release.course.slug}/?les=2"), "Voor les 2 doe je eerst mee")


def test_someone_logged_in_who_does_not_take_part_reads_no_more_than_a_visitor(client):
    release = released_course()
    client.force_login(UserFactory())

    assert client.get(lesson_url(release, 2)).status_code == 302
    assert not Statement.objects.exists()


def test_whoever_left_reads_no_more(client, enrolment):
    assert client.get(lesson_url(enrolment.release, 2)).status_code == 200

    withdraw(enrolment=enrolment)

    assert client.get(lesson_url(enrolment.release, 2)).status_code == 302


def test_an_unpublished_course_is_open_only_to_who_follows_it(client, enrolment):
    course = enrolment.course
    course.unpublish()

    assert client.get(lesson_url(enrolment.release, 1)).status_code == 200
    client.logout()
    assert client.get(lesson_url(enrolment.release, 1)).status_code == 404


def test_a_lesson_that_is_not_in_the_release_is_not_found(client, enrolment):
    assert client.get(f"/cursus/{enrolment.course.slug}/bestaat-niet/").status_code == 404


def test_opening_a_lesson_twice_is_recorded_once(client, enrolment):
    client.get(lesson_url(enrolment.release, 1))
    client.get(lesson_url(enrolment.release, 1))

    assert Statement.objects.with_verb(adl.EXPERIENCED).count() == 1


def test_going_on_keeps_the_lesson_and_opens_the_next(client, enrolment):
    first, second, _ = enrolment.release.lessons.all()
    client.get(lesson_url(enrolment.release, 1))

    response = client.post(f"/leren/{enrolment.uuid}/les/{first.uuid}/")

    assertRedirects(response, lesson_url(enrolment.release, 2))
    assert LessonProgress.objects.get(lesson=first.uuid).viewed_at
    assertContains(client.get(lesson_url(enrolment.release, 1)), "Bewaard")
    assert LessonProgress.objects.get(lesson=second.uuid).viewed_at is None


def test_the_last_lesson_leads_to_how_it_stands(client, enrolment):
    for lesson in enrolment.release.lessons.all():
        response = client.post(f"/leren/{enrolment.uuid}/les/{lesson.uuid}/")

    assert response.url.endswith(f"/cursus/{enrolment.course.slug}/#klaar")
    assertContains(client.get(f"/cursus/{enrolment.course.slug}/"), "Je hebt deze cursus afgerond")
    assert CourseProgress.objects.get().satisfied_at


def test_nobody_finishes_a_lesson_for_another(client, enrolment):
    lesson = enrolment.release.lessons.first()
    client.force_login(UserFactory())

    assert client.post(f"/leren/{enrolment.uuid}/les/{lesson.uuid}/").status_code == 404
    assert client.get(f"/leren/{enrolment.uuid}/stoppen/").status_code == 404
    client.logout()
    assert client.post(f"/leren/{enrolment.uuid}/les/{lesson.uuid}/").status_code == 302
    assert not Statement.objects.with_verb(adl.COMPLETED).exists()


def test_a_learner_stays_in_their_release_when_a_newer_one_comes(client, enrolment):
    released_course(lessons=5, course=enrolment.course)

    assert client.get(lesson_url(enrolment.release, 3)).status_code == 200
    assert client.get(lesson_url(enrolment.release, 5)).status_code == 404


def test_a_lesson_takes_a_fixed_number_of_queries(client, enrolment, monkeypatch):
    monkeypatch.setitem(activities.KINDS, "h5p", PlainKind("h5p", {"answered"}))
    long = EnrolmentFactory(
        learner=enrolment.learner, release=released_course(lessons=30, activities=[{"key": f"a{n}", "kind": "h5p"} for n in range(3)])
    )

    def queries(release):
        client.get(lesson_url(release, 1))  # opened and remembered
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(lesson_url(release, 1)).status_code == 200
        return len(seen)

    assert queries(enrolment.release) == queries(long.release) <= 6


# --- The course page ---


def test_joining_asks_for_a_login_and_then_opens_the_first_lesson(client):
    release = released_course()
    url = f"/leren/meedoen/{release.course.uuid}/"
    assert "/account/login/" in client.get(url).url

    learner = UserFactory()
    client.force_login(learner)

    assertContains(client.get(url), "Doe mee met")
    assertRedirects(client.post(url), lesson_url(release, 1))
    assertRedirects(client.post(url), lesson_url(release, 1))
    assert Enrolment.objects.get().learner == learner


def test_a_course_without_a_release_cannot_be_joined(client):
    course = CourseFactory()
    client.force_login(UserFactory())

    response = client.post(f"/leren/meedoen/{course.uuid}/", follow=True)

    assertContains(response, "nog niet uitgebracht")
    assert not Enrolment.objects.exists()


def test_the_course_page_says_why_not_yet_with_the_next_step(client):
    release = released_course(
        activities=[{"key": "toets"}], completion={"all_of": [{"lessons_viewed": "all"}, {"passed": {"activity": "toets", "at_least": 70}}]}
    )
    enrolment = EnrolmentFactory(release=release)
    client.force_login(enrolment.learner)

    response = client.get(f"/cursus/{release.course.slug}/")

    assertContains(response, "Waarom ben ik nog niet klaar?")
    assertContains(response, "Haal minstens 70 % voor ‘Toets’")
    assertContains(response, f"/cursus/{release.course.slug}/les-2/#activity-{release.activities.get().uuid}")
    assertContains(response, "Ga verder met les 1")


def test_a_lesson_that_was_read_is_not_done_while_its_assignment_stands_open(client):
    enrolment = EnrolmentFactory(release=course_with_work(completion={"all_of": [{"judged_sufficient": "plan"}]}))
    lesson = enrolment.release.activities.get(key="plan").lesson
    finish_lesson(enrolment=enrolment, lesson=lesson)
    client.force_login(enrolment.learner)
    pages = [f"/cursus/{enrolment.course.slug}/", lesson_url(enrolment.release, 1)]

    for page in pages:
        shown = client.get(page).content.decode()
        assert "gelezen, nog niet alles gedaan" in shown
        assert 'vw-route__state">klaar' not in shown

    judge(submission=handed_in(enrolment=enrolment), judge=teacher_of(enrolment.course.organisation), verdict=Verdict(levels=[2, 2]))
    shown = client.get(pages[0]).content.decode()
    assert 'vw-route__state">klaar' in shown
    assert "gelezen, nog niet alles gedaan" not in shown


def test_leaving_keeps_the_record_and_joining_again_starts_afresh(client, enrolment):
    client.post(f"/leren/{enrolment.uuid}/les/{enrolment.release.lessons.first().uuid}/")

    client.post(f"/leren/{enrolment.uuid}/stoppen/")
    client.post(f"/leren/meedoen/{enrolment.course.uuid}/")

    again = Enrolment.objects.get(withdrawn_at=None)
    assert again != enrolment
    assert not again.lesson_progress.filter(viewed_at__isnull=False).exists()
    assert enrolment.lesson_progress.filter(viewed_at__isnull=False).count() == 1


# --- The catalogue ---


def test_the_catalogue_shows_what_can_be_joined(client):
    shown = released_course().course
    without_release = CourseFactory()
    hidden = released_course().course
    hidden.unpublish()

    response = client.get("/cursus/")

    assertContains(response, shown.title)
    assertNotContains(response, without_release.title)
    assertNotContains(response, hidden.title)


def test_the_catalogue_filters(client, settings):
    settings.COURSES_CREDIT_SOURCE = "tests.courses.test_pages.credit_of"
    nurse, talk = ProfessionFactory(code="vpk"), ThemeFactory(code="gesprek")
    wanted = CourseFactory(title="Gesprek over werk", theme=talk, form="blended", summary="Werk als medicijn")
    wanted.professions.set([nurse])
    wanted.save()
    released_course(course=wanted, lessons=20)
    released_course(course=CourseFactory(title="Iets anders", theme=ThemeFactory(name="Ander thema")))

    for query in [
        "zoek=medicijn",
        "zoek=gesprek+WERK",
        "zoek=les+20",
        "beroep=vpk",
        "thema=gesprek",
        "vorm=blended",
        "duur=middel",
        "register=vpr",
        "datum=geen&beroep=vpk",
    ]:
        response = client.get(f"/cursus/?{query}")
        assertContains(response, "Gesprek over werk", msg_prefix=query)
        assertNotContains(response, "Iets anders", msg_prefix=query)
    assertContains(client.get("/cursus/?zoek=xyz"), "Er past er nu geen")
    assertContains(client.get("/cursus/?beroep=onbekend"), "Iets anders")


def credit_of(courses):
    return (
        {courses[0]: [{"register": "vpr", "register_name": "Register", "points": 4, "category": "vakgericht", "id_number": "1"}]}
        if len(courses)
        else {}
    )


def test_the_catalogue_takes_as_many_queries_for_three_courses_as_for_one(client):
    released_course()
    client.get("/cursus/")

    def queries():
        ROUTES.clear()
        client.get("/cursus/bestaat-niet-maar-warmt-op")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/cursus/").status_code == 200
        return len(seen)

    one = queries()
    released_course()
    released_course()
    assert queries() == one


# --- Authors ---


def test_a_lesson_page_leads_to_where_learners_read_it(client):
    course = drafted_course()
    page = LessonPage.objects.descendant_of(course).first()
    module = page.get_parent()

    assert page.get_url() == f"/cursus/{course.slug}/{page.slug}/"
    assertRedirects(client.get(f"/cursus/{course.slug}/{module.slug}/{page.slug}/"), page.get_url(), fetch_redirect_response=False)


def test_an_author_previews_a_lesson_as_a_learner_without_recording(client, monkeypatch):
    monkeypatch.setitem(activities.KINDS, "reflection", PlainKind("reflection", {"answered"}))
    body = [
        {
            "type": "activity_reflection",
            "id": str(uuid.uuid4()),
            "value": {"key": "denk", "title": "Denk na", "minutes": 5, "intro": "", "prompt": "<p>Wat nu?</p>"},
        }
    ]
    course = drafted_course(body=body)
    page = LessonPage.objects.descendant_of(course).last()
    page.title = "Nog niet gepubliceerd"

    response = page.make_preview_request()

    assert "Nog niet gepubliceerd" in response.content.decode()
    assert "Er wordt niets bewaard" in response.content.decode()
    assert "Denk na" in response.content.decode()
    assert not Statement.objects.exists()


def test_only_who_owns_or_makes_a_course_sees_its_lessons_due_for_review(client):
    course = drafted_course()
    author = MembershipFactory(organisation=course.organisation, role=Role.AUTHOR).user
    outsider = MembershipFactory(role=Role.AUTHOR).user
    title = LessonPage.objects.descendant_of(course).first().title

    assert client.get("/docent/nakijken/").status_code == 302
    for person, sees in [(course.course_owner, True), (author, True), (outsider, False), (UserFactory(), False)]:
        client.force_login(person)
        assert (title in client.get("/docent/nakijken/").content.decode()) is sees


def test_the_catalogue_stands_at_its_address():
    assert catalogue().get_url() == "/cursus/"


def test_a_course_that_is_renamed_shows_its_new_name_above_its_lessons_at_once(client, enrolment):
    client.get(lesson_url(enrolment.release, 1))

    enrolment.course.title = "Nieuwe naam"
    enrolment.course.save()

    assertContains(client.get(lesson_url(enrolment.release, 1)), "Nieuwe naam")


def test_what_is_remembered_of_a_course_is_remembered_per_language(client, settings):
    settings.COURSES_CREDIT_SOURCE = "tests.courses.test_pages.credit_in_this_language"
    course = released_course().course

    assertContains(client.get(f"/cursus/{course.slug}/", headers={"accept-language": "nl"}), "Register in het nl")
    assertContains(client.get(f"/cursus/{course.slug}/", headers={"accept-language": "en"}), "Register in het en")


def credit_in_this_language(courses):
    name = f"Register in het {get_language()}"
    return {pk: [{"register": "vpr", "register_name": name, "points": 4, "category": "vakgericht", "id_number": "1"}] for pk in courses}


def test_a_course_page_that_is_not_published_is_not_found_and_a_restricted_one_asks_who_you_are(client):
    course = CourseFactory()
    assert client.get(f"/cursus/{course.slug}/").status_code == 200

    PageViewRestriction.objects.create(page=course, restriction_type=PageViewRestriction.LOGIN)
    assert client.get(f"/cursus/{course.slug}/").status_code == 302

    course.unpublish()
    assert client.get(f"/cursus/{course.slug}/").status_code == 404
