from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from accounts.append_only import LedgerIsAppendOnly
from accreditation.models import Accreditation, Certificate, PointAward
from accreditation.points import AwardRefused, Why, award_later, claim, claimable, correct, explain, undo
from courses.models import Release
from courses.recording import record
from lrs.models import Source
from lrs.profiles.adl import COMPLETED
from lrs.projections import rebuild
from tests.accreditation.racing import at_once
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def register():
    return RegisterFactory(name="Kwaliteitsregister V&V")


@pytest.fixture
def release():
    return released_course()


@pytest.fixture
def enrolment(release, register):
    learner = UserFactory()
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    return EnrolmentFactory(learner=learner, release=release)


def reasons(enrolment):
    return [outcome.why for outcome in explain(enrolment=enrolment)]


def test_completing_an_accredited_course_earns_its_points_in_the_register(enrolment, release, register):
    accreditation = accredited(release=release, register=register, points=Decimal("4.5"))

    satisfy(enrolment, at=datetime(2026, 6, 1, 12, tzinfo=UTC))

    award = PointAward.objects.get()
    assert (award.learner, award.register, award.register_number, award.accreditation) == (
        enrolment.learner,
        register,
        "19012345630",
        accreditation,
    )
    assert (award.points, award.awarded_on, award.enrolment) == (Decimal("4.5"), date(2026, 6, 1), enrolment)
    assert Certificate.objects.get().snapshot["accredited"] is True


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_a_forged_completion_earns_nothing(enrolment, release, register, source):
    accredited(release=release, register=register)

    satisfy(enrolment, source=source)

    assert not PointAward.objects.exists()
    assert not Certificate.objects.exists()


def test_a_completion_of_another_course_or_by_another_learner_earns_nothing(enrolment, release, register):
    accredited(release=release, register=register)
    other = EnrolmentFactory()
    enrolment.uuid, other.uuid = other.uuid, enrolment.uuid  # in memory: a statement with the registration of someone else

    satisfy(other)

    assert not PointAward.objects.exists()


@pytest.mark.parametrize(
    ("at", "earns"),
    [
        (datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC), False),
        (datetime(2025, 12, 31, 23, 0, 0, tzinfo=UTC), True),  # the first minute of 2026 in Amsterdam
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), True),  # the last
        (datetime(2026, 12, 31, 23, 30, 0, tzinfo=UTC), False),
    ],
)
def test_the_accreditation_holds_from_its_first_to_its_last_minute_in_amsterdam(enrolment, release, register, at, earns):
    accredited(release=release, register=register, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))

    satisfy(enrolment, at=at)

    assert PointAward.objects.exists() is earns
    assert reasons(enrolment) == [Why.AWARDED if earns else Why.NOT_ON_THAT_DATE]


def test_a_completion_late_on_new_years_eve_in_utc_counts_in_the_new_year(enrolment, release, register):
    accredited(release=release, register=register, valid_from=date(2027, 1, 1), valid_until=date(2027, 12, 31))

    satisfy(enrolment, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))

    assert PointAward.objects.get().awarded_on == date(2027, 1, 1)


def test_a_release_that_the_accreditation_does_not_cover_earns_nothing(enrolment, release, register):
    newer = Release.objects.create(course=release.course, number=2, title="Nieuw", completion={}, published_by=None)
    accredited(release=newer, register=register)

    satisfy(enrolment)

    assert not PointAward.objects.exists()
    assert reasons(enrolment) == [Why.RELEASE_NOT_COVERED]


@pytest.mark.parametrize(
    ("status", "why"), [(Accreditation.Status.REQUESTED, Why.UNDECIDED), (Accreditation.Status.WITHDRAWN, Why.NOT_ACCREDITED)]
)
def test_only_a_granted_accreditation_earns(enrolment, release, register, status, why):
    accredited(release=release, register=register, status=status)

    satisfy(enrolment)

    assert not PointAward.objects.exists()
    assert reasons(enrolment) == [why]


def test_a_course_that_is_accredited_nowhere_gives_a_certificate_that_says_so(enrolment):
    satisfy(enrolment)

    assert reasons(enrolment) == [Why.NOT_ACCREDITED]
    certificate = Certificate.objects.get()
    assert certificate.snapshot["accredited"] is False
    assert certificate.snapshot["lines"] == []


