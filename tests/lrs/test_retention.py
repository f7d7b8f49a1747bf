"""Old records go by rule: counted first, never what is on hold or needed as proof, and in pieces that can be stopped."""

import hashlib
import itertools
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.storage import storages
from django.utils import timezone

from accounts.models import AuditEvent
from lrs import holds, partitions, retention, sequence
from lrs.actors import actor_of
from lrs.models import (
    Attachment,
    LegalHold,
    Mention,
    OpenReferral,
    PendingProjection,
    Referral,
    RetentionRun,
    Source,
    Statement,
    StatementId,
)
from lrs.profiles import adl
from lrs.retention import RetentionRefused, add_rule, carry_out, count, end_rule, limit_of, why_range_stays
from lrs.store import append
from tests.factories.accounts import UserFactory
from tests.factories.lrs import Tool, a_statement
from tests.lrs.test_erasure import with_attachment

pytestmark = pytest.mark.django_db

VIDEO = "https://w3id.org/xapi/video/activity-type/video"
A_VIDEO = {"id": "https://a.example/video", "definition": {"type": VIDEO, "name": {"nl": "Tillen"}}}
A_LESSON = {"id": "https://a.example/les", "definition": {"type": "http://adlnet.gov/expapi/activities/lesson"}}


@pytest.fixture(autouse=True)
def _alone(settings):
    settings.LRS_PROJECTIONS = []
    settings.LRS_RETENTION_KEEPS = []


@pytest.fixture
def officer():
    return UserFactory(is_superuser=True)


def stored(*statements, at: str, source=Source.LEARNER_SESSION):
    """Statements that came in at this moment. PostgreSQL gives the number by its own clock, so they are moved there."""
    ids = append(list(statements), source=source)
    move(ids, at=at)
    return [str(one) for one in ids]


COMMENTED = "http://adlnet.gov/expapi/verbs/commented"
_places = itertools.count()


