"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
_site = get_wsgi_application()

from django.conf import settings  # noqa: E402 - there are settings once the application is set up

from accounts.demo import refuse_demo_accounts  # noqa: E402 - models can be imported by now
from config.receiving import Receiving  # noqa: E402 - it reads the settings
from config.warming import Warm  # noqa: E402 - the same

_received = Receiving(_site, places=settings.WEB_THREADS, threads=settings.WEB_BACKPRESSURE, gates=settings.RECEIVING_GATES)
application = Warm(_received, threads=settings.WEB_BACKPRESSURE)
application.keep()

refuse_demo_accounts()
