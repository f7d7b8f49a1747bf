"""How far a key reaches: activities under a prefix, learners of the organisation, and for a launch one learner in one registration.

What is sent is refused as a whole with 403 when one statement lies outside; so is a document. What is read is filtered, and what
lies outside is not there: 404 for one statement, absent from a list.

- Of a statement the object counts, and of a sub-statement its object. Parents, groupings, categories and other context may name
  any activity: content has to say of which course it is a part. But only of activities inside does a definition change.
- A statement about another statement is inside when that one is; one that is not there yet hurts nobody.
- Of people the actor counts, and must be one person, not a group: a member of the organisation under their pseudonym.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Organisation, User
from lrs import credentials, queries
from lrs.actors import actor_key, actor_of, pseudonym_of, with_pseudonyms
from lrs.digests import digest
from lrs.models import Credential, Source, Statement
from lrs.profiles.adl import VOIDED

# A page for a key with a prefix reads on until it is full, but no farther than this many statements.
FARTHEST = 1000


class OutsideLimits(Exception):
    """The key does not reach this far."""


def covers(prefix: str, iri: str) -> bool:
    """Whether the IRI is the prefix or lies under it: `https://a.example/x` covers `https://a.example/x/y`, not `https://a.example/xy`."""
    if not iri.startswith(prefix):
        return False
    return len(iri) == len(prefix) or prefix[-1] in "/#?=:&" or iri[len(prefix)] in "/#?"


def prefixes_of(credential: Credential) -> list[str]:
    """The activities that the key is limited to; none when it is not."""
    return [credential.launch.activity_prefix] if credential.launch else list(credential.activity_prefixes)


def may_name(credential: Credential, activity: str) -> bool:
    """Whether an activity lies where the key reaches."""
    prefixes = prefixes_of(credential)
    return not prefixes or any(covers(prefix, activity) for prefix in prefixes)


# --- Writing ----------------------------------------------------------------------------------------------------------------


def check_statements(credential: Credential, statements: Sequence[Any]) -> None:
    """Raises OutsideLimits when a statement is not this key's to send. Statements of the wrong form are for the validator to refuse."""
    if not (credential.launch or credential.activity_prefixes or credential.learners_of_organisation):
        return
    members = _Members(credential)
    for number, statement in enumerate(statements):
        where = f"statement {number}: " if len(statements) > 1 else ""
        if not isinstance(statement, dict):
            continue
        _check_launch(credential, statement, where)
        if credential.learners_of_organisation:
            members.check(statement.get("actor"), where)
        _check_object(credential, statement.get("object"), where)


def _check_launch(credential: Credential, statement: dict[str, Any], where: str) -> None:
    launch = credential.launch
    if launch is None:
        return
    if _learner(statement.get("actor")) != launch.learner:
        raise OutsideLimits(f"{where}this launch is for one learner, and the actor is another")
    context = statement.get("context")
    registration = context.get("registration") if isinstance(context, dict) else None
    if str(registration).lower() != str(launch.registration):
        raise OutsideLimits(f"{where}this launch is for one registration; context.registration must name it")
    verb = statement.get("verb")
    if isinstance(verb, dict) and verb.get("id") == VOIDED:
        raise OutsideLimits(f"{where}a launch cannot void statements")


def _check_object(credential: Credential, target: Any, where: str) -> None:
    if not prefixes_of(credential) and not credential.learners_of_organisation:
        return
    if not isinstance(target, dict):
        return
    kind = target.get("objectType", "Activity")
    if kind == "SubStatement":
        _check_object(credential, target.get("object"), where)
    elif kind == "StatementRef":
        found = Statement.objects.with_id(target["id"]).first() if _is_uuid(target.get("id")) else None
        if found is not None and not _reaches(credential, found):
            raise OutsideLimits(f"{where}this key does not reach the statement that is its object")
    elif kind == "Activity":
        if isinstance(target.get("id"), str) and not may_name(credential, target["id"]):
            raise OutsideLimits(f"{where}this key is limited to activities under {' and '.join(prefixes_of(credential))}")
    elif prefixes_of(credential):
        raise OutsideLimits(f"{where}this key is limited to statements about activities")


