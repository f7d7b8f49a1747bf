import random
import threading
import time
import uuid
from datetime import UTC, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from lrs import partitions, projections, queries
from lrs.digests import digest
from lrs.models import Mention, PendingProjection, Source, Statement, StatementId
from lrs.profiles.adl import SATISFIED, VOIDED
from lrs.projections import project_waiting, rebuild, try_again
from lrs.rows import iso
from lrs.sequence import LATEST, at
from lrs.store import StatementConflict, StatementRefused, VoidingRefused, append
from lrs.writing import settled_through
from tests.factories.accounts import OrganisationFactory
from tests.factories.lrs import a_credential, a_statement
from tests.lrs import projecting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _only_our_projection(settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    projecting.seen.clear()
    projecting.broken.clear()
    projecting.rows.clear()


def test_a_statement_is_stored_with_how_it_came_in_and_projected():
    statement = a_statement()

    [stored] = append([statement], source=Source.LEARNER_SESSION)

    row = Statement.objects.get()
    assert (str(stored), row.source, str(row.learner)) == (statement["id"], Source.LEARNER_SESSION, statement["actor"]["account"]["name"])
    assert projecting.seen == [statement["id"]]
    assert not PendingProjection.objects.exists()


def test_the_same_statement_twice_is_harmless():
    statement = a_statement()

    append([statement], source=Source.SERVER)
    append([{**statement, "timestamp": "2026-03-02T10:00:00Z"}], source=Source.SERVER)

    assert Statement.objects.count() == 1
    assert projecting.seen == [statement["id"]]


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"objectType": "Group", "member": [{"openid": "https://b.example/"}, {"mbox": "mailto:a@b.example"}]}},
        {"context": {"team": {"objectType": "Group", "member": [{"openid": "https://b.example/"}, {"mbox": "mailto:a@b.example"}]}}},
        {"result": {"duration": "PT1.509S"}},
        {"verb": {"id": "https://voorbeeld.example/v", "display": {"nl": "anders"}}},
        {"object": {"objectType": "Activity", "id": "https://voorbeeld.example/les"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_order_display_definitions_and_finer_time_make_no_other_statement(change):
    """2.3.1: a list of agents in a group has no order; 2.0, 4.2.7: a duration counts to a hundredth of a second."""
    people = {"objectType": "Group", "member": [{"mbox": "mailto:a@b.example"}, {"openid": "https://b.example/"}]}
    statement = a_statement(
        actor=people,
        verb={"id": "https://voorbeeld.example/v"},
        object={"id": "https://voorbeeld.example/les", "definition": {"name": {"nl": "Les"}}},
        context={"team": people},
        result={"duration": "PT1.5S"},
    )
    append([statement], source=Source.SERVER)

    append([{**statement, **change}], source=Source.SERVER)

    assert Statement.objects.get().document["context"] == statement["context"]


def test_a_different_statement_with_the_same_id_is_a_conflict_and_nothing_of_the_batch_is_stored():
    statement = a_statement()
    append([statement], source=Source.SERVER)

    with pytest.raises(StatementConflict):
        append([a_statement(), {**statement, "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}}], source=Source.SERVER)

    assert Statement.objects.count() == 1


def test_a_batch_with_one_bad_statement_is_refused_whole():
    with pytest.raises(StatementRefused):
        append([a_statement(), {"actor": {}}], source=Source.SERVER)

    assert not Statement.objects.exists()


def test_a_projection_that_fails_sets_the_statement_aside_and_the_others_go_on():
    learner = uuid.uuid4()
    first, second = a_statement(learner), a_statement(learner)
    projecting.broken.add(first["id"])

    append([first, second], source=Source.SERVER)

    pending = PendingProjection.objects.get()
    assert (str(pending.statement.uuid), pending.attempts, pending.error) == (first["id"], 1, "RuntimeError: kapot")
    assert projecting.seen == [second["id"]]


def test_what_was_set_aside_is_tried_again_when_its_time_has_come():
    statement = a_statement()
    projecting.broken.add(statement["id"])
    append([statement], source=Source.SERVER)
    projecting.broken.clear()

    project_waiting()
    assert projecting.seen == []

    with time_machine.travel(timezone.now() + timedelta(seconds=31), tick=False):
        project_waiting()
    assert projecting.seen == [statement["id"]]
    assert not PendingProjection.objects.exists()


@pytest.mark.parametrize("written", [str.upper, lambda name: name.replace("-", ""), lambda name: f"urn:uuid:{name}"])
def test_what_is_projected_for_somebody_is_found_as_theirs_however_their_number_is_written(written):
    learner = uuid.uuid4()
    statement = a_statement(learner)
    statement["actor"]["account"]["name"] = written(str(learner))

    append([statement], source=Source.OUTSIDE)
    project_waiting()

    assert projecting.seen == [statement["id"]]
    assert Statement.objects.of_learner(learner).get().document["actor"] == statement["actor"]
    assert rebuild(learner) == 1


def test_rebuilding_replays_in_the_order_of_arrival_without_what_was_voided():
    learner = uuid.uuid4()
    kept, void = a_statement(learner), a_statement(learner)
    append([kept, void], source=Source.SERVER)
    voiding = a_statement(learner, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": void["id"]})
    append([voiding], source=Source.SERVER)

    assert rebuild(learner) == 2

    assert projecting.rows[learner] == [kept["id"], voiding["id"]]


def test_requests_with_one_statement_store_it_once(at_once):
    statement = a_statement()

    answers = at_once(lambda: append([statement], source=Source.SERVER), *[()] * 4)

    assert answers == [[uuid.UUID(statement["id"])]] * 4
    assert Statement.objects.count() == 1
    assert projecting.seen == [statement["id"]]


def test_many_writers_of_overlapping_statements_neither_fail_nor_wait_for_each_other_for_ever(at_once):
    """Batches with the same ids in opposite orders, the same activities and the same learners."""
    learners = [uuid.uuid4() for _ in range(3)]
    activity = {"id": "https://voorbeeld.example/les", "definition": {"name": {"nl": "Les"}}}
    shared = [a_statement(learners[n % 3], object=activity) for n in range(10)]

    def write(number: int) -> int:
        own = [a_statement(learners[n % 3], object=activity) for n in range(10)]
        batch = shared + own if number % 2 else own + shared[::-1]
        return len(append(batch, source=Source.SERVER))

    assert at_once(write, *[(number,) for number in range(6)]) == [20] * 6
    assert Statement.objects.count() == 70
    assert not PendingProjection.objects.exists()
    assert sorted(projecting.seen) == sorted(str(uuid_) for uuid_ in Statement.objects.values_list("uuid", flat=True))


def test_sixteen_tools_that_write_about_the_same_things_all_get_through(at_once):
    """Batches in different orders about the same activities, with the same definitions, and the same people."""
    learners = [uuid.uuid4() for _ in range(5)]
    activities = [{"id": f"https://voorbeeld.example/les/{n}", "definition": {"name": {"nl": f"Les {n}"}}} for n in range(5)]
    shared = [a_statement(learners[n % 5], object=activities[n % 5]) for n in range(10)]

    def write(number: int) -> int:
        own = [a_statement(learners[n % 5], object=activities[-n % 5]) for n in range(10)]
        batch = (shared + own)[:: 1 if number % 2 else -1]
        return len(append(batch, source=Source.OUTSIDE))

    assert at_once(write, *[(number,) for number in range(16)]) == [20] * 16
    assert Statement.objects.count() == StatementId.objects.count() == 170
    assert Mention.objects.count() == 0


# --- Walking forward --------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_who_walks_forward_steps_over_no_statement_that_is_committed_later(at_once):
    """Writers take their number and commit some time later, in any order. A reader who just takes the highest number misses some."""
    walked: list[int] = []
    hurried: list[int] = []
    writing = threading.Event()

    def write(number: int) -> None:
        pause = random.Random(number)
        for _ in range(12):
            with transaction.atomic():
                append([a_statement()], source=Source.OUTSIDE)
                time.sleep(pause.random() * 0.03)
        if number == 0:
            writing.set()

    def walk() -> None:
        ended = False
        while not ended:
            ended = writing.is_set()
            for seen, limit in ((walked, settled_through()), (hurried, LATEST)):
                after = seen[-1] if seen else 0
                seen += Statement.objects.filter(sequence__gt=after, sequence__lte=limit).order_by("sequence").values_list("pk", flat=True)

    def write_or_walk(number: int) -> None:
        walk() if number < 0 else write(number)

    assert at_once(write_or_walk, *[(number,) for number in range(-1, 7)]) == [None] * 8

    everything = list(Statement.objects.order_by("sequence").values_list("pk", flat=True))
    walked += [number for number in everything if number > walked[-1] and number <= settled_through()]
    assert walked == everything
    assert set(hurried) < set(everything), "the race that this is about did not happen"


def test_what_is_written_is_settled_when_nobody_writes():
    append([a_statement()], source=Source.OUTSIDE)

    assert settled_through() >= Statement.objects.get().sequence


def test_the_number_of_a_statement_says_when_it_was_stored():
    before = timezone.now()

    append([a_statement(), {**a_statement(), "timestamp": "2020-01-01T00:00:00Z"}], source=Source.OUTSIDE)

    first, second = Statement.objects.order_by("sequence")
    assert first.document["stored"] == second.document["stored"] == iso(first.stored)
    assert before - timedelta(milliseconds=1) <= first.stored <= timezone.now()
    assert at(first.stored) <= first.sequence < second.sequence < at(first.stored + timedelta(milliseconds=1))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_tool_s_statement_costs_the_database_one_statement(django_assert_num_queries):
    append([a_statement()], source=Source.OUTSIDE)  # wakes the worker

    with django_assert_num_queries(0), patch.object(projections, "wake"), patch("lrs.writing.execute_prepared") as execute:
        append([a_statement()], source=Source.OUTSIDE)

    assert execute.call_count == 1


# --- Projections ------------------------------------------------------------------------------------------------------


def test_who_finishes_the_last_two_lessons_at_once_is_seen_to_have_finished_both(at_once, settings):
    """Without the lock on the learner each of two workers would miss the other's row, and nobody would say "both"."""
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.count_lessons"]
    for _ in range(5):
        learner = uuid.uuid4()
        lessons = [a_statement(learner, object={"id": f"https://voorbeeld.example/les/{n}"}) for n in (1, 2)]

        answers = at_once(lambda statement: append([statement], source=Source.SERVER), *[(lesson,) for lesson in lessons])

        assert all(isinstance(answer, list) for answer in answers), answers
        assert projecting.counted(learner) == [1, 2]


def test_statements_of_a_learner_are_projected_in_the_order_they_came_in(at_once):
    """Six writers and two workers; a projection sees no statement of a learner before an earlier one of theirs."""
    learner = uuid.uuid4()

    at_once(lambda: [append([a_statement(learner)], source=Source.SERVER) for _ in range(5)], *[()] * 4)

    arrived = [str(uuid_) for uuid_ in Statement.objects.order_by("sequence").values_list("uuid", flat=True)]
    assert sorted(projecting.seen) == sorted(arrived)
    assert len(projecting.seen) == 20


@pytest.mark.django_db(transaction=True)
def test_what_a_projection_appends_is_projected_in_its_turn(settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.satisfy", "tests.lrs.projecting.project"]
    learner = uuid.uuid4()
    lesson = a_statement(learner)

    append([lesson], source=Source.SERVER)

    course = Statement.objects.with_verb(SATISFIED).get()
    assert projecting.seen == [lesson["id"], str(course.uuid)]
    assert not PendingProjection.objects.exists()
    append([a_statement(learner)], source=Source.SERVER)
    assert Statement.objects.with_verb(SATISFIED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_projection_that_fails_takes_back_what_the_earlier_ones_did(settings):
    """All projections of a statement, or none: the next try begins with a clean sheet."""
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.count_lessons", "tests.lrs.projecting.project"]
    learner = uuid.uuid4()
    statement = a_statement(learner)
    projecting.broken.add(statement["id"])

    append([statement], source=Source.SERVER)
    assert projecting.counted(learner) == []

    projecting.broken.clear()
    assert try_again(PendingProjection.objects.get()) is True
    assert projecting.counted(learner) == [1]
    assert projecting.seen == [statement["id"]]


@pytest.mark.django_db(transaction=True)
def test_what_a_crash_left_between_commit_and_projection_is_picked_up(monkeypatch):
    statement = a_statement()
    with monkeypatch.context() as crash:
        crash.setattr(projections, "project_learner", lambda learner_key: None)
        append([statement], source=Source.SERVER)
    assert projecting.seen == []
    assert PendingProjection.objects.count() == 1

    assert project_waiting() == 1
    assert projecting.seen == [statement["id"]]
    assert project_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_rebuilding_gives_the_same_rows_and_keeps_what_is_new(settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.count_lessons", "tests.lrs.projecting.satisfy"]
    learner = uuid.uuid4()
    for n in range(3):
        append([a_statement(learner, object={"id": f"https://voorbeeld.example/les/{n}"})], source=Source.SERVER)
    before = projecting.counted(learner)
    count = Statement.objects.count()

    assert rebuild(learner) == 4

    assert projecting.counted(learner) == before
    assert Statement.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_what_a_replay_appends_anew_is_projected_too(settings):
    """A rule that changed can be met in a replay: the statement it appends must not be swept away with the old ones."""
    learner = uuid.uuid4()
    append([a_statement(learner)], source=Source.SERVER)
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.satisfy", "tests.lrs.projecting.project"]
    projecting.seen.clear()

    rebuild(learner)

    assert projecting.seen[-1] == str(Statement.objects.with_verb(SATISFIED).get().uuid)
    assert not PendingProjection.objects.exists()


def test_a_statement_about_nobody_of_ours_has_nothing_to_project():
    append([a_statement(actor={"mbox": "mailto:ann@voorbeeld.example"})], source=Source.SERVER)

    assert not PendingProjection.objects.exists()
    assert projecting.seen == []


def test_voiding_is_projected_for_the_learner_whose_statement_is_voided():
    learner, void = uuid.uuid4(), a_statement()
    void = a_statement(learner)
    append([void], source=Source.SERVER)
    teacher = {"account": {"homePage": "https://voorbeeld.example", "name": "docent"}}
    voiding = a_statement(actor=teacher, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": void["id"]})
    projecting.broken.add(voiding["id"])

    append([voiding], source=Source.SERVER)

    assert PendingProjection.objects.get().learner_key == learner


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_only_our_own_server_voids_what_our_own_server_said(source):
    statement = a_statement()
    append([statement], source=Source.SERVER)

    with pytest.raises(VoidingRefused):
        append([a_statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": statement["id"]})], source=source)

    assert list(Statement.objects.values_list("voided", flat=True)) == [False]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"timestamp": "2026-03-02T10:00:00Z"}, True),
        ({"verb": {"id": "http://adlnet.gov/expapi/verbs/experienced", "display": {"nl": "beleefde"}}}, True),
        ({"object": {"id": "https://voorbeeld.example/les", "definition": {"name": {"nl": "Les"}}}}, True),
        ({"result": {"duration": "PT1.239S"}}, True),
        ({"result": {"duration": "PT1.24S"}}, False),
        ({"context": {"contextActivities": {"parent": {"id": "https://a.example/"}}}}, True),
        ({"context": {"contextActivities": {"parent": [{"id": "https://b.example/"}]}}}, False),
        ({"object": {"id": "https://voorbeeld.example/andere"}}, False),
        ({"actor": {"mbox": "mailto:ann@voorbeeld.example"}}, False),
    ],
)
def test_which_statements_are_the_same_is_what_the_standard_says(change, same):
    """Data 2.3.1; 2.0: 4.2.7 for durations."""
    first = a_statement(result={"duration": "PT1.23S"}, context={"contextActivities": {"parent": [{"id": "https://a.example/"}]}})
    append([first], source=Source.SERVER)

    if same:
        append([{**first, **change}], source=Source.SERVER)
    else:
        with pytest.raises(StatementConflict):
            append([{**first, **change}], source=Source.SERVER)

    assert Statement.objects.count() == 1


def test_keys_change_their_form_on_sqlite_without_losing_a_row_or_leaving_one_in_the_file():
    if connection.vendor != "sqlite":
        pytest.skip("on PostgreSQL they are as they were")
    migration = import_module("lrs.migrations.0014_keys_of_sixteen_bytes")
    editor = SimpleNamespace(connection=connection)
    first = a_statement(context={"contextActivities": {"parent": [{"id": "https://voorbeeld.example/cursus"}]}})
    unknown = str(uuid.uuid4())
    about = [a_statement(object={"objectType": "StatementRef", "id": target}) for target in (first["id"], unknown)]
    append([first], source=Source.SERVER)
    append(about, source=Source.SERVER)

    def ask(question: str) -> list[Any]:
        with connection.cursor() as cursor:
            return list(cursor.execute(question).fetchall())

    def rows() -> dict[str, list[Any]]:
        return {table: ask(f"SELECT * FROM {table} ORDER BY 1") for table in migration.TABLES}

    before = rows()
    assert all(before.values())
    ask("PRAGMA secure_delete = OFF")

    migration.keep_letters(None, editor)
    assert (first["id"].replace("-", ""),) in ask("SELECT uuid FROM lrs_statementid")
    migration.keep_bytes(None, editor)

    assert rows() == before
    assert ask("PRAGMA secure_delete") == [(1,)]


# --- What a query costs -----------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda rows: rows.by_actor("mbox:mailto:a7@voorbeeld.example"), "lrs_statement_actor"),
        (lambda rows: rows.of_learner(uuid.UUID(int=7)), "lrs_statement_actor"),
        (lambda rows: rows.with_verb("https://voorbeeld.example/werkwoord/7"), "lrs_statement_verb"),
        (
            lambda rows: rows.with_verb("https://voorbeeld.example/werkwoord/7").on_activity("https://voorbeeld.example/les/7"),
            "lrs_statement_activity_verb",
        ),
        (lambda rows: rows.on_activity("https://voorbeeld.example/les/7"), "lrs_statement_activity"),
        (lambda rows: rows.filter(registration=uuid.UUID(int=7)), "lrs_statement_registration"),
        (lambda rows: rows.filter(mentions__key=uuid.UUID(int=7)), "lrs_mention"),
    ],
    ids=["actor", "learner", "verb", "activity and verb", "activity", "registration", "mention"],
)
def test_each_filter_of_the_standard_walks_its_own_index(ask, index):
    many()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE lrs_statement")

    plan = ask(Statement.objects.filter(voided=False)).order_by("-sequence")[:50].explain()

    assert any(name in plan for name in _in_each_part(index))
    # A part without statements may be read as it is: there is nothing in it.
    full = partitions.name_of(timezone.now().astimezone(UTC).date()) if partitions.partitioned() else ""
    assert f"Seq Scan on {full}" not in plan


@pytest.mark.django_db
@pytest.mark.postgresql
def test_a_key_that_wrote_little_is_not_given_the_plan_of_one_that_wrote_all():
    """A plan that PostgreSQL keeps for any key walks the record from its end: half a second among a million of others."""
    many()
    credential, _ = a_credential(organisation=OrganisationFactory())
    append([a_statement()], source=Source.OUTSIDE, credential=credential)
    everything, theirs = queries.visible_to(a_credential()[0]), queries.visible_to(credential)

    for _ in range(8):
        assert len(queries.find(queries.Filters(limit=50), visible=everything).statements) == 50
        assert len(queries.find(queries.Filters(limit=50), visible=theirs).statements) == 1

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements")
        kept = [text for text, generic in cursor.fetchall() if generic]
    assert any("LIMIT 51" in text for text in kept), "of who sees everything PostgreSQL keeps one"
    assert not [text for text in kept if '"credential_id" IN' in text]


def _in_each_part(index: str) -> list[str]:
    """The names of this index: in a table in parts each part has its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", [index])
        return [index, *(name for (name,) in cursor.fetchall())]


def many() -> None:
    now = timezone.now()
    rows = [
        Statement(
            sequence=at(now) + n,
            actor_digest=digest(f"mbox:mailto:a{n % 100}@voorbeeld.example"),
            verb_digest=digest(f"https://voorbeeld.example/werkwoord/{n % 100}"),
            activity_digest=digest(f"https://voorbeeld.example/les/{n % 103}"),
            registration=uuid.UUID(int=n % 100),
            timestamp=now,
            source=Source.OUTSIDE,
            exact="{}",
        )
        for n in range(20_000)
    ]
    Statement.objects.bulk_create(rows)
    Mention.objects.bulk_create(Mention(key=uuid.UUID(int=n % 100), statement=row) for n, row in enumerate(rows))
