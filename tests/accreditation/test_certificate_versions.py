from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from accreditation import certificates, points
from accreditation.certificate_versions import completions_of, difference
from accreditation.dossiers import contents, paper
from accreditation.models import Certificate, CertificateTemplate, PointAward
from accreditation.verification import by_token
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def certificate():
    register = RegisterFactory(name="Kwaliteitsregister V&V")
    learner = UserFactory(first_name="Noor", last_name="Voorbeeld")
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    release = released_course()
    accredited(release=release, register=register, points=4)
    with time_machine.travel(datetime(2026, 6, 1, 22, 30, tzinfo=UTC)):  # the 2nd in Amsterdam
        satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    return Certificate.objects.get()


def again(certificate):
    return certificates.replace(certificate=certificate, reason="Tussen collega's", actor=UserFactory())


def told(learner):
    [completion] = completions_of(Certificate.objects.filter(learner=learner).prefetch_related("events"))
    return [(version.certificate, version.state.value, version.told) for version in [completion.newest, *completion.earlier]]


def test_a_holder_reads_what_differs_on_the_newer_certificate_and_never_what_colleagues_wrote(certificate):
    learner, moment = certificate.learner, datetime(2026, 6, 2, 21, 59, tzinfo=UTC)
    with time_machine.travel(moment):
        same = again(certificate)
        learner.last_name = "Anders"
        learner.save()
        points.correct(award=PointAward.objects.get(), points=3, reason="Drie", actor=UserFactory())
        changed = again(same)
        CertificateTemplate.objects.create(organisation=certificate.organisation, text_nl="Nieuwe opmaak", valid_months=1)
        dressed = again(changed)

    assert told(learner) == [
        (dressed, "expired", ""),
        (changed, "replaced", "Vervangen op 2 juni 2026. Anders op het nieuwe certificaat: tot wanneer het geldt en de opmaak."),
        (same, "replaced", "Vervangen op 2 juni 2026. Anders op het nieuwe certificaat: je naam en je punten."),
        (certificate, "replaced", "Vervangen op 2 juni 2026. Op het nieuwe certificaat staat hetzelfde."),
    ]
    assert dressed.snapshot["template"]["text"] == "Nieuwe opmaak"
    assert difference(certificate, dressed) == ["je naam", "je punten", "tot wanneer het geldt", "de opmaak"]
    assert [by_token(one.token).verdict for one in (certificate, same, changed)] == ["replaced"] * 3


def test_a_revocation_is_told_with_its_reason_also_when_another_certificate_followed(certificate):
    with time_machine.travel(datetime(2026, 6, 10, 10, tzinfo=UTC)):
        certificates.revoke(certificate=certificate, reason="De toets was door een ander gemaakt.", actor=UserFactory())
    assert told(certificate.learner) == [(certificate, "revoked", "Ingetrokken op 10 juni 2026: De toets was door een ander gemaakt.")]

    new = again(certificate)

    assert told(certificate.learner) == [
        (new, "valid", ""),
        (
            certificate,
            "revoked",
            "Ingetrokken op 10 juni 2026: De toets was door een ander gemaakt. Daarna is een nieuw certificaat uitgegeven.",
        ),
    ]


def test_a_certificate_is_shown_as_expired_after_its_last_day_everywhere(client, certificate):
    CertificateTemplate.objects.create(organisation=certificate.organisation, valid_months=1)
    new = again(certificate)
    client.force_login(certificate.learner)

    def shown():
        page = client.get(reverse("accreditation:my_certificates"))
        at_home = "valid" if new.number in client.get("/mijn/").content.decode() else "expired"
        return page.context["rows"][0].newest.state, by_token(new.token).verdict, contents.certificate_json(new)["state"], at_home

    with time_machine.travel(datetime(2026, 7, 1, 21, 59, tzinfo=UTC)):  # the last minute of the 1st in Amsterdam
        assert shown() == ("valid", "valid", "valid", "valid")
    with time_machine.travel(datetime(2026, 7, 1, 22, tzinfo=UTC)):
        assert shown() == ("expired", "expired", "expired", "expired")


def test_a_dossier_holds_what_stands_and_what_was_revoked_but_nothing_that_was_replaced(certificate, monkeypatch):
    assert [one.pk for one in contents.certificates_of(certificate.learner)] == [certificate.pk]
    listed = list(Certificate.objects.all())
    new = again(certificate)
    with monkeypatch.context() as meanwhile:  # it was replaced right after it was listed
        meanwhile.setattr(contents, "certificates_of", lambda person: listed)
        told = contents.whole(person=certificate.learner) | {"made_at": "2026-06-15T10:00:00+00:00", "issuer": "Vakwijs"}
    assert told["certificates"][0]["state"] == "replaced"
    assert paper.render(told | {"installation": "hier"}).startswith(b"%PDF")
    certificates.make_pdf_now(new)

    assert contents.certificates_of(certificate.learner) == [new]
    certificates.revoke(certificate=new, reason="Bij vergissing", actor=UserFactory())
    assert [one["state"] for one in contents.whole(person=certificate.learner)["certificates"]] == ["revoked"]
    assert contents.replaced_certificates_of(certificate.learner) == [certificate]
