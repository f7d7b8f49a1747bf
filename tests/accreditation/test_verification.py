import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accreditation.certificates import read_pdf, replace, revoke
from accreditation.models import Certificate
from accreditation.verification import LIMITS, Verdict, by_number, by_token, initials
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_tries_yet():
    cache.clear()


@pytest.fixture
def certificate():
    register = RegisterFactory(name="Kwaliteitsregister V&V")
    learner = UserFactory(first_name="Fatma", last_name="van der Meulen-Özdemir", email="fatma@voorbeeld.example")
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    release = released_course()
    accredited(release=release, register=register)
    satisfy(EnrolmentFactory(learner=learner, release=release))
    return Certificate.objects.get()


def verdict_of_file(client, content):
    return client.post(reverse("accreditation:verify_file"), {"pdf": SimpleUploadedFile("c.pdf", content, content_type="application/pdf")})


def test_number_and_code_together_verify_a_certificate(client, certificate):
    page = client.post(
        reverse("accreditation:verify"),
        {"number": f" {certificate.number.lower()} ", "check_code": f"{certificate.check_code[:4]} {certificate.check_code[4:].lower()}"},
    )

    assert page.context["answer"].verdict is Verdict.VALID
    assert "Dit certificaat is geldig" in page.content.decode()


@pytest.mark.parametrize(
    "typed",
    ["{0}{1}{2}", "{0} {1} {2}", "{0}\u2014{1}\u2013{2}", "{0}_{1}.{2}", " {0}\u2011{1}\u2011{2} ", "{0}-{1}-OO{2[2]}{2[3]}{2[4]}{2[5]}"],
)
def test_a_number_is_known_however_it_was_typed_over(certificate, typed):
    parts = certificate.number.split("-")
    assert parts[2].startswith("00")

    for number in (typed.format(*parts), typed.format(*parts).lower()):
        assert by_number(number, certificate.check_code).verdict is Verdict.VALID


def test_a_right_number_with_a_wrong_code_answers_as_if_it_did_not_exist(certificate):
    wrong, nowhere = by_number(certificate.number, "AAAAAAAA"), by_number("VW-2026-999999", "AAAAAAAA")

    assert wrong == nowhere
    assert wrong.verdict is Verdict.UNKNOWN


def test_the_page_shows_initials_and_never_name_number_or_mail(client, certificate):
    assert certificate.snapshot["lines"][0]["number"] == "19012345630"  # it could leak

    shown = client.get(reverse("accreditation:verify_token", args=[certificate.token])).content.decode()

    assert "F. v. d. M.-Ö." in shown
    for secret in ("Meulen", "Fatma", "19012345630", "fatma@voorbeeld.example", certificate.check_code):
        assert secret not in shown


@pytest.mark.parametrize(
    ("name", "short"), [("Fatma van der Meulen-Özdemir", "F. v. d. M.-Ö."), ("Jo", "J."), ("", ""), ("  A  B-C- ", "A. B.-C.")]
)
def test_initials(name, short):
    assert initials(name) == short


def test_a_replaced_and_a_revoked_certificate_are_told_apart(certificate):
    actor = UserFactory()
    new = replace(certificate=certificate, reason="Naam verbeterd", actor=actor)
    assert by_token(certificate.token).verdict is Verdict.REPLACED

    revoke(certificate=new, reason="Een geheime reden", actor=actor)

    answer = by_token(new.token)
    assert answer.verdict is Verdict.REVOKED
    assert "geheime" not in repr(answer)


def test_the_file_as_issued_is_valid_and_one_changed_byte_makes_it_unknown(client, certificate):
    content = read_pdf(certificate)
    tampered = content.replace(b"%%EOF", b"%%EOf", 1)
    assert tampered != content

    assert verdict_of_file(client, content).context["answer"].verdict is Verdict.VALID
    page = verdict_of_file(client, tampered)
    assert page.context["answer"].verdict is Verdict.UNKNOWN
    assert "veranderd" in page.content.decode()


def test_a_file_that_is_too_large_is_refused_with_what_to_do(client):
    page = verdict_of_file(client, b"x" * (5 * 1024 * 1024 + 1))

    assert "5 MB" in page.content.decode()


def test_guessing_is_stopped_and_says_how_long_to_wait(client, certificate):
    tries, _seconds = LIMITS["code"]
    for _ in range(tries):
        assert client.post(reverse("accreditation:verify"), {"number": certificate.number, "check_code": "FOUTFOUT"}).status_code == 200

    stopped = client.post(reverse("accreditation:verify"), {"number": certificate.number, "check_code": certificate.check_code})

    assert stopped.status_code == 429
    assert stopped.context["answer"] is None
    assert "tien minuten" in stopped.content.decode()
    assert (
        client.post(
            reverse("accreditation:verify"), {"number": certificate.number, "check_code": certificate.check_code}, REMOTE_ADDR="192.0.2.7"
        ).status_code
        == 200
    )


def test_the_page_is_kept_out_of_search_engines_and_other_sites_logs(client, certificate):
    page = client.get(reverse("accreditation:verify_token", args=[certificate.token]))

    assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == ("noindex", "same-origin")


def test_a_token_that_does_not_exist_is_unknown_not_an_error(client):
    assert client.get("/verifieer/bestaat-niet/").context["answer"].verdict is Verdict.UNKNOWN
