"""What administrators see of forwarding, and what they can do about it."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role
from accounts.outgoing.locks import unlocked
from lrs import sequence
from lrs.forwarding import erasing, waking
from lrs.forwarding.sending import forward
from lrs.forwarding.targets import Login
from lrs.models import ForwardedErasure, ForwardingTarget, HeldStatement, Source, Statement
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.forwarding import SECRET, a_target, contains
from tests.factories.lrs import a_credential, a_statement

pytestmark = pytest.mark.django_db

State, Reason, Reach = ForwardingTarget.State, ForwardingTarget.Reason, ForwardingTarget.Reach


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def manager(organisation):
    return logged_in(MembershipFactory(organisation=organisation, role=Role.ASSOCIATION_ADMIN).user)


@pytest.fixture
def superuser():
    return logged_in(UserFactory(is_superuser=True, is_staff=True))


def form(organisation, endpoint, **fields):
    return {
        "name": "Ziekenhuis Noord",
        "organisation": organisation.pk if organisation else "",
        "kind": "xapi",
        "endpoint": endpoint,
        "version": "2.0.0",
        "key": "onze-sleutel",
        "secret": SECRET,
        "reach": "tools",
        "actors": "pseudonym",
        "begin": "now",
        **fields,
    }


def page_of(client, target, name="target", **parts):
    return client.get(reverse(f"forwarding:{name}", args=[target.pk, *parts.values()])).content.decode()


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def do(client, target, what, **data):
    return client.post(reverse("forwarding:act", args=[target.pk]), {"doe": what, **data}, follow=True)


# --- Making and changing ----------------------------------------------------------------------------------------------------


def test_a_manager_makes_a_target_and_its_secret_is_never_seen_again(manager, organisation, other):
    append([a_statement()], source=Source.SERVER)

    answer = manager.post("/beheer/doorsturen/nieuw/", form(organisation, f"{other.address}/"), follow=True)

    target = ForwardingTarget.objects.get()
    assert (target.organisation, target.endpoint, target.reach) == (organisation, other.address, Reach.TOOLS)
    assert target.cursor >= Statement.objects.get().sequence, "from now on"
    assert unlocked(target.secret_locked) == SECRET
    assert SECRET not in target.secret_locked + target.key_locked
    pages = answer.content.decode() + page_of(manager, target) + page_of(manager, target, "change")
    assert "Ziekenhuis Noord" in pages
    assert SECRET not in pages
    assert "onze-sleutel" not in pages
    assert AuditEvent.objects.get(event="forwarding_made").on_behalf_of == organisation


def test_from_a_day_on_and_everything(manager, organisation, other, monkeypatch):
    monkeypatch.setattr(waking, "wake_one", lambda target: None)
    manager.post("/beheer/doorsturen/nieuw/", form(organisation, other.address, begin="day", begin_on="2026-03-01"))
    manager.post("/beheer/doorsturen/nieuw/", form(organisation, other.address, begin="all"))

    day, everything = ForwardingTarget.objects.order_by("pk")
    begin = sequence.moment_of(day.cursor + 1)
    assert timezone.localtime(begin).date() == date(2026, 3, 1)
    assert timezone.localtime(begin - timedelta(milliseconds=1)).date() == date(2026, 2, 28)
    assert everything.cursor == 0


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(manager, organisation):
    wrong = form(organisation, "http://lrs.example/xapi", verbs="geen adres", secret="", begin="day")

    page = manager.post("/beheer/doorsturen/nieuw/", wrong).content.decode()

    assert 'value="Ziekenhuis Noord"' in page
    for words in ("We kennen ‘geen adres’ niet als werkwoord.", "Vul de sleutel en het geheim in", "Kies een dag."):
        assert words in page
    assert "hernieuwd-geheim" in manager.post("/beheer/doorsturen/nieuw/", {**wrong, "secret": "hernieuwd-geheim"}).content.decode()
    assert (
        "Het adres moet met https:// beginnen."
        in manager.post("/beheer/doorsturen/nieuw/", form(organisation, "http://lrs.example/")).content.decode()
    )
    assert not ForwardingTarget.objects.exists()


def test_a_manager_gives_away_no_more_than_is_theirs(manager, organisation, other):
    elsewhere = OrganisationFactory()
    theirs, _ = a_credential(organisation=elsewhere, name="Van de buren")

    for fields in ({"organisation": elsewhere.pk}, {"organisation": ""}, {"reach": "everything"}, {"credential": theirs.pk}):
        page = manager.post("/beheer/doorsturen/nieuw/", {**form(organisation, other.address), **fields}).content.decode()
        assert "vw-error" in page or "aria-invalid" in page, fields
    manager.post("/beheer/doorsturen/nieuw/", form(organisation, other.address, allows_private="on"))

    assert [target.allows_private for target in ForwardingTarget.objects.all()] == [False]


def test_a_superuser_can_forward_everything(superuser, other):
    superuser.post("/beheer/doorsturen/nieuw/", form(None, other.address, reach="everything", allows_private="on"))

    target = ForwardingTarget.objects.get()
    assert (target.organisation, target.reach, target.allows_private) == (None, Reach.EVERYTHING, True)


def test_the_old_secret_is_not_sent_to_a_new_address(manager, organisation, other):
    target = a_target(other.address, organisation=organisation, reach=Reach.TOOLS)
    data = form(organisation, "https://van-mij.example/xapi", key="", secret="")

    page = manager.post(reverse("forwarding:change", args=[target.pk]), data).content.decode()
    assert "die van het oude adres sturen we niet naar een ander adres" in page
    target.refresh_from_db()
    assert target.endpoint == other.address

    manager.post(reverse("forwarding:change", args=[target.pk]), form(organisation, f"{other.address}/2", key="", secret="", name="Nieuw"))
    target.refresh_from_db()
    assert (target.name, target.endpoint, unlocked(target.secret_locked)) == ("Nieuw", f"{other.address}/2", SECRET)


def test_what_a_superuser_allowed_ends_with_the_address(manager, organisation, other):
    target = a_target(other.address, organisation=organisation, reach=Reach.TOOLS, allows_private=True)

    manager.post(reverse("forwarding:change", args=[target.pk]), form(organisation, other.address))
    target.refresh_from_db()
    assert target.allows_private
    manager.post(reverse("forwarding:change", args=[target.pk]), form(organisation, "https://anders.example/xapi"))
    target.refresh_from_db()
    assert not target.allows_private


@pytest.mark.parametrize(
    "trouble",
    [
        {"retry_at": timezone.now() + timedelta(hours=1), "failures": 4, "last_error": Reason.UNREACHABLE, "queued_at": timezone.now()},
        {"state": State.PAUSED, "reason": Reason.WRONG_ADDRESS, "failures": 3},
    ],
    ids=["waiting for the next try", "stopped by itself"],
)
def test_who_mends_the_address_sees_it_go_at_once(manager, organisation, other, trouble):
    credential, _secret = a_credential(organisation=organisation)
    target = a_target("https://lrs.bestaat-niet.example/xapi", organisation=organisation, reach=Reach.TOOLS, allows_private=True, **trouble)
    append([a_statement() for _ in range(3)], source=Source.TOOL, credential=credential)

    manager.post(reverse("forwarding:change", args=[target.pk]), form(organisation, other.address))

    assert len(other.kept) == 3
    target.refresh_from_db()
    assert (target.state, target.failures) == (State.ACTIVE, 0)


def test_what_somebody_paused_stays_paused_when_it_is_changed(manager, organisation, other):
    credential, _secret = a_credential(organisation=organisation)
    target = a_target(
        "https://elders.example/xapi", organisation=organisation, reach=Reach.TOOLS, state=State.PAUSED, reason=Reason.BY_HAND
    )
    append([a_statement()], source=Source.TOOL, credential=credential)

    page = manager.post(reverse("forwarding:change", args=[target.pk]), form(organisation, other.address), follow=True).content.decode()

    assert "Het doorsturen is gepauzeerd: hervat om het weer te laten gaan." in page
    assert other.kept == {}


# --- How it fares --------------------------------------------------------------------------------------------------------------


def test_the_page_tells_what_waits_what_went_and_what_to_do(superuser, other):
    target = a_target(other.address)
    append([a_statement() for _ in range(3)], source=Source.SERVER)
    assert "Wacht nog 3, de oudste van" in text_of(page_of(superuser, target))

    forward(target.pk)
    page = text_of(page_of(superuser, target))
    assert "Wacht nog niets" in page
    assert "3 uitspraken verstuurd in de afgelopen 24 uur" in page

    append([a_statement()], source=Source.SERVER)
    other.rule = lambda request: (500, {}, "database vol")
    forward(target.pk)
    page = text_of(page_of(superuser, target))
    assert "lukt nu niet" in page
    assert "De andere kant heeft een storing" in page
    assert "Volgende poging" in page
    assert "500 database vol" in page


@pytest.mark.parametrize("reason", [reason for reason in Reason.values if reason not in ("", "by_hand")])
def test_each_reason_says_what_happened_and_what_to_do(superuser, reason):
    target = a_target(state=State.PAUSED, reason=reason)

    page = page_of(superuser, target)

    from lrs.forwarding.status import HAPPENED, TO_DO  # noqa: PLC0415

    assert str(HAPPENED[reason]) in page
    assert str(TO_DO[reason]) in page


def test_pause_resume_and_try_now(superuser, other):
    target = a_target(other.address, retry_at=timezone.now() + timedelta(hours=1), failures=3)
    append([a_statement()], source=Source.SERVER)

    assert "Gepauzeerd." in do(superuser, target, "pauzeer").content.decode()
    assert forward(target.pk).busy
    do(superuser, target, "hervat")
    assert len(other.kept) == 1

    append([a_statement()], source=Source.SERVER)
    ForwardingTarget.objects.update(retry_at=timezone.now() + timedelta(hours=1))
    do(superuser, target, "nu")
    assert len(other.kept) == 2
    assert {"forwarding_paused", "forwarding_resumed"} <= set(AuditEvent.objects.values_list("event", flat=True))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, "De andere kant antwoordt en kent de sleutel. Er is niets verstuurd."),
        (403, "De andere kant kent de sleutel. Lezen mag zij niet"),
        (401, "De andere kant weigert de sleutel of het geheim"),
        (404, "Op dit adres staat geen leerrecordopslag"),
        ((200, {}, "<html>"), "Op dit adres staat geen leerrecordopslag"),
        (500, "De andere kant heeft een storing"),
    ],
)
def test_testing_a_connection_sends_nothing_and_says_what_it_found(superuser, other, rule, words):
    target = a_target(other.address)
    other.rule = lambda request: None if request["path"].endswith("/about") else rule

    page = do(superuser, target, "test").content.decode()

    assert words in page
    assert {request["method"] for request in other.requests} == {"GET"}
    assert "Authorization" not in next(request["headers"] for request in other.requests if request["path"].endswith("/about"))


def test_begin_again_sends_what_the_other_side_lost(superuser, other):
    target = a_target(other.address)
    append([a_statement() for _ in range(2)], source=Source.SERVER)
    forward(target.pk)
    other.kept.clear()

    do(superuser, target, "opnieuw", since=str(timezone.localdate()))

    assert len(other.kept) == 2


def test_nothing_is_sent_again_from_a_day_that_has_yet_to_come(superuser, other):
    target = a_target(other.address)

    page = do(superuser, target, "opnieuw", since=str(timezone.localdate() + timedelta(days=1))).content.decode()

    assert "Kies vandaag of een eerdere dag." in page
    assert not target.events.exists()


def test_the_list_shows_what_waits_for_a_target_and_not_what_it_never_gets(manager, organisation):
    credential, _secret = a_credential(organisation=organisation)
    a_target(organisation=organisation, reach=Reach.TOOLS)
    append([a_statement()], source=Source.SERVER)
    assert "alles verstuurd" in text_of(manager.get("/beheer/doorsturen/").content.decode())

    append([a_statement()], source=Source.TOOL, credential=credential)
    assert "stuurt door" in text_of(manager.get("/beheer/doorsturen/").content.decode())


def test_removed_nothing_goes_out_and_the_secret_is_gone(superuser, other):
    target = a_target(other.address)
    do(superuser, target, "verwijder")
    append([a_statement()], source=Source.SERVER)

    forward(target.pk)

    target.refresh_from_db()
    assert (other.requests, target.key_locked, target.secret_locked) == ([], "", "")
    assert superuser.get(reverse("forwarding:target", args=[target.pk])).status_code == 404


# --- Undeliverable ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(other, organisation):
    """A target that refused a statement about a member, with one behind it."""
    person = MembershipFactory(organisation=organisation, since=date(2020, 1, 1)).user
    target = a_target(other.address, organisation=organisation, reach=Reach.MEMBERS, actors=ForwardingTarget.Actors.PSEUDONYM)
    lesson = {"id": "https://a.example/", "definition": {"name": {"nl": "Rekentoets"}}}
    bad, later = a_statement(person.pseudonym, object=lesson), a_statement(person.pseudonym)
    append([bad, later], source=Source.SERVER)
    other.rule = lambda request: (400, {}, "onbekend werkwoord") if contains(bad["id"])(request) else None
    forward(target.pk)
    return target, HeldStatement.objects.get(state="refused"), person


def test_a_dead_letter_is_a_sentence_with_the_answer_and_the_json_that_was_sent(manager, refused):
    target, row, person = refused

    listed = text_of(page_of(manager, target, "undelivered"))
    assert "Iemand opende ‘Rekentoets’" in listed
    assert "400 onbekend werkwoord" in listed
    assert "1 uitspraak wacht erachter." in listed
    page = page_of(manager, target, "undelivered_one", row=row.pk)

    assert "Iemand opende ‘Rekentoets’" in page
    assert "onbekend werkwoord" in page
    assert "doorsturen/" in page
    assert str(person.pseudonym) not in page, "it stands there as it was sent"
    assert AuditEvent.objects.get(event="forwarding_statement_seen").dossier_owner == person


def test_sent_again_from_the_page(manager, refused, other):
    target, row, _ = refused
    other.rule = lambda request: None

    manager.post(reverse("forwarding:undelivered_act", args=[target.pk]), {"uitspraak": row.pk})

    assert len(other.kept) == 2
    assert "Niets onbestelbaar" in page_of(manager, target, "undelivered")


def test_let_go_from_the_page_with_a_reason(manager, refused, other):
    target, row, _ = refused
    address = reverse("forwarding:undelivered_one", args=[target.pk, row.pk])
    assert "aria-invalid" in manager.post(address, {"reason": ""}).content.decode()

    manager.post(address, {"reason": "Was een proef"})

    row.refresh_from_db()
    assert (row.state, row.reason) == ("dismissed", "Was een proef")
    assert len(other.kept) == 1


def test_nobody_reaches_a_dead_letter_through_another_target(manager, refused, organisation):
    _, row, _ = refused
    mine = a_target(organisation=organisation, reach=Reach.TOOLS)

    assert manager.get(reverse("forwarding:undelivered_one", args=[mine.pk, row.pk])).status_code == 404


def test_a_list_costs_the_same_for_one_as_for_many(superuser, django_assert_max_num_queries, other):
    counts = []
    for number in (1, 2):
        for _ in range(number):
            target = a_target(organisation=OrganisationFactory(), reach=Reach.TOOLS)
            append([a_statement()], source=Source.SERVER)
            HeldStatement.objects.create(target=target, sequence=1, person=uuid.uuid4(), state="refused", since=timezone.now())
            ForwardedErasure.objects.create(target=target, created_at=timezone.now())
        superuser.get("/beheer/doorsturen/")
        with django_assert_max_num_queries(40) as found:
            superuser.get("/beheer/doorsturen/")
        counts.append(len(found))

    assert counts[0] == counts[1]


def test_a_list_of_dead_letters_costs_the_same_for_one_as_for_many(superuser, django_assert_max_num_queries, other):
    credential, _ = a_credential()
    counts = []
    for number in (1, 3):
        target = a_target(other.address)
        other.rule = lambda request: 400
        append([a_statement() for _ in range(number)], source=Source.TOOL, credential=credential)
        forward(target.pk)
        superuser.get(reverse("forwarding:undelivered", args=[target.pk]))
        with django_assert_max_num_queries(40) as found:
            superuser.get(reverse("forwarding:undelivered", args=[target.pk]))
        counts.append(len(found))

    assert counts[0] == counts[1]


# --- Erasing elsewhere ----------------------------------------------------------------------------------------------------------------


def test_the_task_to_ask_for_erasure_is_shown_downloaded_and_ticked_off(manager, refused, organisation, other):
    target, _, person = refused
    other.rule = lambda request: None
    manager.post(reverse("forwarding:undelivered_act", args=[target.pk]), {})
    sent = list(other.kept)
    [reached] = erasing.forget(learner=person.pseudonym)
    address = reverse("forwarding:erasure", args=[target.pk, reached.task.uuid])

    assert "vraag het ook de ander" in manager.get("/beheer/doorsturen/").content.decode()
    assert address in page_of(manager, target)
    assert "Vraag de beheerder van Andere opslag om te wissen" in manager.get(address).content.decode()
    listed = manager.get(f"{address}lijst.txt")
    assert set(sent) <= set(listed.content.decode().split())
    assert "attachment" in listed.headers["Content-Disposition"]

    manager.post(address, {"note": "Mail van de beheerder, 3 maart"})

    reached.task.refresh_from_db()
    assert (reached.task.ids, reached.task.note) == ("", "Mail van de beheerder, 3 maart")
    assert reached.task.confirmed_at is not None
    assert manager.get(address).status_code == 404
    assert "vraag het ook de ander" not in manager.get("/beheer/doorsturen/").content.decode()
    events = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"forwarding_erasure_list", "forwarding_erasure_confirmed"} <= events


def test_the_task_stays_when_the_target_is_removed(manager, refused, other):
    target, _, person = refused
    other.rule = lambda request: None
    manager.post(reverse("forwarding:undelivered_act", args=[target.pk]), {})
    do(manager, target, "verwijder")

    [reached] = erasing.forget(learner=person.pseudonym)

    assert not reached.voids
    address = reverse("forwarding:erasure", args=[target.pk, reached.task.uuid])
    assert address in manager.get("/beheer/doorsturen/").content.decode()
    assert manager.post(address, {"note": "x"}, follow=True).status_code == 200


def test_a_login_does_not_print_itself():
    assert "geheim" not in f"{Login('sleutel', 'geheim')!r} {Login('sleutel', 'geheim')}"
