import hashlib
import json
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture
from wagtail.images.models import Image
from wagtail.models import Collection, DraftStateMixin, RevisionMixin
from wagtail.snippets.models import get_snippet_models

from accounts import editors
from accounts.models import Role
from accreditation import certificate_pdf
from accreditation.certificate_templates import example, picture_of, pictures_of, template_for, valid_until
from accreditation.certificates import make_pdf_now, read_pdf, replace
from accreditation.models import Certificate, CertificatePicture, CertificateTemplate
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def a_picture(colour, name="beeld.png"):
    if not Collection.get_first_root_node():
        Collection.add_root(name="Root")
    out = BytesIO()
    Picture.new("RGB", (400, 120), colour).save(out, "PNG")
    return Image.objects.create(title="Beeld", file=ImageFile(BytesIO(out.getvalue()), name=name))


def a_template(organisation, **fields):
    signatory = {
        "type": "signatory",
        "value": {"name": "Demo voorzitter", "office_nl": "Voorzitter", "office_en": "Chair", "signature": None},
    }
    return CertificateTemplate.objects.create(organisation=organisation, **{"signatories": json.dumps([signatory]), **fields})


@pytest.fixture
def release():
    return released_course()


def earn(release, **more):
    enrolment = EnrolmentFactory(release=release)
    satisfy(enrolment, at=datetime(2026, 6, 1, 12, tzinfo=UTC), **more)
    return Certificate.objects.get(enrolment=enrolment, replaces=None)


def again(certificate):
    """The PDF of this certificate, drawn a second time from its snapshot."""
    return certificate_pdf.render(
        certificate.snapshot,
        number=certificate.number,
        check_code=certificate.check_code,
        address="https://vakwijs.example/verifieer/t/",
        issued_on=date(2026, 6, 1),
        picture_of=picture_of,
    )


def test_who_has_no_template_gets_ours(release):
    assert earn(release).snapshot["template"] == {
        "version": 0,
        "language": "nl",
        "title": "Certificaat van afronding",
        "text": "",
        "logo": "",
        "signatories": [],
        "valid_months": None,
    }


def test_a_later_change_of_template_or_picture_alters_nothing_that_was_issued(release):
    logo = a_picture("teal")
    template = a_template(release.course.organisation, logo=logo, text_nl="Eerste tekst", valid_months=24)
    first = earn(release)
    issued, drawn, said = read_pdf(first), again(first), dict(first.snapshot)

    template.text_nl = "Tweede tekst"
    template.signatories = []
    template.save()
    out = BytesIO()
    Picture.new("RGB", (400, 120), "red").save(out, "PNG")
    logo.file.save("ander.png", ImageFile(BytesIO(out.getvalue()), name="ander.png"))
    template.refresh_from_db()
    template.save()

    first.refresh_from_db()
    assert read_pdf(first) == issued
    assert first.snapshot == said
    assert again(first) == drawn
    second = earn(release)
    assert (second.snapshot["template"]["text"], second.snapshot["template"]["version"]) == ("Tweede tekst", 3)
    assert (said["template"]["text"], said["template"]["version"], said["valid_until"]) == ("Eerste tekst", 1, "2028-06-01")
    assert second.snapshot["template"]["logo"] != said["template"]["logo"]
    assert replace(certificate=first, reason="Naam verbeterd", actor=UserFactory()).snapshot["template"]["version"] == 3


def test_saving_without_a_change_makes_no_further_version(release):
    template = a_template(release.course.organisation, logo=a_picture("teal"))
    template.save()

    assert template.version == 1
    assert CertificatePicture.objects.count() == 1


def test_the_template_of_the_course_goes_before_that_of_its_organisation(release):
    a_template(release.course.organisation, text_nl="Van allen")
    a_template(OrganisationFactory(), text_nl="Van een ander")
    assert template_for(release.course)["text"] == "Van allen"

    a_template(release.course.organisation, course=release.course, text_nl="Van deze cursus")

    assert template_for(release.course)["text"] == "Van deze cursus"


