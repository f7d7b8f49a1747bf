"""Who asks: a tool with its key (Basic), a tool with a token of ours (Bearer), or content with a launch (either)."""

from dataclasses import dataclass

from django.conf import settings

from lrs import credentials, launch, oauth, rates
from lrs.models import Credential


class NotRecognised(Exception):
    """Nobody we know."""


@dataclass(frozen=True)
class Given:
    """What an Authorization header holds."""

    key: str = ""
    secret: str = ""
    token: str = ""


def recognise(authorization: str, *, address: str) -> Credential:
    """The key that this header stands for, counted and noted as used. Raises NotRecognised and rates.TooMany.

    An address from which many wrong keys came is not listened to for the rest of the minute, except for keys that have been good:
    behind one address there can be many tools. Nor do those count as wrong: behind the address of a hospital, exercises that were
    left open after their time would otherwise keep everybody else from starting one.
    """
    given = _given(authorization)
    name = f"stranger/{address}"
    stranger = _is_stranger(given)
    if stranger and rates.is_spent(name, limit=settings.LRS_STRANGERS_A_MINUTE):
        raise rates.TooMany(rates.seconds_left())
    found = _found(given)
    if found is None:
        if stranger or given.token:
            rates.spend(name, limit=settings.LRS_STRANGERS_A_MINUTE, shared=False)
        raise NotRecognised("no key, or not one that is in use")
    rates.spend(f"key/{found.pk or found.key}", limit=limit_of(found))
    credentials.note_use(found)
    return found


def limit_of(credential: Credential) -> int:
    """How many requests a minute; 0 for no limit. A key without an organisation is the operator's own, and has none unless it was given one."""
    if credential.requests_a_minute:
        return credential.requests_a_minute
    if credential.launch:
        return int(settings.LRS_LAUNCH_REQUESTS_A_MINUTE)
    return int(settings.LRS_REQUESTS_A_MINUTE) if credential.organisation_id else 0


def _given(authorization: str) -> Given:
    pair = credentials.key_and_secret(authorization)
    if pair:
        return Given(key=pair[0], secret=pair[1])
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip() or len(token) > 4096:
        return Given()
    token = token.strip()
    if token.startswith(launch.PREFIX):
        key, _, secret = token.partition(".")
        return Given(key=key, secret=secret)
    return Given(token=token)


def _found(given: Given) -> Credential | None:
    if given.token:
        return oauth.credential_of(given.token)
    if given.key.startswith(launch.PREFIX):
        return launch.authenticate_pair(given.key, given.secret)
    return credentials.authenticate_pair(given.key, given.secret) if given.key else None


def _is_stranger(given: Given) -> bool:
    if given.token:
        return False  # a forged one costs no question to the database
    return launch.is_stranger(given.key) if given.key.startswith(launch.PREFIX) else credentials.is_stranger(given.key)
