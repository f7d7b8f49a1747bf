"""The two ways a badge is signed: a Data Integrity proof `eddsa-rdfc-2022` in it, or a VC-JWT around it (RS256)."""

import hashlib
import json
from datetime import datetime
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accreditation.badges import keys
from accreditation.badges.contexts import canonical
from accreditation.badges.multibase import base58btc, from_base58btc
from accreditation.models import BadgeKey


def with_proof(credential: dict[str, Any], *, key: BadgeKey, at: datetime) -> dict[str, Any]:
    """The credential with its proof (W3C Data Integrity EdDSA Cryptosuites 1.0, 3.2)."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "verificationMethod": keys.method_id(key),
        "proofPurpose": "assertionMethod",
    }
    signature = keys.private_key(key).sign(_hashes(credential, proof))
    return {**credential, "proof": [{**proof, "proofValue": base58btc(signature)}]}


def proof_holds(document: dict[str, Any], *, key: BadgeKey) -> bool:
    """Whether the proof in this document of ours was made with this key, over exactly this document."""
    credential = {name: value for name, value in document.items() if name != "proof"}
    proof = dict(document["proof"][0])
    signature = from_base58btc(proof.pop("proofValue"))
    try:
        Ed25519PublicKey.from_public_bytes(keys.raw_public(key)).verify(signature, _hashes(credential, proof))
    except InvalidSignature:
        return False
    return proof["verificationMethod"] == keys.method_id(key)


def as_token(credential: dict[str, Any], *, key: BadgeKey) -> str:
    """The credential as a compact JWS, with the claims that Open Badges 3.0 asks for beside it (8.2.4)."""
    claims = {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": _seconds(credential["validFrom"]),
        "sub": credential["credentialSubject"]["id"],
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    return jwt.encode(claims, keys.private_key(key), algorithm="RS256", headers={"kid": keys.key_address(key), "typ": "JWT"})


def token_holds(token: str, *, key: BadgeKey) -> bool:
    """Whether this token was signed with this key; whether it is expired is another question."""
    try:
        jwt.decode(
            token,
            jwt.PyJWK.from_json(json.dumps(key.public), algorithm="RS256").key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_nbf": False, "verify_aud": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return False
    return True


def _hashes(credential: dict[str, Any], proof: dict[str, Any]) -> bytes:
    options = {"@context": credential["@context"], **proof}
    return hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(credential)).digest()


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
