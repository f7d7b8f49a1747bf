"""What a draft would do, and that it does just that: of rules and of accreditations, for people of many organisations."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given, strategies as st

from accounts.models import AuditEvent, Organisation, Role
from accreditation import jobs, points
from accreditation.dossier import standings
from accreditation.insight.suppression import SMALLEST
from accreditation.models import (
    Accreditation,
    Certificate,
    Draft,
    Job,
    Leave,
    LeaveRule,
    PointAward,
    RegisterRule,
    SimulatedPerson,
    Simulation,
)
from accreditation.simulation import applying, contents, groups, reckoning
from accreditation.views import drafts as views
from tests.accreditation.racing import at_once
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory, accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db
Outcome = SimulatedPerson.Outcome


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def register():
    return RegisterFactory(name="Kwaliteitsregister V&V")


@pytest.fixture
def rule(register):
    rule = RegisterRuleFactory(register=register, total=10)
    CategoryRuleFactory(rule=rule, category=PointCategoryFactory(register=register), minimum=4, confirmed=True)
    return rule


@pytest.fixture
def association():
    return OrganisationFactory(kind=Organisation.Kind.ASSOCIATION)


@pytest.fixture
def manager(association):
    return MembershipFactory(organisation=association, role=Role.ACCREDITATION_ADMIN).user


@pytest.fixture
def release(association):
    return released_course(course=CourseFactory(organisation=association))


def a_person(register, *amounts, on=date(2025, 3, 1), member_of=None, **entry):
    """Someone in the register with so many points, each of another course."""
    person = UserFactory()
    RegisterEntryFactory(user=person, register=register, **{"period_start": date(2022, 1, 1), "period_end": date(2026, 12, 31), **entry})
    if member_of:
        MembershipFactory(user=person, organisation=member_of)
    category = register.point_categories.get()
    for amount in amounts:
        accreditation = accredited(register=register, points=amount, valid_from=date(2020, 1, 1))
        PointAward.objects.create(
            learner=person, register=register, register_number="1", accreditation=accreditation, category=category, points=amount,
            enrolment=EnrolmentFactory(learner=person, release=accreditation.releases.get()), completed_at=datetime(2025, 3, 1, tzinfo=UTC), awarded_on=on,
        )  # fmt: skip
    return person


def a_draft(rule, manager, **changes):
    return Draft.objects.create(
        register=rule.register, rule=rule, content={**contents.of_rule(rule), **changes}, made_by=manager, reason="Besluit"
    )


def reckoned(draft, manager):
    simulation = reckoning.start(draft=draft, asked_by=manager, organisation=None)
    jobs.run(simulation.job_id)
    simulation.refresh_from_db()
    assert simulation.finished_at is not None
    return simulation


def outcomes(simulation):
    return {person.user: person.outcome for person in simulation.people.select_related("user")}


def dossiers(people):
    """How each of them stands, as their own page tells it."""
    found = {}
    for person in people:
        evaluation = standings(person=person)[0].evaluation
        found[person] = (evaluation.total, evaluation.needed, evaluation.last_day) if evaluation else (None, None, None)
    return found


def foretold(simulation, people):
    """What the reckoning says that each of them will have; whom it does not name keeps what they have."""
    named = {row.user: (row.total_after, row.gap_after, row.last_day_after) for row in simulation.people.select_related("user")}
    return {person: named.get(person) for person in people}


def test_a_draft_of_a_rule_says_who_gains_loses_and_falls_short_and_nobody_notices(rule, register, manager):
    meets, short, nearly, none = (a_person(register, *amounts) for amounts in ([12], [6], [8], []))
    before = dossiers([meets, short, nearly, none])

    simulation = reckoned(a_draft(rule, manager, total="8"), manager)

    assert outcomes(simulation) == {short: Outcome.GAINS, nearly: Outcome.MEETS, none: Outcome.GAINS}
    assert (simulation.people_seen, simulation.ledger_rows) == (4, 3)
    stricter = reckoned(a_draft(rule, manager, total="20"), manager)
    assert outcomes(stricter) == {meets: Outcome.FALLS_SHORT, short: Outcome.LOSES, nearly: Outcome.LOSES, none: Outcome.LOSES}
    assert dossiers(before) == before


def test_what_was_foretold_is_what_the_rule_then_does(rule, register, manager):
    category = register.point_categories.get()
    people = [a_person(register, *amounts) for amounts in ([12], [6], [3, 3, 9], [10], [4, 4], [4, 4, 4])]
    people.append(a_person(register, 9, on=date(2021, 12, 31)))
    people.append(a_person(register, 5, section="verzorgende"))
    people.append(a_person(register, 5, period_end=date(2027, 12, 31)))
    away = a_person(register, 5)
    Leave.objects.create(user=away, kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 3, 31))
    people.append(away)
    draft = a_draft(
        rule,
        manager,
        total="9",
        section="",
        applies_until="2026-12-31",
        categories=[{"category": category.pk, "minimum": "5", "maximum": "12", "times": 2, "confirmed": True}],
        leave=[{"kind": "birth", "minimum_days": 1, "share": 100, "maximum_days": None, "confirmed": False}],
    )
    simulation = reckoned(draft, manager)
    unnamed = {person: standing for person, standing in dossiers(people).items() if person not in outcomes(simulation)}
    assert unnamed
    assert len(set(outcomes(simulation).values())) >= 3

    applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)

    assert dossiers(people) == foretold(simulation, people) | unnamed


def test_the_total_of_each_outcome_is_the_total_of_people(rule, register, manager):
    for amounts in ([12], [6], [8], []):
        a_person(register, *amounts)

    simulation = reckoned(a_draft(rule, manager, total="8"), manager)
    admin = UserFactory(is_superuser=True)

    found = {tally.outcome: tally.count for tally in groups.tallies(admin, simulation)}
    assert found == {"falls_short": 0, "meets": 1, "loses": 0, "gains": 2, "same": 1}


def test_many_people_are_reckoned_in_pieces_and_a_stop_between_them_loses_nothing(rule, register, manager, monkeypatch):
    monkeypatch.setattr(reckoning, "PEOPLE_AT_ONCE", 2)
    people = [a_person(register, 8) for _ in range(5)]
    simulation = reckoning.start(draft=a_draft(rule, manager, total="8"), asked_by=manager, organisation=None)
    Job.objects.filter(pk=simulation.job_id).update(cursor={}, done=0, state="waiting", finished_at=None)
    SimulatedPerson.objects.all().delete()
    Simulation.objects.update(people_seen=0, ledger_rows=0, finished_at=None)

    steps = 0
    while jobs._piece(*_claimed(simulation)):
        steps += 1

    simulation.refresh_from_db()
    assert steps == 3
    assert outcomes(simulation) == dict.fromkeys(people, Outcome.MEETS)
    assert simulation.people_seen == 5


def _claimed(simulation):
    import uuid  # noqa: PLC0415 - only here

    claim = uuid.uuid4()
    assert jobs._take(simulation.job_id, claim, take_over=True)
    return simulation.job_id, claim


def test_a_new_rule_is_tried_before_it_exists_and_ends_the_one_before_it(rule, register, manager):
    late = a_person(register, 8, period_end=date(2028, 12, 31), period_start=date(2024, 1, 1))
    early = a_person(register, 12)
    content = {**contents.of_rule(rule), "name": "Nieuw", "total": "8", "applies_from": "2027-07-01", "ends": rule.pk}
    draft = Draft.objects.create(register=register, content=content, made_by=manager)

    simulation = reckoned(draft, manager)
    assert outcomes(simulation) == {late: Outcome.MEETS}
    applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)

    rule.refresh_from_db()
    assert rule.applies_until == date(2027, 6, 30)
    assert dossiers([late])[late] == (8, 0, date(2028, 12, 31))
    assert dossiers([early])[early] == (12, 0, date(2026, 12, 31))
    assert RegisterRule.objects.get(name="Nieuw").categories.count() == 1


@pytest.mark.parametrize("change", ["ledger", "rule", "people", "leave", "draft", "accreditation"])
def test_a_draft_whose_ground_has_shifted_does_not_take_effect_and_says_why(rule, register, manager, change):
    person = a_person(register, 8)
    LeaveRule.objects.create(rule=rule, kind="birth", minimum_days=1, share=100)
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    if change == "ledger":
        points.undo(award=PointAward.objects.get(), reason="Vergissing", actor=manager)
    elif change == "rule":
        rule.categories.update(minimum=3)
    elif change == "people":
        person.register_entries.update(period_end=date(2027, 1, 31))
    elif change == "leave":
        Leave.objects.create(user=person, kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 1, 31))
    elif change == "accreditation":
        register.accreditations.update(valid_until=date(2024, 12, 31))
    else:
        draft.content = {**draft.content, "total": "7"}
        draft.save()

    with pytest.raises(applying.ApplyRefused, match="opnieuw door"):
        applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)

    rule.refresh_from_db()
    assert rule.total == 10
    applying.apply(draft=draft, simulation=reckoned(draft, manager), actor=manager, organisation=None)
    rule.refresh_from_db()
    assert rule.total == (7 if change == "draft" else 8)


def test_what_changes_for_others_leaves_a_reckoning_true(rule, register, manager, release):
    """Of one whom the rule is not for, of one for whom it makes no difference, and in another register."""
    rule.section = "verpleegkundige"
    rule.save()
    concerned, meets = (a_person(register, points, section="verpleegkundige") for points in (8, 12))
    other = a_person(register, 8, section="verzorgende")
    a_person(register, 8, section="verzorgende", period_start=None, period_end=None)
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    assert set(outcomes(simulation)) == {concerned}

    points.undo(award=other.point_awards.get(), reason="Vergissing", actor=manager)
    other.register_entries.update(period_end=date(2027, 1, 31))
    Leave.objects.create(user=other, kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 1, 31))
    Accreditation.objects.filter(awards__learner=other).update(valid_until=date(2024, 12, 31))
    satisfy(EnrolmentFactory(learner=concerned, release=release))
    accredited(register=register)
    a_person(register, 3, section="verzorgende")
    # Twelve become eleven, which still is enough before and after.
    points.correct(award=meets.point_awards.get(), points=11, reason="Een minder", actor=manager)
    with time_machine.travel(datetime(2026, 6, 16, 10, tzinfo=UTC), tick=False):
        assert reckoning.still_true(simulation) == []
        applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)
    rule.refresh_from_db()
    assert rule.total == 8


@pytest.mark.parametrize("change", ["joins", "leaves", "no longer meets", "too many"])
def test_a_reckoning_that_foretells_something_else_of_anybody_is_not_true_any_more(rule, register, manager, monkeypatch, change):
    gains, meets = a_person(register, 8), a_person(register, 12)
    simulation = reckoned(a_draft(rule, manager, total="8"), manager)
    if change == "joins":
        a_person(register, 8)
    elif change == "leaves":
        gains.register_entries.all().delete()
    else:
        points.correct(award=meets.point_awards.get(), points=9 if change == "no longer meets" else 11, reason="Minder", actor=manager)
        if change == "too many":
            assert reckoning.still_true(simulation) == []
            monkeypatch.setattr(reckoning, "AGAIN_AT_MOST", 0)

    assert reckoning.still_true(simulation) != []


def test_a_draft_that_nobody_could_meet_does_not_take_effect(rule, register, manager):
    draft = a_draft(rule, manager, total="3.5")

    with pytest.raises(applying.ApplyRefused, match="samen ten minste 4; dat is meer dan het totaal van 3,5"):
        applying.apply(draft=draft, simulation=reckoned(draft, manager), actor=manager, organisation=None)

    rule.refresh_from_db()
    draft.refresh_from_db()
    assert (rule.total, draft.state) == (10, Draft.State.OPEN)


def test_a_rule_contradicts_itself_where_a_part_asks_more_than_the_whole(rule, register):
    outer = register.point_categories.get()
    part, other = (PointCategoryFactory(register=register, part_of=outer, code=code, name=code) for code in ("deel", "ander-deel"))
    content = contents.of_rule(rule)

    def told(**asked):
        lines = [
            {"category": key.pk, "minimum": None, "maximum": None, "times": None, "confirmed": False, **line}
            for key, line in asked.pop("lines")
        ]
        return [(one.category, one.field) for one in contents.problems({**content, **asked, "categories": lines}, register=register)]

    assert told(lines=[(outer, {"minimum": "8"}), (part, {"minimum": "8"}), (other, {"minimum": "0"})]) == []
    assert told(lines=[(outer, {"minimum": "8"}), (part, {"minimum": "8.5"})]) == [(part.pk, "minimum")]
    assert told(lines=[(outer, {"maximum": "8"}), (part, {"minimum": "5"}), (other, {"minimum": "4"})], total="8") == [
        (outer.pk, "maximum"),
        (None, "total"),
    ]
    assert told(lines=[(part, {"minimum": "6"}), (other, {"minimum": "5"})]) == [(None, "total")]
    assert told(lines=[(part, {"minimum": "6", "maximum": "5"})]) == [(part.pk, "maximum")]
    assert told(lines=[(part, {})], period_years=0) == [(None, "period_years")]


@pytest.mark.parametrize("end", ["apply_draft", "drop_draft"])
def test_what_a_draft_changed_and_for_how_many_stays_to_be_read(client, rule, register, manager, end):
    people = [a_person(register, 9) for _ in range(5)]
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    client.force_login(manager)
    client.post(reverse(f"accreditation:{end}", args=[draft.pk]), {"doorrekening": simulation.pk})
    RegisterRule.objects.update(total=99)

    page = client.get(reverse("accreditation:draft", args=[draft.pk]))

    assert page.context["differences"] == [{"name": "Totaal nodig", "before": "10", "after": "8"}]
    assert {tally["tally"].outcome: tally["tally"].count for tally in page.context["tallies"]}["meets"] == len(people)
    assert SimulatedPerson.objects.exists() is (end == "apply_draft")
    said = page.content.decode()
    assert {"apply_draft": "Voldeden niet, en daarna wel", "drop_draft": "Zouden wel voldoen"}[end] in said
    assert {"apply_draft": "Ingegaan op 15 juni 2026 12:00, door", "drop_draft": "Weggelegd op 15 juni 2026 12:00, door"}[end] in said


def test_a_draft_that_judges_nobody_says_so_and_a_second_one_on_its_rule_is_pointed_at(client, rule, register, manager):
    a_person(register, 9)
    client.force_login(manager)
    first, second = a_draft(rule, manager, total="8"), a_draft(rule, manager, applies_from="2040-01-01")

    pages = []
    for draft in (first, second):
        reckoned(draft, manager)
        pages.append(client.get(reverse("accreditation:draft", args=[draft.pk])).content.decode())

    assert ["geldt nu voor niemand" in page for page in pages] == [False, True]
    assert reverse("accreditation:draft", args=[second.pk]) in pages[0]
    rule_page = reverse("accreditation:register_rule", args=[rule.pk])
    assert "is nog een voorstel open" in client.get(rule_page).content.decode()
    for draft in (first, second):
        applying.drop(draft=draft, actor=manager, organisation=None)
    assert "is nog een voorstel open" not in client.get(rule_page).content.decode()


def test_a_draft_takes_effect_once(rule, register, manager):
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)

    for again in (
        lambda: applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None),
        lambda: applying.drop(draft=draft, actor=manager, organisation=None),
    ):
        with pytest.raises(applying.ApplyRefused, match="al ingegaan"):
            again()
    assert AuditEvent.objects.filter(event="draft-applied").count() == 1


def completed(release, register, *, on):
    learner = UserFactory()
    RegisterEntryFactory(user=learner, register=register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
    return learner


@pytest.mark.parametrize(
    "changes",
    [
        {"points": "6"},
        {"points": None},
        {"valid_from": "2025-01-01"},
        {"valid_until": "2026-03-31"},
        {"status": "withdrawn"},
        {"status": "rejected"},
        {"valid_from": "2025-01-01", "points": "12", "valid_until": "2026-05-31"},
        {"points": "6", "with_awards": False, "valid_until": "2026-03-31"},
    ],
)
def test_a_draft_of_an_accreditation_does_in_the_ledger_what_it_foretold(rule, register, release, manager, changes):
    accreditation = accredited(release=release, register=register, points=10)
    people = [completed(release, register, on=on) for on in (date(2025, 6, 1), date(2026, 2, 1), date(2026, 6, 1))]
    undone = completed(release, register, on=date(2026, 2, 2))
    points.undo(award=PointAward.objects.get(learner=undone), reason="Niet aanwezig", actor=manager)
    people.append(undone)
    before = dossiers(people)
    assert [total for total, _gap, _last in before.values()] == [0, 10, 10, 0]
    content = {**contents.of_accreditation(accreditation), "with_awards": True, **changes}
    category = register.point_categories.get().pk
    if "points" in changes:
        content["points"] = [{"category": category, "points": changes["points"]}] if changes["points"] else []
    draft = Draft.objects.create(
        register=register, accreditation=accreditation, content=content, made_by=manager, reason="Besluit van het register"
    )
    simulation = reckoned(draft, manager)
    told = foretold(simulation, people)

    job = applying.apply(draft=draft, simulation=simulation, actor=manager, organisation=None)
    if job:
        jobs.run(job.pk)

    assert dossiers(people) == {person: told[person] or before[person] for person in people}
    draft.refresh_from_db()
    assert draft.state == Draft.State.APPLIED
    rows = PointAward.objects.count()
    for row in simulation.people.all():
        held = sum(award.points for award in PointAward.objects.filter(learner=row.user_id, accreditation=accreditation))
        assert held == row.points_after
    if job:  # the piece again, as after a crash: nothing is corrected twice
        Job.objects.filter(pk=job.pk).update(state="waiting", cursor={}, finished_at=None)
        Draft.objects.update(state=Draft.State.APPLYING)
        jobs.run(job.pk)
    assert PointAward.objects.count() == rows


def test_who_gets_points_by_a_draft_gets_a_certificate_that_says_so(rule, register, release, manager):
    accreditation = accredited(release=release, register=register, points=4)
    late = completed(release, register, on=date(2025, 6, 1))
    content = {**contents.of_accreditation(accreditation), "with_awards": True, "valid_from": "2025-01-01"}
    draft = Draft.objects.create(register=register, accreditation=accreditation, content=content, made_by=manager, reason="Eerder ingegaan")

    job = applying.apply(draft=draft, simulation=reckoned(draft, manager), actor=manager, organisation=None)
    jobs.run(job.pk)

    newest = Certificate.objects.get(learner=late, replaced_by=None)
    assert newest.replaces is not None
    assert [line["credited"] for line in newest.snapshot["lines"]] == [True]


@pytest.mark.parametrize("change", ["releases", "decided_on"])
def test_what_decides_who_gets_points_by_a_draft_makes_its_reckoning_untrue(rule, register, release, manager, change):
    accreditation = accredited(release=release, register=register, points=4)
    late = completed(release, register, on=date(2025, 6, 1))
    content = {**contents.of_accreditation(accreditation), "with_awards": True, "valid_from": "2025-01-01"}
    draft = Draft.objects.create(register=register, accreditation=accreditation, content=content, made_by=manager, reason="Eerder ingegaan")
    simulation = reckoned(draft, manager)
    assert set(outcomes(simulation)) == {late}
    assert reckoning.still_true(simulation) == []

    if change == "releases":
        accreditation.releases.clear()
    else:
        Accreditation.objects.filter(pk=accreditation.pk).update(decided_on=date(2025, 7, 1))

    assert reckoning.still_true(Simulation.objects.get(pk=simulation.pk)) != []


counts = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.integers(0, 30), min_size=5)


@given(counts)
def test_small_numbers_are_left_out_and_do_not_follow_from_the_total(found):
    shown = groups.suppressed(found)

    hidden = [name for name, count in shown.items() if count is None]
    assert all(shown[name] == found[name] for name in found if name not in hidden)
    assert not [count for count in shown.values() if count is not None and 0 < count < SMALLEST]
    nonzero = [name for name in found if found[name]]
    assert not hidden or len(hidden) >= min(2, len(nonzero))
    # What is hidden together is the total without the rest; of two that are two together, each is one.
    assert not hidden or sum(found[name] for name in hidden) >= SMALLEST or hidden == nonzero


def test_by_name_an_administrator_sees_only_the_people_of_their_own_organisations(client, rule, register, manager, association):
    mine, other = a_person(register, 8, member_of=association), a_person(register, 8)
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    assert set(outcomes(simulation)) == {mine, other}

    assert [row.user for row in groups.seen_by(manager, simulation)] == [mine]
    assert {tally.count for tally in groups.tallies(manager, simulation)} == {0, None}
    client.force_login(manager)
    page = client.get(reverse("accreditation:draft", args=[draft.pk])).content.decode()
    exported = b"".join(client.post(reverse("accreditation:export_draft", args=[draft.pk, "csv"]))).decode()
    for text in (page, exported):
        assert str(mine) in text
        assert str(other) not in text
    assert "afgeschermd" in page
    assert AuditEvent.objects.get(event="draft-people-exported").details["rows"] == 1
    book = client.post(reverse("accreditation:export_draft", args=[draft.pk, "xlsx"]))
    assert b"".join(book).startswith(b"PK")


def test_a_provider_sees_no_draft_of_a_rule_and_none_of_anothers_accreditation(client, rule, register, manager, release):
    draft = a_draft(rule, manager, total="8")
    theirs = accredited(release=release, register=register)
    other = Draft.objects.create(
        register=register, accreditation=theirs, content={**contents.of_accreditation(theirs), "with_awards": True}, made_by=manager
    )
    client.force_login(manager)
    assert client.get(reverse("accreditation:draft", args=[draft.pk])).status_code == 200
    assert client.get(reverse("accreditation:draft", args=[other.pk])).status_code == 200
    client.force_login(MembershipFactory(organisation=OrganisationFactory(), role=Role.ACCREDITATION_ADMIN).user)

    for one in (draft, other):
        assert client.get(reverse("accreditation:draft", args=[one.pk])).status_code == 404
        for name in ("apply_draft", "drop_draft", "reckon_draft"):
            assert client.post(reverse(f"accreditation:{name}", args=[one.pk])).status_code == 404
    assert list(client.get(reverse("accreditation:drafts")).context["page"]) == []


def test_a_longer_list_of_people_takes_no_more_queries(
    client, rule, register, manager, association, django_assert_num_queries, django_assert_max_num_queries
):
    draft = a_draft(rule, manager, total="8")
    a_person(register, 8, member_of=association)
    reckoned(draft, manager)
    client.force_login(manager)
    address = reverse("accreditation:draft", args=[draft.pk])
    client.get(address)
    with django_assert_max_num_queries(100) as one:
        client.get(address)
    for _ in range(2):
        a_person(register, 8, 1, member_of=association)
    reckoned(draft, manager)

    with django_assert_num_queries(len(one)):
        client.get(address)


def test_reckoning_more_people_takes_no_more_queries(rule, register, manager, django_assert_num_queries, django_assert_max_num_queries):
    a_person(register, 8, 2)
    draft = a_draft(rule, manager, total="8")
    reckoned(draft, manager)
    with django_assert_max_num_queries(100) as one:
        reckoned(draft, manager)
    for _ in range(2):
        a_person(register, 8, 3)

    with django_assert_num_queries(len(one)):
        reckoned(draft, manager)


def test_the_differences_are_told_in_words(rule, register, manager):
    content = {**contents.of_rule(rule), "total": "12.5", "applies_until": "2027-06-30", "name": "5²"}
    content["categories"] = [{**content["categories"][0], "minimum": "5"}]

    told = contents.differences(
        contents.of_rule(rule),
        content,
        labels={"name": "Naam", "total": "Totaal", "applies_until": "Tot en met"},
        categories={register.point_categories.get().pk: "Scholing"},
    )

    assert told == [
        {"name": "Naam", "before": rule.name, "after": "5²"},
        {"name": "Totaal", "before": "10", "after": "12,5"},
        {"name": "Tot en met", "before": "–", "after": "30 juni 2027"},
        {"name": "Scholing", "before": "ten minste 4, bevestigd", "after": "ten minste 5, bevestigd"},
    ]
    assert Decimal("12.5") == contents.number(content["total"])


def test_a_new_reckoning_takes_the_place_of_the_old_and_a_draft_put_away_keeps_nothing_of_anybody(rule, register, manager, client):
    a_person(register, 8)
    draft = a_draft(rule, manager, total="8")
    old = reckoned(draft, manager)
    new = reckoned(draft, manager)
    assert list(Simulation.objects.all()) == [new]
    client.force_login(manager)
    page = client.post(reverse("accreditation:apply_draft", args=[draft.pk]), {"doorrekening": old.pk}, follow=True)
    assert "Reken het voorstel eerst door" in page.content.decode()
    Job.objects.filter(pk=old.job_id).update(state="waiting", finished_at=None)
    jobs.run(old.job_id)  # as a worker that comes to it late
    assert Job.objects.get(pk=old.job_id).state == Job.State.DONE

    applying.drop(draft=draft, actor=manager, organisation=None)

    assert not SimulatedPerson.objects.exists()
    rule.refresh_from_db()
    assert rule.total == 10


@pytest.mark.parametrize("end", ["apply", "drop"])
@pytest.mark.parametrize("act", ["change_draft", "reckon_draft"])
def test_a_draft_that_ends_while_a_colleague_is_at_it_stays_as_it_was_then(client, rule, register, manager, monkeypatch, end, act):
    a_person(register, 8)
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)
    client.force_login(manager)
    opened = {**client.get(reverse("accreditation:change_draft", args=[draft.pk])).context["forms"].form.initial, "total": "9"}
    opened |= {"reminder_weeks": "12", "reason": "Te laat", "soorten-TOTAL_FORMS": 0, "soorten-INITIAL_FORMS": 0}
    opened |= {"verlof-TOTAL_FORMS": 0, "verlof-INITIAL_FORMS": 0}
    found_before = views._draft

    def found_and_then_ended(request, pk):
        found = found_before(request, pk)
        ended = {"draft": Draft.objects.get(pk=pk), "actor": manager, "organisation": None}
        applying.apply(simulation=simulation, **ended) if end == "apply" else applying.drop(**ended)
        return found

    monkeypatch.setattr(views, "_draft", found_and_then_ended)
    answer = client.post(
        reverse(f"accreditation:{act}", args=[draft.pk]), {name: value for name, value in opened.items() if value is not None}
    )

    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.content["total"]) == ("applied" if end == "apply" else "dropped", "8")
    assert draft.before["total"] == "10"
    assert [kept.outcomes for kept in draft.simulations.all()] == [simulation.outcomes]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_let_a_draft_take_effect_at_the_same_moment_one_is_told(rule, register, manager):
    draft = a_draft(rule, manager, total="8")
    simulation = reckoned(draft, manager)

    def press():
        try:
            applying.apply(draft=Draft.objects.get(pk=draft.pk), simulation=simulation, actor=manager, organisation=None)
        except applying.ApplyRefused as refusal:
            return str(refusal)
        return "applied"

    answers = at_once(press, press)

    assert sorted(answer == "applied" for answer in answers) == [False, True]
    assert any("al ingegaan" in answer for answer in answers)
    assert AuditEvent.objects.filter(event="draft-applied").count() == 1
