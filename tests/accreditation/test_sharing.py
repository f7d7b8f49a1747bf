from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import AuditEvent, ProfessionalProfile
from accreditation.dossier import standings
from accreditation.dossiers import contents, paper, sharing
from accreditation.dossiers.sharing import NoSuchShare, ShareRefused
from accreditation.evidence import applications, files, keeping
from accreditation.models import Certificate, DossierShare, EvidenceDocument
from accreditation.verification import LIMITS
from competencies.models import Competency, Framework
from tests.accreditation.evidence_files import a_photo
from tests.factories.accounts import OrganisationFactory, ProfessionFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import (
    CategoryRuleFactory,
    EvidenceFactory,
    EvidenceKindFactory,
    RegisterRuleFactory,
    accredited,
    satisfy,
)
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_day():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def kind():
    kind = EvidenceKindFactory()
    CategoryRuleFactory(rule=RegisterRuleFactory(register=kind.register), category=kind.category)
    return kind


@pytest.fixture
def entry(kind):
    user = UserFactory(first_name="Noor", last_name="Voorbeeld")
    return RegisterEntryFactory(user=user, register=kind.register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))


def evidence(entry, kind, title, **more):
    made = EvidenceFactory(owner=entry.user, kind=kind, title=title, **more)
    if made.state == "kept":
        keeping.add_document(evidence=made, checked=files.check(a_photo(name=f"{title}.jpg"), owner=entry.user))
    return made


def a_link(entry, days=14):
    return sharing.share(entry=entry, reader="Beoordelaar", days=days)[1]


def at(token):
    return reverse("accreditation:shared", args=[token])


def test_an_assessor_sees_one_period_of_one_register_and_nothing_else(client, entry, kind):
    other = EvidenceKindFactory(name="Andere soort")
    RegisterEntryFactory(
        user=entry.user, register=other.register, number="99999999999", period_start=date(2022, 1, 1), period_end=date(2026, 12, 31)
    )
    inside = evidence(entry, kind, "Binnen de periode")
    hidden = [
        evidence(entry, kind, "Voor de periode", done_on=date(2021, 12, 31)),
        evidence(entry, kind, "Na de periode", done_on=date(2027, 1, 1)),
        evidence(entry, other, "Ander register"),
        evidence(entry, kind, "Ingetrokken stuk", state="withdrawn"),
        evidence(RegisterEntryFactory(register=kind.register), kind, "Van een ander"),
    ]
    work = evidence(
        entry,
        EvidenceKindFactory(register=kind.register, name="Werkuren", form="work", category=None),
        "Werk op de afdeling",
        started_on=date(2026, 1, 5),
        done_on=date(2026, 3, 29),
        hours=Decimal(300),
    )
    token = a_link(entry)
    assert "staat vast" not in client.get(at(token)).content.decode()
    (standing,) = [one for one in standings(person=entry.user) if one.entry == entry]
    applications.apply(entry=entry, first_day=entry.period_start, last_day=entry.period_end, frozen=lambda: contents.as_json(standing))

    page = client.get(at(token)).content.decode()

    assert "De aanvraag voor deze periode staat vast" in page
    assert "5 januari 2026 – 29 maart 2026" in page
    told = contents.whole(person=entry.user) | {"made_at": NOW.isoformat(), "issuer": "Vakwijs", "installation": "http://x"}
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper.render(told))).pages).split())
    assert "05-01-2026 t/m 29-03-2026" in text
    assert "Binnen de periode" in page
    assert entry.number in page
    assert [one.title for one in hidden if one.title in page] == []
    assert "99999999999" not in page
    for document in EvidenceDocument.objects.all():
        expected = 200 if document.evidence in (inside, work) else 404
        assert client.get(reverse("accreditation:shared_document", args=[token, document.pk])).status_code == expected


