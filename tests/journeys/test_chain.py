"""The chain: an author builds a course, a nurse follows and completes it, a stranger verifies the certificate, an administrator exports it."""

import contextlib
import csv
import io
import re
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from lxml import etree
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from accounts.editors import keep_groups_in_step
from accounts.models import Organisation, ProfessionalProfile, Register, Role, User
from accreditation.models import Accreditation, Certificate, PointAward
from competencies.models import Evidence
from courses import iris
from courses.h5p.embed import content_iri
from courses.iris import part_iri
from courses.models import (
    ActivityProgress,
    Attempt,
    CourseIndexPage,
    CoursePage,
    CourseProgress,
    H5PVersion,
    LessonPage,
    ModulePage,
    Release,
)
from lrs.actors import actor_of
from lrs.models import Source, Statement
from lrs.profiles import adl
from tests.chromium import state_kept, statement_kept
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterFactory
from tests.factories.accreditation import accredited
from tests.factories.lrs import a_credential
from tests.journeys.story import TAG, accredit, begin_story, exercise_file, fill_bank, publish_course

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "een-lang-wachtwoord-1"
COURSE, ADDRESS = "Werk in de behandeling", "/cursus/werk-in-de-behandeling/"
BIG = "19012345630"
RIGHT, WRONG = "De bedrijfsarts", "De portier"


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = True
    # The test database of SQLite has one connection for all threads: what the editor saves by itself would cross what is saved here.
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0


@dataclass
class Person:
    """Someone who works here already, and what they log in with."""

    user: User
    secret: str = ""


def staff(organisation: Organisation, role: Role, name: str) -> Person:
    """Someone with this role, with a second step when the role asks for one."""
    user = MembershipFactory(organisation=organisation, role=role, user__first_name="Demo", user__last_name=name).user
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    ProfessionalProfile.objects.create(user=user)
    keep_groups_in_step(user)
    person = Person(user)
    if role != Role.AUTHOR:
        person.secret = totp.generate_totp_secret()
        totp.TOTP.activate(user, person.secret)
    return person


