"""The keys with which an organisation signs badges: made when first needed, changed by `manage.py rotate_badge_key`, never forgotten.

An organisation is `did:web:<host>:uitgevers:<slug>`; its document lists every key that may still be trusted. A key that is only
retired stays in it, so that older badges keep verifying; one that leaked is taken out.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation
from accounts.outgoing.locks import locked, unlocked
from accreditation.badges.multibase import multikey
from accreditation.models import BadgeKey

RSA_BITS = 3072


@dataclass(frozen=True, slots=True)
class Pair:
    """The two keys in use: Ed25519 for the Data Integrity proof, RSA for the JWT (RS256 is what every verifier must know)."""

    proof: BadgeKey
    token: BadgeKey


def in_use(organisation: Organisation) -> Pair:
    """The keys with which this organisation signs now; made when there are none, or when the organisation got another address."""
    issuer = did_of(organisation.slug)
    BadgeKey.objects.filter(organisation=organisation, retired_at=None).exclude(issuer=issuer).update(retired_at=timezone.now())
    found = {key.kind: key for key in BadgeKey.objects.filter(organisation=organisation, retired_at=None)}
    for kind in (BadgeKey.Kind.ED25519, BadgeKey.Kind.RSA):
        if kind not in found:
            found[kind] = _make(organisation, kind)
    return Pair(proof=found[BadgeKey.Kind.ED25519], token=found[BadgeKey.Kind.RSA])


def rotate(*, organisation: Organisation, compromised: bool = False) -> Pair:
    """Put new keys in use. The old ones keep verifying what they signed, unless they leaked: then nothing of theirs counts any more."""
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        old = BadgeKey.objects.filter(organisation=organisation, retired_at=None)
        old.update(retired_at=timezone.now(), compromised=compromised)
        return in_use(organisation)


def private_key(key: BadgeKey) -> Any:
    """The secret key itself. Raises CannotUnlock when SECRET_KEY is not the one it was locked with."""
    return load_pem_private_key(unlocked(key.secret).encode(), password=None)


def published(issuer: str) -> QuerySet[BadgeKey]:
    """The keys under this DID that may be trusted."""
    return BadgeKey.objects.filter(issuer=issuer, compromised=False)


def did_of(slug: str) -> str:
    """`did:web:<host>:uitgevers:<slug>`, which resolves to /uitgevers/<slug>/did.json (did:web, 2.5.2)."""
    return f"{installation_did()}:uitgevers:{slug}"


def installation_did() -> str:
    parts = urlsplit(settings.SITE_URL)
    return "did:web:" + quote(parts.netloc, safe="")


def did_document(issuer: str, keys: list[BadgeKey]) -> dict[str, Any]:
    """Who may sign as this issuer: every key as Multikey or JWK, all of them for making assertions."""
    methods = [_method(key) for key in keys]
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1", "https://w3id.org/security/jwk/v1"],
        "id": issuer,
    }
    if methods:
        document["verificationMethod"] = methods
        document["assertionMethod"] = [method["id"] for method in methods]
    return document


def jwks(keys: list[BadgeKey]) -> dict[str, Any]:
    """The public keys as a JWK Set (RFC 7517)."""
    return {"keys": [jwk(key) for key in keys]}


def jwk(key: BadgeKey) -> dict[str, Any]:
    return {**key.public, "kid": key_address(key), "use": "sig", "alg": "RS256" if key.kind == BadgeKey.Kind.RSA else "EdDSA"}


def key_address(key: BadgeKey) -> str:
    """Where the public key can be read: what the `kid` of a JWT says (Open Badges 3.0, 8.2.4.1)."""
    host, slug = key.issuer.removeprefix("did:web:").split(":uitgevers:")
    scheme = urlsplit(settings.SITE_URL).scheme
    return f"{scheme}://{host.replace('%3A', ':')}/uitgevers/{slug}/sleutels/{key.name}/"


def method_id(key: BadgeKey) -> str:
    return f"{key.issuer}#{key.name}"


def raw_public(key: BadgeKey) -> bytes:
    """The 32 bytes of an Ed25519 public key."""
    return base64.urlsafe_b64decode(key.public["x"] + "=")


def _method(key: BadgeKey) -> dict[str, Any]:
    base = {"id": method_id(key), "controller": key.issuer}
    if key.kind == BadgeKey.Kind.ED25519:
        return {**base, "type": "Multikey", "publicKeyMultibase": multikey(raw_public(key))}
    return {**base, "type": "JsonWebKey", "publicKeyJwk": {**key.public, "alg": "RS256"}}


def _make(organisation: Organisation, kind: BadgeKey.Kind) -> BadgeKey:
    secret: Ed25519PrivateKey | RSAPrivateKey
    if kind == BadgeKey.Kind.ED25519:
        secret = Ed25519PrivateKey.generate()
        raw = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        public = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    else:
        secret = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        numbers = secret.public_key().public_numbers()
        public = {"kty": "RSA", "n": base64url(_big_endian(numbers.n)), "e": base64url(_big_endian(numbers.e))}
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    try:
        with transaction.atomic():
            return BadgeKey.objects.create(
                organisation=organisation,
                kind=kind,
                issuer=did_of(organisation.slug),
                name=f"{kind}-{timezone.localdate():%Y%m}-{secrets.token_hex(4)}",
                public=json.loads(json.dumps(public)),
                secret=locked(pem),
            )
    except IntegrityError:  # another process was first; its key is the one in use
        return BadgeKey.objects.get(organisation=organisation, kind=kind, retired_at=None)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
