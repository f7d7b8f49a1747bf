"""Who asks to be erased gets an answer within a month; extended once, with the reason."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from lrs.erasure_requests import RequestRefused, ask, extend, latest_of, months_after, refuse, settle, waiting, withdraw
from lrs.models import ErasureRequest
from tests.factories.accounts import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "months", "due"),
    [
        (date(2026, 3, 1), 1, date(2026, 4, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(asked, months, due):
    assert months_after(asked, months) == due


@time_machine.travel("2026-03-01T23:30:00+00:00")
def test_asking_counts_from_the_day_in_amsterdam_and_asking_again_changes_nothing():
    me = UserFactory()

    first = ask(me)

    assert first.due_on == date(2026, 4, 2), "it is 2 March in Amsterdam"
    assert ask(me) == first
    assert AuditEvent.objects.filter(event="records_erasure_asked", dossier_owner=me).count() == 1


def test_withdrawn_it_no_longer_waits_and_can_be_asked_again():
    me = UserFactory()
    ask(me)
    withdraw(me)

    assert list(waiting()) == []
    assert latest_of(me).outcome == "withdrawn"
    assert ask(me).answered_at is None


def test_the_most_urgent_waits_first():
    with time_machine.travel("2026-03-05T10:00:00+00:00"):
        later = ask(UserFactory())
    with time_machine.travel("2026-03-01T10:00:00+00:00"):
        sooner = ask(UserFactory())

    assert list(waiting()) == [sooner, later]


def test_refusing_needs_a_reason_that_the_person_reads():
    me, officer = UserFactory(), UserFactory()
    asked = ask(me)

    with pytest.raises(RequestRefused, match="waarom"):
        refuse(asked, by=officer, answer=" ")
    refuse(asked, by=officer, answer="Er loopt een klacht.")

    found = ErasureRequest.objects.get()
    assert (found.outcome, found.answer, found.answered_by) == ("refused", "Er loopt een klacht.", officer)
    assert AuditEvent.objects.filter(event="records_erasure_refused", dossier_owner=me).exists()


def test_who_wishes_for_more_than_the_records_is_answered_about_that_too(client):
    OrganisationFactory()
    me, officer = UserFactory(), UserFactory(is_superuser=True)
    client.force_login(me)
    client.post(reverse("lrs:my_erasure"), {"wish": " Ook mijn account graag. "})
    client.force_login(officer)
    assert "Wil ook laten wissen: Ook mijn account graag." in client.get(reverse("lrs:privacy")).content.decode()

    asked = ErasureRequest.objects.get()
    page = reverse("lrs:privacy_request", args=[asked.uuid])
    assert "Ook mijn account graag." in client.get(page).content.decode()
    with pytest.raises(RequestRefused, match="wat er is gewist"):
        settle(asked, by=officer, answer=" ")
    client.post(page, {"answer": "Je account is weg; je certificaten blijven.", "gedaan": "1"})

    assert list(waiting()) == []
    client.force_login(me)
    assert "Je account is weg; je certificaten blijven." in client.get(reverse("lrs:my_erasure")).content.decode()
    assert AuditEvent.objects.filter(event="records_erasure_settled", actor=officer, dossier_owner=me).exists()


def test_extended_once_within_the_month():
    me, officer = UserFactory(), UserFactory()
    with time_machine.travel("2026-03-10T10:00:00+00:00") as traveller:
        asked = ask(me)
        with pytest.raises(RequestRefused, match="waarom"):
            extend(asked, by=officer, because="")
        extend(asked, by=officer, because="Het is veel.")
        assert asked.due_on == date(2026, 6, 10)
        with pytest.raises(RequestRefused, match="al een keer"):
            extend(asked, by=officer, because="Nog meer")
        other = ask(officer)
        traveller.shift(timedelta(days=32))
        with pytest.raises(RequestRefused, match="voorbij"):
            extend(other, by=officer, because="Te laat")
