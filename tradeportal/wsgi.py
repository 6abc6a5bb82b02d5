"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeportal.settings")
application = get_wsgi_application()

# What is loaded now stays until the process ends. Without this a full collection walks through all of it while some caller
# waits: a tenth of a second, again and again. The views are loaded first, for their sake and for that of the first caller.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
