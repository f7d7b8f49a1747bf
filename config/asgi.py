"""ASGI entry point."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_asgi_application()

from accounts.demo import refuse_demo_accounts  # noqa: E402 - models can be imported once the application is set up

# In a thread: a server may import this inside its event loop, where the database is not to be touched.
with ThreadPoolExecutor(1) as thread:
    thread.submit(refuse_demo_accounts).result()
