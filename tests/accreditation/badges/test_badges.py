import base64
import json
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import jwt
import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import User
from accreditation.badges import keys
from accreditation.badges.baking import bake, unbake
from accreditation.badges.contexts import FILES, canonical
from accreditation.badges.credential import identity
from accreditation.badges.making import badge_of
from accreditation.badges.multibase import base58btc, from_base58btc
from accreditation.badges.proofs import proof_holds, token_holds
from accreditation.badges.status import revocation_list
from accreditation.certificates import replace, revoke
from accreditation.models import Badge, BadgeKey, Certificate
from accreditation.verification import Verdict, What, by_file
from tests.accreditation.racing import at_once
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

# A signature and a header: as much of a PNG as a reader of badges looks at.
EMPTY_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 17

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_tries_yet():
    cache.clear()


@pytest.fixture(autouse=True)
def _small_keys(monkeypatch):
    monkeypatch.setattr(keys, "RSA_BITS", 2048)  # what takes time here is finding primes


@pytest.fixture
def certificate():
    register = RegisterFactory(name="Kwaliteitsregister V&V")
    learner = UserFactory(first_name="Demo", last_name="Verpleegkundige", email="Demo.verpleegkundige@voorbeeld.example")
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    release = released_course()
    accredited(release=release, register=register, points=4, id_number="512345")
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 22, 30, tzinfo=UTC))
    return Certificate.objects.get()


def without_proof(badge):
    return {name: value for name, value in json.loads(badge.document).items() if name != "proof"}


def every_value(said):
    if isinstance(said, dict):
        return [value for part in said.values() for value in every_value(part)]
    if isinstance(said, list):
        return [value for part in said for value in every_value(part)] or ["an empty list"]
    return [said]


