"""The errors a user can meet: one sentence that says what, where, and what to do."""

from __future__ import annotations

from pathlib import Path


class PosetuneError(Exception):
    """Bad input or an environment that cannot do the job. The command line exits with 2."""

    exit_code = 2


class CheckFailed(PosetuneError):
    """The input was fine, but a check on it did not pass. The command line exits with 1."""

    exit_code = 1


def pip_install(extra: str) -> str:
    """The command that brings what an extra of posetune needs: from the clone that this is, as no index has posetune."""
    clone = Path(__file__).resolve().parents[2]
    if (clone / "pyproject.toml").is_file():
        return f"pip install -e '{clone}[{extra}]'"
    return f"in a clone of posetune, pip install '.[{extra}]'"
