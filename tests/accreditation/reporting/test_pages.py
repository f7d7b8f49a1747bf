"""What administrators see and do about reporting; and who does not see it."""

import io
import re
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import etree
from openpyxl import Workbook, load_workbook

from accounts.models import AuditEvent, Role
from accounts.outgoing.locks import unlocked
from accounts.register_numbers import NumberKind
from accreditation import jobs
from accreditation.models import (
    Certificate,
    CertificateEvent,
    Job,
    KnownAnswer,
    PointAward,
    RegisterConnection,
    Report,
    ReportCall,
    ReportingTerm,
)
from accreditation.points import correct, undo
from accreditation.reporting import explanations, files, outbox, queueing, reconciling, sending, status
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.accreditation import PointCategoryFactory
from tests.factories.reports import KEY, USER, a_connection, an_accreditation, awards

pytestmark = pytest.mark.django_db
State = Report.State


@pytest.fixture
def of():
    return an_accreditation(id_number="512345")


@pytest.fixture
def administrator(of):
    user = UserFactory()
    MembershipFactory(user=user, organisation=of.course.organisation, role=Role.ACCREDITATION_ADMIN)
    return user


@pytest.fixture
def client(administrator):
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture(autouse=True)
def nothing_goes_by_itself(monkeypatch):
    monkeypatch.setattr("accreditation.reporting.waking._queue", lambda connection_id: False)


def url(name, **arguments):
    return reverse(f"accreditation:{name}", kwargs=arguments)


def texts(response):
    return response.content.decode()


# --- Connections -----------------------------------------------------------------------------------------------------------


def new_by(way):
    return f"{url('new_register_connection')}?hoe={way}"


def settings_of(of, **fields):
    return {
        "organisation": of.course.organisation_id,
        "register": of.register_id,
        "transport": "post",
        "endpoint": "https://pe.example/WriteAttendance.asmx",
        "test_mode": "on",
        "user_id": USER,
        "user_key": KEY,
        **fields,
    }


def test_a_key_is_kept_locked_and_never_shown_again(client, of):
    response = client.post(new_by("webservice"), settings_of(of), follow=True)

    connection = RegisterConnection.objects.get()
    assert unlocked(connection.user_key_locked) == KEY, "it could leak"
    assert KEY not in connection.user_key_locked
    for shown in (texts(response), repr(list(AuditEvent.objects.values()))):
        assert "heel-geheime-sleutel" not in shown
        assert USER not in shown
    changed = client.post(url("register_connection", pk=connection.pk), settings_of(of, user_id="", user_key="", automatic="on"))
    assert changed.status_code == 302
    connection.refresh_from_db()
    assert unlocked(connection.user_key_locked) == KEY
    assert connection.automatic
    assert connection.automatic_since


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"user_key": ""}, "allebei in"),
        ({"user_id": "", "user_key": ""}, "Vul de userID en de userKey in"),
        ({"endpoint": "http://pe.example/x"}, "https://"),
        ({"endpoint": "https://pe.example/x?key=1"}, "zonder vraagteken"),
    ],
)
def test_a_connection_that_cannot_work_is_refused_and_what_was_typed_stays(client, of, fields, message):
    response = client.post(new_by("webservice"), settings_of(of, email="scholing@voorbeeld.example", **fields))

    assert message in texts(response)
    assert "scholing@voorbeeld.example" in texts(response)
    assert "heel-geheime-sleutel" not in texts(response)
    assert not RegisterConnection.objects.exists()


def test_the_way_is_chosen_first_and_asks_only_what_it_needs(client, of):
    assert "?hoe=lijst" in texts(client.get(url("new_register_connection")))
    page = texts(client.get(new_by("lijst")))
    assert 'name="columns"' in page
    for name in ("user_id", "user_key", "test_mode", "endpoint", "email", "transport"):
        assert f'name="{name}"' in texts(client.get(new_by("webservice")))
        assert f'name="{name}"' not in page
    asked = {"organisation": of.course.organisation_id, "register": of.register_id}
    assert "Kies minstens één kolom" in texts(client.post(new_by("lijst"), asked))

    client.post(new_by("lijst"), {**asked, "columns": ["number", "total"]})
    twice = client.post(new_by("bestand"), {**asked, "columns": ["number"]})

    connection = RegisterConnection.objects.get()
    assert (connection.transport, connection.columns) == ("list", ["number", "total"])
    assert twice.status_code == 422
    assert "Je organisatie meldt al aan dit register." in texts(twice)
    client.post(f"{url('register_connection', pk=connection.pk)}?hoe=webservice", settings_of(of))
    connection.refresh_from_db()
    assert connection.transport == "post"


