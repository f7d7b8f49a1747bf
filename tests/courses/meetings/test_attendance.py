from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.models import AuditEvent, Role
from courses.meetings.attendance import AttendanceRefused, hours_attended, mark, mark_all
from courses.meetings.booking import book
from courses.models import ActivityProgress, Attendance, CourseProgress
from courses.recording import record
from lrs.models import Source, Statement
from lrs.profiles import adl
from lrs.projections import rebuild
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session, someone_with_role, teacher_of

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
END = BEGIN + timedelta(hours=3)


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def meeting():
    # Two requirements, so that attending alone does not complete the course.
    release = course_with_session(completion={"all_of": [{"attended": "bijeenkomst"}, {"lessons_viewed": "all"}]})
    return MeetingFactory(release=release, starts_at=BEGIN)


@pytest.fixture
def enrolment(meeting):
    with time_machine.travel(BEGIN - timedelta(days=1), tick=False):
        made = EnrolmentFactory(release=meeting.course.releases.get())
        book(enrolment=made, meeting=meeting)
    return made


@pytest.fixture
def teacher(meeting):
    return teacher_of(meeting.course.organisation)


@pytest.fixture
def _afterwards():
    with time_machine.travel(END + timedelta(days=2), tick=False):
        yield


@pytest.mark.parametrize(("moment", "allowed"), [(BEGIN - timedelta(seconds=1), False), (BEGIN, True)])
def test_attendance_is_marked_from_the_minute_that_the_meeting_begins(meeting, enrolment, teacher, moment, allowed):
    with time_machine.travel(moment, tick=False):
        if allowed:
            mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)
        else:
            with pytest.raises(AttendanceRefused, match=r"zodra de bijeenkomst begint: 3 maart 2026 13:00"):
                mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)

    assert Attendance.objects.exists() is allowed
    assert ActivityProgress.objects.filter(attended_at__isnull=False).exists() is allowed


@pytest.mark.usefixtures("_afterwards")
def test_the_statement_tells_when_the_meeting_was_and_how_long_someone_was_there(meeting, enrolment, teacher):
    row = mark(meeting=meeting, enrolment=enrolment, present=True, hours=Decimal("2.5"), by=teacher)

    statement = Statement.objects.with_verb(adl.ATTENDED).get()
    assert (statement.uuid, statement.source, statement.timestamp) == (row.statement, Source.SERVER, END)
    assert statement.document["result"] == {"completion": False, "duration": "PT150M"}
    assert hours_attended(enrolment) == Decimal("2.5")
    assert AuditEvent.objects.get().dossier_owner == enrolment.learner


@pytest.mark.usefixtures("_afterwards")
@pytest.mark.parametrize(("hours", "met"), [("2.99", False), ("3", True), (None, True)])
def test_only_who_was_at_the_whole_meeting_meets_the_rule(meeting, enrolment, teacher, hours, met):
    mark(meeting=meeting, enrolment=enrolment, present=True, hours=Decimal(hours) if hours else None, by=teacher)

    assert ActivityProgress.objects.filter(attended_at=END).exists() is met


@pytest.mark.usefixtures("_afterwards")
def test_taking_attendance_back_adds_a_row_and_undoes_the_progress_also_when_replayed(meeting, enrolment, teacher):
    mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)
    mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)  # the same again changes nothing
    mark(meeting=meeting, enrolment=enrolment, present=False, by=teacher)

    assert list(Attendance.objects.values_list("present", flat=True)) == [True, False]
    assert Statement.objects.with_verb(adl.ATTENDED).get().voided
    assert not ActivityProgress.objects.exists()

    mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)
    before = progress()
    assert before[0][1] is not None
    rebuild(enrolment.learner.pseudonym)

    assert progress() == before
    assert hours_attended(enrolment) == 3


def progress():
    activities = list(ActivityProgress.objects.values_list("activity", "attended_at", "answered_at"))
    return [activities[0] if activities else None, *CourseProgress.objects.values_list("share", "last_activity_at", "satisfied_at")]


@pytest.mark.usefixtures("_afterwards")
def test_everyone_without_a_mark_is_present_at_once(meeting, enrolment, teacher):
    second = EnrolmentFactory(release=enrolment.release)
    meeting.bookings.create(enrolment=second)
    mark(meeting=meeting, enrolment=second, present=False, by=teacher)

    assert mark_all(meeting=meeting, by=teacher) == 1
    assert {row.enrolment_id: row.present for row in Attendance.objects.all()} == {enrolment.pk: True, second.pk: False}


@pytest.mark.usefixtures("_afterwards")
def test_only_a_teacher_of_this_organisation_marks_and_never_oneself(meeting, enrolment, teacher):
    organisation = meeting.course.organisation
    others = [teacher_of(MeetingFactory().course.organisation), someone_with_role(Role.SUPERVISOR, organisation), enrolment.learner]
    for other in others:
        with pytest.raises(AttendanceRefused):
            mark(meeting=meeting, enrolment=enrolment, present=True, by=other)
    own = EnrolmentFactory(release=enrolment.release, learner=teacher)
    meeting.bookings.create(enrolment=own)
    with pytest.raises(AttendanceRefused, match="niemand legt de eigen"):
        mark(meeting=meeting, enrolment=own, present=True, by=teacher)

    assert not Attendance.objects.exists()


@pytest.mark.usefixtures("_afterwards")
@pytest.mark.parametrize("hours", ["0", "-1", "3.01", "24"])
def test_nobody_was_there_longer_than_the_meeting_lasted(meeting, enrolment, teacher, hours):
    with pytest.raises(AttendanceRefused, match="hoogstens 3 uur"):
        mark(meeting=meeting, enrolment=enrolment, present=True, hours=Decimal(hours), by=teacher)


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_attendance_that_a_browser_reports_earns_nothing(enrolment, source):
    record(enrolment=enrolment, verb=adl.ATTENDED, subject=enrolment.release.activities.get(), source=source)

    assert not ActivityProgress.objects.exists()


def test_a_course_is_completed_on_the_day_of_what_was_last_not_of_what_was_marked_last(meeting, enrolment, teacher):
    """The meeting was in March; the last lesson in April; the teacher marks attendance in May."""
    lessons = list(enrolment.release.lessons.all())
    with time_machine.travel(END + timedelta(days=30), tick=False):
        for lesson in lessons:
            record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)
    with time_machine.travel(END + timedelta(days=60), tick=False):
        mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)

    assert Statement.objects.with_verb(adl.SATISFIED).get().timestamp == END + timedelta(days=30)
    assert CourseProgress.objects.get().satisfied_at == END + timedelta(days=30)
