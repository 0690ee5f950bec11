"""The score tables of REBA, RULA and OWAS, cell by cell as published.

REBA: Hignett & McAtamney, Applied Ergonomics 31 (2000) 201–205. RULA: McAtamney & Corlett, Applied Ergonomics 24 (1993) 91–99.
OWAS: Karhu, Kansi & Kuorinka, Applied Ergonomics 8 (1977) 199–201, with the action categories of the Finnish Institute of
Occupational Health. All indices count from 1, as the worksheets do.
"""

from __future__ import annotations

import numpy as np


def _cells(text: str, *shape: int) -> np.ndarray:
    return np.array([int(word) for word in text.split()], np.int8).reshape(shape)


#: [trunk 1–5, neck 1–3, legs 1–4]
REBA_A = _cells(
    """
    1 2 3 4   1 2 3 4   3 3 5 6
    2 3 4 5   3 4 5 6   4 5 6 7
    2 4 5 6   4 5 6 7   5 6 7 8
    3 5 6 7   5 6 7 8   6 7 8 9
    4 6 7 8   6 7 8 9   7 8 9 9
    """,
    5, 3, 4,
)  # fmt: skip
#: [upper arm 1–6, lower arm 1–2, wrist 1–3]
REBA_B = _cells(
    """
    1 2 2   1 2 3
    1 2 3   2 3 4
    3 4 5   4 5 5
    4 5 5   5 6 7
    6 7 8   7 8 8
    7 8 8   8 9 9
    """,
    6, 2, 3,
)  # fmt: skip
#: [score A 1–12, score B 1–12]
REBA_C = _cells(
    """
    1  1  1  2  3  3  4  5  6  7  7  7
    1  2  2  3  4  4  5  6  6  7  7  8
    2  3  3  3  4  5  6  7  7  8  8  8
    3  4  4  4  5  6  7  8  8  9  9  9
    4  4  4  5  6  7  8  8  9  9  9  9
    6  6  6  7  8  8  9  9 10 10 10 10
    7  7  7  8  9  9  9 10 10 11 11 11
    8  8  8  9 10 10 10 10 10 11 11 11
    9  9  9 10 10 10 11 11 11 12 12 12
   10 10 10 11 11 11 11 12 12 12 12 12
   11 11 11 11 12 12 12 12 12 12 12 12
   12 12 12 12 12 12 12 12 12 12 12 12
    """,
    12, 12,
)  # fmt: skip
#: [upper arm 1–6, lower arm 1–3, wrist 1–4, wrist twist 1–2]
RULA_A = _cells(
    """
    1 2 2 2 2 3 3 3   2 2 2 2 3 3 3 3   2 3 3 3 3 3 4 4
    2 3 3 3 3 4 4 4   3 3 3 3 3 4 4 4   3 4 4 4 4 4 5 5
    3 3 4 4 4 4 5 5   3 4 4 4 4 4 5 5   4 4 4 4 4 5 5 5
    4 4 4 4 4 5 5 5   4 4 4 4 4 5 5 5   4 4 4 5 5 5 6 6
    5 5 5 5 5 6 6 7   5 6 6 6 6 7 7 7   6 6 6 7 7 7 7 8
    7 7 7 7 7 8 8 9   8 8 8 8 8 9 9 9   9 9 9 9 9 9 9 9
    """,
    6, 3, 4, 2,
)  # fmt: skip
#: [neck 1–6, trunk 1–6, legs 1–2]
RULA_B = _cells(
    """
    1 3 2 3 3 4 5 5 6 6 7 7
    2 3 2 3 4 5 5 5 6 7 7 7
    3 3 3 4 4 5 5 6 6 7 7 7
    5 5 5 6 6 7 7 7 7 7 8 8
    7 7 7 7 7 8 8 8 8 8 8 8
    8 8 8 8 8 8 8 9 9 9 9 9
    """,
    6, 6, 2,
)  # fmt: skip
#: [wrist and arm 1–8 (more is 8), neck, trunk and legs 1–7 (more is 7)]
RULA_C = _cells(
    """
    1 2 3 3 4 5 5
    2 2 3 4 4 5 5
    3 3 3 4 4 5 6
    3 3 3 4 5 6 6
    4 4 4 5 6 7 7
    4 4 5 6 6 7 7
    5 5 6 6 7 7 7
    5 5 6 7 7 7 7
    """,
    8, 7,
)  # fmt: skip
#: [back 1–4, arms 1–3, legs 1–7, load 1–3]: the action category, 1 to 4
OWAS = _cells(
    """
    1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 1 1 1 1 1 1
    1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 1 1 1 1 1 1
    1 1 1 1 1 1 1 1 1 2 2 3 2 2 3 1 1 1 1 1 2
    2 2 3 2 2 3 2 2 3 3 3 3 3 3 3 2 2 2 2 3 3
    2 2 3 2 2 3 2 3 3 3 4 4 3 4 4 3 3 4 2 3 4
    3 3 4 2 2 3 3 3 3 3 4 4 4 4 4 4 4 4 2 3 4
    1 1 1 1 1 1 1 1 2 3 3 3 4 4 4 1 1 1 1 1 1
    2 2 3 1 1 1 1 1 2 4 4 4 4 4 4 3 3 3 1 1 1
    2 2 3 1 1 1 2 3 3 4 4 4 4 4 4 4 4 4 1 1 1
    2 3 3 2 2 3 2 2 3 4 4 4 4 4 4 4 4 4 2 3 4
    3 3 4 2 3 4 3 3 4 4 4 4 4 4 4 4 4 4 2 3 4
    4 4 4 2 3 4 3 3 4 4 4 4 4 4 4 4 4 4 2 3 4
    """,
    4, 3, 7, 3,
)  # fmt: skip
