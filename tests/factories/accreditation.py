"""Accreditations, rules and completions for tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import factory

from accounts.models import Register
from accreditation.models import Accreditation, AccreditationPoints, CategoryRule, Evidence, EvidenceKind, PointCategory, RegisterRule
from courses.models import Enrolment, Release
from courses.progress import satisfied_id
from courses.recording import record
from lrs.models import Source
from lrs.profiles.adl import SATISFIED
from tests.factories.accounts import RegisterFactory
from tests.factories.courses import released_course


class PointCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PointCategory

    register = factory.SubFactory(RegisterFactory)
    code = "geaccrediteerd"
    name = "Geaccrediteerde scholing"


class RegisterRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegisterRule

    register = factory.SubFactory(RegisterFactory)
    name = "Regel"
    total = Decimal(184)
    source = "Een bron"
    confirmed = True


class CategoryRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CategoryRule

    rule = factory.SubFactory(RegisterRuleFactory)
    category = factory.SubFactory(PointCategoryFactory, register=factory.SelfAttribute("..rule.register"))


class AccreditationFactory(factory.django.DjangoModelFactory):
    """Granted for 2026; give `release` to say which edition it covers."""

    class Meta:
        model = Accreditation
        skip_postgeneration_save = True

    class Params:
        release = factory.LazyFunction(lambda: released_course())

    course = factory.SelfAttribute("release.course")
    register = factory.SubFactory(RegisterFactory)
    id_number = factory.Sequence(lambda n: f"5{n:05d}")
    status = Accreditation.Status.GRANTED
    valid_from = date(2026, 1, 1)
    valid_until = date(2026, 12, 31)
    external_course_id = factory.Sequence(lambda n: f"cursus-{n}")


def accredited(
    *,
    release: Release | None = None,
    register: Register | None = None,
    points: Decimal | int = 4,
    category: str = "geaccrediteerd",
    **fields: Any,
) -> Accreditation:
    """A granted accreditation that covers the release and is worth something."""
    release = release or released_course()
    register = register or RegisterFactory()
    accreditation = AccreditationFactory(release=release, register=register, **fields)
    accreditation.releases.add(release)
    found, _made = PointCategory.objects.get_or_create(register=register, code=category, defaults={"name": "Geaccrediteerde scholing"})
    AccreditationPoints.objects.create(accreditation=accreditation, category=found, points=points)
    return accreditation


def satisfy(
    enrolment: Enrolment, *, at: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC), source: Source = Source.SERVER, **more: Any
) -> None:
    """The statement that a course is completed, as `courses.progress` writes it."""
    record(enrolment=enrolment, verb=SATISFIED, source=source, at=at, statement_id=satisfied_id(enrolment), **more)


class EvidenceKindFactory(factory.django.DjangoModelFactory):
    """Hours of some kind, one point each, at most three CanMEDS areas."""

    class Meta:
        model = EvidenceKind

    register = factory.SubFactory(RegisterFactory)
    code = factory.Sequence(lambda n: f"oda-{n}")
    name = "Intervisie"
    form = EvidenceKind.Form.HOURS
    category = factory.SubFactory(PointCategoryFactory, register=factory.SelfAttribute("..register"), code=factory.SelfAttribute("..code"))
    most_competencies = 3


class EvidenceFactory(factory.django.DjangoModelFactory):
    """In the dossier of `owner`: four hours, four points."""

    class Meta:
        model = Evidence

    kind = factory.SubFactory(EvidenceKindFactory)
    state = Evidence.State.KEPT
    title = factory.Sequence(lambda n: f"Intervisie {n}")
    done_on = date(2026, 3, 1)
    hours = Decimal(4)
    points = Decimal(4)