def test_who_adds_a_number_later_can_claim_what_was_completed_in_time(release, register):
    learner = UserFactory()
    accredited(release=release, register=register, points=6)
    enrolment = EnrolmentFactory(learner=learner, release=release)
    satisfy(enrolment)
    assert reasons(enrolment) == [Why.NO_ENTRY]
    with pytest.raises(AwardRefused, match="nummer"):
        claim(learner=learner, register=register)
    RegisterEntryFactory(user=learner, register=register, number="19099999930")
    assert claimable(learner=learner) == {register: Decimal(6)}

    claim(learner=learner, register=register)
    claim(learner=learner, register=register)

    award = PointAward.objects.get()
    assert (award.awarded_on, award.register_number) == (date(2026, 6, 1), "19099999930")
    assert claimable(learner=learner) == {}
    first, second = Certificate.objects.order_by("pk")
    assert second.replaces == first
    assert second.snapshot["lines"][0]["number"] == "19099999930"


def test_replaying_everything_changes_nothing_in_the_ledgers(enrolment, release, register):
    accredited(release=release, register=register)
    satisfy(enrolment)
    awards, certificates = list(PointAward.objects.values()), list(Certificate.objects.values())
    assert awards
    assert certificates

    rebuild(enrolment.learner.pseudonym)
    rebuild(enrolment.learner.pseudonym)

    assert list(PointAward.objects.values()) == awards
    assert list(Certificate.objects.values()) == certificates


def test_a_replay_does_not_bring_back_what_was_undone(enrolment, release, register):
    accredited(release=release, register=register)
    satisfy(enrolment)
    undo(award=PointAward.objects.get(), reason="Dubbel gemeld", actor=UserFactory())

    rebuild(enrolment.learner.pseudonym)

    assert sum(award.points for award in PointAward.objects.all()) == 0
    assert reasons(enrolment) == [Why.UNDONE]


def test_the_same_accredited_course_earns_once_however_often_it_is_done(enrolment, release, register):
    accredited(release=release, register=register)
    satisfy(enrolment)
    enrolment.withdrawn_at = datetime(2026, 7, 1, tzinfo=UTC)
    enrolment.save()

    again = EnrolmentFactory(learner=enrolment.learner, release=release)
    satisfy(again, at=datetime(2026, 8, 1, tzinfo=UTC))

    assert PointAward.objects.get().awarded_on == date(2026, 6, 1)
    assert reasons(again) == [Why.EARNED_BEFORE]


def test_an_award_is_undone_once_and_never_without_a_reason(enrolment, release, register):
    accredited(release=release, register=register, points=4)
    satisfy(enrolment)
    award, actor = PointAward.objects.get(), UserFactory()
    with pytest.raises(AwardRefused, match="waarom"):
        undo(award=award, reason=" ", actor=actor)

    counter = undo(award=award, reason="Niet aanwezig", actor=actor)

    assert (counter.points, counter.reverses, counter.awarded_on) == (-4, award, award.awarded_on)
    with pytest.raises(AwardRefused, match="al teruggedraaid"):
        undo(award=award, reason="Nog eens", actor=actor)


def test_a_correction_undoes_and_records_the_right_number(enrolment, release, register):
    accredited(release=release, register=register, points=4)
    satisfy(enrolment)

    correct(award=PointAward.objects.get(), points=Decimal(2), reason="De helft bijgewoond", actor=UserFactory())

    assert [award.points for award in PointAward.objects.order_by("pk")] == [4, -4, 2]


def test_an_accreditation_recorded_late_reaches_who_completed_within_it(enrolment, release, register):
    satisfy(enrolment)
    accredited(release=release, register=register)

    award_later(enrolments=[enrolment])
    award_later(enrolments=[enrolment])

    assert PointAward.objects.get().learner == enrolment.learner


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs row locks and real concurrency")
@pytest.mark.postgresql
def test_two_last_requirements_at_once_give_exactly_one_award_and_certificate(release, register):
    accredited(release=release, register=register)
    for number in range(5):
        learner = UserFactory()
        RegisterEntryFactory(user=learner, register=register, number=f"1901234{number}630")
        enrolment = EnrolmentFactory(learner=learner, release=release)
        first, second = release.lessons.order_by("order")

        at_once(
            partial(record, enrolment=enrolment, verb=COMPLETED, subject=first, at=datetime(2026, 6, 1, tzinfo=UTC)),
            partial(record, enrolment=enrolment, verb=COMPLETED, subject=second, at=datetime(2026, 6, 1, tzinfo=UTC)),
        )

        assert PointAward.objects.filter(learner=learner).count() == 1
        assert Certificate.objects.filter(learner=learner).count() == 1
        assert Certificate.objects.get(learner=learner).events.count() == 1


def test_the_ledger_refuses_to_be_changed(enrolment, release, register):
    accredited(release=release, register=register)
    satisfy(enrolment)
    award, certificate = PointAward.objects.get(), Certificate.objects.get()
    award.points = 400

    for act in (
        award.save,
        award.delete,
        certificate.save,
        certificate.delete,
        PointAward.objects.all().delete,
        certificate.events.all().delete,
    ):
        with pytest.raises(LedgerIsAppendOnly):
            act()

    assert PointAward.objects.get().points == 4