def log_in_by_form(page: Page, person: Person, *, to: str) -> None:
    """Ask for a page, be sent to the log-in, and arrive at the page."""
    page.goto(to)
    page.get_by_label("E-mailadres").fill(person.user.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    if person.secret:
        page.wait_for_url("**/account/2fa/authenticate/**")
        code = totp.format_hotp_value(totp.hotp_value(person.secret, next(iter(totp.yield_hotp_counters_from_time()))))
        page.locator("input[name=code]").fill(code)
        page.keyboard.press("Enter")
    page.wait_for_url(f"**{to}")


# --- Author and publisher, in the editor ------------------------------------------------------------------------------


def put_block(page: Page, field: str, label: str, *, has_choice: bool = True) -> int:
    """Add a block of this kind at the end of a StreamField, which asks for the kind when it has several; answers its number."""
    stream = page.locator(f"[data-contentpath={field}]").first
    number = int(page.locator(f"input[name={field}-count]").input_value())
    stream.locator("button.c-sf-add-button").last.click()
    if has_choice:
        page.get_by_role("option", name=label, exact=True).click()
    expect(page.locator(f"input[name={field}-count]")).to_have_value(str(number + 1))
    return number


def write(page: Page, place: str, name: str, text: str) -> None:
    """In a field for rich text, which keeps what is typed a moment later, and nothing before it is ready."""
    editor, kept = page.locator(f"[data-contentpath={place}] [contenteditable=true]").first, page.locator(f"input[name={name}]")
    for _attempt in range(5):
        editor.click()
        editor.press_sequentially(text)
        page.wait_for_timeout(600)
        if text in kept.input_value():
            return
        editor.press("Control+a")
        editor.press("Delete")
    raise AssertionError(kept.input_value())


def give_title(page: Page, title: str) -> None:
    """As somebody types it, so that the address follows."""
    page.wait_for_load_state("networkidle")
    page.locator("#id_title").press_sequentially(title)
    page.keyboard.press("Tab")
    expect(page.locator("#id_slug")).not_to_have_value("")


def said(page: Page) -> Locator:
    """What the editor answers at the top of the page."""
    return page.locator(".messages")


def save_draft(page: Page) -> None:
    page.get_by_role("button", name="Bewaar concept").click()
    expect(said(page)).to_contain_text("is aangemaakt")


def footer_action(page: Page, name: str) -> None:
    """One of the further actions, beside the main one; before the editor's scripts are there they all just save."""
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Meer acties").last.click()
    page.get_by_role("button", name=name).last.click()


def upload_exercise(page: Page, tmp_path: Path) -> None:
    package = tmp_path / "oefening.h5p"
    package.write_bytes(exercise_file())
    page.goto("/cms/h5p/uploaden/")
    page.locator("input[type=file]").set_input_files(package)
    page.get_by_role("button", name="Controleer en neem op").click()
    expect(page.get_by_text("Vakwijs.Choice").first).to_be_visible()


def build_course(page: Page, organisation: Organisation, author: User) -> CoursePage:
    page.goto(f"/cms/pages/add/courses/coursepage/{CourseIndexPage.objects.get().pk}/")
    give_title(page, COURSE)
    page.fill("#id_summary", "Je leert hoe je in de behandeling naar werk vraagt.")
    write(page, "intro", "intro", "Vragen naar werk hoort bij goede zorg.")
    page.select_option("#id_organisation", label=organisation.name)
    page.select_option("#id_course_owner", label=author.get_full_name())
    page.select_option("#id_form", "elearning")
    page.locator("#id_professions").get_by_label("Verpleegkundige", exact=True).check()
    page.get_by_role("button", name="Kies thema").click()
    page.get_by_role("link", name="Gesprek over werk").click()
    put_block(page, "completion", "Lessen afgerond")
    done = put_block(page, "completion", "Gedaan (elke score telt)")
    page.fill(f"[name=completion-{done}-value]", "oefening")
    passed = put_block(page, "completion", "Gehaald met minstens")
    page.fill(f"[name=completion-{passed}-value-activity]", "eindtoets")
    evaluated = put_block(page, "completion", "Evaluatie ingevuld")
    page.fill(f"[name=completion-{evaluated}-value]", "evaluatie")
    save_draft(page)
    return CoursePage.objects.get()


def begin_lesson(page: Page, module: ModulePage, title: str, text: str) -> None:
    """A lesson with a text, a source and the date by which its facts are looked at again."""
    page.goto(f"/cms/pages/add/courses/lessonpage/{module.pk}/")
    give_title(page, title)
    page.fill("#id_minutes", "10")
    put_block(page, "body", "Tekst")
    write(page, "body", "body-0-value", text)
    source = put_block(page, "sources", "Bron", has_choice=False)
    page.fill(f"[name=sources-{source}-value-title]", "Werk als behandeldoel")
    page.fill(f"[name=sources-{source}-value-date]", "2025-10")
    # Not by hand: the calendar that opens then closes when it pleases, and lies over the buttons until it does.
    page.locator("#id_review_by").evaluate("(field, day) => { field.value = day }", f"{timezone.localdate().year + 2}-01-01")


def name_activity(page: Page, number: int, *, key: str, title: str) -> None:
    page.fill(f"[name=body-{number}-value-key]", key)
    page.fill(f"[name=body-{number}-value-title]", title)


def build_lessons(page: Page, course: CoursePage) -> None:
    page.goto(f"/cms/pages/add/courses/modulepage/{course.pk}/")
    give_title(page, "Het gesprek")
    save_draft(page)
    module = ModulePage.objects.get()
    begin_lesson(page, module, "Vragen naar werk", "Begin met een open vraag.")
    save_draft(page)

    begin_lesson(page, module, "Zelf aan de slag", "Nu jij.")
    exercise = put_block(page, "body", "Interactieve oefening (H5P)")
    name_activity(page, exercise, key="oefening", title="Oefening")
    choose = page.locator("[data-contentpath=content]").get_by_role("button", name=re.compile("^Kies"))
    found = page.get_by_role("link", name="Wat vraag je het eerst")
    choose.click()
    with contextlib.suppress(AssertionError):
        expect(found).to_be_visible(timeout=10_000)
    if not found.is_visible():  # the editor was not ready for the click yet
        choose.click()
    found.click()
    test = put_block(page, "body", "Vragen of toets")
    name_activity(page, test, key="eindtoets", title="Eindtoets")
    page.select_option(f"[name=body-{test}-value-mode]", "test")
    page.locator("[data-contentpath=draw] button.c-sf-add-button").first.click()
    page.fill(f"[name=body-{test}-value-draw-0-value-tag]", TAG)
    page.fill(f"[name=body-{test}-value-draw-0-value-count]", "3")
    evaluation = put_block(page, "body", "Evaluatie")
    name_activity(page, evaluation, key="evaluatie", title="Evaluatie")
    page.fill(f"[name=body-{evaluation}-value-questions-0-value-text]", "Past bij mijn werk")
    save_draft(page)


def submit_for_review(page: Page) -> None:
    for lesson in LessonPage.objects.all():
        page.goto(f"/cms/pages/{lesson.pk}/edit/")
        footer_action(page, "Stuur door naar")
        expect(said(page)).to_contain_text(re.compile("ingediend|gestuurd"))


def approve_and_release(page: Page, course: CoursePage) -> None:
    for structure in (course, ModulePage.objects.get()):
        page.goto(f"/cms/pages/{structure.pk}/edit/")
        footer_action(page, "Publiceren")
        expect(said(page)).to_contain_text("gepubliceerd")
    for lesson in LessonPage.objects.all():
        page.goto(f"/cms/pages/{lesson.pk}/edit/")
        footer_action(page, "Keur goed en publiceren")
        expect(said(page)).to_contain_text(lesson.title)
    assert all(lesson.live for lesson in LessonPage.objects.all())
    page.goto(f"/cms/pages/{course.pk}/edit/")
    page.get_by_role("link", name="Bekijk wat een nieuwe uitgave brengt").click()
    expect(page.get_by_text("Nieuwe les: Zelf aan de slag")).to_be_visible()
    page.get_by_role("button", name="Breng uitgave 1 uit").click()
    expect(page.get_by_text("Uitgave 1 is uitgebracht.")).to_be_visible()


# --- The nurse, on a phone --------------------------------------------------------------------------------------------


def link_in_mail() -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def sign_up(page: Page, email: str) -> User:
    page.goto("/")
    page.goto("/account/signup/")
    page.get_by_label("Voornaam").fill("Fatma")
    page.get_by_label("Achternaam").fill("van der Meulen")
    page.get_by_label("E-mailadres").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Maak mijn account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kijk in je mail")
    page.goto(link_in_mail())
    page.get_by_role("button", name="Ja, dit is mijn adres").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nog even over jou")
    page.get_by_label("Verpleegkundige", exact=True).check()
    page.get_by_label("Register", exact=True).select_option(label="Kwaliteitsregister V&V")
    page.get_by_label("Nummer").fill(BIG)
    page.get_by_role("button", name="Bewaar en ga verder").click()
    page.wait_for_url("**/mijn/")
    return User.objects.get(email=email)


def find_and_enrol(page: Page) -> None:
    page.goto("/cursus/")
    page.get_by_role("link", name=COURSE).click()
    page.wait_for_url(f"**{ADDRESS}")
    page.get_by_role("button", name="Doe mee").locator("visible=true").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vragen naar werk")


def go_on(page: Page) -> None:
    """The button under the lesson."""
    page.get_by_role("button", name=re.compile("^(Ga verder met les|Rond de laatste les af)")).click()


def exercise_on(page: Page) -> Any:
    expect(page.locator(".vw-h5p")).to_have_attribute("data-started", "true")
    return page.frame_locator(".vw-h5p iframe")


def answer(page: Page, text: str) -> None:
    """One question of the test; what was chosen is kept at once."""
    page.locator(".vw-choice-card", has_text=text).click()
    expect(page.locator("[data-vw-saved]")).to_have_text(re.compile(r"Bewaard \d\d:\d\d"))


def next_question(page: Page) -> None:
    here = page.url
    page.locator("button[value=volgende]").click()
    page.wait_for_url(lambda url: url != here)


def hand_in(page: Page) -> None:
    page.locator("form[data-vw-hand-in] button").click()
    page.wait_for_url("**/uitslag/")


def begin_and_be_interrupted(phone: Page) -> None:
    go_on(phone)
    exercise = exercise_on(phone)
    exercise.get_by_label("Hoe gaat het met je werk?").check()
    exercise.get_by_role("button", name="Controleer").click()
    exercise.locator(".vw-ex-verdict-title").wait_for()
    with state_kept(phone, lambda state: state.get("at") == 1):
        exercise.get_by_role("button", name=re.compile("Volgende")).click()
    expect(exercise.get_by_text("Vraag 2 van 2")).to_be_visible()
    expect(phone.locator("[data-h5p-status]")).to_contain_text("Bewaard")
    phone.get_by_role("button", name="Begin met de toets").click()
    phone.wait_for_url("**/vraag/1/")
    answer(phone, WRONG)
    phone.context.close()


def resume_and_fail(tablet: Page) -> None:
    """At another device: the exercise stands at its second question, and the test has the first answer."""
    tablet.goto("/mijn/")
    tablet.get_by_role("link", name=re.compile("Ga verder")).first.click()
    exercise = exercise_on(tablet)
    expect(exercise.get_by_text("Vraag 2 van 2")).to_be_visible()
    exercise.get_by_label("Het beroep").check()
    exercise.get_by_role("button", name="Controleer").click()
    with statement_kept(tablet, "completed"):
        exercise.get_by_role("button", name="Bekijk hoe het ging").click()
    expect(exercise.get_by_text("Je hebt 2 van de 2 goed.")).to_be_visible()
    tablet.get_by_role("button", name="Ga verder met de toets").click()
    tablet.wait_for_url(re.compile("/vraag/|/overzicht/"))
    attempt = Attempt.objects.get()
    assert attempt.questions.count() == 3
    tablet.goto(f"/leren/toets/{attempt.uuid}/vraag/1/")
    expect(tablet.locator(".vw-choice-card", has_text=WRONG).locator("input")).to_be_checked()
    next_question(tablet)
    for choice in (WRONG, RIGHT):
        answer(tablet, choice)
        next_question(tablet)
    hand_in(tablet)
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Nog niet geslaagd")


def read_why_not(page: Page) -> None:
    page.goto(ADDRESS)
    why = page.locator("details.vw-course__why")
    if not why.get_attribute("open"):
        why.locator("summary").click()
    expect(why.locator("summary")).to_have_text("Waarom ben ik nog niet klaar?")
    expect(why.locator(".vw-why__rule--met")).to_have_count(1)
    test = why.locator(".vw-why__rule--open", has_text="Haal minstens 70 % voor ‘Eindtoets’")
    expect(test).to_contain_text("Je beste score is 33 %")
    test.get_by_role("link", name="Naar ‘Eindtoets’").click()
    page.wait_for_url("**/zelf-aan-de-slag/#activity-*")


def pass_and_evaluate(page: Page) -> None:
    page.get_by_role("button", name="Doe een nieuwe poging").click()
    for _question in range(3):
        answer(page, RIGHT)
        next_question(page)
    hand_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent geslaagd")
    page.get_by_role("link", name="Terug naar de les").click()
    page.locator(".vw-rating label").last.click()
    page.get_by_role("button", name="Verstuur mijn evaluatie").click()
    expect(page.get_by_text("Je evaluatie is ingevuld")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="Je hebt deze cursus afgerond")).to_be_visible()


