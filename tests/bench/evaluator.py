"""How quickly the evaluator judges many dossiers: 10,000 people with 100 ledger rows each."""

import random
import resource
import time
from datetime import date, timedelta
from decimal import Decimal

from accreditation.evaluation import Category, Row, Rule, evaluate
from tests.bench.figures import Figure, show


def measure(*, people: int = 10_000, rows: int = 100) -> None:
    """Seconds of processor time, so that other work on the machine does not count."""
    rule = Rule(
        total=Decimal(184),
        categories=(
            Category("geaccrediteerd", minimum=Decimal(80)),
            Category("deel", minimum=Decimal(40), part_of="geaccrediteerd"),
            Category("oda", maximum=Decimal(104)),
        ),
    )
    first, last = date(2022, 1, 1), date(2026, 12, 31)
    chance = random.Random(1)
    ledgers = [
        [
            Row(
                n,
                chance.choice(["geaccrediteerd", "deel", "oda"]),
                Decimal(chance.randint(1, 8)),
                first + timedelta(days=chance.randint(-100, 1900)),
            )
            for n in range(rows)
        ]
        for _ in range(50)
    ]
    began = time.process_time()
    for number in range(people):
        evaluate(ledgers[number % len(ledgers)], rule=rule, first_day=first, last_day=last, day=last)
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(Figure(name="evaluator_10000_people_100_rows", value=seconds, unit="s", target="<= 20", holds=seconds <= 20))
    show(Figure(name="evaluator_memory", value=memory, unit="MB", target="<= 300", holds=memory <= 300))
