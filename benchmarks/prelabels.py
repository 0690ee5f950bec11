"""What is left to do after label: how many points of a prelabelled person lie away from where people labelled them.

    posetune label DIR/images --out SET --every 1s
    python benchmarks/prelabels.py DIR:SPLIT[,SPLIT] SET

Images are matched by their names, people nearest first. A point has to be moved if it lies more than so many torsos from its
label; and how well the confidence tells which.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posetune.data.dataset import load_dataset
from posetune.measure.annotators import paired

SURE = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DIR:SPLIT")
    parser.add_argument("set", type=Path, metavar="SET")
    args = parser.parse_args()
    folder, _, splits = args.data.rpartition(":")
    proposed = load_dataset(args.set / "prelabels" / "train.json", "train", images=args.set / "images")
    pairs, alone = paired([load_dataset(folder, split) for split in splits.split(",")], [proposed])
    print(f"{len(pairs)} people paired, {alone} labelled or proposed alone")
    for least in (0.1, 0.15, 0.2):
        moves, sure, unsure = [], [], []
        for label, proposal in pairs:
            both = label.labelled & proposal.labelled
            off = (
                np.linalg.norm(label.keypoints[both, :2] - proposal.keypoints[both, :2], axis=1)
                > least * proposal.torso
            )
            confidence = np.array([c or 0.0 for c in proposal.origin.confidence or [None] * len(both)])[both]
            moves.append(int(off.sum()))
            sure.append(off[confidence >= SURE])
            unsure.append(off[confidence < SURE])
        wrong = [np.concatenate(some) for some in (sure, unsure)]
        print(
            f"beyond {least} torsos: {np.mean(moves):.1f} points a person, {np.mean(np.array(moves) <= 6):.0%} of the people "
            f"have six or fewer; of points with a confidence from {SURE} on {wrong[0].mean():.0%}, below {wrong[1].mean():.0%} "
            f"({len(wrong[1]) / sum(map(len, wrong)):.0%} of all)"
        )


if __name__ == "__main__":
    main()
