from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accreditation import lists
from accreditation.lists import ACCREDITATIONS, RESULTS, page_of
from accreditation.models import Accreditation, BulkAction, Certificate, SavedView
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory
from tests.factories.accreditation import AccreditationFactory, accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(datetime(2026, 6, 15, 10, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def release(organisation):
    return released_course(course=CourseFactory(organisation=organisation))


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


def complete(release, register):
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=register)
    satisfy(enrolment)


@pytest.mark.parametrize("asked", ["einde", "-einde", "nummer", "-register", "nonsens"])
def test_turning_pages_shows_every_row_once_in_order_forwards_and_back(release, asked):
    register = RegisterFactory()
    for number in range(7):  # two of them equal but for their key, one that never ends
        AccreditationFactory(release=release, register=register, valid_until=date(2026, 7, 1 + number // 2))
    AccreditationFactory(release=release, register=register, status="requested", valid_from=None, valid_until=None, id_number="")
    found = lists.accreditations_found(organisations=OrganisationFactory._meta.model.objects.all(), filters={}, today=date(2026, 6, 15))
    _key, fields = ACCREDITATIONS.order(asked)

    whole = [row.pk for row in found.order_by(*fields)]
    pages, page = [], page_of(found, fields=fields, size=3)
    while True:
        pages.append(page)
        if not page.following:
            break
        page = page_of(found, fields=fields, after=page.following, size=3)
    back = page_of(found, fields=fields, before=page.preceding, size=3)

    assert [row.pk for one in pages for row in one.rows] == whole
    assert [row.pk for row in back.rows] == [row.pk for row in pages[1].rows]
    assert pages[0].preceding == ""


@pytest.mark.parametrize("mark", ["x", "W10", "WyJ4Il0", "WzEsMiwzXQ", "WyJib29tIiwgImtlbXAiXQ", "é", "%00"])
def test_a_mark_that_means_nothing_gives_the_first_page(client, manager, release, mark):
    AccreditationFactory(release=release)
    client.force_login(manager)

    page = client.get(reverse("accreditation:accreditations"), {"na": mark})

    assert page.status_code == 200
    assert len(page.context["rows"]) <= 1


def test_what_has_ended_is_hidden_until_it_is_asked_for(client, manager, release):
    AccreditationFactory(release=release, id_number="GELDIG", valid_until=date(2026, 6, 15))
    AccreditationFactory(release=release, id_number="VERLOPEN", valid_until=date(2026, 6, 14))
    client.force_login(manager)

    def shown(**filters):
        page = client.get(reverse("accreditation:accreditations"), filters)
        return {row["accreditation"].id_number for row in page.context["rows"]}

    assert shown() == {"GELDIG"}
    assert shown(verlopen="ook") == {"GELDIG", "VERLOPEN"}
    assert shown(verlopen="alleen") == {"VERLOPEN"}
    with time_machine.travel(datetime(2026, 6, 15, 22, 30, tzinfo=UTC)):  # the 16th in Amsterdam
        assert shown() == set()


def test_columns_are_chosen_and_the_name_of_a_row_always_stays(client, manager, release):
    register = RegisterFactory(name="Een register")
    accredited(release=release, register=register)
    complete(release, register)
    client.force_login(manager)

    page = client.get(reverse("accreditation:results"), {"kolom": ["datum"]}).content.decode()

    assert [column.key for column in RESULTS.chosen(["datum"])] == ["naam", "datum"]
    assert "01-06-2026" in page
    assert f">{Certificate.objects.get().number}<" not in page


def test_a_view_is_kept_for_oneself_or_shared_with_colleagues(client, manager, organisation, release):
    colleague = MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user
    stranger = MembershipFactory(role=Role.ACCREDITATION_ADMIN).user
    client.force_login(manager)
    address = reverse("accreditation:keep_view", args=["accreditaties"])

    client.post(address, {"naam": "Verlopen", "verlopen": "alleen", "kolom": ["stand", "einde"], "delen": organisation.pk, "vreemd": "x"})
    client.post(address, {"naam": "Van mij", "zoek": "kwaliteit"})

    shared = SavedView.objects.get(name="Verlopen")
    assert shared.query == "verlopen=alleen&kolom=stand&kolom=einde"
    assert {view.name for view in lists.views_of(manager, "accreditaties")} == {"Verlopen", "Van mij"}
    assert {view.name for view in lists.views_of(colleague, "accreditaties")} == {"Verlopen"}
    assert not lists.views_of(stranger, "accreditaties").exists()
    client.force_login(colleague)
    assert "Verlopen" in client.get(reverse("accreditation:accreditations")).content.decode()
    assert client.post(reverse("accreditation:drop_view", args=[shared.pk])).status_code == 404
    client.force_login(manager)
    client.post(reverse("accreditation:drop_view", args=[shared.pk]))
    assert not SavedView.objects.filter(name="Verlopen").exists()


def test_a_view_without_a_name_is_refused_and_one_cannot_be_shared_elsewhere(client, manager):
    client.force_login(manager)
    page = client.post(reverse("accreditation:keep_view", args=["resultaten"]), {"naam": " ", "vraag": "zoek=jan"}, follow=True)
    assert "Geef de weergave een naam" in page.content.decode()
    with pytest.raises(lists.ViewRefused):
        lists.keep_view(owner=manager, table="resultaten", name="X", params={}, organisation=OrganisationFactory())


@pytest.mark.parametrize("name", ["accreditations", "results", "awards"])
def test_a_list_asks_no_more_for_three_rows_than_for_one(client, manager, release, name):
    register = RegisterFactory()
    client.force_login(manager)
    counts = []
    for rows in (1, 2):
        for _number in range(rows):
            accredited(release=release, register=register)
            complete(release, register)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(f"accreditation:{name}")).status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_the_awards_of_another_organisation_are_not_in_the_list(client, release):
    register = RegisterFactory()
    accredited(release=release, register=register)
    complete(release, register)
    superuser = MembershipFactory(organisation=release.course.organisation, role=Role.ACCREDITATION_ADMIN).user
    client.force_login(superuser)
    assert len(client.get(reverse("accreditation:awards")).context["rows"]) == 1

    client.force_login(MembershipFactory(role=Role.ACCREDITATION_ADMIN).user)

    assert client.get(reverse("accreditation:awards")).context["rows"] == []


def test_a_request_without_dates_stands_last(client, manager, release):
    Accreditation.objects.all().delete()
    AccreditationFactory(release=release, status="requested", valid_from=None, valid_until=None, id_number="")
    AccreditationFactory(release=release, id_number="1")
    client.force_login(manager)

    rows = client.get(reverse("accreditation:accreditations")).context["rows"]

    assert [row["accreditation"].id_number for row in rows] == ["1", ""]


@pytest.mark.parametrize("written", ["²", "9" * 30, "9" * 5000, "-1"])
def test_a_key_that_no_row_can_have_breaks_no_page(client, manager, release, written):
    client.force_login(manager)
    read = {"koppeling": written, "cursus": written, "register": written, "jaar": written}
    for address in ("accreditations", "results", "awards", "reports"):
        assert client.get(reverse(f"accreditation:{address}"), read).status_code == 200
    assert client.get(reverse("accreditation:insight_report", args=["certificaten"]), read).status_code == 200
    for address in ("results", "awards", "reports"):
        assert client.get(reverse(f"accreditation:{address}"), {"accreditatie": written}).status_code == 200
    chosen = client.post(reverse("accreditation:bulk_begin"), {"actie": "revoke", "rij": written})
    assert (chosen.status_code, BulkAction.objects.exists()) == (302, False)
    assert client.post(reverse("accreditation:act_on_reports"), {"rij": written, "doe": "opnieuw"}).status_code == 422
