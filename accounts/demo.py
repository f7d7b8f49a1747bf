"""The accounts of the demo: one for every role, all with the same public password. They have no place in a real installation."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.models import Q

from accounts.models import Role, User

DOMAIN = "demo.vakwijs.example"
PASSWORD = "demo-vakwijs-2026"  # noqa: S105 - public by intent; `refuse_demo_accounts` keeps it out of production


@dataclass(frozen=True)
class DemoAccount:
    """Who it is, and what they are to which demo organisation (slug)."""

    code: str
    label: str
    professions: tuple[str, ...] = ()
    memberships: tuple[tuple[str, Role], ...] = ()
    # (code of the register, number, section); the numbers follow one pattern that no real register gave out
    register_entries: tuple[tuple[str, str, str], ...] = ()
    employer: str = ""
    region: str = ""
    superuser: bool = False

    @property
    def email(self) -> str:
        return f"{self.code}@{DOMAIN}"

    @property
    def name(self) -> str:
        return f"Demo {self.label}"


VERPLEEGKUNDIGEN, KAG, ZIEKENHUIS, INSTITUUT, EXPERTISE = (
    "demo-vereniging-verpleegkundigen",
    "demo-vereniging-kag",
    "demo-ziekenhuis-noord",
    "demo-opleidingsinstituut",
    "demo-expertisecentrum",
)
_BIG = "190000001{:02d}"

ACCOUNTS = [
    DemoAccount(
        "verpleegkundige",
        "verpleegkundige",
        ("vpk",),
        ((VERPLEEGKUNDIGEN, Role.LEARNER), (ZIEKENHUIS, Role.LEARNER)),
        (("kwaliteitsregister-vv", _BIG.format(30), "verpleegkundige"),),
        "Demo ziekenhuis Noord",
        "groningen",
    ),
    DemoAccount(
        "verpleegkundig-specialist",
        "verpleegkundig specialist",
        ("vs-agz",),
        ((VERPLEEGKUNDIGEN, Role.LEARNER), (ZIEKENHUIS, Role.LEARNER)),
        (("vs-register", _BIG.format(31), ""), ("kwaliteitsregister-vv", _BIG.format(31), "verpleegkundige")),
        "Demo ziekenhuis Noord",
        "groningen",
    ),
    DemoAccount(
        "kag-io",
        "KAG in opleiding",
        ("kag-io", "bedrijfsarts"),
        ((KAG, Role.LEARNER), (INSTITUUT, Role.LEARNER)),
        (("rgs-gaia", _BIG.format(41), ""),),
        "Demo expertisecentrum",
        "utrecht",
    ),
    DemoAccount(
        "auteur",
        "auteur",
        ("vs-agz",),
        ((VERPLEEGKUNDIGEN, Role.AUTHOR), (INSTITUUT, Role.AUTHOR), (KAG, Role.AUTHOR)),
        (),
        "Demo opleidingsinstituut",
        "utrecht",
    ),
    DemoAccount(
        "docent",
        "docent",
        ("vpk",),
        ((VERPLEEGKUNDIGEN, Role.TEACHER), (INSTITUUT, Role.TEACHER), (KAG, Role.TEACHER)),
        (),
        "Demo opleidingsinstituut",
        "utrecht",
    ),
    DemoAccount(
        "opleider",
        "opleider",
        ("kag",),
        ((KAG, Role.SUPERVISOR), (EXPERTISE, Role.SUPERVISOR), (INSTITUUT, Role.SUPERVISOR)),
        (("rgs-gaia", _BIG.format(42), ""),),
        "Demo expertisecentrum",
        "utrecht",
    ),
    DemoAccount(
        "accreditatie",
        "accreditatiebeheerder",
        ("overig",),
        ((VERPLEEGKUNDIGEN, Role.ACCREDITATION_ADMIN), (KAG, Role.ACCREDITATION_ADMIN), (INSTITUUT, Role.ACCREDITATION_ADMIN)),
    ),
    DemoAccount(
        "vereniging",
        "verenigingsbeheerder",
        ("overig",),
        ((VERPLEEGKUNDIGEN, Role.ASSOCIATION_ADMIN), (KAG, Role.ASSOCIATION_ADMIN), (INSTITUUT, Role.ASSOCIATION_ADMIN)),
    ),
    DemoAccount("auditor", "auditor", ("overig",), ((VERPLEEGKUNDIGEN, Role.AUDITOR), (KAG, Role.AUDITOR), (INSTITUUT, Role.AUDITOR))),
    DemoAccount("beheer", "beheer", ("overig",), superuser=True),
]


def account_table() -> list[tuple[str, str, str]]:
    """Role, e-mail address and password of every demo account, as `manage.py seed_demo` prints them."""
    return [(account.label, account.email, PASSWORD) for account in ACCOUNTS]


def demo_accounts_with_the_demo_password() -> list[str]:
    """Addresses of accounts that anyone who read our documentation can log in to. Superusers are looked at under any address."""
    suspects = User.objects.filter(Q(email__iendswith=f"@{DOMAIN}") | Q(is_superuser=True), is_active=True).order_by("email")
    return [user.email for user in suspects if check_password(PASSWORD, user.password)]


def refuse_demo_accounts() -> None:
    """Called when the server starts. Raises ImproperlyConfigured outside the demo when the demo's password opens an account."""
    if settings.DEMO:
        return
    try:
        found = demo_accounts_with_the_demo_password()
    except DatabaseError:
        # No database, or not migrated yet: /readyz says so, and there is nobody to log in.
        return
    if found:
        raise ImproperlyConfigured(
            f"The password of the demo, which is public, opens {', '.join(found)}. Remove these accounts or change their passwords "
            "(manage.py changepassword), then start again."
        )
