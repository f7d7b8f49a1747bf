import subprocess
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organisation, Role
from accreditation import attendance_pdf, attendance_statements, certificate_seal
from accreditation.attendance_statements import StatementRefused, attended_in_part, current, issue, revoke, state
from accreditation.certificates import revoke as revoke_certificate
from accreditation.models import AttendanceStatement, Certificate, PointAward
from accreditation.privacy import keeps
from accreditation.results import results
from accreditation.sealed_files import read_pdf
from accreditation.verification import Verdict, What, by_file, by_number, by_token
from courses.meetings.attendance import mark
from courses.meetings.booking import add_participant
from lrs.models import Statement
from tests.accreditation.poppler import needs
from tests.accreditation.racing import at_once
from tests.factories.accounts import MembershipFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_tries_yet():
    cache.clear()


@pytest.fixture
def release():
    """Attendance is not all that it takes: the lessons have to be read too."""
    return course_with_session(completion={"all_of": [{"attended": "bijeenkomst"}, {"lessons_viewed": "all"}]})


@pytest.fixture
def teacher(release):
    return MembershipFactory(organisation=release.course.organisation, role=Role.TEACHER).user


@pytest.fixture
def learner():
    person = UserFactory(first_name="Demo", last_name="Arts", email="demo.arts@voorbeeld.example")
    register = RegisterFactory(name="RGS", number_kinds=["big"])
    RegisterEntryFactory(user=person, register=register, number="19012345601")
    return person


@pytest.fixture
def enrolment(release, learner):
    return EnrolmentFactory(learner=learner, release=release)


def was_at(enrolment, teacher, *, day, hours=None, present=True):
    """The participant at a meeting of three hours on that day of June 2026, 9:00 to 12:00 in Amsterdam."""
    meeting = MeetingFactory(
        release=enrolment.release,
        starts_at=datetime(2026, 6, day, 7, tzinfo=UTC),
        ends_at=datetime(2026, 6, day, 10, tzinfo=UTC),
        title=f"Bijeenkomst {day}",
    )
    add_participant(enrolment=enrolment, meeting=meeting)
    return mark(meeting=meeting, enrolment=enrolment, present=present, by=teacher, hours=hours)


def test_a_statement_says_what_was_really_attended(enrolment, teacher, learner):
    accredited(release=enrolment.release, register=learner.register_entries.get().register, id_number="512345")
    was_at(enrolment, teacher, day=8)
    was_at(enrolment, teacher, day=15, hours=Decimal("1.5"))
    was_at(enrolment, teacher, day=22, present=False)

    said = issue(enrolment=enrolment, by=learner).snapshot

    assert (said["name"], said["hours"], said["id_numbers"]) == ("Demo Arts", "4.50", [{"register": "RGS", "id_number": "512345"}])
    assert said["numbers"] == [{"register": "RGS", "number": "19012345601", "big": True}]
    assert [(row["title"], row["day"], row["from"], row["hours"], row["of"]) for row in said["meetings"]] == [
        ("Bijeenkomst 8", "2026-06-08", "09:00", "3.00", "3.00"),
        ("Bijeenkomst 15", "2026-06-15", "09:00", "1.50", "3.00"),
    ]


def test_the_big_number_stands_on_it_also_when_the_course_is_accredited_nowhere(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)

    said = issue(enrolment=enrolment, by=learner).snapshot

    assert (said["numbers"], said["id_numbers"], said["accredited"]) == (
        [{"register": "RGS", "number": "19012345601", "big": True}],
        [],
        False,
    )


def test_it_is_no_certificate_anywhere(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)

    statement = issue(enrolment=enrolment, by=learner)

    assert statement.number.startswith("DV-")
    assert not Certificate.objects.exists()
    assert not PointAward.objects.exists()
    assert not results(organisations=Organisation.objects.all()).exists()


