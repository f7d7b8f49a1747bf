"""pytest: fast hashing, mail in memory, tasks at once."""

import os

from config.settings.local import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "lrs"]}}
# The live server of the tests finds static files itself; WhiteNoise would ask for a `collectstatic` first.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the demo: a test that drives a browser has several connections, which in memory would lock each other out.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / f"test-{os.getpid()}.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

# All tests come from one address, and ask many questions without a key. The tests of the limits set their own.
LRS_STRANGERS_A_MINUTE = 0
LRS_REQUESTS_A_MINUTE = 0
