"""The HTML report of an evaluation."""

from __future__ import annotations

import re

from posetune.measure.evaluate import evaluate
from posetune.measure.report import report_html


def test_the_report_holds_everything_and_needs_nothing(evaluation):
    page = report_html(evaluation)
    for text in (
        "my-network against stock",
        "Crop protocol",
        "Pipeline protocol",
        "left knee",
        "Why it errs",
        "Pose and view",
        "Worst",
        "How to read this",
    ):
        assert text in page
    assert page.count("data:image/jpeg;base64,") >= 3 * 3  # label, stock and tuned of three people
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "<script" not in page
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert "$" not in text  # every place of the template is filled


def test_names_are_escaped_in_the_report(measured_set, renamed_full, tmp_path):
    odd = tmp_path / "a<b>&c.tflite"
    odd.write_bytes(renamed_full.read_bytes())
    page = report_html(
        evaluate(measured_set, "val", [odd], stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    )
    assert "a&lt;b&gt;&amp;c" in page
    assert "<b>&c" not in page
