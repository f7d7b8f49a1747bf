"""The demo's organisations and people: one account for every role."""

from datetime import date

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from accounts import editors
from accounts.demo import ACCOUNTS, EXPERTISE, INSTITUUT, KAG, PASSWORD, VERPLEEGKUNDIGEN, ZIEKENHUIS, DemoAccount
from accounts.memberships import grant
from accounts.models import Organisation, Profession, ProfessionalProfile, Region, Register, RegisterEntry, User

ORGANISATIONS = [
    (VERPLEEGKUNDIGEN, "Demo vereniging verpleegkundigen", Organisation.Kind.ASSOCIATION, "utrecht"),
    (KAG, "Demo vereniging KAG", Organisation.Kind.ASSOCIATION, "utrecht"),
    (ZIEKENHUIS, "Demo ziekenhuis Noord", Organisation.Kind.HOSPITAL, "groningen"),
    (INSTITUUT, "Demo opleidingsinstituut", Organisation.Kind.TRAINING_INSTITUTE, "utrecht"),
    (EXPERTISE, "Demo expertisecentrum", Organisation.Kind.EXPERTISE_CENTRE, "utrecht"),
]


def seed() -> None:
    """Make what is missing; safe to run again. Registers come from the reference data and are left out while they are not there."""
    editors.make_groups()
    for slug, name, kind, region in ORGANISATIONS:
        Organisation.objects.get_or_create(
            slug=slug, defaults={"name": name, "kind": kind, "region": Region.objects.filter(code=region).first()}
        )
    # One hash for all: making it is slow by intent, and these passwords are public anyway.
    hashed = make_password(PASSWORD)
    for account in ACCOUNTS:
        _seed_account(account, hashed)


def _seed_account(account: DemoAccount, hashed: str) -> None:
    user, made = User.objects.get_or_create(
        email=account.email,
        defaults={
            "first_name": "Demo",
            "last_name": account.label,
            "is_superuser": account.superuser,
            "is_staff": account.superuser,
            "password": hashed,
        },
    )
    if not made and not check_password(PASSWORD, user.password):
        user.password = hashed
        user.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=user, email=account.email, defaults={"verified": True, "primary": True})
    profile, new_profile = ProfessionalProfile.objects.get_or_create(
        user=user, defaults={"employer": account.employer, "region": Region.objects.filter(code=account.region).first()}
    )
    if new_profile:
        profile.professions.set(Profession.objects.filter(code__in=account.professions))
    for slug, role in account.memberships:
        grant(user=user, organisation=Organisation.objects.get(slug=slug), role=role, by=None)
    for code, number, section in account.register_entries:
        if register := Register.objects.filter(code=code).first():
            start, end = _current_period()
            RegisterEntry.objects.get_or_create(
                user=user, register=register, defaults={"number": number, "section": section, "period_start": start, "period_end": end}
            )


def _current_period() -> tuple[date, date]:
    """A period of five years that is past its middle, so that the dossier has something to say."""
    this_year = timezone.localdate().year
    return date(this_year - 3, 7, 1), date(this_year + 2, 6, 30)
