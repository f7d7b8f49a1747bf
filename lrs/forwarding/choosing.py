"""Which statements are meant for a target: within what its organisation may give, the ones that its filters ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Min, Q
from django.utils import timezone

from accounts.models import User
from lrs.actors import actor_key, actor_of, pseudonym_of
from lrs.digests import digest
from lrs.models import Credential, ForwardingTarget, Statement
from lrs.profiles.adl import VOIDED
from lrs.validation import activities_of


@dataclass
class Chooser:
    """The filters of a target, ready to weigh statements. Make a new one for each page: memberships change."""

    target: ForwardingTarget
    tools: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        organisation = self.target.organisation_id
        self.tools = (
            frozenset(Credential.objects.filter(organisation=organisation).values_list("pk", flat=True)) if organisation else frozenset()
        )

    def rough(self) -> Q:
        """What the database can tell by itself: everything that is meant for the target is in it, and more."""
        narrow = Q()
        if self.target.verbs:
            narrow &= Q(verb_digest__in=[digest(verb) for verb in self.target.verbs])
        if self.target.sources:
            narrow &= Q(source__in=self.target.sources)
        if self.target.credential_id:
            narrow &= Q(credential=self.target.credential_id)
        if self.target.reach == ForwardingTarget.Reach.TOOLS:
            narrow &= Q(credential__in=self.tools)
        # Who voids is not who learned: a voiding statement goes where its target goes, whatever the filters say of itself.
        return narrow | Q(verb_digest=digest(VOIDED)) if narrow else narrow

    def chosen(self, statements: Sequence[Statement]) -> list[tuple[Statement, UUID]]:
        """Those that are meant for the target, each with the person by whom it is kept in order."""
        voids = {one.refers_to: one for one in statements if one.verb_digest == digest(VOIDED) and one.refers_to}
        targets = {one.uuid: one for one in Statement.objects.with_ids(voids)} if voids else {}
        members = self._members([*statements, *targets.values()])
        found = []
        for statement in statements:
            if statement.verb_digest == digest(VOIDED):
                voided = targets.get(statement.refers_to) if statement.refers_to else None
                if voided is not None and self._is_meant(voided, members):
                    found.append((statement, voided.actor_digest))
            elif self._is_meant(statement, members):
                found.append((statement, statement.actor_digest))
        return found

    def still_meant(self, statement: Statement) -> bool:
        """Whether the filters as they are now let this one through."""
        return bool(self.chosen([statement]))

    def _is_meant(self, statement: Statement, members: dict[UUID, datetime]) -> bool:
        return self._is_ours_to_give(statement, members) and self._is_asked(statement)

    def _is_ours_to_give(self, statement: Statement, members: dict[UUID, datetime]) -> bool:
        """What tools of the organisation wrote; what was recorded of someone since they are a member. All of it only for a superuser."""
        reach = self.target.reach
        if reach == ForwardingTarget.Reach.EVERYTHING:
            return True
        if reach != ForwardingTarget.Reach.MEMBERS and statement.credential_id in self.tools:
            return True
        if reach == ForwardingTarget.Reach.TOOLS:
            return False
        since = members.get(statement.actor_digest)
        return since is not None and statement.stored >= since

    def _is_asked(self, statement: Statement) -> bool:
        target = self.target
        if target.verbs and statement.verb_digest not in {digest(verb) for verb in target.verbs}:
            return False
        if target.sources and statement.source not in target.sources:
            return False
        if target.credential_id and statement.credential_id != target.credential_id:
            return False
        if not target.activities:
            return True
        named = (str(activity.get("id", "")) for _where, activity in activities_of(statement.document))
        return any(lies_under(activity, place) for activity in named for place in target.activities)

    def _members(self, statements: Iterable[Statement]) -> dict[UUID, datetime]:
        """Of the actors of these statements: who is a member, and since when. By digest, as statements name them."""
        if self.target.reach not in (ForwardingTarget.Reach.MEMBERS, ForwardingTarget.Reach.BOTH):
            return {}
        pseudonyms = {pseudonym for one in statements if (pseudonym := pseudonym_of(one.document["actor"]))}
        members = (
            User.objects.filter(pseudonym__in=pseudonyms, is_active=True, memberships__organisation=self.target.organisation_id)
            .annotate(member_since=Min("memberships__since"))
            .values_list("pseudonym", "member_since")
        )
        return {digest(actor_key(actor_of(pseudonym))): _start_of(day) for pseudonym, day in members}


def lies_under(activity: str, place: str) -> bool:
    """Whether the activity is this place, or inside it: `…/cursus/a` holds `…/cursus/a/les` and not `…/cursus/ab`."""
    if not activity.startswith(place):
        return False
    rest = activity[len(place) :]
    return not rest or place.endswith(("/", "#")) or rest[0] in "/#?"


def _start_of(day: date) -> datetime:
    """The first moment of a day in Amsterdam."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