@needs("pdftotext")
def test_the_page_says_that_it_is_no_certificate_and_the_seal_holds(enrolment, teacher, learner, tmp_path):
    was_at(enrolment, teacher, day=8, hours=Decimal("1.5"))
    statement = issue(enrolment=enrolment, by=learner)
    statement.refresh_from_db()
    path = tmp_path / "verklaring.pdf"
    path.write_bytes(read_pdf(statement))

    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    seal = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout

    assert "Deelnameverklaring" in text
    assert "Dit is geen certificaat" in text
    assert "1,5 van 3 uur" in text
    assert "BIG-nummer" in text
    assert "19012345601" in text
    assert statement.number in text
    assert "Certificaat van" not in text
    assert "Signature is Valid" in seal


def test_the_same_attendance_gives_the_same_statement_and_more_gives_one_that_replaces_it(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)
    first = issue(enrolment=enrolment, by=learner)
    assert issue(enrolment=enrolment, by=learner) == first
    first.refresh_from_db()
    before = read_pdf(first)

    was_at(enrolment, teacher, day=15)
    second = issue(enrolment=enrolment, by=learner)

    first = AttendanceStatement.objects.get(pk=first.pk)
    assert (second.replaces, second.snapshot["hours"]) == (first, "6.00")
    assert (state(first), state(second)) == (Certificate.State.REPLACED, Certificate.State.VALID)
    assert read_pdf(first) == before
    again = {"number": "DV-1", "check_code": "AAAABBBB", "address": "https://x.example/verifieer/t/", "issued_on": first.attended_until}
    assert attendance_pdf.render(first.snapshot, **again) == attendance_pdf.render(first.snapshot, **again)


def test_who_was_nowhere_gets_nothing_and_reads_what_to_do(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8, present=False)

    with pytest.raises(StatementRefused, match="Vraag je docent"):
        issue(enrolment=enrolment, by=learner)


def test_who_completed_the_course_uses_the_certificate_and_who_lost_it_may_show_attendance(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)
    satisfy(enrolment)
    with pytest.raises(StatementRefused, match="Gebruik het certificaat"):
        issue(enrolment=enrolment, by=learner)
    assert not attended_in_part(learner=learner).exists()

    revoke_certificate(certificate=Certificate.objects.get(), reason="Toets niet zelf gemaakt", actor=UserFactory())

    assert attended_in_part(learner=learner).get() == enrolment
    assert issue(enrolment=enrolment, by=learner).snapshot["hours"] == "3.00"


def test_anyone_can_check_it_and_learns_no_name_or_number(enrolment, teacher, learner, client):
    was_at(enrolment, teacher, day=8)
    statement = issue(enrolment=enrolment, by=learner)
    statement.refresh_from_db()
    assert "19012345601" in str(statement.snapshot)  # it could leak

    for answer in (by_token(statement.token), by_number(statement.number, statement.check_code), by_file(read_pdf(statement))):
        assert (answer.verdict, answer.what, answer.hours, answer.meetings) == (Verdict.VALID, What.STATEMENT, "3.00", 1)
    assert by_number(statement.number, "AAAAAAAA").verdict is Verdict.UNKNOWN
    assert by_file(read_pdf(statement) + b"erbij\n%%EOF\n").verdict is Verdict.CHANGED
    page = client.get(f"/verifieer/{statement.token}/").content.decode()
    assert "Deze deelnameverklaring is echt" in page
    assert "Dit is geen certificaat" in page
    for secret in ("Arts", "19012345601", statement.check_code):
        assert secret not in page


def test_a_revoked_statement_says_so_wherever_it_is_checked_and_to_its_holder(enrolment, teacher, learner, client):
    was_at(enrolment, teacher, day=8)
    statement = issue(enrolment=enrolment, by=learner)
    statement.refresh_from_db()
    with pytest.raises(StatementRefused, match="waarom"):
        revoke(statement=statement, reason=" ", actor=teacher)

    revoke(statement=statement, reason="Verkeerde persoon aangevinkt", actor=teacher)

    statement = AttendanceStatement.objects.get()
    assert {by_token(statement.token).verdict, by_file(read_pdf(statement)).verdict} == {Verdict.REVOKED}
    client.force_login(learner)
    page = client.get(reverse("accreditation:my_certificates")).content.decode()
    assert "Ingetrokken" in page
    assert "Verkeerde persoon aangevinkt" in page
    with pytest.raises(StatementRefused, match="al ingetrokken"):
        revoke(statement=statement, reason="Nog eens", actor=teacher)


