"""250 attendances go through the outbox while the register fails half-way: every row ends accepted or explained, and none is there twice."""

from collections import Counter

import pytest
from playwright.sync_api import expect

from accounts.models import ProfessionalProfile, Role
from accreditation.models import RegisterConnection, Report, ReportCall, ReportingTerm
from accreditation.reporting import explanations
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory
from tests.factories.reports import KEY, USER, a_stand_in, an_accreditation, awards

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOME = "/beheer/melden/"


@pytest.fixture
def register():
    """Knows all but three of 250 people, and one of those it knows is not registered any more."""
    accreditation = an_accreditation(id_number="512345")
    explanations.seed()
    ReportingTerm.objects.create(register=accreditation.register, days=42)
    numbers = [award.register_number for award in awards(accreditation, 250)]
    stand_in = a_stand_in(accreditation, [number for number in numbers if number not in ("100050", "100120", "100200")])
    stand_in.world.unregistered = {"100130"}
    stand_in.accreditation = accreditation
    yield stand_in
    stand_in.close()


def test_250_attendances_end_accepted_or_explained_and_none_twice(page_at, log_in, register):
    accreditation = register.accreditation
    administrator = MembershipFactory(organisation=accreditation.course.organisation, role=Role.ACCREDITATION_ADMIN).user
    ProfessionalProfile.objects.create(user=administrator)
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, administrator)
    page.goto(HOME)
    page.get_by_role("link", name="Nieuwe koppeling").click()
    page.get_by_role("link", name="Webservice van PE-online").click()
    page.get_by_label("Register", exact=True).select_option(label=str(accreditation.register))
    page.get_by_label("Adres van de webservice").fill(register.address)
    page.get_by_label("userID").fill(USER)
    page.get_by_label("userKey").fill(KEY)
    page.get_by_label("testmodus").uncheck()
    page.get_by_role("button", name="Bewaar de koppeling").click()
    expect(page.get_by_text("De koppeling is bewaard.")).to_be_visible()
    assert KEY not in page.content()
    assert violations(page) == []

    # Half-way it takes a hundred rows without a word, twice, and after that it is down.
    def fail(number):
        register.mode = "down" if number > 3 else "hangs_up" if number > 1 else "ok"

    register.before = fail
    page.get_by_role("link", name="Meld 250 nieuwe aanwezigen").click()
    assert violations(page) == []
    page.get_by_role("button", name="Zet alle 250 meldingen klaar").click()
    expect(page.get_by_text("250 meldingen staan klaar.")).to_be_visible()
    page.goto(HOME)
    expect(page.get_by_text("PE-online is niet te bereiken.")).to_be_visible()
    assert violations(page) == []
    taken = len(register.register)
    assert 150 < taken < 250, "it knows more of them than we were told"
    assert Report.objects.filter(state="accepted").count() < taken

    page.get_by_role("link", name=str(accreditation.register)).click()
    page.get_by_role("button", name="Probeer nu").click()
    expect(page.get_by_text("PE-online gaf een antwoord waar we niets mee kunnen.")).to_be_visible()
    register.before = lambda number: None
    register.mode = "ok"
    page.get_by_role("button", name="Probeer nu").click()
    expect(page.get_by_role("button", name="Probeer nu")).to_have_count(0)  # nothing is on its way any more
    page.goto(HOME)
    expect(page.get_by_text("246 van 250 meldingen afgerond")).to_be_visible()

    page.get_by_role("link", name="4 meldingen vragen aandacht").click()
    expect(page.get_by_text("Het register kent dit nummer niet.")).to_have_count(3)
    expect(page.get_by_text("De registratieperiode van deze persoon")).to_have_count(1)
    assert violations(page) == []
    register.world.persons[52].add("200050")
    page.get_by_role("row").filter(has_text="100050").get_by_role("link", name="Verbeter het nummer").click()
    page.get_by_label("Nummer in het register").fill("200 050")
    page.get_by_role("button", name="Wijzig en meld opnieuw").click()
    expect(page.get_by_text("is gewijzigd in 200050 en de melding gaat opnieuw")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []

    assert Counter(Report.objects.values_list("state", flat=True)) == {"accepted": 247, "rejected": 3}
    assert len(register.register) == 247
    assert len({key[1] for key in register.register}) == 247, "one for each person, however often it came"
    assert max(register.register.values()) > 1, "some came more than once, and changed nothing"
    assert {report.text for report in Report.objects.filter(state="rejected")} >= {"Professional bestaat niet in PE"}
    assert not ReportCall.objects.filter(closed_at=None).exists()
    assert RegisterConnection.objects.get().failures == 0
    phone = page_at(390)
    log_in(phone, administrator)
    for address in (HOME, f"{HOME}meldingen/?stand=rejected", f"{HOME}meldingen/{Report.objects.first().pk}/"):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
