"""What the learner reads about a number: looked up on a day, not found, being looked at. `accounts` asks for it by a name in the settings."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Register, RegisterEntry, User
from accreditation.big_register import checking, claims
from accreditation.models import BigCheck, NumberClaim
from accreditation.reporting import waking

TONES: dict[str, str] = {
    BigCheck.State.WAITING: "waiting",
    BigCheck.State.AGREED: "done",
    BigCheck.State.REVIEW: "waiting",
    BigCheck.State.ASKED: "signal",
    BigCheck.State.ACCEPTED: "done",
    BigCheck.State.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One line on the profile: about which number, how it stands, and where to answer, if anything is asked."""

    number: str
    text: str
    tone: str
    href: str = ""


def standings(person: User) -> list[Standing]:
    """Of the numbers someone holds, of those they asked for, and of one that was refused."""
    found = [
        Standing(check.number, in_words(check), TONES[check.state], _address(check)) for check in BigCheck.objects.filter(person=person)
    ]
    for claim in (
        NumberClaim.objects.filter(person=person).exclude(state=NumberClaim.State.GRANTED).select_related("register").order_by("-pk")[:3]
    ):
        if claim.state == NumberClaim.State.OPEN:
            text = _("Je vroeg op %(day)s om dit nummer in %(register)s. Een beheerder zoekt het uit.")
            names = {"day": _day(claim.asked_at), "register": claim.register}
            found.append(Standing(claim.number, text % names, "waiting"))
        elif claim.state == NumberClaim.State.REFUSED:
            text = _("Dit nummer in %(register)s is je niet toegewezen: %(reason)s")
            found.append(Standing(claim.number, text % {"register": claim.register, "reason": claim.reason}, "refused"))
    return found


def in_words(check: BigCheck) -> str:
    """The state of one number, for the learner: what differs stays between the register and who decides, unless they ask."""
    state = BigCheck.State
    if check.state == state.WAITING:
        return _("We kijken dit nummer na in het BIG-register. Dat kan even duren; je hoeft niets te doen.")
    if check.state == state.AGREED:
        return _("Nagekeken in het BIG-register op %(day)s.") % {"day": _day(check.checked_at)}
    if check.state == state.ACCEPTED:
        return _("Nagekeken door een beheerder op %(day)s.") % {"day": _day(check.decided_at)}
    if check.state == state.ASKED:
        return _("Een beheerder vraagt: %(question)s") % {"question": check.reason}
    if check.state == state.REFUSED:
        return _("Dit nummer is van je profiel gehaald: %(reason)s") % {"reason": check.reason}
    if "not_found" in check.findings:
        return _(
            "We vonden dit nummer niet in het BIG-register. Kijk het na. Klopt het, dan hoef je niets te doen: een beheerder kijkt mee."
        )
    return _("Het BIG-register zegt iets anders dan je profiel. Kijk je naam, beroep en nummer na; een beheerder kijkt mee.")


def saved(entry: RegisterEntry) -> None:
    """A number was added or changed on a profile."""
    checking.order_for(entry)
    for claim in NumberClaim.objects.filter(person=entry.user_id, register=entry.register_id, state=NumberClaim.State.OPEN):
        NumberClaim.objects.filter(pk=claim.pk).update(state=NumberClaim.State.SETTLED)
        waking.number_settled(claim.number, actor=None)


def renamed(person: User) -> None:
    """Somebody changed the name on a profile."""
    checking.order_anew(person)


def claimed(*, person: User, register: Register, number: str, origin: str, **details: Any) -> str:
    """Somebody asks for a number that stands with another; answers what to tell them, or raises ValueError with what to do first."""
    try:
        claims.ask(person=person, register=register, number=number, origin=origin, **details)
    except claims.ClaimRefused as refusal:
        raise ValueError(str(refusal)) from refusal
    return _("We zoeken uit van wie dit nummer is. Je leest bij je profiel wat eruit komt. Wie het nu heeft, hoort niet wie je bent.")


def _address(check: BigCheck) -> str:
    return reverse("accreditation:answer_number", args=[check.pk]) if check.state == BigCheck.State.ASKED else ""


def _day(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "j F Y") if moment else ""
