"""Functions of tune can be called from memory, and a method can be seen whole."""

import ast
from collections.abc import Iterator
from pathlib import Path

from posetune import tune

ROOT = Path(tune.__file__).parent
#: The public door: what it takes beyond data, base and out is named, and documented there.
DOORS = {("train.py", "train")}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path.relative_to(ROOT).as_posix(), node


def parameters(node: ast.FunctionDef) -> list[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    extra = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
    return [a.arg for a in (*arguments, *extra) if a.arg not in ("self", "cls")]


def test_no_function_takes_more_than_five_parameters():
    many = {f"{file}: {node.name}" for file, node in functions()
            if len(parameters(node)) > 5 and (file, node.name) not in DOORS}  # fmt: skip
    assert many == set()


def test_every_method_reads_from_top_to_bottom_in_forty_lines():
    entries = {(file, node.name): node.end_lineno - node.lineno + 1 for file, node in functions()
               if file.startswith("methods/") and node.name.startswith("train")}  # fmt: skip
    assert len(entries) == 6
    assert {entry for entry, lines in entries.items() if lines > 40} == set()
