from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from tests.helpers.clips import write_clip

from posetune.cli.predict import find_files
from posetune.errors import PosetuneError
from posetune.scale.inputs import absolute, as_file, kind_by_name, sources


def names(*inputs: object, out: object = "/nowhere") -> list[str]:
    return [source.name for source in sources([str(i) for i in inputs], str(out), Counter())]


@pytest.fixture
def tree(tmp_path, photo) -> Path:
    root = tmp_path / "footage"
    for name in ("b.jpg", "a.PNG", "sub/c.jpg", "sub/deep/d.jpeg", "noname", ".hidden.jpg", "notes.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"text" if name.endswith("txt") else photo)
    write_clip(root / "clip.avi", 3)
    return root


def test_a_folder_as_predict_sees_it(tree):
    expected = [name for _, name in find_files([str(tree)], None)[0]]
    assert names(tree) == expected == ["a.PNG", "b.jpg", "clip.avi", "noname", "sub/c.jpg", "sub/deep/d.jpeg"]


def test_several_inputs_are_named_below_what_they_share(tree):
    given = [str(tree / "sub"), str(tree / "b.jpg")]
    assert (
        names(*given) == [name for _, name in find_files(given, None)[0]] == ["sub/c.jpg", "sub/deep/d.jpeg", "b.jpg"]
    )


def test_what_is_neither_is_counted(tree):
    left_out: Counter[str] = Counter()
    kinds = {s.name: s.kind for s in sources([str(tree)], "/nowhere", left_out)}
    assert left_out == {".txt": 1}
    assert kinds["clip.avi"] == "video"
    assert kinds["noname"] == "image"


def test_the_jobs_own_place_and_drawn_pictures_are_left_out(tree):
    (tree / "out" / "parts").mkdir(parents=True)
    (tree / "out" / "x.jpg").write_bytes(b"")
    (tree / "sub" / "overlays").mkdir()
    (tree / "sub" / "overlays" / "c.jpg").write_bytes(b"")
    (tree / "sub" / "predictions.json").write_text("[]")
    assert names(tree, out=tree / "out") == ["a.PNG", "b.jpg", "clip.avi", "noname", "sub/c.jpg", "sub/deep/d.jpeg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_nobody_waits_for_a_pipe(tree):
    os.mkfifo(tree / "pipe.jpg")
    left_out: Counter[str] = Counter()
    assert "pipe.jpg" not in [source.name for source in sources([str(tree)], "/nowhere", left_out)]
    assert left_out["pipe or device"] == 1
    assert [source.name for source in sources([str(tree / "pipe.jpg")], "/nowhere", left_out)] == ["pipe.jpg"]
    with pytest.raises(PosetuneError, match="no regular file"), as_file(str(tree / "pipe.jpg")):
        pass


def test_a_file_that_is_neither_is_counted_also_where_it_was_named(tree):
    left_out: Counter[str] = Counter()
    (tree / "notes.txt").rename(tree / "notes.csv")
    found = sources([str(tree / "notes.csv"), str(tree / "b.jpg")], "/nowhere", left_out)
    assert [source.name for source in found] == ["b.jpg"]
    assert left_out == {".csv": 1}


def test_a_link_in_a_circle_ends(tree):
    (tree / "sub" / "again").symlink_to(tree)
    assert len(names(tree)) == 6


@pytest.mark.parametrize("kind", ["txt", "parquet"])
def test_a_list(tree, tmp_path, kind):
    lines = ["footage/b.jpg", str(tree / "sub/c.jpg"), "s3://bucket/x.jpg", "notes.txt"]
    path = tmp_path / f"list.{kind}"
    if kind == "txt":
        path.write_text("\n".join([*lines, ""]))
    else:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"file": lines}), path)
    left_out: Counter[str] = Counter()
    found = list(sources([str(path)], "/nowhere", left_out))
    assert [s.uri for s in found] == [str(tree / "b.jpg"), str(tree / "sub/c.jpg"), "s3://bucket/x.jpg"]
    assert [s.name for s in found] == lines[:3]
    assert left_out == {".txt": 1}


def test_a_table_without_files_is_told(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"name": ["a.jpg"]}), tmp_path / "list.parquet")
    with pytest.raises(PosetuneError, match="no column named file"):
        names(tmp_path / "list.parquet")


def test_a_table_that_was_cut_short_is_told(tmp_path):
    (tmp_path / "list.parquet").write_bytes(b"PAR1")
    with pytest.raises(PosetuneError, match="is damaged, or is no Parquet file"):
        names(tmp_path / "list.parquet")


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(PosetuneError, match=r"There is no .*gone"):
        names(tmp_path / "gone")


def test_a_file_is_itself(tree):
    with as_file(str(tree / "b.jpg")) as path:
        assert path == tree / "b.jpg"


def test_kinds_and_absolute_names():
    assert [kind_by_name(n) for n in ("a.JPG", "s3://b/c.mp4", "a.txt", "a")] == ["image", "video", None, None]
    assert absolute("s3://a/b") == "s3://a/b"
    assert Path(absolute("a")).is_absolute()


def test_a_folder_that_cannot_be_read_is_told(tree, monkeypatch):
    scan = os.scandir

    def forbidden(place):
        if str(place).endswith("deep"):
            raise PermissionError(13, "Permission denied", place)
        return scan(place)

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(PosetuneError, match=r"folder .*deep: Permission denied"):
        names(tree)
