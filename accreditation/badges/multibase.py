"""base58btc and Multikey, as Data Integrity writes keys and signatures (W3C Controlled Identifiers 1.0, 2.2.2 and 2.4)."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519_PUBLIC = b"\xed\x01"


def base58btc(data: bytes) -> str:
    """Multibase text: a z and the base58 of the bytes."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, rest = divmod(number, 58)
        digits.append(ALPHABET[rest])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + ALPHABET[0] * zeros + "".join(reversed(digits))


def from_base58btc(text: str) -> bytes:
    """The bytes of such a text. Raises ValueError for any other text."""
    if not text.startswith("z") or len(text) > 200:
        raise ValueError("not base58btc")
    number = 0
    for character in text[1:]:
        number = number * 58 + ALPHABET.index(character)
    zeros = len(text[1:]) - len(text[1:].lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(public: bytes) -> str:
    """An Ed25519 public key of 32 bytes as `publicKeyMultibase`."""
    return base58btc(ED25519_PUBLIC + public)
