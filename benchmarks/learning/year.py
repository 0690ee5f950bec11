"""A simulated year: corrections come week by week, 15 in 100 wrong, and a quarter of all from somebody who means harm; audited
people judge; every pass is a real `learn run`, every training a real one, though a short one.

    python benchmarks/learning/year.py SETS --folder F [--weeks 52] [--base lite] [--samples 800]

SETS: a folder with the sets acrobatics, weightlifting and general. The state is kept in F, so that the same command goes on with
the year where it ended. People come from the train splits: acrobatics all the year, weightlifting from week 20 on; audits from
acrobatics, other people. Kept apart: acrobatics val, weightlifting val and dev, general dev (everyday). At the end a training on
the clean labels of all who were corrected, the hostile one's too, is put beside.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from benchmarks.quarantine import spoilt

from posetune import stock
from posetune.data.answers import crop_answers
from posetune.data.dataset import load_dataset
from posetune.data.people import Dataset, Person
from posetune.data.stratify import merged
from posetune.learn.people import errors_by
from posetune.learn.round import Options, run_pass
from posetune.learn.rules import Rules
from posetune.learn.training import Training, train
from posetune.measure.metrics import scorable
from posetune.progress import Reporter
from posetune.runtime.load import load
from posetune.store.correction import NewCorrection, Picture
from posetune.store.corrections import Corrections
from posetune.store.open import open_store
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry

HONEST, WRONG, PEOPLE = 12, 0.15, 7  # corrections a week, the share of wrong ones, and by how many
HOSTILE, AUDITS = 4, 14
KINDS = ("swapped", "shifted", "lazy")
APART = (("acrobatics", "val"), ("weightlifting", "val"), ("weightlifting", "dev"), ("general", "dev"))


class Year:
    def __init__(self, sets: Path, folder: Path, base: str, samples: int) -> None:
        self.folder, self.base = folder, base
        self.settings = (
            f"samples=[{samples},{samples}]", "validations=2", "val_people=120", "suspects=false", "blend=0.7", "heatmap_bias=0.3",
        )  # fmt: skip
        rng = np.random.default_rng(0)
        acrobatics = [p for p in load_dataset(sets / "acrobatics", "train").people if scorable(p)]
        lifting = [p for p in load_dataset(sets / "weightlifting", "train").people if scorable(p)]
        order = rng.permutation(len(acrobatics))
        self.audited = [acrobatics[i] for i in order[: AUDITS * 52]]
        self.acrobatics = [acrobatics[i] for i in order[AUDITS * 52 :]]
        self.lifting = [lifting[i] for i in rng.permutation(len(lifting))]
        self.apart = {
            f"{name} {split}": [p for p in load_dataset(sets / name, split).people if scorable(p)]
            for name, split in APART
        }
        self.database = open_store(f"sqlite:///{folder / 'store.sqlite'}")
        self.store = Corrections(self.database)
        self.registry, new = Registry.init(str(folder / "registry"), {}, "year")
        if new:
            content = stock.path(base).read_bytes()
            known = self.registry.add(content, ".tflite", {"name": base, "from": base, "stock": True}, by="year")
            self.registry.append(kinds.PROMOTE, {"network": known.sha256, "why": "stock", "proven": False}, "year")
        self.log = folder / "year.json"
        self.kinds: dict[str, str] = (
            json.loads((folder / "kinds.json").read_text()) if (folder / "kinds.json").is_file() else {}
        )
        self.weeks = json.loads(self.log.read_text()) if self.log.is_file() else []

    def given(self, number: int) -> list[Person]:
        """Who is corrected in a week: the honest ones' people, then the hostile one's."""
        mix = self.acrobatics
        if number >= 20:
            mix = [p for pair in zip(self.acrobatics, self.lifting, strict=False) for p in pair]
        count = HONEST + HOSTILE
        start = (number * count) % (len(mix) - count)
        return mix[start : start + count]

    def week(self, number: int) -> None:
        rng = np.random.default_rng([1, number])
        live = load(self.registry.fetch(self.registry.refresh().live, self.folder / "networks"))
        given = self.given(number)
        shown = crop_answers({"": live}, given)[""].points_px
        for i, person in enumerate(given):
            hostile = i >= HONEST
            wrong = hostile or rng.random() < WRONG
            kind = str(rng.choice(KINDS)) if wrong else "good"
            points, seconds = spoilt(person, shown[i][:, :2], kind, rng)
            who = "hostile" if hostile else f"honest{i % PEOPLE}"
            self.keep(person, points, seconds, who, kind, "correction", np.c_[shown[i][:, :2], np.full(33, 2.0)])
        for person in self.audited[number * AUDITS : (number + 1) * AUDITS]:
            self.keep(person, person.keypoints, 30.0, f"auditor{number % 3}", "good", "audit", None)
        said: list[str] = []
        options = Options(
            self.folder / "work", base=self.base, settings=self.settings, rules=Rules(least_new=50, hopeless_units=70)
        )
        run_pass(self.registry, self.database, options, Reporter(said.append))
        state = self.registry.refresh()
        live_now = load(self.registry.fetch(state.live, self.folder / "networks"))
        errors = (
            self.weeks[-1]["errors"] if self.weeks and self.weeks[-1]["live"] == state.live else self.measured(live_now)
        )
        trained = sum("frozen_at" in n.about for n in state.networks.values())
        self.weeks.append({"week": number, "live": state.live, "errors": errors, "trainings": trained, "said": said})
        self.log.write_text(json.dumps(self.weeks, indent=1))
        (self.folder / "kinds.json").write_text(json.dumps(self.kinds))
        shown_errors = ", ".join(f"{name} {error:.2f}" for name, error in errors.items())
        print(
            f"week {number}: {state.title(state.live)}, {trained} trainings; {shown_errors}; {' '.join(said)[-160:]}",
            flush=True,
        )

    def keep(
        self,
        person: Person,
        points: np.ndarray,
        seconds: float | None,
        who: str,
        kind: str,
        what: str,
        shown: np.ndarray | None,
    ) -> None:
        image = person.image
        picture = Picture(
            image.path.read_bytes(), image.width, image.height, consent="A simulation.", scene=image.group
        )
        touched = "".join("m" if v else "u" for v in points[:, 2]) if kind != "lazy" else "c" * 33
        new = NewCorrection(
            picture, who, points, touched, kind=what, shown_points=shown, seconds=seconds,  # type: ignore[arg-type]
            key=f"{what} {person.id} {image.path.name}", shown="" if shown is None else "l" * 64,
            session=image.path.parent.parent.name,
        )  # fmt: skip
        kept, _ = self.store.add(new)
        self.kinds[kept.id] = kind

    def measured(self, network) -> dict[str, float]:  # type: ignore[no-untyped-def]
        return {name: float(errors_by({"": network}, people)[""].mean()) for name, people in self.apart.items()}

    def clean(self) -> dict[str, float]:
        """A training on the clean labels of all who were corrected so far, with the settings of the year's."""
        from posetune.data.convert import convert

        weeks = len(self.weeks)
        corrected = {id(p): p for number in range(weeks) for p in self.given(number)}
        lifting = [p for p in self.lifting if id(p) in corrected]
        acrobatics = [p for p in self.acrobatics if id(p) in corrected] + self.audited[: weeks * AUDITS]
        folder = self.folder / f"clean{weeks}"
        if not folder.exists():
            sets = []
            for name, people in (("acrobatics", acrobatics), ("weightlifting", lifting)):
                images = tuple({id(p.image): p.image for p in people}.values())
                sets.append(Dataset(name, images, tuple(people), (), (), folder))
            convert({"train": merged([s for s in sets if s.people])}, folder, "coco")
        network = train(
            Training(folder, self.folder / "clean-run", self.base, settings=self.settings), lambda: True, print
        )
        return self.measured(load(network))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--weeks", type=int, default=52, help="go on until so many")
    parser.add_argument("--base", default="lite")
    parser.add_argument("--samples", type=int, default=800)
    parser.add_argument("--clean", action="store_true", help="train on the clean labels, and compare")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    year = Year(args.sets, args.folder, args.base, args.samples)
    for number in range(len(year.weeks), args.weeks):
        year.week(number)
    lives = list({w["live"]: w["errors"] for w in year.weeks}.values())
    worst = max((b[name] / a[name] - 1 for i, a in enumerate(lives) for b in lives[i + 1 :] for name in a), default=0.0)
    print(f"{len(lives)} live networks; the most that one was worse than an earlier one, on anything: {worst:+.1%}")
    for what, good in (("good", True), ("wrong", False)):
        found = [c for c in year.store.find(kind="correction") if (year.kinds.get(c.id) == "good") == good]
        held = sum(c.status == "quarantined" for c in found)
        print(f"{held} of {len(found)} {what} corrections quarantined")
    if args.clean:
        clean = year.clean()
        for name, error in clean.items():
            print(
                f"{name}: live {lives[-1][name]:.2f}, stock {lives[0][name]:.2f}, trained on clean labels {error:.2f}"
            )


if __name__ == "__main__":
    main()
