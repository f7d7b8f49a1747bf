"""Certificates per second on one core: drawn only, and drawn and sealed."""

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import django

from tests.bench.figures import Figure, show

TARGET = 20.0
SNAPSHOT: dict[str, Any] = {
    "version": 1,
    "language": "nl",
    "name": "Demo verpleegkundige",
    "course": {"title": "Arbeidsgericht werken voor VS en VPK", "release": 1, "form": "blended", "form_label": "blended: online en samen"},
    "organisation": "Demo opleidingsinstituut",
    "issuer": "Vakwijs",
    "completed_at": "2026-03-01T10:00:00+01:00",
    "earned_on": "2026-03-01",
    "study_minutes": 540,
    "route": [
        "Werk als onderdeel van zorg",
        "Het gesprek over werk",
        "Het werkbehoudplan",
        "Arbeidscontext en sociale kaart",
        "Regie en opschalen",
        "Toepassen",
    ],
    "accredited": False,
    "demo": True,
    "lines": [
        {
            "register": "Kwaliteitsregister V&V",
            "register_code": "kwaliteitsregister",
            "id_number": "DEMO-0001",
            "number": "19000000130",
            "unit": "points",
            "points": [{"category": "Geaccrediteerde scholing", "points": "12"}],
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
            "credited": True,
            "is_demo": True,
        }
    ],
}


def measure() -> None:
    """Draw and seal the same certificate over and over in this one process."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
        django.setup()
        from accreditation import certificate_pdf, certificate_seal  # noqa: PLC0415 - needs the settings above

        def draw() -> bytes:
            address = "http://127.0.0.1:8000/verifieer/voorbeeld/"
            return certificate_pdf.render(
                SNAPSHOT, number="VW-2026-000001", check_code="ABCD-1234", address=address, issued_on=date(2026, 3, 1), demo_seal=True
            )

        _show("certificates_drawn", _per_second(draw))
        _show("certificates_drawn_and_sealed", _per_second(lambda: certificate_seal.seal(draw())))


def _per_second(make: Callable[[], bytes], seconds: float = 5.0) -> float:
    make()
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        make()
        count += 1
    return count / spent


def _show(name: str, rate: float) -> None:
    show(Figure(name=name, value=rate, unit="certificates/s on one core", target="at least 20", holds=rate >= TARGET))
