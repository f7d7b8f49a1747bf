"""Register rules, accreditations of courses, and the ledgers of points, certificates and reports."""

from accreditation.models.accreditations import Accreditation, AccreditationPoints
from accreditation.models.badges import Badge, BadgeKey
from accreditation.models.certificates import Certificate, CertificateEvent
from accreditation.models.drafts import Draft, SimulatedPerson, Simulation
from accreditation.models.jobs import Job
from accreditation.models.leave import Leave, LeaveKind
from accreditation.models.points import PointAward
from accreditation.models.reminders import Reminder
from accreditation.models.rules import CategoryRule, LeaveRule, PointCategory, RegisterRule

__all__ = [
    "Accreditation",
    "AccreditationPoints",
    "Badge",
    "BadgeKey",
    "CategoryRule",
    "Certificate",
    "CertificateEvent",
    "Draft",
    "Job",
    "Leave",
    "LeaveKind",
    "LeaveRule",
    "PointAward",
    "PointCategory",
    "RegisterRule",
    "Reminder",
    "SimulatedPerson",
    "Simulation",
]