def test_an_english_template_gives_a_certificate_that_is_english_throughout(release):
    a_template(release.course.organisation, language="en", text_en="Well done")
    accredited(release=release)
    certificate = earn(release)

    pdf = make_pdf_now(certificate) and read_pdf(certificate)

    assert b"/Lang (en-GB)" in pdf
    said = certificate.snapshot
    assert (said["language"], said["template"]["title"], said["template"]["signatories"][0]["office"]) == (
        "en",
        "Certificate of completion",
        "Chair",
    )
    assert set(certificate_pdf.WORDS["nl"]) == set(certificate_pdf.WORDS["en"])


@pytest.mark.parametrize(
    ("earned", "months", "last"),
    [
        (date(2026, 6, 1), 24, "2028-06-01"),
        (date(2026, 1, 31), 1, "2026-02-28"),
        (date(2024, 2, 29), 12, "2025-02-28"),
        (date(2026, 12, 15), 1, "2027-01-15"),
        (date(2026, 6, 1), None, ""),
    ],
)
def test_until_when_a_certificate_holds(earned, months, last):
    assert valid_until(earned, months=months) == last


def test_a_picture_whose_stored_bytes_changed_goes_on_no_certificate(release):
    a_template(release.course.organisation, logo=a_picture("teal"))
    picture = CertificatePicture.objects.get()
    assert hashlib.sha256(picture_of(picture.sha256)).hexdigest() == picture.sha256

    with open(picture.file.path, "ab") as file:
        file.write(b" ")

    with pytest.raises(ValueError, match="was changed"):
        picture_of(picture.sha256)


def test_a_file_that_is_no_picture_is_refused_by_the_form_and_the_preview_still_shows_the_words(release):
    bad = a_picture("teal")
    with open(bad.file.path, "wb") as file:
        file.write(b"geen beeld")
    template = CertificateTemplate(organisation=release.course.organisation, logo=bad, title_nl="Mijn kop", text_nl="Mijn tekst")

    with pytest.raises(ValidationError, match="PNG of JPEG"):
        template.clean()
    assert example(template).startswith(b"%PDF")


def test_a_template_is_for_courses_of_its_own_organisation_only(release):
    template = CertificateTemplate(organisation=OrganisationFactory(), course=release.course)

    with pytest.raises(ValidationError, match="andere organisatie"):
        template.clean()


def editor_of(organisation, role=Role.ACCREDITATION_ADMIN):
    editors.make_groups()
    person = UserFactory()
    MembershipFactory(user=person, organisation=organisation, role=role)
    editors.keep_groups_in_step(person)
    client = Client()
    client.force_login(person)
    return client


def form(organisation, **more):
    return {
        "organisation": organisation.pk,
        "course": "",
        "language": "nl",
        "valid_months": "",
        "logo": "",
        "title_nl": "Bewijs van scholing",
        "title_en": "Proof of training",
        "text_nl": "Een tekst van ons",
        "text_en": "",
        "signatories-count": "1",
        "signatories-0-deleted": "",
        "signatories-0-order": "0",
        "signatories-0-type": "signatory",
        "signatories-0-id": "",
        "signatories-0-value-name": "Demo voorzitter",
        "signatories-0-value-office_nl": "Voorzitter",
        "signatories-0-value-office_en": "",
        "signatories-0-value-signature": "",
        **more,
    }


def test_an_issuer_makes_a_template_in_the_cms_and_sees_the_real_pdf_beside_the_form():
    organisation = OrganisationFactory()
    client = editor_of(organisation)
    add = reverse("wagtailsnippets_accreditation_certificatetemplate:add")
    assert client.get(add).status_code == 200

    preview = reverse("wagtailsnippets_accreditation_certificatetemplate:preview_on_add")
    assert client.post(preview, form(organisation)).json()["is_valid"] is True
    shown = client.get(preview, {"mode": "page"}).content.decode()
    assert 'src="data:image/png;base64,' in shown
    assert client.get(preview, {"mode": "pdf"}).content.startswith(b"%PDF")

    assert client.post(add, form(organisation)).status_code == 302
    template = CertificateTemplate.objects.get()
    assert (template.version, template.frozen["signatories"][0]["name"]) == (1, "Demo voorzitter")
    edit = reverse("wagtailsnippets_accreditation_certificatetemplate:edit", args=[template.pk])
    assert client.post(edit, form(organisation, title_nl="Een andere kop")).status_code == 302
    template.refresh_from_db()
    assert (template.version, template.revisions.count()) == (2, 2)


