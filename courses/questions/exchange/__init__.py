"""Questions to and from other systems: QTI 3.0, CSV, and to H5P."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from courses.models import QuestionVersion
from courses.questions.exchange import csv_format, h5p, qti
from courses.questions.exchange.incoming import ExchangeRefused, Incoming

MAX_FILE = 50 * 1024 * 1024

__all__ = ["ExchangeRefused", "Incoming", "Outgoing", "export_questions", "read_file"]


@dataclass(frozen=True)
class Outgoing:
    """A file to hand over."""

    content: bytes
    content_type: str
    extension: str


def read_file(content: bytes, *, name: str) -> list[Incoming]:
    """The questions in a file, each with what is wrong with it. Raises ExchangeRefused when the file itself will not do."""
    if len(content) > MAX_FILE:
        raise ExchangeRefused(_("Het bestand is groter dan 50 MB. Er is niets ingelezen."))
    if content[:4] == b"PK\x03\x04":
        return qti.read_package(content)
    if name.lower().endswith((".csv", ".txt")):
        return csv_format.read(content)
    raise ExchangeRefused(_("We lezen CSV-bestanden en QTI 3.0-pakketten (zip). Er is niets ingelezen."))


def export_questions(versions: Sequence[QuestionVersion], *, form: str, title: str) -> Outgoing:
    """These questions as a file. Raises ExchangeRefused when none of them can be said in that form."""
    if not versions:
        raise ExchangeRefused(_("Er zijn geen vragen die hieraan voldoen."))
    match form:
        case "csv":
            return Outgoing(csv_format.write(versions), "text/csv; charset=utf-8", "csv")
        case "qti":
            return Outgoing(qti.write_package(versions, title=title), "application/zip", "zip")
        case "h5p-multichoice":
            return Outgoing(h5p.bundle(versions, library="H5P.MultiChoice"), "application/zip", "zip")
        case "h5p-truefalse":
            return Outgoing(h5p.bundle(versions, library="H5P.TrueFalse"), "application/zip", "zip")
    return Outgoing(h5p.own_package(versions, title=title), "application/zip", "h5p")
