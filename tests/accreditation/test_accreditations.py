from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from accounts.models import Role
from accreditation import expiry, jobs
from accreditation.editions import attended, first_attended
from accreditation.exports.pe_online.fields import problems
from accreditation.exports.pe_online.xml import calls
from accreditation.exports.rows import earned
from accreditation.history import picture, record_change
from accreditation.models import Accreditation, AccreditationEdition, AccreditationMeeting, ExpiryWarning, Job, LapseNotice, PointAward
from accreditation.points import Why, award_later, explain
from courses.meetings.attendance import mark
from courses.meetings.booking import add_participant
from courses.models import CourseProgress
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course
from tests.factories.meetings import MeetingFactory, course_with_session, teacher_of

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = count(1)


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def release(organisation):
    return course_with_session(course=CourseFactory(organisation=organisation))


@pytest.fixture
def register():
    return RegisterFactory(name="Kwaliteitsregister V&V", pe_online_org_id=52)


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


def present(release, register, *, on: date, teacher=None):
    """Somebody with a number in the register, who was at a meeting on this day and so completed the course."""
    start = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=register)
    meeting = MeetingFactory(release=release, starts_at=start, title=f"Dag {next(NUMBERS)}")
    add_participant(enrolment=enrolment, meeting=meeting)
    with time_machine.travel(start + timedelta(hours=4)):
        mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher or teacher_of(release.course.organisation))
    return enrolment, meeting


# --- granted before the first attendance -------------------------------------------------------------------------------


@pytest.mark.parametrize(("decided", "points"), [(date(2026, 3, 10), [4]), (date(2026, 3, 11), [])])
def test_who_was_there_before_the_register_decided_earns_nothing_and_reads_why(release, register, decided, points):
    accredited(release=release, register=register, decided_on=decided)

    enrolment, _meeting = present(release, register, on=date(2026, 3, 10))

    assert [award.points for award in PointAward.objects.all()] == points
    if not points:
        assert award_later(enrolments=[enrolment]) == []
        [outcome] = explain(enrolment=enrolment)
        assert outcome.why == Why.BEFORE_THE_GRANT
        assert "11 maart 2026" in outcome.text
        assert "10 maart 2026" in outcome.text


def test_the_first_meeting_decides_not_the_day_of_completion(release, register):
    accreditation = accredited(release=release, register=register, decided_on=date(2026, 3, 20))
    enrolment, _meeting = present(release, register, on=date(2026, 3, 10))
    assert first_attended([enrolment]) == {enrolment.pk: date(2026, 3, 10)}
    assert not PointAward.objects.exists()

    Accreditation.objects.filter(pk=accreditation.pk).update(decided_on=date(2026, 3, 1))
    award_later(enrolments=[enrolment])

    assert PointAward.objects.get().learner == enrolment.learner


def test_the_administrator_sees_who_was_too_early(client, manager, release, register):
    accreditation = accredited(release=release, register=register, decided_on=date(2026, 3, 20))
    early, _meeting = present(release, register, on=date(2026, 3, 10))
    later, _meeting = present(release, register, on=date(2026, 3, 20))
    client.force_login(manager)

    page = client.get(reverse("accreditation:accreditation", args=[accreditation.pk])).content.decode()

    assert "Aanwezig voor de toekenning" in page
    assert str(early.learner) in page
    assert str(later.learner) not in page


# --- editions and meetings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("course_type", "fields"),
    [
        (1, ["PEEditionID", "externalMeetingID"]),
        (4, ["PEEditionID"]),
        (2, ["endDate"]),
    ],
)
def test_a_report_names_the_edition_and_the_meeting_where_someone_was(release, register, course_type, fields):
    accreditation = accredited(release=release, register=register, course_type=course_type)
    _enrolment, meeting = present(release, register, on=date(2026, 3, 10))
    edition = AccreditationEdition.objects.create(accreditation=accreditation, name="Voorjaar", pe_edition_id=77)
    AccreditationMeeting.objects.create(accreditation=accreditation, edition=edition, meeting=meeting, external_meeting_id="M-1")

    assert problems(accreditation) == []
    [call] = calls(earned([accreditation]))

    xml = call.content.decode()
    shown = [name for name in ("PEEditionID", "externalMeetingID", "endDate") if f"<{name}>" in xml]
    assert shown == fields
    if course_type == 1:
        assert "<PEEditionID>77</PEEditionID>" in xml
        assert "<externalMeetingID>M-1</externalMeetingID>" in xml


