"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()

from accounts.demo import refuse_demo_accounts  # noqa: E402 - models can be imported once the application is set up

refuse_demo_accounts()
