"""A server process has loaded what it needs before its first caller, and collects garbage without walking through it."""

import os
import subprocess
import sys

from tradeportal.local import ROOT

PROGRAM = """
import gc, sys, tradeportal.wsgi
print("trading.views.trades" in sys.modules, gc.get_freeze_count() > len(gc.get_objects()))
"""


def test_what_is_loaded_is_not_walked_through() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]
