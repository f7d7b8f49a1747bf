import io
import json
import struct
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from pypdf import PdfReader

from accreditation import certificates as issuing
from accreditation.dossiers import checking, contents, package, packing, paper, signing
from accreditation.dossiers.checking import NotADossier, Problem
from accreditation.dossiers.signing import Trust
from accreditation.evidence import applications, files, keeping
from accreditation.evidence.keeping import Told
from accreditation.models import Application, Certificate, DossierKey, DossierPackage, Evidence, EvidenceFile, EvidenceKind
from accreditation.verification import LARGEST_FILE, LIMITS
from tests.accreditation.evidence_files import a_pdf, a_photo
from tests.factories.accounts import RegisterEntryFactory, UserFactory
from tests.factories.accreditation import (
    CategoryRuleFactory,
    EvidenceFactory,
    EvidenceKindFactory,
    RegisterRuleFactory,
    accredited,
    satisfy,
)
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_day():
    cache.clear()
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def nurse():
    """With a certificate, and evidence of their own with two files."""
    kind = EvidenceKindFactory()
    nurse = UserFactory(first_name="Noor", last_name="Voorbeeld")
    RegisterEntryFactory(user=nurse, register=kind.register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    rule = RegisterRuleFactory(register=kind.register, work_hours=2080)
    CategoryRuleFactory(rule=rule, category=kind.category)
    release = released_course()
    accredited(release=release, register=kind.register)
    satisfy(EnrolmentFactory(learner=nurse, release=release))
    evidence = keeping.begin(owner=nurse)
    for file in (a_pdf("Verslag", name="../../verslag van mij.pdf"), a_photo()):
        keeping.add_document(evidence=evidence, checked=files.check(file, owner=nurse))
    keeping.keep(evidence=evidence, told=Told(kind=kind, title="Intervisie", done_on=date(2026, 3, 1), hours=Decimal(2)))
    keeping.begin(owner=nurse)
    return nurse


def packed(person):
    out = io.BytesIO()
    package.write(person=person, into=out)
    return out.getvalue()


def rebuilt(content, *, change=lambda name, data: data, extra=(), without=()):
    """The same ZIP after somebody had a hand in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in without:
                new.writestr(name, change(name, old.read(name)))
        for name, data in extra:
            new.writestr(name, data)
    return out.getvalue()


def found(content):
    return [(finding.problem, finding.path) for finding in checking.check(io.BytesIO(content)).findings]


def names_in(content):
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_dossier_holds_every_document_as_it_was_and_the_whole_in_json_and_on_paper(nurse):
    content = packed(nurse)
    certificate = Certificate.objects.get()

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        told = json.loads(archive.read("dossier.json"))
        pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(archive.read("dossier.pdf"))).pages)
        for document in [told["certificates"][0], *told["evidence"][0]["documents"]]:
            assert len(archive.read(document["file"])) > 0
        assert sorted(archive.namelist()) == sorted(
            [
                f"certificaten/{certificate.number}.pdf",
                *(document["file"] for document in told["evidence"][0]["documents"]),
                *("dossier.json", "dossier.pdf", "LEESMIJ.txt", "manifest.json", "manifest.sig.json"),
            ]
        )
    assert [row["source"] for row in told["registers"][0]["rows"]] == ["evidence", "award"]
    assert told["evidence"][0]["documents"][0]["name"] == "verslag van mij.pdf"
    for text in (
        "Dossier van Noor Voorbeeld",
        "1 geldig certificaat",
        certificate.number,
        "Intervisie",
        "Pagina 1 van ",
        "verslag van mij.pdf",
    ):
        assert text in pages
    report = checking.check(io.BytesIO(content))
    assert (report.intact, report.signed.trust, report.checked) == (True, Trust.OURS, 6)


def test_the_paper_counts_what_is_kept_and_says_what_an_application_holds(nurse):
    entry = nurse.register_entries.get()
    applications.apply(entry=entry, frozen=dict, first_day=date(2022, 1, 1), last_day=date(2026, 12, 31))
    kind = EvidenceKind.objects.get()
    EvidenceFactory(owner=nurse, kind=kind, state=Evidence.State.WITHDRAWN)

    def words():
        told = {**contents.whole(person=nurse), "made_at": "2026-06-15T10:00:00+00:00", "issuer": "Vakwijs", "installation": "hier"}
        return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.render(told))).pages).split())

    assert "1 eigen bewijs en 1 ingetrokken. Stand op" in words()
    assert "in een aanvraag" in words()
    applications.take_back(application=Application.objects.get(), because="Opnieuw")
    assert "in een aanvraag" not in words()


def test_one_changed_byte_in_any_file_is_named(nurse):
    content = packed(nurse)
    assert found(content) == []
    for name in names_in(content)[:-2]:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = archive.getinfo(name)
        # In the middle of what this entry holds: after its local header of thirty bytes, its name and its extra field.
        extra = struct.unpack_from("<H", content, entry.header_offset + 28)[0]
        at = entry.header_offset + 30 + len(name) + extra + entry.compress_size // 2

        assert found(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]) == [(Problem.DIFFERS, name)]


def test_a_change_that_repairs_the_checksum_of_the_zip_is_named_too(nurse):
    content = packed(nurse)
    name = next(name for name in names_in(content) if name.startswith("bewijs/"))

    assert found(rebuilt(content)) == []
    assert found(rebuilt(content, change=lambda n, data: data + b" " if n == name else data)) == [(Problem.DIFFERS, name)]
    assert found(rebuilt(content, without=[name])) == [(Problem.MISSING, name)]
    assert found(rebuilt(content, extra=[("bewijs/../../etc/passwd", b"x"), ("nieuw\x1b.pdf", b"x")])) == [
        (Problem.EXTRA, "bewijs/../../etc/passwd"),
        (Problem.EXTRA, "nieuw�.pdf"),
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice_is_refused_whatever_it_holds(nurse):
    content = packed(nurse)
    name = next(name for name in names_in(content) if name.startswith("bewijs/"))
    same = zipfile.ZipFile(io.BytesIO(content)).read(name)

    assert found(rebuilt(content, extra=[(name, same)])) == [(Problem.TWICE, name)]


def test_a_manifest_that_was_changed_along_has_no_right_signature(nurse):
    content = packed(nurse)

    def change(name, data):
        return data.replace(b'"Vakwijs"', b'"Anders"') if name == "manifest.json" else data

    report = checking.check(io.BytesIO(rebuilt(content, change=change)))
    assert (report.intact, report.signed.trust) == (False, Trust.WRONG)
    report = checking.check(io.BytesIO(rebuilt(content, without=["manifest.sig.json"])))
    assert (report.intact, report.signed.trust) == (False, Trust.WRONG)


def test_old_keys_count_until_they_leaked(nurse):
    content = packed(nurse)
    key = DossierKey.objects.get()
    call_command("rotate_dossier_key")
    assert checking.check(io.BytesIO(content)).signed.trust == Trust.OURS
    assert checking.check(io.BytesIO(packed(nurse))).signed.key_id != key.key_id

    call_command("rotate_dossier_key", leaked=key.key_id)
    assert checking.check(io.BytesIO(content)).signed.trust == Trust.LEAKED
    assert [one["leaked"] for one in signing.published()] == [True, False, False]


def test_a_key_of_elsewhere_is_unknown_until_an_administrator_trusts_it(nurse, settings):
    content = packed(nurse)
    key = DossierKey.objects.get().key_id
    DossierKey.objects.all()._raw_delete("default")  # as in another installation, which never saw it

    assert checking.check(io.BytesIO(content)).signed.trust == Trust.UNKNOWN
    settings.DOSSIER_TRUSTED_KEYS = {key: "Ziekenhuis Voorbeeld"}
    signed = checking.check(io.BytesIO(content)).signed
    assert (signed.trust, signed.by, signed.holds) == (Trust.TRUSTED, "Ziekenhuis Voorbeeld", True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"geen zip",
        b"PK\x05\x06" + b"\x00" * 18,
        b"PK" + b"\x00" * 40 + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 0xFFFFFFFF, 0, 0),
    ],
)
def test_nonsense_is_no_dossier(content):
    with pytest.raises(NotADossier):
        checking.check(io.BytesIO(content))


def test_a_hostile_manifest_is_no_dossier(nurse):
    content = packed(nurse)
    for manifest in (
        b"[]",
        b"[" * 100_000,
        b'{"format": "vakwijs-dossier"}',
        b'{"format": "vakwijs-dossier", "files": [{"path": 1}]}',
        b'{"format": "vakwijs-dossier", "files": [{"path": "a", "size": 1e99, "sha256": "x"}]}',
        b'{"format": "vakwijs-dossier", "files": [{"path": "a", "size": 99999999999, "sha256": "x"}]}',
    ):
        hostile = rebuilt(content, change=lambda name, data, manifest=manifest: manifest if name == "manifest.json" else data)
        with pytest.raises(NotADossier):
            checking.check(io.BytesIO(hostile))


def test_a_manifest_larger_than_any_of_ours_is_not_read(nurse):
    content = packed(nurse)
    for room, read in ((0, True), (1, False)):
        padded = rebuilt(
            content, change=lambda name, data, room=room: data.ljust(checking.LARGEST_MANIFEST + room) if name == "manifest.json" else data
        )
        assert checking.is_one(io.BytesIO(padded)) is read


def test_a_bomb_is_not_unpacked(nurse):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 40_000_000)
    with pytest.raises(NotADossier):
        checking.check(io.BytesIO(out.getvalue()))

    listed = {"path": "bom", "size": 20_000_000, "sha256": "0" * 64}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bom", b"\0" * 20_000_000)
        archive.writestr("manifest.json", json.dumps({"format": "vakwijs-dossier", "files": [listed]}))
    assert found(out.getvalue()) == [(Problem.DIFFERS, "bom")]


def test_a_stored_file_that_was_damaged_is_left_out_and_said_to_be(nurse):
    file = EvidenceFile.objects.order_by("pk")[0]
    storage = EvidenceFile._meta.get_field("file").storage
    storage.delete(file.file.name)
    storage.save(file.file.name, ContentFile(b"iets anders"))

    content = packed(nurse)

    told = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("dossier.json"))
    assert told["left_out"] == [told["evidence"][0]["documents"][0]["file"]]
    assert checking.check(io.BytesIO(content)).intact


def test_a_package_lies_ready_for_a_week_for_its_owner_alone(client, nurse):
    client.force_login(nurse)
    page = client.post(reverse("accreditation:take_along"), follow=True)
    ready = DossierPackage.objects.get()
    assert (ready.state, ready.done, ready.total) == ("ready", 3, 3)
    address = reverse("accreditation:my_package", args=[ready.uuid])
    assert address in page.content.decode()
    assert checking.check(io.BytesIO(client.get(address).getvalue())).intact
    assert client.get(reverse("accreditation:my_paper"))["Content-Type"] == "application/pdf"

    client.force_login(UserFactory())
    assert client.get(address).status_code == 404
    client.force_login(nurse)
    with time_machine.travel(datetime(2026, 6, 22, 10, 0, 1, tzinfo=UTC)):
        client.force_login(nurse)
        assert client.get(address).status_code == 404
        packing.make_waiting()
    assert DossierPackage.objects.get().state == "expired"
    assert not ready.file.storage.exists(ready.file.name)


def test_what_a_crash_left_waiting_is_made_once_and_gives_up_after_five_failures(nurse, monkeypatch):
    waiting = DossierPackage.objects.create(owner=nurse)
    assert packing.order(owner=nurse) == waiting
    assert packing.make_waiting() == 0
    with time_machine.travel(datetime(2026, 6, 15, 10, 5, tzinfo=UTC)), monkeypatch.context() as patched:
        patched.setattr(package, "write", lambda **_options: 1 / 0)
        assert [packing.make_now(waiting.pk) for _try in range(4)] == [False] * 4
        assert DossierPackage.objects.get().state == "waiting"
    with time_machine.travel(datetime(2026, 6, 15, 10, 10, tzinfo=UTC)):
        assert packing.make_waiting() == 1
        assert packing.make_waiting() == 0
    waiting = DossierPackage.objects.create(owner=nurse, tries=4)
    monkeypatch.setattr(package, "write", lambda **_options: 1 / 0)
    packing.make_now(waiting.pk)
    assert DossierPackage.objects.get(pk=waiting.pk).state == "failed"


def test_anyone_may_check_a_dossier_and_nobody_may_try_for_ever(client, nurse, monkeypatch):
    address = reverse("accreditation:verify_dossier")
    content = packed(nurse)
    name = next(name for name in names_in(content) if name.startswith("certificaten/"))

    def post(data):
        return client.post(address, {"file": io.BytesIO(data)})

    page = post(content)
    assert "Dit dossier is echt en onveranderd" in page.content.decode()
    assert "<dd>N. V.</dd>" in page.content.decode()
    assert "Noor" not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    page = post(rebuilt(content, change=lambda n, data: data[:-1] + b"!" if n == name else data))
    assert "Dit dossier is veranderd" in page.content.decode()
    assert name in page.content.decode()
    assert "Dit is geen dossier van Vakwijs" in post(b"PK niets").content.decode()
    monkeypatch.setitem(LIMITS, "dossier", (0, 600))
    assert post(content).status_code == 429
    keys = client.get(reverse("accreditation:dossier_keys")).json()["keys"]
    assert keys[0]["key_id"] == DossierKey.objects.get().key_id
    assert "secret" not in keys[0]


def test_a_certificate_that_no_longer_holds_is_named_to_who_holds_the_very_file(client, nurse):
    content = packed(nurse)
    certificate = Certificate.objects.get()
    assert (checking.check(io.BytesIO(content)).no_longer, checking.check(io.BytesIO(content)).elsewhere) == ((), 0)
    replaced = issuing.replace(certificate=certificate, reason="Naam verbeterd", actor=None)
    assert [(one.number, one.state) for one in checking.check(io.BytesIO(content)).no_longer] == [(certificate.number, "replaced")]
    newer = packed(nurse)
    issuing.revoke(certificate=replaced, reason="Een geheime reden", actor=UserFactory())

    report = checking.check(io.BytesIO(newer))
    page = client.post(reverse("accreditation:verify_dossier"), {"file": io.BytesIO(newer)}).content.decode()
    english = client.post(
        reverse("accreditation:verify_dossier"), {"file": io.BytesIO(newer)}, headers={"accept-language": "en"}
    ).content.decode()

    assert (report.intact, [(one.number, one.state) for one in report.no_longer]) == (True, [(replaced.number, "revoked")])
    assert "Dit dossier is echt en onveranderd, maar niet alles erin geldt nog" in page
    assert replaced.number in page
    assert "Ingetrokken" in page
    assert "geheime" not in page
    assert "This dossier is genuine and unchanged, but not everything in it still holds" in english
    # Who does not hold the file itself hears nothing: under its number something else tells no state.
    name = f"certificaten/{replaced.number}.pdf"
    report = checking.check(io.BytesIO(rebuilt(newer, change=lambda n, data: b"iets anders" if n == name else data)))
    assert (report.no_longer, replaced.number in str(report.findings)) == ((), True)


def test_a_dossier_at_the_page_for_certificates_is_recognised_and_shown_the_way(client, nurse):
    content = packed(nurse)
    address = reverse("accreditation:verify_dossier")
    there = client.get(reverse("accreditation:verify")).content.decode()
    assert address in there
    assert f'href="{reverse("accreditation:verify")}"' in client.get(address).content.decode()

    def hand_in(data):
        return client.post(reverse("accreditation:verify_file"), {"pdf": io.BytesIO(data)}).content.decode()

    assert "Dit is een dossier</h2>" in hand_in(content)
    assert "Dit is een dossier</h2>" in hand_in(rebuilt(content, extra=[("groot.bin", b"x" * (LARGEST_FILE + 1))]))
    on_paper = zipfile.ZipFile(io.BytesIO(content)).read("dossier.pdf")
    assert "Dit is een dossier op papier</h2>" in hand_in(on_paper)
    assert "Dit bestand kennen we niet</h2>" in hand_in(rebuilt(content, without=["manifest.json"]))


def test_a_dossier_of_someone_with_nothing_is_small_and_right():
    content = packed(UserFactory())

    assert checking.check(io.BytesIO(content)).intact
    assert len(names_in(content)) == 5