def move(ids, *, at: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    for one in ids:
        old, new = StatementId.objects.get(uuid=one).sequence, sequence.at(moment) + next(_places)
        if partitions.partitioned():
            partitions.make(moment.date())
        StatementId.objects.filter(uuid=one).update(sequence=new)
        Statement.objects.filter(sequence=old).update(sequence=new)
        Mention.objects.filter(statement_id=old).update(statement_id=new)
        PendingProjection.objects.filter(statement_id=old).update(statement_id=new)


def a_video_rule(officer, **more):
    return add_rule(**{"name": "Video na een jaar", "months": 12, "by": officer, "activity_type": VIDEO, **more})


def left() -> set[str]:
    return {str(one) for one in Statement.objects.values_list("uuid", flat=True)}


@time_machine.travel("2026-06-15T10:00:00+00:00")
def test_counting_says_how_many_per_month_and_changes_nothing(officer):
    me = UserFactory()
    stored(a_statement(me.pseudonym, object=A_VIDEO), a_statement(me.pseudonym, object=A_VIDEO), at="2025-03-02T12:00:00")
    stored(a_statement(me.pseudonym, object=A_VIDEO), a_statement(me.pseudonym, object=A_LESSON), at="2025-04-02T12:00:00")
    stored(a_statement(me.pseudonym, object=A_VIDEO), at="2026-06-01T12:00:00")
    before = left()

    run = count(a_video_rule(officer), by=officer)

    run.refresh_from_db()
    assert (run.state, run.counts, run.total) == ("done", {"2025-03": 2, "2025-04": 1}, 3)
    assert run.example == "Je opende ‘Tillen’"
    assert left() == before


@time_machine.travel("2026-06-15T10:00:00+00:00")
def test_carrying_out_deletes_what_was_counted_and_everything_beside_it(officer, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    me = UserFactory()
    old = [a_statement(me.pseudonym, object=A_VIDEO, context={"instructor": actor_of(uuid.uuid4())}) for _ in range(5)]
    stored(*old, at="2025-03-02T12:00:00")
    kept = stored(a_statement(me.pseudonym, object=A_LESSON), at="2025-03-02T12:00:00") + stored(
        a_statement(me.pseudonym, object=A_VIDEO), at="2026-06-01T12:00:00"
    )
    rule = a_video_rule(officer)
    count(rule, by=officer)

    run = carry_out(rule, by=officer)

    run.refresh_from_db()
    assert left() == set(kept)
    assert {str(one) for one in StatementId.objects.values_list("uuid", flat=True)} == set(kept)
    assert set(Mention.objects.values_list("statement", flat=True)) <= set(Statement.objects.values_list("pk", flat=True))
    assert run.total == 5
    assert AuditEvent.objects.get(event="retention_carried_out").details["deleted"] == 5


def test_what_a_remark_was_found_by_goes_with_it(officer):
    me = UserFactory()
    about = a_statement(me.pseudonym, object=A_LESSON)
    remark = {"verb": {"id": COMMENTED}}
    stored(about, at="2025-03-02T12:00:00")
    there = a_statement(me.pseudonym, object={"objectType": "StatementRef", "id": about["id"]}, **remark)
    missing = a_statement(me.pseudonym, object={"objectType": "StatementRef", "id": str(uuid.uuid4())}, **remark)
    numbers = {}
    for one in (there, missing):
        append([one], source=Source.LEARNER_SESSION)
        numbers[one["id"]] = StatementId.objects.get(uuid=one["id"]).sequence
    assert Referral.objects.filter(statement_id=numbers[there["id"]]).exists()
    assert OpenReferral.objects.filter(statement_id=numbers[missing["id"]]).exists()

    retention._delete(Statement.objects.with_verb(COMMENTED))

    assert left() == {about["id"]}
    assert not Referral.objects.exists()
    assert not OpenReferral.objects.exists()


def test_nobody_deletes_what_was_not_counted_lately(officer):
    rule = a_video_rule(officer)

    with pytest.raises(RetentionRefused, match="Tel eerst"):
        carry_out(rule, by=officer)

    count(rule, by=officer)
    with time_machine.travel(timezone.now() + timedelta(days=8)), pytest.raises(RetentionRefused, match="Tel eerst"):
        carry_out(rule, by=officer)
    end_rule(rule, by=officer)
    rule.refresh_from_db()
    with pytest.raises(RetentionRefused, match="geldt niet meer"):
        carry_out(rule, by=officer)
    assert not RetentionRun.objects.filter(dry=False).exists()


def test_a_rule_says_for_what_it_is(officer):
    with pytest.raises(RetentionRefused, match="voor welke records"):
        add_rule(name="Alles", months=12, by=officer)


@pytest.mark.parametrize(
    ("today", "months", "limit"),
    [
        (date(2026, 6, 15), 12, "2025-06-15T00:00+02:00"),
        (date(2026, 3, 31), 1, "2026-02-28T00:00+01:00"),
        (date(2026, 1, 1), 1, "2025-12-01T00:00+01:00"),
        (date(2024, 2, 29), 12, "2023-02-28T00:00+01:00"),
    ],
)
def test_the_limit_is_a_day_in_amsterdam(officer, today, months, limit):
    assert limit_of(a_video_rule(officer, months=months), today=today) == datetime.fromisoformat(limit)


def test_the_last_minute_stays_and_the_one_before_goes(officer):
    goes = stored(a_statement(object=A_VIDEO), at="2025-06-14T21:59:59")
    stays = stored(a_statement(object=A_VIDEO), at="2025-06-14T22:00:00")
    rule = a_video_rule(officer)

    with time_machine.travel("2026-06-15T10:00:00+00:00"):
        count(rule, by=officer)
        carry_out(rule, by=officer)

    assert left() == set(stays)
    assert left().isdisjoint(goes)


def test_a_statement_that_leaves_out_its_type_is_known_by_what_was_said_before(officer):
    stored(a_statement(object=A_VIDEO), at="2025-01-01T00:00:00", source=Source.SERVER)
    stored(a_statement(object={"id": A_VIDEO["id"]}), at="2025-01-02T00:00:00")
    rule = a_video_rule(officer)

    run = count(rule, by=officer)

    run.refresh_from_db()
    assert run.total == 2


def test_verb_and_source_narrow_a_rule(officer):
    both = stored(a_statement(object=A_VIDEO, verb={"id": adl.INTERACTED}), at="2025-01-01T00:00:00")
    stored(a_statement(object=A_VIDEO, verb={"id": adl.COMPLETED}), at="2025-01-01T00:00:00")
    stored(a_statement(object=A_VIDEO, verb={"id": adl.INTERACTED}), at="2025-01-01T00:00:00", source=Source.SERVER)
    rule = a_video_rule(officer, verb=adl.INTERACTED, source=Source.LEARNER_SESSION)
    count(rule, by=officer)

    carry_out(rule, by=officer)

    assert Statement.objects.count() == 2
    assert left().isdisjoint(both)


@pytest.mark.parametrize("kind", ["person", "named", "outside", "activity", "period", "happened"])
def test_a_hold_always_wins(officer, kind):
    me = UserFactory()
    document = a_statement(
        uuid.uuid4() if kind == "named" else me.pseudonym,
        object=A_VIDEO,
        timestamp="2024-05-01T10:00:00Z",
        **({"context": {"instructor": actor_of(me.pseudonym)}} if kind == "named" else {}),
    )
    stored(document, at="2025-01-10T00:00:00")
    rule = a_video_rule(officer)
    by_kind = {
        "person": {"kind": LegalHold.Kind.PERSON, "person": me},
        "named": {"kind": LegalHold.Kind.PERSON, "person": me},
        "outside": {"kind": LegalHold.Kind.PERSON, "actor_digest": Statement.objects.get().actor_digest, "person": None},
        "activity": {"kind": LegalHold.Kind.ACTIVITY, "activity": "https://a.example/"},
        "period": {"kind": LegalHold.Kind.PERIOD, "period_start": date(2025, 1, 1), "period_end": date(2025, 1, 31)},
        "happened": {"kind": LegalHold.Kind.PERIOD, "period_start": date(2024, 5, 1), "period_end": date(2024, 5, 1)},
    }
    hold = LegalHold.objects.create(reason="Klacht", placed_by=officer, **by_kind[kind])

    run = count(rule, by=officer)
    run.refresh_from_db()
    assert (run.total, run.kept) == (0, {"hold": 1})
    carry_out(rule, by=officer)
    assert Statement.objects.count() == 1

    holds.lift(hold, by=officer, because="Afgehandeld")
    carry_out(rule, by=officer)
    assert Statement.objects.count() == 0


def test_a_hold_ends_with_its_last_day(officer):
    hold = holds.place(kind=LegalHold.Kind.ACTIVITY, reason="Klacht", by=officer, activity="https://a.example/", until=timezone.localdate())

    assert list(holds.in_force()) == [hold]
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert list(holds.in_force()) == []


def a_proof(statements):
    return {statement.sequence: "ledger" for statement in statements if statement.verb == adl.PASSED}


def test_what_a_ledger_rests_on_and_what_still_waits_stays(officer, settings):
    settings.LRS_RETENTION_KEEPS = ["tests.lrs.test_retention.a_proof"]
    proof = stored(a_statement(object=A_VIDEO, verb={"id": adl.PASSED}), at="2025-01-01T00:00:00")
    waits = stored(a_statement(object=A_VIDEO), at="2025-01-01T00:00:00")
    stored(a_statement(object=A_VIDEO), at="2025-01-01T00:00:00")
    PendingProjection.objects.all().delete()
    PendingProjection.objects.create(statement=Statement.objects.with_id(waits[0]).get(), learner_key=uuid.uuid4())
    rule = a_video_rule(officer)

    run = count(rule, by=officer)
    carry_out(rule, by=officer)

    run.refresh_from_db()
    assert (run.total, run.kept) == (1, {"ledger": 1, "waiting": 1})
    assert left() == {*proof, *waits}


def test_a_file_goes_with_the_last_statement_that_has_it(officer):
    tool = Tool()
    old_ones = [with_attachment(tool, content, object=A_VIDEO)["id"] for content in (b"alleen oud", b"ook nieuw")]
    move(old_ones, at="2025-01-01T00:00:00")
    with_attachment(tool, b"ook nieuw", object=A_VIDEO)
    old = Attachment.objects.get(sha2=hashlib.sha256(b"alleen oud").hexdigest()).file.name
    rule = a_video_rule(officer)
    count(rule, by=officer)

    carry_out(rule, by=officer)

    assert [row.sha2 for row in Attachment.objects.all()] == [hashlib.sha256(b"ook nieuw").hexdigest()]
    assert not storages["private"].exists(str(old))


@pytest.mark.django_db(transaction=True)
def test_stopped_anywhere_it_goes_on_and_counts_each_once(officer, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    stored(*[a_statement(object=A_VIDEO) for _ in range(7)], at="2025-01-01T00:00:00")
    rule = a_video_rule(officer)
    count(rule, by=officer)
    monkeypatch.setattr(retention, "walk", type("Later", (), {"enqueue": staticmethod(lambda _pk: None)}))
    run = carry_out(rule, by=officer)
    piece = retention._piece

    def once(pk: int) -> str:
        piece(pk)
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_piece", once)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            retention.bring(run.pk)
    monkeypatch.setattr(retention, "_piece", piece)

    assert retention.go_on() == 1

    run.refresh_from_db()
    assert (run.total, Statement.objects.count()) == (7, 0)


def test_a_whole_part_may_go_when_everything_in_it_is_past_a_rule_and_nothing_is_kept(officer, settings):
    settings.LRS_RETENTION_KEEPS = ["tests.lrs.test_retention.a_proof"]
    first, end = sequence.at(datetime(2025, 1, 1, tzinfo=UTC)), sequence.at(datetime(2025, 2, 1, tzinfo=UTC))
    assert why_range_stays(first, end) == "", "nothing in it"
    stored(a_statement(object=A_VIDEO), at="2025-01-05T00:00:00")
    assert why_range_stays(first, end) == "Niet alles hierin is over een bewaartermijn heen."

    a_video_rule(officer)
    assert why_range_stays(first, end) == ""

    stored(a_statement(object=A_VIDEO, verb={"id": adl.PASSED}), at="2025-01-05T00:00:00")
    assert "punten of certificaat" in why_range_stays(first, end)
    stored(a_statement(object=A_LESSON), at="2025-01-06T00:00:00")
    assert why_range_stays(first, end) == "Niet alles hierin is over een bewaartermijn heen."
