"""At least once, in order for each person, and nobody waits for somebody else's trouble."""

import json
import logging
import random
import time
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from django_tasks import default_task_backend

from accounts.models import Role
from lrs import queries
from lrs.forwarding import sending, targets, undelivered, waking
from lrs.forwarding.sending import forward
from lrs.forwarding.xapi import XAPISender
from lrs.models import Forwarded, ForwardingEvent, ForwardingHour, ForwardingTarget, HeldStatement, Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.forwarding import SECRET, a_target, contains
from tests.factories.lrs import Tool, a_credential, a_statement

pytestmark = pytest.mark.django_db

State, Reason = ForwardingTarget.State, ForwardingTarget.Reason


def record(*statements):
    append(list(statements), source=Source.SERVER)
    return [statement["id"] for statement in statements]


def of(person, number=1, **parts):
    return [a_statement(person, **parts) for _ in range(number)]


def now(target, **fields):
    """Its state anew, after changing fields of it by hand."""
    ForwardingTarget.objects.filter(pk=target.pk).update(**fields) if fields else None
    target.refresh_from_db()
    return target


# --- When all is well -----------------------------------------------------------------------------------------------------


def test_statements_arrive_once_and_in_order_with_their_own_ids(other):
    target = a_target(other.address)
    sent = record(*of(uuid.uuid4(), 3), *of(uuid.uuid4(), 2))

    run = forward(target.pk)

    assert [one["id"] for one in other.arrivals] == sent
    assert run.sent == 5
    assert Forwarded.objects.filter(target=target).count() == 5
    assert forward(target.pk).sent == 0
    assert len(other.arrivals) == 5
    assert now(target).last_success_at is not None
    assert ForwardingHour.objects.get().sent == 5


def test_what_comes_in_later_follows(other):
    target = a_target(other.address)
    first = record(*of(uuid.uuid4()))
    forward(target.pk)
    second = record(*of(uuid.uuid4()))

    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == first + second


def test_the_words_of_a_statement_go_as_they_came_in(other):
    target = a_target(other.address)
    text = '{"actor":{"mbox":"mailto:a@b.example"},"verb":{"id":"https://a.example/v"},"object":{"id":"https://a.example/"},"result":{"score":{"raw":1.50}}}'
    append([json.loads(text)], source=Source.SERVER, originals=[text])

    forward(target.pk)

    assert '"raw":1.50' in other.requests[-1]["body"].decode()


def test_more_than_a_page_goes_in_batches(other, monkeypatch):
    monkeypatch.setattr(sending, "PAGE", 7)
    target = a_target(other.address, batch_size=3)
    sent = record(*[a_statement() for _ in range(20)])

    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == sent
    assert max(len(request["statements"]) for request in other.requests) == 3


def test_a_target_from_now_gets_no_backlog(other):
    record(*of(uuid.uuid4()))
    target = a_target(other.address, cursor=queries.settled_through())
    later = record(*of(uuid.uuid4()))

    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == later


def test_the_key_goes_in_a_header_and_nowhere_else(other, caplog):
    caplog.set_level(logging.DEBUG)
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    other.rule = lambda request: 500
    forward(target.pk)
    other.rule = lambda request: None
    forward(now(target, retry_at=None).pk)

    assert other.requests[-1]["headers"]["Authorization"].startswith("Basic ")
    written = "".join(record.getMessage() for record in caplog.records) + "".join(
        str(value) for row in ForwardingTarget.objects.values() for value in row.values()
    )
    assert SECRET not in written
    assert "sleutel:" not in written


# --- One that is refused ----------------------------------------------------------------------------------------------------


