"""The keys with which this installation signs dossiers: Ed25519, made when first needed, published, never forgotten.

The newest key signs. `manage.py rotate_dossier_key` puts a new one in use; what older ones signed can still be checked, unless a later row
says that one leaked. The secret half lies locked in the database (`accounts.outgoing.locks`), so that several machines sign with one key.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key
from django.conf import settings

from accounts.outgoing.locks import CannotUnlock, locked, unlocked
from accreditation.models import DossierKey

ALGORITHM = "Ed25519"


class Trust(StrEnum):
    """What a signature says of where a dossier comes from."""

    OURS = "ours"
    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    LEAKED = "leaked"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Signed:
    """The outcome for one signature; `key_id` is the fingerprint of the key, `by` the name of a trusted installation."""

    trust: Trust
    key_id: str = ""
    by: str = ""

    @property
    def holds(self) -> bool:
        return self.trust in (Trust.OURS, Trust.TRUSTED, Trust.UNKNOWN)


def sign(content: bytes) -> dict[str, str]:
    """The signature over these very bytes, with the public key to check it, as JSON values."""
    key = in_use()
    try:
        secret = unlocked(key.secret)
    except CannotUnlock:  # another SECRET_KEY: what was signed before still checks, and signing goes on with a new key
        key = make()
        secret = unlocked(key.secret)
    private = load_pem_private_key(secret.encode(), password=None)
    assert isinstance(private, Ed25519PrivateKey)  # noqa: S101 - we made it
    return {
        "algorithm": ALGORITHM,
        "key_id": key.key_id,
        "public_key": key.public_key,
        "signature": base64.b64encode(private.sign(content)).decode(),
    }


def in_use() -> DossierKey:
    """The key that signs now. Two who make the first one at the same moment leave two: both are published, the newer signs on."""
    return _trusted().last() or make()


def make(*, instead_of_leaked: str = "") -> DossierKey:
    """A new key, which signs from now on; with the fingerprint of one that leaked and counts no more."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return DossierKey.objects.create(
        key_id=fingerprint(public), public_key=base64.b64encode(public).decode(), secret=locked(pem), instead_of_leaked=instead_of_leaked
    )


def check(content: bytes, signature: bytes) -> Signed:
    """Whether this signature file is right for these bytes, and whose key made it. Never raises: nonsense is a wrong signature."""
    try:
        told: Any = json.loads(signature)
        public = base64.b64decode(told["public_key"], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(told["signature"], validate=True), content)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error, InvalidSignature):
        return Signed(Trust.WRONG)
    # The fingerprint follows from the key itself; what the file says of it proves nothing.
    key_id = fingerprint(public)
    if DossierKey.objects.filter(instead_of_leaked=key_id).exists():
        return Signed(Trust.LEAKED, key_id)
    if DossierKey.objects.filter(key_id=key_id).exists():
        return Signed(Trust.OURS, key_id)
    if by := settings.DOSSIER_TRUSTED_KEYS.get(key_id):
        return Signed(Trust.TRUSTED, key_id, by)
    return Signed(Trust.UNKNOWN, key_id)


def published() -> list[dict[str, Any]]:
    """Every key that ever signed here, for verifiers elsewhere."""
    leaked = _leaked()
    return [
        {
            "key_id": key.key_id,
            "algorithm": ALGORITHM,
            "public_key": key.public_key,
            "first_used_at": key.first_used_at.isoformat(),
            "leaked": key.key_id in leaked,
        }
        for key in DossierKey.objects.order_by("pk")
    ]


def fingerprint(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()


def _leaked() -> set[str]:
    return set(DossierKey.objects.exclude(instead_of_leaked="").values_list("instead_of_leaked", flat=True))


def _trusted() -> Any:
    return DossierKey.objects.exclude(key_id__in=_leaked()).order_by("pk")
