"""Ask the public BIG register about one number: within a time, not too often, and only at the address of the settings."""

import time

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection
from accreditation.big_register import soap
from accreditation.big_register.soap import Professional, Unreadable


class Unavailable(Exception):
    """There is no answer now; the message tells an administrator why. It holds nothing of a person."""


class TooSoon(Exception):
    """We have asked as often this minute as we may."""


def is_configured() -> bool:
    """Off until an address is set; the demo asks nobody."""
    return bool(settings.BIG_REGISTER_ENDPOINT)


def ask(number: str) -> list[Professional]:
    """Whom the register knows under this number. Raises Unavailable and TooSoon."""
    _take_a_turn()
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{soap.ACTION}"', "Accept": "text/xml"}
    try:
        with Connection(settings.BIG_REGISTER_ENDPOINT, allows_private=False, seconds=settings.BIG_REGISTER_SECONDS) as line:
            reply = line.call("POST", "", headers=headers, body=soap.question(RegistrationNumber=number))
    except (AddressRefused, CallFailed) as failure:
        raise Unavailable(str(failure)) from None
    if reply.status != 200:
        raise Unavailable(_("Het BIG-register antwoordt met code %(status)s.") % {"status": reply.status})
    try:
        return soap.answer(reply.body)
    except Unreadable as problem:
        raise Unavailable(str(problem)) from None


def _take_a_turn() -> None:
    """The service is public and free; a list of a thousand new numbers is asked in an hour, not in a second."""
    minute = f"big-register-calls-{int(time.time() // 60)}"
    cache.add(minute, 0, timeout=120)
    try:
        taken = cache.incr(minute)
    except ValueError:  # the cache was emptied in between
        return
    if taken > settings.BIG_REGISTER_CALLS_A_MINUTE:
        raise TooSoon
