from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from courses.meetings.attendance import mark
from courses.meetings.booking import book
from courses.models import Attendance, Booking, Meeting
from tests.factories.accounts import UserFactory
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session, someone_with_role, teacher_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def meeting():
    return MeetingFactory(video_link="https://video.example/geheim", bring="Een casus")


@pytest.fixture
def enrolment(meeting):
    return EnrolmentFactory(release=meeting.course.releases.get())


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


TEACHER_PAGES = ["", "wijzigen/", "presentielijst/"]
TEACHER_ACTS = ["afgelasten/", "aanwezigheid/", "iedereen-aanwezig/", "deelnemer-toevoegen/"]


@pytest.mark.parametrize("part", [*TEACHER_PAGES, *TEACHER_ACTS])
def test_meetings_of_others_do_not_exist_and_the_pages_are_for_teachers(meeting, enrolment, part):
    address = f"/docent/bijeenkomsten/{meeting.uuid}/{part}"

    def status(client):
        return (client.post if part in TEACHER_ACTS else client.get)(address).status_code

    organisation = meeting.course.organisation
    assert status(Client()) == 302
    assert status(logged_in(enrolment.learner)) == 403
    for role in (Role.AUTHOR, Role.SUPERVISOR, Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR):
        assert status(logged_in(someone_with_role(role, organisation))) == 403
    assert status(logged_in(teacher_of(MeetingFactory().course.organisation))) == 404
    assert status(logged_in(teacher_of(organisation))) in {200, 302, 400}


@pytest.mark.parametrize("part", ["aanmelden/", "afmelden/", "bijeenkomst.ics"])
def test_a_place_is_for_who_follows_the_course(meeting, part):
    address = f"/leren/bijeenkomst/{meeting.uuid}/{part}"

    def status(client):
        return (client.get if part.endswith("ics") else client.post)(address).status_code

    assert status(Client()) == 302
    assert status(logged_in(UserFactory())) == 404
    assert not Booking.objects.exists()


def test_the_calendar_file_with_the_link_is_only_for_who_has_a_place(meeting, enrolment):
    client = logged_in(enrolment.learner)
    address = f"/leren/bijeenkomst/{meeting.uuid}/bijeenkomst.ics"
    assert client.get(address).status_code == 404

    client.post(f"/leren/bijeenkomst/{meeting.uuid}/aanmelden/")
    file = client.get(address)

    assert file["Content-Type"].startswith("text/calendar")
    assert "https://video.example/geheim" in file.content.decode().replace("\r\n ", "")
    assert meeting.starts_at.strftime("DTSTART:%Y%m%dT%H%M%SZ") in file.content.decode()


def test_the_waiting_list_does_not_see_the_link(meeting):
    release = meeting.course.releases.get()
    meeting.capacity = 1
    meeting.save()
    book(enrolment=EnrolmentFactory(release=release), meeting=meeting)
    waiting = EnrolmentFactory(release=release)
    book(enrolment=waiting, meeting=meeting)

    assert logged_in(waiting.learner).get(f"/leren/bijeenkomst/{meeting.uuid}/bijeenkomst.ics").status_code == 404


def test_a_teacher_plans_a_meeting_in_amsterdam_time():
    release = course_with_session()
    teacher = teacher_of(release.course.organisation)
    client = logged_in(teacher)
    session = release.activities.get()
    assert session.title in client.get("/docent/bijeenkomsten/nieuw/").content.decode()
    day = timezone.localdate() + timedelta(days=30)
    filled_in = {
        "session": str(session.uuid),
        "day": day.isoformat(),
        "begins": "13:00",
        "ends": "12:00",
        "place": "Utrecht",
        "teachers": [teacher.pk],
    }

    refused = client.post("/docent/bijeenkomsten/nieuw/", filled_in)
    assert refused.status_code == 400
    assert "eindigt na het begin" in refused.content.decode()
    assert 'value="Utrecht"' in refused.content.decode()

    client.post("/docent/bijeenkomsten/nieuw/", {**filled_in, "ends": "16:00"})
    meeting = Meeting.objects.get()
    assert timezone.localtime(meeting.starts_at).strftime("%H:%M") == "13:00"
    assert (meeting.activity, meeting.organisation, list(meeting.teachers.all())) == (session.uuid, release.course.organisation, [teacher])


