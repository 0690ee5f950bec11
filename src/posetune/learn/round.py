"""One pass of learning: look new corrections over, let audited people judge, decide, and train where there is something new.

A pass can die anywhere and be run again: what was judged is in the store, what was decided in the registry's log, and a training
that was begun is gone on with. Of two passes at once one works (a lease in the store).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posetune import stock
from posetune._version import __version__
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.files import write_json
from posetune.learn import drift, gate, trial
from posetune.learn.changed import Changed
from posetune.learn.entering import Entering
from posetune.learn.guarding import Guarding
from posetune.learn.guards import Check
from posetune.learn.material import Material, Sets, gather
from posetune.learn.rules import Rules
from posetune.learn.training import Training, train
from posetune.learn.turn import Turn, taken
from posetune.progress import Reporter
from posetune.runtime.load import load
from posetune.store.check import Networks, check
from posetune.store.correction import NEW, Correction
from posetune.store.corrections import Corrections
from posetune.store.database import Database, sqlite_file
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry
from posetune.store.registry.state import State
from posetune.store.runs import Run, Runs
from posetune.store.shares import bounded


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
    """A pass whose turn it is; None where another one is at work, which is said."""
    with taken(registry, database, report) as turn:
        if turn is None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="posetune-learn-") as scratch:
            yield _Pass(registry, database, options, report, turn, Path(scratch))


class _Pass:
    """What the steps of one pass share."""

    def __init__(
        self,
        registry: Registry,
        database: Database,
        options: Options,
        report: Reporter,
        turn: Turn,
        scratch: Path,
    ) -> None:
        self.registry, self.options, self.report, self.turn, self.scratch = registry, options, report, turn, scratch
        self.database = database
        self.store, self.verdicts, self.runs = Corrections(database), Verdicts(database), Runs(database)
        self.guarding = Guarding(registry, options.work, options.rules, report)
        self.changed = Changed(self.store, self.runs, self.guarding, options.sets, options.work, report)
        self.entering = Entering(registry, self.store, self.guarding, turn, report)

    def run(self) -> None:
        state = self.registry.refresh()
        for fault in self.registry.faults:
            self.report.say(f"The registry: {fault}")
        if self.registry.doubt:
            raise PosetuneError(f"Nothing is judged, trained or promoted: {self.registry.doubt}")
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
        judged = trial.judge(current, self.store, self.verdicts, self.runs, self.guarding.network, folder, self.report)
        shutil.rmtree(folder, ignore_errors=True)
        if current.kind == trial.FORWARD and (why := self._drifted(current)):
            counted = trial.counted(current, self.verdicts)
            body = {"network": current.candidate, "live": current.live, "why": why, "restarted": counted[-1].number}
            self.turn.append(kinds.EVIDENCE, body)
            self.report.say(f"{why} The evidence begins anew.")
            current = next(t for t in trial.trials(self.registry.state, self.options.rules) if t.kind == trial.FORWARD)
        evidence, against = trial.evidence(current, self.verdicts)
        if judged:
            self.turn.append(
                kinds.EVIDENCE,
                {
                    "network": current.candidate, "live": current.live, "trial": current.kind, "units": evidence.units,
                    "log_e": round(evidence.log_e, 6), "threshold": evidence.threshold, "mean": round(evidence.mean, 6),
                    "missing": evidence.missing,
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
        return self.changed.since(current, self.scratch / "recent")

    def _act(self, current: trial.Trial, ruling: gate.Ruling) -> None:
        state = self.registry.state
        title = state.title(current.candidate)
        if ruling.what == "promote":
            self._promote(current, ruling)
        elif ruling.what == "rollback":
            body = {"network": current.candidate, "why": ruling.why, "from": current.live, "proven": True}
            self.turn.append(kinds.ROLLBACK, body)
            self.report.say(f"Taken back: {state.title(current.live)}; {title} is live again. {ruling.why}")
        elif ruling.what in ("refuse", "expire"):
            kind = kinds.REFUSE if ruling.what == "refuse" else kinds.EXPIRE
            self.turn.append(kind, {"network": current.candidate, "why": ruling.why, "reasons": list(ruling.reasons)})
            self.report.say(f"{'Refused' if ruling.what == 'refuse' else 'No longer on trial'}: {title}. {ruling.why}")
        else:
            self.report.say(f"{title}: {ruling.why}")

    def _promote(self, current: trial.Trial, ruling: gate.Ruling) -> None:
        state = self.registry.state
        title = state.title(current.candidate)
        if state.held:
            self.report.say(f"{title} could be promoted, but that is on hold: {state.held}")
            return
        checks = self.guarding.checks(current.candidate, self._material(self.runs.of(current.candidate)).guards)
        guarded = gate.guarded(checks)
        if guarded.what == "refuse":
            self._act(current, guarded)
            return
        body = {
            "network": current.candidate, "from": current.live, "why": f"{ruling.why} {guarded.why}",
            "reasons": list(guarded.reasons),
            "proven": True, "frozen_at": self.store.newest(),
        }  # fmt: skip
        self.turn.append(kinds.PROMOTE, body)
        self.report.say(f"Promoted: {title} is live. {ruling.why}")

    # --- training ------------------------------------------------------------------------------------------------------

    def _learn(self, state: State) -> None:
        begun = self._begun()
        if begun is None:
            reason = self._nothing_new(state)
            if reason:
                self.report.say(reason)
                return
        self.registry.place.check_writable()
        material = self._material(begun)
        if material.train is None:
            raise PosetuneError(
                "There is nothing to learn from: no accepted corrections, and no set that was trained on before."
            )
        run = begun or self._begin(material)
        folder = self.options.work / "training" / run.id
        if self._begun_with() != self._settings:
            shutil.rmtree(folder / "run", ignore_errors=True)
            self.report.say("The training that was begun had other --base, --seed or --set: it begins anew.")
            self._write_begun(run)
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
        content = train(training, self.turn.alive, self.report.say).read_bytes()
        content, share, checks = self.guarding.kept(self._base(state), content, material.guards)
        self.runs.finish(run, hashlib.sha256(content).hexdigest())
        self._challenge(run, content, material, checks, share)
        shutil.rmtree(folder, ignore_errors=True)  # it has pictures of people
        self._begun_path.unlink(missing_ok=True)

    def _nothing_new(self, state: State) -> str:
        """Why no training begins; "" where one does."""
        newest = trial.newest_learned(state)
        if newest is not None and self.runs.marked().get(newest.sha256):
            return ""  # without those who were forgotten
        new = trial.new_corrections(state, self.store)
        least = self.options.rules.least_new
        return "" if new >= least else f"{new} new corrections; a training begins at {least} (--least)."

    def _begin(self, material: Material) -> Run:
        run = self.runs.begin(material.learned_from, self.store.newest())
        self._write_begun(run)
        return run

    @property
    def _settings(self) -> dict[str, Any]:
        """What a training that was begun cannot change."""
        one = self.options
        return {"base": self._base(self.registry.state), "seed": one.seed, "settings": list(one.settings)}

    def _write_begun(self, run: Run) -> None:
        write_json(self._begun_path, {"run": run.id, **self._settings})

    def _begun_with(self) -> dict[str, Any]:
        return {key: value for key, value in self._read_begun().items() if key in self._settings}

    def _read_begun(self) -> dict[str, Any]:
        """{} where nothing is begun."""
        try:
            return dict(json.loads(self._begun_path.read_text()))
        except (OSError, ValueError, TypeError):
            return {}

    @property
    def _begun_path(self) -> Path:
        return self.options.work / "begun.json"

    def _begun(self) -> Run | None:
        """A training that a pass began and did not end; not one that learned from what was forgotten since."""
        id = str(self._read_begun().get("run", ""))
        if not id:
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
        """Enter what was trained."""
        about: dict[str, Any] = {
            "name": f"learned-{run.number}", "base": self._base(self.registry.state), "frozen_at": run.frozen_at,
            "corrections": len(material.learned_from), "people": len(material.train.people) if material.train else 0,
            "share": share, "seed": self.options.seed, "posetune": __version__,
        }  # fmt: skip
        people = () if material.train is None else material.train.people
        self.changed.remember(hashlib.sha256(content).hexdigest(), self.registry.state.live, people)
        self.entering.enter(content, about, material.guards, checks)

    def enter(self, content: bytes, about: dict[str, Any]) -> None:
        """As a challenger that was trained elsewhere."""
        state = self.registry.refresh()
        if self.registry.doubt:
            raise PosetuneError(f"Nothing challenges: {self.registry.doubt}")
        if state.challenger:
            raise PosetuneError(f"{state.title(state.challenger)} challenges already; one at a time.")
        self._check_new(state)
        held = self._material().guards
        self.entering.enter(content, about, held, self.guarding.looked_over(content, held))

    def _check_new(self, state: State) -> None:
        """Accept or quarantine what nobody has looked over yet."""
        if next(self.store.find(status=NEW), None) is not None:
            second = stock.cache.available("heavy")
            networks = Networks(self.guarding.network(state.live), None if second is None else load(second))
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
        return gather(self._units(), self.store, self.options.sets, self._pictures, self.report, known)

    @property
    def _pictures(self) -> Path:
        """Pictures of people, for as long as a pass runs, or a training that it began."""
        return self.options.work / "material"
