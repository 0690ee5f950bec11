from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from dataclasses import dataclass

from posetune.store.known import Known, LeftOut


@dataclass(frozen=True)
class Unit:
    number: int
    scene: str
    owner: str = "ada"
    kind: str = "correction"
    image: str = "picture"
    subject: int = 0


def other(number: int, scene: str, owner: str = "ada") -> Unit:
    return Unit(number, scene, owner, "audit", f"another {number}")


@pytest.mark.parametrize(
    ("learned", "audited", "owner", "known"),
    [
        ("camera 1", "camera 1", "bob", True),
        ("camera 1", "camera 2", "ada", False),
        ("clip:squat.mp4", "ada/march/squat.mp4", "ada", True),  # as a set, and as `audit offer` has it
        ("clip:march/squat.mp4", "ada/offered/squat.mp4", "ada", True),
        ("clip:squat.mp4", "bob/march/squat.mp4", "bob", False),  # another's file of the same name
        ("clip:one/frame", "ada/two/frame", "ada", False),
        ("ada 2026-11-26 13", "ada 2026-11-26 14", "ada", False),
    ],
)
def test_a_scene_is_known_by_its_name_and_a_clip_by_whose_it_is(learned, audited, owner, known):
    found = Known.of([Unit(1, learned)], [1])
    assert found.scene(other(2, audited, owner)) is known
    assert not Known.of([Unit(1, learned)], []).scene(other(2, audited, owner))


def test_who_was_corrected_is_known_whether_it_was_learned_from_or_not():
    found = Known.of([Unit(1, "a"), Unit(2, "b", kind="audit", image="audited")], [])
    assert found.person(Unit(3, "a", kind="audit"))
    assert not found.person(Unit(3, "a", kind="audit", subject=1))
    assert not found.person(Unit(3, "b", kind="audit", image="audited"))


def test_each_is_left_out_once():
    known = Known.of([Unit(1, "a"), Unit(2, "b", image="x")], [2])
    audits = [Unit(3, "a", kind="audit"), Unit(4, "a", kind="audit"), other(5, "b"), other(6, "b"), other(7, "c")]
    found = LeftOut.of(audits, known)
    assert (found.people, dict(found.scenes)) == (1, {"b": 2})
