"""How a program is started as an unprivileged user, also below a directory that only root may enter.

PostgreSQL refuses to run as root, and a checkout often lies in root's own home (mode 700), where no other user
can reach the data or the program. The child therefore keeps the weakest capability that lets it in: none, then
"read and search anything" (CAP_DAC_READ_SEARCH), then "ignore file modes" (CAP_DAC_OVERRIDE, the one that
containers grant). Nothing outside var/ changes its mode or owner. docs/decisions/ tells what else was tried.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilitySets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


@dataclass(frozen=True)
class Identity:
    """Who a server runs as, and the capabilities that it keeps to reach its files."""

    uid: int
    gid: int
    capabilities: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


def unprivileged_user() -> Identity:
    """The account that embedded servers use under root. It needs a name, because initdb looks it up."""
    for name in ("postgres", "nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return Identity(entry.pw_uid, entry.pw_gid)
    raise LookupError("no account named postgres, nobody or daemon")


def able_to_reach(identity: Identity, directory: Path, program: Path, resource: Path) -> Identity | None:
    """The identity with the weakest capability under which it enters the directory, runs the program and reads the resource."""
    script = 'cd "$1" && exec "$2" --version <"$3" >/dev/null'
    command = ["/bin/sh", "-c", script, "sh", str(directory), str(program), str(resource)]
    for capabilities in ((), (CAP_DAC_READ_SEARCH,), (CAP_DAC_OVERRIDE,)):
        candidate = Identity(identity.uid, identity.gid, capabilities)
        try:
            tried = subprocess.run(
                command, preexec_fn=child_setup(candidate), cwd="/", capture_output=True, check=False
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if tried.returncode == 0:
            return candidate
    return None


def child_setup(identity: Identity | None, death_signal: signal.Signals | None = None) -> Callable[[], None]:
    """A function for a child to call before exec: takes the identity on, and asks for a signal when the parent dies."""
    parent = os.getpid()

    def set_up() -> None:
        if identity is not None:
            _become(identity)
        if death_signal is not None and _libc is not None:
            _prctl(_PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    return set_up


def stop_with_parent(death_signal: signal.Signals) -> None:
    """This process receives the signal when its parent ends (Linux)."""
    if _libc is not None:
        _prctl(_PR_SET_PDEATHSIG, death_signal)


def _become(identity: Identity) -> None:
    if identity.capabilities:
        # Without this bit the kernel takes the capabilities away in setuid, and ignores them in access(2).
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(identity.gid)
    os.setuid(identity.uid)
    if identity.capabilities:
        _keep_only(identity.capabilities)
    if _libc is not None:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _keep_only(capabilities: Sequence[int]) -> None:
    assert _libc is not None, "capabilities exist on Linux only"
    mask = sum(1 << capability for capability in capabilities)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    sets = (_CapabilitySets * 2)(_CapabilitySets(mask, mask, mask), _CapabilitySets(0, 0, 0))
    if _libc.capset(ctypes.byref(header), ctypes.byref(sets)):
        raise OSError(ctypes.get_errno(), "capset")
    for capability in capabilities:
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, value: int, extra: int = 0) -> None:
    assert _libc is not None, "prctl exists on Linux only"
    arguments = [ctypes.c_ulong(number) for number in (value, extra, 0, 0)]
    if _libc.prctl(option, *arguments):
        raise OSError(ctypes.get_errno(), f"prctl {option}")
