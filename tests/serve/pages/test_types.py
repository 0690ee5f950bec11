"""The pages' JavaScript is checked by TypeScript: its types stand in JSDoc comments."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from tests.helpers.npm_package import unpacked
from tests.serve.pages.conftest import PAGES


def test_the_types_of_the_javascript_are_right(tmp_path):
    node = shutil.which("node") or pytest.skip("Node.js is not installed")
    compiler = unpacked("typescript@5.9.3") / "lib" / "tsc.js"
    options = {
        "checkJs": True, "allowJs": True, "noEmit": True, "strict": True, "target": "es2022", "module": "es2022",
        "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"], "types": [],
    }  # fmt: skip
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": [f"{PAGES}/js/**/*"]}))
    done = subprocess.run([node, compiler, "-p", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
