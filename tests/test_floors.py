"""The floors of the house: nobody imports upwards, nothing imports in a circle, and torch stays where training is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import posetune

#: From the ground up. Modules that lie in no room are the ground; ``posetune/__init__`` is the door, which nobody goes through.
FLOORS = (
    {"backends"}, {"graph"}, {"doctor"}, {"stock"}, {"runtime"}, {"data", "coach"},
    {"synthetic", "label", "store", "tune", "measure"}, {"export", "sweep", "serve", "scale"}, {"learn"}, {"cli"},
)  # fmt: skip
TORCH = ("graph.torch", "tune", "export.int8")
#: The web server runs these as jobs in processes of their own.
NOT_SERVED = {"tune", "export", "sweep", "learn"}


def imported(node: ast.AST) -> Iterator[str]:
    """The modules, or names in modules, that the code under ``node`` imports, in functions as well; not those for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from imported(other)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            if isinstance(child, ast.Call) and ast.unparse(child.func).endswith("import_module"):
                yield from (a.value for a in child.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
            yield from imported(child)


def read(package: Path) -> tuple[dict[str, set[str]], set[str]]:
    """Module → the modules of the package that it imports; and those that import torch. Names without "posetune."."""
    files = {".".join(p.relative_to(package).with_suffix("").parts): p for p in package.rglob("*.py")}
    files = {name.removesuffix(".__init__"): p for name, p in files.items() if name not in ("__init__", "__main__")}
    graph, torch = {}, set()
    for module, path in files.items():
        names = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
        inside = [n.removeprefix("posetune.") for n in names if n.startswith("posetune.")]
        graph[module] = {n if n in files else n.rpartition(".")[0] for n in inside} & files.keys() - {module}
        if any(n.split(".")[0] == "torch" for n in names):
            torch.add(module)
    return graph, torch


def room(module: str, graph: dict[str, set[str]]) -> str:
    """ "" for the ground."""
    first = module.split(".")[0]
    return first if any(m.startswith(first + ".") for m in graph) else ""


def faults(package: Path) -> list[str]:
    graph, torch = read(package)
    level = {"": 0} | {name: i for i, floor in enumerate(FLOORS, 1) for name in floor}
    found, rooms = [], {}
    for module, others in graph.items():
        here = room(module, graph)
        if here not in level:
            found.append(f"{here}: on which floor is this room?")
            continue
        rooms.setdefault(here, set()).update({room(o, graph) for o in others} - {here})
        found += [f"{module} imports upwards: {o}" for o in others if level.get(room(o, graph), 0) > level[here]]
    for what, of in (("modules", graph), ("rooms", rooms)):
        try:
            TopologicalSorter(of).prepare()
        except CycleError as error:
            found.append(f"{what} in a circle: {', '.join(sorted(set(error.args[1])))}")
    found += [f"{m} imports torch" for m in torch if not any(f"{m}.".startswith(f"{r}.") for r in TORCH)]
    reached, ahead = set(), [m for m in graph if room(m, graph) == "serve"]
    while ahead:
        module = ahead.pop()
        if module not in reached:
            reached.add(module)
            ahead += graph[module]
    found += [f"serve reaches {m}" for m in reached if room(m, graph) in NOT_SERVED]
    return sorted(found)


def test_the_floors_hold():
    assert faults(Path(posetune.__file__).parent) == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"graph/a": "import posetune.tune.b", "tune/b": ""}, "graph.a imports upwards: tune.b"),
        ({"errors": "def f():\n    from posetune.graph import a", "graph/a": ""}, "errors imports upwards: graph.a"),
        ({"tune/a": "from posetune.tune.b import x", "tune/b": "def f():\n    from posetune.tune import a"},
         "modules in a circle: tune.a, tune.b"),
        ({"tune/a": "import posetune.measure.b", "tune/c": "", "measure/b": "import posetune.tune.c"},
         "rooms in a circle: measure, tune"),
        ({"graph/a": "from torch import nn"}, "graph.a imports torch"),
        ({"attic/a": ""}, "attic: on which floor is this room?"),
        ({"serve/a": "import posetune.measure.b", "measure/b": "import posetune.tune.c", "tune/c": ""}, "serve reaches tune.c"),
        ({"stock/a": "import importlib\nimportlib.import_module('posetune.cli.b')", "cli/b": ""}, "stock.a imports upwards: cli.b"),
    ],
)  # fmt: skip
def test_a_fault_is_found(files, fault, tmp_path):
    for name, text in files.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert faults(tmp_path) == [fault]


def test_what_is_imported_for_types_alone_is_free(tmp_path):
    (tmp_path / "graph").mkdir()
    (tmp_path / "tune").mkdir()
    (tmp_path / "tune" / "b.py").write_text("")
    (tmp_path / "graph" / "a.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import posetune.tune.b\n"
    )
    assert faults(tmp_path) == []
