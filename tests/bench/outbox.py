"""How quickly the outbox empties: 10,000 people in a hundred calls to the stand-in, on the database of the settings."""

import os
import resource
import time

import django

from tests.bench.figures import Figure, show


def measure(*, people: int = 10_000) -> None:
    """Queueing and sending, each from begin to end; the stand-in works in the same process, so its share is measured too."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases  # noqa: PLC0415 - needs the settings above

    before = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    try:
        _measure(people)
    finally:
        teardown_databases(before, verbosity=0)


def _measure(people: int) -> None:
    from accreditation.models import Report  # noqa: PLC0415 - models are ready only when the settings are
    from accreditation.reporting import outbox, sending  # noqa: PLC0415
    from tests.factories.reports import a_connection, a_stand_in, an_accreditation, awards  # noqa: PLC0415

    accreditation = an_accreditation()
    made = awards(accreditation, people)
    # One in fifty is unknown there: their messages have to find their own person.
    stand_in = a_stand_in(accreditation, [award.register_number for number, award in enumerate(made) if number % 50])
    to = a_connection(accreditation, stand_in.address)
    began = time.perf_counter()
    outbox.queue(awards=made, actor=None)
    queueing = time.perf_counter() - began
    began = time.perf_counter()
    while sending.send(to.pk, seconds=600).more:
        pass
    seconds = time.perf_counter() - began
    stand_in.close()
    counts = {state: Report.objects.filter(state=state).count() for state in ("accepted", "rejected")}
    once = len(stand_in.register) == counts["accepted"] and set(stand_in.register.values()) == {1}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    done = sum(counts.values()) == people
    show(Figure(name=f"outbox_queue_{people}", value=queueing, unit="s"))
    show(
        Figure(name=f"outbox_send_{people}", value=seconds, unit="s", target="each accepted or explained, none twice", holds=done and once)
    )
    show(Figure(name=f"outbox_calls_{people}", value=stand_in.calls, unit="calls"))
    show(Figure(name="outbox_memory", value=memory, unit="MB"))
