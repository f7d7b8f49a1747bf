"""How quickly the evaluator judges many dossiers: 10,000 people with 100 ledger rows each, none of them alike."""

import random
import resource
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from accreditation.evaluation import Category, Row, Rule, evaluate
from tests.bench.figures import Figure, show

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
RULE = Rule(
    total=Decimal(184),
    categories=(
        Category("geaccrediteerd", minimum=Decimal(80), accredited=True),
        Category("deel", minimum=Decimal(40), part_of="geaccrediteerd", accredited=True),
        Category("evaluatie", maximum=Decimal(25), part_of="geaccrediteerd", accredited=True, times=1),
        Category("oda", maximum=Decimal(104)),
        Category("zelfstudie", maximum=Decimal(20), part_of="oda"),
    ),
)


def measure(*, people: int = 10_000, rows: int = 100) -> None:
    """Seconds of processor time, so that other work on the machine does not count; making the rows up is left out."""
    seconds = 0.0
    for ledger in _ledgers(people, rows):
        began = time.process_time()
        evaluate(ledger, rule=RULE, first_day=FIRST, last_day=LAST, day=LAST)
        seconds += time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(Figure(name="evaluator_10000_people_100_rows", value=seconds, unit="s", target="<= 20", holds=seconds <= 20))
    show(Figure(name="evaluator_memory", value=memory, unit="MB", target="<= 300", holds=memory <= 300))


def _ledgers(people: int, rows: int) -> Iterator[list[Row]]:
    """Every reason not to count occurs: undone, outside the period, not accredited, handed in twice, more than counts."""
    chance = random.Random(1)
    codes = [category.code for category in RULE.categories] + ["onbekend"]
    for _person in range(people):
        ledger = []
        for number in range(rows):
            thing = f"id:{chance.randint(1, rows)}"
            ledger.append(
                Row(
                    id=("award" if chance.random() < 0.7 else "evidence", number),
                    category=chance.choice(codes),
                    points=Decimal(chance.randint(1, 8)),
                    on=FIRST + timedelta(days=chance.randint(-100, 1900)),
                    reverses=("award", number - 1) if number and chance.random() < 0.02 else None,
                    accredited=chance.random() < 0.9,
                    once=thing,
                    claim=f"{thing}:{chance.randint(1, 2)}",
                )
            )
        yield ledger
