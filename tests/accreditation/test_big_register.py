import json
import threading
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from accounts.models import AuditEvent, Profession, RegisterEntry, Role
from accounts.profiles import profile_of
from accreditation.big_register import checking, claims, privacy, reviewing, soap, standing
from accreditation.big_register.matching import Finding, match
from accreditation.big_register.soap import Professional, Registration
from accreditation.models import BigCheck, NumberClaim
from tests.big_register_stand_in import FIELDS, SECRET, Known, StandIn, running
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    RegisterEntryFactory,
    RegisterFactory,
    UserFactory,
)

State = BigCheck.State
NUMBER = "19012345630"


@pytest.fixture(scope="module")
def _server():
    with running(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def register_of_big(_server, settings):
    """The stand-in, well and knowing one nurse."""
    cache.clear()
    settings.BIG_REGISTER_ENDPOINT = _server.address
    settings.BIG_REGISTER_SECONDS = 2.0
    settings.OUTGOING_LOOPBACK = True
    _server.mode, _server.seconds = "well", 0.0
    _server.asked.clear()
    _server.bodies.clear()
    _server.known = [Known(NUMBER, "Vries", "J.M. de Vries-Jansen", "J.M.")]
    return _server


def nurse(first="Jannie", last="de Vries", profession="vpk", **fields):
    person = UserFactory(first_name=first, last_name=last, **fields)
    if profession:
        profile_of(person).professions.add(Profession.objects.get_or_create(code=profession)[0])
    return person


def entry_of(person, number=NUMBER, register=None):
    return RegisterEntryFactory(user=person, number=number, register=register or RegisterFactory())


def looked_up(person, number=NUMBER):
    check = checking.order(person=person, number=number)
    checking.do_now(check.pk)
    check.refresh_from_db()
    return check


# --- The language -----------------------------------------------------------------------------------------------------


def test_a_question_has_its_fields_in_the_order_of_the_service_and_no_more_than_is_asked():
    asked = etree.fromstring(soap.question(RegistrationNumber=NUMBER, Name="Vries", TypeOfSpecialism="76"))

    fields = [etree.QName(each).localname for each in asked.iter() if etree.QName(each).localname in FIELDS]
    assert fields == ["WebSite", "Name", "RegistrationNumber", "TypeOfSpecialism"]
    assert list(soap.FIELDS) == FIELDS
    with pytest.raises(ValueError, match="no fields"):
        soap.question(Burgerservicenummer="123456782")


def test_a_number_gets_its_nought_back_and_the_year_one_is_no_end():
    (found,) = soap.answer(StandIn([Known("09012345630", "Vries", "J. Vries", "J.", specialisms=("76",))]).answer(HEADERS, ASKED)[1])

    assert found.registrations == (Registration("09012345630", "30", date(2015, 3, 1), None),)
    assert (found.specialisms, found.shown_name) == (("76",), "J. Vries")
    assert SECRET not in repr(found)


HEADERS = {"SOAPAction": f'"{soap.ACTION}"'}
ASKED = soap.question(RegistrationNumber="09012345630")


@pytest.mark.parametrize("mode", ["fault", "nonsense", "html", "huge", "doctype"])
def test_what_is_no_answer_is_never_taken_for_nobody(mode):
    with pytest.raises(soap.Unreadable):
        soap.answer(StandIn(mode=mode).answer(HEADERS, ASKED)[1])


# --- Comparing --------------------------------------------------------------------------------------------------------


def professional(*surnames, initials="J.", group="30", specialisms=(), starts=date(2015, 1, 1), ends=None):
    return Professional(surnames[-1], initials, surnames, (Registration(NUMBER, group, starts, ends),), specialisms)


@pytest.mark.parametrize(
    ("first", "last", "professions", "known", "findings"),
    [
        ("Jannie", "de Vries", ["vpk"], professional("Vries"), []),
        ("jannie", "VRIES - JANSEN", [], professional("Vries", "J. de Vries-Jansen"), []),
        ("Jannie", "Jansen", [], professional("Vries", "J. Jansen"), []),
        ("Zoë", "Müller-Meijer", [], professional("Meyer", "Z. Muller-Meyer", initials="Z."), []),
        ("Jannie", "Bakker", [], professional("Vries"), [Finding.NAME]),
        ("Jannie", "", [], professional("Vries"), [Finding.NAME]),
        ("Wil", "Vries", [], professional("Vries", initials="J."), [Finding.INITIAL]),
        ("J", "Vries", ["vig"], professional("Vries"), [Finding.PROFESSION]),
        ("J", "Vries", ["vig", "vpk"], professional("Vries"), []),
        ("J", "Vries", ["vs-agz"], professional("Vries"), [Finding.SPECIALISM]),
        ("J", "Vries", ["vs-agz"], professional("Vries", specialisms=("76",)), []),
        ("J", "Vries", ["kag"], professional("Vries", group="01"), []),
        ("J", "Vries", [], professional("Vries", ends=date(2026, 5, 31)), [Finding.ENDED]),
        ("J", "Vries", [], professional("Vries", ends=date(2026, 6, 1)), []),
        ("J", "Vries", [], professional("Vries", starts=date(2026, 6, 2)), [Finding.NOT_BEGUN]),
    ],
)
def test_what_differs_is_named_and_what_people_write_differently_is_not(first, last, professions, known, findings):
    outcome = match([known], number=NUMBER, first_name=first, last_name=last, professions=professions, day=date(2026, 6, 1))

    assert list(outcome.findings) == findings


def test_nobody_and_more_than_one_are_for_a_person():
    ask = {"number": NUMBER, "first_name": "J", "last_name": "Vries", "professions": [], "day": date(2026, 6, 1)}

    assert match([], **ask).findings == (Finding.NOT_FOUND,)
    assert match([professional("Vries"), professional("Jansen")], **ask).findings == (Finding.SEVERAL,)


# --- Checking ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestChecking:
    def test_what_agrees_is_looked_up_without_a_person_and_its_name_is_not_kept(self, register_of_big):
        check = looked_up(nurse())

        assert (check.state, check.findings, check.group, check.starts_on) == (State.AGREED, [], "30", date(2015, 3, 1))
        assert check.register_name == ""
        assert b"<RegistrationNumber>19012345630</RegistrationNumber>" in register_of_big.bodies[0]
        assert b"Vries" not in register_of_big.bodies[0]

    def test_a_difference_asks_a_person_and_changes_nothing_by_itself(self, register_of_big):
        entry = entry_of(nurse(last="Bakker"))

        check = looked_up(entry.user)

        assert (check.state, check.findings, check.register_name) == (State.REVIEW, ["name"], "J.M. de Vries-Jansen")
        assert RegisterEntry.objects.filter(pk=entry.pk).exists()

    def test_judgements_and_limitations_are_kept_nowhere(self, register_of_big):
        person = nurse(last="Bakker")
        assert SECRET.encode() in register_of_big.answer(HEADERS, soap.question(RegistrationNumber=NUMBER))[1]

        check = looked_up(person)

        assert SECRET not in repr([getattr(check, field.attname) for field in check._meta.fields])

    @pytest.mark.parametrize("mode", ["down", "fault", "nonsense", "huge", "slow"])
    def test_a_service_that_does_not_answer_is_asked_again_later_with_the_reason_beside_it(self, register_of_big, settings, mode):
        register_of_big.mode, register_of_big.seconds, settings.BIG_REGISTER_SECONDS = mode, 0.9, 0.3
        person = nurse()

        check = looked_up(person)

        assert (check.state, check.tries, check.checked_at) == (State.WAITING, 1, None)
        assert check.problem
        assert check.next_try_at > timezone.now()
        assert NUMBER not in check.problem
        assert checking.do_now(check.pk) is None  # not before its time

        register_of_big.mode, settings.BIG_REGISTER_SECONDS = "well", 2.0
        BigCheck.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
        assert checking.do_now(check.pk).state == State.AGREED

    def test_a_fresh_answer_is_not_asked_again_and_after_a_year_it_is(self, register_of_big, time_machine):
        time_machine.move_to("2026-03-01 12:00 +0100", tick=False)
        entry = entry_of(nurse())
        looked_up(entry.user)

        looked_up(entry.user)
        checking.catch_up()
        assert len(register_of_big.asked) == 1

        time_machine.move_to("2027-03-02 12:00 +0100", tick=False)
        cache.clear()
        checking.catch_up()
        checking.do_now(BigCheck.objects.get().pk)
        assert len(register_of_big.asked) == 2

    def test_another_name_is_compared_again_and_a_question_for_a_person_stays_with_that_person(self, client, register_of_big):
        person = nurse()
        entry_of(person)
        assert looked_up(person).state == State.AGREED
        client.force_login(person)
        form = {"first_name": "Jannie", "last_name": "Bakker", "language": "nl", "employer": "", "region": ""}

        client.post(reverse("accounts:profile"), form)
        assert BigCheck.objects.get().state == State.REVIEW

        client.post(reverse("accounts:profile"), {**form, "last_name": "de Vries"})
        assert BigCheck.objects.get().state == State.REVIEW

    def test_no_more_questions_a_minute_than_allowed_and_those_too_many_wait(self, register_of_big, settings):
        settings.BIG_REGISTER_CALLS_A_MINUTE = 2
        checks = [looked_up(nurse()) for _person in range(3)]

        assert len(register_of_big.asked) == 2
        assert (checks[2].state, checks[2].tries) == (State.WAITING, 0)

    def test_without_an_address_nobody_is_asked(self, register_of_big, settings):
        settings.BIG_REGISTER_ENDPOINT = ""
        entry = entry_of(nurse())

        assert checking.order_for(entry) is None
        assert checking.catch_up() == 0
        assert not register_of_big.bodies

    def test_an_address_of_our_own_network_is_not_called(self, register_of_big, settings):
        settings.OUTGOING_LOOPBACK = False

        check = looked_up(nurse())

        assert (check.state, register_of_big.bodies) == (State.WAITING, [])

    def test_what_was_typed_before_is_looked_up_too_and_what_is_gone_is_forgotten(self, register_of_big):
        entry = entry_of(nurse())
        entry_of(nurse(), number="123456", register=RegisterFactory(number_kinds=["relatie"]))

        assert checking.catch_up() == 1
        assert BigCheck.objects.get().person == entry.user
        entry.delete()
        checking.catch_up()
        assert not BigCheck.objects.exists()

    def test_a_worker_that_died_half_way_leaves_the_number_waiting(self, register_of_big, monkeypatch, time_machine):
        time_machine.move_to("2026-03-01 12:00 +0100", tick=False)
        entry = entry_of(nurse())
        check = BigCheck.objects.create(person=entry.user, number=NUMBER, ordered_at=timezone.now(), next_try_at=timezone.now())
        monkeypatch.setattr(checking, "_keep", lambda *_arguments: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            checking.do_now(check.pk)
        monkeypatch.undo()

        assert checking.catch_up() == 0
        time_machine.shift(timedelta(minutes=6))
        assert checking.catch_up() == 1
        check.refresh_from_db()
        assert check.state == State.AGREED


# --- Deciding ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


@pytest.fixture
def differing(register_of_big, organisation, db):
    person = nurse(last="Bakker")
    MembershipFactory(user=person, organisation=organisation)
    entry_of(person)
    return looked_up(person)


@pytest.mark.django_db
class TestDeciding:
    def test_accepting_keeps_the_reason_and_forgets_the_name_of_the_register(self, differing, manager):
        decided = reviewing.accept(check=differing, actor=manager, reason="Getrouwd; akte gezien.")

        assert (decided.state, decided.register_name, decided.reason) == (State.ACCEPTED, "", "Getrouwd; akte gezien.")
        event = AuditEvent.objects.get(event="big-number-decided")
        assert (event.actor, event.dossier_owner) == (manager, differing.person)

    def test_the_learner_is_asked_answers_and_a_person_looks_again(self, client, differing, manager):
        reviewing.ask_learner(check=differing, actor=manager, question="Ben je getrouwd?")
        client.force_login(differing.person)
        assert "Ben je getrouwd?" in client.get(reverse("accounts:profile")).content.decode()
        page = reverse("accreditation:answer_number", args=[differing.pk])

        assert client.post(page, {"answer": " "}).status_code == 422
        assert client.post(page, {"answer": "Ja, in mei."}).status_code == 302

        differing.refresh_from_db()
        assert (differing.state, differing.answer) == (State.REVIEW, "Ja, in mei.")
        assert client.get(page).status_code == 404

    def test_a_refused_number_leaves_the_profile_and_its_owner_reads_why(self, client, differing, manager):
        reviewing.refuse(check=differing, actor=manager, reason="Dit nummer hoort bij een ander beroep.")

        assert not RegisterEntry.objects.filter(user=differing.person).exists()
        client.force_login(differing.person)
        assert "Dit nummer hoort bij een ander beroep." in client.get(reverse("accounts:profile")).content.decode()

    def test_nobody_decides_about_their_own_number_without_a_reason_or_twice(self, differing, manager):
        with pytest.raises(reviewing.DecisionRefused):
            reviewing.accept(check=differing, actor=differing.person, reason="Klopt")
        with pytest.raises(reviewing.DecisionRefused):
            reviewing.accept(check=differing, actor=manager, reason=" ")
        reviewing.accept(check=differing, actor=manager, reason="Klopt")
        with pytest.raises(reviewing.DecisionRefused):
            reviewing.refuse(check=differing, actor=manager, reason="Toch niet")

    def test_only_who_decides_for_this_persons_organisation_sees_the_number(self, client, differing, manager, organisation):
        page, overview = reverse("accreditation:number", args=[differing.pk]), reverse("accreditation:numbers")
        client.force_login(manager)
        assert NUMBER in client.get(overview).content.decode()
        assert "J.M. de Vries-Jansen" in client.get(page).content.decode()
        assert AuditEvent.objects.filter(event="number-review-opened", dossier_owner=differing.person, actor=manager).exists()

        client.force_login(MembershipFactory(role=Role.ACCREDITATION_ADMIN).user)
        assert NUMBER not in client.get(overview).content.decode()
        assert client.get(page).status_code == 404
        for role in (Role.LEARNER, Role.TEACHER, Role.ASSOCIATION_ADMIN, Role.AUDITOR):
            client.force_login(MembershipFactory(role=role, organisation=organisation).user)
            assert client.get(page).status_code == 403

    def test_the_page_keeps_what_was_typed_and_decides(self, client, differing, manager):
        client.force_login(manager)
        page = reverse("accreditation:number", args=[differing.pk])

        wrong = client.post(page, {"reason": "Een lange uitleg"})
        assert (wrong.status_code, "Een lange uitleg" in wrong.content.decode()) == (422, True)
        assert client.post(page, {"decision": "accept", "reason": "Klopt"}).status_code == 302
        differing.refresh_from_db()
        assert (differing.state, differing.decided_by) == (State.ACCEPTED, manager)

    def test_the_list_takes_as_many_queries_for_three_numbers_as_for_one(
        self, client, differing, manager, organisation, django_assert_num_queries
    ):
        client.force_login(manager)
        client.get(reverse("accreditation:numbers"))
        with django_assert_num_queries(1000, exact=False) as one:
            client.get(reverse("accreditation:numbers"))
        for number in (1, 2):
            person = nurse()
            MembershipFactory(user=person, organisation=organisation)
            BigCheck.objects.create(person=person, number=f"1901234560{number}", state=State.REVIEW, ordered_at=timezone.now())
        with django_assert_num_queries(len(one)):
            client.get(reverse("accreditation:numbers"))


# --- Two people, one number -------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestClaims:
    @pytest.fixture
    def register(self):
        return RegisterFactory()

    @pytest.fixture
    def holder(self, register, organisation):
        person = nurse(first="Piet", last="Eerst")
        MembershipFactory(user=person, organisation=organisation)
        entry_of(person, register=register)
        return person

    @pytest.fixture
    def claimant(self, organisation):
        person = nurse()
        MembershipFactory(user=person, organisation=organisation)
        return person

    def test_who_types_a_taken_number_asks_for_it_and_neither_learns_who_the_other_is(
        self, client, register_of_big, register, holder, claimant, manager
    ):
        client.force_login(claimant)
        typed = {"register": register.pk, "number": NUMBER, "section": "", "period_start": "2024-01-01", "period_end": ""}
        refused = client.post(reverse("accounts:register_entry_add"), typed).content.decode()
        assert "Laat uitzoeken" in refused
        assert 'value="2024-01-01"' in refused
        assert not NumberClaim.objects.exists()

        for _twice in range(2):
            assert client.post(reverse("accounts:register_entry_add"), {**typed, "uitzoeken": "1"}).status_code == 302

        claim = NumberClaim.objects.get()
        assert (claim.person, claim.number, claim.period_start) == (claimant, NUMBER, date(2024, 1, 1))
        mine = client.get(reverse("accounts:profile")).content.decode()
        assert "Een beheerder zoekt het uit" in mine
        assert "Eerst" not in mine
        assert {check.person for check in BigCheck.objects.all()} == {holder, claimant}
        client.force_login(holder)
        assert "Vries" not in client.get(reverse("accounts:profile")).content.decode()

    def test_a_person_gives_the_number_to_whom_the_register_names(self, client, register_of_big, register, holder, claimant, manager):
        claim = claims.ask(person=claimant, register=register, number=NUMBER)
        for check in BigCheck.objects.all():
            checking.do_now(check.pk)
        client.force_login(manager)
        page = reverse("accreditation:number_claim", args=[claim.pk])
        shown = client.get(page).content.decode()
        assert "Het register zegt hetzelfde." in shown
        assert "De achternaam is anders." in shown

        assert client.post(page, {"decision": "grant", "reason": "Het register noemt deze naam."}).status_code == 302

        assert RegisterEntry.objects.get(register=register, number=NUMBER).user == claimant
        removed = AuditEvent.objects.get(event="register_entry_removed")
        assert (removed.dossier_owner, removed.actor) == (holder, manager)
        checking.forget()
        assert [check.person for check in BigCheck.objects.all()] == [claimant]

    def test_refusing_leaves_the_number_and_tells_the_one_who_asked(self, client, register_of_big, register, holder, claimant, manager):
        claim = claims.ask(person=claimant, register=register, number=NUMBER)

        claims.refuse(claim=claim, actor=manager, reason="Het register noemt een andere naam.")

        assert RegisterEntry.objects.get(register=register).user == holder
        client.force_login(claimant)
        assert "Het register noemt een andere naam." in client.get(reverse("accounts:profile")).content.decode()
        with pytest.raises(reviewing.DecisionRefused):
            claims.grant(claim=claim, actor=manager, reason="Toch wel")

    def test_who_speaks_for_one_of_the_two_only_cannot_take_from_the_other(self, client, register_of_big, register, claimant, manager):
        stranger = entry_of(nurse(first="Piet", last="Eerst"), register=register).user
        claim = claims.ask(person=claimant, register=register, number=NUMBER)
        client.force_login(manager)

        assert client.get(reverse("accreditation:number_claim", args=[claim.pk])).status_code == 404
        client.force_login(UserFactory(is_superuser=True))
        assert client.get(reverse("accreditation:number_claim", args=[claim.pk])).status_code == 200
        assert RegisterEntry.objects.get(register=register).user == stranger

    def test_who_has_a_number_there_already_is_told_what_to_do_and_loses_nothing_typed(self, register_of_big, register, holder, claimant):
        entry_of(claimant, number="19012345631", register=register)

        with pytest.raises(claims.ClaimRefused):
            claims.ask(person=claimant, register=register, number=NUMBER)

    def test_saving_another_number_settles_the_claim(self, register_of_big, register, holder, claimant):
        claim = claims.ask(person=claimant, register=register, number=NUMBER)

        standing.saved(entry_of(claimant, number="19012345631", register=register))

        claim.refresh_from_db()
        assert claim.state == NumberClaim.State.SETTLED


@pytest.mark.django_db
def test_somebody_gets_the_checks_of_their_numbers_and_has_them_forgotten_without_those_of_others(differing, manager, register_of_big):
    reviewing.ask_learner(check=differing, actor=manager, question="Ben je getrouwd?")
    stranger = looked_up(nurse(), NUMBER)
    person = differing.person

    ((name, pieces),) = privacy.access(person.pseudonym)

    told = json.loads(b"".join(pieces))
    assert (name, [one["reason"] for one in told["checks"]]) == ("nummers/controles.json", ["Ben je getrouwd?"])
    assert "Vries" not in json.dumps(told)  # the register's name may be a stranger's
    assert privacy.forget(person.pseudonym) == {"numbers": 1}
    assert list(BigCheck.objects.all()) == [stranger]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two at once need PostgreSQL")
def test_two_administrators_who_decide_at_once_leave_one_decision(register_of_big):
    manager, other = UserFactory(is_superuser=True), UserFactory(is_superuser=True)
    person = nurse(last="Bakker")
    entry_of(person)
    check = looked_up(person)
    outcomes, start = [], threading.Barrier(2)

    def decide(how, actor):
        start.wait()
        try:
            how(check=check, actor=actor, reason="Beslist")
            outcomes.append("decided")
        except reviewing.DecisionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=pair) for pair in ((reviewing.accept, manager), (reviewing.refuse, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["decided", "refused"]
    assert AuditEvent.objects.filter(event="big-number-decided").count() == 1
