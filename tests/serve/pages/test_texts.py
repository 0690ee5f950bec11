"""English and Chinese are complete, and the markup keeps the policy: read from the files, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.serve.pages.conftest import PAGES

TEXTS = {language: json.loads((PAGES / "i18n" / f"{language}.json").read_text("utf-8")) for language in ("en", "zh")}
SOURCES = [*PAGES.rglob("*.html"), *(p for p in PAGES.rglob("*.js") if "vendor" not in p.parts)]
#: Texts whose keys are put together: t(`joint.${name}`).
FAMILIES = re.compile(r"t\(`([a-z_.]*)\$\{|has\(`([a-z_.]*)\$\{")


def test_both_languages_have_the_same_texts_with_the_same_places_to_fill():
    def places(texts: dict[str, str]) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}

    assert places(TEXTS["en"]) == places(TEXTS["zh"])
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


def test_chinese_is_chinese():
    """A text that was not translated has no Chinese character; a few are the same in both."""
    same = {key for key, text in TEXTS["zh"].items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert {TEXTS["zh"][key] for key in same} <= {"API", "JSON", "CSV", "COCO", "TRC", "WebM", *_symbols(same)}


def _symbols(keys: set[str]) -> set[str]:
    return {TEXTS["zh"][key] for key in keys if not re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", TEXTS["zh"][key]))}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_text_that_is_asked_for_is_there(source: Path):
    content = _code(source)
    asked = set(re.findall(r'data-i18n="([^"]+)"', content)) | set(
        re.findall(r"""[^\w]t\(\s*["']([a-z][\w.]*)["']""", content)
    )
    asked |= {
        pair.split(":")[1].strip()
        for pairs in re.findall(r'data-i18n-attr="([^"]+)"', content)
        for pair in pairs.split(";")
    }
    assert asked <= TEXTS["en"].keys(), asked - TEXTS["en"].keys()
    for families in FAMILIES.findall(content):
        family = "".join(families)
        assert not family or any(key.startswith(family) for key in TEXTS["en"]), family


@pytest.mark.parametrize("source", sorted(PAGES.rglob("*.html")), ids=lambda path: path.name)
def test_markup_holds_no_script_style_or_address_of_another_host(source: Path):
    content = source.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", content)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", content)


@pytest.mark.parametrize("source", [s for s in SOURCES if s.suffix == ".js"], ids=lambda path: path.name)
def test_scripts_never_write_markup(source: Path):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", _code(source))


def _code(source: Path) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", source.read_text("utf-8"), flags=re.S | re.M)