def test_a_teacher_cannot_plan_for_a_course_of_another_organisation():
    own, other = course_with_session(), course_with_session()
    client = logged_in(teacher_of(own.course.organisation))

    answer = client.post(
        "/docent/bijeenkomsten/nieuw/",
        {"session": str(other.activities.get().uuid), "day": "2030-01-01", "begins": "10:00", "ends": "11:00", "place": "x"},
    )

    assert answer.status_code == 200
    assert not Meeting.objects.exists()


def test_marking_on_a_phone_answers_with_the_row_alone(meeting, enrolment):
    book(enrolment=enrolment, meeting=meeting)
    Meeting.objects.update(starts_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=2))
    client = logged_in(teacher_of(meeting.course.organisation))
    address = f"/docent/bijeenkomsten/{meeting.uuid}/aanwezigheid/"

    row = client.post(address, {"enrolment": enrolment.uuid, "present": "ja", "hours": "2,5"}, headers={"HX-Request": "true"})
    whole = client.post(address, {"enrolment": enrolment.uuid, "present": "nee"})

    assert row.content.decode().lstrip().startswith("<li")
    assert "2,5 uur" in row.content.decode()
    assert whole.status_code == 302
    assert list(Attendance.objects.values_list("present", flat=True)) == [True, False]


def test_marking_all_says_how_many_and_does_not_call_nobody_a_success(meeting, enrolment):
    book(enrolment=enrolment, meeting=meeting)
    Meeting.objects.update(starts_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=2))
    teacher = logged_in(teacher_of(meeting.course.organisation))

    first, again = (
        teacher.post(f"/docent/bijeenkomsten/{meeting.uuid}/iedereen-aanwezig/", follow=True).content.decode() for _time in range(2)
    )

    assert "1 deelnemer staat nu als aanwezig." in first
    assert "er is niets veranderd" in again
    assert "nu als aanwezig" not in again


def test_the_list_takes_as_many_queries_for_three_participants_as_for_one(meeting, django_assert_max_num_queries):
    client = logged_in(teacher_of(meeting.course.organisation))
    release = meeting.course.releases.get()

    def queries():
        with django_assert_max_num_queries(40) as captured:
            client.get(f"/docent/bijeenkomsten/{meeting.uuid}/")
            client.get("/docent/bijeenkomsten/")
        return len(captured)

    book(enrolment=EnrolmentFactory(release=release), meeting=meeting)
    one = queries()
    for _ in range(2):
        book(enrolment=EnrolmentFactory(release=release), meeting=meeting)
    MeetingFactory(release=release)

    assert queries() == one


def test_the_lesson_shows_place_and_link_only_with_a_place(meeting, enrolment):
    client = logged_in(enrolment.learner)
    lesson = f"/cursus/{meeting.course.slug}/les-2/"

    before = client.get(lesson).content.decode()
    book(enrolment=enrolment, meeting=meeting)
    after = client.get(lesson).content.decode()

    assert "Meld je aan" in before
    assert "https://video.example/geheim" not in before
    assert "https://video.example/geheim" in after
    assert "Een casus" in after


def test_who_was_there_in_part_reads_why_it_does_not_count_and_can_choose_another_date(meeting, enrolment):
    other = MeetingFactory(release=enrolment.release, starts_at=timezone.now() + timedelta(days=9))
    book(meeting=meeting, enrolment=enrolment)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=timezone.now() - timedelta(hours=3), ends_at=timezone.now() - timedelta(hours=1))
    meeting.refresh_from_db()
    mark(meeting=meeting, enrolment=enrolment, present=True, hours=Decimal(1), by=teacher_of(meeting.course.organisation))

    page = logged_in(enrolment.learner).get(f"/cursus/{meeting.course.slug}/les-2/").content.decode()

    assert "Er staat 1 uur voor je vast. Voor deze cursus telt een hele bijeenkomst." in page
    assert f"/leren/bijeenkomst/{other.uuid}/aanmelden/" in page
