"""The electronic seal on a certificate: PAdES B-B by pyHanko, with the organisation's key.

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

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

FIELD = "Zegel"


def seal(pdf: bytes) -> bytes:
    """The PDF with the seal added after it; afterwards no change is allowed (certification level 1)."""
    signer = current_signer()
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason="Verzegeld bewijs van afgeronde scholing",
        name=signer.subject_name,
    )
    out = BytesIO()
    sign = partial(signers.PdfSigner(metadata, signer=signer).sign_pdf, IncrementalPdfFileWriter(BytesIO(pdf)), output=out, in_place=False)
    # pyHanko runs an event loop of its own, which Python refuses in a thread that has one already (an ASGI server, a browser test).
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(sign).result()
    return out.getvalue()


def current_signer() -> signers.SimpleSigner:
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
def _load(path: Path, password: str, _changed: int) -> signers.SimpleSigner:
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
