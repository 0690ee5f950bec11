"""A stand-in for a CVAT server: its REST API as far as posetune calls it, with answers in the shapes of CVAT 2.80's schema (a test
has cvat-sdk's own client read them), and with the habits that hurt: files that are uploaded twice are appended to, a skeleton
that is changed stays as it was, connections break before or after what was asked is done.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

TOKEN = "secret-token"
NOW = "2026-01-01T00:00:00Z"
_SVG_KEYS = {"cx", "cy", "r", "x1", "y1", "x2", "y2", "data-type", "data-element-id", "data-node-id", "data-label-name",
             "data-label-id", "data-node-from", "data-node-to"}  # fmt: skip


class Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class State:
    """What is on the server. ``fault``: (number of the request that changes something, from 0; what happens): see Handler."""

    version: str = "2.80.0"
    projects: dict[int, dict] = field(default_factory=dict)
    tasks: dict[int, dict] = field(default_factory=dict)
    labels: dict[int, dict] = field(default_factory=dict)
    requests: dict[str, dict] = field(default_factory=dict)
    fault: tuple[int, str] | None = None
    refuse_gets: list[int] = field(default_factory=list)
    polls: int = 1
    changes: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    next_id: int = 0
    lock: Any = field(default_factory=threading.RLock)
    waiting: Any = field(default_factory=threading.Event)

    def new(self) -> int:
        self.next_id += 1
        return self.next_id

    def shapes(self, task: int | None = None) -> list[dict]:
        return [s for number, row in self.tasks.items() if task in (None, number) for s in row["annotations"]["shapes"]]

    def attribute(self, shape: dict, name: str) -> str | None:
        called = {a["id"]: a["name"] for a in self.labels[shape["label_id"]]["attributes"]}
        return next((a["value"] for a in shape["attributes"] if called[a["spec_id"]] == name), None)

    def set_attribute(self, shape: dict, name: str, value: str) -> None:
        spec = next(a["id"] for a in self.labels[shape["label_id"]]["attributes"] if a["name"] == name)
        shape["attributes"] = [a for a in shape["attributes"] if a["spec_id"] != spec] + [
            {"spec_id": spec, "value": value}
        ]

    def element(self, shape: dict, name: str) -> dict:
        return next(e for e in shape["elements"] if self.labels[e["label_id"]]["name"] == name)

    # labels

    def make_labels(self, specs: list[dict], **owner: int) -> None:
        for spec in specs:
            if not spec.get("name") or any(
                row["name"] == spec["name"] and owner.items() <= row.items() and not row["has_parent"]
                for row in self.labels.values()
            ):
                raise Refused(400, "All label names must be unique")
            self._make_label(spec, None, owner)

    def _make_label(self, spec: dict, parent: int | None, owner: dict[str, int]) -> dict:
        number = self.new()
        attributes = []
        for given in spec.get("attributes", []):
            assert given["input_type"] in ("checkbox", "radio", "number", "text", "select")
            assert isinstance(given["mutable"], bool)
            assert given["values"]
            assert all(isinstance(value, str) for value in given["values"])
            attributes.append({**given, "id": self.new()})
        row = {"id": number, "name": spec["name"], "color": "#33ddff", "attributes": attributes, "type": spec.get("type", "any"),
               "sublabels": [], "project_id": None, "task_id": None, "parent_id": parent, "has_parent": parent is not None,
               "svg": spec.get("svg", ""), **owner}  # fmt: skip
        self.labels[number] = row
        if row["type"] == "skeleton":
            _check_svg(row["svg"])
            row["sublabels"] = [self._make_label(sub, number, owner) for sub in spec["sublabels"]]
            for sub in row["sublabels"]:
                row["svg"] = row["svg"].replace(f'data-label-name="{sub["name"]}"', f'data-label-id="{sub["id"]}"')
        return row

    def labels_of(self, **owner: int) -> list[dict]:
        if owner.get("task_id"):
            task = self.tasks[owner["task_id"]]
            if task["project_id"]:
                owner = {"project_id": task["project_id"]}
        return [row for row in self.labels.values() if owner.items() <= row.items() and not row["has_parent"]]

    # tasks

    def make_task(self, body: dict) -> dict:
        if body.get("project_id") and body.get("labels"):
            raise Refused(400, "Can't set labels to a task inside a project")
        if body.get("project_id") and body["project_id"] not in self.projects:
            raise Refused(404, "no such project")
        number = self.new()
        row = {"id": number, "name": body["name"], "project_id": body.get("project_id"), "mode": "", "size": 0,
               "segment_size": body.get("segment_size", 0), "overlap": body.get("overlap"), "subset": body.get("subset", ""),
               "status": "annotation", "dimension": "2d", "data_chunk_size": None, "data_original_chunk_type": "imageset",
               "data_compressed_chunk_type": "imageset", "url": f"http://x/api/tasks/{number}", "bug_tracker": "",
               "organization": None, "organization_id": None, "created_date": NOW, "updated_date": NOW,
               "jobs": {"count": 0, "completed": 0, "validation": 0, "url": "http://x"},
               "labels": {"url": "http://x"}, "uploaded": {}, "frames": [],
               "deleted_frames": [], "job_rows": [],
               "annotations": {"version": 0, "tags": [], "shapes": [], "tracks": []}, "begun": False}  # fmt: skip
        self.tasks[number] = row
        if body.get("labels"):
            self.make_labels(body["labels"], task_id=number)
        return row

    def finish_upload(self, row: dict, body: dict) -> dict:
        order = body["upload_file_order"]
        if sorted(order) != sorted(row["uploaded"]):
            raise Refused(400, "Uploaded files do not match the 'upload_file_order' field contents.")
        request = f"action=create&target=task&id={row['id']}&n={self.new()}"
        self.requests[request] = {"id": request, "status": "started", "message": "", "polls": self.polls, "task": row["id"],
                                  "operation": {"type": "create:task", "target": "task", "task_id": row["id"]},
                                  "created_date": NOW, "order": order}  # fmt: skip
        row["begun"] = True
        return {"rq_id": request}

    def work(self) -> None:
        """What goes on behind the answers: tasks are made of their pictures after a while."""
        for request in self.requests.values():
            if request["status"] != "started":
                continue
            request["polls"] -= 1
            row = self.tasks.get(request["task"])
            if request["polls"] > 0 or row is None:
                continue
            try:
                row["frames"] = [_frame(name, row["uploaded"][name]) for name in request["order"]]
            except OSError as error:
                request.update(status="failed", message=f"cvat.apps.engine: {error}")
                continue
            row.update(size=len(row["frames"]), data_chunk_size=72, mode="annotation")
            step = row["segment_size"] or row["size"]
            row["job_rows"] = [
                {"id": self.new(), "start_frame": at, "stop_frame": min(at + step, row["size"]) - 1, "state": "new",
                 "stage": "annotation", "type": "annotation", "task_id": row["id"], "url": "http://x", "dimension": "2d",
                 "issues": {"count": 0, "url": "http://x"}, "labels": {"url": "http://x"}, "mode": "annotation",
                 "frame_count": min(step, row["size"] - at), "project_id": row["project_id"]}
                for at in range(0, row["size"], step)
            ]  # fmt: skip
            request["status"] = "finished"

    def annotate(self, row: dict, action: str, body: dict) -> dict:
        held = row["annotations"]["shapes"]
        for shape in body.get("shapes", []):
            if action == "create":
                held.append(self._checked(row, json.loads(json.dumps(shape))))
            else:
                assert any(s["id"] == shape["id"] for s in held)
                held[:] = [s for s in held if s["id"] != shape["id"]]
                if action == "update":
                    held.append(self._checked(row, shape))
        return row["annotations"]

    def _checked(self, row: dict, shape: dict) -> dict:
        label = self.labels.get(shape["label_id"])
        if label is None or label["type"] not in ("skeleton", "any", shape["type"]):
            raise Refused(400, "Label not found")
        if not 0 <= shape["frame"] < row["size"]:
            raise Refused(400, "frame out of range")
        specs = {a["id"]: a for a in label["attributes"]}
        for value in shape.get("attributes", []):
            spec = specs.get(value["spec_id"])
            if spec is None or (spec["input_type"] == "select" and value["value"] not in spec["values"]):
                raise Refused(400, f"Unknown attribute value {value}")
        subs = {sub["id"] for sub in label["sublabels"]}
        elements = shape.get("elements", [])
        if shape["type"] == "skeleton" and (not elements or {e["label_id"] for e in elements} - subs):
            raise Refused(400, "a skeleton's elements are of its own labels")
        shape.update(id=self.new(), **{k: shape.get(k, v) for k, v in _SHAPE.items()})
        for element in elements:
            assert element["frame"] == shape["frame"]
            assert len(element["points"]) == 2
            element.update(id=self.new(), **{k: element.get(k, v) for k, v in _SHAPE.items() if k not in ("elements",)})
        return shape


_SHAPE = {"occluded": False, "outside": False, "z_order": 0, "rotation": 0.0, "points": [], "group": 0, "source": "manual",
          "attributes": [], "elements": [], "score": 1.0}  # fmt: skip


def _frame(name: str, content: bytes) -> dict:
    image = Image.open(io.BytesIO(content))
    return {
        "width": image.width,
        "height": image.height,
        "name": name,
        "related_files": 0,
        "has_related_context": False,
    }


def _check_svg(svg: str) -> None:
    assert set(re.findall(r"<([a-z]+)", svg)) <= {"line", "circle"}, "CVAT takes nothing else"
    assert set(re.findall(r'([a-z0-9-]+)="', svg)) <= _SVG_KEYS
    nodes = [int(n) for n in re.findall(r'data-node-id="(\d+)"', svg)]
    assert nodes == list(range(1, len(nodes) + 1))


class Handler(BaseHTTPRequestHandler):
    """A fault is "before": the connection breaks and nothing was done; "after": all was done, and the connection breaks;
    "late": it breaks, and it is done a moment later; "silent": all was done, and no answer comes; or a status: nothing was done;
    with "+": all was done, and that is answered.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    state: State

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        state = self.state
        state.log.append(f"{self.command} {url.path}")
        fault = None
        if self.command != "GET" and not url.path.startswith("/api/auth"):
            if state.fault is not None and len(state.changes) == state.fault[0]:
                fault = state.fault[1]
            state.changes.append(f"{self.command} {url.path}")
        elif state.refuse_gets and url.path != "/api/server/about":
            return self._answer(state.refuse_gets.pop(0), {"detail": "no"})
        if fault == "before":
            return self._break()
        if fault == "late":
            threading.Timer(0.04, lambda: self._do(url.path, query, body)).start()
            return self._break()
        if fault is not None and fault.isdigit():
            return self._answer(int(fault), {"detail": "asked to fail"})
        status, answer = self._do(url.path, query, body)
        if fault == "silent":
            state.waiting.wait(5)
        if fault in ("after", "silent"):
            return self._break()
        if fault is not None:
            return self._answer(int(fault.removesuffix("+")), "<html>Bad Gateway</html>")
        self._answer(status, answer)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle

    def _do(self, path: str, query: dict, body: bytes) -> tuple[int, Any]:
        with self.state.lock:
            try:
                self.state.work()
                return self._route(path, query, body)
            except Refused as refused:
                return refused.status, [str(refused)]
            except KeyError as missing:
                return 404, {"detail": f"Not found: {missing}"}

    def _route(self, path: str, query: dict, body: bytes) -> tuple[int, Any]:
        state = self.state
        if path == "/api/server/about":
            return 200, {
                "name": "CVAT",
                "description": "",
                "version": state.version,
                "logo_url": "http://x",
                "subtitle": "",
            }
        if path == "/api/auth/login":
            said = json.loads(body)
            return (
                (200, {"key": "x"})
                if said["password"] == "right"
                else (400, {"non_field_errors": ["Unable to log in"]})
            )
        signed_in = self.headers.get("Authorization") == f"Bearer {TOKEN}" or "sessionid=ok" in self.headers.get(
            "Cookie", ""
        )
        if not signed_in:
            return 401, {"detail": "Authentication credentials were not provided."}
        parts = path.strip("/").split("/")[1:]
        if path == "/api/users/self":
            return 200, {"id": 1, "username": "ann", "url": "http://x", "first_name": "", "last_name": "", "groups": []}
        if parts == ["projects"] and self.command == "POST":
            said = json.loads(body)
            number = state.new()
            state.projects[number] = {"id": number, "name": said["name"], "url": "http://x", "status": "annotation",
                                      "dimension": None, "bug_tracker": "", "organization": None,
                                      "organization_id": None, "tasks": {"count": 0, "url": "http://x"},
                                      "labels": {"url": "http://x"}, "created_date": NOW, "updated_date": NOW}  # fmt: skip
            state.make_labels(said.get("labels", []), project_id=number)
            return 201, state.projects[number]
        if parts == ["projects"]:
            return 200, _page([p for p in state.projects.values() if query.get("name") in (None, p["name"])], query)
        if parts[0] == "projects":
            return 200, state.projects[int(parts[1])]
        if parts == ["labels"]:
            return 200, _page(state.labels_of(**{k: int(v) for k, v in query.items() if k.endswith("_id")}), query)
        if parts == ["jobs"]:
            return 200, _page(state.tasks[int(query["task_id"])]["job_rows"], query)
        if parts == ["requests"]:
            return 200, _page(
                [_request(r) for r in state.requests.values() if str(r["task"]) == query.get("task_id")], query
            )
        if parts[0] == "requests":
            return 200, _request(state.requests[unquote(parts[1])])
        return self._task(parts[1:], query, body)

    def _task(self, parts: list[str], query: dict, body: bytes) -> tuple[int, Any]:
        state = self.state
        if not parts and self.command == "POST":
            return 201, _task_row(state.make_task(json.loads(body)))
        if not parts:
            rows = [
                _task_row(row) for row in state.tasks.values()
                if query.get("project_id") in (None, str(row["project_id"])) and query.get("search", "") in row["name"]
            ]  # fmt: skip
            return 200, _page(rows, query)
        row = state.tasks[int(parts[0])]
        rest = "/".join(parts[1:])
        if not rest and self.command == "DELETE":
            del state.tasks[row["id"]]
            return 204, None
        if not rest and self.command == "PATCH":
            row.update({k: v for k, v in json.loads(body).items() if k in ("name", "subset")})
            return 200, _task_row(row)
        if not rest:
            return 200, _task_row(row)
        if rest == "annotations" and self.command == "GET":
            return 200, row["annotations"]
        if rest == "annotations":
            return 200, state.annotate(row, query["action"], json.loads(body))
        if rest == "data/meta":
            return 200, {"chunk_size": 72, "size": row["size"], "image_quality": 90, "start_frame": 0, "frames": row["frames"],
                         "stop_frame": max(row["size"] - 1, 0), "frame_filter": "", "deleted_frames": row["deleted_frames"],
                         "included_frames": None, "chunks_updated_date": NOW, "chapters": None}  # fmt: skip
        if rest == "data" and self.command == "GET":
            return 200, _chunk([row["uploaded"][frame["name"]] for frame in row["frames"]])
        if row["size"] or row["begun"]:
            raise Refused(400, "Adding more data is not supported")
        if "Upload-Start" in self.headers:
            return 202, None
        if "Upload-Multiple" in self.headers:
            for name, content in _files(self.headers["Content-Type"], body):
                row["uploaded"][name] = row["uploaded"].get(name, b"") + content
            return 200, None
        return 202, state.finish_upload(row, json.loads(body))

    def _answer(self, status: int, answer: Any) -> None:
        data = answer if isinstance(answer, bytes) else b"" if answer is None else (
            answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        )  # fmt: skip
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if not isinstance(answer, bytes) else "image/jpeg")
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "0")
        if self.path == "/api/auth/login" and status == 200:
            self.send_header("Set-Cookie", "sessionid=ok")
            self.send_header("Set-Cookie", "csrftoken=ok")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _break(self) -> None:
        self.close_connection = True
        self.connection.close()


