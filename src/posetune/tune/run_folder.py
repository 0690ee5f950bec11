"""What a run leaves behind, and how it is written: nothing half-done, nothing lost by Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.files import write_bytes

MODEL, CONFIG, LOG, CHECKPOINT, SUMMARY = "model.tflite", "train.yaml", "log.jsonl", "checkpoint.pt", "summary.json"
#: Results of finished stages (``--method head``), which a resumed run goes on behind.
STAGES = ("head.tflite", "tail.tflite", "all.tflite")
#: Of a run on unlabelled images: what the teacher said, which took minutes.
PSEUDO_LABELS = "pseudo_labels.npz"


def resumable(folder: Path) -> bool:
    """Whether a run can go on in ``folder``: there is a checkpoint, a finished stage, or a teacher's pseudo-labels."""
    return any((folder / name).exists() for name in (CHECKPOINT, *STAGES, PSEUDO_LABELS))


class RunFolder:
    """The files of one run: ``model.tflite`` (the result), ``train.yaml`` (resolved configuration), ``log.jsonl`` (one line
    per event), ``curves.png``, ``summary.json``, ``checkpoint.pt`` (for --resume), ``tensorboard/``; of
    a run on unlabelled images also ``pseudo_labels.npz`` and ``frames/`` of videos.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._begun = time.monotonic()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def prepare(self, resume: bool) -> None:
        """Make the folder, and see that it can be written to and holds no other run.

        Raises PosetuneError with what to do.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PosetuneError(
                f"Cannot make the run folder {self.path}: {error.strerror or error}; choose another --out."
            ) from error
        if not os.access(self.path, os.W_OK):
            raise PosetuneError(f"The run folder {self.path} is read-only; choose another --out.")
        begun = resumable(self.path)
        if resume and not begun:
            raise PosetuneError(
                f"There is nothing to resume in {self.path}: it has no {CHECKPOINT} yet; train without --resume."
            )
        if not resume and (begun or (self / MODEL).exists()):
            raise PosetuneError(f"{self.path} already holds a run; go on with --resume, or choose another --out.")

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

    def save_summary(self, summary: dict[str, Any]) -> None:
        """Write what came of the run, with the seconds that it took (with those before ``--resume``)."""
        seconds = time.monotonic() - self._begun
        try:
            before = json.loads((self / SUMMARY).read_text(encoding="utf-8"))
            seconds += float(before.get("seconds", 0))
        except (OSError, ValueError, AttributeError, TypeError):
            pass  # there was none
        summary = {"seconds": round(seconds, 1), **summary}
        write_bytes(self / SUMMARY, (json.dumps(summary, indent=2) + "\n").encode(), durable=True)
