"""One's own profile and register numbers."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Profession, ProfessionalProfile, Region, RegisterEntry
from accounts.reference import load, profession_codes
from accounts.register_numbers import NumberKind
from tests.factories.accounts import MembershipFactory, ProfessionFactory, RegionFactory, RegisterEntryFactory, RegisterFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse(client):
    user = UserFactory()
    client.force_login(user)
    return user


def entry_data(register, number, **fields):
    return {"register": register.pk, "number": number, "section": "", "period_start": "", "period_end": "", **fields}


def test_the_profile_is_kept_and_the_language_with_it(client, nurse):
    profession, region = ProfessionFactory(), RegionFactory()
    data = {
        "first_name": "Noor",
        "last_name": "de Vries",
        "language": "en",
        "professions": [profession.pk],
        "employer": "Noord",
        "region": region.pk,
    }

    response = client.post(reverse("accounts:profile"), data)

    nurse.refresh_from_db()
    profile = ProfessionalProfile.objects.get(user=nurse)
    assert (nurse.get_full_name(), nurse.language) == ("Noor de Vries", "en")
    assert (list(profile.professions.all()), profile.employer, profile.region) == ([profession], "Noord", region)
    assert response.cookies["django_language"].value == "en"
    assert AuditEvent.objects.filter(event="profile_changed", actor=nurse).exists()


def test_a_profile_without_a_name_is_not_kept_and_what_was_typed_stays(client, nurse):
    data = {"first_name": "", "last_name": "de Vries", "language": "nl", "employer": "Zuid", "region": ""}

    page = client.post(reverse("accounts:profile"), data).content.decode()

    assert 'value="Zuid"' in page
    nurse.refresh_from_db()
    assert nurse.first_name == "Test"
    assert nurse.get_full_name() in str(nurse)


def test_the_profile_says_who_sees_what(client, nurse):
    membership = MembershipFactory(user=nurse)

    page = client.get(reverse("accounts:profile")).content.decode()

    assert "Wie ziet dit?" in page
    assert membership.organisation.name in page


@pytest.mark.parametrize("typed", ["19052345830", "1905 2345 830", "19.052.345.830"])
def test_a_big_number_is_kept_as_eleven_digits(client, nurse, typed):
    client.post(reverse("accounts:register_entry_add"), entry_data(RegisterFactory(), typed))

    assert RegisterEntry.objects.get(user=nurse).number == "19052345830"
    assert AuditEvent.objects.filter(event="register_entry_added", dossier_owner=nurse).exists()


@pytest.mark.parametrize("typed", ["1905234583", "190523458300", "1905234583a", "", "123456"])
def test_a_number_of_another_shape_says_what_fits_and_stays_typed(client, nurse, typed):
    page = client.post(reverse("accounts:register_entry_add"), entry_data(RegisterFactory(), typed)).content.decode()

    assert not RegisterEntry.objects.exists()
    assert "vw-field__errors" in page
    if typed:
        assert "11 cijfers" in page
        assert f'value="{typed}"' in page


def test_where_two_kinds_of_number_fit_both_are_taken(client, nurse):
    register = RegisterFactory(number_kinds=[NumberKind.RELATION, NumberKind.BIG])

    client.post(reverse("accounts:register_entry_add"), entry_data(register, "123456"))

    assert RegisterEntry.objects.get().number == "123456"


def test_an_odd_big_number_is_kept_with_a_warning(client, nurse):
    page = client.post(reverse("accounts:register_entry_add"), entry_data(RegisterFactory(), "12052345830"), follow=True).content.decode()

    assert RegisterEntry.objects.get().number == "12052345830"
    assert "tweede cijfer" in page
    assert "is bewaard" in page


def test_a_number_of_someone_else_is_not_taken_over(client, nurse):
    theirs = RegisterEntryFactory()

    page = client.post(reverse("accounts:register_entry_add"), entry_data(theirs.register, theirs.number)).content.decode()

    assert "al bij iemand anders" in page
    assert theirs.user.email not in page
    assert RegisterEntry.objects.get() == theirs


def test_one_number_per_register(client, nurse):
    mine = RegisterEntryFactory(user=nurse)

    page = client.get(reverse("accounts:register_entry_add")).content.decode()

    assert f'<option value="{mine.register_id}">' not in page


def test_a_period_does_not_end_before_it_begins(client, nurse):
    data = entry_data(RegisterFactory(), "19052345830", period_start="2026-03-01", period_end="2026-02-28")

    page = client.post(reverse("accounts:register_entry_add"), data).content.decode()

    assert "ligt voor het begin" in page
    assert not RegisterEntry.objects.exists()


def test_my_number_is_changed_and_removed_by_me(client, nurse):
    mine = RegisterEntryFactory(user=nurse)

    client.post(reverse("accounts:register_entry_change", args=[mine.pk]), entry_data(mine.register, "19999999930"))
    mine.refresh_from_db()
    assert mine.number == "19999999930"

    client.post(reverse("accounts:register_entry_remove", args=[mine.pk]))
    assert not RegisterEntry.objects.exists()
    assert AuditEvent.objects.filter(event="register_entry_removed").exists()


def test_a_number_of_someone_else_is_not_found(client, nurse):
    theirs = RegisterEntryFactory()

    assert client.get(reverse("accounts:register_entry_change", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("accounts:register_entry_remove", args=[theirs.pk])).status_code == 404
    assert RegisterEntry.objects.filter(pk=theirs.pk).exists()


def test_the_first_step_keeps_profession_and_number_in_one_go(client, nurse):
    profession, register = ProfessionFactory(), RegisterFactory()
    data = {
        "werk-professions": [profession.pk],
        "werk-employer": "",
        "werk-region": "",
        "register-register": register.pk,
        "register-number": "19052345830",
    }

    response = client.post(reverse("accounts:profile_start"), data)

    assert response.url == "/mijn/"
    assert list(nurse.profile.professions.all()) == [profession]
    assert nurse.register_entries.get().number == "19052345830"


def test_the_first_step_does_not_lose_a_half_typed_number(client, nurse):
    page = client.post(reverse("accounts:profile_start"), {"register-number": "123", "register-register": ""}).content.decode()

    assert 'value="123"' in page
    assert not nurse.register_entries.exists()


@pytest.mark.parametrize("name", ["profile", "profile_start", "register_entry_add", "access_log"])
def test_a_visitor_is_asked_to_log_in(client, name):
    address = reverse(f"accounts:{name}")

    assert client.get(address).url == f"/account/login/?next={address}"


def test_the_reference_data_is_loaded_once_and_keeps_changed_names():
    load()
    Profession.objects.filter(code="vpk").update(name="Verpleegkundige (BIG)")
    load()

    assert Profession.objects.count() == 9
    assert Region.objects.count() == 7
    assert Profession.objects.get(code="vpk").name == "Verpleegkundige (BIG)"
    assert set(profession_codes("vs")) <= set(Profession.objects.values_list("code", flat=True))