def test_a_key_does_not_go_to_another_address_because_somebody_changed_it(client, of):
    connection = a_connection(of)

    response = client.post(
        url("register_connection", pk=connection.pk), settings_of(of, endpoint="https://elders.example/x", user_id="", user_key="")
    )

    assert "opnieuw in" in texts(response)
    connection.refresh_from_db()
    assert connection.endpoint == "https://pe.example/WriteAttendance.asmx"


# --- Reports ---------------------------------------------------------------------------------------------------------------


def test_who_was_awarded_is_seen_first_and_then_queued(client, of):
    connection = a_connection(of)
    awards(of, 3)
    assert "Meld 3 nieuwe aanwezigen" in texts(client.get(url("reporting")))
    assert "Zet alle 3 meldingen klaar" in texts(client.get(url("queue_reports", pk=connection.pk)))
    assert not Report.objects.exists(), "looking changes nothing"

    response = client.post(url("queue_reports", pk=connection.pk), follow=True)

    assert "3 meldingen staan klaar." in texts(response)
    assert Report.objects.filter(state="waiting", queued_by__isnull=False).count() == 3


def test_many_are_queued_in_pieces_and_once_however_often_a_worker_dies(client, of, monkeypatch):
    monkeypatch.setattr(queueing, "AT_ONCE", 2)
    monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *arguments, **named: None)
    connection = a_connection(of, transport="list")
    awards(of, 5)
    page = client.post(url("queue_reports", pk=connection.pk))
    job = Job.objects.get()
    assert page.url == url("job", pk=job.pk)
    assert not Report.objects.exists(), "a worker does it"

    assert queueing.step(job)
    assert (job.done, job.total) == (2, 5)
    again = Job.objects.get()  # the worker died before the job was kept
    while queueing.step(again):
        pass

    assert again.done == 5
    assert again.result["href"] == url("register_connection", pk=connection.pk)
    assert Report.objects.count() == 5


