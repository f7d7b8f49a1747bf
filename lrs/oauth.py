"""OAuth 2.0 for tools: client credentials (RFC 6749, 4.4), bearer tokens (RFC 6750), and where to find them (RFC 8414).

A token is signed and stands in no table. It says whose it is, what it may do and until when; it dies with its key, because the
key is looked up at each request, and with the secret it was given for, when that is renewed. Why no library: docs/decisions,
"Tokens are signed, not stored".
"""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing

from lrs import credentials
from lrs.models import Credential

SALT = "lrs.oauth"
# RFC 6749, 4.4 with xAPI 1.0.3, 4.2: who asks for nothing gets these.
USUAL = ("statements/write", "statements/read/mine")
# What `all` and `all/read` contain, so that less than everything can be asked for.
CONTAINED = {"all": frozenset(credentials.SCOPES), "all/read": frozenset({"all/read", "statements/read", "statements/read/mine"})}
CONTAINED["statements/read"] = frozenset({"statements/read", "statements/read/mine"})


class TokenRefused(Exception):
    """Why no token is given, in the words of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True)
class Token:
    access_token: str
    expires_in: int
    scope: str


def give(credential: Credential, *, scope: str = "", now: float | None = None) -> Token:
    """A token for this key with these scopes, or with the usual ones. Raises TokenRefused."""
    allowed = _contained(credential.scopes)
    wanted = scope.split() or [one for one in USUAL if one in allowed]
    if not wanted or any(one not in allowed for one in wanted):
        raise TokenRefused("invalid_scope", "this key may have: " + " ".join(one for one in credentials.SCOPES if one in allowed))
    lasts = settings.LRS_TOKEN_SECONDS
    claim = {
        "n": credential.pk,
        "k": credential.key,
        "s": sorted(set(wanted)),
        "e": int((time.time() if now is None else now) + lasts),
        "h": credential.secret_hash[:16],
    }
    return Token(access_token=_signer().sign_object(claim), expires_in=lasts, scope=" ".join(sorted(set(wanted))))


def credential_of(token: str) -> Credential | None:
    """The key that a token stands for, with the scopes of the token; None when it was forged, has expired, or its key has ended."""
    try:
        claim: Any = _signer().unsign_object(token)
        number, key, scopes, end, hashed = int(claim["n"]), str(claim["k"]), claim["s"], int(claim["e"]), str(claim["h"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    if end <= time.time():
        return None
    credential = credentials.by_number(number, key=key)
    if credential is None or not credentials.has_secret_hash(credential, hashed):
        return None
    held = _contained(credential.scopes)
    narrowed = credentials.with_scopes(credential, [one for one in scopes if one in held])
    return narrowed if narrowed.scopes else None


def metadata(*, base: str) -> dict[str, Any]:
    """RFC 8414, for the issuer `base`/xapi."""
    return {
        "issuer": f"{base}/xapi",
        "token_endpoint": f"{base}/xapi/oauth/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": list(credentials.SCOPES),
    }


def _contained(scopes: list[str]) -> frozenset[str]:
    return frozenset().union(*(CONTAINED.get(scope, frozenset({scope})) for scope in scopes)) if scopes else frozenset()


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, algorithm="sha256")
