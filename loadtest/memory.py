"""How much memory a measured process has taken at most."""

import re
from pathlib import Path


def peak_mb() -> float:
    """The peak of this program alone, in MB of 1024 KiB. Linux only.

    getrusage would also count what the process that started it held: its peak outlives the exec.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, "Linux tells the peak of each process"
    return int(found[1]) / 1024