def test_each_certificate_is_checked_for_this_register_and_its_file_is_given_when_it_names_no_other(client, entry):
    elsewhere = RegisterFactory(name="Ander register")
    RegisterEntryFactory(user=entry.user, register=elsewhere, number="19099999930")
    both, single = released_course(), released_course()
    accredited(release=both, register=entry.register)
    accredited(release=both, register=elsewhere)
    accredited(release=single, register=entry.register)
    for release in (both, single):
        satisfy(EnrolmentFactory(learner=entry.user, release=release))
    token = a_link(entry)

    answers = {
        certificate.course_id: client.get(reverse("accreditation:shared_certificate", args=[token, certificate.number])).status_code
        for certificate in Certificate.objects.all()
    }

    assert answers == {both.course_id: 404, single.course_id: 200}
    page = client.get(at(token)).content.decode()
    assert "19099999930" not in page
    assert "Ander register" not in page
    assert reverse("accreditation:verify_token", args=[Certificate.objects.first().token]) not in page
    public = client.get(reverse("accreditation:verify_token", args=[Certificate.objects.get(course=both.course_id).token]))
    assert "Ander register" in public.content.decode()
    for one in Certificate.objects.all():
        address = reverse("accreditation:shared_check", args=[token, one.number])
        assert address in page
        check = client.get(address)
        text = check.content.decode()
        assert ("Dit certificaat is geldig" in text, one.number in text, "Ander register" in text) == (True, True, False)
        assert f"{entry.register.name}, " in text
        assert (check["Referrer-Policy"], "no-store" in check["Cache-Control"]) == ("same-origin", True)
    assert AuditEvent.objects.filter(event="shared-document-opened", details__document=one.number).exists()
    satisfy(EnrolmentFactory(release=single))
    foreign = Certificate.objects.exclude(learner=entry.user).get()
    assert client.get(reverse("accreditation:shared_check", args=[token, foreign.number])).status_code == 404


def test_every_look_is_in_the_audit_trail_and_its_owner_reads_it(client, entry, kind):
    evidence(entry, kind, "Bewijs")
    token = a_link(entry)
    client.get(at(token), REMOTE_ADDR="203.0.113.9")
    client.get(reverse("accreditation:shared_document", args=[token, EvidenceDocument.objects.get().pk]))

    events = AuditEvent.objects.filter(actor=None, dossier_owner=entry.user).order_by("pk")
    assert [event.event for event in events] == ["shared-dossier-viewed", "shared-document-opened"]
    client.force_login(entry.user)
    text = client.get(reverse("accreditation:my_shares")).content.decode()
    assert "1 keer bekeken, 1 document geopend" in text
    assert "203.0.113.9" in text
    log = client.get(reverse("accounts:access_log")).content.decode()
    assert "Gedeeld dossier bekeken" in log
    assert "Beoordelaar, zonder account" in log
    assert "het systeem" not in log
    assert token not in text
    OrganisationFactory()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    audit_page = reverse("accounts:audit")
    assert client.get(audit_page, {"q": "beoordelaar"}).content.decode().count("Beoordelaar, zonder account") == 2
    assert client.get(audit_page, {"q": "een ander"}).content.decode().count("Beoordelaar, zonder account") == 0
    assert b"".join(client.get(reverse("accounts:audit_export"))).decode().count(";Beoordelaar;") == 2


def test_a_link_ends_at_its_moment_when_stopped_and_when_the_period_changes(client, entry):
    token, second = a_link(entry, days=1), a_link(entry)
    with time_machine.travel(datetime(2026, 6, 16, 9, 59, 59, tzinfo=UTC)):
        assert client.get(at(token)).status_code == 200
    with time_machine.travel(datetime(2026, 6, 16, 10, tzinfo=UTC)):
        assert client.get(at(token)).status_code == 404

    entry.period_end = date(2027, 12, 31)
    entry.save()
    assert client.get(at(second)).status_code == 404
    entry.period_end = date(2026, 12, 31)
    entry.save()
    assert client.get(at(second)).status_code == 200
    client.force_login(UserFactory())
    stop = reverse("accreditation:stop_share", args=[DossierShare.objects.first().uuid])
    assert client.post(stop).status_code == 404
    client.force_login(entry.user)
    client.post(reverse("accreditation:stop_share", args=[sharing._found(second).uuid]))
    client.logout()
    assert client.get(at(second)).status_code == 404
    entry.delete()
    with pytest.raises(NoSuchShare):
        sharing.opened(second, origin="")


def test_the_page_is_whole_in_the_language_of_its_owner_until_its_reader_chooses(client, entry, kind):
    evidence(entry, kind, "Bewijs", points=Decimal(1))
    token = a_link(entry)

    dutch = client.get(at(token), headers={"accept-language": "en"})
    assert (dutch["Content-Language"], '<html lang="nl">' in dutch.content.decode()) == ("nl", True)
    assert "Bewijs" in dutch.content.decode()
    client.post(reverse("cms:choose_language"), {"language": "en", "next": at(token)})
    english = client.get(at(token), headers={"accept-language": "nl"})

    assert (english["Content-Language"], '<html lang="en">' in english.content.decode()) == ("en", True)
    client.cookies.clear()
    entry.user.language = "en"
    entry.user.save()
    assert client.get(at(token))["Content-Language"] == "en"


