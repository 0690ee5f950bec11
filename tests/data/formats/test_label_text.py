"""JSON label files packed, with a byte order mark, in an old encoding."""

import gzip
import json

import pytest

from posetune.data.formats.label_text import mentions, read_json, stem_of
from posetune.errors import PosetuneError

CONTENT = {"a": "séance"}
PLAIN = json.dumps(CONTENT, ensure_ascii=False)


@pytest.mark.parametrize(
    "raw",
    [PLAIN.encode(), b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN.encode("utf-16"), gzip.compress(PLAIN.encode())],
    ids=["plain", "mark", "utf-16", "gzip"],
)
def test_what_is_read_as_it_is_meant(tmp_path, raw):
    path = tmp_path / "train.json"
    path.write_bytes(raw)
    assert read_json(path) == (CONTENT, [])


def test_an_old_encoding_is_read_and_told(tmp_path):
    path = tmp_path / "train.json"
    path.write_bytes(PLAIN.encode("latin-1"))
    content, notes = read_json(path)
    assert content == CONTENT
    assert "Latin-1" in notes[0]


def test_a_damaged_archive_is_one_sentence(tmp_path):
    path = tmp_path / "train.json.gz"
    path.write_bytes(gzip.compress(PLAIN.encode())[:-6])
    with pytest.raises(PosetuneError, match="damaged gzip"):
        read_json(path)
    assert stem_of(path) == "train"


def test_words_are_found_without_reading_json(tmp_path):
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'{"keypoints": []}'))
    assert mentions(path, b'"keypoints"')
    assert not mentions(path, b'"caption"')
    (tmp_path / "b.json").write_bytes('{"keypoints": []}'.encode("utf-16"))
    assert mentions(tmp_path / "b.json", b'"keypoints"')
