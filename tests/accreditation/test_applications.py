from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AuditEvent
from accreditation.dossier import pure_rows, rows_of, standings
from accreditation.dossiers.contents import as_json
from accreditation.evaluation import Reason
from accreditation.evidence import applications, files, keeping
from accreditation.evidence.applications import ApplicationRefused
from accreditation.evidence.keeping import EvidenceRefused, Told
from accreditation.models import Application, Evidence, EvidenceKind, PointAward
from tests.accreditation.evidence_files import a_pdf
from tests.accreditation.racing import at_once
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

PERIOD = {"first_day": date(2022, 1, 1), "last_day": date(2026, 12, 31)}


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def kind():
    kind = EvidenceKindFactory()
    rule = RegisterRuleFactory(register=kind.register, total=184, work_hours=2080)
    CategoryRuleFactory(rule=rule, category=kind.category, maximum=Decimal(6))
    return kind


@pytest.fixture
def entry(kind):
    return RegisterEntryFactory(register=kind.register, period_start=PERIOD["first_day"], period_end=PERIOD["last_day"])


@pytest.fixture
def evidence(entry, kind):
    return EvidenceFactory(owner=entry.user, kind=kind)


def made(entry):
    return applications.apply(entry=entry, frozen=lambda: as_json(standings(person=entry.user)[0]), **PERIOD)


def test_own_evidence_counts_up_to_the_maximum_of_its_category(entry, kind, evidence):
    EvidenceFactory(owner=entry.user, kind=kind, done_on=date(2026, 3, 2))
    EvidenceFactory(owner=entry.user, kind=kind, state=Evidence.State.DRAFT)
    EvidenceFactory(owner=entry.user, kind=kind, state=Evidence.State.WITHDRAWN)
    EvidenceFactory(owner=UserFactory(), kind=kind)

    standing = standings(person=entry.user)[0]

    assert [(counted.counted, counted.reason) for counted in standing.evaluation.rows] == [(4, None), (2, Reason.CAP_REACHED)]
    assert standing.evaluation.total == 6
    assert sorted(row.id for row in rows_of(entry.register, people=[entry.user_id])[entry.user_id]) == [
        row.row.id for row in standing.evaluation.rows
    ]


def test_work_hours_are_added_up_beside_the_points(entry, kind):
    work = EvidenceKindFactory(register=kind.register, form=EvidenceKind.Form.WORK, category=None)
    EvidenceFactory(owner=entry.user, kind=work, started_on=date(2025, 1, 1), done_on=date(2025, 12, 31), hours=1200, points=None)

    standing = standings(person=entry.user)[0]

    assert (standing.worked, standing.evaluation.total, standing.lines) == (1200, 0, {})


@pytest.mark.django_db(transaction=True)
def test_the_same_accredited_course_as_own_evidence_counts_once_and_the_award_stands(entry, kind):
    release = released_course()
    accredited(release=release, register=kind.register, id_number="512345", points=4)
    CategoryRuleFactory(rule=kind.register.rules.get(), category=kind.register.point_categories.get(code="geaccrediteerd"))
    satisfy(EnrolmentFactory(learner=entry.user, release=release))
    EvidenceFactory(owner=entry.user, kind=kind, id_number=" 512345 ", points=4)

    rows = standings(person=entry.user)[0].evaluation.rows

    assert {(counted.row.source, counted.reason) for counted in rows} == {("award", None), ("evidence", Reason.DUPLICATE)}
    assert len(pure_rows(PointAward.objects.select_related("category", "accreditation"))) == 1


def test_an_application_locks_its_evidence_and_a_withdrawal_frees_it_with_a_trace(entry, kind, evidence):
    outside = EvidenceFactory(owner=entry.user, kind=kind, done_on=date(2021, 12, 31))
    application = made(entry)
    told = Told(kind=kind, title="Anders", done_on=date(2026, 3, 1), hours=Decimal(1))

    for change in (
        lambda: keeping.keep(evidence=evidence, told=told),
        lambda: keeping.withdraw(evidence=evidence),
        lambda: keeping.add_document(evidence=evidence, checked=files.check(a_pdf(), owner=entry.user)),
    ):
        with pytest.raises(EvidenceRefused, match="staat vast"):
            change()
    assert keeping.keep(evidence=outside, told=told).title == "Anders"
    assert list(application.evidence.all()) == [evidence]
    assert application.frozen["total"] == "4"

    with pytest.raises(ApplicationRefused, match="waarom"):
        applications.take_back(application=application, because=" ")
    applications.take_back(application=application, because="Ik vergat iets")
    with pytest.raises(ApplicationRefused, match="al teruggenomen"):
        applications.take_back(application=application, because="Nog eens")
    keeping.withdraw(evidence=evidence)
    with pytest.raises(EvidenceRefused, match="aanvraag die je terugnam"):
        keeping.discard(evidence=evidence)
    assert Application.objects.get().withdrawn_because == "Ik vergat iets"