def checked_by_another_library(document, organisation):
    given = {
        "document": document,
        "did": keys.did_document(keys.did_of(organisation.slug), list(keys.published(keys.did_of(organisation.slug)))),
        "contexts": {address: json.loads((Path(settings.BADGE_CONTEXT_DIR) / name).read_text()) for address, name in FILES.items()},
    }
    said = subprocess.run(
        ["node", Path(__file__).parent / "verify_badge.mjs"], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert said.stdout, said.stderr
    return json.loads(said.stdout)


def test_a_badge_says_what_open_badges_asks_and_what_the_certificate_says(certificate):
    said = without_proof(badge_of(certificate))

    # The constraints of the published JSON schema, written out: the schema itself may not be kept here.
    assert said["@context"][:2] == ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(said["type"])
    assert said["validFrom"] == "2026-06-02T00:30:00+02:00"
    assert set(said["issuer"]) == {"id", "type", "name", "url"}
    assert said["issuer"]["type"] == ["Profile"]
    subject = said["credentialSubject"]
    assert subject["type"] == ["AchievementSubject"]
    (who,) = subject["identifier"]
    assert (who["type"], who["hashed"], who["identityType"]) == ("IdentityObject", True, "emailAddress")
    achievement = subject["achievement"]
    assert {"id", "type", "name", "description", "criteria", "achievementType"} <= set(achievement)
    assert achievement["criteria"]["narrative"]
    assert [(line["targetCode"], line["targetDescription"]) for line in achievement["alignment"]] == [("512345", "4 punten")]
    assert all({"type", "targetName", "targetUrl"} <= set(line) for line in achievement["alignment"])
    assert subject["creditsEarned"] == 4
    assert said["credentialStatus"]["type"] == "1EdTechRevocationList"
    assert said["credentialSchema"][0]["type"] == "1EdTechJsonSchemaValidator2019"
    assert None not in every_value(said)
    assert "an empty list" not in every_value(said)
    assert "validUntil" not in said


def test_no_register_number_name_or_address_is_anywhere_in_a_badge(certificate):
    badge = badge_of(certificate)
    assert "19012345630" in json.dumps(certificate.snapshot)  # it could leak

    payload = badge.token.split(".")[1]
    for text in (badge.document, base64.urlsafe_b64decode(payload + "==").decode()):
        for secret in ("19012345630", "Verpleegkundige", "voorbeeld.example", certificate.check_code):
            assert secret not in text


def test_who_knows_the_address_can_confirm_it_and_two_badges_of_one_person_share_nothing():
    one, other = identity("Demo@Voorbeeld.example"), identity("demo@voorbeeld.example")

    assert one["identityHash"] == "sha256$" + sha256(f"demo@voorbeeld.example{one['salt']}".encode()).hexdigest()
    assert one["salt"] != other["salt"]


def test_an_independent_library_finds_the_data_integrity_proof_right_and_a_changed_word_wrong(certificate):
    document = json.loads(badge_of(certificate).document)
    assert document["proof"][0]["cryptosuite"] == "eddsa-rdfc-2022"

    assert checked_by_another_library(document, certificate.organisation) == {"verified": True, "error": ""}

    document["credentialSubject"]["creditsEarned"] = 40
    assert checked_by_another_library(document, certificate.organisation)["verified"] is False


def test_the_jwt_verifies_with_the_key_that_its_kid_points_at(certificate, client):
    badge = badge_of(certificate)
    header = jwt.get_unverified_header(badge.token)

    published = client.get("/" + header["kid"].split("/", 3)[3]).json()
    claims = jwt.decode(badge.token, jwt.PyJWK(published).key, algorithms=["RS256"])

    said = without_proof(badge)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert {name: claims[name] for name in said} == said
    assert (claims["iss"], claims["jti"], claims["sub"]) == (said["issuer"]["id"], said["id"], said["credentialSubject"]["id"])
    assert claims["nbf"] == int(datetime(2026, 6, 1, 22, 30, tzinfo=UTC).timestamp())


def test_all_that_a_badge_points_at_resolves_for_programmes_from_anywhere(certificate, client):
    said = without_proof(badge_of(certificate))
    slug = certificate.organisation.slug

    def get(address):
        answer = client.get("/" + address.split("/", 3)[3], headers={"Accept": "application/json"})
        assert answer.status_code == 200, address
        return answer

    did = client.get(f"/uitgevers/{slug}/did.json")
    assert did.json()["id"] == said["issuer"]["id"]
    assert did["Access-Control-Allow-Origin"] == "*"
    assert json.loads(badge_of(certificate).document)["proof"][0]["verificationMethod"] in did.json()["assertionMethod"]
    assert len(client.get("/.well-known/jwks.json").json()["keys"]) == 2
    assert client.get("/.well-known/did.json").json()["id"] == keys.installation_did()
    assert get(said["issuer"]["url"]).json()["name"] == certificate.organisation.name
    achievement = said["credentialSubject"]["achievement"]
    assert get(achievement["id"]).json()["name"] == achievement["name"]
    assert get(achievement["image"]["id"]).content.startswith(b"\x89PNG")
    assert get(said["credentialStatus"]["id"]).json() == {
        "id": said["credentialStatus"]["id"],
        "issuer": said["issuer"]["id"],
        "revokedCredentials": [],
    }
    assert client.get(said["evidence"][0]["id"]).context["answer"].number == certificate.number
    for page in (said["issuer"]["url"], achievement["id"]):
        assert client.get("/" + page.split("/", 3)[3], headers={"Accept": "text/html"}).status_code == 200


def test_there_is_no_page_for_an_issuer_or_achievement_of_which_nobody_holds_a_badge(client, certificate):
    release, slug = certificate.enrolment.release, certificate.organisation.slug

    assert client.get(f"/prestaties/{release.uuid}/").status_code == 404
    assert client.get(f"/uitgevers/{slug}/").status_code == 404


def test_a_badge_is_made_once_and_stays_to_the_letter(certificate):
    first = badge_of(certificate)
    certificate.learner.email = "ander@voorbeeld.example"
    certificate.learner.save()

    assert badge_of(certificate) == first
    assert Badge.objects.count() == 1


@pytest.mark.postgresql
def test_asking_twice_at_once_gives_one_badge_and_one_pair_of_keys(certificate):
    found = at_once(*[lambda: badge_of(Certificate.objects.get())] * 2)

    assert Badge.objects.count() == 1
    assert {badge.pk for badge in found} == {Badge.objects.get().pk}
    assert BadgeKey.objects.count() == 2


def test_a_holder_downloads_the_badge_in_three_forms_that_all_verify(client, certificate):
    client.force_login(certificate.learner)
    assert client.get(reverse("accreditation:my_badge", args=[certificate.number])).status_code == 200

    for kind in ("json", "jwt", "png"):
        file = b"".join(client.get(reverse("accreditation:my_badge_file", args=[certificate.number, kind])))
        answer = by_file(file)
        assert (answer.verdict, answer.what, answer.number) == (Verdict.VALID, What.BADGE, certificate.number)
    assert client.get(reverse("accreditation:my_badge_file", args=[certificate.number, "exe"])).status_code == 404


def test_nobody_else_gets_my_badge(client, certificate):
    client.force_login(UserFactory())

    assert client.get(reverse("accreditation:my_badge_file", args=[certificate.number, "json"])).status_code == 404
    assert not Badge.objects.exists()


def test_another_layout_is_the_same_badge_and_another_word_is_not(certificate):
    badge = badge_of(certificate)
    document = json.loads(badge.document)

    assert by_file(json.dumps(dict(reversed(document.items()))).encode()).verdict is Verdict.VALID
    document["credentialSubject"]["achievement"]["name"] = "Iets heel anders"
    assert by_file(json.dumps(document).encode()).verdict is Verdict.CHANGED
    del document["proof"]
    assert by_file(json.dumps(document).encode()).verdict is Verdict.CHANGED
    head, payload, signature = badge.token.split(".")
    assert by_file(f"{head}.{payload}.{signature[:-4]}AAAA".encode()).verdict is Verdict.CHANGED
    # A character of the middle that differs, is gone or came in leaves no JSON to read, but its id before it.
    middle = len(payload) // 2
    for altered in (
        payload[:middle] + "A__A" + payload[middle + 4 :],
        payload[:middle] + payload[middle + 1 :],
        payload[:middle] + "!" + payload[middle:],
    ):
        assert by_file(f"{head}.{altered}.{signature}".encode()).verdict is Verdict.CHANGED
    assert by_file(json.dumps(document).replace("}", "", 1).encode()).verdict is Verdict.CHANGED


def test_a_token_of_another_key_with_our_id_is_not_ours(certificate):
    badge = badge_of(certificate)
    forged = jwt.encode(without_proof(badge), "een geheim dat lang genoeg is voor deze proef", algorithm="HS256")

    assert by_file(forged.encode()).verdict is Verdict.CHANGED


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[" * 100_000,
        b'{"id": 3}',
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt",
        b"<svg><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]></svg>",
        b"eyJ.eyJ.x",
        b"{" + b" " * 600_000,
        b"",
        bytes(range(256)) * 20,
        bake(EMPTY_PNG, "geen badge"),
    ],
)
def test_nonsense_is_unknown_and_no_error(client, content):
    assert by_file(content).verdict is Verdict.UNKNOWN


