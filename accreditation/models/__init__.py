"""Register rules, accreditations of courses, and the ledgers of points, certificates and reports."""

from accreditation.models.accreditation_history import AccreditationChange, ExpiryWarning, LapseNotice
from accreditation.models.accreditations import Accreditation, AccreditationEdition, AccreditationMeeting, AccreditationPoints
from accreditation.models.attendance_lists import AttendanceLine, AttendanceList
from accreditation.models.badges import Badge, BadgeKey
from accreditation.models.big_register import BigCheck, NumberClaim
from accreditation.models.bulk import BulkAction, BulkRow
from accreditation.models.certificates import Certificate, CertificateEvent
from accreditation.models.dossiers import DossierIntake, DossierKey, DossierPackage, DossierShare
from accreditation.models.drafts import Draft, SimulatedPerson, Simulation
from accreditation.models.evidence import Application, Evidence, EvidenceDocument, EvidenceFile, EvidenceKind
from accreditation.models.jobs import Job
from accreditation.models.leave import Leave, LeaveKind
from accreditation.models.points import PointAward
from accreditation.models.reminders import Reminder
from accreditation.models.reports import KnownAnswer, RegisterConnection, Report, ReportAttempt, ReportCall, ReportingTerm
from accreditation.models.rules import CategoryRule, LeaveRule, PointCategory, RegisterRule
from accreditation.models.saved_views import SavedView
from accreditation.models.statements import AttendanceStatement, AttendanceStatementRevocation
from accreditation.models.templates import CertificatePicture, CertificateTemplate

__all__ = [
    "Accreditation",
    "AccreditationChange",
    "AccreditationEdition",
    "AccreditationMeeting",
    "AccreditationPoints",
    "Application",
    "AttendanceLine",
    "AttendanceList",
    "AttendanceStatement",
    "AttendanceStatementRevocation",
    "Badge",
    "BadgeKey",
    "BigCheck",
    "BulkAction",
    "BulkRow",
    "CategoryRule",
    "Certificate",
    "CertificateEvent",
    "CertificatePicture",
    "CertificateTemplate",
    "DossierIntake",
    "DossierKey",
    "DossierPackage",
    "DossierShare",
    "Draft",
    "Evidence",
    "EvidenceDocument",
    "EvidenceFile",
    "EvidenceKind",
    "ExpiryWarning",
    "Job",
    "KnownAnswer",
    "LapseNotice",
    "Leave",
    "LeaveKind",
    "LeaveRule",
    "NumberClaim",
    "PointAward",
    "PointCategory",
    "RegisterConnection",
    "RegisterRule",
    "Reminder",
    "Report",
    "ReportAttempt",
    "ReportCall",
    "ReportingTerm",
    "SavedView",
    "SimulatedPerson",
    "Simulation",
]
