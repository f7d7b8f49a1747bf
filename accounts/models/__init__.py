"""People, organisations and who looked at whose data."""

from accounts.models.audit import AuditEvent
from accounts.models.organisations import Invitation, Membership, Organisation, Region, Role
from accounts.models.people import Profession, ProfessionalProfile, Register, RegisterEntry, RegisterSection, User

__all__ = [
    "AuditEvent",
    "Invitation",
    "Membership",
    "Organisation",
    "Profession",
    "ProfessionalProfile",
    "Region",
    "Register",
    "RegisterEntry",
    "RegisterSection",
    "Role",
    "User",
]