def test_two_meetings_that_count_one_by_one_are_two_rows_and_one_edition_is_one(release, register):
    accreditation = accredited(release=release, register=register, course_type=1)
    enrolment, first = present(release, register, on=date(2026, 3, 10))
    second = MeetingFactory(release=release, starts_at=datetime(2026, 3, 17, 12, tzinfo=UTC), title="Tweede dag")
    add_participant(enrolment=enrolment, meeting=second)
    with time_machine.travel(datetime(2026, 3, 17, 16, tzinfo=UTC)):
        mark(meeting=second, enrolment=enrolment, present=True, by=teacher_of(release.course.organisation))
    edition = AccreditationEdition.objects.create(accreditation=accreditation, name="Voorjaar", external_edition_id="V26")
    for number, meeting in enumerate([first, second]):
        AccreditationMeeting.objects.create(accreditation=accreditation, edition=edition, meeting=meeting, pe_meeting_id=number + 1)

    assert [place.pe_meeting_id for place in attended(accreditation=accreditation, enrolments=[enrolment.pk])[enrolment.pk]] == [1, 2]
    assert sum(call.rows for call in calls(earned([accreditation]))) == 2

    Accreditation.objects.filter(pk=accreditation.pk).update(course_type=4)
    assert sum(call.rows for call in calls(earned([Accreditation.objects.get()]))) == 1


def test_an_edition_without_a_number_is_told_before_anything_is_sent(release, register):
    accreditation = accredited(release=release, register=register, course_type=1)
    _enrolment, meeting = present(release, register, on=date(2026, 3, 10))
    edition = AccreditationEdition.objects.create(accreditation=accreditation, name="Voorjaar")
    AccreditationMeeting.objects.create(accreditation=accreditation, edition=edition, meeting=meeting)

    assert len(problems(accreditation)) == 2


def test_an_administrator_places_meetings_and_what_was_typed_wrong_is_kept(client, manager, release, register):
    accreditation = accredited(release=release, register=register, course_type=1)
    meeting = MeetingFactory(release=release)
    client.force_login(manager)
    address = reverse("accreditation:editions", args=[accreditation.pk])
    forms = {"edities-TOTAL_FORMS": 1, "edities-INITIAL_FORMS": 0}

    wrong = client.post(
        address, {**forms, "edities-0-name": "Voorjaar", "edities-0-pe_edition_id": 5, "edities-0-external_edition_id": "X-TYPED"}
    )
    assert wrong.status_code == 422
    assert "X-TYPED" in wrong.content.decode()
    assert "niet allebei" in wrong.content.decode()
    assert client.post(address, {**forms, "edities-0-name": "Voorjaar", "edities-0-pe_edition_id": 5}).status_code == 302
    edition = AccreditationEdition.objects.get()
    key = f"bijeenkomst-{meeting.pk}"
    saved = {
        "edities-TOTAL_FORMS": 1,
        "edities-INITIAL_FORMS": 1,
        "edities-0-id": edition.pk,
        "edities-0-name": "Voorjaar",
        "edities-0-pe_edition_id": 5,
    }
    client.post(address, {**saved, f"{key}-edition": edition.pk, f"{key}-pe_meeting_id": 9})

    assert [(row.edition, row.meeting, row.pe_meeting_id) for row in AccreditationMeeting.objects.all()] == [(edition, meeting, 9)]
    assert [line["field"] for change in accreditation.changes.all() for line in change.changes] == ["editions", "editions"]


# --- history -----------------------------------------------------------------------------------------------------------


def test_a_change_says_what_was_and_what_is_and_nothing_when_nothing_changed(release, register, manager):
    accreditation = accredited(release=release, register=register, points=4)
    before = picture(accreditation)
    assert record_change(accreditation=accreditation, before=before, actor=manager) is None

    accreditation.valid_until = date(2027, 6, 30)
    accreditation.save()
    accreditation.points.update(points=Decimal(6))
    change = record_change(accreditation=accreditation, before=before, actor=manager)

    assert change.changes == [
        {"field": "valid_until", "label": "geldig tot en met", "before": "31 december 2026", "after": "30 juni 2027"},
        {"field": "points", "label": "punten", "before": "Geaccrediteerde scholing: 4", "after": "Geaccrediteerde scholing: 6"},
    ]


# --- ending ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ending(release, register, manager):
    """Valid until the last day of 2026."""
    return accredited(release=release, register=register, id_number="512345")


def warned_on(*days):
    """The subjects of the mails that leave when the clock stands at noon on each of these days."""
    for day in days:
        with time_machine.travel(datetime(day.year, day.month, day.day, 11, tzinfo=UTC)):
            expiry.warn()
            expiry.warn()
    return [message.subject for message in mail.outbox]


def test_administrators_hear_it_90_30_and_7_days_before_once_each(ending, manager):
    found = warned_on(*(date(2026, 12, 31) - timedelta(days=days) for days in (91, 90, 89, 31, 30, 29, 8, 7, 6, 0, -1)))

    assert [subject.split(":")[0] for subject in found] == [
        "Accreditatie loopt over 90 dagen af",
        "Accreditatie loopt over 30 dagen af",
        "Accreditatie loopt over 7 dagen af",
    ]
    assert {address for message in mail.outbox for address in message.to} == {manager.email}


