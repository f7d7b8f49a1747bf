"""The audit trail: only ever added to, read by the owner and by the auditor."""

import ast
import csv
import io
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts import audit
from accounts.append_only import LedgerIsAppendOnly, guard, unguard
from accounts.models import AuditEvent, Role
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db
TABLE = AuditEvent._meta.db_table
WRITERS = {"record", "audit", "_record", "_audit", "record_change", "_judge_again", "_start", "_save_entry", "_note", "_done"}
EVENT = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")


@pytest.fixture
def event():
    return audit.record("logged_in", actor=None)


@pytest.fixture
def guarded():
    guard(connection, TABLE)
    yield
    unguard(connection, TABLE)


def test_a_row_is_not_changed_and_not_removed(event):
    event.subject = "anders"
    for attempt in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(subject="anders"),
        lambda: AuditEvent.objects.bulk_update([event], ["subject"]),
        AuditEvent.objects.get(pk=event.pk).save,
    ):
        with pytest.raises(LedgerIsAppendOnly):
            attempt()

    assert AuditEvent.objects.get().subject == ""


@pytest.mark.parametrize("sql", [f"UPDATE {TABLE} SET subject = 'anders'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE} CASCADE"])
def test_the_database_refuses_too(event, guarded, sql):
    if connection.vendor == "sqlite" and sql.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:  # noqa: PT012 - one statement for SQLite, two for PostgreSQL
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE waits for the foreign keys of this transaction
        cursor.execute(sql)

    assert AuditEvent.objects.get() == event
    audit.record("logged_out", actor=None)
    assert AuditEvent.objects.count() == 2


def test_a_person_with_rows_in_the_trail_cannot_be_removed():
    user = UserFactory()
    audit.record("logged_in", actor=user, dossier_owner=user)

    with pytest.raises(DatabaseError), transaction.atomic():
        user.delete()


def test_the_owner_reads_who_looked_and_nobody_elses_rows(client):
    owner, other, organisation = UserFactory(), UserFactory(), OrganisationFactory()
    teacher = UserFactory(first_name="Demo", last_name="docent")
    audit.record("dossier_seen", actor=teacher, dossier_owner=owner, on_behalf_of=organisation, subject="Eindtoets")
    audit.record("dossier_seen", actor=teacher, dossier_owner=other, subject="Van een ander")
    audit.record("logged_in", actor=owner, dossier_owner=owner)
    client.force_login(owner)

    page = client.get(reverse("accounts:access_log")).content.decode()
    assert f"Demo docent, namens {organisation}" in page
    assert "Eindtoets" in page
    assert "Van een ander" not in page
    assert "Ingelogd" not in page

    assert "Ingelogd" in client.get(reverse("accounts:access_log") + "?alles=1").content.decode()


def test_an_attempt_by_an_unknown_person_counts_as_someone_else(client):
    owner = UserFactory()
    audit.record("login_failed", actor=None, dossier_owner=owner)
    client.force_login(owner)

    assert "onbekend wie" in client.get(reverse("accounts:access_log")).content.decode()


def test_a_room_gives_its_own_events_their_words():
    audit.name_events({"iets_eigens": "Iets eigens gedaan"})

    assert audit.words_for("iets_eigens") == "Iets eigens gedaan"
    assert audit.words_for("nog_zonder-woorden") == "Nog zonder woorden"


@pytest.fixture
def auditor():
    return MembershipFactory(role=Role.AUDITOR)


def test_the_auditor_reads_the_rows_of_their_own_organisation(client, auditor):
    ours = audit.record("role_given", actor=UserFactory(), on_behalf_of=auditor.organisation, subject="van ons", role="teacher")
    audit.record("role_given", actor=UserFactory(), on_behalf_of=OrganisationFactory(), subject="van hen")
    audit.record("logged_in", actor=UserFactory(), subject="van niemand")
    client.force_login(auditor.user)

    page = client.get(reverse("accounts:audit")).content.decode()
    export = b"".join(client.get(reverse("accounts:audit_export")).streaming_content).decode()

    assert ours.actor.get_full_name() in page
    assert "Rol gegeven: docent" in page
    for text in (page, export):
        assert "van hen" not in text
        assert "van niemand" not in text
    assert "van ons" in export
    assert AuditEvent.objects.filter(event="audit_exported", actor=auditor.user).exists()


