"""The end of a run: the tuned weights into the stock file's own layout, measured as the file that users get."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph.flatbuffer import Graph
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.tune.crop_protocol import Errors, in_file, in_torch, measured
from posetune.tune.people.samples import Subject
from posetune.tune.run_folder import MODEL
from posetune.tune.training.blend import Choice
from posetune.tune.training.trainer import Trainer

if TYPE_CHECKING:
    from posetune.tune.session import Session


@dataclass(frozen=True, eq=False)
class TunedFile:
    """A tuned network as a file, and what validation says: mean crop px of what was trained from, of the file under LiteRT, of
    the same network in torch; and how far the two are apart in the mean. ``sides``: the same apart from people whose sides flip.
    """

    content: bytes
    base_px: float
    file_px: float
    torch_px: float
    difference_px: float
    sides: Sides

    def figures(self) -> dict[str, float | None]:
        """For the summary of a run."""
        return {
            "base_px": self.base_px, "tuned_px": self.file_px, "torch_px": self.torch_px,
            "file_difference_px": self.difference_px, **self.sides.figures(),
        }  # fmt: skip


@dataclass(frozen=True)
class Sides:
    """People of validation whose left and right neither the base nor the file takes for each other (``kept``), their errors before
    and after, mean crop px, NaN if there are none; and how many people the base and the file flip.
    """

    people: int
    kept: int
    base_px: float
    file_px: float
    base_flips: int
    file_flips: int

    @classmethod
    def of(cls, before: Errors, after: Errors) -> Sides:
        """``before``, ``after``: of the same people."""
        flipped = before.flipped | after.flipped
        known = before.known & ~flipped[:, None]

        def mean(errors: Errors) -> float:
            return float(errors.px[known].mean()) if known.any() else math.nan

        return cls(
            people=len(flipped),
            kept=int((~flipped).sum()),
            base_px=mean(before),
            file_px=mean(after),
            base_flips=int(before.flipped.sum()),
            file_flips=int(after.flipped.sum()),
        )

    def figures(self) -> dict[str, float | None]:
        """For the summary of a run."""
        kept = [None if math.isnan(px) else px for px in (self.base_px, self.file_px)]
        return {"kept_people": self.kept, "kept_base_px": kept[0], "kept_tuned_px": kept[1]}

    def text(self) -> str:
        """A sentence, or nothing where nobody flips."""
        if self.kept in (0, self.people):
            return ""
        return (
            f" Left and right are taken for each other in {self.base_flips} people of {self.people} before and {self.file_flips} "
            f"after; on the {self.kept} others {self.base_px:.3f} → {self.file_px:.3f} "
            f"({self.file_px / self.base_px - 1:+.1%})."
        )


def tuned_file(session: Session, trainer: Trainer, choice: Choice, base: bytes, val: Sequence[Subject]) -> TunedFile:
    """Write the tuned weights into a copy of ``base`` and measure it on ``val``, with a picture of that in the run folder.

    Raises PosetuneError if the file gives numbers that are not finite.
    """
    network = trainer.blended(choice.share, choice.heatmap_bias)
    content = network.write_to(Graph(base)).to_bytes()
    with session.report.counting("crops, the file measured", 3 * len(val)) as counter:
        before, ours = (
            measured(in_torch(n, trainer.device), val, session.cache, trainer.pool, counter)
            for n in (trainer.reference, network)
        )
        theirs = measured(in_file(LandmarkNetwork(content)), val, session.cache, None, counter)
    session.show(theirs, val)
    found = TunedFile(
        content, float(before.mean_px), float(theirs.mean_px), float(ours.mean_px),
        float(np.linalg.norm(theirs.found - ours.found, axis=-1).mean()), Sides.of(before, theirs),
    )  # fmt: skip
    if not np.isfinite(found.file_px):
        raise PosetuneError("The exported network gives numbers that are not finite; lower lr and train again.")
    return found


def write_tuned(session: Session, file: TunedFile) -> None:
    """Put the file into the run folder, and say how good it is."""
    path = session.folder / MODEL
    write_bytes(path, file.content, durable=True)
    session.say(
        f"{path}: mean {file.file_px:.3f} crop px on validation (before {file.base_px:.3f}, "
        f"{file.file_px / file.base_px - 1:+.1%}); the file is {file.difference_px:.4f} px from the trained network in the mean "
        f"(its error in torch: {file.torch_px:.3f}).{file.sides.text()}"
    )
