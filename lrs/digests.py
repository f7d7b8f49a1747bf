"""Short keys for long words: an IRI of 80 characters in six indexes would take more room than the statement itself."""

import hashlib
import uuid
from functools import lru_cache


def digest(text: str) -> uuid.UUID:
    """16 bytes that stand for this text (blake2b). Two texts with the same digest are not to be expected, also not when sought."""
    return _usual(text) if len(text) <= 300 else _made(text)


@lru_cache(maxsize=20_000)
def _usual(text: str) -> uuid.UUID:
    return _made(text)


def _made(text: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