def _is_uuid(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


class _Members:
    """Asks once per request and learner whether they are members."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self._known: dict[UUID, bool] = {}

    def check(self, actor: Any, where: str) -> None:
        organisation = self._credential.organisation
        if isinstance(actor, dict) and organisation and self._credential.joins_people:
            actor = with_pseudonyms(actor, organisation=organisation)
        learner = _learner(actor)
        if learner is None or not self._is_member(learner, organisation):
            raise OutsideLimits(f"{where}this key is limited to members of its organisation, under their pseudonymous account")

    def _is_member(self, learner: UUID, organisation: Organisation | None) -> bool:
        if learner not in self._known:
            self._known[learner] = User.objects.filter(pseudonym=learner, memberships__organisation=organisation).exists()
        return self._known[learner]


def _learner(actor: Any) -> UUID | None:
    if not isinstance(actor, dict) or actor.get("objectType", "Agent") != "Agent":
        return None
    return pseudonym_of(actor)


# --- Documents, activities and agents -----------------------------------------------------------------------------------------


def check_activity(credential: Credential, activity: str) -> None:
    """Raises OutsideLimits when the activity lies outside."""
    if not may_name(credential, activity):
        raise OutsideLimits(f"this key is limited to activities under {' and '.join(prefixes_of(credential))}")


def check_agent(credential: Credential, agent: dict[str, Any]) -> None:
    """Raises OutsideLimits when this person is not one of those to whom the key is limited."""
    if credential.launch:
        if _learner(agent) != credential.launch.learner:
            raise OutsideLimits("this launch is for one learner, and the agent is another")
    elif credential.learners_of_organisation:
        _Members(credential).check(agent, "")


def check_registration(credential: Credential, registration: UUID | None) -> None:
    """Raises OutsideLimits when a launch asks for the documents of another registration."""
    if credential.launch and registration is not None and registration != credential.launch.registration:
        raise OutsideLimits("this launch is for one registration, and this is another")


# --- Reading --------------------------------------------------------------------------------------------------------------


def visible_to(credential: Credential) -> Q | None:
    """Which statements the key may read as far as the database can tell, or None when it may read none; see `reached`."""
    launch = credential.launch
    if launch:
        mine = Q(actor_digest=_digest_of(launch.learner), registration=launch.registration)
        return mine & Q(source=Source.LEARNER_SESSION, credential=None)
    visible = queries.visible_to(credential)
    if visible is not None and credential.learners_of_organisation and credential.organisation_id:
        visible &= Q(actor_digest__in=_members.get(str(credential.organisation_id)) or [])
    return visible


def reached(credential: Credential, statements: Iterable[Statement]) -> list[Statement]:
    """Those of these statements, visible to the key, that lie under its prefixes."""
    return [one for one in statements if _is_inside(credential, one)] if prefixes_of(credential) else list(statements)


def find(credential: Credential, filters: queries.Filters, *, visible: Q) -> queries.Page:
    """A page for this key.

    Which activities lie under a prefix no index tells: the statements hold digests. So pages are read and what lies outside is
    left out, until the page is full or FARTHEST statements were looked at; then the page says where to go on (docs/decisions,
    "How far a key reaches").
    """
    if not prefixes_of(credential):
        return queries.find(filters, visible=visible)
    size = min(filters.limit or queries.MOST, queries.MOST)
    shown: list[Statement] = []
    looked_at = 0
    onwards = replace(filters, limit=queries.MOST)
    while True:
        page = queries.find(onwards, visible=visible)
        looked_at += len(page.statements)
        inside = reached(credential, page.statements)
        if len(shown) + len(inside) > size:
            shown += inside[: size - len(shown)]
            return queries.Page(statements=shown, last=shown[-1].sequence)
        shown += inside
        if page.last is None or looked_at >= FARTHEST:
            return queries.Page(statements=shown, last=page.last)
        onwards = replace(onwards, after=page.last)


def forget_all() -> None:
    """Look up anew who is a member."""
    _members.forget_all()


def _is_inside(credential: Credential, statement: Statement, *, farther: int = 3) -> bool:
    target = statement.document["object"]
    while target.get("objectType") == "SubStatement":
        target = target["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        return may_name(credential, target["id"])
    if kind == "StatementRef" and farther:
        found = Statement.objects.with_id(target["id"]).first()
        return found is not None and _is_inside(credential, found, farther=farther - 1)
    return False


def _reaches(credential: Credential, statement: Statement) -> bool:
    if prefixes_of(credential) and not _is_inside(credential, statement):
        return False
    if credential.learners_of_organisation:
        learner = _learner(statement.document["actor"])
        return learner is not None and User.objects.filter(pseudonym=learner, memberships__organisation=credential.organisation_id).exists()
    return True


def _digest_of(learner: UUID) -> UUID:
    return digest(actor_key(actor_of(learner)))


def _digests_of_members(organisation: str) -> list[UUID]:
    members = User.objects.filter(memberships__organisation=int(organisation)).values_list("pseudonym", flat=True).distinct()
    return [_digest_of(pseudonym) for pseudonym in members]


_members: credentials.Remembered[list[UUID]] = credentials.Remembered(_digests_of_members)
