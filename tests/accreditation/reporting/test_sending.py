"""What waits in the outbox reaches the register once, or says why not, whatever the other side does."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection as database
from django.utils import timezone

from accounts.models import AuditEvent
from accreditation.big_register import checking, claims, reviewing
from accreditation.big_register.matching import Match
from accreditation.models import (
    AccreditationEdition,
    AccreditationMeeting,
    BigCheck,
    NumberClaim,
    PointAward,
    RegisterConnection,
    Report,
    ReportAttempt,
    ReportCall,
    ReportingTerm,
)
from accreditation.points import correct, undo
from accreditation.reporting import explanations, files, outbox, sending, transport, waking
from accreditation.reporting.connections import send_tested
from accreditation.reporting.transport import Sealed, login_of
from courses.meetings.attendance import mark
from courses.meetings.booking import add_participant
from tests.accreditation.racing import at_once
from tests.factories.accounts import UserFactory
from tests.factories.meetings import MeetingFactory, course_with_session, teacher_of
from tests.factories.reports import AT, KEY, USER, a_connection, a_register, an_accreditation, awards

State, Outcome, Reason = Report.State, ReportAttempt.Outcome, RegisterConnection.Reason
pytestmark = pytest.mark.django_db


def queued(of, count=3, **fields):
    """People with points, and all of them in the outbox."""
    return outbox.queue(awards=awards(of, count, **fields), actor=None).new


def numbers(count, first=100001):
    return [str(first + n) for n in range(count)]


def states():
    return dict(Counter(Report.objects.values_list("state", flat=True)))


def send_until_done(connection, *, most=40):
    """Turn after turn, each at the moment the connection next tries."""
    for _turn in range(most):
        connection.refresh_from_db()
        if connection.id not in waking.waiting() and connection.retry_at is None:
            return
        with time_machine.travel((connection.retry_at or timezone.now()) + timedelta(seconds=1), tick=True):
            sending.send(connection.pk)
    raise AssertionError("it never ended")


@pytest.mark.parametrize("way", ["post", "soap"])
def test_attendance_reaches_the_register_by_form_and_by_soap(stand_in, way):
    of = an_accreditation()
    service = stand_in(of, numbers(3))
    connection = a_connection(of, service.address, transport=way)
    queued(of)

    run = sending.send(connection.pk)

    assert (run.sent, run.accepted, run.rejected, run.more) == (3, 3, 0, False)
    assert states() == {"accepted": 3}
    assert [one.way for one in service.received] == [way]
    assert set(service.register) == {("52", number, "9471", "2026-06-01T12:00:00+00:00") for number in numbers(3)}
    assert list(ReportAttempt.objects.values_list("outcome", flat=True)) == ["accepted"] * 3


def test_at_most_a_hundred_go_in_a_call_and_the_rest_follows(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(230))
    connection = a_connection(of, service.address)
    queued(of, 230)

    sending.send(connection.pk)

    assert [one.rows for one in service.received] == [100, 100, 30]
    assert states() == {"accepted": 230}
    assert set(service.register.values()) == {1}


def test_a_call_is_for_one_org_id(stand_in):
    of = an_accreditation()
    other = an_accreditation(register=of.register, release=of.releases.get(), external_course_id="cursus-2")
    type(other).objects.filter(pk=other.pk).update(org_id=53)
    service = stand_in(of, numbers(2))
    connection = a_connection(of, service.address)
    queued(of, 1)
    queued(other, 1, first=200001)

    sending.send(connection.pk)

    assert [body.count("<Attendance>") for body in service.bodies] == [1, 1]
    assert sorted(body.partition("<orgID>")[2][:2] for body in service.bodies) == ["52", "53"]


# --- Whose rejection is it -------------------------------------------------------------------------------------------------


def test_a_refused_row_gets_its_own_text_and_the_others_are_accepted_once(stand_in):
    """The manual calls the first row "regel 2": whoever trusts that number blames the wrong person."""
    of = an_accreditation()
    known = [number for number in numbers(5) if number != "100002"]
    service = stand_in(of, known)
    service.world.unregistered = {"100004"}
    connection = a_connection(of, service.address)
    queued(of, 5)

    sending.send(connection.pk)

    assert states() == {"accepted": 3, "rejected": 2}
    texts = dict(Report.objects.filter(state="rejected").values_list("number", "text"))
    assert texts["100002"] == "Professional bestaat niet in PE"
    assert "registratie kan plaatsvinden" in texts["100004"]
    assert not any("regel" in text for text in texts.values())
    assert [one.rows for one in service.received] == [5, 1, 1], "two messages and two people: each is asked about alone"
    assert set(service.register.values()) == {1}


def test_one_refused_row_or_one_text_for_all_needs_no_second_call(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(1))
    connection = a_connection(of, service.address)
    queued(of, 4)

    sending.send(connection.pk)

    assert [one.rows for one in service.received] == [4]
    assert states() == {"accepted": 1, "rejected": 3}
    assert set(Report.objects.filter(state="rejected").values_list("code", "text")) == {("100", "Professional bestaat niet in PE")}


def test_a_row_that_may_have_been_accepted_under_another_spelling_is_asked_about_alone(stand_in, monkeypatch):
    of = an_accreditation()
    service = stand_in(of, numbers(2))
    plain = service.answer
    service.answer = lambda *a: (lambda s, k, t: (s, k, t.replace("<course>cursus-1<", "<course>CURSUS 1<")))(*plain(*a))
    connection = a_connection(of, service.address)
    queued(of, 2)

    sending.send(connection.pk)

    assert states() == {"accepted": 2}
    assert [one.rows for one in service.received] == [2, 1, 1]
    assert len(service.register) == 2


def test_two_meetings_of_one_course_never_go_in_one_call(stand_in):
    """Their answers would be the same: person and course, and no moment."""
    first = an_accreditation(course_type=1, external_edition_id="najaar", external_meeting_id="dag-1")
    fields = {"course_type": 1, "external_course_id": "cursus-1", "external_edition_id": "najaar", "external_meeting_id": "dag-2"}
    second = an_accreditation(register=first.register, release=first.releases.get(), **fields)
    service = stand_in(first, numbers(1), editions={"najaar": ["dag-1", "dag-2"]})
    connection = a_connection(first, service.address)
    made = awards(first, 1)
    award = made[0]
    outbox.queue(awards=made, actor=None)
    again = PointAward.objects.create(
        learner=award.learner,
        register=award.register,
        register_number=award.register_number,
        accreditation=second,
        category=award.category,
        enrolment=award.enrolment,
        points=Decimal(4),
        completed_at=AT,
        awarded_on=AT.date(),
    )
    outbox.queue(awards=[again], actor=None)

    sending.send(connection.pk)

    assert [one.rows for one in service.received] == [1, 1]
    assert states() == {"accepted": 2}
    assert not any("endDate" in body for body in service.bodies), "forbidden for a physical course"


# --- A service that misbehaves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["down", "nonsense", "wrong_xml", "hangs_up", "slow"])
def test_a_service_that_misbehaves_gets_it_again_later_and_nothing_twice(stand_in, settings, mode):
    settings.OUTGOING_SECONDS = 0.4
    of = an_accreditation()
    service = stand_in(of, numbers(3))
    service.mode, service.seconds = mode, 0.8
    connection = a_connection(of, service.address)
    queued(of, 3)

    sending.send(connection.pk)

    connection.refresh_from_db()
    assert states() == {"waiting": 3}
    assert connection.state == "active"
    assert connection.failures == 1
    assert timedelta(seconds=50) < connection.retry_at - timezone.now() < timedelta(seconds=70)
    assert sending.send(connection.pk).busy, "not before its time"

    service.mode = "ok"
    send_until_done(connection)

    assert states() == {"accepted": 3}
    assert len(service.register) == 3
    connection.refresh_from_db()
    assert (connection.failures, connection.retry_at, connection.reason) == (0, None, "")


def test_back_off_doubles_up_to_six_hours_and_a_report_is_given_up_after_eight_times(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(1))
    service.mode = "nonsense"
    connection = a_connection(of, service.address)
    queued(of, 1)
    waits = []
    with time_machine.travel(datetime(2026, 6, 2, tzinfo=UTC), tick=False) as clock:
        for _time in range(8):
            sending.send(connection.pk)
            connection.refresh_from_db()
            waits.append((connection.retry_at - timezone.now()).total_seconds())
            clock.move_to(connection.retry_at + timedelta(seconds=1))

        assert states() == {"dead": 1}
        assert [round(wait / 60) for wait in waits[:4]] == pytest.approx([1, 2, 4, 8], abs=1)
        assert max(waits) <= 6 * 3600 * 1.1
        report = Report.objects.get()
        assert "Onderhoud" in report.text
        assert report.attempts == 8
        service.mode = "ok"
        assert outbox.again(reports=Report.objects.all(), actor=UserFactory()) == 1
        sending.send(connection.pk)
    assert states() == {"accepted": 1}


def test_one_report_that_chokes_the_service_does_not_hold_up_the_others(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(6))
    plain = service.answer
    service.answer = lambda path, body, *more: (503, "text/html", "stuk") if "100003" in body else plain(path, body, *more)
    connection = a_connection(of, service.address)
    queued(of, 6)

    with time_machine.travel(datetime(2026, 6, 2, tzinfo=UTC), tick=False) as clock:
        for _turn in range(40):
            sending.send(connection.pk)
            connection.refresh_from_db()
            clock.move_to((connection.retry_at or timezone.now()) + timedelta(seconds=1))

    assert states() == {"accepted": 5, "dead": 1}
    assert Report.objects.get(state="dead").number == "100003"


def test_a_wrong_key_stops_the_connection_and_keeps_every_report(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(2))
    service.world.providers = {USER: "een-andere"}
    connection = a_connection(of, service.address)
    queued(of, 2)

    sending.send(connection.pk)

    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("paused", Reason.KEY_REFUSED)
    assert states() == {"waiting": 2}
    assert sending.send(connection.pk).busy


def test_a_row_that_is_no_xml_to_them_is_found_and_the_others_pass(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(9))
    plain = service.answer
    refusal = "<Summary><Error><errorNR>505</errorNR><errorMsg>Invalid XML structure</errorMsg></Error></Summary>"
    service.answer = lambda path, body, *more: (200, "text/xml", refusal) if "100007" in body else plain(path, body, *more)
    connection = a_connection(of, service.address)
    queued(of, 9)

    sending.send(connection.pk)

    assert states() == {"accepted": 8, "rejected": 1}
    assert list(Report.objects.filter(state="rejected").values_list("number", "code")) == [("100007", "505")]
    assert RegisterConnection.objects.get().state == "active"


def test_when_every_single_row_is_no_xml_it_is_not_the_rows_and_the_connection_stops(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(9))
    refusal = "<Summary><Error><errorNr>505</errorNr><errorMsg>Invalid XML structure</errorMsg></Error></Summary>"
    service.answer = lambda *a: (200, "text/xml", refusal)
    connection = a_connection(of, service.address)
    queued(of, 9)

    sending.send(connection.pk)

    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("paused", Reason.XML_REFUSED)
    assert states() == {"waiting": 7, "rejected": 2}


# --- What does not go ------------------------------------------------------------------------------------------------------


def test_test_mode_of_the_vendor_counts_for_nothing_until_it_goes_live(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(2))
    service.mode = "test"
    connection = a_connection(of, service.address, test_mode=True)
    queued(of, 2)

    sending.send(connection.pk)

    assert states() == {"tested": 2}
    assert service.register == {}
    service.mode = "ok"
    RegisterConnection.objects.update(test_mode=False)
    assert send_tested(connection) == 2
    sending.send(connection.pk)
    assert states() == {"accepted": 2}
    assert len(service.register) == 2


def test_what_was_undone_before_it_went_is_not_sent_and_what_was_undone_after_is_to_be_told(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(3))
    connection = a_connection(of, service.address)
    gone, later, kept = awards(of, 3)
    outbox.queue(awards=[gone, later, kept], actor=None)
    actor = UserFactory()
    undo(award=gone, reason="Niet aanwezig", actor=actor)

    sending.send(connection.pk)

    assert states() == {"accepted": 2, "dropped": 1}
    assert not outbox.to_tell(Report.objects.all()).exists()
    undo(award=later, reason="Toch niet aanwezig", actor=actor)
    correct(award=kept, points=Decimal(2), reason="De helft", actor=actor)
    assert set(outbox.to_tell(Report.objects.all()).values_list("number", flat=True)) == {"100002", "100003"}
    for report in outbox.to_tell(Report.objects.all()):
        outbox.tell(report=report, note="Gebeld met het register", actor=actor)
    assert not outbox.to_tell(Report.objects.all()).exists()


@pytest.mark.parametrize("org_id", [19, 52])
def test_attendance_in_part_is_not_sent_where_a_register_takes_only_whole(stand_in, org_id):
    of = an_accreditation(org_id, register=a_register(org_id, number_kinds=["big"]))
    ReportingTerm.objects.create(register=of.register, whole_only=org_id == 19)
    service = stand_in(of, numbers(2, 19012345601))
    connection = a_connection(of, service.address)
    made = awards(of, 2, first=19012345601)
    correct(award=made[0], points=Decimal(2), reason="Alleen de ochtend", actor=UserFactory())
    outbox.queue(awards=made, actor=None)

    sending.send(connection.pk)

    if org_id == 52:
        assert states() == {"accepted": 2}
        return
    assert states() == {"accepted": 1, "held": 1}
    assert "bewijs van deelname" in Report.objects.get(state="held").problem


@pytest.mark.parametrize(
    ("fields", "number", "why"),
    [
        ({"external_course_id": ""}, 100001, "PECourseID of externalCourseID nodig"),
        ({"status": "withdrawn"}, 100001, "niet toegekend"),
        ({}, 1234567, "Verwacht"),
    ],
)
def test_what_lacks_something_is_held_with_the_reason_and_goes_when_it_is_mended(stand_in, fields, number, why):
    of = an_accreditation()
    service = stand_in(of, ["100001"])
    connection = a_connection(of, service.address)
    queued(of, 1, first=number)
    type(of).objects.filter(pk=of.pk).update(**fields)

    sending.send(connection.pk)

    assert states() == {"held": 1}
    assert why in Report.objects.get().problem
    assert service.received == []
    type(of).objects.filter(pk=of.pk).update(external_course_id="cursus-1", status="granted")
    outbox.change_number(report=Report.objects.get(), number="100 001", actor=UserFactory())
    sending.send(connection.pk)
    assert states() == {"accepted": 1}


@pytest.mark.parametrize("decision", ["accept", "refuse", "agrees", "claim"])
def test_a_number_in_doubt_is_not_reported_until_a_person_has_decided(stand_in, decision):
    of = an_accreditation()
    service = stand_in(of, ["19012345601", "19012345602"])
    connection = a_connection(of, service.address)
    doubted, sure = sorted(queued(of, 2, first=19012345601), key=lambda report: report.number)
    claim = check = None
    if decision == "claim":
        claim = NumberClaim.objects.create(person=UserFactory(), register=of.register, number=doubted.number)
    else:
        fields = {"ordered_at": AT, "state": "waiting" if decision == "agrees" else "review", "findings": ["name"]}
        check = BigCheck.objects.create(person=doubted.learner, number=doubted.number, **fields)
        BigCheck.objects.create(person=UserFactory(), number=sure.number, **fields)  # the doubt about another person is not theirs
        BigCheck.objects.filter(pk=check.pk).update(state="review")

    sending.send(connection.pk)

    assert dict(Report.objects.values_list("number", "state")) == {doubted.number: "held", sure.number: "accepted"}
    doubted.refresh_from_db()
    ((_report, why),) = explanations.explained([doubted])
    assert (doubted.problem, why.mend) == (why.cause, "number_in_doubt")
    assert "wordt nog uitgezocht" in why.cause
    if decision == "accept":
        reviewing.accept(check=check, actor=UserFactory(), reason="Gebeld.")
    elif decision == "refuse":
        reviewing.refuse(check=check, actor=UserFactory(), reason="Van een ander.")
    elif decision == "claim":
        claims.refuse(claim=claim, actor=UserFactory(), reason="Blijft.")
    else:
        BigCheck.objects.filter(pk=check.pk).update(state="waiting")
        checking._keep(check, Match(findings=(), registration=None, professional=None))
    sending.send(connection.pk)

    doubted.refresh_from_db()
    assert doubted.state == ("held" if decision == "refuse" else "accepted")
    if decision == "refuse":
        assert "niet van deze persoon" in doubted.problem
        assert explanations.explained([doubted])[0][1].mend == "number"


def test_holding_more_reports_asks_no_more_of_the_database(django_assert_num_queries):
    of = an_accreditation()
    a_connection(of)
    reports = queued(of, 6)

    for some in (reports[:1], reports[1:]):
        with django_assert_num_queries(2):
            sending.put_aside([(report, Report.State.HELD, "Van wie dit nummer is, wordt nog uitgezocht.") for report in some])

    assert states() == {"held": 6}


def two_days(of):
    """Somebody with points who was at two meetings of a course that the register counts meeting by meeting."""
    (award,) = awards(of, 1)
    teacher = teacher_of(of.course.organisation)
    meetings = []
    for day in (10, 17):
        start = datetime(2026, 3, day, 12, tzinfo=UTC)
        meeting = MeetingFactory(release=of.releases.get(), starts_at=start, title=f"Dag {day}")
        add_participant(enrolment=award.enrolment, meeting=meeting)
        with time_machine.travel(start + timedelta(hours=4)):
            mark(meeting=meeting, enrolment=award.enrolment, present=True, by=teacher)
        meetings.append(meeting)
    edition = AccreditationEdition.objects.create(accreditation=of, name="Voorjaar", external_edition_id="voorjaar")
    for meeting in meetings:
        AccreditationMeeting.objects.create(accreditation=of, edition=edition, meeting=meeting)
    return award, meetings, teacher


def test_each_meeting_is_a_report_that_waits_for_its_number_and_goes_once(stand_in):
    of = an_accreditation(release=course_with_session(), course_type=1)
    service = stand_in(of, ["100001"], editions={"voorjaar": ["dag-10", "dag-17"]})
    connection = a_connection(of, service.address)
    award, meetings, teacher = two_days(of)
    assert len(outbox.queue(awards=[award], actor=None).new) == 2
    sending.send(connection.pk)
    assert states() == {"held": 2}
    assert "PEMeetingID of externalMeetingID" in Report.objects.first().problem

    for meeting in meetings:
        AccreditationMeeting.objects.filter(meeting=meeting).update(external_meeting_id=meeting.title.lower().replace(" ", "-"))
    assert outbox.queue(awards=[award], actor=None).new == [], "a number filled in later is not another attendance"
    outbox.again(reports=Report.objects.all(), actor=teacher)
    sending.send(connection.pk)

    assert states() == {"accepted": 2}
    assert {key[3:5] for key in service.register} == {("voorjaar", "dag-10"), ("voorjaar", "dag-17")}
    assert set(service.register.values()) == {1}


def test_attendance_that_was_corrected_before_it_went_is_not_sent(stand_in):
    of = an_accreditation(release=course_with_session(), course_type=1)
    service = stand_in(of, ["100001"], editions={"voorjaar": ["dag-10", "dag-17"]})
    connection = a_connection(of, service.address)
    award, meetings, teacher = two_days(of)
    AccreditationMeeting.objects.filter(meeting=meetings[0]).update(external_meeting_id="dag-10")
    AccreditationMeeting.objects.filter(meeting=meetings[1]).update(external_meeting_id="dag-17")
    outbox.queue(awards=[award], actor=None)

    mark(meeting=meetings[1], enrolment=award.enrolment, present=False, by=teacher)
    sending.send(connection.pk)

    assert states() == {"accepted": 1, "dropped": 1}
    assert {key[4] for key in service.register} == {"dag-10"}


def test_who_stayed_for_half_a_meeting_is_not_sent_to_a_register_of_whole_attendance():
    of = an_accreditation(19, release=course_with_session(), course_type=1)
    ReportingTerm.objects.create(register=of.register, whole_only=True)
    connection = a_connection(of, transport="list")
    award, meetings, teacher = two_days(of)
    outbox.queue(awards=[award], actor=None)
    mark(meeting=meetings[1], enrolment=award.enrolment, present=True, by=teacher, hours=Decimal(1))

    with pytest.raises(files.NothingToFile):
        files.make(connection=connection, actor=teacher)

    assert states() == {"held": 2}
    assert all("bewijs van deelname" in report.problem for report in Report.objects.all())


def test_an_example_is_never_reported_to_a_real_register():
    of = an_accreditation(is_demo=True)
    connection = a_connection(of)
    queued(of, 1)

    sending.send(connection.pk)

    assert "voorbeeld" in Report.objects.get(state="held").problem


# --- The moment stays, and everything once ---------------------------------------------------------------------------------


def test_the_moment_is_frozen_when_it_is_first_queued(stand_in):
    of = an_accreditation()
    service = stand_in(of, [])
    connection = a_connection(of, service.address)
    at = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    queued(of, 1, at=at)
    sending.send(connection.pk)
    service.world.persons[52] = {"100001"}

    outbox.again(reports=Report.objects.all(), actor=UserFactory())
    with time_machine.travel(datetime(2027, 1, 5, tzinfo=UTC)):
        sending.send(connection.pk)

    assert [body.partition("<endDate>")[2][:25] for body in service.bodies] == ["2026-12-31T23:30:00+01:00"] * len(service.bodies)


def test_queueing_again_adds_nothing_and_says_so():
    of = an_accreditation()
    a_connection(of)
    made = awards(of, 3)
    elsewhere = awards(an_accreditation(), 1, first=300001)

    first = outbox.queue(awards=[*made, *elsewhere], actor=None)
    second = outbox.queue(awards=made, actor=None)

    assert (len(first.new), first.known, first.without_connection) == (3, 0, 1)
    assert (len(second.new), second.known) == (0, 3)
    assert Report.objects.count() == 3


def test_new_awards_queue_themselves_where_the_connection_says_so():
    of = an_accreditation()
    before = awards(of, 1)
    connection = a_connection(of)
    assert outbox.queue_automatically() == 0
    RegisterConnection.objects.update(automatic=True, automatic_since=timezone.now())
    awards(of, 2, first=200001)

    assert outbox.queue_automatically() == 2
    assert outbox.queue_automatically() == 0
    assert outbox.queue_new(connection=connection, actor=UserFactory()).new[0].number == before[0].register_number


# --- Keys ------------------------------------------------------------------------------------------------------------------


def test_the_keys_stand_nowhere_but_in_the_call(stand_in, caplog):
    """The other side even sends everything back: what we keep of that has no key in it."""
    caplog.set_level(logging.DEBUG)
    of = an_accreditation()
    service = stand_in(of, numbers(2))
    connection = a_connection(of, service.address)
    queued(of, 2)
    for mode in ("echo", "nonsense", "down", "ok"):
        service.mode = mode
        RegisterConnection.objects.update(retry_at=None)
        sending.send(connection.pk)
    assert KEY.partition("<")[0] in service.bodies[0], "it could leak: it was sent"

    connection.refresh_from_db()
    login = login_of(connection)
    seen = [caplog.text, repr(login), str(login), repr(Sealed(b"<userKey>" + KEY.encode())), repr(connection)]
    for model in (RegisterConnection, ReportCall, Report, ReportAttempt, AuditEvent):
        seen += [repr(row) for row in model.objects.values()]
    text = " ".join(seen)
    assert "Fout bij het lezen" in text, "what came back is kept"
    for secret in (KEY, USER, KEY.partition("<")[0]):
        assert secret not in text
    assert transport.Service.send.__name__ == "send"


# --- Killed ----------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As by kill -9: after it the process writes nothing any more."""


