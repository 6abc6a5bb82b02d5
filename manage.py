#!/usr/bin/env python
"""Django's command line for TradePortal. Without configuration it uses, or starts, the servers of this checkout."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from tradeportal.console import about_database
from tradeportal.embedded import EmbeddedError
from tradeportal.local import provide_environment

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeportal.settings")
    try:
        provide_environment()
    except EmbeddedError as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ImproperlyConfigured) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(about_database(error) if isinstance(error, OperationalError) else str(error))
