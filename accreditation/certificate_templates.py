"""The look of an issuer's certificates: which template holds, what a certificate copies of it, and how it looks beforehand.

A certificate copies the words of its template and the hashes of its pictures when it is ordered. The pictures are kept by their hash, so
that neither a change of the template nor another file under the same name in the library alters what was issued.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, override
from PIL import Image as Picture, UnidentifiedImageError
from wagtail.images.models import Image

from accounts.models import Organisation
from accreditation import certificate_pdf, certificate_seal
from accreditation.models import CertificatePicture, CertificateTemplate
from courses.models import CoursePage

# Enough for 48 mm at 400 dots per inch; more would only make each certificate larger.
LARGEST = (760, 300)
DEFAULT: dict[str, Any] = {
    "version": 0,
    "language": "nl",
    "title": "Certificaat van afronding",
    "text": "",
    "logo": "",
    "signatories": [],
    "valid_months": None,
}


def template_for(course: CoursePage) -> dict[str, Any]:
    """What a certificate of this course copies: the course's own template, its organisation's, or ours."""
    found = CertificateTemplate.objects.filter(organisation=course.organisation_id, course__in=[course.pk]).first()
    found = found or CertificateTemplate.objects.filter(organisation=course.organisation_id, course=None).first()
    return {"id": found.pk, **found.frozen} if found else DEFAULT


def freeze(template: CertificateTemplate, *, keep: Callable[[Image], str] | None = None) -> dict[str, Any]:
    """The words of this template in its language, and the hashes of its pictures; `keep` says where their bytes go."""
    keep = keep or _keep
    dutch = template.language == CertificateTemplate.Language.DUTCH
    return {
        "language": str(template.language),
        "title": template.title_nl if dutch else template.title_en,
        "text": template.text_nl if dutch else template.text_en,
        "logo": keep(template.logo) if template.logo else "",
        "signatories": [
            {
                "name": block.value["name"],
                "office": block.value["office_nl" if dutch else "office_en"] or block.value["office_nl"] or "",
                "signature": keep(block.value["signature"]) if block.value.get("signature") else "",
            }
            for block in template.signatories
        ],
        "valid_months": template.valid_months,
    }


def valid_until(earned_on: date, *, months: int | None) -> str:
    """The last day on which the certificate holds, as text; empty when it does not expire."""
    if not months:
        return ""
    years, month = divmod(earned_on.month - 1 + months, 12)
    for day in range(earned_on.day, 0, -1):
        try:
            return date(earned_on.year + years, month + 1, day).isoformat()
        except ValueError:  # the 31st of a shorter month: its last day
            continue
    raise AssertionError("every month has a first day")


def picture_of(sha256: str) -> bytes:
    """The bytes of a picture on a certificate. Raises ValueError when what is stored is not what was put on it."""
    with CertificatePicture.objects.get(sha256=sha256).file.open("rb") as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"the stored picture {sha256} was changed")
    return content


def unusable_pictures(template: CertificateTemplate) -> dict[str, str]:
    """What is wrong with the pictures that were chosen, by field."""
    problems = {}
    if template.logo and not _usable(template.logo):
        problems["logo"] = gettext("Dit beeld kunnen we niet op een certificaat zetten. Kies een PNG of JPEG.")
    if any(block.value.get("signature") and not _usable(block.value["signature"]) for block in template.signatories):
        problems["signatories"] = gettext("Een handtekening is geen PNG of JPEG. Kies daarvoor een ander beeld.")
    return problems


def preview(template: CertificateTemplate, *, as_pdf: bool = False) -> HttpResponse:
    """The real PDF with made-up facts, as it would be issued now: as pictures beside the form, or the file itself."""
    pdf = example(template)
    if as_pdf:
        return HttpResponse(pdf, content_type="application/pdf")
    pages = [base64.b64encode(page).decode() for page in pictures_of(pdf)]
    return HttpResponse(render_to_string("accreditation/template_preview.html", {"pages": pages, "language": template.language}))


def example(template: CertificateTemplate) -> bytes:
    """The unsealed PDF of a certificate of nobody, in this template."""
    kept: dict[str, bytes] = {}

    def hold(image: Image) -> str:
        content = _normal(image)
        digest = hashlib.sha256(content).hexdigest()
        kept[digest] = content
        return digest

    with override(template.language):
        said = _example(template.organisation if template.organisation_id else None, template.course)
    try:
        frozen = freeze(template, keep=hold)
    except (OSError, UnidentifiedImageError):  # an unusable picture is told by the form; the words still show
        template.logo, template.signatories = None, []
        frozen = freeze(template, keep=hold)
    said["template"] = frozen
    said["valid_until"] = valid_until(timezone.localdate(), months=template.valid_months)
    return certificate_pdf.render(
        said,
        number="VW-0000-000000",
        check_code="VOORBEEL",
        address=f"{settings.SITE_URL.rstrip('/')}/verifieer/voorbeeld/",
        issued_on=timezone.localdate(),
        demo_seal=certificate_seal.is_demo_seal(),
        picture_of=kept.__getitem__,
    )


def pictures_of(pdf: bytes, *, dots_per_inch: int = 110) -> list[bytes]:
    """Each page of a PDF as PNG."""
    import pypdfium2  # noqa: PLC0415 - only for who edits a template

    found = []
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            out = BytesIO()
            page.render(scale=dots_per_inch / 72).to_pil().save(out, "PNG")
            found.append(out.getvalue())
    finally:
        document.close()
    return found


def _keep(image: Image) -> str:
    content = _normal(image)
    digest = hashlib.sha256(content).hexdigest()
    if not CertificatePicture.objects.filter(sha256=digest).exists():
        picture = CertificatePicture(sha256=digest)
        picture.file.save(f"certificate-pictures/{digest}.png", ContentFile(content), save=False)
        CertificatePicture.objects.bulk_create([picture], ignore_conflicts=True)
    return digest


def _normal(image: Image) -> bytes:
    """The picture as a PNG of a reasonable size, without whatever else its file held."""
    with image.open_file() as file, Picture.open(file) as opened:
        opened.load()
        clean = opened.convert("RGBA")
    clean.thumbnail(LARGEST, Picture.Resampling.LANCZOS)
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def _usable(image: Image) -> bool:
    try:
        _normal(image)
    except (OSError, UnidentifiedImageError, ValueError):
        return False
    return True


def _example(organisation: Organisation | None, course: CoursePage | None) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "version": 2,
        "language": "nl",
        "name": "Naam van de deelnemer",
        "course": {
            "title": course.title if course else "Titel van de cursus",
            "summary": "",
            "release": 1,
            "form": "elearning",
            "form_label": str(CoursePage.Form.ELEARNING.label),
        },
        "organisation": organisation.name if organisation else "",
        "issuer": settings.SITE_NAME,
        "completed_at": timezone.now().isoformat(),
        "earned_on": today.isoformat(),
        "study_minutes": 240,
        "route": ["Eerste module", "Tweede module", "Toets"],
        "accredited": True,
        "demo": False,
        "lines": [
            {
                "register": "Voorbeeldregister",
                "register_code": "voorbeeld",
                "id_number": "000000",
                "number": "00000000000",
                "unit": "points",
                "points": [{"category": "Geaccrediteerde scholing", "points": "4.00"}],
                "valid_from": date(today.year, 1, 1).isoformat(),
                "valid_until": date(today.year, 12, 31).isoformat(),
                "credited": True,
                "is_demo": False,
            }
        ],
    }
