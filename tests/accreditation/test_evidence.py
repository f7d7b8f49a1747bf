import hashlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import AuditEvent, Organisation, Register, Role
from accreditation import certificates, reference
from accreditation.dossier import counted_no_second_time, rows_of, standings
from accreditation.evidence import applications, demo, files, keeping
from accreditation.evidence.doubles import warnings
from accreditation.evidence.files import FileRefused
from accreditation.evidence.forms import EvidenceForm
from accreditation.evidence.keeping import EvidenceRefused, Told
from accreditation.evidence.reading import suggestions
from accreditation.evidence.work_hours import worked
from accreditation.models import Certificate, Evidence, EvidenceDocument, EvidenceFile, EvidenceKind
from competencies.models import Competency, Framework
from tests.accreditation.evidence_files import BADGE, a_baked_badge, a_pdf, a_photo, as_jwt
from tests.accreditation.racing import at_once
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, UserFactory
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

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def nurse():
    return UserFactory()


@pytest.fixture
def kind(nurse):
    kind = EvidenceKindFactory()
    RegisterEntryFactory(user=nurse, register=kind.register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    return kind


def told(kind, **more):
    return Told(**{"kind": kind, "title": "Intervisie op de afdeling", "done_on": date(2026, 3, 1), "hours": Decimal("2.5"), **more})


def read(file, owner):
    return suggestions(files.check(file, owner=owner), owner=owner, today=TODAY)


def test_hours_become_points_as_the_kind_says(nurse, kind):
    kind.points_per_hour = Decimal("0.5")
    evidence = keeping.keep(evidence=keeping.begin(owner=nurse), told=told(kind))

    assert (evidence.state, evidence.points) == (Evidence.State.KEPT, Decimal("1.25"))


@pytest.mark.parametrize(
    ("form", "more", "expected"),
    [
        (EvidenceKind.Form.ACCREDITED, {"points": Decimal(6), "hours": Decimal(2)}, Decimal(6)),
        (EvidenceKind.Form.ONCE, {"fixed_points": Decimal(25)}, Decimal(25)),
        (EvidenceKind.Form.WORK, {"started_on": date(2026, 1, 1)}, None),
    ],
)
def test_other_kinds_give_what_is_stated_a_fixed_number_or_nothing(nurse, form, more, expected):
    kind = EvidenceKindFactory(form=form, fixed_points=more.pop("fixed_points", None))

    assert keeping.keep(evidence=keeping.begin(owner=nurse), told=told(kind, **more)).points == expected


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "  "}, "title"),
        ({"done_on": date(2026, 6, 16)}, "done_on"),
        ({"done_on": date(1950, 1, 1)}, "done_on"),
        ({"started_on": date(2026, 3, 2)}, "started_on"),
        ({"starts_at": time(10)}, "ends_at"),
        ({"starts_at": time(10), "ends_at": time(9)}, "ends_at"),
        ({"starts_at": time(14), "ends_at": time(15), "hours": Decimal("1.25")}, "hours"),
        ({"hours": None}, "hours"),
        ({"hours": Decimal(25)}, "hours"),
        ({"points": Decimal(50)}, "points"),
        ({"hours": Decimal(185), "started_on": date(2025, 3, 1)}, "hours"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_that_says_so(nurse, kind, more, field):
    RegisterRuleFactory(register=kind.register, total=184)
    with pytest.raises(EvidenceRefused) as refused:
        keeping.keep(evidence=keeping.begin(owner=nurse), told=told(kind, **more))

    assert refused.value.field == field
    assert Evidence.objects.get().state == Evidence.State.DRAFT


def test_other_development_names_at_most_three_canmeds_areas(nurse, kind):
    framework = Framework.objects.create(code="canmeds", name="CanMEDS")
    areas = [Competency.objects.create(framework=framework, code=f"c:{n}", name=f"Gebied {n}") for n in range(4)]
    evidence = keeping.begin(owner=nurse)

    with pytest.raises(EvidenceRefused, match="hoogstens 3"):
        keeping.keep(evidence=evidence, told=told(kind, competencies=areas))

    assert keeping.keep(evidence=evidence, told=told(kind, competencies=areas[:3])).competencies.count() == 3


def test_the_last_minute_of_today_in_amsterdam_is_today_and_the_next_day_is_not(nurse, kind):
    draft = keeping.begin(owner=nurse)
    with time_machine.travel(datetime(2026, 6, 15, 21, 59, tzinfo=UTC)), pytest.raises(EvidenceRefused):
        keeping.keep(evidence=draft, told=told(kind, done_on=date(2026, 6, 16)))

    with time_machine.travel(datetime(2026, 6, 15, 22, 0, tzinfo=UTC)):
        assert keeping.keep(evidence=draft, told=told(kind, done_on=date(2026, 6, 16))).state == Evidence.State.KEPT


def test_what_is_withdrawn_can_be_put_back_or_thrown_away_with_its_file(nurse, kind):
    evidence = keeping.begin(owner=nurse, checked=files.check(a_pdf(), owner=nurse))
    keeping.keep(evidence=evidence, told=told(kind))
    name = EvidenceFile.objects.get().file.name

    with pytest.raises(EvidenceRefused):
        keeping.discard(evidence=evidence)
    keeping.withdraw(evidence=evidence, because="Dubbel")
    assert keeping.put_back(evidence=evidence).state == Evidence.State.KEPT
    keeping.withdraw(evidence=evidence)
    assert storages["private"].exists(name)
    keeping.discard(evidence=evidence)

    assert not Evidence.objects.exists()
    assert not EvidenceFile.objects.exists()
    assert not storages["private"].exists(name)


def test_the_seeded_kinds_are_there_once_and_keep_what_an_administrator_changed():
    reference.load()
    count = EvidenceKind.objects.count()
    assert not EvidenceKind.objects.filter(help_text="").exists()
    EvidenceKind.objects.filter(register__code="rgs-gaia", code="evaluatie").update(fixed_points=20, help_text="Zo doen wij dat.")
    EvidenceKind.objects.filter(code="oda-intervisie").update(help_text="")
    reference.load()

    assert EvidenceKind.objects.count() == count > 20
    changed = EvidenceKind.objects.get(code="evaluatie")
    assert (changed.fixed_points, changed.help_text) == (20, "Zo doen wij dat.")
    assert EvidenceKind.objects.get(code="oda-intervisie").help_text
    assert set(
        EvidenceKind.objects.filter(code__startswith="oda-", register__code="kwaliteitsregister-vv").values_list(
            "most_competencies", flat=True
        )
    ) == {3}


# --- Files ---------------------------------------------------------------------------------------------------------


def test_the_same_content_is_kept_once_for_a_person_and_apart_for_another(nurse):
    checked = files.check(a_pdf("A"), owner=nurse)
    first, second = keeping.begin(owner=nurse, checked=checked), keeping.begin(owner=nurse, checked=files.check(a_pdf("A"), owner=nurse))
    other = UserFactory()
    keeping.begin(owner=other, checked=files.check(checked.content, owner=other))

    assert first.documents.get().file.sha256 == checked.sha256
    assert EvidenceFile.objects.filter(owner=nurse).count() == len({first.documents.get().file_id, second.documents.get().file_id})
    assert EvidenceFile.objects.filter(sha256=checked.sha256).values("owner").distinct().count() == 2


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (SimpleUploadedFile("leeg.pdf", b""), "leeg"),
        (SimpleUploadedFile("certificaat.pdf", b"MZ\x90\x00 een programma"), "nemen we niet aan"),
        (SimpleUploadedFile("foto.jpg", b"\x00\x00\x00\x18ftypheic\x00\x00"), "HEIC"),
        (SimpleUploadedFile("verslag.docx", b"PK\x03\x04"), "nemen we niet aan"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(nurse, file, message):
    with pytest.raises(FileRefused, match=message):
        files.check(file, owner=nurse)


def test_size_room_and_viruses_are_looked_at_before_anything_is_kept(nurse, settings):
    settings.EVIDENCE_LARGEST_FILE = 10
    with pytest.raises(FileRefused, match="groter"):
        files.check(a_pdf(), owner=nurse)
    settings.EVIDENCE_LARGEST_FILE, settings.EVIDENCE_ROOM = 1_000_000, 10
    with pytest.raises(FileRefused, match="ruimte"):
        files.check(a_pdf(), owner=nurse)
    settings.EVIDENCE_ROOM = 1_000_000
    settings.EVIDENCE_VIRUS_SCANNER = "tests.accreditation.test_evidence.finds_something"
    with pytest.raises(FileRefused, match="virusscanner"):
        files.check(a_pdf(), owner=nurse)
    settings.EVIDENCE_VIRUS_SCANNER = "tests.accreditation.test_evidence.falls_over"
    with pytest.raises(FileRefused, match="straks"):
        files.check(a_pdf(), owner=nurse)

    assert not EvidenceFile.objects.exists()


def finds_something(file):
    return "Eicar"


def falls_over(file):
    raise OSError("away")


def test_bytes_without_a_row_and_rows_without_use_are_swept_a_day_later(nurse):
    storage = storages["private"]
    kept = keeping.begin(owner=nurse, checked=files.check(a_pdf("kept"), owner=nurse)).documents.get().file
    stray = storage.save(f"evidence/{nurse.pk}/{'0' * 64}", a_pdf())
    files.keep(files.check(a_pdf("unused"), owner=nurse), owner=nurse)

    assert files.sweep() == 0
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert files.sweep() == 2
        assert files.sweep() == 0
    assert not storage.exists(stray)
    assert list(EvidenceFile.objects.all()) == [kept]
    assert storage.exists(kept.file.name)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_windows_with_the_same_file_leave_one(nurse):
    content = a_pdf("twice").read()

    def upload():
        file = SimpleUploadedFile("a.pdf", content)
        return keeping.begin(owner=nurse, checked=files.check(file, owner=nurse)).pk

    at_once(upload, upload)

    assert EvidenceFile.objects.count() == 1
    assert len(storages["private"].listdir(f"evidence/{nurse.pk}")[1]) == 1
    assert Evidence.objects.filter(documents__isnull=False).count() == 2


# --- What can be read ----------------------------------------------------------------------------------------------


def test_title_day_points_and_number_are_read_in_a_pdf(nurse):
    found = read(
        a_pdf(
            "Geboren op 3 april 1980",
            "Cursus: Palliatieve zorg in de wijk",
            "Aanbieder: Voorbeeldacademie",
            "Afgerond op 12 maart 2026, 6,5 accreditatiepunten",
            "ID-nummer: 512345, geldig tot 1 januari 2025",
            title="Microsoft Word - certificaat.docx",
        ),
        nurse,
    )

    assert found.as_json() == {
        "title": "Palliatieve zorg in de wijk",
        "provider": "Voorbeeldacademie",
        "done_on": "2026-03-12",
        "points": "6.5",
        "id_number": "512345",
        "found_in": "text",
    }


def test_a_day_to_come_two_amounts_and_a_name_of_a_program_are_no_suggestion(nurse):
    found = read(a_pdf("12 maart 2027", "4 punten en 6 punten", "32-13-2025", title="scan001.pdf"), nurse)

    assert found.as_json() == {"found_in": "text"}
    assert read(a_pdf("Een bewijs", title="about:blank"), nurse).as_json() == {"found_in": "text"}


@pytest.mark.parametrize("file", [lambda: a_pdf(attachment=as_jwt(BADGE).encode()), a_baked_badge], ids=["pdf", "png"])
def test_an_open_badge_inside_is_recognised(nurse, file):
    assert read(file(), nurse).as_json() == {
        "title": "Wondzorg",
        "provider": "Voorbeeldacademie",
        "done_on": "2026-02-11",  # 23:30 UTC is the next day in Amsterdam
        "points": "3",
        "found_in": "badge",
    }


def test_a_photo_says_when_it_was_taken(nurse):
    assert read(a_photo("2026:05:04 23:59:00"), nurse).as_json() == {"done_on": "2026-05-04", "found_in": "photo"}
    assert read(a_photo("2027:05:04 10:00:00"), nurse).as_json() == {}
    assert read(a_photo("gisteren"), nurse).as_json() == {}


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"kind": "PNG"}])
def test_a_photo_is_kept_and_given_out_without_where_it_was_taken(client, nurse, how):
    place = {"xmp": b"<x>Wijk bij Duurstede</x>", "comment": b"Wijk bij Duurstede"} if "kind" not in how else {}
    came = a_photo("2026:05:04 23:59:00", **how, **place).read()
    came += a_photo("2026:05:04 23:59:00").read()  # a phone puts a second picture behind the first
    assert b"Duurstede" in came
    assert dict(Image.open(BytesIO(came)).getexif().get_ifd(0x8825))

    evidence = keeping.begin(owner=nurse, checked=files.check(SimpleUploadedFile("foto.jpg", came), owner=nurse))

    assert evidence.suggestions["done_on"] == "2026-05-04"
    client.force_login(nurse)
    given = b"".join(client.get(reverse("accreditation:evidence_document", args=[evidence.uuid, evidence.documents.get().pk])))
    with Image.open(BytesIO(given)) as image, Image.open(BytesIO(came)) as original:
        assert image.tobytes() == original.tobytes()
        assert (dict(image.getexif().get_ifd(0x8825)), image.getexif()[0x0112]) == ({}, 6)
    assert (b"Duurstede" in given, b"Telefoon" in given) == (False, False)
    again = keeping.begin(owner=nurse, checked=files.check(SimpleUploadedFile("kopie.jpg", given), owner=nurse))
    assert again.documents.get().file == evidence.documents.get().file


