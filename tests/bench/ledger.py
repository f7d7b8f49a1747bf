"""A large ledger for measuring: people, courses, completions and points, in the shapes that the platform writes, without the statements."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from accounts.models import Organisation, Profession, ProfessionalProfile, Region, Register, User
from accounts.reference import load
from accreditation.models import Accreditation, Certificate, CertificateEvent, PointAward, PointCategory
from courses.models import Enrolment
from tests.factories.courses import CourseFactory, released_course

FIRST_DAY = date(2026, 1, 1)
AT_ONCE = 2000


def fill(*, awards: int = 100_000, courses: int = 20, organisations: int = 4) -> Register:
    """So many awards, each of a completion with its certificate; every person completed some five courses."""
    load()
    chance = random.Random(1)
    register = Register.objects.create(code="meting", name="Register van de meting", number_kinds=["big"], pe_online_org_id=52)
    category = PointCategory.objects.create(register=register, code="geaccrediteerd", name="Geaccrediteerde scholing")
    providers = [
        Organisation.objects.create(name=f"Aanbieder {n}", slug=f"aanbieder-{n}", kind=Organisation.Kind.ASSOCIATION)
        for n in range(organisations)
    ]
    releases = [
        released_course(course=CourseFactory(title=f"Cursus van de meting {n}", organisation=providers[n % organisations]))
        for n in range(courses)
    ]
    accreditations = [
        Accreditation.objects.create(
            course=release.course,
            register=register,
            id_number=f"M{number:05d}",
            status=Accreditation.Status.GRANTED,
            valid_from=FIRST_DAY,
            valid_until=date(2026, 12, 31),
            external_course_id=f"meting-{number}",
        )
        for number, release in enumerate(releases)
    ]
    people = _people(max(1, awards // 5), chance)
    _in_parts(Enrolment, (Enrolment(learner=people[n // 5], course=r.course, release=r) for n, r in _completions(awards, releases)))
    enrolments = list(Enrolment.objects.order_by("pk").values_list("pk", "learner_id", "release_id"))
    place = {release.pk: number for number, release in enumerate(releases)}
    moments = [
        datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=chance.randrange(360), minutes=chance.randrange(600)) for _each in enrolments
    ]
    rows = list(zip(range(len(enrolments)), enrolments, moments, strict=True))
    _in_parts(
        PointAward,
        (
            PointAward(
                learner_id=learner,
                register=register,
                register_number=f"{19_000_000_000 + learner:011d}",
                accreditation=accreditations[place[release]],
                category=category,
                enrolment_id=enrolment,
                points=Decimal(4),
                completed_at=at,
                awarded_on=at.date(),
            )
            for _n, (enrolment, learner, release), at in rows
        ),
    )
    _in_parts(
        Certificate,
        (
            Certificate(
                number=f"VW-2026-{number:06d}",
                learner_id=learner,
                course=releases[place[release]].course,
                enrolment_id=enrolment,
                organisation=providers[place[release] % organisations],
                snapshot={},
                earned_on=at.date(),
                sha256=f"{number:064x}" if number % 50 else "",
            )
            for number, (enrolment, learner, release), at in rows
        ),
    )
    _in_parts(
        CertificateEvent, (CertificateEvent(certificate_id=key, kind="issued") for key in Certificate.objects.values_list("pk", flat=True))
    )
    return register


def _people(count: int, chance: random.Random) -> list[User]:
    _in_parts(
        User,
        (User(email=f"meting{n}@voorbeeld.example", first_name="Demo", last_name=f"Persoon {n}", password="!") for n in range(count)),
    )
    people = list(User.objects.order_by("pk"))[-count:]
    regions = list(Region.objects.all())
    _in_parts(ProfessionalProfile, (ProfessionalProfile(user=person, region=chance.choice(regions)) for person in people))
    kinds = {code: Profession.objects.get(code=code).pk for code in ("vpk", "vs-agz", "vs-ggz")}
    through: Any = ProfessionalProfile.professions.through
    profiles = ProfessionalProfile.objects.values_list("pk", flat=True)
    _in_parts(through, (through(professionalprofile_id=key, profession_id=chance.choice(list(kinds.values()))) for key in profiles))
    return people


def _completions(count: int, releases: list[Any]) -> Iterator[tuple[int, Any]]:
    """Person `n // 5` and five different courses in a row."""
    return ((n, releases[n % len(releases)]) for n in range(count))


def _in_parts(model: Any, rows: Iterator[Any]) -> None:
    while part := list(islice(rows, AT_ONCE)):
        model.objects.bulk_create(part)
