"""The electronic seal on a certificate: PAdES by pyHanko, with the organisation's key.

B-B by default. `CERTIFICATE_SEAL_LEVEL` asks for more: B-T adds the time of a time-stamp service (RFC 3161), B-LT also everything with which
the seal can be checked when the services are gone. What cannot be had now waits: no certificate gets a lesser seal than is asked for.

`CERTIFICATE_SEAL_P12` names the key file, `CERTIFICATE_SEAL_PASSWORD` opens it. The demo makes a key of its own in VAR_DIR, and
every certificate sealed with that says so.
"""

import fcntl
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import gettext

# pyHanko is imported by the functions that use it: with what it needs it is 15 MB, and most web processes never seal anything.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from pyhanko.sign import signers
    from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper

FIELD = "Zegel"
LEVELS = ("B-B", "B-T", "B-LT")


class SealWaits(Exception):
    """The seal cannot be had now, and the certificate waits; the message says on what, for an administrator."""


def seal(pdf: bytes, *, reason: str = "Verzegeld bewijs van afgeronde scholing") -> bytes:
    """The PDF with the seal added after it; afterwards no change is allowed (certification level 1). Raises SealWaits."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import CRLFetchError, OCSPFetchError, PathError, ValidationError

    signer, level = current_signer(), current_level()
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=reason,
        name=signer.subject_name,
        **(_for_ever() if level == "B-LT" else {}),
    )
    out = BytesIO()
    stamper = time_stamper() if level != "B-B" else None
    pdf_signer = signers.PdfSigner(metadata, signer=signer, timestamper=stamper)
    sign = partial(pdf_signer.sign_pdf, IncrementalPdfFileWriter(BytesIO(pdf)), output=out, in_place=False)
    # pyHanko runs an event loop of its own, which Python refuses in a thread that has one already (an ASGI server, a browser test).
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            thread.submit(sign).result()
        except TimestampRequestError as problem:
            text = gettext("De tijdstempeldienst antwoordt niet of weigert. Het certificaat wacht; we proberen het opnieuw. (%(problem)s)")
            raise SealWaits(text % {"problem": problem}) from problem
        except (PathError, ValidationError, CRLFetchError, OCSPFetchError, SigningError) as problem:
            if level == "B-B":
                raise
            text = gettext("De keten of de intrekkingslijst van het zegel is nu niet te controleren. Het certificaat wacht. (%(problem)s)")
            raise SealWaits(text % {"problem": problem}) from problem
    return out.getvalue()


def current_level() -> str:
    """The level that is asked for. Raises ImproperlyConfigured when it is none, or what it needs is not configured."""
    level: str = settings.CERTIFICATE_SEAL_LEVEL
    if level not in LEVELS:
        raise ImproperlyConfigured(f"CERTIFICATE_SEAL_LEVEL is {level!r}; it is one of {', '.join(LEVELS)}.")
    if level != "B-B" and not settings.CERTIFICATE_TSA_URL:
        raise ImproperlyConfigured(f"A seal of level {level} needs a time-stamp service: set CERTIFICATE_TSA_URL.")
    if level == "B-LT" and not settings.CERTIFICATE_SEAL_CHAIN:
        raise ImproperlyConfigured("A seal of level B-LT needs the chain of its certificates: set CERTIFICATE_SEAL_CHAIN to a PEM file.")
    return level


def time_stamper() -> "HTTPTimeStamper":
    """The time-stamp service; remembered, because it is asked once beforehand how long its answers are."""
    login = (settings.CERTIFICATE_TSA_USER, settings.CERTIFICATE_TSA_PASSWORD) if settings.CERTIFICATE_TSA_USER else None
    return _stamper(settings.CERTIFICATE_TSA_URL, login, settings.CERTIFICATE_TSA_SECONDS)


@lru_cache(maxsize=4)
def _stamper(address: str, login: tuple[str, str] | None, seconds: int) -> "HTTPTimeStamper":
    from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper

    return HTTPTimeStamper(address, https=address.startswith("https:"), timeout=seconds, auth=login)


def _for_ever() -> dict[str, Any]:
    """What B-LT adds: the chain and the proof that nothing in it was revoked, in the same revision as the seal."""
    from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
    from pyhanko_certvalidator import ValidationContext

    roots, others = _chain(Path(settings.CERTIFICATE_SEAL_CHAIN), Path(settings.CERTIFICATE_SEAL_CHAIN).stat().st_mtime_ns)
    return {
        "embed_validation_info": True,
        "validation_context": ValidationContext(
            trust_roots=list(roots), other_certs=list(others), allow_fetching=True, revocation_mode="hard-fail"
        ),
        "dss_settings": DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
    }


@lru_cache(maxsize=2)
def _chain(path: Path, _changed: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The roots (signed by themselves) and the certificates between, from a PEM file."""
    from pyhanko.keys import load_certs_from_pemder

    certificates = list(load_certs_from_pemder([str(path)]))
    roots = tuple(certificate for certificate in certificates if certificate.self_signed in ("yes", "maybe"))
    if not roots:
        raise ImproperlyConfigured(f"There is no root certificate in {path}.")
    return roots, tuple(certificate for certificate in certificates if certificate not in roots)


def current_signer() -> "signers.SimpleSigner":
    """The key that seals now. Raises ImproperlyConfigured when there is none, or it does not open."""
    path = Path(settings.CERTIFICATE_SEAL_P12) if settings.CERTIFICATE_SEAL_P12 else None
    if path is None:
        if not settings.DEMO:
            raise ImproperlyConfigured("Set CERTIFICATE_SEAL_P12 to the PKCS#12 file with the organisation's seal key.")
        path = _demo_key()
        return _load(path, _demo_password(path), path.stat().st_mtime_ns)
    return _load(path, settings.CERTIFICATE_SEAL_PASSWORD, path.stat().st_mtime_ns)


def is_demo_seal() -> bool:
    return not settings.CERTIFICATE_SEAL_P12


@lru_cache(maxsize=4)
def _load(path: Path, password: str, _changed: int) -> "signers.SimpleSigner":
    from pyhanko.sign import signers

    signer = signers.SimpleSigner.load_pkcs12(str(path), passphrase=password.encode() or None)
    if signer is None:
        raise ImproperlyConfigured(f"The seal key in {path} does not open; check CERTIFICATE_SEAL_PASSWORD.")
    return signer


def _demo_password(path: Path) -> str:
    return path.with_suffix(".password").read_text()


def _demo_key() -> Path:
    folder = Path(settings.VAR_DIR) / "keys"
    path = folder / "demo-seal.p12"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "demo-seal.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # web process and worker may both want it first
        if not path.exists():
            _write_demo_key(path)
    return path


def _write_demo_key(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Vakwijs DEMO"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Vakwijs DEMO-zegel, niet rechtsgeldig"),
        ]
    )
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    password = secrets.token_urlsafe(24)
    for target, content in (
        (path.with_suffix(".password"), password.encode()),
        (path, pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(password.encode()))),
    ):
        part = target.with_name(target.name + ".part")
        part.touch(mode=0o600)
        part.write_bytes(content)
        part.rename(target)