def download(page: Page, click: Locator) -> bytes:
    with page.expect_download() as waiting:
        click.click()
    return Path(waiting.value.path()).read_bytes()


def download_certificate(page: Page) -> bytes:
    page.goto("/mijn/certificaten/")
    expect(page.get_by_text("Geldig", exact=True)).to_be_visible()
    pdf = download(page, page.get_by_role("link", name="Download PDF"))
    assert pdf.startswith(b"%PDF-")
    return pdf


def find_points(page: Page) -> None:
    """They stand there at once; beside the rule, as soon as the dossier knows which one holds."""
    page.goto("/mijn/dossier/")
    expect(page.get_by_role("heading", name="Je hebt 4 punten")).to_be_visible()
    page.get_by_role("link", name="Vul aan").click()
    page.get_by_label("Deelregister").select_option("verpleegkundige")
    page.get_by_label("Laatste dag van je registratieperiode").fill(f"{timezone.localdate().year + 2}-12-31")
    page.get_by_role("button", name="Bewaar").click()
    page.goto("/mijn/dossier/")
    expect(page.get_by_role("heading", name=re.compile("Je hebt 4 van (147|184) punten"))).to_be_visible()


# --- Everybody else ---------------------------------------------------------------------------------------------------


def verdict(page: Page) -> Locator:
    return page.locator(".vw-verdict__word")


