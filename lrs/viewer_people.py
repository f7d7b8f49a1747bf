"""Who may see whose records, and who is known by name: the one place where a pseudonym and a person come together for a reader.

The threat: a record is about a person, and its text may name others. Somebody reads what is about members of the organisations in
which they may (`Action.VIEW_RECORDS`), and what the tools of those organisations wrote. Of everyone else they learn no name, no
address and not whether the person exists.
"""

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts.looking_up import meant_by
from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from lrs.actors import actor_key, actor_of, pseudonym_of
from lrs.digests import digest
from lrs.models import Credential, Statement
from lrs.profiles.vakwijs import NAMESPACE

# Up to so many members each one's newest statement is looked up; beyond, the record is read from its end and each row is judged.
MEMBERS_ONE_BY_ONE = 2_000
CHOICES = 12


@dataclass(frozen=True)
class Sight:
    """What one reader may see of the record."""

    reader: User
    everything: bool = False
    organisations: tuple[Organisation, ...] = ()

    @cached_property
    def people(self) -> QuerySet[User]:
        """Those whose records this reader may see, and whose names they may know."""
        if self.everything:
            return User.objects.all()
        return User.objects.filter(memberships__organisation__in=self.organisations).distinct()

    @cached_property
    def credentials(self) -> dict[int, Credential]:
        """The keys whose statements this reader may see, also about people from outside."""
        return {one.pk: one for one in self._credentials.select_related("organisation").order_by("name", "pk")}

    @property
    def _credentials(self) -> QuerySet[Credential]:
        return Credential.objects.all() if self.everything else Credential.objects.filter(organisation__in=self.organisations)

    @cached_property
    def member_digests(self) -> frozenset[uuid.UUID] | None:
        """How the members stand in the columns of the record; None when they are too many to hold."""
        found = list(self.people.order_by().values_list("pseudonym", flat=True)[: MEMBERS_ONE_BY_ONE + 1])
        if len(found) > MEMBERS_ONE_BY_ONE:
            return None
        return frozenset(digest(actor_key(actor_of(pseudonym))) for pseudonym in found)

    def known(self, pseudonyms: Iterable[uuid.UUID]) -> dict[uuid.UUID, User]:
        """Those of these pseudonyms that this reader may know, in one query."""
        wanted = set(pseudonyms)
        return {user.pseudonym: user for user in self.people.filter(pseudonym__in=wanted)} if wanted else {}

    def may_see(self, statement: Statement) -> bool:
        if self.everything or (statement.credential_id is not None and statement.credential_id in self.credentials):
            return True
        return statement.learner is not None and bool(self.known([statement.learner]))

    def organisation_of(self, user: User) -> Organisation | None:
        """On whose behalf this reader looks at this person."""
        return Organisation.objects.filter(pk__in=[one.pk for one in self.organisations], memberships__user=user).order_by("pk").first()

    def sees_whole(self, statement: Statement) -> bool:
        """Whether the text may be shown as it came in: what another organisation's tool wrote may name people of theirs."""
        return self.everything or statement.credential_id is None or statement.credential_id in self.credentials


def sight_of(reader: User) -> Sight | None:
    """What this reader may see of the record; None when that is nothing."""
    if reader.is_superuser and reader.is_active:
        return Sight(reader=reader, everything=True)
    organisations = tuple(organisations_where(reader, Action.VIEW_RECORDS).order_by("name"))
    return Sight(reader=reader, organisations=organisations) if organisations else None


def sight_of_names(reader: User) -> Sight:
    """By whose names a form of this reader may offer activities: of nobody, when they see nothing of the record."""
    return sight_of(reader) or Sight(reader=reader)


@dataclass(frozen=True)
class Shown:
    """An actor as the reader may see them. `user` when it is somebody they may know."""

    name: str
    detail: str = ""
    user: User | None = None
    pseudonym: uuid.UUID | None = None
    outside: bool = False


@dataclass
class Names:
    """The actors of a page of statements, looked up together."""

    sight: Sight
    users: dict[uuid.UUID, User] = field(default_factory=dict)

    def of(self, statement: Statement) -> Shown:
        return self.shown(statement.document["actor"], whole=self.sight.sees_whole(statement))

    def shown(self, actor: dict[str, Any], *, whole: bool) -> Shown:
        pseudonym = pseudonym_of(actor)
        if pseudonym is not None:
            user = self.users.get(pseudonym)
            if user is not None:
                return Shown(name=str(user), detail=user.email, user=user, pseudonym=pseudonym)
            unknown = gettext("Een onbekende persoon") if self.sight.everything else gettext("Iemand van een andere organisatie")
            return Shown(name=unknown, detail=str(pseudonym), pseudonym=pseudonym)
        account = actor.get("account", {})
        if account.get("homePage") == NAMESPACE:
            return Shown(name=gettext("Vakwijs") if account.get("name") == "vakwijs" else str(actor.get("name") or account.get("name")))
        if not whole:
            return Shown(name=gettext("Iemand buiten je organisatie"), outside=True)
        return _outsider(actor)


