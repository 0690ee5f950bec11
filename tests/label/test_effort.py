from __future__ import annotations

import msgspec

from posetune.label.effort import MOST_SECONDS, seconds_a_person
from posetune.label.history import Change, Entry


def test_the_time_between_actions_goes_to_the_people_of_the_image(tmp_path):
    def line(n: int, tab: str, at: str, image: str, *people: int) -> bytes:
        changes = [Change.of("annotations", who, b"{}", b"{}") for who in people]
        return (
            msgspec.json.encode(Entry(n, f"{tab}-{n}", f"2026-11-26T10:{at}+00:00", "ada", image, "edit", "x", changes))
            + b"\n"
        )

    history = tmp_path / "train.history.jsonl"
    assert seconds_a_person(history) == {}
    lines = [
        line(1, "a", "00:00.000", "1.jpg", 1),
        line(2, "a", "00:08.000", "2.jpg", 2),
        line(3, "a", "00:10.000", "2.jpg", 2, 3),
        line(4, "b", "00:10.500", "3.jpg", 4),  # another page: when it was opened is not known
        line(5, "a", "00:11.000", "4.jpg", 5),
        line(6, "a", "59:00.000", "5.jpg", 6),  # somebody had lunch
    ]
    history.write_bytes(b"".join(lines) + b'{"n": 7')
    assert seconds_a_person(history) == {"2.jpg": 5.0, "4.jpg": 1.0, "5.jpg": MOST_SECONDS}