def verify(page: Page, certificate: Certificate, pdf: bytes) -> None:
    """By what is printed on it, by its QR code, and with the file; a file with one other byte is not it."""
    page.goto("/verifieer/")
    page.get_by_label("Nummer", exact=True).fill(str(certificate.number))
    page.get_by_label("Controlecode").fill(certificate.check_code)
    page.get_by_role("button", name="Controleer dit nummer").click()
    expect(verdict(page)).to_have_text("Dit certificaat is geldig")
    expect(page.locator("main")).to_contain_text("F. v. d. M.")
    for secret in ("Fatma", "Meulen", BIG):
        assert secret not in page.content()
    page.goto(f"/verifieer/{certificate.token}/")
    expect(verdict(page)).to_have_text("Dit certificaat is geldig")

    for content, word in [(pdf, "Dit certificaat is geldig"), (pdf[:-20] + b"!" + pdf[-19:], "Dit bestand kennen we niet")]:
        page.goto("/verifieer/")
        page.locator("input[type=file]").set_input_files({"name": "certificaat.pdf", "mimeType": "application/pdf", "buffer": content})
        page.get_by_role("button", name="Controleer dit bestand").click()
        expect(verdict(page)).to_have_text(word)


def export(page: Page, accreditation: Accreditation) -> None:
    """The nurse stands in each of the files, once."""
    page.goto(f"/beheer/accreditaties/{accreditation.pk}/")
    expect(page.get_by_role("heading", name="1 persoon met punten")).to_be_visible()
    files = {name: download(page, page.get_by_role("button", name=name)) for name in ("PE-online XML", "CSV", "XLSX")}
    attendance = etree.fromstring(files["PE-online XML"]).findall("Attendance")
    assert [one.findtext("externalPersonID") for one in attendance] == [BIG]
    head, *rows = csv.reader(io.StringIO(files["CSV"].decode("utf-8-sig")), delimiter=";")
    assert [dict(zip(head, row, strict=True))["Nummer"] for row in rows] == [BIG]
    head, *rows = load_workbook(io.BytesIO(files["XLSX"])).active.iter_rows(values_only=True)
    assert [dict(zip(head, row, strict=True))["Nummer"] for row in rows] == [BIG]


