import hashlib
import subprocess
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.db import connection
from django.urls import reverse
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from accreditation import certificate_pdf, certificate_seal, certificates
from accreditation.certificates import CertificateRefused, PdfDamaged, make_pdf_now, order, read_pdf, replace, revoke, state
from accreditation.models import Certificate, CertificateEvent
from tests.accreditation.poppler import needs
from tests.accreditation.racing import at_once
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def certificate():
    register = RegisterFactory(name="Kwaliteitsregister V&V")
    learner = UserFactory(first_name="Fatıma", last_name="van der Meulen-Özdemir")
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    release = released_course()
    accredited(release=release, register=register, points=4, id_number="512345")
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    return Certificate.objects.get()


def signature_of(content):
    (embedded,) = PdfFileReader(BytesIO(content)).embedded_signatures
    return validate_pdf_signature(
        embedded,
        signer_validation_context=ValidationContext(trust_roots=[certificate_seal.current_signer().signing_cert], allow_fetching=False),
    )


def test_a_certificate_holds_what_a_register_asks_of_it(certificate):
    said = certificate.snapshot

    assert certificate.number == f"VW-{certificate.created_at.year}-{certificate.pk:06d}"
    assert (said["name"], said["earned_on"], said["study_minutes"]) == ("Fatıma van der Meulen-Özdemir", "2026-06-01", 20)
    assert said["lines"] == [
        {
            "register": "Kwaliteitsregister V&V",
            "register_code": certificate.learner.register_entries.get().register.code,
            "id_number": "512345",
            "number": "19012345630",
            "unit": "points",
            "points": [{"category": "Geaccrediteerde scholing", "points": "4.00"}],
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
            "credited": True,
            "is_demo": False,
        }
    ]


def test_a_download_is_byte_identical_whatever_is_edited_later(client, certificate):
    client.force_login(certificate.learner)
    address = reverse("accreditation:my_certificate_pdf", args=[certificate.number])
    first = b"".join(client.get(address))

    certificate.learner.last_name = "Anders"
    certificate.learner.save()
    course = certificate.course
    course.title = "Een andere titel"
    course.save()
    course.accreditations.update(id_number="999999")
    again = b"".join(client.get(address))

    assert again == first
    assert hashlib.sha256(first).hexdigest() == certificate.sha256
    assert first.startswith(b"%PDF")


def test_the_seal_holds_and_breaks_when_one_byte_changes(certificate):
    content = read_pdf(certificate)

    status = signature_of(content)
    assert status.bottom_line
    assert status.docmdp_ok

    place = content.index(b"stream") + 60
    broken = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    assert not signature_of(broken).intact


@needs("pdfsig")
def test_an_independent_tool_finds_the_seal_valid_over_the_whole_document(certificate, tmp_path):
    path = tmp_path / "certificaat.pdf"
    path.write_bytes(read_pdf(certificate))

    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout

    assert "Signature is Valid" in said
    assert "ETSI.CAdES.detached" in said
    assert "Total document signed" in said


@needs("pdffonts")
def test_the_pdf_has_what_an_archive_asks(certificate, tmp_path):
    path = tmp_path / "certificaat.pdf"
    path.write_bytes(read_pdf(certificate))

    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    root = PdfFileReader(BytesIO(read_pdf(certificate))).root

    assert fonts
    assert all(line.split()[-5:-3] == ["yes", "yes"] for line in fonts)  # embedded, subset
    said = root["/Metadata"].data.decode()
    assert 'pdfaid:part="2" pdfaid:conformance="B"' in said
    assert f"Certificaat {certificate.number}" in said
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].data[36:40] == b"acsp"  # an ICC profile
    annotations = [annotation.get_object() for annotation in root["/Pages"]["/Kids"][0]["/Annots"]]
    assert all(annotation["/F"] & 4 for annotation in annotations)
    assert "/OpenAction" not in root
    assert "/AA" not in root


@needs("pdfinfo")
def test_the_pdf_is_tagged_in_dutch_with_title_and_headings(certificate, tmp_path):
    path = tmp_path / "certificaat.pdf"
    path.write_bytes(read_pdf(certificate))

    structure = subprocess.run(["pdfinfo", "-struct-text", path], capture_output=True, text=True, check=True).stdout
    information = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout

    assert "Tagged:          yes" in information
    assert f"Certificaat {certificate.number}" in information
    for role in ("Document", "H1", "H2", "Table", "TH", "TD", "Figure"):
        assert role in structure
    assert "Fatıma van der Meulen-Özdemir" in structure
    reader = PdfFileReader(BytesIO(read_pdf(certificate)))
    assert reader.root["/Lang"] == "nl-NL"
    assert reader.root["/ViewerPreferences"]["/DisplayDocTitle"]


@needs("pdftoppm")
def test_the_page_is_one_a4_with_something_on_it_and_its_address_leads_to_the_check(certificate, tmp_path, client):
    path = tmp_path / "certificaat.pdf"
    path.write_bytes(read_pdf(certificate))

    subprocess.run(["pdftoppm", "-r", "50", "-png", path, tmp_path / "beeld"], check=True)

    (picture,) = sorted(tmp_path.glob("beeld*.png"))
    image = Image.open(picture).convert("L")
    assert image.size == (414, 585)
    assert sum(image.histogram()[:100]) > 2000
    assert client.get(f"/verifieer/{certificate.token}/").context["answer"].number == certificate.number


def test_a_changed_file_in_storage_is_never_served(certificate):
    with open(certificate.pdf.path, "ab") as file:
        file.write(b" ")

    with pytest.raises(PdfDamaged):
        read_pdf(certificate)


