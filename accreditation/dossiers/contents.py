"""A dossier told in one structure, from which the paper, the ZIP, an application and the page of an assessor are made.

The structure is JSON and documented in docs/dossier-format.md: amounts are decimal texts, days ISO dates. `VERSION` goes up when a reader of
the old one would misunderstand the new.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accreditation.certificates import shown_state, state
from accreditation.dossier import Line, Standing, standings
from accreditation.dossier_picture import in_words, why_not
from accreditation.evaluation import Counted, RowKey
from accreditation.models import Application, Certificate, Evidence
from competencies.models import Competency, Evidence as Shown
from competencies.queries import own_frameworks

FORMAT, VERSION = "vakwijs-dossier", 1
CERTIFICATES = "certificaten/"


def whole(*, person: User, day: date | None = None) -> dict[str, Any]:
    """Everything of this person: per register how they stand and every row, the certificates that stand, all own evidence, all applications."""
    day = day or timezone.localdate()
    certificates = certificates_of(person)
    by_enrolment = newest_by_enrolment(certificates)
    return {
        "format": FORMAT,
        "version": VERSION,
        "person": {"name": str(person.get_full_name() or person.email), "key": str(person.pseudonym)},
        "registers": [as_json(standing, certificates=by_enrolment) for standing in standings(person=person, day=day)],
        "certificates": [certificate_json(certificate) for certificate in certificates],
        "evidence": [evidence_json(evidence) for evidence in evidence_of(person)],
        "applications": [application_json(application) for application in _applications_of(person)],
    }


def as_json(standing: Standing, *, certificates: dict[int, Certificate] | None = None) -> dict[str, Any]:
    """One register period: the rule, what is reached, and each row with what of it counts and why not."""
    entry, rule, evaluation = standing.entry, standing.rule, standing.evaluation
    told: dict[str, Any] = {
        "register": {"code": entry.register.code, "name": entry.register.name},
        "number": entry.number,
        "section": entry.section,
    }
    if rule is None or evaluation is None:
        return {**told, "rule": None, "rows": []}
    if certificates is None:
        certificates = newest_by_enrolment(certificates_of(entry.user))
    areas = _areas_of(standing)
    return {
        **told,
        "rule": {"name": rule.name, "unit": rule.unit, "total": amount(rule.total), "source": rule.source, "confirmed": standing.confirmed},
        "period": {
            "first_day": evaluation.first_day.isoformat(),
            "last_day": evaluation.last_day.isoformat(),
            "assumed": standing.period_assumed,
        },
        "seen_on": evaluation.day.isoformat(),
        "total": amount(evaluation.total),
        "missing": amount(evaluation.missing),
        "complete": standing.complete,
        "in_words": in_words(standing),
        "categories": [
            {
                "code": result.category.code,
                "name": result.category.name,
                "part_of": result.category.part_of,
                "minimum": amount(result.category.minimum),
                "maximum": amount(result.category.maximum),
                "reached": amount(result.reached),
                "missing": amount(result.missing),
            }
            for result in evaluation.categories
        ],
        "work_hours": {"asked": rule.work_hours, "worked": amount(standing.worked), "missing": amount(standing.work_missing)},
        "rows": [_row(counted, standing, certificates, areas) for counted in sorted(evaluation.rows, key=lambda c: (c.row.on, c.row.id))],
    }


def _areas_of(standing: Standing) -> dict[RowKey, list[Competency]]:
    """The CanMEDS areas that each course states and that people name with their evidence, by row; those of one's own profession first."""
    enrolments = {line.award.enrolment_id for line in standing.lines.values() if line.award}
    stated = Shown.objects.filter(enrolment__in=enrolments).order_by().values_list("enrolment", "competency").distinct()
    by_enrolment: dict[int, list[int]] = {}
    for enrolment, competency in stated:
        by_enrolment.setdefault(enrolment, []).append(competency)
    known = Competency.objects.select_related("framework").in_bulk({one for some in by_enrolment.values() for one in some})
    own = own_frameworks(standing.entry.user)

    def areas(line: Line) -> list[Competency]:
        if line.award:
            found = [known[one] for one in by_enrolment.get(line.award.enrolment_id, [])]
        else:
            found = list(line.evidence.competencies.all()) if line.evidence else []
        return sorted(found, key=lambda one: (one.framework_id not in own, one.framework.name, one.order))

    return {key: areas(line) for key, line in standing.lines.items()}


def _area_json(competency: Competency) -> dict[str, str]:
    return {"code": competency.code, "name": competency.name, "framework": competency.framework.name}


