"""pytest: fast hashing, mail in memory, tasks at once."""

from config.settings.local import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default", "lrs"]}}
# The live server of the tests finds static files itself; WhiteNoise would ask for a `collectstatic` first.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
