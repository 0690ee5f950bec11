"""Networks before the guards: fetched, measured once each, and compared with all that are or ever were live."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.errors import PosetuneError
from posetune.files import NPZ_ERRORS, replacing, write_bytes
from posetune.learn import guards
from posetune.learn.guards import Check, Guard, Measured
from posetune.learn.rules import Rules
from posetune.learn.soften import SHARES, softened
from posetune.measure.metrics import scorable
from posetune.progress import Counter, Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import load
from posetune.store.registry.registry import Registry

_FIGURES = ("errors", "angles", "found", "jitter")
#: All guards but the rendered one, as one.
TOGETHER = "all people kept apart"


class Guarding:
    """``work``: a folder for networks and their figures."""

    def __init__(self, registry: Registry, work: Path, rules: Rules, report: Reporter) -> None:
        self._registry, self._work, self._rules, self._report = registry, work, rules, report
        self._loaded: dict[str, Landmarker] = {}

    def network(self, sha256: str) -> Landmarker:
        if sha256 not in self._loaded:
            folder = self._work / "networks"
            path = folder / f"{sha256}.tflite"
            if not path.is_file() or sha256 in self._registry.state.networks:
                path = self._registry.fetch(sha256, folder)
            self._loaded[sha256] = load(path)
        return self._loaded[sha256]

    def kept(self, base: str, content: bytes, held: tuple[Guard, ...]) -> tuple[bytes, float, list[Check]]:
        """As much of what was learned as the guards allow, its share, and what they say; all of it where they allow no part."""
        whole = self.looked_over(content, held)
        failed = {check.name for check in whole if check.passed is False}
        if not failed or failed <= {"doctor", "speed"}:
            return content, 1.0, whole
        self._say_why("All of what was learned", whole)
        for share in SHARES:
            try:
                part = softened(stock.resolve(base).landmarks, content, share)
            except PosetuneError:  # resized, say
                break
            checks = self.looked_over(part, held)
            if all(check.passed is not False for check in checks):
                self._report.say(f"{share:.0%} of what was learned forgets nothing, and is taken.")
                return part, share, checks
            self._say_why(f"{share:.0%} of it", checks)
        return content, 1.0, whole

    def _say_why(self, what: str, checks: list[Check]) -> None:
        first = next(check.said for check in checks if check.passed is False)
        self._report.say(f"{what} forgets too much: {first}")

    def looked_over(self, content: bytes, held: tuple[Guard, ...]) -> list[Check]:
        sha256 = hashlib.sha256(content).hexdigest()
        write_bytes(self._work / "networks" / f"{sha256}.tflite", content)
        return self.checks(sha256, held)

    def checks(self, sha256: str, held: tuple[Guard, ...]) -> list[Check]:
        """The challenger against all that are or ever were live."""
        state, rules = self._registry.state, self._rules
        lived = list(dict.fromkeys(term.network for term in state.terms))
        every = list(dict.fromkeys([*lived, sha256]))
        found: list[Check] = []
        figures: dict[str, dict[str, Measured]] = {}
        with self._report.counting("people guarded", sum(len(g.people) for g in held) * (1 + len(lived))) as counter:
            for guard in held:
                figures[guard.name] = {one: self._measured(one, guard, counter) for one in every}
        asked, parts = list(held), [guard for guard in held if not guard.must_show]
        if len(parts) > 1:
            # Many guards that are too small to show anything must not add up to none.
            of_parts = [figures[guard.name] for guard in parts]
            figures[TOGETHER] = {one: guards.joined([f[one] for f in of_parts]) for one in every}
            asked.append(guards.together(TOGETHER, parts))
        for guard in asked:
            others = {state.title(other): figures[guard.name][other] for other in lived}
            found += guards.compare(guard, figures[guard.name][sha256], others, rules)
        people = [person for guard in held for person in guard.people if scorable(person)]
        challenger = self.network(sha256)
        if people:
            found.append(guards.speed(challenger, self.network(state.live), people, rules))
        content = (self._work / "networks" / f"{sha256}.tflite").read_bytes()
        found.append(guards.clean(content, state.title(sha256)))
        return found

    def _measured(self, sha256: str, guard: Guard, counter: Counter) -> Measured:
        """Measured once for each network and guard; figures are kept, no points."""
        key = hashlib.sha256(sha256.encode())
        for person in guard.people:
            key.update(person.keypoints.tobytes() + person.image.path.name.encode())
        path, begun = self._work / "measured" / f"{key.hexdigest()}.npz", counter.done
        if path.is_file():
            with contextlib.suppress(*NPZ_ERRORS), np.load(path) as kept:
                measured = Measured(*(kept[name] for name in _FIGURES))
                counter.step(by=len(guard.people))
                return measured
        found = guards.measure(self.network(sha256), guard, lambda done: counter.at(begun + done))
        counter.at(begun + len(guard.people))
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, **{name: getattr(found, name) for name in _FIGURES})
        return found
