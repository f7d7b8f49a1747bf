"""Which statements go to a target, in whose name, and how they look there."""

import json
import uuid
from datetime import date, timedelta

import pytest
from django.utils import timezone

from lrs.actors import actor_of
from lrs.forwarding.choosing import lies_under
from lrs.forwarding.disguise import home_page
from lrs.forwarding.sending import forward
from lrs.models import ForwardingPseudonym, ForwardingTarget, Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.forwarding import a_target
from tests.factories.lrs import a_credential, a_kept_file, a_statement

pytestmark = pytest.mark.django_db

Reach, Actors = ForwardingTarget.Reach, ForwardingTarget.Actors
COURSE = "https://vakwijs.example/xapi/activities/cursus"


def record(*statements, source=Source.SERVER, credential=None):
    append(list(statements), source=source, credential=credential)
    return [one["id"] for one in statements]


def arrived(target, other):
    other.arrivals.clear()
    forward(target.pk)
    return [one["id"] for one in other.arrivals]


# --- What an organisation may give -----------------------------------------------------------------------------------------


@pytest.fixture
def everyone():
    """Two organisations, each with a tool and a member, and what was recorded of them."""
    found = {}
    for name in ("mine", "theirs"):
        organisation = OrganisationFactory()
        credential, _ = a_credential(organisation=organisation)
        member = MembershipFactory(organisation=organisation).user
        MembershipFactory._meta.model.objects.update(since=date(2020, 1, 1))
        [of_tool] = record(a_statement(), source=Source.TOOL, credential=credential)
        [of_member] = record(a_statement(member.pseudonym))
        found[name] = {"organisation": organisation, "tool": of_tool, "member": of_member, "user": member, "credential": credential}
    return found


@pytest.mark.parametrize(("reach", "wanted"), [(Reach.TOOLS, ["tool"]), (Reach.MEMBERS, ["member"]), (Reach.BOTH, ["tool", "member"])])
def test_an_organisation_gives_what_its_tools_wrote_or_what_is_recorded_of_its_members(other, everyone, reach, wanted):
    target = a_target(other.address, organisation=everyone["mine"]["organisation"], reach=reach)

    assert arrived(target, other) == [everyone["mine"][name] for name in wanted]


def test_everything_goes_to_a_target_of_no_organisation(other, everyone):
    assert len(arrived(a_target(other.address), other)) == 4


def test_of_a_member_only_what_came_in_since_they_joined_and_nothing_after_they_left(other, everyone):
    mine = everyone["mine"]
    membership = mine["user"].memberships.get()
    membership.since = timezone.localdate() + timedelta(days=1)
    membership.save()
    target = a_target(other.address, organisation=mine["organisation"], reach=Reach.MEMBERS)
    assert arrived(target, other) == []

    membership.since = timezone.localdate()
    membership.save()
    [later] = record(a_statement(mine["user"].pseudonym))
    assert arrived(target, other) == [later]

    membership.delete()
    record(a_statement(mine["user"].pseudonym))
    assert arrived(target, other) == []


# --- Filters -------------------------------------------------------------------------------------------------------------------


def test_only_the_verbs_that_were_asked_for(other):
    wanted, _ = record(a_statement(verb={"id": adl.COMPLETED}), a_statement(verb={"id": adl.ATTEMPTED}))

    assert arrived(a_target(other.address, verbs=[adl.COMPLETED]), other) == [wanted]


def test_a_course_takes_its_lessons_along_and_not_the_course_with_a_longer_name(other):
    course, lesson, within, _, _ = record(
        a_statement(object={"id": COURSE}),
        a_statement(object={"id": f"{COURSE}/les#1"}),
        a_statement(object={"id": "https://elders.example/"}, context={"contextActivities": {"parent": [{"id": COURSE}]}}),
        a_statement(object={"id": f"{COURSE}-2"}),
        a_statement(object={"id": "https://elders.example/"}),
    )

    assert arrived(a_target(other.address, activities=[COURSE]), other) == [course, lesson, within]


