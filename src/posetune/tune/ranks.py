"""One run on several devices: processes ("ranks") that each work on a part of every batch, and agree after every step.

Batch statistics are frozen, so a step on N parts is the step on the whole batch: on CPUs that of one process with as many threads,
to the bit (``tune.training.division``), on GPUs up to rounding. A run may be resumed with another number of ranks. Started by
``posetune train --devices N``, or by torchrun on several machines.
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
from posetune.tune.training.division import sum_scaled

#: A rank that is not heard of for so long is lost; one that dies is noticed at once.
_PATIENCE = timedelta(minutes=20)
#: While the first rank asks a teacher, the others wait.
_COLLECTING = timedelta(days=2)
#: Numbers that are sent on at once while gradients are added up.
_PIECE = 250_000

#: One tensor of each part of a sum.
Column = Sequence[Tensor | None]


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

    def rows(self, mine: Sequence[Sequence[float]]) -> list[list[float]]:
        """Every rank's rows of numbers, as many and as long on each, in the ranks' order."""
        if self.count == 1:
            return [list(row) for row in mine]
        own = torch.tensor(mine, dtype=torch.float64)
        found = [torch.empty_like(own) for _ in range(self.count)]
        with _lost():
            dist.all_gather(found, own)
        return [row for rows in found for row in rows.tolist()]

    def sum(self, parts: Sequence[Sequence[Tensor | None]], scales: Sequence[float]) -> list[Tensor | None]:
        """All ranks' parts of a sum, a list of tensors each, times their ``scales``; alike on all ranks. On CPUs they are added one
        after another in the ranks' order, to the same bits as if one process had them all.
        """
        columns = list(zip(*parts, strict=True))
        if self.count == 1:
            return [sum_scaled(column, scales) for column in columns]
        with _lost():
            if any(t is not None and t.is_cuda for t in parts[0]):
                return _reduced(columns, scales)
            return self._in_order(columns, scales)

    def _in_order(self, columns: Sequence[Column], scales: Sequence[float]) -> list[Tensor | None]:
        """Each rank adds its parts to what the one before it has sent, and sends that on; the last tells all. In pieces, so that
        all of them work at a time.
        """
        sums: list[Tensor | None] = []
        sent = []
        for piece in _pieces(columns):
            # Each in the strides of the gradients: the optimizer goes through memory as it lies.
            before: list[Tensor | None] = [None if c[0] is None else torch.empty_like(c[0]) for c in piece]
            if self.rank:
                flat = _flat(before)
                dist.recv(flat, self.rank - 1)
                _fill(before, flat)
            else:
                before = [None] * len(piece)
            sums += (added := [sum_scaled(c, scales, b) for c, b in zip(piece, before, strict=True)])
            if self.rank < self.count - 1:
                flat = _flat(added)
                sent.append((dist.isend(flat, self.rank + 1), flat))
        for work, _ in sent:
            if work is not None:  # so much torch's types allow
                work.wait()
        flat = _flat(sums)
        dist.broadcast(flat, self.count - 1)
        _fill(sums, flat)
        return sums

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


def _reduced(columns: Sequence[Column], scales: Sequence[float]) -> list[Tensor | None]:
    sums = [sum_scaled(column, scales) for column in columns]
    flat = _flat(sums)
    dist.all_reduce(flat)
    _fill(sums, flat)
    return sums


def _pieces(columns: Sequence[Column]) -> Iterator[list[Column]]:
    piece: list[Column] = []
    for column in columns:
        piece.append(column)
        if sum(c[0].numel() for c in piece if c[0] is not None) >= _PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _flat(tensors: Sequence[Tensor | None]) -> Tensor:
    return torch.cat([t.reshape(-1) for t in tensors if t is not None])


def _fill(tensors: Sequence[Tensor | None], flat: Tensor) -> None:
    present = [t for t in tensors if t is not None]
    for tensor, values in zip(present, flat.split([t.numel() for t in present]), strict=True):
        tensor.copy_(values.view(tensor.shape))


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
