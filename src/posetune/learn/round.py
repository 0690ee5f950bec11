"""One pass of learning: look new corrections over, let audited people judge, decide, and train where there is something new.

A pass can die anywhere and be run again: what was judged is in the store, what was decided in the registry's log, and a training
that was begun is gone on with. Of two passes at once one works (a lease in the store).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.files import NPZ_ERRORS, replacing, write_bytes, write_json
from posetune.learn import drift, gate, guards, trial
from posetune.learn.cards import card
from posetune.learn.guards import Check, Guard, Measured
from posetune.learn.material import Material, Sets, gather
from posetune.learn.people import labelled
from posetune.learn.rules import Rules
from posetune.learn.soften import SHARES, softened
from posetune.learn.training import Training, train
from posetune.measure.metrics import scorable
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import load
from posetune.store.check import Networks, check
from posetune.store.correction import ACCEPTED, NEW, Correction
from posetune.store.corrections import Corrections
from posetune.store.database import Database, sqlite_file
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.registry import entry as kinds
from posetune.store.registry.log import Moved
from posetune.store.registry.registry import Registry
from posetune.store.registry.state import State
from posetune.store.runs import Lease, Leases, Run, Runs
from posetune.store.shares import bounded

LEASE = "learn"
_BEAT = 4.0
_BY = "learn run"


@dataclass(frozen=True)
class Options:
    """``sets``: labelled sets beside the corrections; ``base``: what is trained, None: the stock network that the registry began
    with. ``settings``: keys of train.yaml. ``work``: a folder for what is between.
    """

    work: Path
    sets: Sets = field(default_factory=Sets)
    base: str | None = None
    seed: int = 0
    budget_s: float | None = None
    memory_bytes: int | None = None
    settings: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)


def work_folder(database: Database) -> Path:
    """Where a pass works unless told otherwise: beside an SQLite file, else in the current folder."""
    file = sqlite_file(database)
    return Path("posetune-learn") if file is None else file.with_name(f"{file.name}.learn")


def run_pass(registry: Registry, database: Database, options: Options, report: Reporter) -> bool:
    """One pass; False where another one is at work, which is said."""
    with _alone(registry, database, options, report) as one:
        if one is not None:
            one.run()
    return one is not None


def challenge_with(
    content: bytes, about: dict[str, Any], registry: Registry, database: Database, options: Options, report: Reporter
) -> None:
    """Have a network from elsewhere, the content of a ``.tflite``, challenge the live one: audited people judge from now on."""
    with _alone(registry, database, options, report) as one:
        if one is not None:
            one.enter(content, about)


@contextlib.contextmanager
def _alone(registry: Registry, database: Database, options: Options, report: Reporter) -> Iterator[_Pass | None]:
    """A pass that has the lease; None where another one is at work, which is said."""
    leases = Leases(database)
    lease = leases.take(LEASE, f"{socket.gethostname()} {os.getpid()}", patience=3 * _BEAT)
    if lease is None:
        report.say(f"Another pass is at work ({leases.holder(LEASE)}); this one leaves it to that.")
        yield None
        return
    with _held(leases, lease) as alive, tempfile.TemporaryDirectory(prefix="posetune-learn-") as scratch:
        yield _Pass(registry, database, options, report, alive, Path(scratch))


@contextlib.contextmanager
def _held(leases: Leases, lease: Lease) -> Iterator[Callable[[], bool]]:
    """Beat while the block runs; the yielded function says whether the lease is still held."""
    ended, lost = threading.Event(), threading.Event()

    def beat() -> None:
        while not ended.wait(_BEAT):
            with contextlib.suppress(PosetuneError):  # a database that is away for a moment
                if not leases.beat(lease):
                    lost.set()
                    return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield lambda: not lost.is_set()
    finally:
        ended.set()
        thread.join()
        if not lost.is_set():
            leases.release(lease)


class _Pass:
    """What the steps of one pass share."""

    def __init__(
        self,
        registry: Registry,
        database: Database,
        options: Options,
        report: Reporter,
        alive: Callable[[], bool],
        scratch: Path,
    ) -> None:
        self.registry, self.options, self.report, self.alive, self.scratch = registry, options, report, alive, scratch
        self.database = database
        self.store, self.verdicts, self.runs = Corrections(database), Verdicts(database), Runs(database)
        self._loaded: dict[str, Landmarker] = {}

    def run(self) -> None:
        state = self.registry.refresh()
        for fault in self.registry.faults:
            self.report.say(f"The registry: {fault}")
        if not state.live:
            raise PosetuneError(
                f"The registry {self.registry.name} has no live network: posetune registry init makes one."
            )
        self._check_new(state)
        for current in trial.trials(state, self.options.rules):
            self._try(current)
        state = self.registry.refresh()
        if not state.challenger:
            self._learn(state)
        if self._begun() is None:
            shutil.rmtree(self._pictures, ignore_errors=True)

    # --- judging -------------------------------------------------------------------------------------------------------

    def _try(self, current: trial.Trial) -> None:
        folder = self.scratch / "judged"
        judged = trial.judge(current, self.store, self.verdicts, self.network, folder, self.report)
        shutil.rmtree(folder, ignore_errors=True)
        if current.kind == trial.FORWARD and (why := self._drifted(current)):
            counted = trial.counted(current, self.verdicts)
            body = {"network": current.candidate, "live": current.live, "why": why, "restarted": counted[-1].number}
            self._append(kinds.EVIDENCE, body)
            self.report.say(f"{why} The evidence begins anew.")
            current = next(t for t in trial.trials(self.registry.state, self.options.rules) if t.kind == trial.FORWARD)
        evidence, against = trial.evidence(current, self.verdicts)
        if judged:
            self._append(
                kinds.EVIDENCE,
                {
                    "network": current.candidate, "live": current.live, "trial": current.kind, "units": evidence.units,
                    "log_e": round(evidence.log_e, 6), "threshold": evidence.threshold, "mean": round(evidence.mean, 6),
                },
            )  # fmt: skip
        rules = self.options.rules
        if current.kind == trial.BACK:
            ruling = gate.on_shadow(evidence, rules)
        elif self.runs.marked().get(current.candidate):
            ruling = gate.Ruling("refuse", "It learned from corrections that were forgotten since.")
        else:
            ruling = gate.on_challenger(evidence, against, rules)
            if ruling.what == "wait":
                learned_from = int(self.registry.state.networks[current.candidate].about.get("corrections", 0))
                new = sum(u.number > current.after for u in self.store.for_training(unjudged_audits=True))
                ruling = gate.makes_room(evidence, learned_from, new, rules) or ruling
        self._act(current, ruling)

    def _drifted(self, current: trial.Trial) -> str:
        """Whether those who judged are others than those that the challenger learned from; once for a challenger."""
        state = self.registry.state
        if state.challenge is None or state.restarted_at > state.challenge.number:
            return ""
        if len(trial.counted(current, self.verdicts)) < drift.LEAST:
            return ""
        path = self.options.work / "measured" / f"learned-from-{current.candidate}.npz"
        if not path.is_file():
            return ""  # a network from elsewhere, or a pass on another machine
        with np.load(path) as kept:
            reference = drift.Seen(kept["numbers"], kept["poses"])
        judges = self.store.find(status=ACCEPTED, kind="audit", after=current.after)
        folder = self.scratch / "recent"
        pairs = labelled(list(judges)[-drift.MOST :], self.store, folder, self.report.say)
        recent = drift.seen(self.network(current.live), [p for _, p in pairs if scorable(p)])
        shutil.rmtree(folder, ignore_errors=True)
        return drift.drifted(reference, recent)

    def _remember(self, sha256: str, material: Material) -> None:
        """What the live network sees of those that a challenger learned from: figures, no points."""
        people = [p for p in (material.train.people if material.train is not None else ()) if scorable(p)]
        if len(people) < drift.LEAST:
            return
        found = drift.seen(self.network(self.registry.state.live), people)
        path = self.options.work / "measured" / f"learned-from-{sha256}.npz"
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, numbers=found.numbers, poses=found.poses)

    def _act(self, current: trial.Trial, ruling: gate.Ruling) -> None:
        state = self.registry.state
        title = state.title(current.candidate)
        if ruling.what == "promote":
            self._promote(current, ruling)
        elif ruling.what == "rollback":
            body = {"network": current.candidate, "why": ruling.why, "from": current.live, "proven": True}
            self._append(kinds.ROLLBACK, body)
            self.report.say(f"Taken back: {title} is live again. {ruling.why}")
        elif ruling.what in ("refuse", "expire"):
            kind = kinds.REFUSE if ruling.what == "refuse" else kinds.EXPIRE
            self._append(kind, {"network": current.candidate, "why": ruling.why, "reasons": list(ruling.reasons)})
            self.report.say(f"{'Refused' if ruling.what == 'refuse' else 'No longer on trial'}: {title}. {ruling.why}")
        else:
            self.report.say(f"{title}: {ruling.why}")

    def _promote(self, current: trial.Trial, ruling: gate.Ruling) -> None:
        state = self.registry.state
        title = state.title(current.candidate)
        if state.held:
            self.report.say(f"{title} could be promoted, but that is on hold: {state.held}")
            return
        checks = self._checks(current.candidate, self._material(self.runs.of(current.candidate)).guards)
        guarded = gate.guarded(checks)
        if guarded.what == "refuse":
            self._act(current, guarded)
            return
        body = {
            "network": current.candidate, "from": current.live, "why": ruling.why, "reasons": list(guarded.reasons),
            "proven": True, "frozen_at": self.store.newest(),
        }  # fmt: skip
        self._append(kinds.PROMOTE, body)
        self.report.say(f"Promoted: {title} is live. {ruling.why}")

    # --- training ------------------------------------------------------------------------------------------------------

    def _learn(self, state: State) -> None:
        begun = self._begun()
        if begun is None:
            reason = self._nothing_new(state)
            if reason:
                self.report.say(reason)
                return
        material = self._material(begun)
        if material.train is None:
            raise PosetuneError(
                "There is nothing to learn from: no accepted corrections, and no set that was trained on before."
            )
        run = begun or self._begin(material)
        folder = self.options.work / "training" / run.id
        if not (folder / "set").is_dir():
            material.write(folder / "set")
        data, options = folder / "set", self.options
        people = len(material.train.people) + (0 if material.val is None else len(material.val.people))
        self.report.say(f"Training on {people} people, {len(material.learned_from)} of them corrected.")
        training = Training(
            data,
            folder / "run",
            self._base(state),
            options.seed,
            options.budget_s,
            options.memory_bytes,
            options.settings,
        )
        content = train(training, self.alive, self.report.say).read_bytes()
        content, share, checks = self._kept(self._base(state), content, material.guards)
        self.runs.finish(run, hashlib.sha256(content).hexdigest())
        self._challenge(run, content, material, checks, share)
        shutil.rmtree(folder, ignore_errors=True)  # it has pictures of people
        self._begun_path.unlink(missing_ok=True)

    def _kept(self, base: str, content: bytes, held: tuple[Guard, ...]) -> tuple[bytes, float, list[Check]]:
        """As much of what was learned as the guards allow, its share, and what they say; all of it where they allow no part."""
        whole = self._looked_over(content, held)
        failed = {check.name for check in whole if check.passed is False}
        if not failed or failed <= {"doctor", "speed"}:
            return content, 1.0, whole
        for share in SHARES:
            try:
                part = softened(stock.resolve(base).landmarks, content, share)
            except PosetuneError:  # resized, say
                break
            checks = self._looked_over(part, held)
            if all(check.passed is not False for check in checks):
                self.report.say(f"All of what was learned forgets too much; {share:.0%} of it does not, and is taken.")
                return part, share, checks
        return content, 1.0, whole

    def _looked_over(self, content: bytes, held: tuple[Guard, ...]) -> list[Check]:
        sha256 = hashlib.sha256(content).hexdigest()
        write_bytes(self.options.work / "networks" / f"{sha256}.tflite", content)
        return self._checks(sha256, held)

    def _nothing_new(self, state: State) -> str:
        """Why no training begins; "" where one does."""
        learned = [n for n in state.networks.values() if "frozen_at" in n.about]
        newest = max(learned, key=lambda n: n.number, default=None)
        if newest is not None and self.runs.marked().get(newest.sha256):
            return ""  # without those who were forgotten
        after = 0 if newest is None else int(newest.about["frozen_at"])
        new = sum(unit.number > after for unit in self.store.for_training(unjudged_audits=True))
        least = self.options.rules.least_new
        return "" if new >= least else f"{new} new corrections; a training begins at {least} (--least)."

    def _begin(self, material: Material) -> Run:
        run = self.runs.begin(material.learned_from, self.store.newest())
        write_json(self._begun_path, {"run": run.id})
        return run

    @property
    def _begun_path(self) -> Path:
        return self.options.work / "begun.json"

    def _begun(self) -> Run | None:
        """A training that a pass began and did not end; not one that learned from what was forgotten since."""
        try:
            id = str(json.loads(self._begun_path.read_text())["run"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        run = self.runs.get(id)
        ended = run is not None and run.network in self.registry.state.networks
        if run is not None and not ended and not run.forgotten:
            return run
        shutil.rmtree(self._pictures, ignore_errors=True)
        shutil.rmtree(self.options.work / "training" / id, ignore_errors=True)
        return None

    def _base(self, state: State) -> str:
        if self.options.base is not None:
            return self.options.base
        first = state.networks.get(state.terms[0].network) if state.terms else None
        return str(first.about["from"]) if first is not None and first.about.get("stock") else "full"

    def _challenge(self, run: Run, content: bytes, material: Material, checks: list[Check], share: float) -> None:
        """Register what was trained, and freeze it as the challenger, or refuse it at once."""
        about: dict[str, Any] = {
            "name": f"learned-{run.number}", "base": self._base(self.registry.state), "frozen_at": run.frozen_at,
            "corrections": len(material.learned_from), "people": len(material.train.people) if material.train else 0,
            "share": share, "seed": self.options.seed, "posetune": __version__,
        }  # fmt: skip
        self._remember(hashlib.sha256(content).hexdigest(), material)
        self._enter(content, about, material.guards, checks)

    def enter(self, content: bytes, about: dict[str, Any]) -> None:
        """As a challenger that was trained elsewhere."""
        state = self.registry.refresh()
        if state.challenger:
            raise PosetuneError(f"{state.title(state.challenger)} challenges already; one at a time.")
        self._check_new(state)
        held = self._material().guards
        self._enter(content, about, held, self._looked_over(content, held))

    def _enter(self, content: bytes, about: dict[str, Any], held: tuple[Guard, ...], checks: list[Check]) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        networks = {"challenger": self.network(sha256), "live": self.network(self.registry.state.live)}
        files = card(about, checks, held, networks)
        title = self.registry.add(content, ".tflite", about, files, _BY).title
        state = self.registry.refresh()
        if any(term.network == sha256 for term in state.terms):
            self.report.say(f"{title} is or was live already.")
            return
        ruling = gate.guarded(checks)
        if ruling.what == "refuse":
            self._append(kinds.REFUSE, {"network": sha256, "why": ruling.why, "reasons": list(ruling.reasons)})
            self.report.say(f"Refused: {title}. {ruling.why}")
            return
        frozen_at = int(about.get("frozen_at", self.store.newest()))
        body = {"network": sha256, "live": state.live, "frozen_at": frozen_at, "reasons": list(ruling.reasons)}
        self._append(kinds.CHALLENGE, body)
        self.report.say(
            f"{title} challenges {state.title(state.live)}: {ruling.why} Audited people judge from here on."
        )

    def _check_new(self, state: State) -> None:
        """Accept or quarantine what nobody has looked over yet."""
        if next(self.store.find(status=NEW), None) is not None:
            second = stock.cache.available("heavy")
            networks = Networks(self.network(state.live), None if second is None else load(second))
            check(self.database, networks, self.report)

    # --- what both need ------------------------------------------------------------------------------------------------

    def _units(self) -> list[Correction]:
        """What may be learned from; of whoever would have more than a fifth, as many as may be, always the same."""
        units = self.store.for_training(unjudged_audits=True)
        data = self.options.sets.data
        beside = 0 if data is None else len(load_dataset(data, "train").usable)
        kept, left_out = bounded(units, beside)
        for name, count in left_out.items():
            self.report.say(
                f"{count} corrections of {name} are left out, more than one person may give: corrections trust {name}."
            )
        return kept

    def _material(self, run: Run | None = None) -> Material:
        """``run``: what that training learned from does not guard what it made."""
        known = set(self.runs.learned_from(run)) if run is not None else set()
        return gather(self._units(), self.store, self.options.sets, self._pictures, self.report.say, known)

    @property
    def _pictures(self) -> Path:
        """Pictures of people, for as long as a pass runs, or a training that it began."""
        return self.options.work / "material"

    def network(self, sha256: str) -> Landmarker:
        if sha256 not in self._loaded:
            folder = self.options.work / "networks"
            path = folder / f"{sha256}.tflite"
            if not path.is_file() or sha256 in self.registry.state.networks:
                path = self.registry.fetch(sha256, folder)
            self._loaded[sha256] = load(path)
        return self._loaded[sha256]

    def _checks(self, sha256: str, held: tuple[Guard, ...]) -> list[Check]:
        """The challenger against all that are or ever were live."""
        state, rules = self.registry.state, self.options.rules
        lived = list(dict.fromkeys(term.network for term in state.terms))
        found: list[Check] = []
        with self.report.counting("people guarded", sum(len(g.people) for g in held) * (1 + len(lived))) as counter:
            for guard in held:
                others = {state.title(other): self._measured(other, guard) for other in lived}
                counter.step(by=len(guard.people) * len(lived))
                found += guards.compare(guard, self._measured(sha256, guard), others, rules)
                counter.step(by=len(guard.people))
        people = [person for guard in held for person in guard.people if scorable(person)]
        challenger = self.network(sha256)
        if people:
            found.append(guards.speed(challenger, self.network(state.live), people, rules))
        content = (self.options.work / "networks" / f"{sha256}.tflite").read_bytes()
        found.append(guards.clean(content, state.title(sha256)))
        return found

    def _measured(self, sha256: str, guard: Guard) -> Measured:
        """Measured once for each network and guard; figures are kept, no points."""
        key = hashlib.sha256(sha256.encode())
        for person in guard.people:
            key.update(person.keypoints.tobytes() + person.image.path.name.encode())
        path = self.options.work / "measured" / f"{key.hexdigest()}.npz"
        if path.is_file():
            with contextlib.suppress(*NPZ_ERRORS), np.load(path) as kept:
                return Measured(*(kept[name] for name in _FIGURES))
        found = guards.measure(self.network(sha256), guard)
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, **{name: getattr(found, name) for name in _FIGURES})
        return found

    def _append(self, kind: str, body: dict[str, Any]) -> None:
        """Write a decision down. Raises PosetuneError where this pass no longer has the lease, or the registry has moved on."""
        if not self.alive():
            raise PosetuneError("Another pass has taken over; this one ends.")
        try:
            self.registry.append(kind, body, _BY)
        except Moved as error:
            raise PosetuneError(f"{error} Run the pass again.") from error


_FIGURES = ("errors", "angles", "found", "jitter")
