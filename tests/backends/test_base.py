"""What every backend agrees on."""

import pytest

from posetune.backends.base import MAX_THREADS, checked_threads, first_line, image_side, processors
from posetune.errors import PosetuneError


def test_threads():
    assert checked_threads(3) == 3
    assert 1 <= checked_threads(None) == min(processors(), MAX_THREADS)
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(PosetuneError, match="whole number of at least 1"):
            checked_threads(wrong)


@pytest.mark.parametrize(
    ("shapes", "kind", "words"),
    [
        ([(1, 256, 192, 3)], "float32", "one square RGB image"),
        ([(1, 256, 256, 1)], "float32", "one square RGB image"),
        ([(2, 256, 256, 3)], "float32", "one square RGB image"),
        ([(1, 256, 256, 3)] * 2, "float32", "one square RGB image"),
        ([(1, 256, 256, 3)], "uint8", "takes uint8 input"),
    ],
)
def test_the_one_square_image(shapes, kind, words):
    assert image_side([(1, 192, 192, 3)], ["float32"], "network") == 192
    with pytest.raises(PosetuneError, match=words):
        image_side(shapes, [kind] * len(shapes), "network")


def test_the_first_line_of_an_error():
    assert first_line(ValueError("no such thing.\nat 0x1\nat 0x2")) == "no such thing"
    assert first_line(ValueError()) == "ValueError"
