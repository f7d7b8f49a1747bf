"""A JavaScript client that others wrote, `@xapi/xapi` from npm, in node against a server over a real connection."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as project

from tests.factories.lrs import a_credential

SCRIPT = Path(__file__).with_name("javascript_client.mjs")
STEPS = [
    "about",
    "one statement there and back",
    "a batch, a query and more",
    "an attachment there and back",
    "voiding",
    "state with etags",
    "agent profile",
    "activity profile",
    "agents and activities",
    "a wrong key",
]


@pytest.mark.parametrize("adapter", ["fetch", "axios"])
@pytest.mark.parametrize(("version", "address"), [("1.0.3", "/xapi/1.0.3/"), ("2.0.0", "/xapi/")])
def test_the_client_gets_everything_done(live_server, settings, tmp_path, version, address, adapter):
    settings.LRS_PROJECTIONS = []
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    assert (Path(project.BASE_DIR) / "frontend/node_modules/@xapi/xapi").is_dir(), "`make setup` brings the packages of the front end"
    headers = a_credential(name="JavaScript")[1]

    done = subprocess.run(
        [shutil.which("node") or "node", str(SCRIPT), f"{live_server.url}{address}", headers["Authorization"], version, adapter],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines() == [f"ok {step}" for step in STEPS]
