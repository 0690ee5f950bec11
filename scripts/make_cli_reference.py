"""Write docs/reference/command-line.md from the parsers themselves.

python scripts/make_cli_reference.py
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from posetune.cli import VERBS, build_parser
from posetune.files import write_text

OUT = Path(__file__).parents[1] / "docs/reference/command-line.md"
HEAD = """# Command line

Written by `scripts/make_cli_reference.py` from what `posetune VERB --help` knows.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a check failed, or a part of the input could not be read |
| 2 | bad input: one sentence on stderr says what, where, what to do |
| 130 | interrupted; what was done is kept |
| 143 | ended by SIGTERM; what was done is kept (train: saved, --resume goes on) |

`--json` alone prints JSON on stdout and everything else on stderr; `--json FILE` writes it into a file, never over
one that is no JSON.

| environment variable | meaning |
|---|---|
| `POSETUNE_CACHE` | the folder of stock networks and answers; `posetune models list` names it |
| `OPENCV_IO_MAX_IMAGE_PIXELS` | pixels of the largest image that is read (default 134,217,728) |
| `OPENCV_FFMPEG_CAPTURE_OPTIONS` | FFmpeg's options, by which formats of video are limited to those that hold their own pictures |
"""


def main() -> None:
    write_text(OUT, reference())
    print(OUT)


def reference() -> str:
    """The whole page."""
    lines = [HEAD]
    for verb in VERBS:
        for parser in _below(build_parser(verb)):
            if parser.prog.split()[1] == verb:
                lines += _page(parser)
    return "\n".join(lines).rstrip() + "\n"


def _below(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Every parser below ``parser``, a verb before its actions."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return [p for group in groups for child in group.choices.values() for p in (child, *_below(child))]


def _page(parser: argparse.ArgumentParser) -> list[str]:
    actions = [a for a in parser._actions if not isinstance(a, argparse._SubParsersAction | argparse._HelpAction)]
    lines = [f"## {parser.prog}", ""]
    if parser.description:
        lines += [_cell(parser.description), ""]
    if actions:
        lines += ["| argument | meaning |", "|---|---|"]
        lines += [f"| {_name(a)} | {_cell(_help(parser, a))} |" for a in actions if a.help != argparse.SUPPRESS]
        lines.append("")
    if parser.epilog:
        lines += [_cell(parser.epilog), ""]
    return lines


def _name(action: argparse.Action) -> str:
    value = action.metavar or (action.option_strings and action.dest.upper()) or action.dest
    if isinstance(value, tuple):
        value = " ".join(value)
    if action.choices is not None and action.metavar is None:
        value = "{" + ",".join(str(choice) for choice in action.choices) + "}"
    if not action.option_strings:
        return f"`{_cell(value)}`"
    value = "" if action.nargs == 0 else f"[{value}]" if action.nargs == "?" else value
    return ", ".join(f"`{_cell(f'{option} {value}'.strip())}`" for option in action.option_strings)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    return (action.help or "") % {**vars(action), "prog": parser.prog}


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


if __name__ == "__main__":
    main()
