"""Erasure reaches what went out, what is going out, and what still would."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lrs import forwarding
from lrs.actors import actor_key, actor_of
from lrs.forwarding import erasing, sending
from lrs.forwarding.sending import forward
from lrs.forwarding.xapi import XAPISender
from lrs.models import Erasure, Forwarded, ForwardedErasure, ForwardingPseudonym, ForwardingTarget, HeldStatement, Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.forwarding import a_target, contains
from tests.factories.lrs import a_credential, a_statement

pytestmark = pytest.mark.django_db


def record(*statements):
    append(list(statements), source=Source.SERVER)
    return [one["id"] for one in statements]


def test_forgetting_voids_there_throws_the_pseudonym_away_and_makes_a_task(other):
    anna, bram = uuid.uuid4(), uuid.uuid4()
    target = a_target(other.address, actors="pseudonym")
    hers = record(a_statement(anna), a_statement(anna))
    [names_her] = record(a_statement(bram, context={"instructor": actor_of(anna)}))
    record(a_statement(bram))
    forward(target.pk)
    name = other.arrivals[0]["actor"]["account"]["name"]

    [reached] = forwarding.forget(learner=anna)
    forward(target.pk)

    assert (reached.target, reached.statements, reached.named_in, reached.voids, reached.pseudonym) == (target, 2, 1, True, True)
    voided = [one["object"]["id"] for one in other.arrivals if one["verb"]["id"] == adl.VOIDED]
    assert voided == hers
    task = ForwardedErasure.objects.get()
    assert (task.id_list, task.named_list, task.withdrawn) == (hers, [names_her], 2)
    assert task.withdrawn_at is not None
    listed = "".join(erasing.list_for(task))
    assert name in listed
    assert str(anna) not in listed
    assert ForwardingPseudonym.objects.filter(target=target).count() == 1, "only Bram's is left"


def test_a_preview_says_the_same_and_does_nothing(other):
    anna = uuid.uuid4()
    target = a_target(other.address, actors="pseudonym")
    record(a_statement(anna))
    forward(target.pk)

    [preview] = forwarding.would_forget(learner=anna)

    assert (preview.statements, preview.voids, preview.pseudonym, preview.task) == (1, True, True, None)
    assert not ForwardedErasure.objects.exists()
    assert ForwardingPseudonym.objects.exists()


def test_somebody_who_was_never_sent_leaves_no_task(other):
    target = a_target(other.address)
    record(a_statement())
    forward(target.pk)

    assert forwarding.forget(learner=uuid.uuid4()) == []
    assert forwarding.would_forget(learner=uuid.uuid4()) == []


def test_an_actor_of_an_outside_system_can_be_forgotten_by_key(other):
    target = a_target(other.address)
    record(a_statement(actor={"mbox": "mailto:anna@voorbeeld.example"}))
    forward(target.pk)

    [reached] = forwarding.forget(actor_key="mbox:mailto:anna@voorbeeld.example")

    assert reached.statements == 1


def test_asked_twice_there_is_one_task(other):
    anna = uuid.uuid4()
    target = a_target(other.address)
    record(a_statement(anna))
    forward(target.pk)

    forwarding.forget(learner=anna)

    assert forwarding.forget(learner=anna) == []
    assert ForwardedErasure.objects.count() == 1


def test_what_was_set_apart_of_them_is_not_sent_any_more(other):
    anna = uuid.uuid4()
    target = a_target(other.address)
    [bad, _] = record(a_statement(anna), a_statement(anna))
    other.rule = lambda request: 400 if contains(bad)(request) else None
    forward(target.pk)
    assert HeldStatement.objects.count() == 2

    [reached] = forwarding.forget(learner=anna)

    assert not HeldStatement.objects.exists()
    assert reached.task.id_list == [bad], "it was tried, so it may be there; what waited behind it was not"


def test_what_was_read_before_the_erasure_does_not_go_out_after_it(other, monkeypatch):
    """The worker holds the statement in its hands when somebody is erased."""
    anna = uuid.uuid4()
    target = a_target(other.address)
    record(a_statement(anna))
    renew = sending._Turn._renew

    def erased_just_before(turn, **through):
        forwarding.forget(learner=anna)
        monkeypatch.setattr(sending._Turn, "_renew", renew)
        renew(turn, **through)

    monkeypatch.setattr(sending._Turn, "_renew", erased_just_before)

    run = forward(target.pk)

    assert run.more
    assert other.arrivals == []


def test_what_is_on_its_way_counts_as_sent(other, monkeypatch):
    anna = uuid.uuid4()
    target = a_target(other.address)
    [hers] = record(a_statement(anna))
    reached = []
    send = XAPISender.send

    def erased_meanwhile(sender, batch):
        answer = send(sender, batch)
        reached.extend(forwarding.forget(learner=anna))
        return answer

    monkeypatch.setattr(XAPISender, "send", erased_meanwhile)
    forward(target.pk)

    assert hers in other.kept
    assert not Forwarded.objects.exists(), "the worker did not come to booking it"
    assert reached[0].task.id_list == [hers]


def test_what_could_not_be_sent_or_is_not_meant_for_a_target_did_not_go_there(other):
    """Of what was sent without an answer nobody knows; where there was no connection, nothing went."""
    anna, bram = uuid.uuid4(), uuid.uuid4()
    credential, _secret = a_credential(organisation=OrganisationFactory())
    target = a_target(other.address, organisation=credential.organisation, reach="tools")
    record(a_statement(bram))
    append([a_statement(anna)], source=Source.TOOL, credential=credential)
    address, other.rule = target.endpoint, lambda request: 503

    forward(target.pk)
    assert [reached.statements for reached in forwarding.would_forget(learner=anna)] == [1]
    assert forwarding.would_forget(learner=bram) == []

    other.close()
    unreached = a_target(address, reach="everything")
    forward(unreached.pk)
    unreached.refresh_from_db()
    assert (unreached.last_error, unreached.sending_through) == ("unreachable", 0)
    assert [reached.target for reached in forwarding.would_forget(learner=anna)] == [target]


def test_after_beginning_again_what_went_before_still_counts(other):
    from lrs.forwarding import targets  # noqa: PLC0415

    anna = uuid.uuid4()
    target = a_target(other.address)
    [hers] = record(a_statement(anna))
    forward(target.pk)
    targets.begin_again(target, since=None, by=None)
    assert not Forwarded.objects.exists()

    [reached] = forwarding.forget(learner=anna)

    assert reached.task.id_list == [hers]


def test_what_went_by_filters_that_nobody_remembers_still_counts(other):
    from lrs.forwarding import history, targets  # noqa: PLC0415

    anna = uuid.uuid4()
    with time_machine.travel(timezone.now() - history.KEPT - timedelta(days=1)):
        target = a_target(other.address)
        [hers] = record(a_statement(anna))
        forward(target.pk)
        targets.change(target, login=None, by=None, verbs=[adl.PASSED])
    history.forget_old()
    targets.begin_again(target, since=None, by=None)

    [reached] = forwarding.forget(learner=anna)

    assert reached.task.id_list == [hers]


def test_a_target_that_may_not_void_gets_none_and_the_task_stays(other):
    anna = uuid.uuid4()
    target = a_target(other.address, voids_on_erasure=False)
    record(a_statement(anna))
    forward(target.pk)
    [reached] = forwarding.forget(learner=anna)
    before = len(other.requests)

    forward(target.pk)

    assert len(other.requests) == before
    assert (reached.voids, reached.task.confirmed_at) == (False, None)


def test_a_store_that_refuses_to_void_is_left_alone_and_the_task_says_so(other):
    anna = uuid.uuid4()
    target = a_target(other.address)
    record(a_statement(anna))
    forward(target.pk)
    forwarding.forget(learner=anna)
    other.rule = lambda request: (403, {}, "alleen eigen uitspraken")

    forward(target.pk)
    forward(target.pk)

    task = ForwardedErasure.objects.get()
    assert (task.withdraws, task.withdrawn, task.withdraw_answer) == (False, 0, "alleen eigen uitspraken")
    target.refresh_from_db()
    assert target.state == ForwardingTarget.State.ACTIVE


def test_voiding_goes_on_after_trouble_and_repeats_under_the_same_id(other):
    anna = uuid.uuid4()
    target = a_target(other.address)
    record(a_statement(anna))
    forward(target.pk)
    forwarding.forget(learner=anna)
    other.rule = lambda request: 500
    forward(target.pk)
    other.rule = lambda request: None
    ForwardingTarget.objects.update(retry_at=timezone.now() - timedelta(seconds=1))

    forward(target.pk)
    ForwardedErasure.objects.update(withdrawn=0, withdrawn_at=None)
    forward(target.pk)

    assert len([one for one in other.kept.values() if one["verb"]["id"] == adl.VOIDED]) == 1


def test_while_somebody_is_being_erased_what_names_them_waits_until_it_has_been_rewritten(other):
    target = a_target(other.address)
    anna = UserFactory(pseudonym=uuid.uuid4())
    before, _, after = record(a_statement(), a_statement(anna.pseudonym), a_statement())
    ordered = Erasure.objects.create(person=anna, of_learner=True, subject={"actors": [actor_of(anna.pseudonym)]}, reason="gevraagd")

    forward(target.pk)
    assert [one["id"] for one in other.arrivals] == [before]

    Erasure.objects.filter(pk=ordered.pk).update(finished_at=timezone.now(), subject={})
    forward(target.pk)
    assert [one["id"] for one in other.arrivals][2:] == [after]


def test_somebody_known_by_several_keys_is_one_task(other):
    anna, mail = uuid.uuid4(), {"mbox": "mailto:anna@voorbeeld.example"}
    target = a_target(other.address, actors="pseudonym")
    record(a_statement(anna), a_statement(actor=mail))
    forward(target.pk)

    [reached] = forwarding.forget(actor_keys=[actor_key(actor_of(anna)), actor_key(mail)])

    assert reached.statements == 2
    assert "".join(erasing.list_for(reached.task)).count("# account:") == 2
    assert not ForwardingPseudonym.objects.exists()


def test_somebody_has_to_be_named():
    with pytest.raises(ValueError, match="say who"):
        forwarding.forget()
