"""Who may do what: one table, the same one that docs/permissions.md shows and that every queryset asks.

A role counts only within its organisation. What a person may do with their own data is not in this table.
"""

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Organisation, Role, User


class Action(TextChoices):
    AUTHOR_COURSES = "author_courses", _("cursussen en vragen maken")
    PUBLISH_RELEASES = "publish_releases", _("uitgaven van cursussen uitbrengen")
    INSTALL_H5P_LIBRARIES = "install_h5p_libraries", _("H5P-bibliotheken installeren")
    SEE_LEARNERS = "see_learners", _("deelnemers en hun voortgang zien")
    JUDGE_WORK = "judge_work", _("ingeleverd werk beoordelen")
    MARK_ATTENDANCE = "mark_attendance", _("aanwezigheid vastleggen")
    IMPORT_ATTENDANCE = "import_attendance", _("presentielijsten inlezen")
    MANAGE_ACCREDITATION = "manage_accreditation", _("accreditaties beheren")
    MANAGE_CERTIFICATES = "manage_certificates", _("certificaten intrekken en opnieuw uitgeven")
    EDIT_CERTIFICATE_TEMPLATES = "edit_certificate_templates", _("certificaatsjablonen maken in het CMS")
    EXPORT_RESULTS = "export_results", _("resultaten exporteren en melden")
    RESOLVE_NUMBERS = "resolve_numbers", _("registernummers beoordelen en toewijzen")
    SEE_INSIGHT = "see_insight", _("inzicht in aantallen: certificaten, punten, doorlooptijd, geschoolden")
    MANAGE_REGISTER_RULES = "manage_register_rules", _("registerregels beheren")
    MANAGE_MEMBERS = "manage_members", _("leden en rollen beheren")
    MANAGE_LRS_CREDENTIALS = "manage_lrs_credentials", _("toegangssleutels van hulpmiddelen beheren")
    VIEW_RECORDS = "view_records", _("leerrecords van leden bekijken")
    EXCHANGE_RECORDS = "exchange_records", _("leerrecords uitwisselen met andere systemen")
    FORWARD_RECORDS = "forward_records", _("leerrecords doorsturen naar een ander systeem")
    MANAGE_PRIVACY = "manage_privacy", _("leerrecords van leden meegeven, laten bewaren en wissen")
    READ_AUDIT = "read_audit", _("de audittrail lezen")


_AUTHOR, _TEACHER, _SUPERVISOR = Role.AUTHOR, Role.TEACHER, Role.SUPERVISOR
_ACCREDITATION, _ASSOCIATION, _AUDITOR = Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.AUTHOR_COURSES: frozenset({_AUTHOR, _ASSOCIATION}),
    Action.PUBLISH_RELEASES: frozenset({_ASSOCIATION}),
    Action.INSTALL_H5P_LIBRARIES: frozenset({_ASSOCIATION}),
    Action.SEE_LEARNERS: frozenset({_TEACHER, _SUPERVISOR, _ACCREDITATION, _ASSOCIATION}),
    Action.JUDGE_WORK: frozenset({_TEACHER, _SUPERVISOR}),
    Action.MARK_ATTENDANCE: frozenset({_TEACHER}),
    Action.IMPORT_ATTENDANCE: frozenset({_TEACHER, _ACCREDITATION}),
    Action.MANAGE_ACCREDITATION: frozenset({_ACCREDITATION}),
    Action.MANAGE_CERTIFICATES: frozenset({_ACCREDITATION}),
    Action.EDIT_CERTIFICATE_TEMPLATES: frozenset({_ACCREDITATION, _ASSOCIATION}),
    Action.EXPORT_RESULTS: frozenset({_ACCREDITATION, _AUDITOR}),
    Action.RESOLVE_NUMBERS: frozenset({_ACCREDITATION}),
    Action.SEE_INSIGHT: frozenset({_ACCREDITATION, _ASSOCIATION}),
    Action.MANAGE_REGISTER_RULES: frozenset({_ACCREDITATION}),
    Action.MANAGE_MEMBERS: frozenset({_ASSOCIATION}),
    Action.MANAGE_LRS_CREDENTIALS: frozenset({_ASSOCIATION}),
    Action.VIEW_RECORDS: frozenset({_ASSOCIATION, _AUDITOR}),
    Action.EXCHANGE_RECORDS: frozenset({_ASSOCIATION}),
    Action.FORWARD_RECORDS: frozenset({_ASSOCIATION}),
    Action.MANAGE_PRIVACY: frozenset({_ASSOCIATION}),
    Action.READ_AUDIT: frozenset({_AUDITOR}),
}


# Whoever may manage members may give these roles. An auditor watches the administrators, so they do not choose one themselves.
GRANTABLE: frozenset[Role] = frozenset(Role) - {Role.AUDITOR}

# These see or change what belongs to others; they log in with a second step.
ADMINISTRATORS: frozenset[Role] = frozenset({_ACCREDITATION, _ASSOCIATION, _AUDITOR})


def organisations_where(user: User, action: Action) -> QuerySet[Organisation]:
    """The organisations in which this person may do this; all of them for a superuser."""
    if not user.is_authenticated or not user.is_active:
        return Organisation.objects.none()
    if user.is_superuser:
        return Organisation.objects.all()
    # By subquery: a join would stay in the query, and whoever counts members in it would count this person's roles only.
    return Organisation.objects.filter(pk__in=Membership.objects.filter(user=user, role__in=ALLOWED[action]).values("organisation"))


def acting_for(user: User | None, action: Action, *, about: User | None) -> Organisation | None:
    """On whose behalf this person does this: their organisation to which who it is about belongs, or else their first.

    None for who has no role for it, for who does it about themselves, and for a superuser when it is about somebody of elsewhere: their own
    organisation has nothing to do with that person, and its auditors may not read of them.
    """
    if user is None or user == about:
        return None
    roles = Membership.objects.filter(user=user, role__in=ALLOWED[action])
    mine = Organisation.objects.filter(pk__in=roles.values("organisation")).order_by("pk")
    theirs = mine.filter(memberships__user=about).first() if about else None
    return theirs or (None if about and user.is_superuser else mine.first())


def may(user: User, action: Action, organisation: Organisation | None = None) -> bool:
    """Whether this person may do this in the organisation, or in any when none is given."""
    where = organisations_where(user, action)
    return where.filter(pk=organisation.pk).exists() if organisation else where.exists()


def actions_of(user: User) -> frozenset[Action]:
    """Everything this person may do in some organisation: for menus, in one query."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Action)
    roles = set(user.memberships.values_list("role", flat=True))
    return frozenset(action for action, allowed in ALLOWED.items() if allowed & roles)


def is_administrator(user: User) -> bool:
    """Whether this person holds a role, anywhere, that asks for a second step at log-in."""
    return user.is_superuser or user.memberships.filter(role__in=ADMINISTRATORS).exists()
