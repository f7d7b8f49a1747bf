"""pytest: fast hashing, mail in memory, tasks at once."""

from config.settings.local import *  # noqa: F403 - a settings module extends the one below it
from config.settings.base import env

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "lrs"]}}
if env.bool("NO_MIGRATIONS", default=True):  # CI sets it to false
    MIGRATION_MODULES = dict.fromkeys(["accounts", "lrs", "cms", "courses", "competencies", "accreditation", "portal"])