def _chunk(pictures: list[bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, content in enumerate(pictures):
            archive.writestr(f"{number:06d}.jpeg", content)
    return packed.getvalue()


def _task_row(row: dict) -> dict:
    hidden = ("uploaded", "frames", "deleted_frames", "job_rows", "annotations", "begun")
    return {key: value for key, value in row.items() if key not in hidden}


def _request(row: dict) -> dict:
    return {key: row[key] for key in ("id", "status", "message", "operation", "created_date")}


def _page(rows: list[dict], query: dict) -> dict:
    """Two a page, however many are asked for."""
    page, size = int(query.get("page", 1)), 2
    after = rows[page * size :]
    return {"count": len(rows), "next": "http://x/next" if after else None, "previous": None,
            "results": rows[(page - 1) * size : page * size]}  # fmt: skip


def _files(kind: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'filename="([^"]*)"', head)
        if name is not None:  # as Django: folders are dropped
            yield name.group(1).decode("utf-8").rpartition("/")[2], content.removesuffix(b"\r\n")


@contextmanager
def running(**facts: Any) -> Iterator[tuple[str, State]]:
    """``(url, state)`` of a server that runs inside the block."""
    state = State(**facts)
    handler = type("OwnHandler", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", state
    finally:
        state.waiting.set()
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until(condition: Any, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
