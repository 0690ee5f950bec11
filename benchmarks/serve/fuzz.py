"""Ten minutes of what nobody should send: the schema fuzzed by schemathesis, and good files with bytes changed.

    python benchmarks/serve/fuzz.py photo.jpg pose.task clip.mp4 --minutes 10

Half of the time each. Told is every answer that is no 2xx, 4xx or 503, every worker that died, every connection that was lost, and
whether a picture is answered afterwards as before.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from served import Server, memory_mb, serving

#: suffix → where such a file is sent, and as what.
TARGETS = {
    ".jpg": ("/api/v1/predict", "image/jpeg"), ".jpeg": ("/api/v1/predict", "image/jpeg"), ".png": ("/api/v1/predict", "image/png"),
    ".webp": ("/api/v1/predict", "image/webp"), ".task": ("/api/v1/networks", "application/octet-stream"),
    ".tflite": ("/api/v1/networks", "application/octet-stream"), ".mp4": ("/api/v1/jobs", "video/mp4"),
    ".webm": ("/api/v1/jobs", "video/webm"),
    ".avi": ("/api/v1/jobs", "video/x-msvideo"), ".mov": ("/api/v1/jobs", "video/quicktime"),
}  # fmt: skip
#: Binary bodies that the schema allows are mostly no pictures, and are refused.
SKIPPED = "positive_data_acceptance"


def schema(server: Server, seconds: float, seed: int) -> bool:
    """Whether schemathesis found nothing."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"http://127.0.0.1:{server.port}/api/v1/openapi.json",
        "--max-time", str(int(seconds)), "--max-examples", "100000", "--exclude-checks", SKIPPED, "--seed", str(seed), "--no-color",
    ]  # fmt: skip
    found = subprocess.run(command, capture_output=True, text=True)
    print(re.sub(r"[^\n]{500,}", "…", found.stdout[-4000:]))
    return found.returncode == 0


def mutated(content: bytes, rng: random.Random) -> bytes:
    """``content`` with bytes changed, cut, doubled, moved, or put in."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20, 100))):
        at = rng.randrange(len(changed)) if rng.random() < 0.5 else rng.randrange(min(len(changed), 2000))
        length = rng.choice((1, 1, 2, 4, 16, 500))
        how = rng.randrange(6)
        if how == 0:
            changed[at : at + length] = rng.randbytes(length)
        elif how == 1:
            changed[at : at + length] = bytes([rng.choice((0, 255, 127, 128))]) * length
        elif how == 2:
            changed[at:at] = changed[at : at + length]
        elif how == 3:
            del changed[at : at + length]
        elif how == 4:
            changed[at] ^= 1 << rng.randrange(8)
        elif rng.random() < 0.1:
            del changed[at:]
        if not changed:
            break
    return bytes(changed)


def ask(server: Server, method: str, path: str, body: bytes | None = None, media: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request(method, path, body, {"Content-Type": media} if media else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def files(server: Server, paths: list[Path], seconds: float, seed: int) -> bool:
    """Whether every answer was one that a client understands."""
    rng, statuses, good = random.Random(seed), Counter[str](), True
    contents = {path: path.read_bytes() for path in paths}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        path = rng.choice(paths)
        target, media = TARGETS[path.suffix.lower()]
        try:
            status, answer = ask(server, "POST", target, mutated(contents[path], rng), media)
        except OSError as error:
            print(f"{path.suffix}: {type(error).__name__}")
            status, answer, good = 0, b"", False
        statuses[f"{path.suffix} {status}"] += 1
        if status not in (200, 201, 503) and not (400 <= status < 500 and b'"detail"' in answer):
            print(f"{path.suffix}: {status} {answer[:200]!r}")
            good = False
        if status == 201:  # a network or a job: make room for the next
            found = json.loads(answer)
            ask(server, "DELETE", f"{target}/{found.get('id') or found['name']}")
    for name, count in sorted(statuses.items()):
        print(f"{name}: {count}")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "files", nargs="+", type=Path, help="good files: pictures, networks, videos; the first is a picture"
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("schema", "files"))
    args = parser.parse_args()
    seconds = args.minutes * 60 / (1 if args.only else 2)
    with serving("--model", "lite") as server:
        picture = args.files[0].read_bytes()
        before = ask(server, "POST", "/predict", picture, "image/jpeg")
        good = args.only == "schema" or files(server, args.files, seconds, args.seed)
        if args.only != "files":
            good = schema(server, seconds, args.seed) and good
            ask(server, "PUT", "/api/v1/networks/current", b'{"name":"lite"}', "application/json")
        metrics = ask(server, "GET", "/metrics")[1].decode()
        deaths = re.search(r"^posetune_worker_deaths_total (\S+)", metrics, re.MULTILINE)
        same = json.loads(ask(server, "POST", "/predict?model=lite", picture, "image/jpeg")[1])["people"]
        good = same == json.loads(before[1])["people"] and good
        print(f"workers that died: {deaths[1] if deaths else '?'}; memory {memory_mb(server.pid)} MB")
    print("nothing found" if good else "FOUND SOMETHING")
    raise SystemExit(not good)


if __name__ == "__main__":
    main()
