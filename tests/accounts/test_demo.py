"""The demo's accounts, and what keeps them out of a real installation."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from accounts import reference, seed_demo
from accounts.checks import login_is_safe
from accounts.demo import ACCOUNTS, PASSWORD, account_table, refuse_demo_accounts
from accounts.models import Membership, RegisterEntry, Role, User
from config.settings.login import oidc_app
from tests.factories.accounts import RegisterFactory, UserFactory


@pytest.mark.django_db
def test_the_demo_has_an_account_for_every_role_and_is_seeded_once():
    reference.load()
    seed_demo.seed()
    seed_demo.seed()

    assert set(Membership.objects.values_list("role", flat=True)) == set(Role)
    assert User.objects.filter(is_superuser=True).count() == 1
    assert User.objects.count() == len(ACCOUNTS) == len(account_table())
    assert all(User.objects.get(email=email).check_password(password) for _role, email, password in account_table())


@pytest.mark.django_db
def test_register_numbers_are_seeded_when_the_registers_are_there():
    reference.load()
    seed_demo.seed()
    assert not RegisterEntry.objects.exists()

    RegisterFactory(code="kwaliteitsregister-vv", number_kinds=["relatie", "big"])
    seed_demo.seed()

    assert set(RegisterEntry.objects.values_list("number", flat=True)) == {"19000000130", "19000000131"}


@pytest.mark.django_db
class TestOutsideTheDemo:
    @pytest.fixture(autouse=True)
    def production(self, settings):
        settings.DEMO = False

    def test_the_server_does_not_start_with_the_demos_accounts(self, settings):
        reference.load()
        settings.DEMO = True
        seed_demo.seed()
        settings.DEMO = False

        with pytest.raises(ImproperlyConfigured, match=r"accreditatie@demo\.vakwijs\.example"):
            refuse_demo_accounts()

        User.objects.update(is_active=False)
        refuse_demo_accounts()

    def test_the_demos_password_of_an_administrator_is_found_under_any_address(self):
        UserFactory(email="baas@ziekenhuis.example", is_superuser=True, password=PASSWORD)

        with pytest.raises(ImproperlyConfigured, match=r"baas@ziekenhuis\.example"):
            refuse_demo_accounts()

    def test_other_passwords_start(self):
        UserFactory(is_superuser=True)

        refuse_demo_accounts()

    def test_the_demo_is_not_seeded(self):
        with pytest.raises(Exception, match="does not belong in production"):
            call_command("seed_demo")

    def test_shortcuts_of_the_demo_are_refused(self, settings):
        settings.MFA_REQUIRED_FOR_ADMINISTRATORS = False
        settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
        app = oidc_app({"id": "noord", "name": "Noord", "server_url": "http://login.noord.example", "client_id": "a", "secret": "b"})
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}

        found = {message.id for message in login_is_safe(None)}

        assert {"accounts.E001", "accounts.E002", "accounts.E003"} <= found

    def test_a_right_installation_has_nothing_to_mend(self, settings):
        settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
        settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
        settings.REDIS_URL = "redis://127.0.0.1"

        assert login_is_safe(None) == []


def test_the_demo_itself_has_nothing_to_mend():
    assert login_is_safe(None) == []
