"""One YAML per run: a commented default, the user's file over it, ``--set a.b=c`` over that, checked key by key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from posetune.errors import PosetuneError


def read_yaml(path: str | Path) -> dict[str, Any]:
    """A YAML file as a mapping. Raises PosetuneError if it is missing, not YAML, or not a mapping."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PosetuneError(
            f"Cannot read the configuration {path}: {getattr(error, 'strerror', None) or error}."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise PosetuneError(f"The configuration {path} is not valid YAML{where}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PosetuneError(f"The configuration {path} must be a mapping of keys to values.")
    return content


def resolve(
    default: Mapping[str, Any], *overlays: Mapping[str, Any], assignments: Iterable[str] = ()
) -> dict[str, Any]:
    """``default`` with the overlays laid over it in order, then the assignments "a.b=c".

    Raises PosetuneError for a key that the default does not have (with the nearest one that it has), and for a value of
    another type.
    """
    result = _copy(default)
    for overlay in overlays:
        _lay_over(result, overlay, "")
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator:
            raise PosetuneError(f"--set wants key=value, not '{assignment}'.")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PosetuneError(f"--set {assignment}: the value is not valid YAML.") from error
        nested: Any = value
        for part in reversed(key.strip().split(".")):
            nested = {part: nested}
        _lay_over(result, nested, "")
    return result


def _copy(value: Any) -> Any:
    return {k: _copy(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _lay_over(target: dict[str, Any], overlay: Mapping[str, Any], prefix: str) -> None:
    for key, value in overlay.items():
        name = f"{prefix}{key}"
        if key not in target:
            near = difflib.get_close_matches(str(key), list(target), n=1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else f"; there are {', '.join(target)}."
            raise PosetuneError(f"Unknown configuration key {name}{hint}")
        present = target[key]
        if isinstance(present, dict):
            if not isinstance(value, Mapping):
                raise PosetuneError(f"The configuration key {name} is a group; set one of {', '.join(present)} in it.")
            _lay_over(present, value, f"{name}.")
        else:
            target[key] = _checked(name, present, value)


def _checked(name: str, present: Any, value: Any) -> Any:
    if present is None or (isinstance(present, str) and not isinstance(value, Mapping | list | None)):
        return value
    if isinstance(present, bool) != isinstance(value, bool) or isinstance(value, Mapping):
        raise PosetuneError(f"The configuration key {name} wants {_kind(present)}, not {value!r}.")
    if isinstance(present, float):
        try:
            return float(value)  # YAML 1.1 takes 1e-4, without a point, for text
        except (TypeError, ValueError):
            pass
    if isinstance(value, type(present)):
        return value
    raise PosetuneError(f"The configuration key {name} wants {_kind(present)}, not {value!r}.")


def _kind(value: Any) -> str:
    kinds: list[tuple[type, str]] = [
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (list, "a list"),
    ]
    return next((text for kind, text in kinds if isinstance(value, kind)), "text")
