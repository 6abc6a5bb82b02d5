"""The program that readers run, as a module: it knows nothing of the portal."""

import importlib.util
from types import ModuleType

from tradeportal.local import ROOT

PATH = ROOT / "static" / "verify_chain.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_chain", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
