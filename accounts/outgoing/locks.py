"""Keys and secrets of other systems, locked with keys made from SECRET_KEY: we need the words themselves to log in there."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotUnlock(Exception):
    """The text was locked with a key that is neither SECRET_KEY nor among SECRET_KEY_FALLBACKS."""


def locked(text: str) -> str:
    """The text as it may be stored."""
    return _locks().encrypt(text.encode()).decode() if text else ""


def unlocked(text: str) -> str:
    """What was locked. Raises CannotUnlock."""
    if not text:
        return ""
    try:
        return _locks().decrypt(text.encode()).decode()
    except InvalidToken:
        raise CannotUnlock from None


def _locks() -> MultiFernet:
    # The label is as old as the first secret that was locked: another one would lock them out.
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(HKDF(hashes.SHA256(), 32, None, b"vakwijs forwarding").derive(secret.encode())))
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )
