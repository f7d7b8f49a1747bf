"""A file of a hundred thousand rows, from the ledger to a spreadsheet and from the record: how long, and how much memory in a process of its own."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, show
from tests.bench.serving import manage

ROWS = 100_000
FILL = f"from tests.bench.ledger import fill; fill(awards={ROWS})"

# By itself, so that the memory of filling the tables does not count; the rows come from the query that the download uses.
WRITE = """
import json, resource, tempfile, time
from accreditation.exports.rows import each_earned, head, lines
from accreditation.exports.tables import stream_csv, write_xlsx
from accreditation.models import Accreditation
def memory(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = memory()
chosen = list(Accreditation.objects.filter(register__code="meting").select_related("register", "course"))
with tempfile.TemporaryFile() as file:
    clock = time.process_time()
    table = lines(each_earned(chosen))
    if "{kind}" == "xlsx":
        count = write_xlsx(file, head(), table, title="Resultaten")
    else:
        count = sum(piece.count(b"\\r\\n") for piece in stream_csv(head(), table) if file.write(piece)) - 1
    seconds = time.process_time() - clock
    size = file.seek(0, 2)
print(json.dumps(dict(seconds=seconds, rows=count, megabytes=size / 1e6, memory=memory(), before=before)))
"""


# Five hundred statements as tools send them, kept by the store itself, and two hundred of each: nobody asks for one by its id here.
FILL_RECORDS = f"""
import uuid
from lrs.models import Source, Statement
from lrs.store import append
from tests.bench.store.statements import a_statement
append([a_statement(number) for number in range(500)], source=Source.SERVER)
kept = list(Statement.objects.order_by("sequence"))
names = [field.attname for field in Statement._meta.concrete_fields if field.attname not in ("sequence", "uuid")]
last = kept[-1].sequence
for number in range(1, {ROWS} // 500):
    rows = [(last + number * 500 + place, {{name: getattr(one, name) for name in names}}) for place, one in enumerate(kept)]
    Statement.objects.bulk_create(Statement(sequence=sequence, uuid=uuid.uuid4(), **values) for sequence, values in rows)
"""

WRITE_RECORDS = """
import json, resource, tempfile, time
from accounts.models import User
from lrs.viewer import Search
from lrs.viewer_export import export
from lrs.viewer_people import Sight
def memory(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, counted = memory(), []
with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as file:
    clock = time.process_time()
    for piece in export(Search(), sight=Sight(reader=User(), everything=True), kind="csv", finished=counted.append):
        file.write(piece)
    seconds = time.process_time() - clock
    size = file.tell()
print(json.dumps(dict(seconds=seconds, rows=counted[0], megabytes=size / 1e6, memory=memory(), before=before)))
"""


def measure() -> None:
    """Seconds of processor time, so that other work on the machine does not count."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        manage(Path(folder), "migrate", "--verbosity", "0")
        manage(Path(folder), "shell", "-c", FILL)
        for kind in ("csv", "xlsx"):
            _show(f"{kind}_export", json.loads(manage(Path(folder), "shell", "-c", WRITE.replace("{kind}", kind)).splitlines()[-1]))
        manage(Path(folder), "shell", "-c", FILL_RECORDS)
        _show("records_csv_export", json.loads(manage(Path(folder), "shell", "-c", WRITE_RECORDS).splitlines()[-1]))


def _show(what: str, found: dict[str, Any]) -> None:
    if found["rows"] != ROWS:
        raise RuntimeError(f"{found['rows']} rows in the file")
    name, said = f"{what}_{ROWS}_rows", f"{found['megabytes']:.1f} MB of file; {found['before']:.0f} MB before the first row"
    show(Figure(name=name, value=found["seconds"], unit="s", target="<= 30", holds=found["seconds"] <= 30, compared_with=said))
    show(Figure(name=f"{name}_memory", value=found["memory"], unit="MB", target="<= 200", holds=found["memory"] <= 200))
