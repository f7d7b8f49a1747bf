"""Of which numbers it is not settled whose they are: nothing is told about them to a register until a person has decided."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext

from accreditation.models import BigCheck, NumberClaim

Check, Claim = BigCheck.State, NumberClaim.State


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a number may not be used. `is_open` while nobody has decided; else it was decided that it is not this person's."""

    text: str
    is_open: bool


def doubts(*, register: int, held: Collection[tuple[int, str]]) -> dict[tuple[int, str], Doubt]:
    """For those of these people and their numbers in this register that may not be used now: why. In two queries."""
    if not held:
        return {}
    numbers = {number for _person, number in held}
    open_question = Doubt(
        gettext("Van wie dit nummer is, wordt nog uitgezocht. De melding gaat verder zodra een beheerder heeft besloten."), is_open=True
    )
    not_theirs = Doubt(
        gettext("Een beheerder heeft besloten dat dit nummer niet van deze persoon is. Meld onder het goede nummer."), is_open=False
    )
    found: dict[tuple[int, str], Doubt] = {}
    claims = NumberClaim.objects.filter(register=register, number__in=numbers, state__in=(Claim.OPEN, Claim.GRANTED))
    # The last word counts, and a question that is open is later than any answer.
    for claim in sorted(claims, key=lambda claim: (claim.state == Claim.OPEN, claim.decided_at or claim.asked_at)):
        for person, number in held:
            if number == claim.number:
                if claim.state == Claim.OPEN:
                    found[person, number] = open_question
                elif person != claim.person_id:
                    found[person, number] = not_theirs
                else:
                    found.pop((person, number), None)
    people = {person for person, _number in held}
    checks = BigCheck.objects.filter(person__in=people, number__in=numbers, state__in=(Check.REVIEW, Check.ASKED, Check.REFUSED))
    for person, number, state in checks.values_list("person", "number", "state"):
        if (person, number) in held:
            found[person, number] = not_theirs if state == Check.REFUSED else open_question
    return found