def _row(
    counted: Counted, standing: Standing, certificates: dict[int, Certificate], areas: dict[RowKey, list[Competency]]
) -> dict[str, Any]:
    line = standing.lines[counted.row.id]
    source, key = counted.row.id
    told = {
        "source": source,
        "key": key,
        "first_day": (line.evidence.started_on or counted.row.on).isoformat() if line.evidence else counted.row.on.isoformat(),
        "date": counted.row.on.isoformat(),
        "title": line.title,
        "category": counted.row.category,
        "category_name": line.category,
        "points": amount(counted.row.points),
        "counted": amount(counted.counted),
        "reason": counted.reason.value if counted.reason else "",
        "why_not": why_not(counted, standing.evaluation) if standing.evaluation else "",
        "note": line.note,
        "demo": line.is_demo,
        "competencies": [competency.name for competency in areas[counted.row.id]],
        "areas": [_area_json(competency) for competency in areas[counted.row.id]],
    }
    if line.award:
        certificate = certificates.get(line.award.enrolment_id)
        told |= {"id_number": line.award.accreditation.id_number, "certificate": certificate.number if certificate else ""}
    if line.evidence:
        told |= {"id_number": line.evidence.id_number, "evidence": str(line.evidence.uuid), "provider": line.evidence.provider}
    return told


def certificates_of(person: User) -> list[Certificate]:
    """The certificate that stands for each completion; a revoked one too, as revoked. Those that were replaced prove nothing."""
    return list(_certificates(person).filter(replaced_by=None))


def replaced_certificates_of(person: User) -> list[Certificate]:
    return list(_certificates(person).filter(replaced_by__isnull=False))


def newest_by_enrolment(certificates: Iterable[Certificate]) -> dict[int, Certificate]:
    return {certificate.enrolment_id: certificate for certificate in certificates if state(certificate) == Certificate.State.VALID}


def _certificates(person: User) -> QuerySet[Certificate]:
    return Certificate.objects.filter(learner=person).exclude(sha256="").prefetch_related("events").order_by("earned_on", "pk")


def certificate_json(certificate: Certificate) -> dict[str, Any]:
    said = certificate.snapshot
    return {
        "number": certificate.number,
        "title": said["course"]["title"],
        "provider": said["organisation"],
        "date": certificate.earned_on.isoformat(),
        "state": shown_state(certificate).value,
        "accredited": said["accredited"],
        "demo": said["demo"],
        "lines": [
            {key: line[key] for key in ("register", "register_code", "id_number", "number", "unit", "points", "credited")}
            for line in said["lines"]
        ],
        "file": certificate_path(certificate),
        "sha256": certificate.sha256,
    }


def certificate_path(certificate: Certificate) -> str:
    return f"{CERTIFICATES}{certificate.number}.pdf"


def evidence_of(person: User) -> list[Evidence]:
    """Own evidence that is or was in the dossier; drafts are nobody's statement yet."""
    rows = Evidence.objects.filter(owner=person).exclude(state=Evidence.State.DRAFT).select_related("kind__register", "kind__category")
    return list(rows.prefetch_related("documents__file", "competencies__framework").order_by("done_on", "pk"))


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    kind = evidence.kind
    return {
        "uuid": str(evidence.uuid),
        "state": evidence.state,
        "register": kind.register.code if kind else "",
        "kind": {"code": kind.code, "name": kind.name, "form": kind.form, "category": kind.category.code if kind.category else ""}
        if kind
        else {},
        "title": evidence.title,
        "provider": evidence.provider,
        "started_on": evidence.started_on.isoformat() if evidence.started_on else "",
        "date": evidence.done_on.isoformat() if evidence.done_on else "",
        "starts_at": f"{evidence.starts_at:%H:%M}" if evidence.starts_at else "",
        "ends_at": f"{evidence.ends_at:%H:%M}" if evidence.ends_at else "",
        "hours": amount(evidence.hours),
        "points": amount(evidence.points),
        "id_number": evidence.id_number,
        "competencies": [_area_json(competency) for competency in evidence.competencies.all()],
        "description": evidence.description,
        "withdrawn_because": evidence.withdrawn_because,
        "provenance": evidence.provenance,
        "documents": [
            {
                "name": document.name,
                "file": document_path(evidence, number, document.file.content_type),
                "sha256": document.file.sha256,
                "size": document.file.size,
                "content_type": document.file.content_type,
            }
            for number, document in enumerate(evidence.documents.all(), start=1)
        ],
    }


def document_path(evidence: Evidence, number: int, content_type: str) -> str:
    """Made of our own numbers alone: a name that somebody gave a file never becomes a path."""
    ending = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}.get(content_type, ".bin")
    return f"bewijs/{evidence.done_on:%Y-%m-%d}-{evidence.uuid}/{number:02}{ending}"


def application_json(application: Application) -> dict[str, Any]:
    return {
        "uuid": str(application.uuid),
        "register": application.register.code,
        "number": application.register_number,
        "first_day": application.period_start.isoformat(),
        "last_day": application.period_end.isoformat(),
        "made_at": application.made_at.isoformat(),
        "withdrawn_at": application.withdrawn_at.isoformat() if application.withdrawn_at else "",
        "withdrawn_because": application.withdrawn_because,
        "evidence": [str(uuid) for uuid in application.evidence.order_by("pk").values_list("uuid", flat=True)],
        "frozen": application.frozen,
    }


def _applications_of(person: User) -> list[Application]:
    return list(Application.objects.filter(owner=person).select_related("register").order_by("made_at"))


def amount(value: Decimal | None) -> str | None:
    """A decimal text without needless zeros; None where there is none."""
    return None if value is None else f"{value.normalize():f}"