def names_of(statements: Iterable[Statement], *, sight: Sight, everyone: bool = False) -> Names:
    """Look up who are the actors of these, or everyone they name, in one query."""
    pseudonyms = set()
    for statement in statements:
        for actor in _agents_in(statement.document) if everyone else (statement.document["actor"],):
            pseudonym = pseudonym_of(actor)
            if pseudonym is not None:
                pseudonyms.add(pseudonym)
    return Names(sight=sight, users=sight.known(pseudonyms))


def _outsider(actor: dict[str, Any]) -> Shown:
    account = actor.get("account", {})
    address = str(actor.get("mbox", "")).removeprefix("mailto:") or str(actor.get("openid") or account.get("name") or "")
    name = str(actor.get("name") or address)
    if not name:
        name = gettext("Een groep") if actor.get("objectType") == "Group" or "member" in actor else gettext("Iemand van buiten Vakwijs")
    return Shown(name=name, detail=address if address != name else str(account.get("homePage", "")), outside=True)


def _agents_in(value: Any) -> Iterable[dict[str, Any]]:
    """Every actor in a statement, however deep; not in extensions, which may hold anything."""
    if isinstance(value, dict):
        if any(key in value for key in ("mbox", "mbox_sha1sum", "openid", "account")):
            yield value
        for key, inner in value.items():
            if key not in ("extensions", "definition"):
                yield from _agents_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _agents_in(inner)


# --- The text of a statement for a reader --------------------------------------------------------------------------------


def text_for(statement: Statement, *, sight: Sight) -> str:
    """Its JSON as it came in; without who is named beside our own people when another organisation's tool wrote it."""
    if sight.sees_whole(statement):
        return statement.exact
    return json.dumps(_without_outsiders(statement.document), ensure_ascii=False, separators=(",", ":"))


def _without_outsiders(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_outsiders(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    account = value.get("account")
    named = any(key in value for key in ("mbox", "mbox_sha1sum", "openid")) or isinstance(account, dict)
    if named and not (isinstance(account, dict) and account.get("homePage") == NAMESPACE):
        return {
            "objectType": value.get("objectType", "Agent"),
            "account": {"homePage": f"{NAMESPACE}/niet-zichtbaar", "name": "iemand buiten je organisatie"},
        }
    # What a tool puts in extensions may be anybody's name as well, and who knows the hash of an attachment can ask for it.
    return {key: _without_outsiders(inner) for key, inner in value.items() if key not in ("extensions", "attachments")}


# --- Finding a person -----------------------------------------------------------------------------------------------------

ADDRESS = re.compile(r"[^\s<>(),;·]+@[^\s<>(),;·]+")


@dataclass(frozen=True)
class Wanted:
    """Whom a search box means: one of our people, an address outside, several who could be meant, or nobody."""

    user: User | None = None
    pseudonym: uuid.UUID | None = None
    address: str = ""
    candidates: tuple[User, ...] = ()

    @property
    def nobody(self) -> bool:
        return self.pseudonym is None and not self.address and not self.candidates


def person_meant(text: str, *, sight: Sight) -> Wanted:
    """Whom this name, e-mail address or pseudonym means, among those whom the reader may know."""
    text = text.strip()
    try:
        pseudonym = uuid.UUID(text)
    except ValueError:
        pass
    else:
        return Wanted(user=sight.known([pseudonym]).get(pseudonym), pseudonym=pseudonym)
    address = ADDRESS.search(text)
    if address:
        user = sight.people.filter(email__iexact=address[0]).first()
        return Wanted(user=user, pseudonym=user.pseudonym) if user else Wanted(address=address[0].removeprefix("mailto:"))
    found = people_like(text, sight=sight)
    if len(found) == 1:
        return Wanted(user=found[0], pseudonym=found[0].pseudonym)
    return Wanted(candidates=tuple(found))


def people_like(text: str, *, sight: Sight) -> list[User]:
    """Those whom the reader may know by this part of a name or address."""
    if not text.strip():
        return []
    return list(sight.people.filter(meant_by(text)).order_by("last_name", "first_name", "email")[:CHOICES])
