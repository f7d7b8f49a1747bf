import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accreditation.dossiers import importing, package, sharing
from accreditation.dossiers.importing import ImportRefused
from accreditation.evidence import files, keeping
from accreditation.evidence.keeping import Told
from accreditation.models import Certificate, DossierIntake, DossierKey, Evidence, EvidenceFile, EvidenceKind, PointAward
from tests.accreditation.evidence_files import a_photo
from tests.accreditation.racing import at_once
from tests.accreditation.test_dossier_package import rebuilt
from tests.factories.accounts import RegisterEntryFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, EvidenceKindFactory, RegisterRuleFactory, accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db

PERIOD = {"period_start": date(2022, 1, 1), "period_end": date(2026, 12, 31)}


@pytest.fixture(autouse=True)
def _one_day(settings):
    cache.clear()
    settings.SITE_URL = "https://elders.example"
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def kind():
    kind = EvidenceKindFactory()
    CategoryRuleFactory(rule=RegisterRuleFactory(register=kind.register), category=kind.category)
    return kind


def a_dossier(kind, *, elsewhere=True):
    """Of a nurse with an award, its certificate, and a piece of evidence with a file; the key is unknown when it comes from elsewhere."""
    nurse = UserFactory(first_name="Noor", last_name="Voorbeeld")
    RegisterEntryFactory(user=nurse, register=kind.register, **PERIOD)
    release = released_course()
    accredited(release=release, register=kind.register, id_number="512345", points=6)
    satisfy(EnrolmentFactory(learner=nurse, release=release))
    CategoryRuleFactory(rule=kind.register.rules.get(), category=kind.register.point_categories.get(code="geaccrediteerd"))
    evidence = keeping.begin(owner=nurse)
    keeping.add_document(evidence=evidence, checked=files.check(a_photo(), owner=nurse))
    keeping.keep(evidence=evidence, told=Told(kind=kind, title="Intervisie", done_on=date(2026, 3, 1), hours=Decimal(2)))
    out = io.BytesIO()
    package.write(person=nurse, into=out)
    if elsewhere:
        DossierKey.objects.all()._raw_delete("default")
    return out.getvalue()


def handed_in(content, owner):
    return importing.hand_in(owner=owner, source=SimpleUploadedFile("dossier.zip", content))


def taken(content, owner):
    intake = handed_in(content, owner)
    importing.accept(intake)
    intake.refresh_from_db()
    return intake


@pytest.fixture
def me(kind):
    """In the same register here, where accredited education of elsewhere has a kind."""
    me = UserFactory(first_name="Noor", last_name="Voorbeeld")
    RegisterEntryFactory(user=me, register=kind.register, **PERIOD)
    return me


def external(kind):
    category = kind.register.point_categories.get(code="geaccrediteerd")
    return EvidenceKindFactory(
        register=kind.register, code="elders", form=EvidenceKind.Form.ACCREDITED, category=category, needs_file=True, most_competencies=None
    )


def test_a_dossier_of_elsewhere_comes_in_as_own_evidence_with_its_provenance_and_once(me, kind):
    content = a_dossier(kind)
    external(kind)
    before = PointAward.objects.count(), Certificate.objects.count()
    intake = handed_in(content, me)
    assert [row["becomes"] for row in importing.preview(intake)] == ["kept", "kept"]
    assert not Evidence.objects.filter(owner=me).exists()

    importing.accept(intake)

    mine = {one.title: one for one in Evidence.objects.filter(owner=me)}
    award = next(one for title, one in mine.items() if title != "Intervisie")
    assert (award.state, award.points, award.id_number, award.kind.code) == ("kept", Decimal(6), "512345", "elders")
    assert (award.provenance["installation"], award.provenance["known"]) == ("https://elders.example", False)
    assert award.documents.get().file.sha256 == Certificate.objects.get().sha256
    assert mine["Intervisie"].points == Decimal(2)
    assert (PointAward.objects.count(), Certificate.objects.count()) == before
    again = taken(content, me)
    assert again.taken_at
    assert Evidence.objects.filter(owner=me).count() == 2
    assert {row["becomes"] for row in importing.preview(again)} == {"there"}
    assert not again.file.storage.exists(again.file.name)


def test_what_has_no_kind_here_comes_in_as_a_draft_to_finish(kind):
    stranger = UserFactory()

    taken(a_dossier(kind), stranger)

    drafts = Evidence.objects.filter(owner=stranger)
    assert [one.state for one in drafts] == ["draft", "draft"]
    assert {one.suggestions["found_in"] for one in drafts} == {"dossier"}
    assert all(one.documents.count() == 1 for one in drafts)


def test_our_own_points_never_come_in_a_second_time(me, kind):
    content = a_dossier(kind, elsewhere=False)
    external(kind)

    taken(content, me)

    assert [one.title for one in Evidence.objects.filter(owner=me)] == ["Intervisie"]