def test_a_certificate_is_made_once_however_often_it_is_ordered(certificate):
    before = Certificate.objects.values().get()

    order(enrolment=certificate.enrolment, completed_at=datetime(2026, 6, 1, tzinfo=UTC))
    make_pdf_now(certificate)
    certificates.make_pdf.call(certificate.pk)

    assert Certificate.objects.values().get() == before
    assert [event.kind for event in certificate.events.all()] == ["issued"]


def test_a_seal_that_fails_keeps_the_points_and_is_tried_again(monkeypatch):
    def broken(pdf):
        raise RuntimeError("de sleutel is er niet")

    real = certificate_seal.seal
    monkeypatch.setattr(certificate_seal, "seal", broken)
    satisfy(EnrolmentFactory())
    certificate = Certificate.objects.get()
    assert (certificate.sha256, certificate.problem) == ("", "RuntimeError: de sleutel is er niet")

    monkeypatch.setattr(certificate_seal, "seal", real)
    certificates.make_waiting(older_than=certificates.timedelta(0))

    certificate.refresh_from_db()
    assert certificate.problem == ""
    assert signature_of(read_pdf(certificate)).bottom_line


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs row locks and real concurrency")
@pytest.mark.postgresql
def test_ordering_and_sealing_at_once_give_one_certificate_with_one_file():
    enrolment = EnrolmentFactory()
    moment = datetime(2026, 6, 1, tzinfo=UTC)

    first, second = at_once(*[lambda: order(enrolment=enrolment, completed_at=moment)] * 2)
    at_once(*[lambda: make_pdf_now(Certificate.objects.get(pk=first.pk))] * 3)

    assert first == second
    certificate = Certificate.objects.get()
    assert certificate.events.count() == 1
    assert read_pdf(certificate)


def test_a_revoked_certificate_says_so_and_cannot_be_revoked_again(certificate):
    actor = UserFactory()

    revoke(certificate=certificate, reason="Niet zelf gemaakt", actor=actor)

    assert state(certificate) == Certificate.State.REVOKED
    with pytest.raises(CertificateRefused, match="al ingetrokken"):
        revoke(certificate=certificate, reason="Nog eens", actor=actor)


def test_a_certificate_is_never_revoked_or_replaced_without_a_reason(certificate):
    for act in (revoke, replace):
        with pytest.raises(CertificateRefused, match="waarom"):
            act(certificate=certificate, reason="  ", actor=UserFactory())

    assert state(certificate) == Certificate.State.VALID


def test_a_replacement_says_what_is_true_now_and_leaves_the_old_file_as_it_was(certificate):
    old = read_pdf(certificate)
    certificate.learner.last_name = "de Boer"
    certificate.learner.save()

    new = replace(certificate=certificate, reason="Naam verbeterd", actor=UserFactory())

    new.refresh_from_db()
    assert (new.snapshot["name"], new.replaces) == ("Fatıma de Boer", certificate)
    assert (new.token != certificate.token, new.number != certificate.number) == (True, True)
    assert (state(certificate), state(new)) == (Certificate.State.REPLACED, Certificate.State.VALID)
    assert read_pdf(certificate) == old
    with pytest.raises(CertificateRefused, match="al vervangen"):
        replace(certificate=certificate, reason="Nog eens", actor=UserFactory())


def test_a_course_of_the_demo_always_gives_a_certificate_that_says_it_is_not_accredited():
    release = released_course()
    release.course.is_demo = True
    release.course.save()
    accredited(release=release, points=4)

    satisfy(EnrolmentFactory(release=release))

    said = Certificate.objects.get().snapshot
    assert (said["demo"], said["accredited"]) == (True, False)


@needs("pdftotext")
def test_a_demo_certificate_is_marked_on_paper(certificate, tmp_path):
    demo = {**certificate.snapshot, "demo": True, "accredited": False}
    path = tmp_path / "demo.pdf"
    path.write_bytes(
        certificate_pdf.render(
            demo,
            number="VW-2026-000001",
            check_code="ABCD2345",
            address="https://x.example/verifieer/t/",
            issued_on=date(2026, 6, 1),
            demo_seal=True,
        )
    )

    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout

    assert "DEMO" in text
    assert "niet geaccrediteerd" in text
    assert "DEMO-zegel" in text


def test_ledger_rows_of_a_certificate_happen_once(certificate):
    CertificateEvent.objects.create(certificate=certificate, kind="revoked", reason="Eerst")

    with pytest.raises(Exception, match=r"(?i)unique"):
        CertificateEvent.objects.create(certificate=certificate, kind="revoked", reason="Tweede")


@needs("pdftotext")
def test_many_registers_run_on_to_a_second_page_and_nothing_is_cut_off(certificate, tmp_path):
    line = {**certificate.snapshot["lines"][0], "id_number": "EEN-HEEL-LANG-ID-NUMMER-0123456789"}
    path = tmp_path / "lang.pdf"
    path.write_bytes(
        certificate_seal.seal(
            certificate_pdf.render(
                {**certificate.snapshot, "lines": [line] * 8},
                number="VW-2026-000001",
                check_code="ABCD2345",
                address="https://x.example/verifieer/t/",
                issued_on=date(2026, 6, 1),
            )
        )
    )

    text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout

    assert text.count("\f") == 2
    assert "".join(text.split()).count("".join("EEN-HEEL-LANG-ID-NUMMER-0123456789".split())) == 8
    assert text.count("VW-2026-000001") == 2
    assert text.count("Registernummer") == 2  # every page says what its columns are, and whose they are
    assert f"{certificate.snapshot['name']} · {certificate.snapshot['course']['title']}" in text.partition("\f")[2]
    assert signature_of(path.read_bytes()).bottom_line
