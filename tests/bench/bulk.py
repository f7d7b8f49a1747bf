"""Re-issuing certificates for many in one action, as the worker does it: rows of the ledger, PDF, seal, file; how fast and in how much memory."""

import json
import os
import tempfile
from pathlib import Path

from tests.bench.figures import Figure, show
from tests.bench.serving import manage

COUNT = int(os.environ.get("BENCH_CERTIFICATES", "500"))
# Of 10,000 certificates at this pace the last is there within a quarter of an hour.
TARGET = 11.0

FILL = """
from accounts.models import Membership, Role, User
from accreditation.bulk.running import choose, confirm
from accreditation.models import Certificate, Job
from accreditation import jobs
from tests.bench.ledger import fill
fill(awards={count}, courses=5, organisations=1)

from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("UPDATE accreditation_certificate SET snapshot = %s", ['{{"completed_at": "2026-03-01T10:00:00+01:00"}}'])
by = User.objects.create_superuser("meting@voorbeeld.example", "x")
action, planning = choose(kind="reissue", by=by, filters={{}})
jobs.run(planning.pk)
confirm(action=action, by=by, reason="Meting")
"""

WORK = """
import json, resource, time
from accreditation import jobs
from accreditation.models import Certificate, Job
def memory(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
job = Job.objects.get(kind="bulk-do")
done, clock = job.done, time.process_time()
jobs.run(job.pk, seconds={seconds}, take_over=True)
job.refresh_from_db()
new = Certificate.objects.filter(replaces__isnull=False)
print(json.dumps(dict(done=job.done - done, total=job.done, state=job.state, seconds=time.process_time() - clock, memory=memory(),
    issued=new.count(), sealed=new.exclude(sha256="").count(), twice=job.done - new.values("replaces").distinct().count())))
"""


def measure() -> None:
    """In a process of its own that ends, like the worker of a small installation."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        manage(Path(folder), "migrate", "--verbosity", "0")
        manage(Path(folder), "shell", "-c", FILL.format(count=COUNT))
        found = json.loads(manage(Path(folder), "shell", "-c", WORK.format(seconds="None")).splitlines()[-1])
    if (found["issued"], found["sealed"], found["twice"]) != (COUNT, COUNT, 0):
        raise RuntimeError(f"not each exactly once: {found}")
    rate = COUNT / found["seconds"]
    show(
        Figure(
            name="certificates_reissued_in_one_action", value=rate, unit="certificates/s", target=f">= {TARGET:.0f}", holds=rate >= TARGET
        )
    )
    memory = found["memory"]
    show(Figure(name="certificates_reissued_in_one_action_memory", value=memory, unit="MB", target="<= 250", holds=memory <= 250))