def test_a_photo_that_was_kept_before_is_cleaned_once_unless_an_application_holds_it(nurse, kind, capsys):
    def kept_as_it_came(name, **more):
        came = a_photo("2026:05:04 23:59:00", name, **more)
        raw = files.CheckedFile(came, name, "image/jpeg", hashlib.sha256(came.read()).hexdigest(), came.size)
        return keeping.keep(evidence=keeping.begin(owner=nurse, checked=raw), told=told(kind, title=name))

    def place_in(evidence):
        with evidence.documents.get().file.file.open() as file, Image.open(file) as image:
            return dict(image.getexif().get_ifd(0x8825))

    def cleaned():
        call_command("clean_photos")
        return [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]

    held = kept_as_it_came("aanvraag.jpg", quality=60)
    entry = nurse.register_entries.get()
    application = applications.apply(entry=entry, frozen=dict, first_day=entry.period_start, last_day=entry.period_end)
    free = kept_as_it_came("foto.jpg")
    before = free.documents.get().file
    again = keeping.begin(owner=nurse, checked=files.check(a_photo("2026:05:04 23:59:00"), owner=nurse))  # the same one, uploaded since
    EvidenceDocument.objects.create(evidence=again, file=before, name="foto.jpg")
    gone = kept_as_it_came("weg.jpg", quality=50).documents.get().file.file
    gone.storage.delete(gone.name)
    assert place_in(free)
    assert place_in(held)

    assert [cleaned(), cleaned()] == [[1, 1, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0]]

    assert place_in(free) == {}
    assert place_in(held)
    assert again.documents.get().file == free.documents.get().file
    assert not EvidenceFile.objects.filter(pk=before.pk).exists()
    event = AuditEvent.objects.get(event="evidence-photo-cleaned", dossier_owner=nurse)
    assert event.details == {"before": before.sha256, "after": free.documents.get().file.sha256}
    applications.take_back(application=application, because="Anders")
    assert cleaned() == [1, 1, 0, 0, 1, 0]
    assert place_in(held) == {}


