"""The documentation holds together: what it names is there, and what there is is named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

import posetune
from posetune.cli import build_parser
from posetune.runtime.records import CSV_COLUMNS
from tests.helpers.scripts import load_script

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "docs/guide").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MENTION = re.compile(r"\bdocs/[\w./-]+\.(?:md|jpg|png|gif)")


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _anchors(page: Path) -> set[str]:
    """The names that a page's headings get: lower case, without punctuation, with hyphens."""
    heads = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", h).lower()).replace(" ", "-") for h in heads
    }


def _broken(page: Path) -> Iterator[str]:
    for target in _LINK.findall(_text(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert list(_broken(page)) == []


def test_pages_named_in_code_are_there() -> None:
    sources = [f for d in ("src/posetune", "tests", "scripts", "benchmarks") for f in sorted((ROOT / d).rglob("*"))]
    named = {
        (source.relative_to(ROOT).as_posix(), page)
        for source in [*sources, *PAGES, ROOT / "Makefile"]
        if source.suffix in {".py", ".yaml", ".sh", ".html", ".js", ".md", ""} and source.is_file()
        for page in _MENTION.findall(_text(source))
    }
    assert len(named) > 20
    assert sorted(pair for pair in named if not (ROOT / pair[1]).exists()) == []


def test_files_named_in_the_reference_are_there() -> None:
    pages = [*sorted((ROOT / "docs/reference").glob("*.md")), ROOT / "CONTRIBUTING.md"]
    named = {
        (page.name, name) for page in pages for name in re.findall(r"`(\w+(?:/\w+)+\.(?:py|sh|zip))`", _text(page))
    }
    assert len(named) > 5
    folders = (ROOT, ROOT / "src/posetune", ROOT / "src/posetune/data/synthetic", ROOT / "src/posetune/synthetic")
    assert sorted(n for n in named if not any((folder / n[1]).exists() for folder in folders)) == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda p: p.stem)
def test_a_guide_page_is_short_and_in_the_index(page: Path) -> None:
    assert len(_text(page).split()) <= 400
    assert f"(guide/{page.name})" in _text(ROOT / "docs/index.md")


@pytest.mark.parametrize("folder", ["reference", "lab/results"])
def test_every_page_of_facts_can_be_found(folder: str) -> None:
    index = _text(ROOT / "docs/index.md") if folder == "reference" else _text(ROOT / "docs/lab/LOG.md")
    pages = {p.name for p in (ROOT / "docs" / folder).glob("*.md")}
    assert pages
    assert {name for name in pages if f"/{name})" not in index} == set()


def test_tables_are_whole() -> None:
    """Every row of a table has as many cells as its head, and no row stands outside one."""
    wrong = []
    for page in PAGES:
        columns, fence = 0, False
        for number, line in enumerate(_text(page).splitlines(), 1):
            fence ^= line.lstrip().startswith("```")
            if fence or not line.startswith("|"):
                columns = 0
                continue
            cells = len(re.findall(r"(?<!\\)\|", line)) - 1
            if cells != columns if columns else not _is_rule(page, number):
                wrong.append(f"{page.relative_to(ROOT)}:{number}")
            columns = columns or cells
    assert wrong == []


def _is_rule(page: Path, head: int) -> bool:
    """Whether the line below line ``head`` (from 1) is the rule of a table."""
    lines = _text(page).splitlines()
    return head < len(lines) and bool(re.fullmatch(r"\|[-:| ]+\|", lines[head]))


def test_every_key_of_a_run_is_in_the_reference() -> None:
    page = _text(ROOT / "docs/reference/configuration.md")
    keys = [k for f in sorted(_yaml_defaults()) for k in _keys(yaml.safe_load(f.read_text(encoding="utf-8")))]
    assert len(keys) > 50
    assert [key for key in keys if f"`{key}`" not in page] == []


def _yaml_defaults() -> list[Path]:
    return [
        f
        for f in Path(str(files("posetune"))).rglob("*.yaml")
        if f.name in {"train.yaml", "head.yaml", "detector.yaml"}
    ]


def _keys(table: dict, above: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def test_public_names_and_columns_are_in_the_reference() -> None:
    python, json = (_text(ROOT / f"docs/reference/{name}.md") for name in ("python", "json"))
    assert [name for name in posetune.__all__ if name != "__version__" and f"`{name}" not in python] == []
    assert [column for column in CSV_COLUMNS if f"`{column}`" not in json] == []


def test_the_command_line_is_in_the_reference() -> None:
    script = load_script("scripts/make_cli_reference.py")
    assert script.OUT.read_text(encoding="utf-8") == script.reference(), "run scripts/make_cli_reference.py"


def _commands() -> list[tuple[str, str]]:
    """Every whole ``posetune …`` command of the guides and the README: page, words."""
    blocks = [
        (page.name, block)
        for page in [*GUIDES, ROOT / "README.md"]
        for block in re.findall(r"^```sh\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)
    ]
    lines = [(name, line.split(" #")[0].strip()) for name, block in blocks for line in block.splitlines()]
    return [
        (name, line) for name, line in lines if line.startswith("posetune ") and "…" not in line.replace("://…", "")
    ]


@pytest.mark.parametrize(("page", "line"), _commands())
def test_commands_of_the_guides_are_understood(page: str, line: str) -> None:
    _, verb, *_ = words = shlex.split(line)
    try:
        build_parser(verb).parse_args(words[1:])
    except SystemExit as end:
        pytest.fail(f"{page}: {line} (exit code {end.code})")


def test_the_readme_is_short() -> None:
    assert len(_text(ROOT / "README.md").splitlines()) <= 90
