"""A disk that can be made full and emptied again, for a PostgreSQL of the test's own.

A small file system in memory where mounting is allowed. Elsewhere the processes of the database get a limit on how large a file may
become, which stops them at the same places in another way; FAULT_ROOM=limit asks for that.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lrs.faults.cluster import Cluster
from tests.lrs.replica_server import run_program

MEGABYTE = 1024 * 1024


def can_mount(folder: Path) -> bool:
    """Whether a file system may be mounted; tried out."""
    if os.environ.get("FAULT_ROOM") == "limit" or os.geteuid() != 0:
        return False
    with contextlib.suppress(OSError, subprocess.CalledProcessError), mounted(folder / "tried", megabytes=1):
        return True
    return False


@contextmanager
def mounted(at: Path, *, megabytes: int) -> Iterator[Path]:
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(at)], check=True, capture_output=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def fill(folder: Path, *, leave: int) -> Path:
    """Take all room of this file system but so many octets; answers the file that takes it."""
    free = os.statvfs(folder)
    filler = folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_bsize - leave)
    return filler


def limit_files(database: Cluster, largest: int | None) -> None:
    """No process of the database can make a file larger than this any more; None ends that. Asked as the user that it runs as."""
    first = database.postmaster()
    for pid in [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]:
        with contextlib.suppress(subprocess.CalledProcessError):  # it ended meanwhile
            run_program("prlimit", "--pid", pid, f"--fsize={largest or 'unlimited'}:")
