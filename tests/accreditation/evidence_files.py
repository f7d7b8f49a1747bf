"""Files as people bring them: small PDFs and photos, made on the spot."""

import base64
import io
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

BADGE = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"type": ["Profile"], "name": "Voorbeeldacademie"},
    "validFrom": "2026-02-10T23:30:00Z",
    "credentialSubject": {"type": ["AchievementSubject"], "achievement": {"name": {"nl": "Wondzorg"}}, "creditsEarned": 3},
}


def a_pdf(*lines: str, title: str = "", attachment: bytes | None = None, name: str = "certificaat.pdf") -> SimpleUploadedFile:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setTitle(title)
    for number, line in enumerate(lines or ("Een bewijs",)):
        canvas.drawString(72, 760 - 20 * number, line)
    canvas.save()
    content = out.getvalue()
    if attachment is not None:
        writer = PdfWriter(clone_from=io.BytesIO(content))
        writer.add_attachment("badge.json", attachment)
        out = io.BytesIO()
        writer.write(out)
        content = out.getvalue()
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def a_photo(taken: str = "", name: str = "foto.jpg", *, kind: str = "JPEG", **more: Any) -> SimpleUploadedFile:
    """With `more` for Pillow; when it was taken, also where, by which device and how it was held."""
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    exif = Image.Exif()
    if taken:
        exif[0x0110], exif[0x0112] = "Telefoon van een ander", 6
        exif.get_ifd(0x8769)[0x9003] = taken
        exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 5.0, 24.0), 3: "E", 4: (5.0, 7.0, 12.0), 0x1D: "Wijk bij Duurstede"})
    image.save(out, kind, exif=exif, **more)
    return SimpleUploadedFile(name, out.getvalue(), content_type=f"image/{kind.lower()}")


def a_baked_badge() -> SimpleUploadedFile:
    out = io.BytesIO()
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("openbadgecredential", as_jwt(BADGE))
    Image.new("RGB", (8, 8), "white").save(out, "PNG", pnginfo=chunks)
    return SimpleUploadedFile("badge.png", out.getvalue(), content_type="image/png")


def as_jwt(credential: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'EdDSA'})}.{part(credential)}.AAAA"