def test_a_badge_of_another_issuer_is_told_so_in_both_languages(client):
    foreign = json.dumps({"type": ["VerifiableCredential", "OpenBadgeCredential"], "id": "urn:uuid:" + "0" * 32}).encode()

    def page(language):
        upload = SimpleUploadedFile("badge.json", foreign, content_type="application/json")
        return client.post(reverse("accreditation:verify_file"), {"pdf": upload}, headers={"Accept-Language": language})

    assert "This badge is not ours" in page("en").content.decode()
    assert "Deze badge is niet van ons" in page("nl").content.decode()


def test_a_revoked_and_a_replaced_certificate_take_their_badges_along(certificate, client):
    badge = badge_of(certificate)
    issuer = keys.did_of(certificate.organisation.slug)
    assert revocation_list(issuer)["revokedCredentials"] == []

    new = replace(certificate=certificate, reason="Een geheime reden", actor=UserFactory())
    assert by_file(badge.document.encode()).verdict is Verdict.REPLACED
    newer = badge_of(new)
    revoke(certificate=new, reason="Een geheime reden", actor=UserFactory())

    assert by_file(newer.token.encode()).verdict is Verdict.REVOKED
    listed = revocation_list(issuer)["revokedCredentials"]
    assert {entry["id"] for entry in listed} == {badge.urn, newer.urn}
    assert all(entry["revoked"] for entry in listed)
    assert "geheime" not in json.dumps(listed)
    assert badge_of(Certificate.objects.get(pk=new.pk)) == newer  # what was given out stays to be had, to the letter