class Killer:
    """Kills at the so-manieth write to the database, or right before or after a call."""

    def __init__(self, at):
        self.at, self.count = at, 0

    def step(self):
        self.count += 1
        if self.count >= self.at:
            raise Killed

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            self.step()
        return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_step_nothing_is_lost_and_nothing_is_reported_twice(stand_in, monkeypatch):
    """Every write and both sides of every call are points to die at; whoever comes next makes the same of it."""
    of = an_accreditation()
    everyone = numbers(6)
    service = stand_in(of, everyone[:4])
    service.world.unregistered = {"100004"}
    connection = a_connection(of, service.address)
    RegisterConnection.objects.update(batch_size=4)
    made = awards(of, 6)
    expected = {**dict.fromkeys(everyone[:3], "accepted"), **dict.fromkeys(everyone[3:], "rejected")}
    plain = transport.Service.send
    at, died = 0, 0
    while True:
        at += 1
        ReportAttempt.objects.all()._raw_delete(ReportAttempt.objects.db)
        Report.objects.all().delete()
        ReportCall.objects.all().delete()
        RegisterConnection.objects.update(lease=None, leased_until=None, batch_size=4)
        service.register.clear()
        killer = Killer(at)

        def send(self, xml, killer=killer):
            killer.step()
            answer = plain(self, xml)
            killer.step()
            return answer

        monkeypatch.setattr(transport.Service, "send", send)
        killed = False
        with database.execute_wrapper(killer):
            try:
                outbox.queue(awards=made, actor=None)
                sending.send(connection.pk)
            except Killed:
                killed = True
        monkeypatch.setattr(transport.Service, "send", plain)

        outbox.queue(awards=made, actor=None)
        with time_machine.travel(timezone.now() + sending.LEASE + timedelta(seconds=5)):
            sending.send(connection.pk)

        assert dict(Report.objects.values_list("number", "state")) == expected, f"killed at step {at}"
        assert sorted(key[1] for key in service.register) == everyone[:3], "each once in the register"
        assert not ReportCall.objects.filter(closed_at=None).exists()
        texts = dict(Report.objects.filter(state="rejected").values_list("number", "text"))
        assert "registratie" in texts["100004"]
        assert "bestaat niet" in texts["100005"]
        died += killed
        if not killed:
            break
    assert died > 20, "it walked"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_report_once(stand_in):
    of = an_accreditation()
    service = stand_in(of, numbers(120))
    connection = a_connection(of, service.address)
    made = awards(of, 120)

    at_once(lambda: outbox.queue(awards=made, actor=None), lambda: outbox.queue(awards=made, actor=None))
    runs = at_once(lambda: sending.send(connection.pk), lambda: sending.send(connection.pk))

    assert Report.objects.count() == 120
    assert sum(run.accepted for run in runs) == 120
    assert set(service.register.values()) == {1}