def test_a_certificate_is_made_of_what_was_saved_by_hand_and_never_of_what_is_being_typed(release):
    organisation = release.course.organisation
    template = a_template(organisation, title_nl="Bewaard")
    client = editor_of(organisation)
    edit = reverse("wagtailsnippets_accreditation_certificatetemplate:edit", args=[template.pk])
    add = reverse("wagtailsnippets_accreditation_certificatetemplate:add")
    page = client.get(edit).content.decode()
    assert "w-unsaved" in page
    assert "data-w-autosave-interval" not in page + client.get(add).content.decode()

    # What saving while someone types sends, from a form that was opened before it was switched off.
    for address in (edit, add):
        assert client.post(address, form(organisation, title_nl="Half getypt"), headers={"Accept": "application/json"}).status_code == 400
    preview = reverse("wagtailsnippets_accreditation_certificatetemplate:preview_on_edit", args=[template.pk])
    assert client.post(preview, form(organisation, title_nl="Half getypt")).json()["is_valid"] is True
    assert client.get(preview, {"mode": "pdf"}).content.startswith(b"%PDF")

    template.refresh_from_db()
    assert (template.title_nl, template.version, template.revisions.count(), CertificateTemplate.objects.count()) == ("Bewaard", 1, 0, 1)
    assert earn(release).snapshot["template"]["title"] == "Bewaard"
    assert client.post(edit, form(organisation, title_nl="Met de hand")).status_code == 302
    assert template_for(release.course)["title"] == "Met de hand"


def test_nothing_else_without_a_draft_is_saved_while_someone_types():
    """The editor saves by itself what has versions; without a draft such a version is live at once."""
    assert [model for model in get_snippet_models() if issubclass(model, RevisionMixin) and not issubclass(model, DraftStateMixin)] == [
        CertificateTemplate
    ]


def test_what_was_typed_stays_when_something_is_wrong_and_an_organisation_has_one_general_template():
    organisation = OrganisationFactory()
    a_template(organisation)
    client = editor_of(organisation)

    answer = client.post(reverse("wagtailsnippets_accreditation_certificatetemplate:add"), form(organisation))

    assert answer.status_code == 200
    assert "Deze organisatie heeft al een algemeen sjabloon" in answer.content.decode()
    assert "Een tekst van ons" in answer.content.decode()


def test_nobody_makes_or_moves_a_template_for_another_organisation():
    mine, theirs = OrganisationFactory(), OrganisationFactory()
    foreign = a_template(theirs)
    client = editor_of(mine)

    assert client.post(reverse("wagtailsnippets_accreditation_certificatetemplate:add"), form(theirs)).status_code == 200
    for name in ("edit", "usage", "history", "preview_on_edit"):
        answer = client.get(reverse(f"wagtailsnippets_accreditation_certificatetemplate:{name}", args=[foreign.pk]))
        assert answer.status_code in (302, 403, 404), name
    assert foreign.organisation.name not in client.get(reverse("wagtailsnippets_accreditation_certificatetemplate:list")).content.decode()
    assert CertificateTemplate.objects.get() == foreign


def test_the_picture_of_a_page_shows_logo_and_colour(release):
    template = a_template(release.course.organisation, logo=a_picture((255, 0, 0)))

    (page,) = pictures_of(example(template), dots_per_inch=72)

    image = Picture.open(BytesIO(page)).convert("RGB")
    assert image.size == (596, 842)
    assert image.getpixel((90, 80)) == (255, 0, 0)  # the logo
    assert image.getpixel((300, 5))[0] < 40  # the teal edge