@pytest.mark.parametrize(
    ("activity", "place", "inside"),
    [
        ("a/b", "a", True),
        ("a", "a", True),
        ("ab", "a", False),
        ("a/b", "a/", True),
        ("a#b", "a", True),
        ("a?b", "a", True),
        ("b/a", "a", False),
    ],
)
def test_what_lies_under_what(activity, place, inside):
    assert lies_under(activity, place) is inside


def test_only_of_some_origin_or_one_tool(other):
    one, _ = a_credential()
    two, _ = a_credential()
    [ours] = record(a_statement())
    [first] = record(a_statement(), source=Source.TOOL, credential=one)
    record(a_statement(), source=Source.TOOL, credential=two)

    assert arrived(a_target(other.address, sources=[Source.SERVER]), other) == [ours]
    assert arrived(a_target(other.address, credential=one), other) == [first]


def test_filters_go_together(other):
    [both] = record(a_statement(verb={"id": adl.COMPLETED}, object={"id": COURSE}))
    record(a_statement(verb={"id": adl.COMPLETED}), a_statement(object={"id": COURSE}))

    assert arrived(a_target(other.address, verbs=[adl.COMPLETED], activities=[COURSE]), other) == [both]


def test_voiding_follows_what_went_whatever_the_filters_say_of_it(other):
    target = a_target(other.address, verbs=[adl.COMPLETED])
    went, stayed = record(a_statement(verb={"id": adl.COMPLETED}), a_statement(verb={"id": adl.ATTEMPTED}))
    voiding, _ = record(
        a_statement(verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": went}),
        a_statement(verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": stayed}),
    )

    assert arrived(target, other) == [went, voiding]


def test_voiding_waits_behind_what_it_voids(other):
    target = a_target(other.address)
    [bad] = record(a_statement())
    other.rule = lambda request: 400 if any(one["id"] == bad for one in request["statements"]) else None
    record(a_statement(verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": bad}))

    assert arrived(target, other) == []
    assert target.held.filter(state="waiting").count() == 1


# --- In whose name --------------------------------------------------------------------------------------------------------------


def people():
    return {
        "actor": {"name": "Anna de Vries", "mbox": "mailto:anna@voorbeeld.example"},
        "object": {
            "objectType": "SubStatement",
            "actor": actor_of(uuid.UUID(int=7)),
            "verb": {"id": adl.ATTENDED},
            "object": {"objectType": "Agent", "name": "Bram", "mbox": "mailto:bram@voorbeeld.example"},
        },
        "context": {
            "instructor": {"name": "Carla", "openid": "https://carla.voorbeeld.example/"},
            "team": {"objectType": "Group", "name": "Afdeling 3", "member": [{"name": "Dirk", "mbox": "mailto:dirk@voorbeeld.example"}]},
            "contextAgents": [{"objectType": "contextAgent", "agent": {"name": "Eva", "mbox": "mailto:eva@voorbeeld.example"}}],
            "contextGroups": [
                {"objectType": "contextGroup", "group": {"objectType": "Group", "name": "Team", "mbox": "mailto:team@voorbeeld.example"}}
            ],
        },
    }


PERSONAL = [
    "Anna",
    "anna@",
    "Bram",
    "bram@",
    "Carla",
    "carla.",
    "Afdeling 3",
    "Dirk",
    "dirk@",
    "Eva",
    "eva@",
    "Team",
    "team@",
    str(uuid.UUID(int=7)),
]


def sent_to(target, other):
    forward(target.pk)
    return json.dumps(other.arrivals[-1])


def test_as_is_names_and_addresses_go_along(other):
    record(a_statement(**people()))

    text = sent_to(a_target(other.address, actors=Actors.AS_IS), other)

    assert [word for word in PERSONAL if word not in text] == []


def test_without_names_the_addresses_stay(other):
    record(a_statement(**people()))

    text = sent_to(a_target(other.address, actors=Actors.NO_NAMES), other)

    assert [word for word in PERSONAL if word in text] == [word for word in PERSONAL if word.endswith(("@", ".")) or "-" in word]


def test_under_a_pseudonym_nobody_is_named_anywhere(other):
    record(a_statement(**people()))
    target = a_target(other.address, actors=Actors.PSEUDONYM)

    text = sent_to(target, other)

    assert [word for word in PERSONAL if word in text] == []
    assert "authority" not in other.arrivals[-1]
    assert text.count(home_page(target)) == 7


def test_a_pseudonym_is_the_same_for_a_person_and_differs_between_targets(other):
    anna = uuid.uuid4()
    record(a_statement(anna), a_statement(anna), a_statement())
    first, second = (a_target(other.address, actors=Actors.PSEUDONYM) for _ in range(2))

    names = {}
    for target in (first, second):
        other.arrivals.clear()
        forward(target.pk)
        names[target] = [one["actor"]["account"]["name"] for one in other.arrivals]

    assert names[first][0] == names[first][1] != names[first][2]
    assert not set(names[first]) & set(names[second])
    assert str(anna) not in str(names)
    assert ForwardingPseudonym.objects.filter(target=first).count() == 2


# --- Versions and attachments -------------------------------------------------------------------------------------------------------


def test_a_store_of_1_0_3_gets_nothing_that_only_2_0_has(other):
    record(a_statement(**people()))

    forward(a_target(other.address, version="1.0.3").pk)

    assert other.requests[-1]["headers"]["X-Experience-API-Version"] == "1.0.3"
    assert "contextAgents" not in other.arrivals[-1]["context"]
    assert other.arrivals[-1]["version"] == "1.0.0"


def an_attachment(content=b"Een bijlage", **parts):
    sha2 = a_kept_file(content).sha2
    shown = {"usageType": "https://a.example/u", "display": {"nl": "Bijlage"}, "contentType": "text/plain", "length": len(content)}
    return {**shown, "sha2": sha2, **parts}


@pytest.fixture
def own_folder(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


def test_attachments_go_along_when_asked(other, own_folder):
    [one] = record(a_statement(attachments=[an_attachment()]))
    other.rule = lambda request: (200, {}, json.dumps([one])) if request["method"] == "POST" else None

    run = forward(a_target(other.address, with_attachments=True).pk)

    request = other.requests[-1]
    assert run.sent == 1
    assert request["headers"]["Content-Type"].startswith("multipart/mixed; boundary=")
    assert b"\r\n\r\nEen bijlage\r\n--" in request["body"]
    assert int(request["headers"]["Content-Length"]) == len(request["body"])


def test_attachments_of_which_the_sender_only_knew_the_hash_do_not_go_along(other, own_folder):
    tool, _ = a_credential(organisation=OrganisationFactory())
    borrowed = an_attachment(fileUrl="https://a.example/bijlage")
    record(a_statement(attachments=[borrowed]), source=Source.TOOL, credential=tool)

    forward(a_target(other.address, with_attachments=True).pk)
    assert other.requests[-1]["headers"]["Content-Type"] == "application/json"
    assert other.arrivals[-1]["attachments"] == [borrowed]

    a_kept_file(b"Een bijlage", realm=f"organisation/{tool.organisation_id}")
    forward(a_target(other.address, with_attachments=True).pk)
    assert b"\r\n\r\nEen bijlage\r\n--" in other.requests[-1]["body"]


def test_attachments_that_stay_here_are_not_promised(other, own_folder):
    elsewhere = an_attachment(b"Elders", fileUrl="https://a.example/bijlage")
    record(a_statement(attachments=[an_attachment(), elsewhere]))

    forward(a_target(other.address).pk)

    assert other.arrivals[-1]["attachments"] == [elsewhere]


def test_a_signature_does_not_go_along_when_the_words_change(other, own_folder):
    signature = an_attachment(usageType="http://adlnet.gov/expapi/attachments/signature", contentType="application/octet-stream")
    record(a_statement(attachments=[signature]))

    forward(a_target(other.address, with_attachments=True, actors=Actors.PSEUDONYM).pk)

    assert "attachments" not in other.arrivals[-1]
