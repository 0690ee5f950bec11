"""``--names auto``: names for points that have none, from a network's answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from posetune.data.formats.reading import Reading
from posetune.landmarks import canonical_name
from posetune.progress import Reporter

#: The network that is asked: the most exact of the stock ones, as a few dozen people are soon looked at.
_NETWORK = "heavy"


def find_names(source: Path, how: Reading, out: Path, report: Reporter, model: str = _NETWORK) -> Reading:
    """``how`` with the names that were found; prints a table and leaves a picture beside ``out``.

    Raises PosetuneError where a single name is not sure, or too few people are found.
    """
    from posetune.data import auto_names
    from posetune.data.convert import read_parts
    from posetune.data.formats import yolo
    from posetune.data.names_preview import write_preview
    from posetune.data.stratify import merged
    from posetune.runtime.load import load

    if yolo.sniff(source):
        how = dataclasses.replace(how, order=tuple(f"point {i}" for i in range(1, yolo.point_count(source) + 1)))
    dataset = merged(list(read_parts(source, dataclasses.replace(how, native=True), report).values()))
    people = [p for p in auto_names.sampled(dataset.people) if p.image.path.is_file()]
    landmarker = load(model)
    with report.counting("people looked at for names", len(people)) as counter:
        away = auto_names.distances(people, landmarker, counter.at)
    columns = auto_names.name_columns(away)
    picture = out.parent / f"{out.name}-names.jpg"
    write_preview(people, [c.landmark for c in columns], picture)
    print(f"Names found over {len(away)} people, distances in torsos (look at {picture}):\n{auto_names.table(columns)}")
    auto_names.refuse_if_unsure(columns, str(source))
    found = dict(zip(dataset.skeleton.names, (c.landmark for c in columns), strict=True))
    named = {name: landmark for name, landmark in found.items() if canonical_name(name) is None}
    return dataclasses.replace(how, names={**named, **how.names})