def test_a_photo_whose_bytes_were_damaged_is_named_and_keeps_its_hash_while_the_others_are_cleaned(nurse, kind, capsys, monkeypatch):
    def kept_as_it_came(name, content):
        raw = files.CheckedFile(ContentFile(content), name, "image/jpeg", hashlib.sha256(content).hexdigest(), len(content))
        return keeping.keep(evidence=keeping.begin(owner=nurse, checked=raw), told=told(kind, title=name)).documents.get()

    def cleaned():
        call_command("clean_photos")
        said = capsys.readouterr()
        return [int(line.split()[0]) for line in said.out.splitlines()], said.err

    damaged = kept_as_it_came("halverwege.jpg", whole := a_photo("2026:05:04 23:59:00").read())
    Path(damaged.file.file.path).write_bytes(whole[:-40])
    unfinished = kept_as_it_came("nooit heel.jpg", a_photo("2026:05:04 23:59:00", quality=50).read()[:-40])
    folder = kept_as_it_came("map.jpg", a_photo("2026:05:04 23:59:00", quality=40).read())
    Path(folder.file.file.path).unlink()
    Path(folder.file.file.path).mkdir()  # an OSError of another kind than a file that is gone
    good = kept_as_it_came("goed.jpg", a_photo("2026:05:04 23:59:00", quality=60).read())
    before = {document.pk: document.file_id for document in (damaged, unfinished, folder, good)}

    with monkeypatch.context() as full:
        full.setattr(type(good.file.file.storage), "_save", Mock(side_effect=OSError("No space left on device")))
        assert cleaned()[0] == [0, 0, 0, 1, 2, 1]
    counts, said = cleaned()

    assert counts == [0, 1, 0, 1, 2, 0]
    assert {damaged.file.file.name, unfinished.file.file.name, folder.file.file.name} == {line.split(":")[0] for line in said.splitlines()}
    after = {document.pk: document.file_id for document in EvidenceDocument.objects.filter(pk__in=before)}
    assert {pk for pk in before if before[pk] != after[pk]} == {good.pk}


PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 niets %%EOF\n",
        b"%PDF-1.7\n1 0 obj<</Length 99999999999>>stream\n%%EOF",
        PNG + b"\0\0\0\0IEND\xaeB`\x82",
        JPEG + b"\x00\xff\xd9",
    ],
)
def test_of_a_strange_file_nothing_is_read_and_it_is_kept_all_the_same(nurse, content):
    evidence = keeping.begin(owner=nurse, checked=files.check(SimpleUploadedFile("x.pdf", content), owner=nurse))

    assert evidence.suggestions == {}
    assert evidence.documents.count() == 1


@pytest.mark.parametrize("file", [a_pdf(), a_photo(), a_photo(kind="PNG")])
def test_a_file_that_came_over_by_half_is_no_proof(client, nurse, kind, file):
    whole = file.read()
    assert files.check(SimpleUploadedFile("heel", whole), owner=nurse).size
    client.force_login(nurse)

    page = client.post(reverse("accreditation:new_evidence"), {"file": SimpleUploadedFile("half", whole[: len(whole) // 2])})

    assert "Dit bestand is niet compleet" in page.content.decode()
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_our_own_certificate_is_recognised_by_its_bytes(nurse, kind):
    release = released_course()
    accredited(release=release, register=kind.register, category="geaccrediteerd")
    satisfy(EnrolmentFactory(learner=nurse, release=release))
    certificate = Certificate.objects.get()
    content = certificates.read_pdf(certificate)

    evidence = keeping.begin(owner=nurse, checked=files.check(SimpleUploadedFile("vw.pdf", content), owner=nurse))

    assert evidence.suggestions["own_certificate"] == certificate.number
    assert any("al in je dossier" in warning.text for warning in warnings(owner=nurse, told=told(kind), evidence=evidence))


# --- Warnings ------------------------------------------------------------------------------------------------------


def keys(nurse, said, evidence=None):
    return [warning.key.split("-")[0] for warning in warnings(owner=nurse, told=said, evidence=evidence)]


def test_the_same_file_title_day_or_hours_are_warned_of(nurse, kind):
    first = keeping.begin(owner=nurse, checked=files.check(a_pdf("A"), owner=nurse))
    with first.documents.get().file.file.open() as opened:
        content = opened.read()
    said = told(kind, starts_at=time(9), ends_at=time(17), hours=Decimal(8))
    keeping.keep(evidence=first, told=said)
    second = keeping.begin(owner=nurse, checked=files.check(SimpleUploadedFile("b.pdf", content), owner=nurse))

    assert keys(nurse, said, first) == []
    assert keys(nurse, told(kind, title="Iets anders", done_on=date(2026, 2, 1)), second) == ["file"]
    assert keys(nurse, told(kind, title="INTERVISIE, op de afdeling!", done_on=date(2026, 3, 2))) == ["twin"]
    assert keys(nurse, told(kind, title="Klinische les", starts_at=time(16, 59), ends_at=time(20))) == ["hours"]
    assert keys(nurse, told(kind, title="Klinische les", starts_at=time(17), ends_at=time(20))) == []
    assert keys(nurse, told(kind, title="Klinische les", hours=Decimal("4.25"))) == ["day"]
    assert keys(nurse, told(kind, done_on=date(2021, 12, 31))) == ["before"]


def test_a_photo_of_more_parts_than_any_photo_has_is_refused_before_it_is_opened(nurse):
    came, size = a_photo().read(), files.check(a_photo(), owner=nurse).size
    for parts, fits in ((9_000, True), (10_000, False)):
        padded = SimpleUploadedFile("foto.jpg", came[:2] + b"\xff\xee\0\2" * parts + came[2:])
        if fits:
            assert files.check(padded, owner=nurse).size == size + 4 * parts
        else:
            with pytest.raises(FileRefused, match="Deze foto kunnen we niet lezen"):
                files.check(padded, owner=nurse)


def test_points_unlike_the_file_or_unusually_many_are_asked_about_for_each_number(nurse):
    kind = EvidenceKindFactory(form=EvidenceKind.Form.ACCREDITED)
    RegisterRuleFactory(register=kind.register, total=184)
    evidence = Evidence.objects.create(owner=nurse, suggestions={"points": "6"})

    def asked(points):
        said = told(kind, hours=None, points=Decimal(points))
        return [warning.key for warning in warnings(owner=nurse, told=said, evidence=evidence)]

    assert [asked("6.00"), asked(7), asked("40.5")] == [[], ["read-7"], ["read-40.5", "many-40.5"]]
    assert keeping.keep(evidence=evidence, told=told(kind, hours=None, points=Decimal(184))).points == 184
    with pytest.raises(EvidenceRefused, match=r"184,5 kan niet: .* vraagt in een hele periode 184"):
        keeping.keep(evidence=evidence, told=told(kind, hours=None, points=Decimal("184.5")))


def test_work_in_a_period_that_was_written_down_before_is_asked_about(nurse, kind):
    work = EvidenceKindFactory(register=kind.register, form=EvidenceKind.Form.WORK, category=None)
    first = told(work, title="Wijkzorg", started_on=date(2025, 10, 24), done_on=date(2026, 6, 10), hours=Decimal(1200))
    kept = keeping.add(owner=nurse, told=first)
    keeping.add(owner=nurse, told=told(kind, started_on=date(2025, 12, 1)))
    again = told(work, started_on=date(2026, 1, 1), done_on=date(2026, 5, 30), hours=Decimal(900))

    (asked,) = warnings(owner=nurse, told=again)
    assert (asked.key, asked.text) == (
        f"work-{kept.pk}",
        "Deze periode overlapt met 'Wijkzorg': 1200 uur van 24 oktober 2025 tot en met 10 juni 2026. Klopt dat?",
    )
    assert keys(nurse, told(work, started_on=date(2025, 1, 1), done_on=date(2025, 10, 24), hours=Decimal(900))) == ["work"]
    assert keys(nurse, told(work, started_on=date(2025, 1, 1), done_on=date(2025, 10, 23), hours=Decimal(900))) == []
    assert keys(nurse, first, kept) == []


@pytest.mark.parametrize(("typed", "read_as"), [("1.200", 1200), ("1 200,5", "1200.5"), ("12,25", "12.25"), ("1.20", "1.20")])
def test_hours_are_read_as_the_dutch_write_them(nurse, kind, typed, read_as):
    form = EvidenceForm({"hours": typed, "points": "99999999"}, evidence=Evidence(owner=nurse))

    assert form.is_valid() is False
    assert form.cleaned_data["hours"] == Decimal(read_as)
    assert form.errors["points"] == ["Dit getal is te groot. Kijk het na."]


@pytest.mark.django_db(transaction=True)
def test_a_course_that_counts_already_is_warned_of(nurse, kind):
    release = released_course()
    accredited(release=release, register=kind.register, id_number="512345")
    satisfy(EnrolmentFactory(learner=nurse, release=release))

    assert keys(nurse, told(kind, id_number="512-345")) == ["award"]
    assert keys(nurse, told(kind, title=release.course.title, done_on=date(2026, 6, 1))) == ["award"]
    assert keys(nurse, told(EvidenceKindFactory(), id_number="512345")) == []


def test_work_that_runs_over_the_edge_of_a_period_counts_for_its_part(nurse):
    work = [
        Evidence(started_on=date(2021, 7, 2), done_on=date(2022, 7, 1), hours=Decimal(1000)),
        Evidence(started_on=date(2022, 1, 1), done_on=date(2022, 12, 31), hours=Decimal(500)),
    ]

    assert worked(work, first_day=date(2022, 1, 1), last_day=date(2026, 12, 31)) == round(Decimal(1000) * 182 / 365) + 500
    assert worked(work, first_day=date(2023, 1, 1), last_day=date(2027, 12, 31)) == 0


# --- Pages ---------------------------------------------------------------------------------------------------------


def post(client, evidence, **fields):
    return client.post(reverse("accreditation:evidence", args=[evidence.uuid]), {"seen": "", **fields})


def test_from_a_file_to_the_dossier_with_a_warning_on_the_way(client, nurse, kind):
    client.force_login(nurse)
    EvidenceFactory(owner=nurse, kind=kind, title="Palliatieve zorg in de wijk", done_on=date(2026, 3, 12))

    page = client.post(
        reverse("accreditation:new_evidence"), {"file": a_pdf("Cursus: Palliatieve zorg in de wijk", "Afgerond op 12 maart 2026")}
    )
    draft = Evidence.objects.get(state="draft")
    assert page.url == reverse("accreditation:evidence", args=[draft.uuid])
    page = client.get(page.url)
    assert 'value="Palliatieve zorg in de wijk"' in page.content.decode()
    assert 'value="2026-03-12"' in page.content.decode()

    fields = {"kind": kind.pk, "title": "Palliatieve zorg in de wijk", "done_on": "2026-03-12", "hours": "1,5"}
    page = post(client, draft, **fields)
    assert "staat al in je dossier" in page.content.decode()
    assert Evidence.objects.get(pk=draft.pk).state == "draft"
    page = post(client, draft, **fields, seen=page.context["seen"])
    assert page.url == reverse("accreditation:my_evidence")
    assert Evidence.objects.get(pk=draft.pk).points == Decimal("1.5")


def test_a_refusal_keeps_all_that_was_typed(client, nurse, kind):
    client.force_login(nurse)
    draft = keeping.begin(owner=nurse)

    page = post(client, draft, kind=kind.pk, title="Een <b>titel</b>", done_on="2026-03-12", description="Geleerd")

    text = page.content.decode()
    assert "Vul in hoeveel uren het waren" in text
    assert "Een &lt;b&gt;titel&lt;/b&gt;" in text
    assert "Geleerd" in text


def test_a_second_window_asks_before_it_overwrites_what_the_first_one_kept(client, nurse, kind):
    client.force_login(nurse)
    mine = EvidenceFactory(owner=nurse, kind=kind, title="Intervisie", done_on=date(2026, 3, 1), hours=Decimal(2))
    address = reverse("accreditation:evidence", args=[mine.uuid])
    opened = client.get(address).context["form"]["as_of"].value()
    typed = {"kind": kind.pk, "title": "Intervisie", "done_on": "2026-03-01", "hours": "2", "as_of": opened}
    with time_machine.travel(datetime(2026, 6, 15, 10, 1, tzinfo=UTC), tick=False):
        assert client.post(address, {**typed, "hours": "3,5", "provider": "Wijkteam"}).status_code == 302

        assert client.post(address, {**typed, "hours": "3,5", "provider": "Wijkteam"}).status_code == 302  # the same again takes nothing
        second = client.post(address, {**typed, "description": "Geleerd"})

        assert "vervang je: Waar, of bij wie: Wijkteam; Effectieve uren: 3,5; Wat leerde je ervan: –." in second.content.decode()
        assert client.post(address, {**typed, "description": "Geleerd", "seen": second.context["seen"]}).status_code == 302
    mine = Evidence.objects.get(pk=mine.pk)
    assert (mine.hours, mine.provider, mine.description) == (Decimal(2), "", "Geleerd")


def test_a_second_window_asks_as_well_before_it_overwrites_a_draft_that_waits_for_its_file(client, nurse, kind):
    client.force_login(nurse)
    certificate = EvidenceKindFactory(register=kind.register, needs_file=True)
    draft = keeping.begin(owner=nurse)
    opened = client.get(reverse("accreditation:evidence", args=[draft.uuid])).context["form"]["as_of"].value()
    typed = {"kind": certificate.pk, "done_on": "2026-03-01", "hours": "2", "as_of": opened}
    with time_machine.travel(datetime(2026, 6, 15, 10, 1, tzinfo=UTC), tick=False):
        assert post(client, draft, **typed, title="Palliatieve zorg").status_code == 302

        second = post(client, draft, **typed, title="Wondzorg")

        assert "Palliatieve zorg" in second.content.decode()
        assert Evidence.objects.get(pk=draft.pk).title == "Palliatieve zorg"
        assert post(client, draft, **typed, title="Wondzorg", seen=second.context["seen"]).status_code == 302
    assert Evidence.objects.get(pk=draft.pk).title == "Wondzorg"


def test_what_was_typed_stays_when_a_file_comes_or_goes_and_a_chosen_file_is_kept_with_it(client, nurse, kind):
    client.force_login(nurse)
    mine = EvidenceFactory(owner=nurse, kind=kind, title="Intervisie")
    area = Competency.objects.create(code="test:gebied", name="Gebied", framework=Framework.objects.create(code="test", name="Kader"))
    address = reverse("accreditation:evidence", args=[mine.uuid])
    typed = {"kind": kind.pk, "title": "Intervisie", "done_on": "niet te lezen", "hours": "2,5", "description": "Geleerd"}
    typed |= {"competencies": [area.pk]}

    added = client.post(address, {**typed, "add": "ja", "file": a_photo()})
    refused = client.post(address, {**typed, "add": "ja", "file": SimpleUploadedFile("brief.docx", b"PK")})
    removed = client.post(address, {**typed, "remove": mine.documents.get().pk})

    for page in (added, refused, removed):
        form = page.context["form"]
        assert (form["description"].value(), form["hours"].value(), form["done_on"].value()) == ("Geleerd", "2,5", "niet te lezen")
        assert (form["competencies"].value(), form.errors) == ([str(area.pk)], {})
    assert ["Wat je invulde, staat er nog" in page.content.decode() for page in (added, refused, removed)] == [True, False, True]
    assert not mine.documents.exists()
    assert client.post(address, {"add": "ja", "file": a_photo()}).status_code == 302
    assert client.post(address, {"remove": "9" * 30}).status_code == 404
    kept = client.post(address, {**typed, "done_on": "2026-03-01", "file": a_pdf()})
    assert (kept.status_code, mine.documents.count()) == (302, 2)
    mine = Evidence.objects.get(pk=mine.pk)
    assert (mine.description, mine.hours) == ("Geleerd", Decimal("2.5"))


def test_all_that_is_wrong_is_told_at_once_beside_its_field(client, nurse, kind):
    client.force_login(nurse)
    framework = Framework.objects.create(code="canmeds", name="CanMEDS")
    areas = [Competency.objects.create(framework=framework, code=f"c:{n}", name=f"Gebied {n}") for n in range(4)]
    EvidenceFactory(owner=nurse, kind=kind, title="Intervisie op de afdeling", done_on=date(2026, 3, 1))
    address = reverse("accreditation:new_evidence_without_file")
    fields = {"kind": kind.pk, "title": "Intervisie op de afdeling", "competencies": [area.pk for area in areas], "description": "Geleerd"}

    page = client.post(address, {**fields, "done_on": "volgt nog", "starts_at": "10:00"})
    assert set(page.context["form"].errors) == {"done_on", "ends_at", "hours", "competencies"}
    assert "Geleerd" in page.content.decode()
    page = client.post(address, {**fields, "done_on": "2026-03-01", "hours": "2"})
    assert set(page.context["form"].errors) == {"competencies"}
    assert page.context["warnings"] == []
    page = client.post(address, {**fields, "done_on": "", "hours": "30", "competencies": []})
    assert set(page.context["form"].errors) == {"done_on"}
    assert Evidence.objects.filter(owner=nurse).count() == 1


def test_without_a_file_nothing_is_written_before_it_is_whole(client, nurse, kind):
    client.force_login(nurse)
    address = reverse("accreditation:new_evidence_without_file")
    EvidenceFactory(owner=nurse, kind=kind, title="Klinische les", done_on=date(2026, 3, 1))
    fields = {"kind": kind.pk, "title": "Klinische les", "done_on": "2026-03-01", "hours": "1,5"}

    client.get(address)
    client.post(address, {**fields, "hours": ""})
    warned = client.post(address, fields)
    assert "staat al in je dossier" in warned.content.decode()
    assert Evidence.objects.count() == 1

    assert client.post(address, {**fields, "seen": warned.context["seen"]}).url == reverse("accreditation:my_evidence")
    assert [one.state for one in Evidence.objects.all()] == ["kept", "kept"]


def test_a_kind_that_needs_a_file_keeps_what_was_typed_until_the_file_is_there(client, nurse, kind):
    client.force_login(nurse)
    EvidenceKind.objects.update(needs_file=True)
    fields = {"kind": kind.pk, "title": "Scholing elders", "done_on": "2026-03-01", "hours": "1,5", "description": "Geleerd"}

    page = client.post(reverse("accreditation:new_evidence_without_file"), fields)

    draft = Evidence.objects.get()
    assert (draft.state, draft.title, page.url) == ("draft", "Scholing elders", reverse("accreditation:evidence", args=[draft.uuid]))
    assert "Hier hoort een bewijsstuk bij" in client.get(page.url).content.decode()
    client.post(page.url, {**fields, "title": "Scholing elders, verbeterd"})
    client.post(page.url, {"add": "ja", "file": a_pdf()})
    page = client.get(page.url)
    assert "Hier hoort een bewijsstuk bij" not in page.content.decode()
    assert page.context["form"]["title"].value() == "Scholing elders, verbeterd"
    assert page.context["form"]["description"].value() == "Geleerd"
    post(client, draft, **fields)
    assert Evidence.objects.get().state == "kept"


def test_what_was_kept_as_a_kind_that_is_no_longer_offered_can_still_be_mended(client, nurse, kind):
    client.force_login(nurse)
    evidence = EvidenceFactory(owner=nurse, kind=kind)
    EvidenceKind.objects.update(active=False)

    page = post(client, evidence, kind=kind.pk, title="Verbeterd", done_on="2026-03-01", hours="4")
    assert page.url == reverse("accreditation:my_evidence")
    assert Evidence.objects.get().title == "Verbeterd"
    page = post(client, keeping.begin(owner=nurse), kind=kind.pk, title="Nieuw", done_on="2026-03-02", hours="4")
    assert page.status_code == 200


def test_nobody_else_finds_my_evidence_or_its_file(client, nurse, kind):
    evidence = keeping.begin(owner=nurse, checked=files.check(a_pdf("geheim"), owner=nurse))
    pages = [
        reverse("accreditation:evidence", args=[evidence.uuid]),
        reverse("accreditation:evidence_document", args=[evidence.uuid, evidence.documents.get().pk]),
    ]
    client.force_login(nurse)
    assert [client.get(page).status_code for page in pages] == [200, 200]

    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert [client.get(page).status_code for page in pages] == [404, 404]
    assert "certificaat.pdf" not in client.get(reverse("accreditation:my_evidence")).content.decode()


def test_a_kind_of_a_register_where_i_am_not_cannot_be_chosen(client, nurse, kind):
    client.force_login(nurse)
    elsewhere = EvidenceKindFactory()

    page = post(client, keeping.begin(owner=nurse), kind=elsewhere.pk, title="X", done_on="2026-03-12", hours="1")

    assert page.status_code == 200
    assert not Evidence.objects.filter(state="kept").exists()


def test_the_same_file_counts_once_and_the_list_names_the_pair(client, nurse, kind):
    client.force_login(nurse)
    CategoryRuleFactory(rule=RegisterRuleFactory(register=kind.register, total=184), category=kind.category)
    checked = files.check(a_pdf("Klinische les"), owner=nurse)
    first = keeping.keep(evidence=keeping.begin(owner=nurse, checked=checked), told=told(kind, title="Klinische les"))
    page = client.get(reverse("accreditation:my_evidence")).content.decode()
    assert ("lijkt op" in page, "telt niet mee: dubbel" in page) == (False, False)

    second = keeping.begin(owner=nurse, checked=checked)
    keeping.keep(evidence=second, told=told(kind, title="Iets anders", done_on=date(2026, 5, 1)))
    page = client.get(reverse("accreditation:my_evidence")).content.decode()
    assert (page.count("lijkt op"), page.count("telt niet mee: dubbel")) == (2, 1)
    (standing,) = standings(person=nurse)
    assert standing.evaluation.total == first.points
    assert rows_of(kind.register, people=[nurse.pk])[nurse.pk] == [counted.row for counted in standing.evaluation.rows]
    assert counted_no_second_time(nurse) == {second.pk}
    entry = nurse.register_entries.get()
    assert client.get(reverse("accreditation:new_application", args=[entry.pk])).content.decode().count("telt niet mee: dubbel") == 1

    for day in range(2, 5):
        keeping.keep(
            evidence=keeping.begin(owner=nurse, checked=checked), told=told(kind, title=f"Dag {day}", done_on=date(2026, 5, day * 4))
        )
    page = client.get(reverse("accreditation:my_evidence")).content.decode()
    assert (page.count("lijkt op"), page.count("en op nog 1 ander<")) == (5 * 3, 5)  # one file may prove a hundred courses
    Evidence.objects.filter(title__startswith="Dag").update(state=Evidence.State.WITHDRAWN)

    # One file that proves two courses: each has a number of its own.
    keeping.keep(evidence=first, told=told(kind, id_number="100001"))
    assert standings(person=nurse)[0].evaluation.total == first.points
    keeping.keep(evidence=second, told=told(kind, title="Iets anders", id_number="100002"))
    assert standings(person=nurse)[0].evaluation.total == 2 * first.points


def test_work_hours_have_a_page_that_asks_only_what_work_needs(client, nurse, kind):
    client.force_login(nurse)
    address = reverse("accreditation:new_work_hours", args=[kind.register.code])
    assert client.get(address).status_code == 404
    RegisterRuleFactory(register=kind.register, work_hours=2080)
    EvidenceKindFactory(register=kind.register, form=EvidenceKind.Form.WORK, category=None)
    assert address in client.get(reverse("accreditation:my_dossier")).content.decode()

    page = client.get(address)
    assert list(page.context["form"].fields) == ["title", "provider", "started_on", "done_on", "hours"]
    wrong = client.post(address, {"title": "Wijkzorg", "done_on": "2026-05-31"})
    assert wrong.context["form"].errors == {
        "started_on": ["Vul in vanaf welke dag je deze uren werkte."],
        "hours": ["Vul in hoeveel uren je in deze periode werkte."],
    }
    fields = {"title": "Wijkzorg", "started_on": "2025-06-01", "done_on": "2026-05-31", "hours": "1.200"}
    assert client.post(address, {**fields, "seen": ""}).url == reverse("accreditation:my_evidence")
    again = client.post(address, {**fields, "title": "Ander werk"})
    assert "Deze periode overlapt met" in again.content.decode()
    kept = Evidence.objects.get()
    assert (kept.is_work, kept.hours, kept.points) == (True, 1200, None)


def test_a_change_that_comes_after_an_application_locked_it_is_told_to_be_lost(client, nurse, kind):
    client.force_login(nurse)
    entry = nurse.register_entries.get()
    evidence = EvidenceFactory(owner=nurse, kind=kind, title="Intervisie")
    fields = {"kind": kind.pk, "title": "Intervisie met collega's", "done_on": "2026-03-01", "hours": "4"}
    applications.apply(entry=entry, frozen=dict, first_day=entry.period_start, last_day=entry.period_end)

    assert "niet bewaard" not in client.get(reverse("accreditation:evidence", args=[evidence.uuid])).content.decode()
    page = post(client, evidence, **fields)

    assert "Wat je veranderde, is niet bewaard" in page.content.decode()
    assert "Wat deed je: Intervisie met collega&#x27;s" in page.content.decode()
    assert page.context["not_kept"] == [("Wat deed je", "Intervisie met collega's")]
    assert Evidence.objects.get().title == "Intervisie"


def test_the_list_asks_as_much_for_three_as_for_one(client, nurse, kind):
    client.force_login(nurse)
    EvidenceFactory(owner=nurse, kind=kind)
    client.get(reverse("accreditation:my_evidence"))

    with CaptureQueriesContext(connection) as one:
        client.get(reverse("accreditation:my_evidence"))
    EvidenceFactory.create_batch(2, owner=nurse, kind=kind)
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("accreditation:my_evidence"))

    assert len(one) == len(three)


def test_an_administrator_sets_the_kinds_of_a_register_and_sees_what_is_not_confirmed(client, kind):
    association = OrganisationFactory(kind=Organisation.Kind.ASSOCIATION)
    client.force_login(MembershipFactory(organisation=association, role=Role.ACCREDITATION_ADMIN).user)
    page = client.get(reverse("accreditation:registers")).content.decode()
    assert "Intervisie" in page
    assert "niet bevestigd" in page
    address = reverse("accreditation:evidence_kind", args=[kind.register.code, kind.pk])
    fields = {"name": "Intervisie", "form": "hours", "category": kind.category_id, "points_per_hour": "0.5", "order": 0, "confirmed": "on"}

    wrong = client.post(address, {**fields, "form": "once"})
    assert "Vul in hoeveel punten dit geeft" in wrong.content.decode()
    assert client.post(address, fields).status_code == 302

    kind.refresh_from_db()
    assert (kind.points_per_hour, kind.confirmed, kind.active) == (Decimal("0.5"), True, False)
    assert AuditEvent.objects.filter(event="evidence-kind-saved").exists()


def test_the_demo_nurse_has_examples_that_say_so_once():
    reference.load()
    nurse = RegisterEntryFactory(register=Register.objects.get(code="kwaliteitsregister-vv"), number="123456").user
    demo.seed(nurse)
    demo.seed(nurse)
    demo.seed(None)

    assert [one.title.startswith("Voorbeeld: ") for one in Evidence.objects.filter(owner=nurse, state="kept")] == [True] * 4


def test_what_one_does_with_own_evidence_stands_in_ones_own_trail_without_its_title(client, nurse, kind):
    client.force_login(nurse)
    address = reverse("accreditation:new_evidence_without_file")
    client.post(address, {"kind": kind.pk, "title": "Klinische les", "done_on": "2026-03-01", "hours": "1,5"})
    mine = Evidence.objects.get()
    for step in ("withdraw", "put_back", "withdraw", "discard"):
        client.post(reverse(f"accreditation:{step}_evidence", args=[mine.uuid]))

    trail = client.get("/mijn/inzage/?alles=1").content.decode()

    assert not Evidence.objects.exists()
    for words in ("Eigen bewijs in je dossier bewaard", "Eigen bewijs ingetrokken", "Eigen bewijs teruggezet", "Eigen bewijs weggegooid"):
        assert words in trail
    assert {event.subject for event in AuditEvent.objects.filter(dossier_owner=nurse)} == {kind.name}
