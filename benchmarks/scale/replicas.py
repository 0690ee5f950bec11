"""Two replicas of the web app behind nginx with one PostgreSQL, one of them killed under load.

    python benchmarks/scale/replicas.py PICTURE.jpg --seconds 20 --clients 8

Wants nginx and PostgreSQL. Fails where an acknowledged correction is lost, or more requests fail than were in flight on the replica
that was killed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.helpers import postgres

from posetune.store.database import Database

CONF = Path(__file__).parents[2] / "deploy/compose/nginx.conf"
PORTS = {"first": 18001, "second": 18002}
FRONT = 18000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replicas-") as place, postgres.cluster() as url:
        servers = {name: serve(Path(place) / name, port, url) for name, port in PORTS.items()}
        front = nginx(Path(place))
        try:
            for port in (*PORTS.values(), FRONT):
                until_ready(port)
            clients = [Client(n, args.picture.read_bytes()) for n in range(args.clients)]
            for client in clients:
                client.start()
            time.sleep(args.seconds / 2)
            on_first = [c.under_way for c in clients]
            servers["first"].send_signal(signal.SIGKILL)
            servers["first"].wait()
            in_flight = sum(on_first)
            time.sleep(args.seconds / 2)
            for client in clients:
                client.stop = True
            for client in clients:
                client.join()
            report(clients, in_flight, url)
        finally:
            for process in (front, *servers.values()):
                process.terminate()
            for process in (front, *servers.values()):
                process.wait()


def serve(folder: Path, port: int, url: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "posetune",
        "serve",
        "--port",
        str(port),
        "--data-dir",
        str(folder),
        "--database",
        url,
    ]
    return subprocess.Popen(
        [*command, "--model", "lite", "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def nginx(place: Path) -> subprocess.Popen:
    text = CONF.read_text().replace("/tmp/", f"{place}/").replace("listen 8000", f"listen 127.0.0.1:{FRONT}")
    for name, port in PORTS.items():
        text = text.replace(f"{name}:8000", f"127.0.0.1:{port}")
    text = re.sub("worker_processes auto;", "worker_processes 1; daemon off;", text)
    (place / "nginx.conf").write_text(text)
    place.chmod(0o755)
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    return subprocess.Popen([program, "-c", str(place / "nginx.conf"), "-p", str(place)])


def until_ready(port: int) -> None:
    for _ in range(600):
        try:
            if ask("GET", "/readyz", port=port)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"nothing is ready at {port}")


def ask(method: str, path: str, body: bytes | None = None, headers=None, port: int = FRONT, source: str = "127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


class Client(threading.Thread):
    """Somebody who corrects pictures, from an address of his own."""

    def __init__(self, number: int, picture: bytes) -> None:
        super().__init__(daemon=True)
        self.source, self.picture = f"127.0.1.{number + 1}", picture
        self.stop = self.under_way = False
        self.answers: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.cookie: dict[str, str] = {}

    def run(self) -> None:
        picture, given = None, 0
        while not self.stop:
            if picture is None and given < 40:
                status, headers, content = self.ask(
                    "/api/v1/corrections/pictures?consent=1", self.picture, "image/jpeg"
                )
                if status == 201:
                    picture = json.loads(content)["picture"]
                    self.cookie = {"Cookie": headers.get("set-cookie", "").partition(";")[0]}
            elif picture is not None and given < 40:
                points = [[10.0 + given, 20.0, 2]] * 33
                said = {
                    "picture": picture,
                    "points": points,
                    "touched": ["moved"] * 33,
                    "key": f"{self.source}-{given}",
                }
                status, _, content = self.ask("/api/v1/corrections", json.dumps(said).encode(), "application/json")
                if status in (200, 201):
                    self.acknowledged.add(json.loads(content)["id"])
                    given += 1
            self.ask("/api/v1/predict", self.picture, "image/jpeg")

    def ask(self, path: str, body: bytes, media: str):
        self.under_way = True
        try:
            found = ask("POST", path, body, {"Content-Type": media, **self.cookie}, source=self.source)
        except OSError as error:
            found = 0, {}, str(error).encode()
        self.under_way = False
        self.answers["ok" if 200 <= found[0] < 300 else f"{found[0]} {found[2][:80]!r}"] += 1
        return found


def report(clients: list[Client], in_flight: int, url: str) -> None:
    import sqlalchemy as sa

    acknowledged = set().union(*(c.acknowledged for c in clients))
    answers = sum((c.answers for c in clients), Counter())
    with Database(url).read() as connection:
        kept = {str(row[0]) for row in connection.execute(sa.text("SELECT id FROM corrections"))}
    failed = sum(n for what, n in answers.items() if what != "ok")
    others = dict(answers - Counter(ok=answers["ok"]))
    print(
        f"{answers['ok']} requests answered, {failed} failed ({others}); {in_flight} were in flight when one replica was "
        f"killed; {len(acknowledged)} corrections acknowledged, {len(acknowledged - kept)} of them lost"
    )
    assert acknowledged
    assert acknowledged <= kept
    assert failed <= in_flight


if __name__ == "__main__":
    main()
