"""Keys of tools: made, renewed, limited, expired, revoked, and recognised at each request.

A secret is 256 random bits, not a password that someone thought of: a fast keyed hash is enough to keep it, and a slow one
would cost every request a tenth of a second. A key that was recognised is remembered for two seconds in each process; one that
is changed or revoked here is forgotten at once here, and within those two seconds in the other processes.
"""

import base64
import binascii
import copy
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import Organisation
from lrs.models import Credential, Source
from lrs.validation import StatementRefused, check_iri

logger = logging.getLogger(__name__)

# xAPI 1.0.3, Part Three, 4.2 ("OAuth Authorization Scope"); `all` is last because it makes the others needless.
SCOPES = {
    "statements/write": gettext_lazy("uitspraken toevoegen"),
    "statements/read/mine": gettext_lazy("eigen uitspraken lezen"),
    "statements/read": gettext_lazy("ook uitspraken van andere hulpmiddelen lezen"),
    "state": gettext_lazy("toestanden lezen en schrijven"),
    "define": gettext_lazy("activiteiten omschrijven"),
    "profile": gettext_lazy("profielen lezen en schrijven"),
    "all/read": gettext_lazy("alles lezen (ook toestanden en profielen)"),
    "all": gettext_lazy("alles lezen en schrijven"),
}
REMEMBERED = 2.0  # seconds
MOST_REMEMBERED = 4096
LAST_USED_EVERY = timedelta(minutes=1)
LONGEST_OVERLAP = timedelta(days=30)

Kept = TypeVar("Kept")


class CredentialRefused(Exception):
    """The credential cannot be made or changed like this; the message tells what to do."""


