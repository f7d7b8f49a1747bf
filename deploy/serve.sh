#!/bin/sh
# The web server, the same for the container, systemd and the benchmark. One process per core; a thread per request.
set -eu
exec granian --interface wsgi --host "${HOST:-0.0.0.0}" --port "${PORT:-8000}" --workers "${WEB_WORKERS:-2}" --blocking-threads "${WEB_THREADS:-4}" \
    --backpressure "${WEB_BACKPRESSURE:-64}" --no-ws --respawn-failed-workers config.wsgi:application
