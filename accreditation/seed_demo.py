"""Demo: example accreditations of the demo courses, and points over this register period and the last.

Nothing here is accredited for real: every ID number starts with DEMO and every certificate says so. The history takes the same road as
a learner's own work: a `satisfied` statement of our server, from which points and certificates follow.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import Membership, Organisation, Profession, ProfessionalProfile, Region, Register, RegisterEntry, Role, User
from accreditation import certificates, reference
from accreditation.evaluation import AMSTERDAM
from accreditation.evidence import demo as evidence_demo
from accreditation.insight.suppression import SMALLEST
from accreditation.models import Accreditation, AccreditationPoints, Certificate, PointCategory
from accreditation.reporting import seed_demo as reporting
from courses.models import CoursePage, Enrolment, Release
from courses.progress import satisfied_id
from courses.recording import record
from lrs.profiles.adl import SATISFIED

YEARS_BACK = 7
MAIL = "{}@demo.vakwijs.example"
NURSES = [("kwaliteitsregister-vv", "geaccrediteerd", 8), ("vs-register", "scholing", 8), ("register-zorgprofessionals", "deelregister", 8)]
PHYSICIANS = [("rgs-gaia", "nascholing", 12), ("nvka-voorbeeld", "kag", 12)]
SHORT = {
    "kwaliteitsregister-vv": "KR",
    "vs-register": "VSR",
    "register-zorgprofessionals": "RZ",
    "rgs-gaia": "GAIA",
    "nvka-voorbeeld": "NVKA",
}

# Role, which of the demo courses (by order), and how many days ago it was completed.
HISTORY: dict[str, list[tuple[int, int]]] = {
    "verpleegkundige": [(0, 2130), (1, 2010), (0, 1490), (1, 1130), (0, 760), (1, 395), (1, 120)],
    "verpleegkundig-specialist": [(1, 2050), (0, 1400), (1, 1010), (0, 640), (1, 250)],
    "kag-io": [(2, 820), (2, 400)],
    "docent": [(0, 300)],
}

REGISTER_OF = {"vpk": "kwaliteitsregister-vv", "vs-agz": "vs-register"}
# Region, profession, how many people. Two regions are so small that their numbers stay hidden.
COHORT = [
    ("groningen", "vpk", 9),
    ("groningen", "vs-agz", 3),
    ("utrecht", "vpk", 6),
    ("utrecht", "vs-agz", 6),
    ("nijmegen", "vpk", 3),
    ("leiden", "vs-agz", 3),
]


def seed() -> None:
    """Accredit the demo courses and give the demo people who are there their history. Again is harmless."""
    reference.load()
    accredit(courses=_demo_courses())
    cohort()
    history({role: user for role in HISTORY if (user := User.objects.filter(email=MAIL.format(role)).first())})
    evidence_demo.seed(User.objects.filter(email=MAIL.format("verpleegkundige")).first())
    reporting.seed(User.objects.filter(email=MAIL.format("accreditatie")).first())


def accredit(*, courses: list[CoursePage]) -> list[Accreditation]:
    """Example accreditations, one for each calendar year, covering every release there is."""
    made = []
    for course in courses:
        releases = list(Release.objects.filter(course=course))
        for register_code, category_code, points in PHYSICIANS if "kag" in course.slug else NURSES:
            register = Register.objects.get(code=register_code)
            category = PointCategory.objects.get(register=register, code=category_code)
            for year in range(timezone.localdate().year - YEARS_BACK, timezone.localdate().year + 1):
                accreditation, _made = Accreditation.objects.get_or_create(
                    register=register,
                    id_number=f"DEMO-{SHORT[register_code]}-{course.pk}-{year}",
                    defaults={
                        "course": course,
                        "status": Accreditation.Status.GRANTED,
                        "requested_on": date(year - 1, 10, 1),
                        "decided_on": date(year - 1, 12, 1),
                        "valid_from": date(year, 1, 1),
                        "valid_until": date(year, 12, 31),
                        "is_demo": True,
                        "course_type": Accreditation.CourseType.ELEARNING,
                        "external_course_id": f"DEMO-{course.slug}"[:60],
                        "note": "Voorbeeld: geen register heeft deze cursus geaccrediteerd.",
                    },
                )
                accreditation.releases.add(*releases)
                AccreditationPoints.objects.get_or_create(
                    accreditation=accreditation, category=category, defaults={"points": Decimal(points)}
                )
                made.append(accreditation)
    return made


def history(users: Mapping[str, User]) -> None:
    """Let these people, by role, have completed demo courses in the past. Needs `accredit` first."""
    courses = _demo_courses()
    for role, user in users.items():
        # Counted from the day the demo was made, so that seeding it again in another month tells nothing twice.
        made_on = timezone.localdate(user.date_joined)
        for index, days_ago in HISTORY.get(role, []):
            if index < len(courses):
                complete(learner=user, course=courses[index], on=made_on - timedelta(days=days_ago))
    specialist = users.get("verpleegkundig-specialist")
    if specialist:
        _example_of_a_replacement(specialist)


def cohort() -> None:
    """People without a log-in who completed a course this year, so that there is something to count under "Inzicht", and something to hide.

    The larger groups followed a second course as well and have a number in their register, so that points are credited and reported.
    """
    association = Organisation.objects.filter(slug="demo-vereniging-verpleegkundigen").first()
    courses = _demo_courses()
    if association is None or not courses:
        return
    today = timezone.localdate()
    number = 0
    for region, profession, people in COHORT:
        for _person in range(people):
            number += 1
            user, made = User.objects.get_or_create(
                email=MAIL.format(f"deelnemer-{number:02d}"),
                defaults={"first_name": "Demo", "last_name": f"deelnemer {number}", "password": "!"},
            )
            # Confirmed, so that what a tool tells of them by address comes into their dossier.
            EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
            if made:
                profile = ProfessionalProfile.objects.create(user=user, region=Region.objects.filter(code=region).first())
                profile.professions.set(Profession.objects.filter(code=profession))
                Membership.objects.create(user=user, organisation=association, role=Role.LEARNER)
            if people >= SMALLEST and (register := Register.objects.filter(code=REGISTER_OF[profession]).first()):
                RegisterEntry.objects.get_or_create(user=user, register=register, defaults={"number": f"190000002{number:02d}"})
            day = today.replace(month=1, day=5) + timedelta(days=number % 20)
            complete(learner=user, course=courses[0], on=min(day, today), sealed=False)
            second = day + timedelta(days=60)
            if people >= SMALLEST and len(courses) > 1 and second <= today:
                complete(learner=user, course=courses[1], on=second, sealed=False)


def complete(*, learner: User, course: CoursePage, on: date, sealed: bool = True) -> Certificate | None:
    """A completion in the past under an enrolment of its own, so that whoever follows the course now is not disturbed.

    Not `sealed`: the worker makes the PDF, as for anybody.
    """
    release = Release.objects.filter(course=course).order_by("number").first()
    if release is None:
        return None
    marker = uuid.uuid5(learner.pseudonym, f"demo {course.slug} {on.year}-{on.month}")
    at = datetime.combine(on, time(20, 40), tzinfo=AMSTERDAM)
    enrolment, made = Enrolment.objects.get_or_create(
        uuid=marker, defaults={"learner": learner, "course": course, "release": release, "withdrawn_at": at + timedelta(hours=1)}
    )
    if made:
        Enrolment.objects.filter(pk=enrolment.pk).update(enrolled_at=at - timedelta(days=24))
        record(
            enrolment=enrolment, verb=SATISFIED, statement_id=satisfied_id(enrolment), at=at, result={"completion": True, "success": True}
        )
    certificate = Certificate.objects.filter(enrolment=enrolment, replaced_by=None).first()
    return certificates.make_pdf_now(certificate) if certificate and sealed else certificate


def _example_of_a_replacement(learner: User) -> None:
    oldest = Certificate.objects.filter(learner=learner).order_by("earned_on").first()
    actor = User.objects.filter(email=MAIL.format("accreditatie")).first()
    if oldest and actor and not Certificate.objects.filter(replaces=oldest).exists():
        certificates.make_pdf_now(
            certificates.replace(certificate=oldest, reason="Achternaam verbeterd op verzoek van de deelnemer.", actor=actor)
        )


def _demo_courses() -> list[CoursePage]:
    """Nurses' courses first, the physicians' last: the order that HISTORY counts in."""
    return sorted(CoursePage.objects.filter(is_demo=True), key=lambda course: ("kag" in course.slug, course.slug))
