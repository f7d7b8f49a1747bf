"""The privacy pages: who finds whom, what is asked before anything goes, and who must not come near."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.models import AuditEvent, Role
from lrs import retention
from lrs.erasure_requests import ask, settle
from lrs.models import AccessExport, Erasure, ErasureRequest, LegalHold, PrivacyCase, RetentionRule, Source, Statement
from lrs.privacy_cases import close_old, open_case
from lrs.store import append
from portal.staff import auditor_home
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import Tool, a_statement
from tests.lrs.test_erasure import MBOX
from tests.lrs.test_pages import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(settings):
    settings.LRS_PROJECTIONS = []
    settings.LRS_ERASURE_STANDING = []
    settings.LRS_ERASURE_FORGET = []
    settings.LRS_RETENTION_KEEPS = []
    settings.LRS_ERASURE_GRACE = timedelta(0)


@pytest.fixture
def here():
    return OrganisationFactory()


def officer_of(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ASSOCIATION_ADMIN).user


def member_of(*organisations, **names):
    person = UserFactory(**names)
    for organisation in organisations:
        MembershipFactory(organisation=organisation, user=person, role=Role.LEARNER)
    return person


def opened(client, person) -> str:
    return client.post(f"/beheer/privacy/mensen/{person.pk}/").headers["Location"]


def test_an_administrator_finds_members_only_and_they_can_read_that(here):
    mine, theirs = (member_of(place, first_name="Demo", last_name="Vindbaar") for place in (here, OrganisationFactory()))
    append([a_statement(mine.pseudonym)], source=Source.SERVER)
    client = logged_in(officer_of(here))

    for words in ("vindbaar", "demo vindbaar", f"{mine.email} vind"):
        page = client.get("/beheer/privacy/", {"q": words}).content.decode()
        assert mine.email in page
        assert theirs.email not in page
    assert mine.email not in client.get("/beheer/privacy/?q=demo+onvindbaar").content.decode()

    case = client.get(opened(client, mine)).content.decode()
    assert "Uitspraken van deze persoon" in case
    assert AuditEvent.objects.filter(event="records_case_opened", dossier_owner=mine).exists()
    assert client.post(f"/beheer/privacy/mensen/{theirs.pk}/").status_code == 404


def test_a_dossier_is_of_who_opened_it(here):
    person = member_of(here)
    address = opened(logged_in(officer_of(here)), person)

    assert logged_in(officer_of(here)).get(address).status_code == 404
    assert logged_in(officer_of(OrganisationFactory())).get(address).status_code == 404
    assert logged_in(UserFactory(is_superuser=True)).get(address).status_code == 200


def test_somebody_of_two_organisations_is_not_one_of_thems_to_give_out_or_erase(here):
    person = member_of(here, OrganisationFactory())
    client = logged_in(officer_of(here))
    address = opened(client, person)

    page = client.get(address).content.decode()
    assert "Deze persoon hoort ook bij een andere organisatie" in page
    assert "Bekijk wat wissen doet" not in page
    for act in ("export/", "wissen/"):
        assert client.post(f"{address}{act}").status_code == 403
    assert client.post(f"{address}bewaren/", {"reason": "Klacht"}).status_code == 302
    assert LegalHold.objects.get().person == person
    boss = logged_in(UserFactory(is_superuser=True))
    assert "Bekijk wat wissen doet" in boss.get(opened(boss, person)).content.decode()


def test_an_erasure_asks_for_a_word_and_a_reason_and_keeps_what_was_typed(here):
    person = member_of(here)
    append([a_statement(person.pseudonym)], source=Source.SERVER)
    client = logged_in(officer_of(here))
    address = f"{opened(client, person)}wissen/"

    page = client.get(address).content.decode()
    assert "Er is nog niets gewist" in page
    page = client.post(address, {"reason": "Op verzoek van de deelnemer", "word": "wis"}).content.decode()
    assert "Typ WISSEN om te laten zien" in page
    assert "Op verzoek van de deelnemer</textarea>" in page
    assert not Erasure.objects.exists()

    answer = client.post(address, {"reason": "Op verzoek", "word": "wissen"}, follow=True)

    assert Erasure.objects.get().state == "done"
    report = answer.content.decode()
    assert "Dit kan niemand terugdraaien" in report
    assert person.email not in report
    assert Statement.objects.of_learner(person.pseudonym).count() == 0


def test_a_hold_shows_and_leaves_no_way_to_erase(here):
    person = member_of(here)
    client = logged_in(officer_of(here))
    address = opened(client, person)
    client.post(f"{address}bewaren/", {"reason": "Klacht bij de tuchtrechter"})

    page = client.get(f"{address}wissen/").content.decode()
    assert "Wissen kan nu niet" in page
    assert "Klacht bij de tuchtrechter" in page
    assert 'name="word"' not in page
    client.post(f"{address}wissen/", {"reason": "Toch", "word": "WISSEN"})
    assert not Erasure.objects.exists()

    hold = LegalHold.objects.get()
    assert client.post(f"/beheer/privacy/bewaarplichten/{hold.pk}/opheffen/", {"because": ""}).status_code == 200
    client.post(f"/beheer/privacy/bewaarplichten/{hold.pk}/opheffen/", {"because": "Afgehandeld"})
    assert 'name="word"' in client.get(f"{address}wissen/").content.decode()
    assert [event.dossier_owner for event in AuditEvent.objects.filter(event="records_hold_lifted")] == [person]


def test_an_auditor_of_the_organisation_reads_what_its_administrator_did_with_somebodys_records(here):
    client, person = logged_in(officer_of(here)), member_of(here)
    auditors = [MembershipFactory(organisation=place, role=Role.AUDITOR).user for place in (here, OrganisationFactory())]
    address = opened(client, person)
    client.post(f"{address}export/")
    client.get(reverse("lrs:privacy_export_file", args=[AccessExport.objects.get().uuid]))
    client.post(f"{address}bewaren/", {"reason": "Klacht"})
    client.post(f"/beheer/privacy/bewaarplichten/{LegalHold.objects.get().pk}/opheffen/", {"because": "Afgehandeld"})
    client.post(
        "/beheer/privacy/bewaarplichten/",
        {"kind": "period", "reason": "Onderzoek", "period_start": "2026-01-01", "period_end": "2026-02-01"},
    )

    theirs, elsewhere = ([event.event for event in audit.readable_by(auditor).order_by("pk")] for auditor in auditors)

    assert theirs == [
        "records_case_opened",
        "records_export_ordered",
        "records_export_downloaded",
        "records_hold_placed",
        "records_hold_lifted",
        "records_hold_placed",
    ]
    assert elsewhere == []
    assert auditor_home(auditors[0]).looks == 1


def test_an_auditor_reads_that_a_wish_was_settled_and_nothing_of_who_belongs_elsewhere(here):
    auditor = MembershipFactory(organisation=here, role=Role.AUDITOR).user
    officer, person, stranger = officer_of(here), member_of(here), member_of(OrganisationFactory())
    settle(ask(person, wish="Mijn account"), by=officer, answer="Weg")
    officer.is_superuser = True
    officer.save()
    open_case(by=officer, person=person)
    open_case(by=officer, person=stranger)

    read = audit.readable_by(auditor).order_by("pk").values_list("event", "dossier_owner")

    assert list(read) == [("records_erasure_settled", person.pk), ("records_case_opened", person.pk)]


def test_a_hold_on_a_course_and_one_on_a_period(here):
    client = logged_in(officer_of(here))

    page = client.post("/beheer/privacy/bewaarplichten/", {"kind": "period", "reason": "Onderzoek"}).content.decode()
    assert "Vul de eerste en de laatste dag van de periode in." in page
    client.post(
        "/beheer/privacy/bewaarplichten/",
        {"kind": "period", "reason": "Onderzoek", "period_start": "2026-01-01", "period_end": "2026-02-01"},
    )
    client.post("/beheer/privacy/bewaarplichten/", {"kind": "activity", "reason": "Onderzoek", "activity": "https://a.example/"})

    assert LegalHold.objects.count() == 2
    page = client.get("/beheer/privacy/bewaarplichten/").content.decode()
    assert "https://a.example/" in page
    hold = LegalHold.objects.first()
    assert logged_in(officer_of(here)).get(f"/beheer/privacy/bewaarplichten/{hold.pk}/opheffen/").status_code == 404, "of who placed it"


def test_an_outside_actor_is_found_only_by_whose_tools_alone_wrote_of_them(here):
    Tool(organisation=here).post(a_statement(actor=MBOX))
    data = {"kind": "mbox", "value": "joris.van-veen@elders.example"}
    mine, other = logged_in(officer_of(here)), logged_in(officer_of(OrganisationFactory()))

    assert mine.post("/beheer/privacy/buiten/", data).status_code == 302
    no = other.post("/beheer/privacy/buiten/", data).content.decode()
    nobody = other.post("/beheer/privacy/buiten/", {**data, "value": "niemand@elders.example"}).content.decode()
    words = "vinden we niets van deze persoon, of niet alleen daar"
    assert words in no
    assert words in nobody, "the same words, so that nobody finds out by asking"

    Tool(organisation=OrganisationFactory()).post(a_statement(actor=MBOX))
    assert words in mine.post("/beheer/privacy/buiten/", data).content.decode()
    assert logged_in(UserFactory(is_superuser=True)).post("/beheer/privacy/buiten/", data).status_code == 302


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "account", "value": "4711"}, "Vul ook het adres van het andere systeem in."),
        ({"kind": "mbox", "value": "geen adres"}, "Zo staat niemand in de leerrecords."),
        ({"kind": "mbox_sha1sum", "value": "xyz"}, "Zo staat niemand in de leerrecords."),
    ],
)
def test_who_cannot_be_in_the_record_is_not_looked_for(here, data, message):
    page = logged_in(officer_of(here)).post("/beheer/privacy/buiten/", data).content.decode()

    assert message in page
    assert f'value="{data["value"]}"' in page
    assert not PrivacyCase.objects.exists()


def test_no_address_holds_a_name_and_a_dossier_is_forgotten_after_a_week(here):
    boss = UserFactory(is_superuser=True)
    client = logged_in(boss)
    data = {"kind": "mbox", "value": "joris.van-veen@elders.example"}

    address = client.post("/beheer/privacy/buiten/", data).headers["Location"]

    assert "joris" not in address
    assert "mailto:joris.van-veen@elders.example" in client.get(address).content.decode()
    case = PrivacyCase.objects.get()
    PrivacyCase.objects.update(opened_at=case.opened_at - timedelta(days=8))
    assert close_old() == 1


def test_an_export_is_made_and_downloaded_by_who_asked(here):
    person = member_of(here)
    append([a_statement(person.pseudonym)], source=Source.SERVER)
    officer = officer_of(here)
    client = logged_in(officer)
    address = opened(client, person)

    assert "Download de ZIP" in client.post(f"{address}export/", follow=True).content.decode()

    export = AccessExport.objects.get()
    assert client.get(f"/beheer/privacy/export/{export.uuid}.zip").status_code == 200
    assert logged_in(person).get(f"/beheer/privacy/export/{export.uuid}.zip").status_code == 404
    person.memberships.all().delete()
    assert client.get(f"/beheer/privacy/export/{export.uuid}.zip").status_code == 404, "no longer theirs to see"


# --- One's own request --------------------------------------------------------------------------------------------------------


def test_a_learner_asks_and_the_administrator_of_their_organisation_sees_it(here):
    me = member_of(here, first_name="Sanne", last_name="Vraagt")
    client = logged_in(me)

    assert "Je krijgt antwoord voor" in client.post("/mijn/leerrecords/wissen/", follow=True).content.decode()
    assert "Sanne Vraagt" in logged_in(officer_of(here)).get("/beheer/privacy/").content.decode()
    assert "Sanne Vraagt" not in logged_in(officer_of(OrganisationFactory())).get("/beheer/privacy/").content.decode()

    client.post("/mijn/leerrecords/wissen/", {"intrekken": "1"})
    assert ErasureRequest.objects.get().outcome == "withdrawn"


def test_an_answer_reaches_who_asked(here):
    me = member_of(here)
    asked = ask(me)
    officer = logged_in(officer_of(here))

    officer.post(f"/beheer/privacy/verzoek/{asked.uuid}/", {"answer": "Het is veel.", "verleng": "1"})
    assert "Het is veel." in logged_in(me).get("/mijn/leerrecords/wissen/").content.decode()
    officer.post(f"/beheer/privacy/verzoek/{asked.uuid}/", {"answer": "Er loopt een klacht."})

    page = logged_in(me).get("/mijn/leerrecords/wissen/").content.decode()
    assert "Er loopt een klacht." in page
    assert "Autoriteit Persoonsgegevens" in page
    assert officer.get(f"/beheer/privacy/verzoek/{asked.uuid}/").status_code == 404, "answered"


# --- Retention ------------------------------------------------------------------------------------------------------------------


def test_only_who_runs_the_installation_changes_how_long_records_are_kept(here):
    boss, officer = logged_in(UserFactory(is_superuser=True)), logged_in(officer_of(here))
    data = {"name": "Klikken weg", "months": "12", "source": "tool", "activity_type": "", "verb": ""}

    assert officer.post("/beheer/privacy/bewaartermijnen/", data).status_code == 403
    assert "Zeg voor welke records" in boss.post("/beheer/privacy/bewaartermijnen/", {**data, "source": ""}).content.decode()
    boss.post("/beheer/privacy/bewaartermijnen/", data)
    rule = RetentionRule.objects.get()
    assert "Klikken weg" in officer.get("/beheer/privacy/bewaartermijnen/").content.decode()
    assert officer.post(f"/beheer/privacy/bewaartermijnen/{rule.pk}/").status_code == 403

    page = boss.post(f"/beheer/privacy/bewaartermijnen/{rule.pk}/", {"tel": "1"}, follow=True).content.decode()
    assert "Geteld, niets gewist" in page
    assert rule.runs.get().dry
    boss.post(f"/beheer/privacy/bewaartermijnen/{rule.pk}/", {"woord": "wissen"})
    assert rule.runs.filter(dry=False).exists()
    boss.post(f"/beheer/privacy/bewaartermijnen/{rule.pk}/", {"vervalt": "1"})
    assert not retention.rules_in_force().exists()


# --- Lists cost the same ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/beheer/privacy/?q=vind", "/beheer/privacy/bewaarplichten/", "/beheer/privacy/verslagen/"])
def test_a_list_costs_the_same_for_one_as_for_three(here, address, django_assert_max_num_queries):
    officer = officer_of(here)
    client = logged_in(officer)
    counts = []
    for number in (1, 2):
        for _ in range(number):
            person = member_of(here, last_name="Vindbaar")
            ask(person)
            LegalHold.objects.create(kind="person", person=person, reason="Klacht", placed_by=officer)
            Erasure.objects.create(asked_by=officer, reason="Op verzoek")
        client.get(address)
        with django_assert_max_num_queries(40) as queries:
            client.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_visitors_are_asked_to_log_in(here):
    person = member_of(here)
    case = open_case(by=officer_of(here), person=person)
    for address in ("/beheer/privacy/", f"/beheer/privacy/dossier/{case.uuid}/", "/mijn/leerrecords/wissen/", "/mijn/leerrecords/zip/"):
        assert Client().get(address).headers["Location"].startswith("/account/login/")
