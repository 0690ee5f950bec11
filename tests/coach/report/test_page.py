from __future__ import annotations

import base64
import hashlib
import re

from posetune.coach.report.page import figure, notes, page, section, table


def test_a_page_stands_alone_and_runs_nothing():
    html = page("en", "<b>", "a & b", [section("One", "<p>x</p>"), section("None", "")])
    assert "<script" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert "&lt;b&gt;" in html
    assert "a &amp; b" in html
    assert "None" not in html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert " style=" not in html  # the policy would not let it in
    for media in ("prefers-color-scheme: dark", "@media print"):
        assert media in style


def test_parts_escape_what_is_text():
    assert "&lt;i&gt;" in notes(["<i>"])
    assert notes([]) == ""
    assert "&lt;i&gt;" in table(["n", "<i>"], [["1", "x"]])
    assert 'alt="&lt;i&gt;"' in figure("data:,", "<i>")
    assert "<img" not in figure(None, "x", "wrong")
