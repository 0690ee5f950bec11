"""The assignment problem: each row its own column, for the least sum (the Hungarian method)."""

from __future__ import annotations

import numpy as np


def assign(cost: np.ndarray) -> np.ndarray:
    """(N,) the column of each row of ``cost`` (N, M), N ≤ M, finite: no column twice, and the sum as small as it can be.

    Source: Kuhn 1955, Munkres 1957, by shortest augmenting paths (Jonker and Volgenant 1987). O(N² M).
    """
    rows, columns = cost.shape
    assert rows <= columns
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1)
    for row in range(rows):
        distance = np.full(columns, np.inf)
        before = np.full(columns, -1)
        done = np.zeros(columns, bool)
        at, here, length = row, -1, 0.0
        while True:
            reduced = length + cost[at] - row_price[at] - column_price
            shorter = ~done & (reduced < distance)
            distance[shorter], before[shorter] = reduced[shorter], here
            open_to = np.where(done, np.inf, distance)
            here = int(np.argmin(open_to))
            length = float(open_to[here])
            done[here] = True
            if owner[here] < 0:
                break
            at = int(owner[here])
        row_price[row] += length
        for column in np.flatnonzero(done):
            if owner[column] >= 0:
                row_price[owner[column]] += length - distance[column]
            column_price[column] -= length - distance[column]
        while here >= 0:
            previous = int(before[here])
            owner[here] = row if previous < 0 else owner[previous]
            here = previous
    found = np.full(rows, -1)
    for place, who in enumerate(owner.tolist()):
        if who >= 0:
            found[who] = place
    return found
