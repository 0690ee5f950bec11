"""All checks of a set, in the order in which they make sense: files, labels, and what networks say of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.data.checks import points, sides
from posetune.data.checks.crowd import unlabelled_people
from posetune.data.checks.duplicates import copies, likenesses, shared_groups
from posetune.data.checks.finding import Finding, by_confidence
from posetune.data.checks.labels import check_labels
from posetune.data.checks.looks import Looks, look_at
from posetune.data.checks.pictures import read_pictures
from posetune.data.checks.repairs import findings_of
from posetune.data.checks.tracks import check_tracks
from posetune.data.checks.visibility import check_visibility, missing_points
from posetune.data.contradictions import find_contradiction, sample_of
from posetune.data.people import Dataset, Person
from posetune.data.reviewed import seen
from posetune.data.rulings import Rulings
from posetune.data.suspects import Suspect, find_suspects
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker

#: Findings that only say that a network contradicts a label: whoever looked may rule on them.
SUSPICIONS = ("swap_all", "swap_arms", "swap_legs", "neighbour", "point")


@dataclass(frozen=True)
class Judges:
    """``first``: the network that looks at everybody, and what it is called; ``second``: the one that is asked about people whose
    labels the first one doubts, or None.
    """

    first: Landmarker
    name: str
    second: Landmarker | None = None


@dataclass(frozen=True, eq=False)
class Judged:
    """What networks say of a split. ``people``: who was looked at; ``looks``: at them; ``set_aside``: what training sets aside by
    its own, quicker rule.
    """

    people: tuple[Person, ...]
    looks: Looks
    findings: list[Finding]
    set_aside: list[Suspect]


def check_files(sets: Sequence[Dataset], labels: Mapping[str, Path], report: Reporter) -> list[Finding]:
    """What can be told without a network. ``labels``: the label file of each split, by the set's name, where it is known."""
    findings: list[Finding] = []
    looks = []
    for dataset in sets:
        with report.counting(f"images of {dataset.name} read", len(dataset.images)) as counter:
            pictures = read_pictures(dataset, counter.at)
        looks.append(pictures.looks)
        labels_of = seen(dataset, lambda _: None)  # what nobody has seen is no label yet
        found = [*pictures.findings, *check_labels(labels_of), *check_tracks(labels_of), *check_visibility(labels_of)]
        if dataset.name in labels:
            told = {(f.kind, id(f.person)) for f in found if f.person is not None}
            found += [f for f in findings_of(labels[dataset.name], dataset) if (f.kind, id(f.person)) not in told]
        findings += [f.of_split(dataset.name) for f in found]
    same = copies(sets)
    return [*findings, *same, *likenesses(sets, looks, same), *shared_groups(sets)]


def judge(
    dataset: Dataset, judges: Judges, unreadable: Sequence[Finding], rulings: Rulings, report: Reporter
) -> Judged:
    """What networks say of the labels of one split; images that cannot be read are passed over, and so are prelabels that nobody
    has seen, with images that nobody has looked at: they are no labels yet.
    """
    dataset = seen(dataset, lambda _: None)
    bad = {str(f.image.path) for f in unreadable if f.image is not None and f.kind in ("missing", "unreadable")}
    dataset = dataset.keep([image for image in dataset.images if str(image.path) not in bad])
    people = dataset.usable
    findings: list[Finding] = []
    with report.counting(f"people of {dataset.name} compared", len(sample_of(dataset))) as counter:
        contradiction = find_contradiction(dataset, judges.first, judges.name, counter.at)
    if contradiction is not None:
        kind = "order" if contradiction.kind == "names" else "contradiction"
        sure = 0.9 if contradiction.in_part else 0.98
        example = dataset.people[0].image
        findings.append(Finding(kind, f"{dataset.name}: {contradiction.text.rstrip('.')}", sure, beside=example))
    with report.counting(f"people of {dataset.name} looked at", len(people)) as counter:
        looks = look_at(judges.first, people, progress=counter.at)
    set_aside = rulings.without_kept(dataset, find_suspects(dataset, looks.plain_and_mirrored))
    if contradiction is None or contradiction.in_part:  # else every single label is wrong, which is said once
        looks = _second_opinion(dataset, judges, looks, report)
        swaps = sides.find_swaps(people, looks)
        found = [*swaps.values(), *points.find_misplaced(people, looks, frozenset(swaps))]
        findings += [f for f in found if not rulings.decided(dataset, f.person, f.points)]
        findings += missing_points(dataset, people, looks.points, looks.visibility)
    with report.counting(f"images of {dataset.name} searched", len(dataset.images)) as counter:
        findings += unlabelled_people(dataset, judges.first, counter.at)
    return Judged(people, looks, [f.of_split(dataset.name) for f in findings], set_aside)


def _second_opinion(dataset: Dataset, judges: Judges, looks: Looks, report: Reporter) -> Looks:
    if judges.second is None:
        return looks
    doubts = sorted({*sides.doubtful(dataset.usable, looks), *points.doubtful(dataset.usable, looks)})
    with report.counting(f"doubtful people of {dataset.name} looked at again", len(doubts)) as counter:
        return looks.and_then(look_at(judges.second, dataset.usable, doubts, counter.at))


def listed(findings: Sequence[Finding], least: float, skip: Sequence[str] = ()) -> list[Finding]:
    """Those of at least so much confidence and of no kind in ``skip``, the surest first."""
    return by_confidence(f for f in findings if f.confidence >= least and f.kind not in skip)


def as_suspects(findings: Sequence[Finding], set_aside: Sequence[Suspect]) -> list[Suspect]:
    """What may be ruled on: suspicions among ``findings``, and what training sets aside beyond."""
    found = [
        Suspect(f.person.id, f.kind, f.points, f.confidence, f.message)
        for f in findings
        if f.kind in SUSPICIONS and f.person is not None
    ]
    known = {(s.person_id, frozenset(s.landmarks)) for s in found}
    return [*found, *(s for s in set_aside if (s.person_id, frozenset(s.landmarks)) not in known)]
