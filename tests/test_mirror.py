"""Tests lie where what they test lies: src/posetune/ROOM/module.py is tested by tests/ROOM/test_module.py."""

from __future__ import annotations

import ast
from pathlib import Path

import posetune

TESTS = Path(__file__).parent
SOURCES = Path(posetune.__file__).parent

#: Modules without a test file of their own: what tests them instead, or why nothing does.
TESTED_ELSEWHERE = {
    "_version.py": "a number",
    "__main__.py": "python -m posetune: cli",
    "cli/corrections_add.py": "cli/test_corrections.py, as a user calls it",
    "cli/stored.py": "cli/test_corrections.py and test_audit.py, as a user calls them",
    "runtime/batch.py": "what predict does with files: cli/test_predict.py, as a user calls it",
    "data/formats/reading.py": "options and a table of data; what they do: the tests of every format",
    "data/formats/table.py": "data/test_convert.py and data/test_layouts.py, through what it lists",
    "data/formats/label_studio_writer.py": "data/formats/test_label_studio.py, there and back",
    "data/formats/row_values.py": "data/formats/test_coco.py and test_table_reader.py, through whole sets",
    "data/formats/cvat_meta.py": "data/formats/test_cvat_images.py, with heads of tasks, jobs and projects",
    "data/formats/cvat_shapes.py": "data/formats/test_cvat_images.py and test_cvat_writer.py",
    "data/formats/writing.py": "data/formats/test_cvat_writer.py and test_yolo.py",
    "data/formats/yolo_writer.py": "data/formats/test_yolo.py, there and back",
    "data/formats/yolo_yaml.py": "data/formats/test_yolo.py, with the YAMLs of several exporters",
    "export/int8/make.py": "export/int8/test_export_int8.py and measure/test_bench_setup.py, through whole networks",
    "cli/pack.py": "data/test_pack.py",
    "data/formats/packed.py": "data/test_pack.py, there and back",
    "scale/beside.py": "scale/test_merge.py and scale/test_tasks.py, through whole jobs",
    "scale/labelling.py": "scale/test_tasks.py, through whole jobs",
    "scale/measuring.py": "scale/test_tasks.py, through whole jobs",
    "scale/store.py": "a protocol; scale/test_folder.py and scale/test_bucket.py, and scale/test_open.py",
    "label/cvat/shapes.py": "label/cvat/test_push.py and test_pull.py, through a server",
    "label/cvat/pictures.py": "label/cvat/test_pull.py and test_check.py, through a server",
    "label/cvat/record.py": "label/cvat/test_pull.py, through a server",
    "label/cvat/making.py": "label/cvat/test_push.py, through a server that breaks the connection",
    "label/cvat/merge.py": "label/cvat/test_pull.py, through a server",
    "label/actions.py": "label/test_review.py and serve/api/test_annotate.py; types alone",
    "label/history.py": "label/test_review.py, through whole sets",
    "label/keeping.py": "label/test_review.py and cli/test_annotate.py, which kills a server",
    "label/label_file.py": "label/test_review.py, through whole sets",
    "label/people_rows.py": "label/test_review.py, through whole sets",
    "label/set_index.py": "label/test_review.py, through whole sets",
    "label/split_files.py": "label/test_review.py, through whole sets",
    "label/undo.py": "label/test_review.py, through whole sets",
    "serve/api/annotate_types.py": "serve/test_openapi.py, and serve/api/test_annotate.py",
    "serve/api_types.py": "serve/test_openapi.py, and serve/api, through a running server",
    "serve/examples.py": "serve/test_openapi.py",
    "serve/corrections.py": "serve/api/test_corrections.py, through a running server",
    "serve/networks.py": "serve/api/test_networks.py, through a running server",
    "serve/services.py": "serve/api, through a running server",
    "serve/api/description.py": "serve/test_openapi.py",
    "serve/pool/context.py": "serve/pool/test_network.py",
    "serve/exercises.py": "serve/api/test_exercises.py, through a running server",
    "coach/sample.py": "coach/test_body.py",
    "serve/pool/exercises.py": "serve/api/test_exercises.py and serve/api/test_coach.py, through a running server",
    "serve/pool/facts.py": "serve/api/test_skeleton.py, through a running server",
    "serve/api/job_types.py": "serve/test_openapi.py, and serve/api/test_jobs.py",
    "serve/api/coach_types.py": "serve/test_openapi.py, and serve/api/test_coach.py",
    "serve/jobs/files.py": "serve/api/test_jobs.py and serve/jobs/test_engine.py, through a running server",
    "serve/jobs/film.py": "serve/api/test_media.py, through a running server",
    "serve/jobs/films.py": "serve/api/test_media.py, through a running server",
    "learn/entering.py": "learn/test_round.py, through whole passes",
    "learn/turn.py": "learn/test_round.py, with passes at once and one that lost its lease",
    "learn/rules.py": "figures; learn/test_gate.py and learn/test_guards.py judge by them",
    "stock/pins.py": "facts; stock/test_official.py holds the files against them",
    "store/tables.py": "store/test_schema.py and store/test_jobs.py, on both databases",
    "store/open.py": "cli/test_corrections.py, through the command line",
    "store/correction.py": "store/test_corrections.py, through the store",
    "store/kept.py": "store/test_corrections.py, through the store",
    "store/pictures.py": "store/test_corrections.py and store/test_forget.py, on both databases",
    "store/migrations/env.py": "store/test_schema.py, as are the steps",
    "store/migrations/versions/r0001_jobs.py": "store/test_schema.py holds it against store/tables.py",
    "store/migrations/versions/r0002_corrections.py": "store/test_schema.py holds it against store/tables.py",
    "synthetic/shaders.py": "OpenGL's language; synthetic/test_renderer.py looks at what it draws",
    "synthetic/software.py": "synthetic/test_renderer.py, beside OpenGL, and synthetic/test_label.py",
    "tune/methods/head/frozen.py": "the first stage of every run in tune/methods/head/test_stages.py",
}
#: One file a scene, all tested alike.
SCENES = "synthetic/scenes/"
#: Test files of no one module: what they hold.
OF_NO_MODULE = {
    "test_floors.py": "who may import whom",
    "test_mirror.py": "this rule",
    "test_docs.py": "the documentation",
    "store/test_killed.py": "the store, whose writers are killed: benchmarks/kill_store.py",
    "scale/test_s3.py": "a job in a bucket, through an emulator",
    "serve/test_clients.py": "the clients of docs/reference/server.md",
    "serve/test_hostile.py": "hostile uploads and requests, through a running server",
    "learn/test_kills.py": "registry and store after kill -9",
    "tune/test_shape.py": "how long and how wide functions of tune may be",
    "test_serving_page.py": "docs/guide/serving.md",
    "test_video_page.py": "docs/guide/video.md",
    "scripts/test_demo.py": "scripts/demo.sh",
    "scripts/test_deploy.py": "deploy/",
    "scripts/test_container.py": "Dockerfile and compose.yaml",
    "browser/test_tasks_vision.py": "bundles in a real browser",
    "browser/test_device_page.py": "what export --web writes, in a real browser",
    "serve/pages/test_analyse.py": "the page Analyse, in a browser",
    "serve/pages/test_coach.py": "the coach under a video",
    "serve/pages/test_annotate.py": "the page Label, in a browser",
    "serve/pages/test_corrections.py": "a result is put right on the page Analyse, in a browser",
    "serve/pages/test_coach_engine.py": "the coach of browsers beside that of Python, in Node.js",
    "serve/pages/test_coach_live.py": "the coach of a camera, in a browser",
    "serve/pages/test_postures.py": "posture scores under a video, in a browser",
    "serve/pages/test_exercises.py": "the page Exercises, in a browser",
    "serve/pages/test_compare.py": "the page Compare, in a browser",
    "serve/pages/test_docs_page.py": "the page of the API, in a browser",
    "serve/pages/test_whole_path.py": "from a video over the page Annotate to a bundle in MediaPipe",
    "serve/pages/test_video.py": "the page Video, in a browser",
    "serve/pages/test_webcam.py": "the page Webcam, in a browser",
    "serve/pages/test_flash.py": "the red at joints beyond their range, in a browser",
    "serve/pages/test_learning.py": "the page Learning, in a browser",
    "serve/pages/test_networks.py": "the page Networks, in a browser",
    "serve/pages/test_pages.py": "every page: axe, keyboard, languages, widths",
    "serve/pages/test_ranges.py": "the page Ranges, in a browser",
    "serve/pages/test_stage.py": "the stage that draws skeletons, in a browser",
    "serve/pages/test_texts.py": "the texts of the pages, and their markup",
    "serve/pages/test_types.py": "the JavaScript of the pages",
    "runtime/test_mediapipe_parity.py": "our poses beside MediaPipe's, on pictures",
    "tune/detector/test_in_mediapipe.py": "a tuned detector in MediaPipe",
}


def mirrored(source: Path) -> Path:
    """Where the tests of a module lie; a package's own code is tested by tests/PACKAGE/test_PACKAGE.py."""
    below = source.relative_to(SOURCES)
    package = below.parent.name or SOURCES.name
    return below.parent / f"test_{package if below.name == '__init__.py' else below.stem}.py"


def has_code(source: Path) -> bool:
    """More than a docstring and imports."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return not all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in tree.body
    )


def test_every_module_has_its_test_file_and_every_test_file_its_module():
    modules = {source: mirrored(source) for source in SOURCES.rglob("*.py")}
    tests = {test.relative_to(TESTS) for test in TESTS.rglob("test_*.py")}
    untested = {
        source.relative_to(SOURCES).as_posix()
        for source, test in modules.items()
        if test not in tests and has_code(source)
    }
    assert sorted(name for name in untested if not name.startswith(SCENES)) == sorted(TESTED_ELSEWHERE)
    homeless = {test.as_posix() for test in tests - set(modules.values())}
    assert sorted(homeless) == sorted(OF_NO_MODULE)
