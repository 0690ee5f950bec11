"""The command line: ``posetune VERB …``. One module per verb, imported only when it is called.

A verb's module has ``add_arguments(parser)`` and ``run(args) -> int`` (the exit code).
Exit codes: 0 done, 1 a check failed, 2 bad input, 130 interrupted by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import errno
import importlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from posetune.cli.common import JsonOutput, json_before_input
from posetune.errors import PosetuneError, pip_install
from posetune.interrupt import Terminated, terminable

# verb -> (module in posetune.cli, one line of help). A table, not discovery: start-up reads no folder and
# imports no verb but the one asked for.
VERBS = {
    "models": ("models", "list, fetch, import and locate the stock networks"),
    "train": ("train", "tune a stock network on labelled images"),
    "eval": ("eval", "measure networks against stock on people they have not seen"),
    "compare": ("compare", "put any number of networks and methods in one table"),
    "agree": ("agree", "measure networks on footage without labels, by agreement"),
    "sweep": ("sweep", "try methods, bases and label counts on your data, and say which to take"),
    "export": ("export", "write a tuned network as .tflite or .task"),
    "doctor": ("doctor", "say whether MediaPipe would take a file, and if not, why"),
    "predict": ("predict", "find poses in images, folders and videos"),
    "job": ("job", "predict, label, teach or eval on many processes and machines, whatever dies meanwhile"),
    "coach": ("coach", "count repetitions in a video, and say what can be seen of their form"),
    "ergonomics": (
        "ergonomics",
        "score postures at work over time: REBA, RULA, OWAS, with intervals for what is not seen",
    ),
    "corrections": ("corrections", "keep people's corrections, look them over, hand them out, forget them"),
    "audit": ("audit", "draw people to label by whom networks are judged"),
    "annotate": ("annotate", "open a page on which the labels of a set are looked at and corrected"),
    "serve": ("serve", "open the web app: pages and an API for pictures, videos and the webcam"),
    "learn": ("learn", "one pass of learning from corrections, its state, its history, and the way back"),
    "registry": ("registry", "make and look over a registry of networks: which is live, and what became of each"),
    "bench": ("bench", "measure speed, start-up and memory against MediaPipe on this machine"),
    "label": ("label", "make a set out of footage: choose frames, and prelabel the people in them"),
    "cvat": ("cvat", "send a set to a CVAT server, and bring its labels back"),
    "suggest": ("suggest", "say which images to label next"),
    "data": ("data", "look into, check and convert labelled sets"),
}
# Verbs with one required input, which may stand behind --json.
_ONE_INPUT = ("coach", "ergonomics", "doctor", "export", "predict")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, as every other failure; argparse puts the whole usage before it."""

    def __init__(self, **options: Any) -> None:
        # A flag cut short would be another one tomorrow; and `--dat` once started hours of training.
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"posetune: {message}; {self.prog} --help says what there is.\n")


def build_parser(verb: str | None) -> argparse.ArgumentParser:
    """The parser for ``verb`` (imports its module), or for the list of verbs when it is None."""
    from posetune._version import __version__

    parser = _Parser(
        prog="posetune",
        description="Fine-tune MediaPipe Pose on your own footage and put the result back into unmodified MediaPipe.",
    )
    parser.add_argument("--version", action="version", version=f"posetune {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (module, text) in VERBS.items():
        sub = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == verb:
            command = importlib.import_module(f"posetune.cli.{module}")
            command.add_arguments(sub)
            sub.set_defaults(run=command.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. Every foreseeable failure is one sentence on stderr."""
    argv = sys.argv[1:] if argv is None else argv
    let_prints_pass()
    verb = next((word for word in argv if not word.startswith("-")), None)
    code = 0
    with main_guard() as guard:
        if verb is not None and verb not in VERBS:
            raise PosetuneError(_no_verb(verb))
        if verb in _ONE_INPUT:
            argv = json_before_input(argv)
        args = build_parser(verb if verb in VERBS else None).parse_args(argv)
        output: JsonOutput | None = getattr(args, "json", None)
        with output.ready() if output is not None else contextlib.nullcontext():
            code = int(args.run(args))
    return guard.code or code


def _no_verb(word: str) -> str:
    near = difflib.get_close_matches(word, VERBS, 1)
    return f"there is no verb {word!r}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(VERBS)}.")


def let_prints_pass() -> None:
    """Have standard output and error replace what their encoding lacks ("?"), and lead nowhere where they are closed: no print
    may end a command.
    """
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class Guard:
    """What :func:`main_guard` made of an error: its exit code, 0 if there was none."""

    code = 0


@contextlib.contextmanager
def main_guard() -> Iterator[Guard]:
    """Turn every foreseeable failure inside the block into one sentence on stderr and an exit code."""
    guard = Guard()
    try:
        with terminable():
            yield guard
    except PosetuneError as error:
        guard.code = _fail(str(error), error.exit_code)
    except Terminated:
        guard.code = _fail("stopped by SIGTERM", 143)
    except KeyboardInterrupt:
        guard.code = _fail("stopped by Ctrl-C", 130)
    except BrokenPipeError:  # `posetune … | head` closed the pipe: not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        guard.code = _fail("out of memory: use smaller images or a smaller batch", 2)
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        guard.code = _fail(
            "this machine has no more threads to give: end other programs, or raise its limit (ulimit -u)", 2
        )
    except OSError as error:
        guard.code = _fail(_explain_os_error(error), 2)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").split(".")[0])
        if extra is None:
            raise
        guard.code = _fail(f"this needs {error.name}, which is not installed: {pip_install(extra)}", 2)


# module -> the extra that brings it
_EXTRAS = {
    "torch": "train",
    "matplotlib": "train",
    "sklearn": "train",
    "optuna": "sweep",
    "mediapipe": "mediapipe",
    "moderngl": "synth",
    "openvino": "openvino",
    "obstore": "learn",
    "pyarrow": "scale",
    "ray": "ray",
    "cvat_sdk": "cvat",
    **dict.fromkeys(("starlette", "msgspec", "uvicorn", "httptools", "websockets", "sqlalchemy", "alembic"), "serve"),
}


def _explain_os_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{where}the disk is full; free some space and run the command again"
    return f"{where}{error.strerror or error}"


def _fail(message: str, code: int) -> int:
    print(f"posetune: {message}", file=sys.stderr)
    return code
