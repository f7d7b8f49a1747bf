import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
import time_machine

from accreditation import privacy
from accreditation.dossiers import packing, sharing
from accreditation.evidence import applications, files, keeping
from accreditation.models import (
    Application,
    DossierPackage,
    DossierShare,
    Evidence,
    EvidenceFile,
    Leave,
    LeaveKind,
    RegisterConnection,
    Report,
)
from lrs.access_export import write
from lrs.subjects import subject_of
from tests.accreditation.evidence_files import a_photo
from tests.factories.accounts import RegisterEntryFactory, UserFactory
from tests.factories.accreditation import (
    AccreditationFactory,
    CategoryRuleFactory,
    EvidenceFactory,
    EvidenceKindFactory,
    RegisterRuleFactory,
)

pytestmark = pytest.mark.django_db

PERIOD = {"first_day": date(2022, 1, 1), "last_day": date(2026, 12, 31)}


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def entry():
    kind = EvidenceKindFactory()
    CategoryRuleFactory(rule=RegisterRuleFactory(register=kind.register), category=kind.category)
    return RegisterEntryFactory(register=kind.register, period_start=PERIOD["first_day"], period_end=PERIOD["last_day"])


def brought(entry, day, name):
    made = EvidenceFactory(owner=entry.user, kind=entry.register.evidence_kinds.get(), done_on=day, title=name)
    keeping.add_document(evidence=made, checked=files.check(a_photo(f"2026:01:0{len(name)} 10:00:00"), owner=entry.user))
    return made


def test_somebody_gets_their_evidence_with_everything_else_of_them(entry):
    brought(entry, date(2026, 3, 1), "Een")
    keeping.begin(owner=entry.user)
    sharing.share(entry=entry, reader="Beoordelaar", days=3)
    stranger = RegisterEntryFactory(register=entry.register)
    brought(stranger, date(2026, 3, 1), "Vreemd")
    out = io.BytesIO()

    write(subject_of(entry.user), into=out)

    with zipfile.ZipFile(out) as archive:
        told = json.loads(archive.read("dossier/dossier.json"))
        given = [name for name in archive.namelist() if name.startswith("dossier/bewijs/")]
    assert [one["title"] for one in told["evidence"]] == ["Een"]
    assert [one["reader"] for one in told["shares"]] == ["Beoordelaar"]
    assert len(told["unfinished"]) == 1
    assert given == [f"dossier/bewijs/{EvidenceFile.objects.get(owner=entry.user).sha256}.jpg"]


def test_erasing_takes_what_no_application_rests_on_and_says_what_stays(entry):
    used = brought(entry, date(2026, 3, 1), "Een")
    applications.apply(entry=entry, frozen=dict, **PERIOD)
    free = brought(entry, date(2021, 3, 1), "Twee")
    sharing.share(entry=entry, reader="Beoordelaar", days=3)
    packed = packing.order(owner=entry.user)
    packing.make_now(packed.pk)
    other = UserFactory()
    keeping.begin(owner=other)
    learner = entry.user.pseudonym
    packed.refresh_from_db()
    storage, names = packed.file.storage, [packed.file.name, free.documents.get().file.file.name]

    assert [standing.duty for standing in privacy.standing(learner)] == [True]
    privacy.forget(learner)

    assert list(Evidence.objects.filter(owner=entry.user)) == [used]
    assert [storage.exists(name) for name in names] == [False, False]
    assert not DossierShare.objects.exists()
    assert not DossierPackage.objects.exists()
    assert Evidence.objects.filter(owner=other).exists()
    assert privacy.forget(learner) == {}

    applications.take_back(application=Application.objects.get(), because="Wissen")
    assert list(privacy.standing(learner)) == []
    privacy.forget(learner)
    assert not Evidence.objects.filter(owner=entry.user).exists()
    assert not EvidenceFile.objects.filter(owner=entry.user).exists()
    with time_machine.travel(datetime(2032, 1, 1, tzinfo=UTC)):
        assert list(privacy.standing(learner)) == []


def test_leave_goes_along_and_is_erased_and_what_a_register_was_told_stays(entry):
    Leave.objects.create(user=entry.user, kind=LeaveKind.PARENTAL, first_day=date(2025, 1, 1), last_day=date(2025, 3, 31), percentage=50)
    accreditation = AccreditationFactory(register=entry.register)
    connection = RegisterConnection.objects.create(organisation=accreditation.course.organisation, register=entry.register)
    now = datetime(2026, 6, 1, 10, tzinfo=UTC)
    told = {"connection": connection, "accreditation": accreditation, "number": "12345678901", "end_date": now, "queued_at": now}
    Report.objects.create(learner=entry.user, state=Report.State.ACCEPTED, **told)
    Report.objects.create(learner=UserFactory(), state=Report.State.ACCEPTED, **told)
    out = io.BytesIO()

    write(subject_of(entry.user), into=out)

    with zipfile.ZipFile(out) as archive:
        given = json.loads(archive.read("dossier/dossier.json"))
    assert [(one["kind"], one["percentage"]) for one in given["leave"]] == [("parental", 50)]
    assert [(one["number"], one["state"]) for one in given["reports"]] == [("12345678901", "accepted")]
    assert ["1 melding aan een register blijft" in one.text for one in privacy.standing(entry.user.pseudonym)] == [True]
    assert privacy.forget(entry.user.pseudonym) == {"evidence": 1}
    assert not Leave.objects.exists()
    assert Report.objects.count() == 2
