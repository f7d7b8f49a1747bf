"""Roles in an organisation: who gives them, to whom, and who must not see them."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.memberships import RoleRefused, answer, grant, invite, revoke
from accounts.models import AuditEvent, Invitation, Membership, Role, User
from accounts.permissions import Action, organisations_where
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def association():
    return OrganisationFactory(slug="vereniging")


@pytest.fixture
def admin(association):
    return MembershipFactory(organisation=association, role=Role.ASSOCIATION_ADMIN).user


@pytest.fixture
def teacher(association):
    return MembershipFactory(organisation=association, role=Role.TEACHER).user


def roles_of(user, organisation):
    return set(user.memberships.filter(organisation=organisation).values_list("role", flat=True))


def groups_of(user):
    return set(user.groups.values_list("name", flat=True))


# --- giving and taking ----------------------------------------------------------------------------------------------------


def test_a_member_gets_a_further_role_and_entry_to_the_editor_with_it(association, admin, teacher):
    grant(user=teacher, organisation=association, role=Role.AUTHOR, by=admin, origin="10.0.0.1")

    assert roles_of(teacher, association) == {Role.TEACHER, Role.AUTHOR}
    assert groups_of(teacher) == {"Auteurs"}
    event = AuditEvent.objects.get(event="role_given")
    assert (event.actor, event.dossier_owner, event.on_behalf_of, event.origin) == (admin, teacher, association, "10.0.0.1")
    assert event.details == {"role": "author"}


def test_giving_twice_is_giving_once(association, admin, teacher):
    grant(user=teacher, organisation=association, role=Role.AUTHOR, by=admin)
    grant(user=teacher, organisation=association, role=Role.AUTHOR, by=admin)

    assert AuditEvent.objects.filter(event="role_given").count() == 1


def test_entry_to_the_editor_ends_with_the_last_role_that_gave_it(association, admin, teacher):
    elsewhere = MembershipFactory(user=teacher, role=Role.AUTHOR)
    here = grant(user=teacher, organisation=association, role=Role.AUTHOR, by=admin)

    revoke(membership=here, by=admin)
    assert groups_of(teacher) == {"Auteurs"}

    revoke(membership=elsewhere, by=UserFactory(is_superuser=True))
    assert groups_of(teacher) == set()


@pytest.mark.parametrize("role", list(Role))
def test_nobody_gives_themselves_a_role(association, admin, role):
    with pytest.raises(RoleRefused):
        grant(user=admin, organisation=association, role=role, by=admin)
    with pytest.raises(RoleRefused):
        invite(email=admin.email.upper(), organisation=association, role=role, by=admin)

    assert roles_of(admin, association) == {Role.ASSOCIATION_ADMIN}


def test_an_administrator_does_not_choose_the_auditor(association, admin, teacher):
    with pytest.raises(RoleRefused, match="mag jij hier niet geven"):
        grant(user=teacher, organisation=association, role=Role.AUDITOR, by=admin)

    grant(user=teacher, organisation=association, role=Role.AUDITOR, by=UserFactory(is_superuser=True))
    with pytest.raises(RoleRefused):
        revoke(membership=Membership.objects.get(user=teacher, role=Role.AUDITOR), by=admin)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ASSOCIATION_ADMIN}))
def test_other_roles_give_nothing(association, role):
    someone = MembershipFactory(organisation=association, role=role).user
    other = MembershipFactory(organisation=association).user

    with pytest.raises(RoleRefused):
        grant(user=other, organisation=association, role=Role.LEARNER, by=someone)


def test_an_administrator_of_one_organisation_gives_nothing_in_another(admin):
    elsewhere = MembershipFactory()

    with pytest.raises(RoleRefused):
        grant(user=elsewhere.user, organisation=elsewhere.organisation, role=Role.TEACHER, by=admin)
    with pytest.raises(RoleRefused):
        revoke(membership=elsewhere, by=admin)


def test_a_stranger_is_invited_not_added(association, admin):
    """Otherwise an administrator could add anyone and read their progress."""
    with pytest.raises(RoleRefused, match="Stuur eerst een uitnodiging"):
        grant(user=UserFactory(), organisation=association, role=Role.LEARNER, by=admin)


def test_the_last_administrator_stays(association, admin):
    mine = Membership.objects.get(user=admin)
    with pytest.raises(RoleRefused, match="laatste beheerder"):
        revoke(membership=mine, by=admin)

    MembershipFactory(organisation=association, role=Role.ASSOCIATION_ADMIN)
    revoke(membership=mine, by=admin)
    assert roles_of(admin, association) == set()


# --- inviting -------------------------------------------------------------------------------------------------------------


def test_who_is_invited_says_yes_and_has_the_role(association, admin):
    person = UserFactory(email="nieuw@voorbeeld.example")

    invitation = invite(email="Nieuw@voorbeeld.example", organisation=association, role=Role.TEACHER, by=admin)
    assert mail.outbox[0].to == ["nieuw@voorbeeld.example"]
    assert str(invitation.uuid) in mail.outbox[0].body
    assert roles_of(person, association) == set()

    answer(invitation=invitation, user=person, accept=True)
    assert roles_of(person, association) == {Role.TEACHER}


def test_no_is_no(association, admin):
    person = UserFactory()
    invitation = invite(email=person.email, organisation=association, role=Role.TEACHER, by=admin)

    answer(invitation=invitation, user=person, accept=False)

    assert roles_of(person, association) == set()
    with pytest.raises(RoleRefused, match="al beantwoord"):
        answer(invitation=invitation, user=person, accept=True)


def test_an_invitation_is_for_one_address(association, admin):
    invitation = invite(email="nieuw@voorbeeld.example", organisation=association, role=Role.ACCREDITATION_ADMIN, by=admin)

    with pytest.raises(RoleRefused, match="ander e-mailadres"):
        answer(invitation=invitation, user=UserFactory(), accept=True)


def test_an_invitation_lasts_two_weeks(association, admin):
    person = UserFactory()
    invitation = invite(email=person.email, organisation=association, role=Role.TEACHER, by=admin)
    Invitation.objects.update(valid_until=timezone.now() - timedelta(seconds=1))

    with pytest.raises(RoleRefused, match="verlopen"):
        answer(invitation=invitation, user=person, accept=True)


def test_an_invitation_of_someone_who_may_no_longer_give_the_role_gives_nothing(association, admin):
    person = UserFactory()
    MembershipFactory(organisation=association, role=Role.ASSOCIATION_ADMIN)
    invitation = invite(email=person.email, organisation=association, role=Role.TEACHER, by=admin)
    revoke(membership=Membership.objects.get(user=admin), by=admin)

    with pytest.raises(RoleRefused):
        answer(invitation=invitation, user=person, accept=True)

    assert roles_of(person, association) == set()
    invitation.refresh_from_db()
    assert invitation.answered_at is None


def test_asking_again_sends_the_same_invitation(association, admin):
    first = invite(email="x@voorbeeld.example", organisation=association, role=Role.TEACHER, by=admin)
    second = invite(email="x@voorbeeld.example", organisation=association, role=Role.TEACHER, by=admin)

    assert first == second
    assert len(mail.outbox) == 2


# --- pages ----------------------------------------------------------------------------------------------------------------


def pages(association, person):
    return [
        reverse("accounts:members", args=[association.slug]),
        reverse("accounts:invite_member", args=[association.slug]),
        reverse("accounts:member", args=[association.slug, person.pk]),
    ]


def test_the_administrator_sees_members_of_their_own_organisation_only(client, association, admin, teacher):
    elsewhere = MembershipFactory(user__last_name="Elders")
    client.force_login(admin)

    page = client.get(reverse("accounts:members", args=[association.slug])).content.decode()
    assert teacher.email in page
    assert elsewhere.user.email not in page
    assert client.get(reverse("accounts:organisations")).url == reverse("accounts:members", args=[association.slug])
    for address in pages(association, teacher):
        assert client.get(address).status_code == 200
    for address in pages(elsewhere.organisation, elsewhere.user):
        assert client.get(address).status_code == 404
    assert client.get(reverse("accounts:member", args=[association.slug, elsewhere.user.pk])).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ASSOCIATION_ADMIN}))
def test_other_roles_do_not_see_the_members(client, association, role):
    someone = MembershipFactory(organisation=association, role=role).user
    client.force_login(someone)

    for address in [reverse("accounts:organisations"), *pages(association, someone)]:
        assert client.get(address).status_code == 403


def test_a_visitor_is_asked_to_log_in(client, association, teacher):
    for address in [reverse("accounts:organisations"), *pages(association, teacher)]:
        assert client.get(address).url == f"/account/login/?next={address}"


def test_roles_are_given_and_taken_on_the_page(client, association, admin, teacher):
    client.force_login(admin)
    address = reverse("accounts:member", args=[association.slug, teacher.pk])

    client.post(address, {"geef": "supervisor"})
    assert roles_of(teacher, association) == {Role.TEACHER, Role.SUPERVISOR}

    client.post(address, {"geef": "auditor"})
    client.post(address, {"geef": "superuser"})
    assert roles_of(teacher, association) == {Role.TEACHER, Role.SUPERVISOR}

    client.post(address, {"neem": "teacher"})
    assert roles_of(teacher, association) == {Role.SUPERVISOR}


def test_an_invitation_is_sent_and_answered_on_the_pages(client, association, admin):
    client.force_login(admin)
    client.post(reverse("accounts:invite_member", args=[association.slug]), {"email": "nieuw@voorbeeld.example", "role": "teacher"})
    invitation = Invitation.objects.get()
    assert "nieuw@voorbeeld.example" in client.get(reverse("accounts:members", args=[association.slug])).content.decode()
    person = UserFactory(email="nieuw@voorbeeld.example")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    address = reverse("accounts:invitation", args=[invitation.uuid])

    client.force_login(UserFactory())
    assert "ander e-mailadres" in client.get(address).content.decode()
    assert client.post(address, {"antwoord": "ja"}).status_code == 409

    client.force_login(person)
    assert association.name in client.get(address).content.decode()
    client.post(address, {"antwoord": "ja"})
    assert roles_of(person, association) == {Role.TEACHER}


def test_the_invitation_form_offers_no_role_that_is_not_theirs_to_give(client, association, admin):
    client.force_login(admin)

    response = client.post(reverse("accounts:invite_member", args=[association.slug]), {"email": "n@voorbeeld.example", "role": "auditor"})

    assert response.status_code == 200
    assert not Invitation.objects.exists()
    assert 'value="n@voorbeeld.example"' in response.content.decode()


@pytest.mark.parametrize("query", ["q=Zoekmij", "q=tineke+zoekmij", "q=zoekmij@", "role=teacher", "q=Zoekmij&role=teacher"])
def test_the_list_narrows_to_name_address_and_role(client, association, admin, query):
    MembershipFactory(
        organisation=association,
        role=Role.TEACHER,
        user__first_name="Tineke",
        user__last_name="Zoekmij",
        user__email="zoekmij@voorbeeld.example",
    )
    client.force_login(admin)

    page = client.get(f"{reverse('accounts:members', args=[association.slug])}?{query}").content.decode()

    assert "Zoekmij" in page
    assert admin.email not in page


def test_the_list_costs_as_many_queries_for_three_as_for_one(
    client, association, admin, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(admin)
    address = reverse("accounts:members", args=[association.slug])
    client.get(address)
    with django_assert_max_num_queries(30) as one:
        client.get(address)
    for _number in range(3):
        person = MembershipFactory(organisation=association, role=Role.TEACHER).user
        MembershipFactory(user=person, organisation=association, role=Role.LEARNER)

    with django_assert_num_queries(len(one)):
        client.get(address)
    assert User.objects.count() == 4


def test_the_list_of_organisations_counts_everyone_in_them(client):
    manager = MembershipFactory(role=Role.ASSOCIATION_ADMIN)
    for _ in range(2):
        MembershipFactory(organisation=manager.organisation, role=Role.LEARNER)

    counted = organisations_where(manager.user, Action.MANAGE_MEMBERS).annotate(people=Count("memberships__user", distinct=True))

    assert [organisation.people for organisation in counted] == [3]
