"""Keys of tools: made, rotated, expired, revoked, and recognised at each request.

A secret is 256 random bits, not a password that someone thought of: a fast keyed hash is enough to keep it, and a slow one
would cost every request a tenth of a second.
"""

import base64
import binascii
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from lrs.models import Credential, Source

# xAPI 1.0.3, Part Three, 4.2 ("OAuth Authorization Scope"); `all` is last because it makes the others needless.
SCOPES = {
    "statements/write": _("uitspraken toevoegen"),
    "statements/read/mine": _("eigen uitspraken lezen"),
    "statements/read": _("uitspraken lezen"),
    "state": _("toestanden lezen en schrijven"),
    "define": _("activiteiten omschrijven"),
    "profile": _("profielen lezen en schrijven"),
    "all/read": _("alles lezen"),
    "all": _("alles lezen en schrijven"),
}


class CredentialRefused(Exception):
    """The credential cannot be made like this; the message tells what to do."""


def create(
    *,
    name: str,
    scopes: Iterable[str],
    organisation: Organisation | None = None,
    source: str = Source.OUTSIDE,
    expires_at: datetime | None = None,
    joins_people: bool = False,
) -> tuple[Credential, str]:
    """Make a credential; answers it with its secret, which cannot be shown again. Raises CredentialRefused."""
    chosen = list(dict.fromkeys(scopes))
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown or not chosen:
        raise CredentialRefused(_("Kies rechten uit: %(scopes)s.") % {"scopes": ", ".join(SCOPES)})
    if source not in (Source.TOOL, Source.OUTSIDE):
        raise CredentialRefused(_("Een toegangssleutel is van een hulpmiddel of van een ander systeem."))
    if joins_people and organisation is None:
        raise CredentialRefused(_("Alleen een sleutel van een organisatie kan haar leden herkennen."))
    secret = secrets.token_urlsafe(32)
    credential = Credential(
        name=name,
        key=secrets.token_urlsafe(18),
        scopes=chosen,
        organisation=organisation,
        source=source,
        expires_at=expires_at,
        joins_people=joins_people,
    )
    credential.secret_hash = _hash(secret)
    credential.save()
    return credential, secret


def rotate(credential: Credential) -> str:
    """Give the credential a new secret; the old one stops at once. Answers the secret, which cannot be shown again."""
    if credential.revoked_at:
        raise CredentialRefused(_("Deze sleutel is ingetrokken. Maak een nieuwe."))
    secret = secrets.token_urlsafe(32)
    credential.secret_hash = _hash(secret)
    credential.save(update_fields=["secret_hash"])
    return secret


def revoke(credential: Credential) -> None:
    """Stop the credential for good. What it wrote stays, with its name."""
    if not credential.revoked_at:
        credential.revoked_at = timezone.now()
        credential.save(update_fields=["revoked_at"])


def authenticate(authorization: str) -> Credential | None:
    """The credential of a Basic Authorization header, or None: unknown, wrong secret, expired or revoked alike."""
    kind, _sep, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        key, separator, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    if not separator or not key or "\0" in key:
        return None
    credential = Credential.objects.select_related("organisation").filter(key=key[:64]).first()
    # The comparison is made for an unknown key too, so that the time of the answer does not tell which keys exist.
    kept = credential.secret_hash if credential else ""
    right = any(
        constant_time_compare(_hash(secret, key=secret_key), kept) for secret_key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    )
    if credential is None or not right or credential.key != key or credential.revoked_at:
        return None
    if credential.expires_at and credential.expires_at <= timezone.now():
        return None
    return credential


def _hash(secret: str, *, key: str | None = None) -> str:
    return salted_hmac("lrs.credentials", secret, secret=key, algorithm="sha256").hexdigest()
