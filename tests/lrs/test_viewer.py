"""Searching the record: who sees what, every filter, and no search that reads on without end."""

import time
import uuid
from datetime import UTC, datetime

import pytest

from accounts.models import Role
from accounts.permissions import ALLOWED, Action
from lrs import viewer, viewer_people
from lrs.actors import actor_key, actor_of
from lrs.models import PendingProjection, Source, Statement
from lrs.profiles import adl
from lrs.store import append
from lrs.viewer import Search, find
from lrs.viewer_people import sight_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_credential, a_statement

pytestmark = pytest.mark.django_db

COURSE = "https://a.example/cursus"
LESSON = "https://a.example/cursus/les"
NOON = datetime(2020, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


@pytest.fixture
def here():
    return OrganisationFactory()


@pytest.fixture
def member(here):
    return MembershipFactory(organisation=here).user


@pytest.fixture
def stranger():
    return MembershipFactory().user


@pytest.fixture
def sight(here):
    return sight_of(MembershipFactory(organisation=here, role=Role.ASSOCIATION_ADMIN).user)


@pytest.fixture
def all_seeing():
    return sight_of(UserFactory(is_superuser=True))


def said(person, *, credential=None, source=None, **parts):
    """One statement about this person, as its id."""
    statement = a_statement(person.pseudonym, **parts)
    return append([statement], source=source or (Source.TOOL if credential else Source.SERVER), credential=credential)[0]


def ids(found):
    return [statement.uuid for statement in found.statements]


def of(person):
    return actor_key(actor_of(person.pseudonym))


# --- Who sees what ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_only_roles_that_may_read_records_have_any_sight(role):
    reader = MembershipFactory(role=role).user

    assert (sight_of(reader) is not None) is (role in ALLOWED[Action.VIEW_RECORDS])


def test_a_reader_sees_members_of_their_organisation_and_nobody_else(sight, all_seeing, member, stranger):
    mine, theirs = said(member), said(stranger)

    assert set(ids(find(Search(), sight=all_seeing))) == {mine, theirs}
    assert ids(find(Search(), sight=sight)) == [mine]
    assert find(Search(actor=of(stranger)), sight=sight).statements == []
    assert not sight.may_see(Statement.objects.with_id(theirs).get())


def test_a_reader_sees_what_tools_of_their_organisation_wrote_about_anyone(sight, here, stranger):
    ours, _ = a_credential(organisation=here)
    theirs, _ = a_credential(organisation=OrganisationFactory())
    outside = {"mbox": "mailto:iemand@elders.example"}
    seen = append([a_statement(actor=outside), a_statement(stranger.pseudonym)], source=Source.TOOL, credential=ours)
    append([a_statement(actor=outside)], source=Source.TOOL, credential=theirs)

    assert set(ids(find(Search(), sight=sight))) == set(seen)
    assert ids(find(Search(actor=actor_key(outside)), sight=sight)) == [seen[0]]


def test_a_large_association_sees_the_same_as_a_small_one(sight, all_seeing, here, member, stranger, monkeypatch):
    tool, _ = a_credential(organisation=here)
    expected = [said(member), said(stranger, credential=tool), said(member, verb={"id": adl.PASSED})]
    said(stranger)
    small = ids(find(Search(), sight=sight))
    monkeypatch.setattr(viewer_people, "MEMBERS_ONE_BY_ONE", 0)

    large = ids(find(Search(), sight=sight_of(sight.reader)))

    assert sight_of(sight.reader).member_digests is None
    assert small == large == expected[::-1]
    assert len(ids(find(Search(), sight=all_seeing))) == 4


def test_who_left_the_organisation_is_no_longer_seen(sight, here, member):
    said(member)
    assert find(Search(), sight=sight).statements

    member.memberships.filter(organisation=here).delete()

    assert find(Search(), sight=sight_of(sight.reader)).statements == []


# --- Every filter -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def varied(here, member):
    """Statements of one member that differ in every way one can ask for; by name."""
    tool, _ = a_credential(organisation=here, name="Simulator")
    registration = str(uuid.uuid4())
    lesson = {"object": {"id": LESSON}, "context": {"contextActivities": {"grouping": [{"id": COURSE}]}}}
    made = {"plain": said(member)}
    time.sleep(0.005)  # the store numbers by its own clock, in milliseconds
    made["lesson"] = said(member, **lesson)
    made["course"] = said(member, verb={"id": adl.SATISFIED}, object={"id": COURSE})
    made["registered"] = said(member, context={"registration": registration})
    made["tool"] = said(member, credential=tool)
    made["browser"] = said(member, source=Source.LEARNER_SESSION)
    made["voided"] = said(member, verb={"id": adl.PASSED})
    reference = {"objectType": "StatementRef", "id": str(made["voided"])}
    made["voiding"] = said(member, verb={"id": adl.VOIDED}, object=reference)
    lesson_at = Statement.objects.with_id(made["lesson"]).get().stored
    return {**made, "registration": uuid.UUID(registration), "key": tool.pk, "lesson at": lesson_at}


ASKED = {
    "course": (lambda made: Search(course=COURSE), {"lesson", "course"}),
    "activity": (lambda made: Search(activity=LESSON), {"lesson"}),
    "verb": (lambda made: Search(verb=adl.SATISFIED), {"course"}),
    "activity and verb": (lambda made: Search(activity=COURSE, verb=adl.SATISFIED), {"course"}),
    "course and verb": (lambda made: Search(course=COURSE, verb=adl.EXPERIENCED), {"lesson"}),
    "registration": (lambda made: Search(registration=made["registration"]), {"registered"}),
    "key of a tool": (lambda made: Search(credential=made["key"]), {"tool"}),
    "source": (lambda made: Search(source=Source.LEARNER_SESSION), {"browser"}),
    "voided": (lambda made: Search(state="voided"), {"voided"}),
    "until": (lambda made: Search(until=made["lesson at"]), {"plain"}),
    "since and source": (lambda made: Search(since=made["lesson at"], source=Source.TOOL), {"tool"}),
    "since and until": (lambda made: Search(since=made["lesson at"], until=made["lesson at"]), set()),
    "before everything": (lambda made: Search(until=NOON), set()),
}


@pytest.mark.parametrize("who", ["reader", "superuser", "reader of many"])
@pytest.mark.parametrize("name", ASKED)
def test_each_filter_finds_what_it_says_and_nothing_more(name, who, varied, sight, all_seeing, stranger, monkeypatch):
    if who == "reader of many":
        monkeypatch.setattr(viewer_people, "MEMBERS_ONE_BY_ONE", 0)
    search, expected = ASKED[name]
    for filters in (search(varied), search(varied).__class__(**{**search(varied).__dict__, "actor": of_someone(varied)})):
        found = find(filters, sight=all_seeing if who == "superuser" else sight_of(sight.reader))

        assert set(ids(found)) == {varied[one] for one in expected}


def of_someone(varied):
    return Statement.objects.with_id(varied["plain"]).get().actor_key


def test_what_waits_and_what_was_set_aside_is_found(sight, member, all_seeing):
    waits, stuck = said(member), said(member)
    said(member)
    for statement, fields in ((waits, {}), (stuck, {"set_aside_at": NOON, "error": "kapot"})):
        sequence = Statement.objects.with_id(statement).get().sequence
        PendingProjection.objects.create(statement_id=sequence, learner_key=str(member.pseudonym), **fields)

    for one in (sight, all_seeing):
        assert ids(find(Search(state="waiting"), sight=one)) == [waits]
        assert ids(find(Search(state="set_aside"), sight=one)) == [stuck]
        assert ids(find(Search(state="set_aside", actor=of(member)), sight=one)) == [stuck]


# --- Paging -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [Search(), Search(verb=adl.EXPERIENCED), Search(course=COURSE)], ids=["all", "verb", "course"])
def test_older_and_newer_pass_every_statement_once(search, sight, here, member, monkeypatch):
    monkeypatch.setattr(viewer, "CHUNK", 3)
    other = MembershipFactory(organisation=here).user
    context = {"contextActivities": {"grouping": [{"id": COURSE}]}}
    made = [said(person, context=context) for _ in range(6) for person in (member, other)][::-1]

    seen, page = [], find(search, sight=sight, size=5)
    seen.append(ids(page))
    while page.older is not None:
        page = find(search, sight=sight, before=page.older, size=5)
        seen.append(ids(page))
    assert seen == [made[:5], made[5:10], made[10:]]

    back = [ids(page)]
    while page.newer is not None:
        page = find(search, sight=sight, after=page.newer, size=5)
        back.append(ids(page))
    assert back[1:] == [made[5:10], made[:5]] + ([[]] if len(back) > 3 else [])


def test_a_search_that_finds_little_stops_says_how_far_it_looked_and_goes_on(all_seeing, member, monkeypatch):
    monkeypatch.setattr(viewer, "CHUNK", 4)
    monkeypatch.setattr(viewer, "SPAN", 1)
    wanted = said(member, source=Source.LEARNER_SESSION)
    for _ in range(20):
        said(member)
    search = Search(source=Source.LEARNER_SESSION)

    first = find(search, sight=all_seeing, size=5, looked_at_most=10)
    assert (ids(first), first.looked_at, first.older) == ([], 10, None)
    assert first.given_up_moment is not None
    second = find(search, sight=all_seeing, size=5, looked_at_most=10, before=first.given_up_at)
    third = find(search, sight=all_seeing, size=5, looked_at_most=10, before=second.given_up_at)

    assert (ids(second), ids(third)) == ([], [wanted])
    assert third.given_up_at is None


def test_a_search_that_takes_long_stops_too(all_seeing, member, monkeypatch):
    monkeypatch.setattr(viewer, "CHUNK", 4)
    monkeypatch.setattr(viewer, "SPAN", 1)
    monkeypatch.setattr(viewer, "PATIENCE", 0)
    for _ in range(20):
        said(member)

    found = find(Search(source=Source.LEARNER_SESSION), sight=all_seeing, size=5)

    assert found.looked_at < 20
    assert found.given_up_at is not None


@pytest.mark.parametrize("span", [1, 2])
def test_many_portions_give_what_one_gives(span, sight, here, member, monkeypatch):
    tool, _ = a_credential(organisation=here)
    people = [member, MembershipFactory(organisation=here).user, MembershipFactory(organisation=here).user]
    context = {"contextActivities": {"grouping": [{"id": COURSE}]}}
    for number in range(24):
        said(
            people[number % 3],
            credential=tool if number % 4 == 0 else None,
            source=None if number % 4 == 0 else Source.LEARNER_SESSION if number % 5 == 0 else Source.SERVER,
            verb={"id": adl.PASSED if number % 2 else adl.EXPERIENCED},
            **({"context": context} if number % 3 else {"object": {"id": COURSE}}),
        )
    searches = [
        Search(),
        Search(verb=adl.PASSED),
        Search(course=COURSE),
        Search(course=COURSE, verb=adl.PASSED),
        Search(source=Source.LEARNER_SESSION),
        Search(actor=of(member), source=Source.TOOL),
        Search(credential=tool.pk, verb=adl.EXPERIENCED),
    ]
    at_once = [ids(find(search, sight=sight)) for search in searches]
    assert all(at_once)
    monkeypatch.setattr(viewer, "CHUNK", 2)
    monkeypatch.setattr(viewer, "SPAN", span)

    assert [ids(find(search, sight=sight, size=24)) for search in searches] == at_once
    exported = [[one.uuid for portion in viewer.everything(search, sight=sight, size=2) for one in portion] for search in searches]
    assert exported == at_once


def test_a_page_costs_as_many_queries_for_three_as_for_one(sight, here, member, django_assert_max_num_queries):
    counts = []
    for people in ([member], [MembershipFactory(organisation=here).user for _ in range(3)]):
        for person in people:
            said(person)
        with django_assert_max_num_queries(12) as queries:
            find(Search(), sight=sight_of(sight.reader))
        counts.append(len(queries))

    assert counts[0] == counts[1]
