#!/bin/sh
# The worker: tasks from Redis when there is one, else from the database. Catches up first with what a crash left waiting.
set -eu
python manage.py catch_up
if [ -n "${REDIS_URL:-}" ]; then
    exec python manage.py rqworker default lrs --job-class django_tasks_rq.Job --with-scheduler
fi
exec python manage.py db_worker --queue-name '*'
