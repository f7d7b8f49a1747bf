"""Who a statement is about: xAPI 1.0.3, Data 2.4.2 and 2.4.9."""

from itertools import combinations

import pytest

from tests.lrs.standard.shapes import ACCOUNT, ACTORS, AGENTS, ANN, BEA, GROUPS, IDENTIFIERS, accepts, placed, refuses

TEAM = {"objectType": "Group", "name": "Team", "member": [ANN, BEA]}
PAIRS = list(combinations(IDENTIFIERS, 2))
ONES = [{name: value} for name, value in IDENTIFIERS.items()]
WRONG = {
    "mbox": ("ann@voorbeeld.example", "mailto:ann", "mailto:", "https://ann.example", "MAILTO:ann@voorbeeld.example", 1, {}),
    "mbox_sha1sum": ("ebd31e95054c018b10727ccffd2ef2ec3a016ee", "z" * 40, "", 1, {}),
    "openid": ("ann", "ann.example", "", 1, {}),
    "account": ("ann", [], {}, {"name": "ann"}, {"homePage": ACCOUNT["homePage"]}, {**ACCOUNT, "homePage": "ann"}, {**ACCOUNT, "name": 1}),
}
EACH_WRONG = [{name: value} for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_has_one_identifier(either, path):
    for one in ONES:
        assert accepts(either, placed(path, {"objectType": "Agent", **one}))
        assert accepts(either, placed(path, {"objectType": "Agent", **one, "name": "Ann"}))


@pytest.mark.parametrize("path", [path for path in AGENTS if not path.endswith("object")])
def test_the_object_type_of_an_agent_may_be_left_out(either, path):
    assert accepts(either, placed(path, {"mbox": "mailto:ann@voorbeeld.example"}))


@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_without_identifier_or_with_more_than_one_is_refused(either, path):
    assert refuses(either, placed(path, {"objectType": "Agent", "name": "Ann"}))
    for one, other in PAIRS:
        assert refuses(either, placed(path, {"objectType": "Agent", one: IDENTIFIERS[one], other: IDENTIFIERS[other]}))


@pytest.mark.parametrize("path", AGENTS)
def test_an_identifier_keeps_to_its_form(old, path):
    assert [wrong for wrong in EACH_WRONG if not refuses(old, placed(path, {"objectType": "Agent", **wrong}))] == []


@pytest.mark.parametrize("path", GROUPS)
def test_a_group_with_an_identifier_may_name_members(either, path):
    for one in ONES:
        assert accepts(either, placed(path, {"objectType": "Group", **one}))
        assert accepts(either, placed(path, {"objectType": "Group", **one, "name": "Team", "member": [ANN]}))


@pytest.mark.parametrize("path", GROUPS)
def test_a_group_with_more_than_one_identifier_is_refused(either, path):
    for one, other in PAIRS:
        assert refuses(either, placed(path, {**TEAM, one: IDENTIFIERS[one], other: IDENTIFIERS[other]}))


@pytest.mark.parametrize("path", GROUPS)
def test_the_identifier_of_a_group_keeps_to_its_form(old, path):
    assert [wrong for wrong in EACH_WRONG if not refuses(old, placed(path, {**TEAM, **wrong}))] == []


@pytest.mark.parametrize("path", GROUPS)
def test_a_group_without_identifier_names_its_members(either, path):
    assert accepts(either, placed(path, TEAM))
    assert refuses(either, placed(path, {"objectType": "Group", "name": "Team"}))
    assert refuses(either, placed(path, {"objectType": "Group", "member": []}))


@pytest.mark.parametrize("path", GROUPS)
def test_the_members_of_a_group_are_agents(old, path):
    for member in (TEAM, {"name": "Ann"}, {"mbox": "ann"}, "ann", {**ANN, **ONES[3]}):
        for identifier in ({}, {"mbox": "mailto:team@voorbeeld.example"}):
            assert refuses(old, placed(path, {"objectType": "Group", "member": [ANN, member], **identifier}))


@pytest.mark.parametrize("path", ["context/team", "sub/context/team"])
def test_a_team_is_a_group(either, path):
    assert refuses(either, placed(path, ANN))
    assert refuses(either, placed(path, {"member": [ANN]}))


@pytest.mark.parametrize("path", ACTORS)
def test_name_and_object_type_are_texts_that_are_known(either, path):
    for wrong in ({"name": 1}, {"name": {}}, {"objectType": "Persoon"}, {"objectType": 1}):
        assert refuses(either, placed(path, {**ANN, **wrong}))


def test_an_authority_that_is_a_group_is_a_user_and_an_application(either):
    """Data 2.4.9: the two members of three-legged OAuth."""
    application = {"account": {"homePage": "https://voorbeeld.example/oauth", "name": "toepassing"}}
    pair = {"objectType": "Group", "member": [ANN, application]}

    assert accepts(either, placed("authority", pair))
    for wrong in ([ANN], [ANN, BEA, application], []):
        assert refuses(either, placed("authority", {**pair, "member": wrong}))
    assert refuses(either, placed("authority", {**pair, "mbox": "mailto:team@voorbeeld.example"}))