def edit_course_and_profile(page: Page) -> None:
    course = CoursePage.objects.get()
    course.title = "Een heel andere titel"
    course.save_revision().publish()
    page.goto("/mijn/profiel/")
    page.get_by_label("Achternaam").fill("Anders")
    page.get_by_role("button", name="Bewaar mijn profiel").click()
    expect(page.get_by_text("Je profiel is bewaard.")).to_be_visible()


# --- The journey ------------------------------------------------------------------------------------------------------


def test_from_an_empty_editor_to_a_verified_certificate(page_at, tmp_path):
    call_command("load_reference")
    organisation = OrganisationFactory(name="Demo vereniging")
    author, chair, administrator = (
        staff(organisation, role, name)
        for role, name in [
            (Role.AUTHOR, "auteur"),
            (Role.ASSOCIATION_ADMIN, "vereniging"),
            (Role.ACCREDITATION_ADMIN, "accreditatie"),
        ]
    )

    # The editor is Wagtail's own; what it writes in the console is not ours to mend.
    office, desk = (page_at(1280, 1400, expect_errors=True) for _person in range(2))
    log_in_by_form(office, chair, to="/cms/h5p/")
    upload_exercise(office, tmp_path)
    log_in_by_form(desk, author, to="/cms/")
    course = build_course(desk, organisation, author.user)
    fill_bank(course)  # six times the same form; tests/courses/questions/test_bank_admin.py fills it in
    build_lessons(desk, course)
    submit_for_review(desk)
    approve_and_release(office, course)

    # What the register granted, as the form under /beheer/accreditaties/ writes it (tests/accreditation/test_views.py).
    register, year = Register.objects.get(code="kwaliteitsregister-vv"), timezone.localdate().year
    accreditation = accredited(
        release=Release.objects.get(), register=register, valid_from=date(year, 1, 1), valid_until=date(year, 12, 31), is_demo=False
    )

    phone = page_at(390)
    nurse = sign_up(phone, "fatma@voorbeeld.example")
    find_and_enrol(phone)
    begin_and_be_interrupted(phone)
    tablet = page_at(390)
    log_in_by_form(tablet, Person(nurse), to="/mijn/")
    resume_and_fail(tablet)
    read_why_not(tablet)
    assert not Certificate.objects.exists()
    pass_and_evaluate(tablet)
    pdf = download_certificate(tablet)
    find_points(tablet)
    assert PointAward.objects.get().register_number == BIG

    verify(page_at(1280), Certificate.objects.get(), pdf)
    counter = page_at(1280)
    log_in_by_form(counter, administrator, to="/beheer/accreditaties/")
    export(counter, accreditation)

    edit_course_and_profile(tablet)
    assert download_certificate(tablet) == pdf


