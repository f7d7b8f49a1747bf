"""Logging in with the system of another organisation, which may be mistaken, broken or hostile."""

import base64

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.settings.login import oidc_app, saml_app
from tests.accounts.identity_provider import OpenIDProvider, SAMLProvider, new_key
from tests.accounts.test_login import log_in, logged_in_as, person

pytestmark = pytest.mark.django_db
BASE = "http://localhost"


@pytest.fixture(autouse=True)
def as_in_production(settings, monkeypatch):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def noord(settings):
    provider = OpenIDProvider()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [oidc_app(provider.app())], "OAUTH_PKCE_ENABLED": True}}
    yield provider
    provider.close()


@pytest.fixture
def zuid(settings):
    provider = SAMLProvider()
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": {"APPS": [saml_app(provider.app())]}}
    return provider


@pytest.fixture
def client():
    return Client(headers={"host": "localhost"})


def start(client, process="login"):
    return client.post(reverse("openid_connect_login", args=["noord"]) + f"?process={process}").url


def come_back(client, answer):
    return client.get(reverse("openid_connect_callback", args=["noord"]), answer)


NURSE = {"email": "noor@noord.example", "email_verified": True, "given_name": "Noor", "family_name": "de Vries"}


# --- OpenID Connect ---------------------------------------------------------------------------------------------------------


def test_someone_new_comes_in_with_the_account_of_their_work(client, noord):
    assert "Log in via Ziekenhuis Noord" in client.get(reverse("account_login")).content.decode()

    response = come_back(client, noord.log_in(start(client), **NURSE))

    user = User.objects.get()
    assert response.url == reverse("accounts:profile_start")
    assert logged_in_as(client) == str(user.pk)
    assert (user.email, user.get_full_name()) == ("noor@noord.example", "Noor de Vries")
    assert EmailAddress.objects.get(user=user).verified


def test_the_second_time_it_is_the_same_person_even_with_another_address(client, noord):
    come_back(client, noord.log_in(start(client), **NURSE))
    again = Client()

    come_back(again, noord.log_in(start(again), **{**NURSE, "email": "getrouwd@noord.example"}))

    assert logged_in_as(again) == str(User.objects.get().pk)


def test_an_address_that_the_other_system_did_not_confirm_is_confirmed_by_us_first(client, noord):
    come_back(client, noord.log_in(start(client), **{**NURSE, "email_verified": False}))

    assert logged_in_as(client) is None
    assert mail.outbox[-1].to == ["noor@noord.example"]
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("superuser", [True, False])
def test_an_address_from_elsewhere_never_opens_an_account_that_exists_here(client, noord, verified, superuser):
    victim = person(email="noor@noord.example", is_superuser=superuser)

    come_back(client, noord.log_in(start(client), **{**NURSE, "email_verified": verified}))

    assert logged_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.get() == victim
    assert "Dat account is er al" in mail.outbox[-1].body


def test_who_has_an_account_connects_the_other_system_while_logged_in(client, noord):
    user = person(email="noor@thuis.example")
    log_in(client, user.email)
    client.post(reverse("account_reauthenticate"), {"password": "een-lang-wachtwoord-1"})

    come_back(client, noord.log_in(start(client, "connect"), **NURSE))

    assert SocialAccount.objects.get().user == user
    page = client.get(reverse("socialaccount_connections")).content.decode()
    assert "Ziekenhuis Noord" in page


def lies(provider, lie):
    match lie:
        case "signed with another key":
            provider.key = new_key()
        case "not signed":
            provider.algorithm = "none"
        case "signed with our own client secret":
            provider.algorithm = "HS256"
        case "no id_token":
            provider.algorithm = "absent"
        case "for another site":
            provider.id_token_changes = {"aud": "een-andere-site"}
        case "from another system":
            provider.id_token_changes = {"iss": "https://elders.example"}
        case "expired":
            provider.id_token_changes = {"exp": 1_000_000_000}
        case "userinfo of another person":
            provider.userinfo_changes = {"sub": "persoon-2", "email": "baas@noord.example"}


@pytest.mark.parametrize(
    "lie",
    [
        "signed with another key",
        "not signed",
        "signed with our own client secret",
        "no id_token",
        "for another site",
        "from another system",
        "expired",
        "userinfo of another person",
    ],
)
def test_a_statement_that_cannot_be_trusted_opens_nothing(client, noord, lie):
    lies(noord, lie)

    response = come_back(client, noord.log_in(start(client), **NURSE))

    assert logged_in_as(client) is None
    assert not User.objects.exists()
    assert "lukte niet" in response.content.decode()


