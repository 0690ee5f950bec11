"""XML from strangers."""

from __future__ import annotations

import pytest

from posetune.data.formats import xml_events
from posetune.data.formats.xml_events import children, root_tag
from posetune.errors import PosetuneError


def test_elements_come_whole_one_at_a_time(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text('<r><a x="1"><b>t</b></a><c/></r>')
    first, second = children(path)
    assert (first.tag, first.get("x"), first.findtext("b"), second.tag) == ("a", "1", "t", "c")
    assert root_tag(path) == "r"


LAUGHS = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r><a>&b;</a></r>'
FOREIGN = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><a>&x;</a></r>'


@pytest.mark.parametrize(("text", "sentence"), [
    (LAUGHS, "document type or an entity"),
    (FOREIGN, "document type or an entity"),
    ("<r>" + "<a>" * 40 + "</a>" * 40 + "</r>", "nests more than 32"),
    ("<r><a></r>", "is not XML .*line 1"),
    ("", "is not XML"),
    ("<r>\xff</r>".encode("latin-1"), "is not XML"),
    ('<?xml version="1.0" encoding="utf-1e400"?><r/>', "is not XML"),
])  # fmt: skip
def test_what_would_hurt_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "a.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PosetuneError, match=sentence):
        list(children(path))


def test_an_element_without_end_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_events, "_LONGEST", 1 << 20)
    path = tmp_path / "a.xml"
    path.write_text('<r><a points="' + "1,2;" * 600_000)
    with pytest.raises(PosetuneError, match="without an element"):
        list(children(path))


def test_byte_order_marks_utf_16_and_windows_lines(tmp_path):
    path = tmp_path / "a.xml"
    for text in (
        "<r>\r\n<a n='ü'/></r>".encode("utf-8-sig"),
        '<?xml version="1.0" encoding="utf-16"?><r><a n="ü"/></r>'.encode("utf-16"),
    ):
        path.write_bytes(text)
        assert [e.get("n") for e in children(path)] == ["ü"]