def test_a_programme_that_asks_for_a_badge_gets_a_badge_or_a_problem_and_never_a_page(certificate, client):
    client.force_login(certificate.learner)
    given = badge_of(certificate)
    replaced = replace(certificate=certificate, reason="Naam", actor=UserFactory())
    never_given = Certificate.objects.get(pk=replaced.pk)
    standing = replace(certificate=replaced, reason="Naam", actor=UserFactory())
    no_address = "Vul eerst je e-mailadres in: daarmee bewijs je dat de badge van jou is."

    def asked(which, kind="json"):
        response = client.get(reverse("accreditation:my_badge_file", args=[which.number, kind]))
        return response.status_code, response["Content-Type"], json.loads(b"".join(response)) if kind == "json" else None

    assert asked(certificate) == (200, "application/vc", json.loads(given.document))
    status, kind, problem = asked(never_given)
    assert (status, kind, problem["status"]) == (410, "application/problem+json", 410)
    assert "geldt niet meer" in problem["detail"]
    assert asked(never_given, "png")[:2] == (410, "application/problem+json")
    User.objects.filter(pk=certificate.learner_id).update(email="")
    assert asked(standing)[0] == 409
    assert asked(standing)[2]["detail"] == no_address
    assert "Eerst je e-mailadres" in client.get(reverse("accreditation:my_badge", args=[standing.number])).content.decode()
    assert standing.number in client.get(reverse("accreditation:my_badge", args=[certificate.number])).content.decode()


def test_after_a_rotation_old_badges_keep_verifying_and_new_ones_have_the_new_key(certificate):
    badge = badge_of(certificate)
    organisation = certificate.organisation

    call_command("rotate_badge_key", organisation.slug, verbosity=0)

    pair = keys.in_use(organisation)
    assert badge.proof_key not in (pair.proof, pair.token)
    assert badge_of(certificate) == badge
    assert by_file(badge.document.encode()).verdict is Verdict.VALID
    named = {method["id"] for method in keys.did_document("x", list(keys.published(badge.proof_key.issuer)))["verificationMethod"]}
    assert {keys.method_id(key) for key in (badge.proof_key, pair.proof)} <= named


def test_a_leaked_key_ends_its_badges_and_the_holder_gets_a_new_one(certificate, client):
    badge = badge_of(certificate)

    call_command("rotate_badge_key", certificate.organisation.slug, compromised=True, verbosity=0)

    assert by_file(badge.document.encode()).verdict is Verdict.REVOKED
    assert badge.urn in json.dumps(revocation_list(badge.proof_key.issuer))
    assert keys.method_id(badge.proof_key) not in client.get(f"/uitgevers/{certificate.organisation.slug}/did.json").content.decode()
    newer = badge_of(certificate)
    assert newer != badge
    assert by_file(newer.document.encode()).verdict is Verdict.VALID
    with pytest.raises(CommandError, match="Noem de organisatie"):
        call_command("rotate_badge_key", compromised=True)


def test_an_organisation_that_is_renamed_gets_new_keys_and_the_old_address_keeps_answering(certificate, client):
    badge = badge_of(certificate)
    organisation, old = certificate.organisation, certificate.organisation.slug
    organisation.slug = "nieuwe-naam"
    organisation.save()

    assert keys.in_use(organisation).proof.issuer.endswith(":nieuwe-naam")
    assert client.get(f"/uitgevers/{old}/did.json").json()["id"] == badge.proof_key.issuer
    assert by_file(badge.document.encode()).verdict is Verdict.VALID


def test_a_badge_holds_through_its_last_day_in_amsterdam(certificate):
    Certificate.objects.filter(pk=certificate.pk).update(snapshot={**certificate.snapshot, "valid_until": "2028-06-01"})
    badge = badge_of(Certificate.objects.get())

    assert without_proof(badge)["validUntil"] == "2028-06-01T23:59:59+02:00"
    with time_machine.travel("2028-06-01T21:59:00Z"):
        assert by_file(badge.document.encode()).verdict is Verdict.VALID
    with time_machine.travel("2028-06-01T22:01:00Z"):
        answer = by_file(badge.document.encode())
    assert (answer.verdict, answer.number) == (Verdict.EXPIRED, certificate.number)


def test_secret_keys_are_locked_where_they_are_kept(certificate):
    badge = badge_of(certificate)

    assert "PRIVATE" not in badge.proof_key.secret
    assert proof_holds(json.loads(badge.document), key=badge.proof_key)
    assert token_holds(badge.token, key=badge.token_key)


def test_base58_is_that_of_the_standard_and_comes_back():
    assert base58btc(b"Hello World!") == "z2NEpo7TZRRrLZSi2U"
    assert from_base58btc("z112") == b"\0\0\1"
    assert unbake(bake(EMPTY_PNG, "ë")) == "ë"


def test_the_contexts_are_those_of_the_standards():
    document = {
        "@context": list(FILES),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "credentialStatus": {"type": "1EdTechRevocationList"},
    }

    said = canonical(document).decode()

    assert "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential" in said
    assert "https://purl.imsglobal.org/spec/vcrl/v1p0/context.json#1EdTechRevocationList" in said