def test_one_refused_statement_holds_back_only_that_persons_later_ones(other):
    target = a_target(other.address)
    anna, bram = uuid.uuid4(), uuid.uuid4()
    statements = [*of(anna), *of(bram), *of(anna), *of(bram), *of(anna), *of(bram)]
    bad = statements[2]["id"]
    other.rule = lambda request: (400, {}, "dit werkwoord kennen we niet") if contains(bad)(request) else None
    record(*statements)

    run = forward(target.pk)

    assert [one["id"] for one in other.arrivals] == [statements[place]["id"] for place in (0, 1, 3, 5)]
    assert (run.sent, run.refused, run.held) == (4, 1, 1)
    [refused] = undelivered.refused(target)
    assert (refused.status, refused.answer, refused.attempts) == (400, "dit werkwoord kennen we niet", 1)
    assert HeldStatement.objects.get(state="waiting").person == refused.person
    assert now(target).state == State.ACTIVE


def test_what_that_person_does_later_waits_as_well(other):
    target = a_target(other.address)
    anna = uuid.uuid4()
    [bad] = record(*of(anna))
    other.rule = lambda request: 400 if contains(bad)(request) else None
    forward(target.pk)

    later = record(*of(anna), *of(uuid.uuid4()))
    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == later[1:]
    assert HeldStatement.objects.filter(state="waiting").count() == 1


def test_sent_again_everything_that_waited_follows_in_order(other):
    target = a_target(other.address)
    anna = uuid.uuid4()
    statements = record(*of(anna, 4))
    other.rule = lambda request: 400 if contains(statements[0])(request) else None
    forward(target.pk)
    assert other.arrivals == []
    other.rule = lambda request: None

    assert undelivered.send_again(target) == 1
    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == statements
    assert not HeldStatement.objects.exists()
    assert Forwarded.objects.count() == 4


def test_sent_again_and_refused_again_it_says_so_and_stays(other):
    target = a_target(other.address)
    [bad, later] = record(*of(uuid.uuid4(), 2))
    other.rule = lambda request: (400, {}, "nog steeds niet") if contains(bad)(request) else None
    forward(target.pk)

    undelivered.send_again(target)
    forward(target.pk)

    [refused] = undelivered.refused(target)
    assert (refused.attempts, refused.answer, refused.due) == (2, "nog steeds niet", False)
    assert HeldStatement.objects.filter(state="waiting").count() == 1
    assert later not in other.kept
    assert forward(target.pk).refused == 0, "it is not tried again and again by itself"


def test_let_go_with_a_reason_the_rest_goes_on(other):
    target = a_target(other.address)
    [bad, later] = record(*of(uuid.uuid4(), 2))
    other.rule = lambda request: 400 if contains(bad)(request) else None
    forward(target.pk)
    [refused] = undelivered.refused(target)
    with pytest.raises(undelivered.DismissalRefused):
        undelivered.dismiss(refused, reason="  ")

    undelivered.dismiss(refused, reason="Was een proef", by=UserFactory())
    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == [later]
    assert HeldStatement.objects.get().state == "dismissed"


def test_other_filters_let_go_of_what_they_no_longer_ask_for(other):
    target = a_target(other.address)
    anna = uuid.uuid4()
    [bad, good] = record(*of(anna, verb={"id": adl.ATTEMPTED}), *of(anna, verb={"id": adl.COMPLETED}))
    other.rule = lambda request: 400 if contains(bad)(request) else None
    forward(target.pk)

    now(target, verbs=[adl.COMPLETED])
    assert undelivered.weigh_again(target) == 1
    forward(target.pk)

    assert [one["id"] for one in other.arrivals] == [good]
    assert not HeldStatement.objects.exists()


def test_the_bad_ones_are_found_with_few_requests(other):
    target = a_target(other.address)
    statements = record(*[a_statement() for _ in range(64)])
    other.rule = lambda request: 400 if contains(statements[40])(request) else None

    forward(target.pk)

    assert len(other.kept) == 63
    assert len(other.requests) <= 14


def test_a_store_that_refuses_everything_is_stopped_before_all_are_dead_letters(other):
    target = a_target(other.address)
    record(*[a_statement() for _ in range(60)])
    other.rule = lambda request: (400, {}, "verkeerde versie")

    forward(target.pk)

    assert (now(target).state, target.reason, target.last_answer) == (State.PAUSED, Reason.REFUSES_ALL, "verkeerde versie")
    assert HeldStatement.objects.filter(state="refused").count() == sending.REFUSED_IN_A_ROW
    other.rule = lambda request: None
    now(target, state=State.ACTIVE, reason="", refusals=0)
    undelivered.send_again(target)
    forward(target.pk)
    assert len(other.kept) == 60


