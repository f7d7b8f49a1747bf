"""A dossier from a photo to a ZIP that anyone checks: brought, packed, changed by one byte, and the verifier names the file."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.storage import storages
from playwright.sync_api import expect

from accreditation.models import DossierIntake, DossierPackage, Evidence, EvidenceFile
from tests.accreditation.evidence_files import a_pdf
from tests.factories.accounts import RegisterEntryFactory
from tests.factories.accreditation import CategoryRuleFactory, EvidenceKindFactory, RegisterRuleFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path, monkeypatch):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path, "base_url": None}},
    }
    for model in (EvidenceFile, DossierPackage, DossierIntake):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", storages["private"])


def a_nurse():
    kind = EvidenceKindFactory(name="Intervisie")
    CategoryRuleFactory(rule=RegisterRuleFactory(register=kind.register, work_hours=2080), category=kind.category)
    return RegisterEntryFactory(register=kind.register, period_start=date(2022, 1, 1), period_end=date(2099, 12, 31)).user


def chosen(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_dossier_is_brought_packed_changed_by_one_byte_and_the_verifier_names_the_file(page_at, log_in):
    nurse = a_nurse()
    page = page_at(390)
    log_in(page, nurse)
    page.goto("/mijn/dossier/bewijs/nieuw/")
    page.set_input_files("input[type=file]", chosen("verslag.pdf", a_pdf("Onderwerp: Intervisie in de wijk", "12 maart 2024").read()))
    page.get_by_role("button", name="Lees het bestand en ga verder").click()
    expect(page.get_by_label("Wat deed je")).to_have_value("Intervisie in de wijk")
    expect(page.get_by_label("Datum, of de laatste dag")).to_have_value("2024-03-12")
    page.get_by_role("button", name="Bewaar in mijn dossier").click()
    expect(page.get_by_role("alert").or_(page.locator(".vw-field--error")).first).to_be_visible()
    page.get_by_label("Waarvoor telt het").select_option(index=1)
    page.get_by_label("Effectieve uren").fill("2,5")
    page.get_by_role("button", name="Bewaar in mijn dossier").click()
    page.get_by_text("staat in je dossier").wait_for()
    assert Evidence.objects.get().points == 2.5

    page.goto("/mijn/dossier/meenemen/")
    page.get_by_role("button", name="Pak mijn dossier in").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Dossier van").click()
    content = bytearray(download.value.path().read_bytes())

    visitor = page_at(1280)
    visitor.goto("/verifieer/dossier/")
    visitor.set_input_files("input[type=file]", chosen("dossier.zip", bytes(content)))
    visitor.get_by_role("button", name="Controleer dit dossier").click()
    visitor.get_by_role("heading", name="Dit dossier is echt en onveranderd").wait_for()
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        name = next(name for name in archive.namelist() if name.startswith("bewijs/"))
        at = archive.getinfo(name).header_offset + 30 + len(name) + 100
    content[at] ^= 1
    visitor.set_input_files("input[type=file]", chosen("dossier.zip", bytes(content)))
    visitor.get_by_role("button", name="Controleer dit dossier").click()
    visitor.get_by_role("heading", name="Dit dossier is veranderd").wait_for()
    expect(visitor.locator(".vw-evidence__one")).to_have_count(1)
    expect(visitor.locator(".vw-evidence__one")).to_contain_text(name)

    page.goto("/mijn/dossier/delen/")
    page.get_by_label("Welk register").select_option(index=1)
    page.get_by_label("Voor wie").fill("Beoordelaar")
    page.get_by_role("button", name="Maak een link").click()
    address = page.locator("code").first.inner_text()
    visitor.goto(address[address.index("/gedeeld/") :])
    expect(visitor.get_by_text("Intervisie in de wijk").first).to_be_visible()
    page.goto("/mijn/dossier/delen/")
    expect(page.get_by_text("1 keer bekeken")).to_be_visible()
