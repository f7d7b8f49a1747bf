"""Derived tables say nothing that the statements do not: thrown away and made again, every row is the same."""

import json
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model

from accreditation.models import Certificate, CertificateEvent, PointAward
from courses.lessons import open_lesson
from courses.models import CourseProgress
from courses.recording import record
from lrs.models import PendingProjection, Source, Statement
from lrs.profiles import adl
from tests.factories.accounts import RegisterFactory
from tests.journeys.story import accredit, begin_story, publish_course

pytestmark = pytest.mark.django_db
LEDGERS = [PointAward, Certificate, CertificateEvent, Statement]


def derived() -> list[type[Model]]:
    """The tables whose module says in its first line that it is derived."""
    return [model for model in apps.get_models() if what_it_is(model).startswith("Derived")]


def what_it_is(model: type[Model]) -> str:
    """The first words of the module that the model stands in."""
    return sys.modules[model.__module__].__doc__ or ""


def rows(models: Iterable[type[Model]], *, keys: bool) -> dict[str, list[str]]:
    """Every row of these tables, whole; without its own key unless asked for."""

    def plain(row: dict[str, Any], model: type[Model]) -> str:
        own = model._meta.pk
        kept = {name: value for name, value in row.items() if keys or own.is_relation or name != own.attname}
        return json.dumps(kept, sort_keys=True, default=str)

    return {model._meta.label: sorted(plain(row, model) for row in model._default_manager.values()) for model in models}


def test_rebuilding_gives_identical_rows_in_every_derived_table():
    release = publish_course()
    registers = [RegisterFactory(), RegisterFactory()]
    accredit(release, *registers)
    finished, half_way, begun = (begin_story(release, *registers) for _person in range(3))
    finished.complete()
    half_way.play()
    half_way.take_test(right=False)
    half_way.attend()
    open_lesson(enrolment=begun.enrolment, lesson=release.lessons.order_by("order")[0])
    # What a browser claims leaves a row too: a reported score, which is no pass.
    record(
        enrolment=begun.enrolment,
        verb=adl.PASSED,
        subject=begun.activity("eindtoets"),
        source=Source.LEARNER_SESSION,
        result={"score": {"scaled": 1.0}},
    )
    before, ledgers = rows(derived(), keys=False), rows(LEDGERS, keys=True)
    assert {label for label, found in before.items() if found} >= {
        "competencies.Evidence",
        "courses.ActivityProgress",
        "courses.CourseProgress",
        "courses.LessonProgress",
    }
    assert [award.points for award in PointAward.objects.all()] == [Decimal(4), Decimal(4)]

    call_command("rebuild_projections")
    call_command("rebuild_projections")

    assert rows(derived(), keys=False) == before
    assert rows(LEDGERS, keys=True) == ledgers
    assert not PendingProjection.objects.exists()


def test_rebuilding_one_learner_mends_what_was_damaged_and_touches_nobody_else():
    release = publish_course()
    mended, other = begin_story(release), begin_story(release)
    mended.complete()
    other.read()
    before = CourseProgress.objects.values().get(enrolment=mended.enrolment)
    CourseProgress.objects.update(share=0.01, satisfied_at=None)

    call_command("rebuild_projections", learner=mended.enrolment.learner.pseudonym)

    assert CourseProgress.objects.values().get(enrolment=mended.enrolment) == before
    assert CourseProgress.objects.get(enrolment=other.enrolment).share == 0.01


def test_every_table_says_whether_it_is_decided_derived_or_a_ledger():
    rooms = ("accounts", "lrs", "cms", "courses", "competencies", "accreditation", "portal")
    silent = {
        model.__module__
        for model in apps.get_models()
        if model._meta.app_label in rooms and not re.match("Decided|Derived|Ledger", what_it_is(model))
    }

    assert silent == set()