# --- Conflicts ------------------------------------------------------------------------------------------------------------


def test_the_same_statement_that_is_there_already_is_no_conflict(other):
    target = a_target(other.address)
    [there, new] = of(uuid.uuid4(), 2)
    record(there, new)
    other.kept[there["id"]] = {**there, "stored": "2026-01-01T00:00:00Z", "version": "1.0.0"}
    other.rule = lambda request: 409 if request["method"] == "POST" and contains(there["id"])(request) else None

    forward(target.pk)

    assert set(other.kept) == {there["id"], new["id"]}
    assert not HeldStatement.objects.exists()
    assert Forwarded.objects.count() == 2


def test_another_statement_under_the_same_id_is_a_dead_letter(other):
    target = a_target(other.address)
    [mine] = of(uuid.uuid4())
    record(mine)
    other.kept[mine["id"]] = {**mine, "verb": {"id": "https://a.example/iets-anders"}}
    other.rule = lambda request: (409, {}, "bestaat al") if request["method"] == "POST" else None

    forward(target.pk)

    [refused] = undelivered.refused(target)
    assert (refused.status, refused.answer) == (409, "bestaat al")


# --- Trouble at the other side ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        500,
        502,
        (503, {}, "even niet"),
        (200, {}, "<html>welkom</html>"),
        (200, {}, "[]"),
        408,
        (None, {}, ""),
        (200, {"Content-Length": "900"}, "["),
    ],
    ids=["500", "502", "503", "nonsense", "no ids", "408", "hangs up", "breaks off"],
)
def test_after_trouble_nothing_is_lost_and_a_probe_goes_first(other, trouble):
    target = a_target(other.address)
    statements = record(*[a_statement() for _ in range(10)])
    other.rule = lambda request: trouble

    forward(target.pk)

    assert now(target).failures == 1
    assert target.retry_at > timezone.now() + timedelta(seconds=10)
    assert target.cursor == 0
    assert not HeldStatement.objects.exists()
    tried = len(other.requests)
    assert forward(target.pk).busy, "before its time nothing is tried"
    assert len(other.requests) == tried

    other.rule = lambda request: None
    with time_machine.travel(target.retry_at + timedelta(seconds=1), tick=True):
        forward(target.pk)
    assert [len(request["statements"]) for request in other.requests[tried:]] == [1, 9]
    assert [one["id"] for one in other.arrivals][-10:] == statements
    assert now(target).failures == 0
    assert list(ForwardingEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["stumbled", "recovered"]


def test_a_refused_connection_is_tried_again_later(other):
    address = other.address
    other.close()
    target = a_target(address)
    record(*of(uuid.uuid4()))

    forward(target.pk)

    assert (now(target).last_error, target.failures, target.state) == (Reason.UNREACHABLE, 1, State.ACTIVE)


def test_a_slow_answer_does_not_keep_the_worker(other, settings):
    settings.OUTGOING_SECONDS = 0.5
    target = a_target(other.address)
    record(*of(uuid.uuid4()))

    other.rule = lambda request: time.sleep(6)
    begin = timezone.now()

    forward(target.pk)

    assert timezone.now() - begin < timedelta(seconds=5)
    assert now(target).last_error == Reason.UNREACHABLE


def test_waits_grow_to_an_hour_and_differ():
    waits = [[sending.back_off(failures).total_seconds() for _ in range(50)] for failures in (1, 2, 5, 30)]

    for wait, longest in zip(waits, (30, 60, 480, 3600), strict=True):
        assert longest / 2 <= min(wait) < max(wait) <= longest


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_pauses_and_tells_who_can_mend_it(other, status):
    organisation = OrganisationFactory()
    manager = MembershipFactory(organisation=organisation, role=Role.ASSOCIATION_ADMIN).user
    MembershipFactory(organisation=organisation, role=Role.LEARNER)
    credential, _ = a_credential(organisation=organisation)
    target = a_target(other.address, organisation=organisation, reach=ForwardingTarget.Reach.TOOLS)
    append(of(uuid.uuid4()), source=Source.TOOL, credential=credential)
    other.rule = lambda request: status

    forward(target.pk)

    assert (now(target).state, target.reason) == (State.PAUSED, Reason.KEY_REFUSED)
    [message] = mail.outbox
    assert message.to == [manager.email]
    assert "Doorsturen gestopt" in message.subject
    assert f"/beheer/doorsturen/{target.pk}/" in message.body
    assert not HeldStatement.objects.exists()


def test_a_wrong_address_stops_after_a_few_tries_and_a_redirect_is_not_followed(other):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    other.rule = lambda request: (302, {"Location": "https://elders.example/"}, "")

    for _ in range(3):
        forward(now(target, retry_at=None).pk)

    assert (now(target).state, target.reason) == (State.PAUSED, Reason.WRONG_ADDRESS)
    assert "https://elders.example/" in target.last_answer
    assert len(other.requests) == 3


def test_too_large_makes_batches_smaller_and_one_that_is_too_large_alone_is_set_apart(other):
    target = a_target(other.address, batch_size=16)
    statements = record(*[a_statement() for _ in range(20)])
    other.rule = lambda request: 413 if len(request["statements"]) > 4 or contains(statements[7])(request) else None

    forward(target.pk)

    assert len(other.kept) == 19
    assert [row.status for row in undelivered.refused(target)] == [413]
    assert now(target).batch_size <= 4


@pytest.mark.parametrize("header", ["120", "Thu, 05 Mar 2026 10:02:00 GMT"])
def test_a_store_that_asks_to_wait_is_waited_for(other, header, monkeypatch):
    with time_machine.travel("2026-03-05T10:00:00Z", tick=False):
        target = a_target(other.address)
        record(*of(uuid.uuid4()))
        other.rule = lambda request: (429, {"Retry-After": header}, "rustig")
        # With a clock that stands still what was just written is not settled yet.
        monkeypatch.setattr(queries, "settled_through", lambda: (1 << 63) - 1)

        forward(target.pk)

        assert now(target).retry_at == timezone.now() + timedelta(seconds=120)
        assert target.failures == 0


# --- Two workers, and one that dies ---------------------------------------------------------------------------------------------


def before_each_request(monkeypatch, act):
    """Something that happens in another process at the moment that a batch goes out."""
    send = XAPISender.send

    def act_and_send(sender, batch):
        act()
        return send(sender, batch)

    monkeypatch.setattr(XAPISender, "send", act_and_send)


def test_two_workers_never_send_to_one_target_at_once(other, monkeypatch):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    others = []
    before_each_request(monkeypatch, lambda: others.append(forward(target.pk)))

    run = forward(target.pk)

    assert [one.busy for one in others] == [True]
    assert run.sent == 1
    assert now(target).lease is None


def test_a_worker_that_died_is_followed_by_another_when_its_lease_ends(other):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    now(target, lease=uuid.uuid4(), leased_until=timezone.now() + timedelta(minutes=1))
    assert forward(target.pk).busy

    now(target, leased_until=timezone.now() - timedelta(seconds=1))

    assert forward(target.pk).sent == 1


@pytest.mark.parametrize("answer", [401, 503])
def test_trouble_with_what_was_mended_meanwhile_holds_up_nothing(other, monkeypatch, answer):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    login = targets.Login("nieuwe-sleutel", "nieuw-geheim")
    before_each_request(monkeypatch, lambda: targets.change(ForwardingTarget.objects.get(pk=target.pk), login=login, by=None))
    other.rule = lambda request: answer

    run = forward(target.pk)

    assert run.more
    assert (now(target).state, target.retry_at, target.failures) == (State.ACTIVE, None, 0)
    assert mail.outbox == []


def test_trouble_does_not_make_it_go_on_by_itself_after_somebody_paused_it_meanwhile(other, monkeypatch):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    send = sending._Turn._stumble

    def paused_just_before(turn, answer):
        targets.pause(target, by=None)
        send(turn, answer)

    monkeypatch.setattr(sending._Turn, "_stumble", paused_just_before)
    other.rule = lambda request: 401
    forward(target.pk)
    assert (now(target).state, target.reason) == (State.PAUSED, "by_hand")

    targets.change(target, login=targets.Login("nieuwe-sleutel", "nieuw-geheim"), by=None)

    assert now(target).state == State.PAUSED
    assert mail.outbox == []


def test_a_worker_whose_lease_went_to_another_books_nothing(other, monkeypatch):
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    before_each_request(monkeypatch, lambda: now(target, lease=uuid.uuid4(), leased_until=timezone.now() + timedelta(minutes=1)))

    run = forward(target.pk)

    assert run.sent == 0
    assert (now(target).cursor, Forwarded.objects.count()) == (0, 0)
    assert target.lease is not None, "that of the other one is left alone"


def test_a_worker_that_dies_after_sending_repeats_and_nothing_is_twice(other, monkeypatch):
    target = a_target(other.address)
    statements = record(*of(uuid.uuid4(), 3))
    book = sending._Turn._book

    def die(*_args, **_kwargs):
        raise SystemExit

    monkeypatch.setattr(sending._Turn, "_book", die)
    with pytest.raises(SystemExit):
        forward(target.pk)
    assert len(other.kept) == 3
    assert now(target).cursor == 0
    monkeypatch.setattr(sending._Turn, "_book", book)

    forward(target.pk)

    assert len(other.arrivals) == 6
    assert list(other.kept) == statements
    assert Forwarded.objects.count() == 3


def test_a_batch_that_broke_off_half_way_goes_on_where_it_was(other):
    target = a_target(other.address)
    anna, bram = uuid.uuid4(), uuid.uuid4()
    statements = [*of(anna, 2), *of(bram, 2)]
    record(*statements)
    bad, last = statements[0]["id"], statements[3]["id"]
    other.rule = lambda request: (
        500 if len(request["statements"]) == 1 and contains(last)(request) else 400 if contains(bad, last)(request) else None
    )
    forward(target.pk)
    assert (now(target).failures, target.cursor) == (1, 0)
    other.rule = lambda request: 400 if contains(bad)(request) else None

    forward(now(target, retry_at=None).pk)

    assert [one["id"] for one in other.arrivals] == [statements[2]["id"], last]
    assert {row.state for row in HeldStatement.objects.all()} == {"refused", "waiting"}


def test_pausing_stops_between_batches(other, monkeypatch):
    target = a_target(other.address, batch_size=2)
    record(*[a_statement() for _ in range(6)])
    before_each_request(monkeypatch, lambda: now(target, state=State.PAUSED))

    run = forward(target.pk)

    assert run.sent == 2
    assert len(other.kept) == 2


# --- Order under shuffled failures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_whatever_fails_when_nothing_is_lost_and_nobodys_order_changes(other, seed):
    """A store that answers at random 200, 500, 400 for some, 413, nonsense, or keeps it and then hangs up."""
    chance = random.Random(seed)
    people = [uuid.uuid4() for _ in range(5)]
    target = a_target(other.address, batch_size=8)
    statements = [a_statement(chance.choice(people)) for _ in range(60)]
    stubborn = {statement["id"] for statement in chance.sample(statements, 4)}
    for place in range(0, 60, 10):
        record(*statements[place : place + 10])

    def shuffled(request):
        if request["method"] == "GET":
            return None
        if any(one["id"] in stubborn for one in request["statements"]):
            return 400
        what = chance.random()
        if what < 0.25:
            return chance.choice([500, 503, (200, {}, "?"), (None, {}, "")])
        if what < 0.35:
            for one in request["statements"]:
                other.arrivals.append(one)
                other.kept.setdefault(one["id"], one)
            return None, {}, ""
        if what < 0.45 and len(request["statements"]) > 1:
            return 413
        return None

    other.rule = shuffled
    for turn in range(200):
        now(target, retry_at=None, state=State.ACTIVE, refusals=0)
        if turn % 7 == 6:
            undelivered.send_again(target)
        if turn == 60:
            stubborn.clear()
        forward(target.pk)
        if turn > 61 and len(other.kept) == 60 and not HeldStatement.objects.exists():
            break

    wanted = [statement["id"] for statement in statements]
    assert set(other.kept) == set(wanted), "nothing lost"
    assert Forwarded.objects.filter(target=target).count() == 60, "everything booked, once"
    for person in people:
        own = [statement["id"] for statement in statements if str(person) in json.dumps(statement["actor"])]
        arrived = [one for one in other.kept if one in set(own)]
        assert arrived == own


# --- Being woken --------------------------------------------------------------------------------------------------------------------


def test_only_targets_with_something_to_do_are_woken(other):
    target = a_target(other.address)
    assert waking.waiting() == []

    [one] = record(*of(uuid.uuid4()))
    assert waking.waiting() == [target.pk]
    assert waking.wake() == 1
    assert one in other.kept
    assert waking.waiting() == []

    record(*of(uuid.uuid4()))
    for fields in ({"state": State.PAUSED}, {"removed_at": timezone.now()}, {"retry_at": timezone.now() + timedelta(minutes=1)}):
        now(target, **fields)
        assert waking.waiting() == [], fields
        now(target, state=State.ACTIVE, removed_at=None, retry_at=None)
    assert waking.waiting() == [target.pk]


@pytest.mark.parametrize("by", ["a tool", "our own server"])
def test_a_stored_statement_is_sent_soon_without_its_writer_waiting(other, settings, monkeypatch, django_capture_on_commit_callbacks, by):
    """The queue is as in production: it keeps work for a worker, and can put it off."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend", "QUEUES": ["default", "lrs"]}}
    queued = default_task_backend.results
    learner = UserFactory()

    def write() -> None:
        monkeypatch.setattr(waking, "_awake_until", [0.0])
        with django_capture_on_commit_callbacks(execute=True):
            if by == "a tool":
                assert Tool().post(a_statement()).status_code == 200
            else:
                record(a_statement(learner.pseudonym))

    write()
    looks = [result for result in queued if result.task.func is waking.look_around.func]
    assert looks == [], "nobody is sent to"

    a_target(other.address)
    write()
    with django_capture_on_commit_callbacks(execute=True):
        Tool().post(a_statement())
    [look] = [result for result in queued if result.task.func is waking.look_around.func]
    assert look.task.run_after > look.enqueued_at, "after what others write in the same moment"
    assert other.kept == {}

    look.task.func()
    [turn] = [result for result in queued if result.task.func is waking.forward_target.func]
    turn.task.func(*turn.args)
    assert len(other.kept) == 3


def test_a_target_is_queued_once_until_its_turn_begins(other, monkeypatch):
    queued = []
    monkeypatch.setattr(waking, "forward_target", SimpleNamespace(enqueue=queued.append))
    target = a_target(other.address)
    record(*of(uuid.uuid4()))

    waking.wake()
    waking.wake()
    assert queued == [target.pk]
    now(target, queued_at=timezone.now() - timedelta(minutes=11))
    waking.wake()

    assert queued == [target.pk] * 2, "a task that was lost is queued again"


def test_a_turn_that_found_another_worker_at_it_keeps_no_next_turn_from_being_queued(other, monkeypatch):
    """Two workers looked around at the same moment: what the second one queued finds the first one at work."""
    queued = []
    turn = waking.forward_target.func
    monkeypatch.setattr(waking, "forward_target", SimpleNamespace(enqueue=queued.append))
    target = a_target(other.address)
    record(*of(uuid.uuid4()))
    waking.wake()
    now(target, lease=uuid.uuid4(), leased_until=timezone.now() + timedelta(minutes=4))
    turn(target.pk)
    assert other.kept == {}
    now(target, lease=None, leased_until=None)

    waking.wake()

    assert queued == [target.pk] * 2
