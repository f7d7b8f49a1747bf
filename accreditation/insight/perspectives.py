"""Over whom someone may read counts: one provider's courses, one association's members, or one region.

One at a time: two overlapping wholes beside each other would tell by their difference what each of them hides.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation, User
from accounts.permissions import Action, organisations_where


class Kind(StrEnum):
    COURSES = "cursussen"
    MEMBERS = "leden"
    REGION = "regio"
    EVERYTHING = "alles"


@dataclass(frozen=True, slots=True)
class Perspective:
    """What the counts are about. `organisation` is none for the whole of the platform, which only a superuser may see."""

    kind: Kind
    organisation: Organisation | None = None

    @property
    def key(self) -> str:
        """As it stands in an address."""
        return f"{self.kind}-{self.organisation.pk}" if self.organisation else str(self.kind)

    def __str__(self) -> str:
        if self.organisation is None:
            return _("Heel Vakwijs")
        if self.kind is Kind.REGION:
            return _("Regio: %(region)s") % {"region": self.organisation.region}
        text = _("Leden van %(name)s") if self.kind is Kind.MEMBERS else _("Cursussen van %(name)s")
        return text % {"name": self.organisation.name}

    def among(self, *, provider: str, learner: str) -> Q:
        """The rows that belong to it, given the names of the fields that lead to the provider and to the learner."""
        if self.organisation is None:
            return Q()
        if self.kind is Kind.COURSES:
            return Q(**{provider: self.organisation})
        if self.kind is Kind.MEMBERS:
            # By subquery: a join would count somebody with two roles twice.
            return Q(**{f"{learner}__in": Membership.objects.filter(organisation=self.organisation).values("user")})
        return Q(**{f"{learner}__profile__region": self.organisation.region_id})


def perspectives(person: User) -> list[Perspective]:
    """What this person may choose from: what they provide first, then whom they speak for, then their region."""
    where = list(_organisations(person))
    associations = [one for one in where if one.kind == Organisation.Kind.ASSOCIATION]
    centres: dict[int, Organisation] = {}
    for one in where:
        if one.kind == Organisation.Kind.EXPERTISE_CENTRE and one.region_id:
            centres.setdefault(one.region_id, one)
    found = [Perspective(Kind.EVERYTHING)] if person.is_superuser else []
    found += [Perspective(Kind.COURSES, one) for one in where]
    found += [Perspective(Kind.MEMBERS, one) for one in associations]
    return found + [Perspective(Kind.REGION, one) for one in centres.values()]


def _organisations(person: User) -> QuerySet[Organisation]:
    return organisations_where(person, Action.SEE_INSIGHT).select_related("region").order_by("name")