def test_a_rejection_is_shown_with_its_text_what_it_means_and_what_mends_it(client, of, administrator):
    explanations.seed()
    connection = a_connection(of)
    outbox.queue(awards=awards(of, 1), actor=None)
    Report.objects.update(state="rejected", code="100", text="Professional bestaat niet in PE")

    table = texts(client.get(url("reports")))

    report = Report.objects.get()
    assert "Professional bestaat niet in PE" in table
    assert "Het register kent dit nummer niet" in table
    assert f'href="{url("report", pk=report.pk)}#nummer"' in table
    page = client.get(url("report", pk=report.pk))
    assert "niet bevestigd door PE-online" in texts(page)
    wrong = client.post(url("act_on_report", pk=report.pk), {"doe": "nummer", "number": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in texts(wrong)
    client.post(url("act_on_report", pk=report.pk), {"doe": "nummer", "number": "222 222"})
    report.refresh_from_db()
    assert (report.state, report.number, report.connection_id) == ("waiting", "222222", connection.pk)
    assert AuditEvent.objects.filter(event="report-number-changed", dossier_owner=report.learner, actor=administrator).exists()
    assert "Eerst 100001." in texts(client.get(url("report", pk=report.pk))), "the old number stays in the history"
    same = client.post(url("act_on_report", pk=report.pk), {"doe": "nummer", "number": "222222"}, follow=True)
    assert "Het nummer was al 222222 en bleef zo" in texts(same)
    assert report.history.filter(outcome="number").count() == 1


def test_a_report_that_waits_says_that_the_service_did_not_answer_or_that_sending_is_paused(client, of):
    connection = a_connection(of)
    outbox.queue(awards=awards(of, 1), actor=None)
    report = Report.objects.get()
    assert "Nog niets: de melding wacht" in texts(client.get(url("report", pk=report.pk)))
    tried, next_try = datetime(2026, 6, 2, 8, tzinfo=UTC), timezone.now() + timedelta(hours=1)
    ReportCall.objects.create(connection=connection, transport="post", rows=1, sent_at=tried, closed_at=tried)
    RegisterConnection.objects.update(failures=1, reason="unreachable", retry_at=next_try)

    away = texts(client.get(url("report", pk=report.pk)))
    assert "PE-online was op 2 juni 2026 10:00 niet te bereiken." in away
    assert "De volgende poging is op" in away
    assert "Nog niets" not in away
    assert "Het verzenden begint meteen" not in texts(client.get(url("queue_reports", pk=connection.pk)))
    RegisterConnection.objects.update(failures=0, state="paused", reason="by_hand", retry_at=None)
    for page in (url("report", pk=report.pk), url("queue_reports", pk=connection.pk)):
        assert "Het verzenden is gepauzeerd." in texts(client.get(page))
        assert "Hervat wanneer je zover bent." in texts(client.get(page))
    RegisterConnection.objects.update(state="active", reason="")
    assert "Het verzenden begint meteen" in texts(client.get(url("queue_reports", pk=connection.pk)))


def test_a_report_shows_that_the_certificate_was_revoked(client, of):
    a_connection(of)
    (award,) = awards(of, 1)
    outbox.queue(awards=[award], actor=None)
    Report.objects.update(state="accepted", settled_at=timezone.now())
    certificate = Certificate.objects.create(
        learner=award.learner,
        course=of.course,
        enrolment=award.enrolment,
        organisation=of.course.organisation,
        earned_on=timezone.localdate(),
        snapshot={},
    )
    pages = (url("reports"), url("report", pk=Report.objects.get().pk))
    assert not any("ertificaat ingetrokken" in texts(client.get(page)) for page in pages)

    CertificateEvent.objects.create(certificate=certificate, kind="revoked", reason="Vergissing")

    assert all("ertificaat ingetrokken" in texts(client.get(page)) for page in pages)


def explained(report):
    ((_report, why),) = explanations.explained([report])
    return why


def test_a_text_that_nobody_knows_yet_can_be_explained_by_hand(of):
    a_connection(of)
    outbox.queue(awards=awards(of, 1), actor=None)
    Report.objects.update(state="rejected", code="100", text="Iets heel nieuws")
    report = Report.objects.get()
    assert not explained(report).known

    KnownAnswer.objects.create(words="heel|NIEUWS", cause="Dit is het.", mend="again", order=1)

    assert explained(report).cause == "Dit is het."


def test_chosen_ones_or_all_of_a_filter_go_again_or_are_marked(client, of):
    a_connection(of)
    outbox.queue(awards=awards(of, 4), actor=None)
    first, second, third, _fourth = Report.objects.order_by("pk")
    Report.objects.exclude(pk=first.pk).update(state="rejected")

    client.post(url("act_on_reports"), {"doe": "opnieuw", "rij": [second.pk, first.pk]})
    assert list(Report.objects.order_by("pk").values_list("state", flat=True)) == ["waiting", "waiting", "rejected", "rejected"]
    client.post(f"{url('act_on_reports')}?stand=rejected", {"doe": "alle-gemeld", "on": "2026-06-30", "note": "Zelf ingevoerd"})

    assert list(Report.objects.order_by("pk").values_list("state", flat=True)) == ["waiting", "waiting", "marked", "marked"]
    third.refresh_from_db()
    assert (third.note, third.settled_at.date().isoformat()) == ("Zelf ingevoerd", "2026-06-30")


def test_the_list_asks_as_much_of_the_database_for_three_as_for_one(client, of, django_assert_max_num_queries):
    explanations.seed()
    a_connection(of)
    ReportingTerm.objects.create(register=of.register, days=42)

    def queries(page):
        with django_assert_max_num_queries(80) as counted:
            assert client.get(page).status_code == 200
        return len(counted)

    outbox.queue(awards=awards(of, 1), actor=None)
    Report.objects.update(state="rejected", text="iets")
    queries(url("reports"))
    one = [queries(page) for page in (url("reports"), url("reporting"))]
    outbox.queue(awards=awards(of, 2, first=200001), actor=None)
    other = an_accreditation(release=of.releases.get(), external_course_id="b")
    a_connection(other)
    ReportingTerm.objects.create(register=other.register, days=42)
    Report.objects.update(state="rejected", text="iets")

    assert [queries(page) for page in (url("reports"), url("reporting"))] == one


def test_somebody_of_another_organisation_sees_nothing(of):
    a_connection(of)
    outbox.queue(awards=awards(of, 1), actor=None)
    stranger = UserFactory()
    MembershipFactory(user=stranger, role=Role.ACCREDITATION_ADMIN)
    client = Client()
    client.force_login(stranger)
    report = Report.objects.get()

    assert "100001" not in texts(client.get(url("reports")))
    client.post(url("act_on_reports"), {"doe": "hoeft-niet", "rij": [report.pk], "note": "x"})
    client.post(f"{url('act_on_reports')}", {"doe": "alle-hoeft-niet", "note": "x"})
    assert b"100001" not in b"".join(client.post(url("export_reports", kind="csv")).streaming_content)
    report.refresh_from_db()
    assert report.state == "waiting"


def test_what_was_reported_and_then_undone_is_to_be_told_with_steps(client, of):
    connection = a_connection(of)
    (award,) = awards(of, 1)
    outbox.queue(awards=[award], actor=None)
    Report.objects.update(state="accepted", sent_at=timezone.now(), settled_at=timezone.now())
    assert "Niets om zelf te melden" in texts(client.get(url("reports_to_tell")))
    undo(award=award, reason="Niet geweest", actor=UserFactory())

    assert "vink af" in texts(client.get(url("reports_to_tell")))
    report = Report.objects.get()
    assert "kan niets terugnemen" in texts(client.get(url("report", pk=report.pk)))
    client.post(url("act_on_report", pk=report.pk), {"doe": "verteld", "verteld-note": "Gemaild"})
    report.refresh_from_db()
    assert report.told_note == "Gemaild"
    (standing,) = status.standings(RegisterConnection.objects.filter(pk=connection.pk))
    assert standing.to_tell == 0


def test_the_last_day_is_counted_in_amsterdam(of):
    a_connection(of)
    ReportingTerm.objects.create(register=of.register, days=42)
    # 23:30 on the 1st of June in Amsterdam: in time until the 13th of July.
    outbox.queue(awards=awards(of, 1, at=datetime(2026, 6, 1, 21, 30, tzinfo=UTC)), actor=None)
    awards(of, 1, first=200001, at=datetime(2026, 6, 1, 22, 30, tzinfo=UTC))  # already the 2nd there

    def late_at(moment):
        with time_machine.travel(moment, tick=False):
            (standing,) = status.standings(RegisterConnection.objects.all())
            return standing.late, standing.soon

    assert late_at(datetime(2026, 6, 28, 12, tzinfo=UTC)) == (0, 0)
    assert late_at(datetime(2026, 6, 29, 12, tzinfo=UTC)) == (0, 1)
    assert late_at(datetime(2026, 7, 13, 21, 59, tzinfo=UTC)) == (0, 2)
    assert late_at(datetime(2026, 7, 13, 22, 1, tzinfo=UTC)) == (1, 1)
    assert late_at(datetime(2026, 7, 14, 22, 1, tzinfo=UTC)) == (2, 0)


# --- Files -----------------------------------------------------------------------------------------------------------------


def test_a_file_is_the_same_each_time_and_marked_or_put_back(client, of, administrator):
    connection = a_connection(of, transport="file")
    outbox.queue(awards=awards(of, 3), actor=None)
    client.post(url("make_report_file", pk=connection.pk))
    (call,) = files.open_files(connection)

    def fetched(kind):
        response = client.post(url("report_file", pk=connection.pk, call=call.pk, kind=kind))
        return b"".join(response.streaming_content) if response.streaming else response.content

    root = etree.fromstring(fetched("xml"))
    assert [element.text for element in root.iter("externalPersonID")] == ["100001", "100002", "100003"]
    assert root.findtext("Settings/userKey") == "@USERKEY@"
    assert fetched("xml") == fetched("xml")
    assert fetched("lijst").decode().split() == ["100001", "100002", "100003"]
    assert fetched("csv").decode("utf-8-sig").count("\r\n") == 4
    assert load_workbook(io.BytesIO(fetched("xlsx"))).active.max_row == 4
    assert "Er staat niets klaar" in texts(client.post(url("make_report_file", pk=connection.pk), follow=True)), "nobody in two files"

    client.post(url("settle_report_file", pk=connection.pk, call=call.pk), {"doe": "terug"})
    assert set(Report.objects.values_list("state", flat=True)) == {"waiting"}
    again = files.make(connection=connection, actor=administrator)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    early = {"doe": "gemeld", "on": tomorrow, "note": "Wat er al stond"}
    refused = texts(client.post(url("settle_report_file", pk=connection.pk, call=again.pk), early))
    assert "moet nog komen" in refused
    assert "Wat er al stond" in refused
    client.post(url("settle_report_file", pk=connection.pk, call=again.pk), {"doe": "gemeld", "on": "2026-06-20", "note": "Geplakt"})
    assert set(Report.objects.values_list("state", "note")) == {("marked", "Geplakt")}


def test_a_list_needs_no_numbers_of_pe_online(of, administrator):
    type(of).objects.filter(pk=of.pk).update(external_course_id="", org_id=None)
    connection = a_connection(of, transport="list")
    outbox.queue(awards=awards(of, 2), actor=None)

    assert files.make(connection=connection, actor=administrator).rows == 2
    assert sending.send(connection.pk).busy, "nothing goes by service"


def test_a_list_has_points_by_kind_and_no_name_unless_it_was_chosen(client, of, administrator):
    more = PointCategoryFactory(register=of.register, code="vak", name="Vakspecifiek", order=9)
    made = awards(of, 2)
    PointAward.objects.create(
        **{name: getattr(made[0], name) for name in ("learner", "register", "register_number", "accreditation", "enrolment")},
        **{name: getattr(made[0], name) for name in ("completed_at", "awarded_on")},
        category=more,
        points=Decimal("1.5"),
    )
    connection = a_connection(of, transport="list")
    outbox.queue(awards=made, actor=None)
    call = files.make(connection=connection, actor=administrator)
    correct(award=made[1], points=Decimal(1), reason="Na het maken van het bestand", actor=administrator)
    kind = of.points.get().category.name

    def rows():
        head, lines = files.table(call)
        return [head, *lines]

    day = date(2026, 6, 1)
    assert rows() == [
        ["Nummer", "Cursus", "ID-nummer", "Datum", f"Punten: {kind}", "Punten: Vakspecifiek"],
        ["100001", of.course.title, "512345", day, Decimal(4), Decimal("1.5")],
        ["100002", of.course.title, "512345", day, Decimal(4), None],
    ]
    connection.columns = ["number", "name", "total"]
    call.connection = connection
    assert rows()[:2] == [["Nummer", "Naam", "Punten samen"], ["100001", str(made[0].learner), Decimal("5.5")]]


def test_a_register_without_a_service_is_reported_to_from_the_queue_to_its_answers(client, of):
    connection = a_connection(of, transport="list")
    awards(of, 3)

    def page():
        return texts(client.get(url("register_connection", pk=connection.pk)))

    assert "Meld 3 nieuwe aanwezigen" in page()
    queued = client.post(url("queue_reports", pk=connection.pk), follow=True)
    assert "Maak het bestand met 3 meldingen" in texts(queued), "the next step is where one ends up"
    client.post(url("make_report_file", pk=connection.pk))
    assert "Ik heb het ingeleverd" in page()
    assert "in een bestand, nog niet ingeleverd" in texts(client.get(url("reports")))
    (call,) = files.open_files(connection)
    client.post(url("settle_report_file", pk=connection.pk, call=call.pk), {"doe": "gemeld", "on": "2026-06-20"})
    assert "3 meldingen zijn ingeleverd" in page()
    first, second, _third = Report.objects.order_by("number")

    refused = client.post(url("act_on_report", pk=second.pk), {"doe": "afgewezen", "text": " "})
    client.post(url("act_on_report", pk=second.pk), {"doe": "afgewezen", "text": "Onbekend BIG-nummer"})
    nobody = client.post(url("act_on_reports"), {"doe": "afgewezen", "text": "Wat er al stond"})
    assert "Kies eerst een of meer meldingen" in texts(nobody)
    assert "Wat er al stond" in texts(nobody)
    textless = texts(client.post(url("act_on_reports"), {"doe": "afgewezen", "text": "", "rij": [first.pk]}))
    assert f'value="{first.pk}" checked' in textless, "who was chosen stays chosen"
    assert textless.count(" checked") == 1
    assert "Er klopt nog iets niet" in textless
    assert "mag leeg blijven" not in textless.partition("Wat het register antwoordde")[2][:100]
    overview = texts(client.get(url("reporting")))
    assert "0 van 3 meldingen afgerond" in overview
    assert "2 meldingen zijn ingeleverd; geef aan welke het register aannam" in overview
    client.post(url("act_on_reports"), {"doe": "aangenomen", "rij": [first.pk, second.pk]})

    assert "Schrijf op wat het register antwoordde" in texts(refused)
    assert list(Report.objects.order_by("number").values_list("state", "text")) == [
        ("accepted", ""),
        ("rejected", "Onbekend BIG-nummer"),
        ("marked", ""),
    ]
    explanations.seed()
    assert "Verbeter het nummer" in texts(client.get(url("reports")))
    same = texts(client.post(url("act_on_reports"), {"doe": "opnieuw", "rij": [second.pk]}, follow=True))
    assert "1 melding ging niet opnieuw: het register wees het nummer af" in same
    assert "gaan opnieuw" not in same
    client.post(url("act_on_report", pk=second.pk), {"doe": "opnieuw"})  # on its own page one sees the number, and may insist
    assert "Maak het bestand met 1 melding" in page()
    assert "Onbekend BIG-nummer" not in texts(client.get(url("reports"))), "the old answer is in the history"
    by_service = a_connection(an_accreditation(), transport="post")
    Report.objects.update(connection=by_service, state="marked")
    assert not outbox.answered(reports=Report.objects.all(), accepted=True, text="", actor=first.learner), "the service answers itself"


def test_another_way_of_reporting_leaves_nobody_under_way_for_ever(client, of, administrator):
    connection = a_connection(of, transport="list")
    outbox.queue(awards=awards(of, 1), actor=None)
    call = files.make(connection=connection, actor=administrator)
    address = url("register_connection", pk=connection.pk)

    refused = client.post(f"{address}?hoe=webservice", settings_of(of))
    assert "Er ligt nog een bestand." in texts(refused)
    assert "Ik heb het ingeleverd" in texts(refused)
    files.put_back(call=call, actor=administrator)
    assert client.post(f"{address}?hoe=webservice", settings_of(of)).status_code == 302
    lost = ReportCall.objects.create(connection=connection, transport="post", rows=1, sent_at=timezone.now())
    Report.objects.update(state="sent", call=lost)
    client.post(f"{address}?hoe=lijst", {"columns": ["number"]})

    assert Report.objects.get().state == "waiting"
    assert not ReportCall.objects.filter(closed_at=None).exists()


# --- Beside the register's own list ----------------------------------------------------------------------------------------


def a_sheet(rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return io.BytesIO(out.getvalue())


LISTS = {
    "csv": "ID-nummer;BIG- of relatienummer;Datum\r\n512345;100001;01-06-2026\r\n512345;100002;02-06-2026\r\n512345;100009;\r\n512345;geen;\r\n",
    "plain": "100001\n100002 \n100009\nonbekend 7\n",
}


@pytest.mark.parametrize("way", ["csv", "plain", "xlsx"])
def test_our_reports_beside_the_list_of_the_register(client, of, way):
    connection = a_connection(of)
    outbox.queue(awards=awards(of, 4), actor=None)
    Report.objects.filter(number__in=["100001", "100003"]).update(state="accepted", sent_at=timezone.now(), settled_at=timezone.now())
    rows = [["ID-nummer", "Relatienummer", "Datum"], [512345, 100001, datetime(2026, 6, 1)], [512345, 100002, None], [512345, 100009, None]]
    sent = {"file": a_sheet([*rows, [512345, "geen 5", None]])} if way == "xlsx" else {"text": LISTS[way]}
    if way == "xlsx":
        sent["file"].name = "lijst.xlsx"

    response = client.post(url("compare_reports", pk=connection.pk), {"accreditation": of.pk, **sent})

    result = response.context["result"]
    assert [report.number for report in result.both] == ["100001", "100002"]
    assert [report.number for report in result.only_here] == ["100003", "100004"]
    assert [line.number for line, _award in result.only_there] == ["100009"]
    assert len(result.unread) == 1
    assert [report.number for report, _day in result.other_day] == (["100002"] if way == "csv" else [])
    text = response.context["text"]
    client.post(url("compare_reports", pk=connection.pk), {"accreditation": of.pk, "text": text, "doe": "aanmerken"})
    client.post(url("compare_reports", pk=connection.pk), {"accreditation": of.pk, "text": text, "doe": "opnieuw"})
    states = dict(Report.objects.values_list("number", "state"))
    assert states == {"100001": "accepted", "100002": "marked", "100003": "waiting", "100004": "waiting"}


def test_a_list_of_three_megabytes_is_compared_and_acted_upon(client, of):
    connection = a_connection(of)
    outbox.queue(awards=awards(of, 2), actor=None)
    file = io.BytesIO(("Relatienummer;Naam\r\n" + "".join(f"{number};{'x' * 60}\r\n" for number in range(100001, 145001))).encode())
    file.name = "lijst.csv"
    address = url("compare_reports", pk=connection.pk)

    shown = client.post(address, {"accreditation": of.pk, "file": file}).context["text"]
    answer = client.post(address, {"accreditation": of.pk, "text": shown, "doe": "aanmerken"})

    assert (answer.status_code, "xxx" in shown) == (200, False)
    assert set(Report.objects.values_list("state", flat=True)) == {"marked"}


def test_a_sheet_that_tells_a_wrong_size_is_read_to_its_end():
    whole = a_sheet([["Relatienummer"], [100001], [100002]])
    told = io.BytesIO()
    with zipfile.ZipFile(whole) as there, zipfile.ZipFile(told, "w") as here:
        for name in there.namelist():
            here.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', there.read(name)))

    text = reconciling.text_of("lijst.xlsx", told.getvalue())

    assert [line.number for line in reconciling.read(text, kinds=[NumberKind.RELATION])[0]] == ["100001", "100002"]


def test_millions_of_cells_without_a_number_are_read_in_seconds():
    began = time.process_time()
    with pytest.raises(reconciling.ListUnreadable):
        reconciling.read(("1;" * 50 + "\n") * 4000, kinds=[NumberKind.BIG, NumberKind.RELATION])

    assert time.process_time() - began < 4  # with a sentence for each refusal it takes ten


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lijst.xlsx", b"PK\x03\x04 kapot", "niet lezen"),
        ("lijst.csv", b"\x00\x01\x02", "geen nummer"),
        ("groot.csv", b"1" * (5 * 1024 * 1024 + 10), "groter dan 5 MB"),
        ("leeg.csv", b"naam;datum\r\nx;y\r\n", "geen nummer"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_to_do(client, of, name, content, message):
    connection = a_connection(of)
    file = io.BytesIO(content)
    file.name = name

    response = client.post(url("compare_reports", pk=connection.pk), {"accreditation": of.pk, "file": file})

    assert response.status_code == 422
    assert message in texts(response)


# --- Editions and meetings -------------------------------------------------------------------------------------------------


def test_points_in_more_categories_are_one_attendance(of):
    a_connection(of)
    made = awards(of, 1)

    outbox.queue(awards=[*made, *made], actor=None)

    assert Report.objects.count() == 1
    assert outbox.net_points(list(Report.objects.all())) == {(made[0].learner_id, of.pk): (Decimal(4), Decimal(4))}