def test_the_page_and_the_paper_tell_all_that_is_missing_and_whose_canmeds_an_area_is(client, entry, kind):
    nurses, physicians = (Framework.objects.create(code=code, name=f"CanMEDS {code}") for code in ("vpk", "arts"))
    areas = [Competency.objects.create(framework=one, code=f"{one.code}:x", name=f"Gebied {one.code}") for one in (physicians, nurses)]
    profession = ProfessionFactory()
    ProfessionalProfile.objects.create(user=entry.user).professions.add(profession)
    nurses.professions.add(profession)
    evidence(entry, kind, "Intervisie", points=Decimal(4)).competencies.set(areas)

    shared = sharing.opened(a_link(entry), origin="")

    (row,) = shared.told["rows"]
    assert [(area["framework"], area["name"]) for area in row["areas"]] == [("CanMEDS vpk", "Gebied vpk"), ("CanMEDS arts", "Gebied arts")]
    rule = shared.standing.rule
    page = client.get(at(a_link(entry))).content.decode()
    assert f"4 van {rule.total:.0f} punten; er ontbreken er nog {rule.total - 4:.0f}" in page
    assert "CanMEDS vpk: Gebied vpk" in page
    told = contents.whole(person=entry.user) | {"made_at": NOW.isoformat(), "issuer": "Vakwijs", "installation": "http://x"}
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper.render(told))).pages).split())
    assert f"er ontbreken er nog {rule.total - 4:.0f}" in text
    assert "CanMEDS vpk: Gebied vpk; CanMEDS arts: Gebied arts" in text


def test_no_engine_no_cache_no_other_site_hears_of_it_and_guessing_is_slow(client, entry, monkeypatch):
    token = a_link(entry)

    page = client.get(at(token))

    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    assert not DossierShare.objects.filter(token_hash=token).exists()
    wrong, stopped = client.get(at("geen")), a_link(entry)
    sharing.stop(sharing._found(stopped))
    assert (wrong.status_code, wrong.content.count(b"Misschien")) == (404, 1)
    assert client.get(at(stopped)).content.count(b"Misschien") == 1
    monkeypatch.setitem(LIMITS, "share", (0, 600))
    assert client.get(at("geen")).status_code == 429
    assert client.get(at(token)).status_code == 200


def test_a_link_is_made_for_someone_for_a_while_and_for_a_known_period(client, entry):
    client.force_login(entry.user)
    address = reverse("accreditation:my_shares")
    page = client.post(address, {"entry": entry.pk, "reader": "Register", "days": 14})
    assert client.get(page.context["address"].partition("://")[2].partition("/")[2].join(["/", ""])).status_code == 200
    assert client.get(address).context["address"] == ""
    form = {"entry": entry.pk, "reader": "Register", "days": 14, "once": client.get(address).context["form"]["once"].value()}
    again = [client.post(address, form).context for _reload in range(2)]
    assert again[0]["address"] == again[1]["address"] != page.context["address"]
    assert again[1]["form"]["once"].value() != form["once"]
    assert DossierShare.objects.count() == 2
    assert AuditEvent.objects.filter(event="dossier-shared").count() == 2
    sharing.stop(DossierShare.objects.first())
    assert "gestopt of verlopen" in client.post(address, form).content.decode()
    asked = {"reader": "Register", "days": 14, "once": form["once"]}
    assert sharing._token(RegisterEntryFactory(), **asked) != sharing._token(entry, **asked)
    for fields in ({"days": 0}, {"days": 91}, {"reader": " "}, {"entry": RegisterEntryFactory().pk}):
        client.post(address, {"entry": entry.pk, "reader": "Register", "days": 14, **fields})
    assert DossierShare.objects.count() == 2

    # Back in the browser, and then for another register with the mark of the form that was sent already.
    elsewhere = RegisterEntryFactory(user=entry.user, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    RegisterRuleFactory(register=elsewhere.register)
    first, second = (sharing.share(entry=one, reader="Register", days=14, once="merk")[0] for one in (entry, elsewhere))
    assert (first.register, second.register) == (entry.register, elsewhere.register)

    entry.period_end = None
    entry.save()
    with pytest.raises(ShareRefused, match="registratieperiode"):
        a_link(entry)


def test_the_shared_page_asks_as_much_for_three_as_for_one(client, entry, kind):
    token = a_link(entry)
    counts = []
    for titles in (["Een"], ["Twee", "Drie"]):
        for title in titles:
            evidence(entry, kind, title, points=Decimal(1))
        client.get(at(token))
        with CaptureQueriesContext(connection) as asked:
            client.get(at(token))
        counts.append(len(asked))

    assert counts[0] == counts[1]
