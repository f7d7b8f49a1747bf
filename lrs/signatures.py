"""JSON Web Signatures of signed statements (xAPI 2.6; RFC 7515): RS256, RS384 and RS512, and nothing else."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lrs.multipart import MessageRefused

ALGORITHMS: dict[str, Callable[[], hashes.HashAlgorithm]] = {"RS256": hashes.SHA256, "RS384": hashes.SHA384, "RS512": hashes.SHA512}


def payload_of(token: bytes) -> dict[str, Any]:
    """What was signed. Raises MessageRefused."""
    pieces = token.strip().split(b".")
    if len(pieces) != 3:
        raise MessageRefused("a signature is a JWS in compact serialization (2.6)")
    try:
        header, payload = (json.loads(_decoded(piece)) for piece in pieces[:2])
        signature = _decoded(pieces[2])
    except (ValueError, RecursionError):
        raise MessageRefused("the header and the payload of a signature are JSON in base64url (2.6)") from None
    if not isinstance(header, dict) or header.get("alg") not in ALGORITHMS:
        raise MessageRefused("the algorithm of a signature is RS256, RS384 or RS512 (2.6)")
    if not isinstance(payload, dict):
        raise MessageRefused("the payload of a signature is a statement (2.6)")
    if "x5c" in header:
        _verify(header, b".".join(pieces[:2]), signature)
    return payload


def _verify(header: dict[str, Any], signed: bytes, signature: bytes) -> None:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        key = certificate.public_key()
    except (ValueError, TypeError, KeyError, IndexError):
        raise MessageRefused("x5c in the header of a signature must hold a certificate (2.6)") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise MessageRefused("the certificate of a signature has an RSA key (2.6)")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), ALGORITHMS[header["alg"]]())
    except InvalidSignature:
        raise MessageRefused("the signature does not fit its certificate (2.6)") from None


def _decoded(piece: bytes) -> bytes:
    try:
        return base64.b64decode(piece + b"=" * (-len(piece) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