def packed(person):
    out = io.BytesIO()
    package.write(person=person, into=out)
    return out.getvalue()


def work(kind):
    return EvidenceKindFactory(register=kind.register, code="werkuren", form=EvidenceKind.Form.WORK, category=None)


def test_what_began_here_comes_in_no_second_time_not_even_by_way_of_another_installation(me, kind, settings):
    worked = Told(kind=work(kind), title="Werk", started_on=date(2025, 1, 1), done_on=date(2025, 12, 31), hours=Decimal(1200))
    mine = keeping.add(owner=me, told=worked)
    withdrawn = keeping.add(owner=me, told=Told(kind=kind, title="Ingetrokken", done_on=date(2026, 3, 1), hours=Decimal(1)))
    home = packed(me)
    keeping.withdraw(evidence=withdrawn)
    intake = handed_in(home, me)
    assert [row["becomes"] for row in importing.preview(intake)] == ["there", "there"]
    importing.accept(intake)
    assert Evidence.objects.filter(owner=me).count() == 2

    there = UserFactory()
    RegisterEntryFactory(user=there, register=kind.register, **PERIOD)
    assert [row["becomes"] for row in importing.preview(handed_in(home, there))] == ["kept", "kept"]
    taken(home, there)
    settings.SITE_URL = "https://nog-elders.example"
    round_about = packed(there)
    DossierKey.objects.all()._raw_delete("default")
    settings.SITE_URL = "https://elders.example"
    taken(round_about, me)
    assert set(Evidence.objects.filter(owner=me)) == {mine, withdrawn}
    keeping.discard(evidence=withdrawn)
    taken(home, me)
    assert Evidence.objects.filter(owner=me).count() == 2  # what was thrown away may come back


def test_the_same_words_days_and_files_are_the_same_thing_and_our_certificate_is_no_evidence(me, kind):
    twice = [Told(kind=kind, title="Intervisie", done_on=date(2026, 3, 1), hours=Decimal(2)) for _two in range(2)]
    nurse = UserFactory()
    RegisterEntryFactory(user=nurse, register=kind.register, **PERIOD)
    for told in twice:
        keeping.add(owner=nurse, told=told)
    with_file = keeping.begin(owner=nurse)
    keeping.add_document(evidence=with_file, checked=files.check(a_photo(), owner=nurse))
    keeping.keep(evidence=with_file, told=twice[0])
    release = released_course()
    satisfy(EnrolmentFactory(learner=me, release=release))
    with_certificate = keeping.begin(owner=nurse)
    with Certificate.objects.get().pdf.open() as pdf:
        checked = files.check(SimpleUploadedFile("certificaat.pdf", pdf.read()), owner=nurse)
    keeping.add_document(evidence=with_certificate, checked=checked)
    keeping.keep(evidence=with_certificate, told=Told(kind=kind, title="Cursus", done_on=date(2026, 6, 15), hours=Decimal(2)))
    content = packed(nurse)
    assert [row["becomes"] for row in importing.preview(handed_in(content, me))] == ["kept", "kept", "kept", "there"]

    keeping.add(owner=me, told=Told(kind=kind, title=" INTERVISIE", done_on=date(2026, 3, 1), hours=Decimal("2.0")))

    intake = handed_in(content, me)
    assert [row["becomes"] for row in importing.preview(intake)] == ["there", "there", "kept", "there"]
    importing.accept(intake)
    assert sorted(one.documents.count() for one in Evidence.objects.filter(owner=me)) == [0, 1]


def test_the_preview_says_of_each_row_what_then_happens(me, kind):
    """Two that look alike are two; what the kind refuses here is a draft; all in one intake, so that nothing is judged by what it brought itself."""
    nurse = UserFactory()
    RegisterEntryFactory(user=nurse, register=kind.register, **PERIOD)
    for hours in ("2", "2", "30"):
        told = Told(kind=kind, title="Intervisie", started_on=date(2026, 2, 1), done_on=date(2026, 3, 1), hours=Decimal(hours))
        keeping.add(owner=nurse, told=told)
    content = packed(nurse)
    kind.register.rules.update(total=20)

    intake = handed_in(content, me)
    said = [row["becomes"] for row in importing.preview(intake)]
    importing.accept(intake)

    assert said == ["kept", "kept", "draft"]
    assert [one.state for one in Evidence.objects.filter(owner=me).order_by("pk")] == said