def test_a_forged_passed_earns_nothing(page_at, log_in, live_server):
    """From the console of the learner's own browser, at every address that takes statements, with every credential a learner could get."""
    release = publish_course()
    register = RegisterFactory()
    accredit(release, register)
    story = begin_story(release, register)
    story.read()
    story.attend()
    story.hand_in_plan()
    story.evaluate()
    enrolment, test, exercise = story.enrolment, story.activity("eindtoets"), story.activity("oefening")
    version = H5PVersion.objects.get(pk=exercise.settings["version"])
    page = page_at(390, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(f"/cursus/{release.course.slug}/zelf-aan-de-slag/")

    def forge(address: str, body: dict[str, Any], **headers: str) -> int:
        status: int = page.evaluate(
            """async ([address, body, headers]) => {
                 const token = document.querySelector("[name=csrfmiddlewaretoken]").value
                 const options = {method: "POST", body: JSON.stringify(body),
                   headers: {"Content-Type": "application/json", "X-CSRFToken": token, "X-Experience-API-Version": "2.0.0", ...headers}}
                 return (await fetch(address, options)).status }""",
            [address, body, headers],
        )
        return status

    def claim(verb: str, thing: str, **more: Any) -> dict[str, Any]:
        result = {"success": True, "completion": True, "score": {"scaled": 1, "raw": 3, "min": 0, "max": 3}}
        context = {"registration": str(enrolment.uuid)}
        return {
            "actor": actor_of(enrolment.learner.pseudonym),
            "verb": {"id": verb},
            "object": {"id": thing},
            "result": result,
            "context": context,
            **more,
        }

    test_iri, course_iri = part_iri(release.course.uuid, test.uuid), iris.course_iri(release.course.uuid)
    # At the address of the exercise: its own "passed" is taken as what the browser says, a claim about the test is refused.
    results = f"/h5p/{enrolment.uuid}/{exercise.uuid}/uitspraken/"
    assert forge(results, {"id": str(uuid.uuid4()), "statement": claim(adl.PASSED, content_iri(version))}) == 200
    assert forge(results, {"id": str(uuid.uuid4()), "statement": claim(adl.PASSED, test_iri)}) == 400
    assert forge(results, {"id": str(uuid.uuid4()), "statement": claim(adl.SATISFIED, content_iri(version))}) == 400
    assert forge(f"/h5p/{enrolment.uuid}/{test.uuid}/uitspraken/", {"id": str(uuid.uuid4()), "statement": claim(adl.PASSED, test_iri)}) in (
        400,
        404,
    )
    # At the record itself: nothing without a credential, and nothing earned with one, whatever source it claims.
    assert forge("/xapi/statements", claim(adl.PASSED, test_iri)) == 401
    for source in (Source.TOOL, Source.OUTSIDE):
        _credential, headers = a_credential(scopes=["statements/write"], source=source)
        for verb, thing in [(adl.PASSED, test_iri), (adl.SATISFIED, course_iri)]:
            assert forge("/xapi/statements", claim(verb, thing), **headers) == 200

    assert Statement.objects.with_verb(adl.PASSED).count() == 3
    assert Statement.objects.with_verb(adl.SATISFIED).count() == 2
    progress = ActivityProgress.objects.get(enrolment=enrolment, activity=test.uuid)
    assert (progress.best_score, progress.reported_score) == (None, 1.0)
    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at is None
    assert not PointAward.objects.exists()
    assert not Certificate.objects.exists()
    assert not Evidence.objects.exists()
    page.goto(f"/cursus/{release.course.slug}/")
    expect(page.locator(".vw-why__rule--open", has_text="Eindtoets")).to_contain_text("alleen een toets die wij zelf nakijken telt hier")

    story.take_test(right=True)
    assert PointAward.objects.get().learner == enrolment.learner
