"""What a badge says: an AchievementCredential of Open Badges 3.0, made from the snapshot of a certificate.

It names neither the holder nor any number of theirs in a register: who shows it proves with the e-mail address that it is theirs.
"""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings

from accreditation.badges.contexts import BADGES, CREDENTIALS, EXTENSIONS
from accreditation.badges.keys import did_of
from accreditation.evaluation import AMSTERDAM
from accreditation.models import Certificate
from courses.models import Release
from courses.route import route_of

SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
UNITS = {"hours": ("uur", "uur"), "points": ("punt", "punten")}  # of one, of more


def credential_of(certificate: Certificate, *, uuid: UUID, issuer: str, release: UUID) -> dict[str, Any]:
    """The unsigned credential. No nulls and no empty lists: Open Badges 3.0 allows neither."""
    said = certificate.snapshot
    verification = site(f"/verifieer/{certificate.token}/")
    credential = {
        "@context": [CREDENTIALS, BADGES, EXTENSIONS],
        "id": uuid.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": said["course"]["title"],
        "issuer": profile(issuer, name=said["organisation"]),
        "validFrom": datetime.fromisoformat(said["completed_at"]).astimezone(AMSTERDAM).isoformat(timespec="seconds"),
        "credentialSubject": {
            # Of this badge alone, so that two badges of one person cannot be laid side by side.
            "id": uuid5(uuid, "holder").urn,
            "type": ["AchievementSubject"],
            "identifier": [identity(certificate.learner.email)],
            "achievement": achievement(said, release=release),
            **_credits(said),
        },
        "evidence": [
            {
                "id": verification,
                "type": ["Evidence"],
                "name": f"Certificaat {certificate.number}",
                "description": "De controlepagina van het verzegelde certificaat: of het geldt, en wat het zegt.",
            }
        ],
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": {"id": revocations_address(issuer), "type": "1EdTechRevocationList"},
    }
    if said.get("valid_until"):
        credential["validUntil"] = last_moment(said["valid_until"]).isoformat(timespec="seconds")
    return credential


def profile(issuer: str, *, name: str) -> dict[str, Any]:
    """The issuer, as a Profile."""
    return {"id": issuer, "type": ["Profile"], "name": name, "url": issuer_address(issuer)}


def achievement(said: dict[str, Any], *, release: UUID) -> dict[str, Any]:
    """What was achieved: this release of this course."""
    address = site(f"/prestaties/{release}/")
    course = said["course"]
    found: dict[str, Any] = {
        "id": address,
        "type": ["Achievement"],
        "achievementType": "CertificateOfCompletion",
        "name": course["title"],
        "description": _description(said),
        "criteria": {"id": f"{address}#eisen", "narrative": _narrative(said)},
        "image": {"id": f"{address}beeld.png", "type": "Image", "caption": f"Badge van de cursus {course['title']}"},
        "inLanguage": "nl",
    }
    lines = _credited(said)
    if lines:
        found["alignment"] = [
            {
                "type": ["Alignment"],
                "targetCode": line["id_number"],
                "targetName": f"Geaccrediteerde scholing in {line['register']}",
                "targetDescription": ", ".join(_worth(entry["points"], line["unit"]) for entry in line["points"]) or "0 punten",
                "targetFramework": "PE-online",
                "targetUrl": f"{address}#accreditatie",
            }
            for line in lines
        ]
    return {name: value for name, value in found.items() if value}


def of_release(release: Release) -> dict[str, Any]:
    """The same achievement as it is told on its page: without what any holder earned with it."""
    course = release.course
    lessons = sorted(release.lessons.all(), key=lambda lesson: lesson.order)
    said = {
        "course": {
            "title": release.title,
            "summary": course.summary,
            "release": release.number,
            "form_label": str(course.get_form_display()),
        },
        "organisation": course.organisation.name,
        "study_minutes": route_of(release).minutes_in_all,
        "route": list(dict.fromkeys(lesson.module_title for lesson in lessons)),
        "demo": course.is_demo,
        "lines": [],
    }
    return {**achievement(said, release=release.uuid), "creator": profile(did_of(course.organisation.slug), name=course.organisation.name)}


def identity(email: str) -> dict[str, Any]:
    """The holder's e-mail address, salted and hashed: whoever knows the address can confirm it, nobody can read it."""
    salt = secrets.token_urlsafe(16)
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": "sha256$" + hashlib.sha256((email.lower() + salt).encode()).hexdigest(),
        "identityType": "emailAddress",
        "salt": salt,
    }


def last_moment(day: str) -> datetime:
    """The end of this day in Amsterdam: a certificate holds through its last day."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), tzinfo=AMSTERDAM) - timedelta(seconds=1)


def issuer_address(issuer: str) -> str:
    return site(f"/uitgevers/{issuer.rsplit(':', 1)[1]}/")


def revocations_address(issuer: str) -> str:
    return issuer_address(issuer) + "ingetrokken.json"


def site(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path


def _worth(points: str, unit: str) -> str:
    return f"{plain(points)} {UNITS[unit][Decimal(points) != 1]}"


def plain(points: str) -> str:
    return f"{Decimal(points).normalize():f}".replace(".", ",")


def _credits(said: dict[str, Any]) -> dict[str, Any]:
    """`creditsEarned` where every register credited as much; what each one credited stands in the alignments."""
    totals = {sum((Decimal(entry["points"]) for entry in line["points"]), Decimal(0)) for line in _credited(said)}
    total = totals.pop() if len(totals) == 1 else Decimal(0)
    return {"creditsEarned": int(total) if total == int(total) else float(total)} if total else {}


def _credited(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for line in said["lines"] if line["credited"] and line["id_number"]]


def _description(said: dict[str, Any]) -> str:
    summary = said["course"].get("summary") or f"{said['course']['title']}, een cursus van {said['organisation']}."
    if said["demo"]:
        return f"Democurriculum, niet geaccrediteerd. {summary}"
    return str(summary)


def _narrative(said: dict[str, Any]) -> str:
    """What had to be done, as Markdown."""
    hours, minutes = divmod(said["study_minutes"], 60)
    parts = "".join(f"\n- {station}" for station in said["route"])
    form = said["course"]["form_label"]
    return (
        f"Alle onderdelen van uitgave {said['course']['release']} zijn afgerond ({form}, {hours} uur en {minutes} minuten studie).{parts}"
    )
