"""One run on several devices: processes ("ranks") that each work on a part of every batch, and agree after every step.

Batch statistics are frozen, so a step on N parts is the step on the whole batch up to rounding, and a run may be resumed with
another number of ranks. Started by ``posetune train --devices N``, or by torchrun on several machines.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from posetune.backends.base import processors
from posetune.errors import PosetuneError
from posetune.tune.config import TrainConfig
from posetune.tune.run_folder import CHECKPOINT, PSEUDO_LABELS, STAGES

#: A rank that is not heard of for so long is lost; one that dies is noticed at once.
_PATIENCE = timedelta(minutes=20)
#: While the first rank asks a teacher, the others wait.
_COLLECTING = timedelta(days=2)


class RankLost(PosetuneError):
    """Another process of the run is gone. Exit code 75 tells who started it to begin anew from the checkpoint."""

    exit_code = 75


@dataclass(frozen=True)
class Ranks:
    """``rank``: which this is, of ``count``; ``folder``: the run's, where this rank works in a folder of its own."""

    rank: int = 0
    count: int = 1
    folder: Path | None = None

    @property
    def first(self) -> bool:
        """Whether this rank writes the run's files and tells of it."""
        return self.rank == 0

    def mean(self, parts: dict[str, float], crops: int) -> tuple[dict[str, float], float]:
        """``(parts, share)``: the mean over all crops of what each rank found on its own, and its share of the crops."""
        if self.count == 1:
            return parts, 1.0
        values = torch.tensor([float(crops), *(crops * v for v in parts.values())], dtype=torch.float64)
        with _lost():
            dist.all_reduce(values)
        total = float(values[0])
        return dict(zip(parts, (values[1:] / total).tolist(), strict=True)), crops / total

    def sum(self, tensors: Sequence[Tensor | None], share: float) -> list[Tensor | None]:
        """The sum over the ranks of ``tensors``, each rank's times its ``share``; alike on all of them."""
        if self.count == 1:
            return list(tensors)
        present = [t for t in tensors if t is not None]
        flat = torch.cat([t.reshape(-1) for t in present]).mul_(share)
        with _lost():
            dist.all_reduce(flat)
        # Into the tensors that were there: the optimizer goes through memory in the order of the strides.
        for tensor, summed in zip(present, flat.split([t.numel() for t in present]), strict=True):
            tensor.copy_(summed.view(tensor.shape))
        return list(tensors)

    def most(self, number: int) -> int:
        """The largest of all ranks' numbers: a signal that one of them got is heard by all."""
        if self.count == 1:
            return number
        value = torch.tensor([number])
        with _lost():
            dist.all_reduce(value, dist.ReduceOp.MAX)
        return int(value)

    def gather(self, mine: Any) -> list[Any]:
        """What every rank has, in their order."""
        if self.count == 1:
            return [mine]
        found: list[Any] = [None] * self.count
        with _lost():
            dist.all_gather_object(found, mine)
        return found

    @contextlib.contextmanager
    def in_turn(self, folder: Path) -> Iterator[None]:
        """The first rank goes through the block, then the others; what it left in the run's folder they find in ``folder``."""
        if self.count == 1:
            yield
            return
        if self.first:
            yield
            self._wait()
            return
        self._wait()
        assert self.folder is not None
        for name in (PSEUDO_LABELS, "frames"):
            if (self.folder / name).exists() and not (folder / name).exists():
                (folder / name).symlink_to((self.folder / name).resolve())
        yield

    def _wait(self) -> None:
        with _lost():
            dist.monitored_barrier(timeout=_COLLECTING)


SINGLE = Ranks()


def started() -> bool:
    """Whether torchrun, or ``--devices``, started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def restarted() -> bool:
    """Whether the ranks were started anew after one was lost: then the run goes on from its checkpoint."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


@contextlib.contextmanager
def joined(folder: Path) -> Iterator[Ranks]:
    """Join the other ranks for the block; alone, where there are none. ``folder``: the run's, which all of them see."""
    if not started():
        yield SINGLE
        return
    cuda = torch.cuda.is_available()
    with _lost():
        dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), folder)
    finally:
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def for_rank(config: TrainConfig) -> TrainConfig:
    """``config`` with this rank's device, and its share of the machine's processors."""
    local, beside = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    threads = config.threads or max(1, processors() // beside)
    device = config.device
    if device in ("auto", "cuda") and torch.cuda.is_available():
        device = f"cuda:{local % torch.cuda.device_count()}"
    return replace(config, threads=threads, device=device)


@contextlib.contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """A folder for a rank that is not the first, with what a resumed run begins from; gone after the block."""
    with tempfile.TemporaryDirectory(prefix="posetune-rank-") as place:
        for name in (CHECKPOINT, *STAGES):
            if (folder / name).exists():
                shutil.copyfile(folder / name, Path(place) / name)
        yield Path(place)


@contextlib.contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise RankLost(
            f"Another process of this run is gone ({str(error).strip().splitlines()[0][:200]}); train --resume goes on from the "
            "last checkpoint."
        ) from error
