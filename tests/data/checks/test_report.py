"""The page of findings."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from posetune.data.checks.finding import Finding
from posetune.data.checks.report import MOST_CARDS, MOST_PICTURES, report_html, write_report
from posetune.data.dataset import load_dataset


@pytest.fixture
def findings(drawn_set) -> list[Finding]:
    dataset = load_dataset(drawn_set, "train")
    person, image = dataset.people[0], dataset.images[1]
    answer = person.keypoints[:, :2] + 3
    return [
        Finding("swap_all", "a <b> of person 1", 0.9, "train", person.image, person, (11, 12), answer_px=answer),
        Finding("point", "a wrist", 0.8, "train", person.image, person, (25,), answer_px=answer),
        Finding("unlabelled_person", "somebody", 0.7, "train", image, box=np.array([10.0, 10, 50, 80])),
        Finding("near_duplicate", "alike", 0.6, "val", image, beside=dataset.images[2]),
        Finding("visibility", "no v = 1", 0.5, "val"),
    ]


class Cards(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if tag == "article":
            self.kinds.append(given["data-kind"])
        self.pictures += tag == "img" and given["src"].startswith("data:image/jpeg;base64,")


def test_each_finding_has_a_card_and_where_there_is_one_its_picture(findings, drawn_set, tmp_path):
    path = tmp_path / "report.html"
    write_report(findings, drawn_set, "6 images", path)
    page = path.read_text(encoding="utf-8")
    cards = Cards()
    cards.feed(page)
    assert cards.kinds == [f.kind for f in findings]
    assert cards.pictures == 4
    assert "a &lt;b&gt; of person 1" in page
    assert not re.search(r'(?:src|href)="(?!data:)', page), "it needs no other file"
    assert "prefers-color-scheme: dark" in page


def test_a_clean_set_and_a_very_bad_one(findings, drawn_set):
    assert "Nothing was found" in report_html([], drawn_set, "")
    many = [Finding("visibility", f"number {k}", 0.9) for k in range(MOST_PICTURES + 1)]
    assert f"the first {MOST_PICTURES} have pictures" in report_html(many, drawn_set, "")
    page = report_html([Finding("missing", f"number {k}") for k in range(MOST_CARDS + 1)], drawn_set, "")
    assert page.count("<article") == MOST_CARDS
    assert "--json has all" in page


def test_images_that_are_missing_take_no_picture_from_others(findings, drawn_set):
    missing = [Finding("missing", f"number {k}") for k in range(MOST_PICTURES)]
    assert report_html([*missing, findings[0]], drawn_set, "").count("<img") == 1


def test_a_picture_that_is_gone_is_no_error(findings, drawn_set, tmp_path):
    import dataclasses

    lost = dataclasses.replace(findings[3].image, path=tmp_path / "gone.png")
    assert "no picture" in report_html([dataclasses.replace(findings[3], image=lost)], drawn_set, "")
