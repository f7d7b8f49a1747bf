"""H5P in the editor: who may upload, who may install libraries, and what an author sees of others."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.editors import keep_groups_in_step, make_groups
from accounts.models import AuditEvent, Role
from courses.h5p.library import content_for
from courses.models import H5PContent, H5PLibrary
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.courses import released_course
from tests.factories.h5p import library, package

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation():
    return OrganisationFactory(name="Vereniging A")


@pytest.fixture
def member(organisation):
    """Someone with this role, let into the editor if the role says so."""
    make_groups()

    def member(role, organisation=organisation):
        user = MembershipFactory(role=role, organisation=organisation).user
        keep_groups_in_step(user)
        return user

    return member


def posted(content, **fields):
    return {"package": SimpleUploadedFile("pakket.h5p", content), **fields}


def test_an_association_administrator_uploads_a_package_with_its_libraries(client, member, organisation):
    client.force_login(member(Role.ASSOCIATION_ADMIN))

    response = client.post(reverse("h5p_cms:upload"), posted(package(), organisation=organisation.pk, title="Mijn oefening"))

    content = H5PContent.objects.get()
    assert response.url == reverse("h5p_cms:content", args=[content.pk])
    assert (content.title, content.organisation, content.latest.main_library.versioned_name) == (
        "Mijn oefening",
        organisation,
        "T.Main 1.2",
    )
    assert AuditEvent.objects.get(event="h5p_uploaded").details["library"] == "T.Main 1.2"
    page = client.get(response.url).content.decode()
    assert "<iframe" in page
    assert "Nog in geen uitgave." in page


def test_an_author_uploads_what_plays_with_installed_libraries_only(client, member, organisation, upload):
    client.force_login(member(Role.AUTHOR))
    address = reverse("h5p_cms:upload")

    refused = client.post(address, posted(package(), organisation=organisation.pk, title="Blijft staan"))
    assert refused.status_code == 422
    assert "Vraag iemand die H5P-bibliotheken mag installeren" in refused.content.decode()
    assert "Blijft staan" in refused.content.decode()
    assert not H5PLibrary.objects.exists()

    upload(package())
    assert client.post(address, posted(package(params={"text": "van de auteur"}), organisation=organisation.pk)).status_code == 302
    assert H5PLibrary.objects.count() == 1


def test_a_hostile_upload_is_answered_with_its_reasons(client, member, organisation):
    client.force_login(member(Role.ASSOCIATION_ADMIN))

    response = client.post(reverse("h5p_cms:upload"), posted(package(files={"content/x.svg": "<svg/>"}), organisation=organisation.pk))

    assert "content/x.svg: dit soort bestand (.svg) mag niet in de inhoud." in response.content.decode()
    assert not H5PContent.objects.exists()


def test_nobody_uploads_for_an_organisation_that_is_not_theirs(client, member):
    client.force_login(member(Role.ASSOCIATION_ADMIN))

    response = client.post(reverse("h5p_cms:upload"), posted(package(), organisation=OrganisationFactory().pk))

    assert response.status_code == 200
    assert not H5PContent.objects.exists()


def test_content_of_another_organisation_is_not_there(client, member, upload):
    theirs = upload(package(), organisation=OrganisationFactory()).content
    everyones = upload(package(params={"a": 1})).content
    author = member(Role.AUTHOR)
    client.force_login(author)

    assert list(content_for(author)) == [everyones]
    assert client.get(reverse("h5p_cms:content", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("h5p_cms:content", args=[everyones.pk])).status_code == 200
    # Wagtail turns a refusal into a redirect to its front page.
    assert client.post(reverse("h5p_cms:content", args=[everyones.pk]), posted(package())).url == "/cms/"
    assert everyones.versions.count() == 1
    chooser = client.get("/cms/snippets/choose/courses/h5pcontent/").content.decode()
    assert chooser.count("Proefpakket") == 1
    assert list(content_for(UserFactory())) == []


def test_a_next_version_keeps_what_releases_pinned(client, member, organisation, upload):
    first = upload(package(), organisation=organisation)
    released_course(activities=[{"key": "oefening", "kind": "h5p", "settings": {"version": first.pk}}])
    client.force_login(member(Role.ASSOCIATION_ADMIN))
    address = reverse("h5p_cms:content", args=[first.content.pk])

    client.post(address, posted(package(params={"text": "beter"})))

    assert first.content.latest.number == 2
    assert "Oefening" in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["contents", "upload", "content", "libraries", "default_library", "delete_library"])
def test_who_may_see_which_page(client, member, upload, name):
    version = upload(package())
    library_build = version.main_library
    arguments = {"content": [version.content.pk], "default_library": [library_build.pk], "delete_library": [library_build.pk]}.get(name, [])
    address = reverse(f"h5p_cms:{name}", args=arguments)
    ask = client.post if name in {"default_library", "delete_library"} else client.get
    installing = name in {"libraries", "default_library", "delete_library"}

    assert ask(address).status_code == 302  # to log in
    for role in (Role.LEARNER, Role.TEACHER, Role.SUPERVISOR, Role.ACCREDITATION_ADMIN, Role.AUDITOR):
        client.force_login(member(role))
        assert ask(address).status_code in {302, 403}, role
    client.force_login(member(Role.AUTHOR))
    assert ask(address).status_code in ({302, 403} if installing else {200})
    assert H5PLibrary.objects.filter(pk=library_build.pk).exists()
    client.force_login(member(Role.ASSOCIATION_ADMIN))
    assert ask(address).status_code in ({200} if name not in {"default_library", "delete_library"} else {302})


def test_a_library_in_use_stays_and_an_unused_one_goes_with_its_files(client, member, upload, stored_files):
    version = upload(package("T.Main 1.2", library("T.Main 1.2", js="main"), library("T.Spare 1.0", js="spare")))
    spare = H5PLibrary.objects.get(machine_name="T.Spare")
    client.force_login(member(Role.ASSOCIATION_ADMIN))
    before = len(stored_files())

    for build in (version.main_library, spare):
        client.post(reverse("h5p_cms:delete_library", args=[build.pk]))

    assert list(H5PLibrary.objects.all()) == [version.main_library]
    assert len(stored_files()) == before - 2


def test_content_never_changes_by_wagtails_own_forms(client, upload):
    content = upload(package()).content
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    for address in (f"/cms/snippets/courses/h5pcontent/edit/{content.pk}/", "/cms/snippets/courses/h5pcontent/add/"):
        assert client.get(address).status_code in {302, 403, 404}


@pytest.mark.parametrize("name", ["contents", "libraries"])
def test_a_list_asks_as_much_for_three_rows_as_for_one(client, member, upload, name):
    client.force_login(member(Role.ASSOCIATION_ADMIN))
    address = reverse(f"h5p_cms:{name}")
    upload(package(params={"n": 0}))
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in (1, 2):
        upload(package(f"T.Main{number} 1.0", library(f"T.Main{number} 1.0", js=f"{number}"), params={"n": number}))

    with CaptureQueriesContext(connection) as three:
        client.get(address)

    assert len(three) == len(one)
