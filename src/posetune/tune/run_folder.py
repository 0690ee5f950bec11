"""What a run leaves behind, and how it is written: nothing half-done, nothing lost by Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.lock import locked

RESULTS, _LOCK = "results.csv", ".lock"
MODEL, CONFIG, LOG, CHECKPOINT, SUMMARY = "model.tflite", "train.yaml", "log.jsonl", "checkpoint.pt", "summary.json"
#: What stands in a run folder before anything was learnt.
_START = {_LOCK, CONFIG, "tensorboard"}
#: Results of finished stages (``--method head``), which a resumed run goes on behind.
STAGES = ("head.tflite", "tail.tflite", "all.tflite")
#: Of a run on unlabelled images: what the teacher said, which took minutes.
PSEUDO_LABELS = "pseudo_labels.npz"


def resumable(folder: Path) -> bool:
    """Whether a run can go on in ``folder``: there is a checkpoint, a finished stage, or a teacher's pseudo-labels."""
    return any((folder / name).exists() for name in (CHECKPOINT, *STAGES, PSEUDO_LABELS))


def own_config(folder: str | Path | None) -> Path:
    """The configuration of the run in ``folder``. Raises PosetuneError if there is no run."""
    if folder is None:
        raise PosetuneError("--resume goes on with a run: give its folder to --out.")
    file = Path(folder) / CONFIG
    if not file.is_file():
        raise PosetuneError(
            f"There is nothing to resume in {folder}: it is no run folder (it has no {CONFIG}); give the run to --out, or train "
            "without --resume."
        )
    return file


class RunFolder:
    """The files of one run: ``model.tflite`` (the result), ``train.yaml`` (resolved configuration), ``split.json`` (images
    learned from and held out), ``log.jsonl`` (one line per event), ``results.csv`` (one line per validation), ``curves.png``,
    ``batch.jpg`` and ``validation.jpg`` (what was seen), ``summary.json``, ``checkpoint.pt`` (for --resume); of a run on
    unlabelled images also ``pseudo_labels.npz`` and ``frames/`` of videos.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._begun = time.monotonic()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @contextlib.contextmanager
    def taken(self, resume: bool) -> Iterator[None]:
        """Make the folder and keep it for this run: no other process trains into it.

        A folder that this made, and in which nothing but the start was written when an error ends the block, goes again.

        Raises PosetuneError, with what to do, if it cannot be written to, holds another run or none to resume, is a data set,
        or another process is at work in it.
        """
        new = not self.path.exists()
        self._make(resume)
        with locked(self / _LOCK) as held:
            if not held:
                raise PosetuneError(f"Another training is at work in {self.path}; let it end, or choose another --out.")
            self._prepare(resume)
            try:
                yield
            except BaseException:
                if new and {path.name for path in self.path.iterdir()} <= _START:
                    shutil.rmtree(self.path, ignore_errors=True)
                raise

    def _make(self, resume: bool) -> None:
        if resume:
            own_config(self.path)
        elif (self / "annotations").is_dir():
            raise PosetuneError(
                f"{self.path} is a data set, and a run wants a folder of its own; choose another --out."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PosetuneError(
                f"Cannot make the run folder {self.path}: {error.strerror or error}; choose another --out."
            ) from error
        if not os.access(self.path, os.W_OK):
            raise PosetuneError(f"The run folder {self.path} is read-only; choose another --out.")

    def _prepare(self, resume: bool) -> None:
        begun = resumable(self.path)
        if resume and not begun:
            raise PosetuneError(
                f"There is nothing to resume in {self.path}: it has no {CHECKPOINT} yet; train without --resume."
            )
        if not resume and (begun or (self / MODEL).exists()):
            raise PosetuneError(f"{self.path} already holds a run; go on with --resume, or choose another --out.")
        if not resume and (self / LOG).exists():  # of a run that was killed before its first checkpoint
            (self / LOG).unlink()
            (self / RESULTS).unlink(missing_ok=True)
            shutil.rmtree(self / "tensorboard", ignore_errors=True)

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        import torch

        stream = io.BytesIO()  # torch.save itself reports a full disk as an "internal assertion"
        torch.save(state, stream)
        write_bytes(self / CHECKPOINT, stream.getvalue(), durable=True)

    def load_checkpoint(self) -> dict[str, Any]:
        import torch

        try:
            return torch.load(self / CHECKPOINT, map_location="cpu", weights_only=True)
        except Exception as error:
            raise PosetuneError(f"{self / CHECKPOINT} is damaged and cannot be resumed; train anew.") from error

    def log(self, event: dict[str, Any]) -> None:
        """Append one event as a line of JSON. Raises PosetuneError if it cannot be written."""
        try:
            with (self / LOG).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(event) + "\n")
        except OSError as error:
            raise PosetuneError(
                f"Cannot write {self / LOG}: {error.strerror or error}. Free some space; --resume goes on from the last "
                "checkpoint."
            ) from error

    def events(self) -> list[dict[str, Any]]:
        """The events so far; a last line that a crash cut short is left out."""
        if not (self / LOG).exists():
            return []
        events = []
        for line in (self / LOG).read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return events

    def truncate_log(self, step: int) -> None:
        """Drop what was logged after ``step``: a resumed run logs it again."""
        kept = [e for e in self.events() if e.get("step", 0) <= step]
        write_bytes(self / LOG, "".join(json.dumps(e) + "\n" for e in kept).encode())

    def save_summary(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Write what came of the run, with the seconds that it took (with those before ``--resume``). Returns what it wrote."""
        seconds = time.monotonic() - self._begun
        try:
            before = json.loads((self / SUMMARY).read_text(encoding="utf-8"))
            seconds += float(before.get("seconds", 0))
        except (OSError, ValueError, AttributeError, TypeError):
            pass  # there was none
        summary = {"seconds": round(seconds, 1), **summary}
        write_bytes(self / SUMMARY, (json.dumps(summary, indent=2) + "\n").encode(), durable=True)
        return summary