def test_one_application_stands_for_a_period(entry, evidence):
    first = made(entry)
    with pytest.raises(ApplicationRefused, match="al een aanvraag"):
        made(entry)
    applications.take_back(application=first, because="Opnieuw")

    assert made(entry).pk != first.pk


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_changes_evidence_while_it_is_applied_with_is_before_it_or_refused(entry, kind, evidence):
    told = Told(kind=kind, title="Anders", done_on=date(2026, 3, 1), hours=Decimal(1))

    def change():
        try:
            keeping.keep(evidence=evidence, told=told)
        except EvidenceRefused:
            return False
        return True

    def apply():
        application = applications.apply(entry=entry, frozen=lambda: {"title": Evidence.objects.get().title}, **PERIOD)
        return application.frozen["title"]

    for _again in range(5):
        Application.objects.all().delete()
        Evidence.objects.update(title="Eerst")
        changed, frozen = at_once(change, apply)
        assert Evidence.objects.get().title == frozen == ("Anders" if changed else "Eerst")
        assert keeping.lock_of(evidence) is not None


def test_the_pages_lead_from_the_dossier_to_an_application_and_back(client, entry, evidence):
    client.force_login(entry.user)
    address = reverse("accreditation:new_application", args=[entry.pk])
    assert address in client.get(reverse("accreditation:my_dossier")).content.decode()
    assert evidence.title in client.get(address).content.decode()

    page = client.post(address, follow=True)
    assert "Staat vast" in page.content.decode()
    assert "4 van 184 punten" in page.content.decode()
    assert "Er ontbreken nog 2080 uur" in page.content.decode()
    assert "(mag leeg blijven)" not in page.content.decode()
    assert "Bewaar in mijn dossier" not in client.get(reverse("accreditation:evidence", args=[evidence.uuid])).content.decode()
    application = Application.objects.get()
    page = client.post(reverse("accreditation:withdraw_application", args=[application.uuid]), {"because": ""})
    assert "Schrijf in een paar woorden" in page.content.decode()
    assert client.get(address).url == reverse("accreditation:application", args=[application.uuid])
    page = client.post(reverse("accreditation:withdraw_application", args=[application.uuid]), {"because": "Vergeten"}, follow=True)
    assert "Teruggenomen" in page.content.decode()
    assert set(AuditEvent.objects.values_list("event", flat=True)) >= {"application-made", "application-withdrawn"}


def test_the_dossier_shows_the_application_that_stands_and_what_came_since(client, entry, kind, evidence):
    client.force_login(entry.user)
    EvidenceFactory(owner=entry.user, kind=kind, title="Boven het maximum", done_on=date(2026, 3, 2))
    new_one, mine = reverse("accreditation:new_application", args=[entry.pk]), reverse("accreditation:my_dossier")
    application = made(entry)

    page = client.get(mine).content.decode()
    assert new_one not in page
    assert "toen telde 6 van 184 mee" in page
    assert "van daarna" not in page
    EvidenceFactory(owner=entry.user, kind=kind, title="Te laat", done_on=date(2026, 3, 3))
    assert "1 bewijs of cursus van daarna zit er niet in" in client.get(mine).content.decode()
    frozen = client.get(reverse("accreditation:application", args=[application.uuid])).content.decode()
    assert frozen.index("van deze soort is het maximum bereikt") < frozen.index(">Telt mee</h3>")
    assert "Te laat" not in frozen

    # One that was frozen before its stand was kept in words.
    Application.objects.update(frozen={name: said for name, said in application.frozen.items() if name != "in_words"})
    assert "6 van 184 telde mee</h2>" in client.get(reverse("accreditation:application", args=[application.uuid])).content.decode()

    applications.take_back(application=application, because="Opnieuw")
    assert new_one in client.get(mine).content.decode()