class Remembered(Generic[Kept]):
    """What was looked up a moment ago, for a bounded number of keys; also that there was nothing to find."""

    def __init__(self, find: Callable[[str], Kept | None]) -> None:
        self._find = find
        self._kept: OrderedDict[str, tuple[float, Kept | None]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Kept | None:
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept is not None and now - kept[0] < REMEMBERED:
            return kept[1]
        found = self._find(key)
        with self._lock:
            self._kept[key] = (now, found)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_REMEMBERED:
                self._kept.popitem(last=False)
        return found

    def has_known(self, key: str) -> bool:
        """Whether this key was good a while ago: its owner is no stranger."""
        kept = self._kept.get(key)
        return kept is not None and kept[1] is not None

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def forget_all(self) -> None:
        with self._lock:
            self._kept.clear()


def create(
    *,
    name: str,
    scopes: Iterable[str],
    organisation: Organisation | None = None,
    source: str = Source.OUTSIDE,
    expires_at: datetime | None = None,
    joins_people: bool = False,
    activity_prefixes: Iterable[str] = (),
    learners_of_organisation: bool = False,
    requests_a_minute: int | None = None,
    largest_body: int | None = None,
) -> tuple[Credential, str]:
    """Make a credential; answers it with its secret, which cannot be shown again. Raises CredentialRefused."""
    if source not in (Source.TOOL, Source.OUTSIDE):
        raise CredentialRefused(_("Een toegangssleutel is van een hulpmiddel of van een ander systeem."))
    if expires_at and expires_at <= timezone.now():
        raise CredentialRefused(_("Kies vandaag of een latere dag."))
    secret = _unguessable(32)
    credential = Credential(name=name, key=_unguessable(18), organisation=organisation, source=source, secret_hash=hash_of(secret))
    _limit(
        credential,
        scopes=scopes,
        expires_at=expires_at,
        joins_people=joins_people,
        activity_prefixes=activity_prefixes,
        learners_of_organisation=learners_of_organisation,
        requests_a_minute=requests_a_minute,
        largest_body=largest_body,
    )
    credential.save()
    return credential, secret


def change(credential: Credential, *, name: str, **limits: Any) -> None:
    """Give the credential another name, other scopes or other limits. Raises CredentialRefused."""
    _not_revoked(credential)
    credential.name = name
    _limit(credential, **limits)
    credential.save()
    _known.forget(credential.key)


def _limit(
    credential: Credential,
    *,
    scopes: Iterable[str],
    expires_at: datetime | None,
    joins_people: bool,
    activity_prefixes: Iterable[str],
    learners_of_organisation: bool,
    requests_a_minute: int | None,
    largest_body: int | None,
) -> None:
    chosen = list(dict.fromkeys(scopes))
    if not chosen or any(scope not in SCOPES for scope in chosen):
        raise CredentialRefused(_("Kies rechten uit: %(scopes)s.") % {"scopes": ", ".join(SCOPES)})
    if joins_people and credential.organisation is None:
        raise CredentialRefused(_("Alleen een sleutel van een organisatie kan haar leden herkennen."))
    if learners_of_organisation and credential.organisation is None:
        raise CredentialRefused(_("Alleen een sleutel van een organisatie kan tot haar leden beperkt zijn."))
    if requests_a_minute == 0 or largest_body == 0:
        raise CredentialRefused(_("Een grens van nul sluit de sleutel af. Trek hem dan liever in."))
    credential.scopes = chosen
    credential.expires_at = expires_at
    credential.joins_people = joins_people
    credential.activity_prefixes = [checked_prefix(prefix) for prefix in dict.fromkeys(activity_prefixes)]
    credential.learners_of_organisation = learners_of_organisation
    credential.requests_a_minute = requests_a_minute
    credential.largest_body = largest_body


def checked_prefix(prefix: str) -> str:
    """An IRI that names a place and not just a scheme: `https:` would cover everything."""
    parts = urlsplit(prefix)
    try:
        check_iri(prefix, "prefix")
    except StatementRefused:
        parts = urlsplit("")
    if not parts.scheme or not (parts.netloc or (parts.scheme == "urn" and parts.path)):
        raise CredentialRefused(
            _("‘%(prefix)s’ is geen begin van een adres. Geef bijvoorbeeld https://simulator.example/.") % {"prefix": prefix}
        )
    return prefix


def rotate(credential: Credential, *, overlap: timedelta = timedelta(0)) -> str:
    """Give the credential a new secret; the old one works on for `overlap`. Answers the secret, which cannot be shown again."""
    _not_revoked(credential)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise CredentialRefused(_("Oud en nieuw geheim werken hooguit 30 dagen naast elkaar."))
    secret = _unguessable(32)
    credential.previous_secret_hash = credential.secret_hash if overlap else ""
    credential.previous_until = timezone.now() + overlap if overlap else None
    credential.secret_hash = hash_of(secret)
    credential.save(update_fields=["secret_hash", "previous_secret_hash", "previous_until"])
    _known.forget(credential.key)
    return secret


def revoke(credential: Credential) -> None:
    """Stop the credential for good. What it wrote stays, with its name."""
    if not credential.revoked_at:
        credential.revoked_at = timezone.now()
        credential.save(update_fields=["revoked_at"])
        _known.forget(credential.key)


def _not_revoked(credential: Credential) -> None:
    if credential.revoked_at:
        raise CredentialRefused(_("Deze sleutel is ingetrokken. Maak een nieuwe."))


# --- Recognising ----------------------------------------------------------------------------------------------------------


def authenticate(authorization: str) -> Credential | None:
    """The credential of a Basic Authorization header, or None: unknown, wrong secret, expired or revoked alike."""
    named = key_and_secret(authorization)
    return authenticate_pair(*named) if named else None


def key_and_secret(authorization: str) -> tuple[str, str] | None:
    """What a Basic Authorization header says; None when it is none."""
    kind, _sep, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        key, separator, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (key, secret) if separator and key and "\0" not in key and len(key) <= 64 else None


def authenticate_pair(key: str, secret: str) -> Credential | None:
    """The credential of this key, when the secret is right and it is in use."""
    credential = _known.get(key)
    # The comparison is made for an unknown key too, so that the time of the answer does not tell which keys exist.
    right = is_secret(secret, credential.secret_hash if credential else "")
    if credential is None or not (right or _was_secret(secret, credential)) or credential.key != key:
        return None
    return credential if in_use(credential) else None


def by_number(number: int, *, key: str) -> Credential | None:
    """The credential with this number and key, when it is in use."""
    credential = _known.get(key)
    return credential if credential is not None and credential.pk == number and in_use(credential) else None


def has_secret_hash(credential: Credential, beginning: str) -> bool:
    """Whether the secret that is kept, or the one before it while that still works, begins with this."""
    kept = [credential.secret_hash]
    if credential.previous_until and timezone.now() < credential.previous_until:
        kept.append(credential.previous_secret_hash)
    return bool(beginning) and any(constant_time_compare(one[: len(beginning)], beginning) for one in kept)


def with_scopes(credential: Credential, scopes: list[str]) -> Credential:
    """The same credential with other scopes, for one request. What is remembered stays as it is."""
    other = copy.copy(credential)
    other.scopes = scopes
    return other


def is_stranger(key: str) -> bool:
    """Whether this key has not been good in this process."""
    return not _known.has_known(key)


def in_use(credential: Credential) -> bool:
    """Neither revoked nor expired."""
    return not credential.revoked_at and not (credential.expires_at and credential.expires_at <= timezone.now())


def note_use(credential: Credential) -> None:
    """Remember that the credential was used now; at most one write a minute, whatever the number of requests and processes."""
    now = timezone.now()
    if credential.pk is None:
        return
    remembered = _known.get(credential.key) or credential
    if remembered.last_used_at and now - remembered.last_used_at < LAST_USED_EVERY:
        return
    remembered.last_used_at = now  # of the remembered object: this process does not try again for a minute
    unused = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    try:
        with transaction.atomic():
            Credential.objects.filter(unused, pk=credential.pk).update(last_used_at=now)
    except DatabaseError:  # a note for people is no reason to refuse what can be done
        logger.warning("Could not note the use of key %s", credential.pk)


def forget_all() -> None:
    """Look every key up anew."""
    _known.forget_all()


def hash_of(secret: str, *, key: str | None = None) -> str:
    """What is kept of a secret."""
    return salted_hmac("lrs.credentials", secret, secret=key, algorithm="sha256").hexdigest()


def is_secret(secret: str, kept: str) -> bool:
    """Whether this is the secret of which `kept` is the hash; in constant time."""
    return any(constant_time_compare(hash_of(secret, key=key), kept) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def _was_secret(secret: str, credential: Credential) -> bool:
    until = credential.previous_until
    return bool(until and timezone.now() < until and credential.previous_secret_hash and is_secret(secret, credential.previous_secret_hash))


def _found(key: str) -> Credential | None:
    return Credential.objects.select_related("organisation").filter(key=key).first()


_known: Remembered[Credential] = Remembered(_found)


def _unguessable(length: int) -> str:
    """Not with a hyphen in front: on a command line that is an option, and `--key -abc` is refused."""
    while (word := secrets.token_urlsafe(length)).startswith("-"):
        pass
    return word