def test_a_changed_dossier_is_refused_and_leaves_nothing(me, kind):
    content = a_dossier(kind)
    changed = rebuilt(content, change=lambda name, data: data.replace(b'"6"', b'"9"') if name == "dossier.json" else data)

    with pytest.raises(ImportRefused) as refused:
        handed_in(changed, me)
    with pytest.raises(ImportRefused):
        handed_in(b"PK geen zip", me)

    assert [finding.path for finding in refused.value.report.findings] == ["dossier.json"]
    assert not DossierIntake.objects.exists()


def test_what_another_says_in_its_json_is_never_believed_further_than_it_fits():
    told = {
        "person": 7,
        "certificates": "geen",
        "registers": [
            1,
            {"register": [], "rows": [{"source": "award", "points": "1e9", "key": 1}, {"source": "award", "points": "3", "key": {}}]},
        ],
        "evidence": [
            {"state": "kept", "uuid": "u" * 999, "title": "\x00\x1b[31m" + "t" * 999, "date": "2026-13-40", "points": "NaN", "hours": "-2"},
            {
                "state": "kept",
                "kind": "x",
                "documents": [{"file": "../../etc/passwd", "name": 3}] * 99,
                "competencies": [{"code": None}] * 99,
            },
            {"state": "withdrawn"},
        ],
    }

    items = list(importing.items_in(told, ours=False))

    assert [(item.done_on, item.points, item.hours, len(item.title)) for item in items] == [
        ("", "3", "", 0),
        ("", "", "", 200),
        ("", "", "", 0),
    ]
    assert len(items[2].documents) == keeping.MOST_DOCUMENTS
    assert json.dumps([item.key for item in items])


def test_killed_half_way_the_next_run_brings_in_the_rest(me, kind, monkeypatch):
    content = a_dossier(kind)
    external(kind)
    intake = handed_in(content, me)
    intake.report["accepted_at"] = "2026-06-15T10:00:00+00:00"
    intake.save()
    real, calls = importing._keep, []

    def dies_on_the_second(evidence, told):
        calls.append(told.title)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(evidence, told)

    monkeypatch.setattr(importing, "_keep", dies_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        importing.take_now(intake.pk)
    assert Evidence.objects.filter(owner=me).count() == 1
    monkeypatch.setattr(importing, "_keep", real)
    assert importing.take_accepted() == 0  # its own worker may still be at it
    with time_machine.travel(datetime(2026, 6, 15, 10, 5, tzinfo=UTC)):
        assert importing.take_accepted() == 1

    assert sorted(one.state for one in Evidence.objects.filter(owner=me)) == ["kept", "kept"]


def test_what_nobody_answered_is_gone_after_a_day(me, kind):
    intake = handed_in(a_dossier(kind), me)

    assert importing.forget_old() == 0
    with time_machine.travel(datetime(2026, 6, 16, 10, 0, 1, tzinfo=UTC)):
        assert importing.forget_old() == 1
    assert not intake.file.storage.exists(intake.file.name)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_bring_each_thing_in_once(me, kind):
    content = a_dossier(kind)
    external(kind)
    intake = handed_in(content, me)
    intake.report["accepted_at"] = "nu"
    intake.save()

    at_once(lambda: importing.take_now(intake.pk), lambda: importing.take_now(intake.pk))

    assert Evidence.objects.filter(owner=me).count() == 2
    assert EvidenceFile.objects.filter(owner=me).count() == 2


def test_the_pages_show_what_comes_before_it_comes(client, me, kind):
    content = a_dossier(kind)
    external(kind)
    client.force_login(me)
    page = client.post(reverse("accreditation:take_over"), {"file": io.BytesIO(content)}, follow=True)
    text = page.content.decode()
    assert "komt in je dossier" in text
    assert "sleutel die deze installatie niet kent" in text
    assert "staat op naam van" not in text
    assert "Overgenomen" in client.post(page.request["PATH_INFO"], follow=True).content.decode()
    origin = "overgenomen uit https://elders.example, op naam van Noor Voorbeeld"
    assert origin in client.get(reverse("accreditation:my_evidence")).content.decode()
    entry = me.register_entries.get()
    token = sharing.share(entry=entry, reader="Beoordelaar", days=1)[1]
    # At its row, and at what was brought itself: provider and origin.
    assert client.get(reverse("accreditation:shared", args=[token])).content.decode().count(origin) == 4
    assert client.post(reverse("accreditation:new_application", args=[entry.pk]), follow=True).content.decode().count(origin) == 4

    broken = rebuilt(content, change=lambda name, data: data + b" " if name == "LEESMIJ.txt" else data)
    assert "LEESMIJ.txt" in client.post(reverse("accreditation:take_over"), {"file": io.BytesIO(broken)}).content.decode()
    client.force_login(UserFactory(first_name="Iemand", last_name="Anders"))
    other = client.post(reverse("accreditation:take_over"), {"file": io.BytesIO(content)}, follow=True)
    assert "staat op naam van Noor Voorbeeld" in other.content.decode()
