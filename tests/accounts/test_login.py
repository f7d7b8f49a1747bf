"""Logging in, and the ways in which people try to come in without."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, ProfessionalProfile, Role, User
from tests.factories.accounts import MembershipFactory, UserFactory

PASSWORD = "een-lang-wachtwoord-1"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def person(**fields):
    user = UserFactory(**fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    ProfessionalProfile.objects.create(user=user)
    return user


def log_in(client, email, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password, **extra})


def link_in_mail(number=-1):
    return re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[number].body)[1]


def logged_in_as(client):
    return client.session.get("_auth_user_id")


# --- in ---------------------------------------------------------------------------------------------------------------


def test_a_person_logs_in_with_an_e_mail_address_in_any_case(client):
    user = person(email="wie@voorbeeld.example")

    response = log_in(client, "Wie@Voorbeeld.example")

    assert response.url == "/mijn/"
    assert logged_in_as(client) == str(user.pk)
    assert AuditEvent.objects.get(event="logged_in").dossier_owner == user


def test_someone_without_a_profile_is_asked_for_it_once(client):
    user = person()
    ProfessionalProfile.objects.all().delete()

    assert log_in(client, user.email).url == reverse("accounts:profile_start")
    assert client.post(reverse("accounts:profile_start"), {"overslaan": "1"}).url == "/mijn/"
    client.logout()
    assert log_in(client, user.email).url == "/mijn/"


def test_signing_up_takes_name_address_and_password_and_waits_for_the_address_to_be_confirmed(client):
    data = {"first_name": "Noor", "last_name": "de Vries", "email": "Noor@voorbeeld.example", "password1": "fietsen-door-de-polder"}

    response = client.post(reverse("account_signup"), data)

    assert response.url == reverse("account_email_verification_sent")
    assert logged_in_as(client) is None
    user = User.objects.get()
    assert (user.first_name, user.last_name, user.email) == ("Noor", "de Vries", "noor@voorbeeld.example")

    confirmed = client.post(link_in_mail())
    assert confirmed.url == reverse("accounts:profile_start")
    assert logged_in_as(client) == str(user.pk)


def test_an_unconfirmed_address_opens_nothing(client):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)

    log_in(client, user.email)

    assert logged_in_as(client) is None


def test_a_short_or_common_password_is_refused_and_what_was_typed_stays(client):
    data = {"first_name": "Noor", "last_name": "de Vries", "email": "noor@voorbeeld.example", "password1": "wachtwoord"}

    response = client.post(reverse("account_signup"), data)

    assert response.status_code == 200
    assert 'value="noor@voorbeeld.example"' in response.content.decode()
    assert not User.objects.exists()


# --- not in -------------------------------------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_address_read_the_same(client):
    user = person()

    wrong = log_in(client, user.email, "een-ander-wachtwoord").content.decode()
    unknown = log_in(client, "niemand@voorbeeld.example", "een-ander-wachtwoord").content.decode()

    errors = [re.findall(r"<li>([^<]*kennen we niet[^<]*)</li>", page) for page in (wrong, unknown)]
    assert errors[0] == errors[1] != []
    assert AuditEvent.objects.filter(event="login_failed", dossier_owner=user, actor=None).count() == 1


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(client):
    user = person()

    for _attempt in range(5):
        log_in(client, user.email, "mis")
    response = log_in(client, user.email)

    assert logged_in_as(client) is None
    assert "te vaak geprobeerd" in response.content.decode()


def test_too_many_requests_from_one_network_address_are_refused(client):
    statuses = [log_in(client, f"niemand{n}@voorbeeld.example", "mis").status_code for n in range(31)]

    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_signing_up_with_a_taken_address_looks_like_signing_up_and_warns_its_owner(client):
    user = person(email="bezet@voorbeeld.example")
    data = {"first_name": "N", "last_name": "V", "email": user.email, "password1": "fietsen-door-de-polder"}

    taken = client.post(reverse("account_signup"), data)
    free = Client().post(reverse("account_signup"), {**data, "email": "vrij@voorbeeld.example"})

    assert (taken.status_code, taken.url) == (free.status_code, free.url)
    assert "Dat account is er al" in mail.outbox[0].body
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_asking_for_a_new_password_does_not_tell_who_has_an_account(client):
    user = person()

    known = client.post(reverse("account_reset_password"), {"email": user.email})
    unknown = Client().post(reverse("account_reset_password"), {"email": "niemand@voorbeeld.example"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mail.outbox] == [[user.email], ["niemand@voorbeeld.example"]]


def test_a_link_for_a_new_password_works_once_and_is_recorded(client):
    user = person()
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = link_in_mail()

    form = client.get(link, follow=True)
    data = {"password1": "fietsen-door-de-polder", "password2": "fietsen-door-de-polder"}
    client.post(form.redirect_chain[-1][0], data)

    user.refresh_from_db()
    assert user.check_password("fietsen-door-de-polder")
    assert AuditEvent.objects.filter(event="password_reset", dossier_owner=user).exists()
    again = Client().get(link, follow=True).content.decode()
    assert "werkt niet meer" in again


@pytest.mark.parametrize("target", ["https://elders.example/", "//elders.example/", "/\\elders.example", "javascript:alert(1)"])
def test_logging_in_leads_to_no_other_site(client, target):
    user = person()

    response = log_in(client, user.email, next=target)

    assert response.url == "/mijn/"


def test_logging_in_leads_on_to_a_page_of_ours(client):
    assert log_in(client, person().email, next="/mijn/profiel/").url == "/mijn/profiel/"


def test_a_session_from_before_logging_in_is_not_the_one_after(client):
    user = person()
    client.get(reverse("account_login"))
    session = client.session
    session["gezet"] = "door een ander"
    session.save()
    planted = session.session_key

    log_in(client, user.email)

    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert logged_in_as(stranger) is None


@pytest.mark.parametrize("address", ["/cms/login/", "/_util/login/"])
def test_the_editor_has_no_log_in_page_of_its_own(client, address):
    user = person()
    with_app(user)

    assert client.get(f"{address}?next=/cms/").url == "/account/login/?next=/cms/"
    for field in ("username", "email", "login"):
        client.post(address, {field: user.email, "password": PASSWORD})
    assert logged_in_as(client) is None
    assert client.get("/cms/password_reset/").status_code == 404


# --- elsewhere ------------------------------------------------------------------------------------------------------------


def test_logging_out_elsewhere_ends_the_other_sessions_and_keeps_this_one(client):
    user = person()
    other = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    log_in(other, user.email)
    log_in(client, user.email)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Firefox op Windows" in page
    assert "Log elders uit" in page

    client.post(reverse("usersessions_list"))

    assert client.get(reverse("accounts:profile")).status_code == 200
    assert other.get(reverse("accounts:profile")).status_code == 302
    assert AuditEvent.objects.filter(event="sessions_ended", dossier_owner=user).exists()


def test_changing_the_password_ends_the_sessions_elsewhere(client):
    user = person()
    other = Client()
    log_in(other, user.email)
    log_in(client, user.email)

    new = "fietsen-door-de-polder"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert client.get(reverse("accounts:profile")).status_code == 200
    assert other.get(reverse("accounts:profile")).status_code == 302
    assert AuditEvent.objects.filter(event="password_changed", dossier_owner=user).exists()
    assert "wachtwoord is gewijzigd" in mail.outbox[-1].body


def test_logging_out_asks_first_so_that_no_link_can_do_it(client):
    log_in(client, person().email)

    client.get(reverse("account_logout"))
    assert logged_in_as(client) is not None
    client.post(reverse("account_logout"))
    assert logged_in_as(client) is None
    assert AuditEvent.objects.filter(event="logged_out").exists()


def test_logging_in_sets_the_language_of_the_person(client):
    user = person(language="en")

    assert log_in(client, user.email).cookies["django_language"].value == "en"


# --- the second step --------------------------------------------------------------------------------------------------------


def with_app(user):
    secret = totp.generate_totp_secret()
    authenticator = totp.TOTP.activate(user, secret).instance
    return authenticator, lambda: totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


def test_a_second_step_is_set_up_with_the_code_of_an_app(client):
    user = person()
    log_in(client, user.email)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret

    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"}).content.decode()
    assert "Deze code klopt niet" in wrong
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    client.post(reverse("mfa_activate_totp"), {"code": code})

    stored = Authenticator.objects.get(user=user, type="totp")
    assert secret not in str(stored.data)
    assert Authenticator.objects.filter(user=user, type="recovery_codes").exists()
    assert AuditEvent.objects.filter(event="totp_activated", dossier_owner=user).exists()


def test_with_a_second_step_the_password_alone_opens_nothing(client):
    user = person()
    _authenticator, code = with_app(user)

    assert log_in(client, user.email).url == reverse("mfa_authenticate")
    assert logged_in_as(client) is None
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert logged_in_as(client) is None
    assert AuditEvent.objects.filter(event="second_step_failed", dossier_owner=user).exists()

    used = code()
    client.post(reverse("mfa_authenticate"), {"code": used})
    assert logged_in_as(client) == str(user.pk)

    replay = Client()
    log_in(replay, user.email)
    replay.post(reverse("mfa_authenticate"), {"code": used})
    assert logged_in_as(replay) is None


def test_turning_off_the_second_step_asks_for_the_password_again(client):
    user = person()
    with_app(user)
    client.force_login(user)

    response = client.get(reverse("mfa_deactivate_totp"))

    assert response.status_code == 302
    assert "reauthenticate" in response.url


@pytest.mark.parametrize("role", [Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR])
def test_an_administrator_without_a_second_step_is_led_to_set_one_up(client, settings, role):
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
    user = person()
    MembershipFactory(user=user, role=role)
    client.force_login(user)

    for address in ("/mijn/profiel/", "/beheer/leden/", "/cms/", "/"):
        assert client.get(address).url == reverse("mfa_index"), address
    assert client.post("/mijn/profiel/").status_code == 403
    assert client.get("/mijn/profiel/", headers={"HX-Request": "true"}).status_code == 403
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("account_logout")).status_code == 200

    with_app(user)
    assert client.get("/mijn/profiel/").status_code == 200


def test_recovery_codes_alone_are_no_second_step(client, settings):
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
    user = person(is_superuser=True)
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    client.force_login(user)

    assert client.get("/mijn/profiel/").url == reverse("mfa_index")


@pytest.mark.parametrize("role", [Role.LEARNER, Role.AUTHOR, Role.TEACHER, Role.SUPERVISOR])
def test_others_may_do_without(client, settings, role):
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
    user = person()
    MembershipFactory(user=user, role=role)
    client.force_login(user)

    assert client.get("/mijn/profiel/").status_code == 200


def test_the_way_out_is_no_way_in(client, settings):
    """A path that only looks like one of the allowed pages is still a page."""
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
    user = person(is_superuser=True)
    client.force_login(user)

    assert client.get("/static/../mijn/profiel/").status_code in (302, 404)
    assert client.get("/account/2fa/../../mijn/profiel/").status_code in (302, 404)
