import pytest

from posetune.config import read_yaml, resolve
from posetune.errors import PosetuneError

DEFAULT = {"lr": 0.1, "batch": 4, "flag": True, "loss": {"hold": 1.0}, "out": None, "blend": "auto"}


def test_layers_and_assignments():
    result = resolve(DEFAULT, {"batch": 8}, {"loss": {"hold": 2}}, assignments=["lr=1", "loss.hold=3.5", "out=x"])
    assert result == {"lr": 1.0, "batch": 8, "flag": True, "loss": {"hold": 3.5}, "out": "x", "blend": "auto"}
    assert DEFAULT["loss"] == {"hold": 1.0}


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("bach=3", "did you mean batch"),
        ("loss.hol=3", "did you mean loss.hold"),
        ("batch=many", "whole number"),
        ("batch=1.5", "whole number"),
        ("flag=3", "true or false"),
        ("lr=true", "a number"),
        ("lr=null", "a number"),
        ("flag=null", "true or false"),
        ("blend=null", "text"),
        ("blend=[1, 2]", "text"),
        ("loss=3", "group"),
        ("batch", "key=value"),
    ],
)
def test_what_is_refused(assignment, says):
    with pytest.raises(PosetuneError, match=says):
        resolve(DEFAULT, assignments=[assignment])


def test_yaml_files_that_are_none(tmp_path):
    (tmp_path / "broken.yaml").write_text("a: [1,")
    (tmp_path / "list.yaml").write_text("- 1")
    for name, says in (("broken.yaml", "not valid YAML"), ("list.yaml", "mapping"), ("none.yaml", "Cannot read")):
        with pytest.raises(PosetuneError, match=says):
            read_yaml(tmp_path / name)