def test_an_answer_counts_once(client, noord):
    answer = noord.log_in(start(client), **NURSE)
    come_back(client, answer)
    client.post(reverse("account_logout"))

    noord.codes[answer["code"]] = {"claims": {"sub": "persoon-1", **NURSE}, "code_challenge": ""}
    come_back(client, answer)

    assert logged_in_as(client) is None


def test_an_answer_to_someone_elses_question_is_refused(client, noord):
    """Otherwise an attacker could log a victim in to the attacker's own account, and read what they do there."""
    attacker = Client()
    answer = noord.log_in(start(attacker), **NURSE)

    come_back(client, answer)

    assert logged_in_as(client) is None


def test_a_link_alone_does_not_start_logging_in(client, noord):
    page = client.get(reverse("openid_connect_login", args=["noord"]))

    assert page.status_code == 200
    assert "Ga verder" in page.content.decode()


def test_an_unknown_system_is_not_found(client, noord):
    assert client.get("/account/oidc/elders/login/").status_code == 404
    assert client.get("/account/oidc/elders/login/callback/").status_code == 404


# --- SAML -----------------------------------------------------------------------------------------------------------------------


SAML_NURSE = {"uid": "noor-1", "mail": "noor@zuid.example", "mailVerified": "true", "givenName": "Noor", "sn": "de Vries"}


def ask(client, zuid):
    return zuid.request_id(client.post(reverse("saml_login", args=["zuid"]) + "?process=login").url)


def post_back(client, answer):
    return client.post(reverse("saml_acs", args=["zuid"]), {"SAMLResponse": answer}, follow=True)


def test_someone_new_comes_in_with_a_signed_assertion(client, zuid):
    answer = zuid.answer(in_response_to=ask(client, zuid), base=BASE, **SAML_NURSE)

    post_back(client, answer)

    user = User.objects.get()
    assert logged_in_as(client) == str(user.pk)
    assert (user.email, user.get_full_name()) == ("noor@zuid.example", "Noor de Vries")


def test_our_metadata_can_be_given_to_the_other_system(client, zuid):
    page = client.get(reverse("saml_metadata", args=["zuid"]))

    assert b"AssertionConsumerService" in page.content
    assert b'WantAssertionsSigned="true"' in page.content


@pytest.mark.parametrize(
    "lie", ["signed with another key", "not signed", "changed after signing", "for another site", "expired", "nobody asked"]
)
def test_an_assertion_that_cannot_be_trusted_opens_nothing(client, zuid, lie):
    asked = ask(client, zuid)
    options = {"in_response_to": asked, "base": BASE, **SAML_NURSE}
    match lie:
        case "signed with another key":
            options["key"] = new_key()
        case "not signed":
            options["signed"] = False
        case "for another site":
            options["audience"] = "https://elders.example/metadata"
        case "expired":
            options["minutes"] = -30
        case "nobody asked":
            options["in_response_to"] = "_verzonnen"
    answer = zuid.answer(**options)
    if lie == "changed after signing":
        answer = base64.b64encode(base64.b64decode(answer).replace(b"noor@zuid.example", b"baas@zuid.example")).decode()

    post_back(client, answer)

    assert logged_in_as(client) is None
    assert not User.objects.exists()


def test_an_assertion_counts_once(client, zuid):
    answer = zuid.answer(in_response_to=ask(client, zuid), base=BASE, **SAML_NURSE)
    post_back(client, answer)
    client.post(reverse("account_logout"))

    post_back(client, answer)

    assert logged_in_as(client) is None


@pytest.mark.parametrize("verified", ["true", "false"])
def test_an_asserted_address_never_opens_an_account_that_exists_here(client, zuid, verified):
    victim = person(email="noor@zuid.example", is_superuser=True)
    answer = zuid.answer(in_response_to=ask(client, zuid), base=BASE, **{**SAML_NURSE, "mailVerified": verified})

    post_back(client, answer)

    assert logged_in_as(client) is None
    assert User.objects.get() == victim
    assert not SocialAccount.objects.exists()


# --- settings -------------------------------------------------------------------------------------------------------------------


def test_an_incomplete_setting_says_what_is_missing():
    with pytest.raises(ImproperlyConfigured, match=r"OIDC_PROVIDERS: noord lacks client_id, secret"):
        oidc_app({"id": "noord", "name": "Noord", "server_url": "https://login.noord.example"})
    with pytest.raises(ImproperlyConfigured, match=r"SAML_PROVIDERS: zuid lacks sso_url, x509cert"):
        saml_app({"id": "zuid", "name": "Zuid", "entity_id": "https://idp.zuid.example"})
