"""Reports over a ledger of a hundred thousand awards: how long each page's table takes."""

import json
import tempfile
from pathlib import Path

from tests.bench.exports import FILL, ROWS
from tests.bench.figures import Figure, show
from tests.bench.serving import manage

MEASURE = """
import json, time
from accounts.models import Organisation, User
from accreditation.insight.perspectives import perspectives
from accreditation.insight.reports import REPORTS, years
person = User.objects.create_superuser("meting@voorbeeld.example")
found = {}
for one in perspectives(person)[:2]:
    for report in REPORTS.values():
        for by in report.by or ("",):
            clock = time.perf_counter()
            year = years(one)[0]
            report.make(one, year, by)
            found[f"{report.key} {by} {one.kind}"] = time.perf_counter() - clock
print(json.dumps(found))
"""


def measure() -> None:
    """The slowest table over everything, which only a superuser asks for; an organisation's own is a part of it."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        manage(Path(folder), "migrate", "--verbosity", "0")
        manage(Path(folder), "shell", "-c", FILL)
        found = json.loads(manage(Path(folder), "shell", "-c", MEASURE).splitlines()[-1])
    slowest = max(found, key=lambda name: found[name])
    show(
        Figure(
            name=f"insight_slowest_of_{ROWS}_awards",
            value=found[slowest],
            unit="s",
            target="<= 2",
            holds=found[slowest] <= 2,
            compared_with=slowest,
        )
    )
