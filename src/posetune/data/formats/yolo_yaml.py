"""The data.yaml of a YOLO-pose set: where its splits lie, how many points, and what they are called, if it says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from posetune import landmarks
from posetune.data.formats.image_finder import some
from posetune.errors import PosetuneError

_LARGEST = 1 << 20
_SPLITS = ("train", "val", "valid", "test", "dev")
_MEANS = {"valid": "val"}
_NAMES = ("kpt_names", "keypoint_names", "keypoints_names", "keypoints")
#: More points than anybody labels.
_MOST_POINTS = 1000


@dataclass(frozen=True)
class Description:
    """``splits``: name → folders or lists as the YAML has them. ``count`` points of ``dims`` numbers each. ``names``: of the
    points, empty where the YAML has none. ``flip``: its flip_idx, None where it has none.
    """

    path: Path
    base: str
    splits: dict[str, list[str]]
    count: int
    dims: int
    class_names: dict[int, str]
    names: tuple[str, ...] = ()
    flip: tuple[int, ...] | None = None
    _found: dict[str, Path | None] = field(default_factory=dict)

    def find(self, text: str, beside: Path | None = None) -> Path | None:
        """Where a path of the YAML, or of a list, leads: from ``path:``, from the YAML, from the list; with leading folders of
        another machine, or "..", left out. None where nothing is there.
        """
        text = text.replace("\\", "/")
        folder = self.path.parent
        # "C:/set/images", "/home/me/set/images", "../train/images": as it stands, then without what leads elsewhere
        relative = re.sub(r"^[A-Za-z]:", "", text)
        words = [w for w in relative.split("/") if w not in ("", ".")]
        own = [w for w in words if w != ".."]
        candidates = [Path(text)] if Path(text).is_absolute() else []
        bases = [
            b for b in (beside, folder / self.base if not _elsewhere(self.base) else None, folder) if b is not None
        ]
        candidates += [base / "/".join(words) for base in bases]
        candidates += [folder / "/".join(own[i:]) for i in range(len(own))]
        return next((c for c in candidates if c.exists()), None)

    def notes(self, names: Sequence[str]) -> list[str]:
        """Sentences on what is odd about it, once the points have names."""
        notes = []
        if self.dims == 2:
            notes.append("has no v: points at 0 0 count as unlabelled, all others as visible")
        if self.flip is not None and len(self.flip) == len(names):
            pairs = [
                (landmarks.canonical_name(n), landmarks.canonical_name(names[i]))
                for n, i in zip(names, self.flip, strict=True)
            ]
            wrong = [a for a, b in pairs if a and b and landmarks.FLIP[landmarks.INDEX[a]] != landmarks.INDEX[b]]
            if wrong:
                notes.append(
                    f"has a flip_idx that does not exchange left and right ({some(wrong)}): a network trained with it on mirrored "
                    "pictures learns them wrong; posetune goes by the names"
                )
        return notes


def _elsewhere(base: str) -> bool:
    return base.startswith("/") or bool(re.match(r"[A-Za-z]:|[a-z]+:", base))


def yaml_of(path: Path) -> Path | None:
    """The YAML with kpt_shape that ``path`` is, or that lies in the folder ``path``."""
    if path.is_file():
        return path if path.suffix.lower() in (".yaml", ".yml") and _mentions(path) else None
    if not path.is_dir():
        return None
    found = [
        p for p in sorted(path.iterdir()) if p.suffix.lower() in (".yaml", ".yml") and p.is_file() and _mentions(p)
    ]
    return next((p for p in found if p.stem in ("data", "dataset")), found[0] if found else None)


def _mentions(path: Path) -> bool:
    try:
        return path.stat().st_size <= _LARGEST and b"kpt_shape" in path.read_bytes()
    except OSError:
        return False


def describe(path: Path) -> Description:
    """Raises PosetuneError for a YAML that is none or contradicts itself, with the line and what to write."""
    file = yaml_of(path)
    if file is None:
        raise PosetuneError(f"{path} has no data.yaml with kpt_shape; write one, or give the folder that holds it.")
    content = _load(file)
    shape = content.get("kpt_shape")
    if (
        not isinstance(shape, list) or len(shape) != 2 or not all(type(n) is int for n in shape)
        or not 0 < shape[0] <= _MOST_POINTS or shape[1] not in (2, 3)
    ):  # fmt: skip
        raise PosetuneError(f"{file}: kpt_shape is {shape!r}; write [number of points, 3], or 2 where there is no v.")
    flip = content.get("flip_idx")
    if flip is not None:
        flip = _flip(flip, shape[0], file)
    splits = {_MEANS.get(name, name): _entry(content[name], name, file) for name in _SPLITS if content.get(name)}
    if not splits:
        raise PosetuneError(f"{file}: it names no train, val or test; write 'train: images/train'.")
    classes = content.get("names")
    if isinstance(classes, list):
        classes = dict(enumerate(classes))
    class_names = {int(k): str(v) for k, v in classes.items() if str(k).isdigit()} if isinstance(classes, dict) else {}
    base = content.get("path")
    return Description(
        file, str(base) if base else "", splits, shape[0], shape[1], class_names, _names(content, shape[0], file), flip
    )


class _Plain(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can grow to gigabytes once anybody looks at the whole."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read", event.start_mark)
        return super().compose_node(parent, index)


def plain_yaml(text: str) -> Any:
    """What a YAML text from strangers holds. Raises yaml.YAMLError, for aliases too; ValueError or RecursionError."""
    return yaml.load(text, Loader=_Plain)


def _load(file: Path) -> dict[str, Any]:
    try:
        content = plain_yaml(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PosetuneError(f"{file} is not UTF-8 text ({error.reason}); save it as UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark is not None else ""
        lines = file.read_text("utf-8-sig", "replace").splitlines()
        text = lines[mark.line].strip()[:60] if mark is not None and mark.line < len(lines) else ""
        why = getattr(error, "problem", None) or "not YAML"
        raise PosetuneError(
            f"{file} is not YAML{line} ({why}): {text!r}; write 'key: value', and quote a value that holds ': '."
        ) from error
    except (ValueError, RecursionError) as error:
        raise PosetuneError(f"{file} is not YAML ({type(error).__name__}).") from error
    if not isinstance(content, dict):
        raise PosetuneError(f"{file} holds no keys; a data.yaml has train, names and kpt_shape.")
    return content


def _flip(flip: Any, count: int, file: Path) -> tuple[int, ...]:
    if not isinstance(flip, list):
        raise PosetuneError(f"{file}: flip_idx is no list; write [0, 2, 1, …].")
    odd = next((str(item) for item in flip if type(item) is not int), None)
    if odd is not None:
        line = next((i for i, text in enumerate(file.read_text("utf-8-sig").splitlines(), 1) if odd in text), 0)
        raise PosetuneError(f"{file}, line {line}: flip_idx has {odd!r}, which is no number; is a comma missing?")
    if set(flip) != set(range(count)) or len(flip) != count:
        raise PosetuneError(f"{file}: flip_idx has {len(flip)} numbers; it takes each of 0 to {count - 1} once.")
    return tuple(flip)


def _entry(value: Any, name: str, file: Path) -> list[str]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in found):
        raise PosetuneError(f"{file}: {name} is {value!r}; it is a folder of images or a list of them.")
    return found


def _names(content: dict[str, Any], count: int, file: Path) -> tuple[str, ...]:
    """The points' names under kpt_names (Ultralytics: class → list; all classes the same), or what others call it."""
    said = next((content[key] for key in _NAMES if content.get(key)), None)
    if isinstance(said, dict):
        lists = [v for v in said.values() if isinstance(v, list)]
        said = lists[0] if lists and all(v == lists[0] for v in lists) else None
    if not isinstance(said, list) or not all(isinstance(n, str) for n in said):
        return ()
    if len(said) != count:
        raise PosetuneError(f"{file}: kpt_shape says {count} points, and kpt_names has {len(said)}.")
    return tuple(said)
