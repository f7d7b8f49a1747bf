"""Register rules, accreditations of courses, and the ledgers of points, certificates and reports."""

from accreditation.models.accreditations import Accreditation, AccreditationPoints
from accreditation.models.badges import Badge, BadgeKey
from accreditation.models.certificates import Certificate, CertificateEvent
from accreditation.models.jobs import Job
from accreditation.models.points import PointAward
from accreditation.models.rules import CategoryRule, PointCategory, RegisterRule

__all__ = [
    "Accreditation",
    "AccreditationPoints",
    "Badge",
    "BadgeKey",
    "CategoryRule",
    "Certificate",
    "CertificateEvent",
    "Job",
    "PointAward",
    "PointCategory",
    "RegisterRule",
]
