"""Which process of which machine somebody is, so that others on that machine can tell that it has ended."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path


def this_process() -> str:
    """Names this process for ever: its number and when it began, where numbers mean the same processes. "" where a system does
    not tell (no Linux): nobody there is ever known to have ended.
    """
    began = _began(os.getpid())
    return f"{_where()} {os.getpid()} {began}" if _where() and began else ""


def has_ended(process: str) -> bool:
    """Whether a process that :func:`this_process` named is known to have ended: False for those of other machines and
    containers, of which nothing is known here.
    """
    where, pid, began = process.rsplit(" ", 2) if process.count(" ") == 2 else ("", "", "")
    if not where or where != _where() or not pid.isascii() or not pid.isdigit():
        return False
    if not runs(int(pid)):
        return True
    now = _began(int(pid))
    return now is not None and now != began  # its number is another's by now, or it waits to be buried


def runs(pid: int) -> bool:
    """Whether there is a process of this number here, whosever it is by now."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's, or no number of a process
        pass
    return True


@cache
def _where() -> str:
    """What shares its process numbers with us: machine, its start, and the container's namespace. Names of machines alone are
    the same in many containers, and a namespace's number is the same on all machines. "" where it is not known.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return "/".join("_".join(part.split()) for part in (platform.node(), boot, namespace))


def _began(pid: int) -> str | None:
    """When a process began, in ticks since the machine did; "ended" for one that only waits to be buried; None where that cannot
    be read.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # the name before may hold anything
    except OSError:
        return None
    return "ended" if fields[0] in "ZX" else fields[19]
