"""The portal's settings for the type checker, which reads them but never runs anything."""

import os

os.environ.setdefault("SECRET_KEY", "for-the-type-checker-alone")

from tradeportal.settings import *  # noqa: F403