def test_the_day_is_counted_in_amsterdam(ending):
    with time_machine.travel(datetime(2026, 10, 1, 21, 30, tzinfo=UTC)):  # 23:30 on the 1st: 91 days
        assert expiry.warn() == 0
    with time_machine.travel(datetime(2026, 10, 1, 22, 30, tzinfo=UTC)):  # 00:30 on the 2nd: 90 days
        assert expiry.warn() == 1


def test_after_a_pause_one_mail_is_enough_and_an_extension_begins_anew(ending):
    assert len(warned_on(date(2026, 12, 28))) == 1
    Accreditation.objects.update(valid_until=date(2027, 12, 31))

    assert len(warned_on(date(2027, 1, 1))) == 1
    assert len(warned_on(date(2027, 10, 2))) == 2
    assert ExpiryWarning.objects.count() == 4


def test_an_accreditation_that_another_follows_warns_nobody(ending, release, register):
    following = accredited(release=release, register=register, valid_from=date(2027, 1, 2), valid_until=date(2027, 12, 31))
    assert len(warned_on(date(2026, 12, 28))) == 1  # a day between them is a day without points
    mail.outbox.clear()
    ExpiryWarning.objects.all().delete()
    Accreditation.objects.filter(pk=following.pk).update(valid_from=date(2027, 1, 1))

    assert warned_on(date(2026, 12, 28)) == []


def test_learners_in_the_course_hear_what_they_can_still_earn_and_then_that_it_is_over(client, ending, release, register, organisation):
    learner = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=learner.learner, register=register)
    done = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=done.learner, register=register)
    CourseProgress.objects.create(
        enrolment=done, share=1, last_activity_at=datetime(2026, 6, 1, tzinfo=UTC), satisfied_at=datetime(2026, 6, 1, tzinfo=UTC)
    )
    EnrolmentFactory(release=release)  # in no register

    def mailed():
        return [
            (message.to[0], message.body.split("\n")[0])
            for message in mail.outbox
            if "deelnemer" not in message.subject and "punten" in message.subject
        ]

    warned_on(date(2026, 11, 30))
    assert mailed() == []
    warned_on(date(2026, 12, 1), date(2026, 12, 20))
    [(address, text)] = mailed()
    assert address == learner.learner.email
    assert "uiterlijk op 31 december 2026" in text
    assert "4 punten" in text
    with time_machine.travel(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)):
        client.force_login(learner.learner)
        assert "uiterlijk op 31 december 2026" in client.get(release.course.url).content.decode()

    warned_on(date(2027, 1, 1), date(2027, 1, 2))

    assert len(mailed()) == 2
    assert "liep af op 31 december 2026" in mailed()[1][1]
    with time_machine.travel(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):
        client.force_login(learner.learner)
        assert "brengt hij geen punten meer" in client.get(release.course.url).content.decode()
    assert [job.state for job in Job.objects.filter(kind="tell-learners")] == [Job.State.DONE, Job.State.DONE]


def test_telling_learners_goes_on_after_a_crash_and_tells_nobody_twice(ending, release, register, monkeypatch):
    enrolments = [EnrolmentFactory(release=release) for _number in range(5)]
    for enrolment in enrolments:
        RegisterEntryFactory(user=enrolment.learner, register=register)
    told = []

    def tell(enrolment, accreditation, *, lapsed):
        if len(told) == 3 and "died" not in told:
            told.append("died")
            raise KeyboardInterrupt
        told.append(enrolment.pk)

    monkeypatch.setattr(expiry, "_tell", tell)
    with time_machine.travel(datetime(2026, 12, 10, tzinfo=UTC)):
        with pytest.raises(KeyboardInterrupt):
            expiry.warn()
        jobs.run(Job.objects.get().pk, take_over=True)

    assert [one for one in told if one != "died"] == [enrolment.pk for enrolment in enrolments]
    assert LapseNotice.objects.count() == 5


def test_an_example_warns_nobody_in_an_installation_for_real(release, register, manager, settings):
    settings.DEMO = False
    accredited(release=release, register=register, is_demo=True)

    assert warned_on(date(2026, 12, 28)) == []


def test_a_course_of_reading_alone_needs_no_meetings(register, organisation):
    release = released_course(course=CourseFactory(organisation=organisation))
    accreditation = accredited(release=release, register=register, decided_on=date(2026, 6, 2))
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=register)
    satisfy(enrolment, at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert not PointAward.objects.exists()
    assert attended(accreditation=accreditation, enrolments=[enrolment.pk]) == {}
