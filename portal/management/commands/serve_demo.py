"""Serve the demo: the web server and a worker beside it, ended together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serves the site on 127.0.0.1 with one worker for background tasks; Ctrl-C ends both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        sizes = {"WEB_WORKERS": "1", "WEB_THREADS": "8", "WEB_BACKPRESSURE": "32", "HOST": "127.0.0.1", "PORT": str(port)}
        environment = {**os.environ, "SITE_URL": f"http://127.0.0.1:{port}", **sizes}
        python = sys.executable
        commands = [
            [
                str(Path(python).parent / "granian"),
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--workers",
                sizes["WEB_WORKERS"],
                "--blocking-threads",
                sizes["WEB_BACKPRESSURE"],
                "--blocking-threads-idle-timeout",
                "600",
                "--no-ws",
                "config.wsgi:application",
            ],
            [python, "manage.py", "db_worker", "--queue-name", "*"],
            [python, "manage.py", "catch_up", "--every", "30"],
        ]
        processes = [subprocess.Popen(command, env=environment) for command in commands]  # noqa: S603 - our own fixed commands
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.stdout.write(f"Vakwijs: http://127.0.0.1:{port}/  (Ctrl-C ends it)")
        self.stdout.flush()
        try:
            while all(process.poll() is None for process in processes):
                time.sleep(0.5)
        except KeyboardInterrupt:
            pass
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=15)
