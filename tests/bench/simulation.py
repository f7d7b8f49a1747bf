"""How quickly a change of rule is reckoned through: 1,000 people with 100 ledger rows each, twice judged and written down."""

import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import django

from tests.bench.figures import Figure, show


def measure(*, people: int = 1_000, rows: int = 100) -> None:
    """Seconds of processor time, from the order until its outcome stands in the database; making the people up is left out."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 - needs the settings above

        call_command("migrate", verbosity=0)
        draft, by = _population(people, rows)
        from accreditation.models import Job, Simulation  # noqa: PLC0415 - the same
        from accreditation.simulation import reckoning  # noqa: PLC0415 - the same

        began, at = time.process_time(), time.monotonic()
        simulation = reckoning.start(draft=draft, asked_by=by, organisation=None)
        job = Job.objects.get(pk=simulation.job_id)
        while reckoning.step(job):
            job.save()
        seconds, elapsed = time.process_time() - began, time.monotonic() - at
        simulation = Simulation.objects.get(pk=simulation.pk)
        if simulation.ledger_rows != people * rows:
            raise AssertionError(f"{simulation.ledger_rows} rows were judged, not {people * rows}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(Figure(name="rule_change_simulated_100000_rows", value=seconds, unit="s", target="<= 10", holds=seconds <= 10))
    show(Figure(name="rule_change_simulated_elapsed", value=elapsed, unit="s", target="<= 10", holds=elapsed <= 10))
    show(Figure(name="rule_change_simulated_memory", value=memory, unit="MB"))


def _population(people: int, rows: int):
    """Everybody with the same hundred accreditations, on days and for points of their own; the rule asks more than most have."""
    from accounts.models import Organisation, Register, RegisterEntry, User  # noqa: PLC0415 - needs the settings above
    from accreditation.models import Accreditation, CategoryRule, Draft, PointAward, PointCategory, RegisterRule  # noqa: PLC0415
    from accreditation.simulation import contents  # noqa: PLC0415
    from courses.models import CoursePage, Enrolment  # noqa: PLC0415
    from tests.factories.courses import released_course  # noqa: PLC0415

    release = released_course()
    course = CoursePage.objects.get(pk=release.course_id)
    Organisation.objects.get(pk=course.organisation_id)
    register = Register.objects.create(code="bench", name="Bench", number_kinds=[])
    whole = PointCategory.objects.create(register=register, code="geaccrediteerd", name="Geaccrediteerd")
    part = PointCategory.objects.create(register=register, code="deel", name="Deel", part_of=whole, order=1)
    rule = RegisterRule.objects.create(register=register, name="Regel", total=Decimal(184), source="Bench")
    CategoryRule.objects.create(rule=rule, category=whole, minimum=Decimal(80))
    CategoryRule.objects.create(rule=rule, category=part, minimum=Decimal(40), maximum=Decimal(120))
    users = User.objects.bulk_create(User(email=f"bench{n}@voorbeeld.example", password="!") for n in range(people))
    RegisterEntry.objects.bulk_create(
        RegisterEntry(user=user, register=register, number=f"{n:011d}", period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
        for n, user in enumerate(users)
    )
    enrolments = Enrolment.objects.bulk_create(Enrolment(learner=user, course=course, release=release) for user in users)
    accreditations = Accreditation.objects.bulk_create(
        Accreditation(
            course=course,
            register=register,
            id_number=f"{n}",
            status="granted",
            valid_from=date(2021, 1, 1),
            valid_until=date(2026, 12, 31),
        )
        for n in range(rows)
    )
    PointAward.objects.bulk_create(
        (
            PointAward(
                learner=user,
                register=register,
                register_number="1",
                accreditation=accreditation,
                category=part if (n + m) % 3 else whole,
                enrolment=enrolment,
                points=Decimal(1 + (n + m) % 3),
                completed_at=datetime(2022, 1, 1, tzinfo=UTC),
                awarded_on=date(2021, 11, 1) + timedelta(days=(17 * m + n) % 1900),
            )
            for n, (user, enrolment) in enumerate(zip(users, enrolments, strict=True))
            for m, accreditation in enumerate(accreditations)
        ),
        batch_size=2000,
    )
    content = {**contents.of_rule(rule), "total": "190"}
    return Draft.objects.create(register=register, rule=rule, content=content, made_by=users[0]), users[0]
