from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from courses.meetings.booking import book
from courses.models import CourseProgress
from courses.recording import record
from courses.templatetags.courses import percentage
from courses.work.judging import Verdict, judge
from lrs.profiles import adl
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.courses import EnrolmentFactory, released_course
from tests.factories.meetings import MeetingFactory, course_with_session, someone_with_role, teacher_of
from tests.factories.work import course_with_work, handed_in

pytestmark = pytest.mark.django_db


def home_of(person):
    client = Client()
    client.force_login(person)
    answer = client.get("/mijn/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_home_is_for_who_logged_in():
    assert Client().get("/mijn/").status_code == 302


def test_who_has_nothing_yet_gets_the_first_step():
    page = home_of(UserFactory())

    assert "Hier komt waar je gebleven bent" in page
    assert 'href="/cursus/"' in page
    for role in ("Als docent", "Accreditatie</h2>", "Cursussen die je maakt", "Leden en organisaties", "Toezicht"):
        assert role not in page


def test_one_goes_on_in_the_course_one_was_last_in():
    person = UserFactory()
    first, second = (EnrolmentFactory(learner=person, release=released_course(lessons=3)) for _ in range(2))
    record(enrolment=first, verb=adl.COMPLETED, subject=first.release.lessons.first(), at=timezone.now() - timedelta(hours=1))
    record(enrolment=second, verb=adl.COMPLETED, subject=second.release.lessons.first(), at=timezone.now() - timedelta(days=3))

    page = home_of(person)

    assert page.count("vw-button--primary") == 1
    assert f'class="vw-button vw-button--primary" href="/cursus/{first.course.slug}/les-2/"' in page
    far = f"{percentage(first.progress.share)} gedaan van alles wat de cursus vraagt"
    assert far.startswith("33")
    assert far in page
    client = Client()
    client.force_login(person)
    assert far in client.get(f"/cursus/{first.course.slug}/").content.decode()  # one number, wherever it stands
    assert "Ook mee bezig" in page


def test_a_course_one_was_only_marked_present_in_comes_after_the_one_one_works_in():
    person = UserFactory()
    mine, marked = (EnrolmentFactory(learner=person, release=released_course(lessons=3)) for _ in range(2))
    record(enrolment=mine, verb=adl.EXPERIENCED, subject=mine.release.lessons.first(), at=timezone.now() - timedelta(days=3))
    CourseProgress.objects.create(enrolment=marked, share=0.04, last_activity_at=timezone.now())

    page = home_of(person)

    assert f'class="vw-button vw-button--primary" href="/cursus/{mine.course.slug}/les-1/"' in page
    assert marked.course.title in page


def test_what_was_found_insufficient_waits_for_the_learner_and_what_is_with_the_teacher_does_not():
    work = handed_in()
    learner = work.enrolment.learner
    assert "Lever" not in home_of(learner)

    judge(submission=work, judge=teacher_of(work.enrolment.course.organisation), verdict=Verdict(levels=[0, 0]))

    assert "Lever een nieuwe versie in: Plan" in home_of(learner)


def test_the_next_meeting_is_shown_to_who_has_a_place():
    release = course_with_session()
    enrolment = EnrolmentFactory(release=release)
    meeting = MeetingFactory(release=release, title="Oefenmiddag")
    assert "Oefenmiddag" not in home_of(enrolment.learner)

    book(enrolment=enrolment, meeting=meeting)

    assert "Oefenmiddag" in home_of(enrolment.learner)


def test_a_teacher_sees_what_waits_and_nothing_of_another_organisation():
    work, other = handed_in(), handed_in()
    page = home_of(teacher_of(work.enrolment.course.organisation))

    assert f"/docent/werk/{work.uuid}/" in page
    assert f"/docent/werk/{other.uuid}/" not in page
    assert str(other.enrolment.learner) not in page


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (Role.TEACHER, "Als docent"),
        (Role.SUPERVISOR, "Als docent"),
        (Role.AUTHOR, "Cursussen die je maakt"),
        (Role.ACCREDITATION_ADMIN, "Accreditatie</h2>"),
        (Role.ASSOCIATION_ADMIN, "Leden en organisaties"),
        (Role.AUDITOR, "Toezicht"),
    ],
)
def test_each_role_finds_its_own_part(role, title):
    titles = {"Als docent", "Accreditatie</h2>", "Toezicht"}
    page = home_of(someone_with_role(role, OrganisationFactory()))

    assert title in page
    for other in titles - {title}:
        assert other not in page


def test_home_takes_as_many_queries_for_three_pieces_of_work_as_for_one(django_assert_max_num_queries):
    release = course_with_work()
    teacher = teacher_of(release.course.organisation)

    def queries():
        client = Client()
        client.force_login(teacher)
        client.get("/mijn/")
        with django_assert_max_num_queries(80) as captured:
            client.get("/mijn/")
        return len(captured)

    handed_in(enrolment=EnrolmentFactory(release=release))
    one = queries()
    for _ in range(2):
        handed_in(enrolment=EnrolmentFactory(release=release))

    assert queries() == one
