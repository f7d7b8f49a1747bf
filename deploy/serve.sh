#!/bin/sh
# The web server, the same for the container, systemd and the benchmark. One process per core. Of the requests at hand in a process
# (WEB_BACKPRESSURE, a thread for each) WEB_THREADS are worked on at once; the others wait for their body or their turn (config/receiving.py).
# What granian calls backpressure counts connections, idle ones too.
set -eu
export HOST="${HOST:-0.0.0.0}" PORT="${PORT:-8000}"
# A thread for each request at hand, and glibc would give each a heap of its own to keep: memory that nobody else can use.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
exec granian --interface wsgi --host "$HOST" --port "$PORT" --workers "${WEB_WORKERS:-2}" \
    --blocking-threads "${WEB_BACKPRESSURE:-64}" --blocking-threads-idle-timeout 600 --backpressure "${WEB_CONNECTIONS:-512}" \
    --workers-kill-timeout 30 --no-ws --respawn-failed-workers config.wsgi:application
