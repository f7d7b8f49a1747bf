"""A completion whose certificate was revoked brings nothing more, by whatever road."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from accreditation import certificates
from accreditation.certificates import replace, replace_current, revoke, state
from accreditation.dossier import standings
from accreditation.models import Certificate, PointAward
from accreditation.points import AwardRefused, Why, award_later, claim, claimable, correct, explain, reissue, undo, undo_all
from accreditation.verification import by_token
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
def accreditation(register):
    return accredited(release=released_course(), register=register)


@pytest.fixture
def enrolment(accreditation):
    """Completed before the learner told their number, so that nothing was credited yet."""
    enrolment = EnrolmentFactory(release=accreditation.releases.get())
    satisfy(enrolment)
    return enrolment


@pytest.fixture
def certificate(enrolment):
    return Certificate.objects.get(enrolment=enrolment)


def test_a_number_that_is_added_after_a_revocation_earns_nothing(enrolment, certificate, register, accreditation):
    revoke(certificate=certificate, reason="De toets was door een ander gemaakt", actor=UserFactory())
    RegisterEntryFactory(user=enrolment.learner, register=register)

    assert claimable(learner=enrolment.learner) == {}
    assert claim(learner=enrolment.learner, register=register) == []
    assert award_later(enrolments=[enrolment]) == []
    rebuild(enrolment.learner.pseudonym)

    assert not PointAward.objects.exists()
    assert [outcome.why for outcome in explain(enrolment=enrolment)] == [Why.WITHDRAWN]


def test_who_gets_the_certificate_back_may_claim(enrolment, certificate, register):
    actor = UserFactory()
    revoke(certificate=certificate, reason="Bij vergissing", actor=actor)
    replace(certificate=certificate, reason="Hersteld", actor=actor)
    RegisterEntryFactory(user=enrolment.learner, register=register)

    assert len(claim(learner=enrolment.learner, register=register)) == 1


def test_the_points_of_a_certificate_that_is_valid_again_count_once_again(enrolment, certificate, register, client):
    actor = UserFactory(is_superuser=True)
    RegisterEntryFactory(user=enrolment.learner, register=register)
    award = claim(learner=enrolment.learner, register=register)[0]
    current = Certificate.objects.get(replaced_by=None)
    client.force_login(actor)
    client.post(f"/beheer/certificaten/{current.pk}/intrekken/", {"intrekken-reason": "Bij vergissing", "intrekken-with_points": "on"})

    def counted():
        return sum(row.points for row in PointAward.objects.filter(enrolment=enrolment))

    assert (counted(), state(current)) == (0, Certificate.State.REVOKED)
    page = client.get(f"/verifieer/{current.token}/").content.decode()
    assert "(ingetrokken)" in page
    for _again in range(2):
        client.post(f"/beheer/certificaten/{current.pk}/vervangen/", {"vervangen-reason": "Hersteld"})

    newest = Certificate.objects.get(replaced_by=None)
    assert newest.replaces == current
    assert (counted(), newest.snapshot["lines"][0]["credited"]) == (award.points, True)
    assert PointAward.objects.filter(enrolment=enrolment).count() == 3
    # Why it was taken back its holder reads beside the points; why it is issued again stays between colleagues.
    (standing,) = standings(person=enrolment.learner)
    assert [line.note for line in standing.lines.values()] == ["", "Bij vergissing", "Het certificaat is opnieuw uitgegeven."]
    assert current.events.get(kind="replaced").reason == "Hersteld"


def test_points_that_were_taken_back_for_another_reason_stay_so_when_the_certificate_is_issued_again(enrolment, register):
    actor = UserFactory()
    RegisterEntryFactory(user=enrolment.learner, register=register)
    award = claim(learner=enrolment.learner, register=register)[0]
    current = Certificate.objects.get(replaced_by=None)
    revoke(certificate=current, reason="Bij vergissing", actor=actor)
    undo(award=award, reason="Telde al in een ander register", actor=actor)

    reissue(certificate=current, reason="Hersteld", actor=actor)

    assert sum(row.points for row in PointAward.objects.all()) == 0


def test_a_request_is_no_refusal_and_a_register_somebody_does_not_stand_in_says_nothing(enrolment, accreditation, register):
    accreditation.status = "requested"
    accreditation.save()
    assert [(outcome.why, outcome.register) for outcome in explain(enrolment=enrolment)] == [(Why.NOT_ACCREDITED, None)]

    RegisterEntryFactory(user=enrolment.learner, register=register)

    told = explain(enrolment=enrolment)
    assert [outcome.why for outcome in told] == [Why.UNDECIDED]
    assert "nog niet beslist" in told[0].text


def test_what_is_revoked_is_not_replaced_by_a_claim(enrolment, certificate):
    revoke(certificate=certificate, reason="Niet zelf gemaakt", actor=UserFactory())

    assert replace_current(enrolment=enrolment, reason="Punten bijgeschreven.", actor=enrolment.learner) is None
    assert Certificate.objects.count() == 1


@pytest.mark.postgresql
def test_a_claim_and_a_revocation_at_once_leave_no_points_beside_a_revoked_certificate(accreditation, register):
    for number in range(5):
        enrolment = EnrolmentFactory(release=accreditation.releases.get())
        satisfy(enrolment)
        RegisterEntryFactory(user=enrolment.learner, register=register, number=f"1901234{number}630")
        first = Certificate.objects.get(enrolment=enrolment)

        def take_back(certificate=first):
            try:
                revoke(certificate=certificate, reason="Niet zelf gemaakt", actor=certificate.learner)
            except certificates.CertificateRefused:
                pass  # the claim came first: the administrator is told that there is a newer certificate

        at_once(partial(claim, learner=enrolment.learner, register=register), take_back)

        newest = Certificate.objects.get(enrolment=enrolment, replaced_by=None)
        revoked = state(newest) == Certificate.State.REVOKED
        assert PointAward.objects.filter(enrolment=enrolment).exists() is not revoked


@pytest.mark.postgresql
def test_a_correction_and_a_revocation_at_once_come_one_after_the_other(accreditation, register):
    actor = UserFactory()
    for number in range(5):
        enrolment = EnrolmentFactory(release=accreditation.releases.get())
        satisfy(enrolment)
        RegisterEntryFactory(user=enrolment.learner, register=register, number=f"1901234{number}630")
        award = claim(learner=enrolment.learner, register=register)[0]
        current = Certificate.objects.get(enrolment=enrolment, replaced_by=None)

        def take_back(certificate=current):
            try:
                with transaction.atomic():
                    revoke(certificate=certificate, reason="Niet zelf gemaakt", actor=actor)
                    undo_all(enrolment=certificate.enrolment, reason="Niet zelf gemaakt", actor=actor)
            except certificates.CertificateRefused:
                pass  # the correction came first: there is a newer certificate

        def make_two(award=award):
            try:
                with transaction.atomic():
                    correct(award=award, points=Decimal(2), reason="Waren er twee", actor=actor)
                    replace_current(enrolment=award.enrolment, reason="Waren er twee", actor=actor)
            except AwardRefused:
                pass  # the revocation came first: these points are gone

        at_once(take_back, make_two)

        newest = Certificate.objects.get(enrolment=enrolment, replaced_by=None)
        counted = sum(row.points for row in PointAward.objects.filter(enrolment=enrolment))
        assert counted == (0 if state(newest) == Certificate.State.REVOKED else 2)


def test_a_verifier_sees_which_points_were_not_credited(client, certificate):
    assert [line["credited"] for line in by_token(certificate.token).lines] == [False]

    assert "niet bijgeschreven" in client.get(f"/verifieer/{certificate.token}/").content.decode()