def test_a_seal_that_cannot_be_had_keeps_the_statement_waiting_with_its_reason(enrolment, teacher, learner, monkeypatch):
    was_at(enrolment, teacher, day=8)
    real = certificate_seal.seal

    def waits(pdf, **_more):
        raise certificate_seal.SealWaits("De dienst is er niet")

    monkeypatch.setattr(certificate_seal, "seal", waits)
    issue(enrolment=enrolment, by=learner)
    assert AttendanceStatement.objects.values_list("sha256", "problem").get() == ("", "De dienst is er niet")

    monkeypatch.setattr(certificate_seal, "seal", real)
    with time_machine.travel(datetime(2100, 1, 1, tzinfo=UTC)):
        assert attendance_statements.make_waiting() == 1
    assert AttendanceStatement.objects.get().sha256


def test_a_learner_makes_and_downloads_it_and_nobody_elses(enrolment, teacher, learner, client):
    was_at(enrolment, teacher, day=8)
    client.force_login(learner)
    assert "Maak mijn verklaring" in client.get(reverse("accreditation:my_certificates")).content.decode()

    client.post(reverse("accreditation:my_attendance_ask", args=[enrolment.uuid]))
    statement = AttendanceStatement.objects.get()
    download = reverse("accreditation:my_attendance_pdf", args=[statement.number])
    assert b"".join(client.get(download)).startswith(b"%PDF")

    client.force_login(UserFactory())
    assert client.get(download).status_code == 404
    assert client.post(reverse("accreditation:my_attendance_ask", args=[enrolment.uuid])).status_code == 404


def test_an_administrator_issues_and_revokes_and_keeps_what_was_typed(enrolment, teacher, client):
    was_at(enrolment, teacher, day=8)
    admin = MembershipFactory(organisation=enrolment.course.organisation, role=Role.ACCREDITATION_ADMIN).user
    client.force_login(admin)
    client.post(reverse("accreditation:attendance_issue", args=[enrolment.pk]))
    statement = AttendanceStatement.objects.get()

    empty = client.post(reverse("accreditation:attendance_revoke", args=[statement.pk]), {f"intrekken-{statement.pk}-reason": ""})
    assert empty.status_code == 422
    assert client.get(reverse("accreditation:attendance_pdf", args=[statement.pk])).status_code == 200
    client.post(reverse("accreditation:attendance_revoke", args=[statement.pk]), {f"intrekken-{statement.pk}-reason": "Vergissing"})

    assert state(AttendanceStatement.objects.get()) == Certificate.State.REVOKED


def test_the_list_asks_as_many_questions_for_three_people_as_for_one(release, teacher, client, django_assert_num_queries):
    admin = MembershipFactory(organisation=release.course.organisation, role=Role.ACCREDITATION_ADMIN).user
    client.force_login(admin)

    def one_more():
        enrolment = EnrolmentFactory(release=release)
        was_at(enrolment, teacher, day=8)
        issue(enrolment=enrolment, by=teacher)

    one_more()
    client.get(reverse("accreditation:attendance_overview"))
    with CaptureQueriesContext(
        connection,
    ) as first:
        client.get(reverse("accreditation:attendance_overview"))
    one_more()
    one_more()

    with django_assert_num_queries(len(first)):
        page = client.get(reverse("accreditation:attendance_overview"))

    assert len(page.context["rows"]) == 3
    assert current(page.context["rows"][0]["enrolment"]) is not None


@pytest.mark.postgresql
def test_asking_twice_at_once_gives_one_statement(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)

    first, second = at_once(*[lambda: issue(enrolment=enrolment, by=learner)] * 2)

    assert first == second
    assert AttendanceStatement.objects.count() == 1


def test_the_records_under_a_statement_stay_when_somebody_is_erased(enrolment, teacher, learner):
    was_at(enrolment, teacher, day=8)
    statements = list(Statement.objects.filter(registration=enrolment.uuid, source="server"))
    assert keeps(statements) == {}  # they could go

    issue(enrolment=enrolment, by=learner)

    assert set(keeps(statements).values()) == {"ledger"}
