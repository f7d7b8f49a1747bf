"""Seals with the time of a time-stamp service and with a chain, both of the test's own: a root, a seal, a service and a list of revocations."""

import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.exceptions import ImproperlyConfigured
from pyhanko.keys import load_cert_from_pemder, load_private_key_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from accreditation import certificate_seal, certificates
from accreditation.certificates import read_pdf
from accreditation.checks import seal_opens
from accreditation.models import Certificate
from tests.accreditation.poppler import needs
from tests.factories.accreditation import satisfy
from tests.factories.courses import EnrolmentFactory

PASSWORD = "alleen voor deze proef"


class World:
    """A root with a seal and a time-stamp service under it, served over HTTP; `down` lets the service refuse."""

    def __init__(self, folder):
        self.folder, self.down, self.asked = folder, False, 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate("Proefwortel", self.root_key, ca=True)
        seal_key, stamp_key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
        self.seal = self._certificate("Proefzegel", seal_key)
        stamp = self._certificate("Proeftijd", stamp_key, usage=ExtendedKeyUsageOID.TIME_STAMPING)
        self.chain = self._write("keten.pem", self.root.public_bytes(Encoding.PEM))
        self.p12 = self._write(
            "zegel.p12",
            pkcs12.serialize_key_and_certificates(b"zegel", seal_key, self.seal, [self.root], BestAvailableEncryption(PASSWORD.encode())),
        )
        self.crl = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(datetime.now(UTC) - timedelta(hours=1))
            .next_update(datetime.now(UTC) + timedelta(days=7))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), critical=False)
            .sign(self.root_key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )
        pem = stamp_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.stamper = DummyTimeStamper(
            tsa_cert=load_cert_from_pemder(str(self._write("tijd.pem", stamp.public_bytes(Encoding.PEM)))),
            tsa_key=load_private_key_from_pemder_data(pem, None),
        )
        Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(world):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                world.asked += 1
                if world.down:
                    self.send_error(503)
                    return
                request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(world.stamper.request_tsa_response(request).dump(), "application/timestamp-reply")

            def do_GET(self):
                self._answer(world.crl, "application/pkix-crl")

            def _answer(self, body, content_type):
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler

    def _certificate(self, name, key, *, ca=False, usage=None):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Proef")])
        names = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if ca else self.root.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **names), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), critical=False)
        )
        if not ca:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.address}/lijst.crl")], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        return builder.sign(self.root_key, hashes.SHA256())

    def _write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("keten"))
    yield world
    world.server.shutdown()
    world.server.server_close()


@pytest.fixture(autouse=True)
def _configured(settings, world):
    world.down = False
    settings.CERTIFICATE_SEAL_P12 = str(world.p12)
    settings.CERTIFICATE_SEAL_PASSWORD = PASSWORD
    settings.CERTIFICATE_TSA_URL = world.address
    settings.CERTIFICATE_SEAL_CHAIN = str(world.chain)


@pytest.fixture
def pdf():
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 700, "Proef")
    canvas.save()
    return out.getvalue()


def has_a_time_stamp(embedded):
    attributes = embedded.signer_info["unsigned_attrs"]
    return bool(attributes.native) and any(attribute["type"].native == "signature_time_stamp_token" for attribute in attributes)


def trust(world, **more):
    return ValidationContext(trust_roots=[load_cert_from_pemder(str(world.chain))], allow_fetching=False, **more)


def test_b_t_carries_the_time_of_the_service(settings, world, pdf):
    settings.CERTIFICATE_SEAL_LEVEL = "B-T"

    (embedded,) = PdfFileReader(BytesIO(certificate_seal.seal(pdf))).embedded_signatures
    status = validate_pdf_signature(embedded, signer_validation_context=trust(world), ts_validation_context=trust(world))

    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.valid
    assert abs(status.timestamp_validity.timestamp - datetime.now(UTC)) < timedelta(minutes=1)


def test_b_lt_can_be_checked_without_any_service_and_covers_the_whole_document(settings, world, pdf, tmp_path):
    settings.CERTIFICATE_SEAL_LEVEL = "B-LT"

    sealed = certificate_seal.seal(pdf)

    reader = PdfFileReader(BytesIO(sealed))
    (embedded,) = reader.embedded_signatures
    # From what is in the file alone, and hard: what cannot be shown not to be revoked does not count.
    kept = {"trust_roots": [load_cert_from_pemder(str(world.chain))], "allow_fetching": False, "revocation_mode": "hard-fail"}
    store = DocumentSecurityStore.read_dss(reader)
    status = validate_pdf_signature(
        embedded,
        signer_validation_context=store.as_validation_context(kept),
        ts_validation_context=store.as_validation_context(kept),
    )
    assert status.bottom_line
    assert status.timestamp_validity.valid
    dss = PdfFileReader(BytesIO(sealed)).root["/DSS"]
    assert len(dss["/CRLs"]) >= 1
    assert len(dss["/Certs"]) >= 2


@needs("pdfsig")
def test_an_independent_tool_finds_the_time_stamped_seal_valid(settings, world, pdf, tmp_path):
    settings.CERTIFICATE_SEAL_LEVEL = "B-LT"
    path = tmp_path / "c.pdf"
    path.write_bytes(certificate_seal.seal(pdf))

    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout

    assert "Signature is Valid" in said
    assert "ETSI.CAdES.detached" in said
    assert "Total document signed" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_a_service_that_is_down_keeps_the_certificate_waiting_with_its_reason_and_never_seals_less(settings, world, level):
    settings.CERTIFICATE_SEAL_LEVEL = level
    certificate_seal._stamper.cache_clear()
    world.down = True
    satisfy(EnrolmentFactory())

    waiting = Certificate.objects.get()
    assert (waiting.sha256, waiting.events.count()) == ("", 0)
    assert "De tijdstempeldienst antwoordt niet" in waiting.problem

    world.down = False
    certificates.make_waiting(older_than=timedelta(0))
    waiting.refresh_from_db()
    (embedded,) = PdfFileReader(BytesIO(read_pdf(waiting))).embedded_signatures
    assert has_a_time_stamp(embedded)
    assert waiting.problem == ""


def test_a_chain_that_cannot_be_checked_keeps_it_waiting_too(settings, world, pdf):
    settings.CERTIFICATE_SEAL_LEVEL = "B-LT"
    real, world.crl = world.crl, b"geen lijst"
    try:
        with pytest.raises(certificate_seal.SealWaits, match="De keten"):
            certificate_seal.seal(pdf)
    finally:
        world.crl = real


def test_by_default_no_service_is_asked_for_anything(settings, world, pdf):
    before = world.asked

    (embedded,) = PdfFileReader(BytesIO(certificate_seal.seal(pdf))).embedded_signatures

    assert world.asked == before
    assert not has_a_time_stamp(embedded)


@pytest.mark.parametrize(
    ("level", "missing"), [("B-LTA", ""), ("", ""), ("B-T", "CERTIFICATE_TSA_URL"), ("B-LT", "CERTIFICATE_SEAL_CHAIN")]
)
def test_what_a_level_lacks_is_said_at_the_start(settings, level, missing):
    settings.DEMO = False
    settings.CERTIFICATE_SEAL_LEVEL = level
    if missing:
        setattr(settings, missing, "")

    with pytest.raises(ImproperlyConfigured, match=missing or "CERTIFICATE_SEAL_LEVEL"):
        certificate_seal.current_level()
    assert [found.id for found in seal_opens(None)] == ["accreditation.E002"]
