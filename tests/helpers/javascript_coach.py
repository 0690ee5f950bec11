"""The coach of the pages, run in Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import posetune.serve
from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.coach.plain import plain
from posetune.landmarks import NAMES

_ENGINE = Path(posetune.serve.__file__).parent / "pages" / "js" / "coach" / "engine"
#: Reads a case on standard input, and writes what each exercise's coach finds.
_SCRIPT = """
import { readFileSync } from "node:fs";
import { Ruler, indexOf, sampleOf } from "./engine/body.js";
import { Coach } from "./engine/coach.js";
const { exercises, errors, names, streams } = JSON.parse(readFileSync(0));
const found = streams.map((stream) => exercises.map((exercise) => {
  const coach = new Coach(exercise, errors), ruler = new Ruler(indexOf(names));
  for (const [time, person] of stream) coach.see(ruler.see(sampleOf(person, time)));
  coach.end();
  return { count: coach.repetitions.length, repetitions: coach.repetitions, passed: coach.passed };
}));
process.stdout.write(JSON.stringify(found));
"""


def has_node() -> bool:
    return shutil.which("node") is not None


def coached_in_node(
    streams: Sequence[Sequence[tuple[float, dict[str, Any]]]], folder: Path
) -> list[list[dict[str, Any]]]:
    """What the coach of each exercise of the library finds in each of ``streams``: (seconds, person as the API has it).

    ``folder``: to run in.
    """
    shutil.copytree(_ENGINE, folder / "engine")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.js").write_text(_SCRIPT)
    case = {
        "exercises": [plain(e) for e in library().values()],
        "errors": dict(stock_errors()),
        "names": list(NAMES),
        "streams": streams,
    }
    text = json.dumps(case).replace("NaN", "null")
    done = subprocess.run(["node", "run.js"], cwd=folder, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