def test_a_person_is_found_by_their_whole_name_as_who_did_it_or_whom_it_was_about(client, auditor):
    people = [UserFactory(first_name="Tineke", last_name=name) for name in ("Zoekmij", "Ongezocht")]
    for number, person in enumerate(people):
        audit.record("role_given", actor=person, on_behalf_of=auditor.organisation, subject=f"gedaan {number}")
        audit.record("role_given", actor=None, dossier_owner=person, on_behalf_of=auditor.organisation, subject=f"gezien {number}")
    client.force_login(auditor.user)

    page = client.get(reverse("accounts:audit"), {"q": "tineke zoekmij"}).content.decode()

    assert [text for text in ("gedaan 0", "gezien 0", "gedaan 1", "gezien 1") if text in page] == ["gedaan 0", "gezien 0"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR}))
def test_other_roles_do_not_read_it(client, role):
    client.force_login(MembershipFactory(role=role).user)

    assert client.get(reverse("accounts:audit")).status_code == 403
    assert client.get(reverse("accounts:audit_export")).status_code == 403


def test_a_day_in_the_filter_is_a_day_in_amsterdam(client, auditor):
    amsterdam = ZoneInfo("Europe/Amsterdam")
    moments = [datetime(2026, 3, 1, 23, 59, 59), datetime(2026, 3, 2, 0, 0), datetime(2026, 3, 2, 23, 59, 59), datetime(2026, 3, 3, 0, 0)]
    for number, moment in enumerate(moments):
        with time_machine.travel(moment.replace(tzinfo=amsterdam), tick=False):
            audit.record("role_given", actor=None, on_behalf_of=auditor.organisation, subject=f"regel {number}")
    client.force_login(auditor.user)

    page = client.get(reverse("accounts:audit") + "?since=2026-03-02&until=2026-03-02").content.decode()

    assert [number for number in range(4) if f"regel {number}" in page] == [1, 2]


def test_the_export_is_harmless_in_a_spreadsheet(client, auditor):
    audit.record("role_given", actor=None, on_behalf_of=auditor.organisation, subject='=HYPERLINK("https://elders.example")')
    client.force_login(auditor.user)

    response = client.get(reverse("accounts:audit_export") + "?event=role_given")
    text = b"".join(response.streaming_content).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][0] == "tijdstip"
    assert rows[1][5] == '\'=HYPERLINK("https://elders.example")'
    assert response["Content-Disposition"].startswith("attachment")


def test_the_lists_cost_as_many_queries_for_three_rows_as_for_one(
    client, auditor, django_assert_num_queries, django_assert_max_num_queries
):
    def one_more():
        audit.record("role_given", actor=UserFactory(), dossier_owner=auditor.user, on_behalf_of=auditor.organisation)

    client.force_login(auditor.user)
    one_more()
    for name in ("audit", "access_log"):
        with django_assert_max_num_queries(30) as one:
            client.get(reverse(f"accounts:{name}"))
        one_more()
        one_more()
        with django_assert_num_queries(len(one)):
            client.get(reverse(f"accounts:{name}"))


def test_a_bare_id_is_not_shown_and_who_runs_the_installation_is_said_to_do_so(client):
    owner, chief = UserFactory(), UserFactory(is_superuser=True)
    case = "dbed30fc-3f8e-4a93-b8d1-54a3b1d1b6a2"
    audit.record("records_case_opened", actor=chief, dossier_owner=owner, subject=case)
    client.force_login(owner)

    page = client.get(reverse("accounts:access_log")).content.decode()

    assert "Opgezocht wat de leerrecords bevatten" in page
    assert case not in page
    assert f"{chief}, die deze installatie beheert" in page


def test_every_event_that_is_written_has_words():
    """The trail is read by the people it is about: an event in the words of the code tells them nothing."""
    written = {
        argument.value
        for room in ("accounts", "lrs", "cms", "courses", "competencies", "accreditation", "portal")
        for module in (settings.BASE_DIR / room).rglob("*.py")
        for call in ast.walk(ast.parse(module.read_bytes()))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in WRITERS
        for argument in (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "event"))
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and EVENT.fullmatch(argument.value)
    }

    assert len(written) > 60
    assert sorted(written - set(audit._WORDS)) == []
