"""A camera's frames over a WebSocket, through a running server."""

from __future__ import annotations

import contextlib
import json
import struct

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.server import running
from tests.serve.security.test_sessions import OTHER, TOKEN

from posetune.opencv import cv2
from posetune.runtime.images import read_image

sync = pytest.importorskip("websockets.sync.client")
from websockets.exceptions import ConnectionClosed, InvalidStatus

from posetune.serve.api.live import HEAD


def jpeg(step: int = 0, width: int = 320) -> bytes:
    picture = draw_person(room(width, 288), (130 + 5 * step, 160), 0.75, arms=0.2 + 0.1 * step)
    return cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()


def frame(number: int, content: bytes | None = None, milliseconds: float | None = None) -> bytes:
    at = 1e12 + 40.0 * number if milliseconds is None else milliseconds
    return HEAD.pack(number, at) + (jpeg(number % 5) if content is None else content)


def connect(server, query: str = "", **options):
    return sync.connect(f"ws://127.0.0.1:{server.port}/api/v1/live{query}", max_size=2**20, **options)


def ask(socket, *content) -> dict:
    socket.send(frame(*content))
    return json.loads(socket.recv(timeout=20))


def test_each_frame_is_answered_and_people_keep_their_ids(web_server):
    with connect(web_server) as socket:
        answers = [ask(socket, number) for number in range(4)]
    assert [a["seq"] for a in answers] == [0, 1, 2, 3]
    assert [a["capture_ms"] for a in answers] == [1e12, 1e12 + 40, 1e12 + 80, 1e12 + 120]
    assert {(a["width"], a["height"], a["network"]["name"]) for a in answers} == {(320, 288, "lite")}
    assert [[p["id"] for p in a["people"]] for a in answers] == [[1]] * 4
    assert answers[0]["server_ms"] > 0


def test_the_points_are_those_of_tracking(web_server, lite_landmarker):
    frames = [(read_image(jpeg(n)), 1 + 0.04 * n) for n in range(3)]
    expected = [poses[0].landmarks_px for poses in lite_landmarker.track(frames, max_people=1)]
    with connect(web_server) as socket:
        found = [ask(socket, n)["people"][0]["landmarks_px"] for n in range(3)]
    np.testing.assert_allclose(found, expected, atol=0.002)


def test_of_frames_that_come_at_once_the_newest_counts(web_server):
    with connect(web_server) as socket:
        for number in range(12):
            socket.send(frame(number))
        seen = []
        while not seen or seen[-1] != 11:
            seen.append(json.loads(socket.recv(timeout=20))["seq"])
    assert seen == sorted(seen)
    assert len(seen) < 12


def test_the_current_network_answers_from_the_next_frame_on(web_server):
    with connect(web_server) as socket:
        assert ask(socket, 0)["network"]["name"] == "lite"
        try:
            web_server.put_json("/api/v1/networks/current", {"name": "full"})
            answer = ask(socket, 1)
            assert (answer["network"]["name"], len(answer["people"])) == ("full", 1)
        finally:
            web_server.put_json("/api/v1/networks/current", {"name": "lite"})


def test_a_clock_that_goes_back_begins_anew(web_server):
    with connect(web_server) as socket:
        assert ask(socket, 5)["people"][0]["id"] == 1
        assert ask(socket, 6, None, 5.0)["people"][0]["id"] == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"GIF89a" + bytes(50), 415), (b"\xff\xd8\xff\xe0 no jpeg", 415), (jpeg()[:-2000], 422), (jpeg(0, 8000), 413)],
)
def test_a_bad_frame_is_one_sentence_and_the_next_one_is_answered(web_server, content, status):
    with connect(web_server) as socket:
        answer = ask(socket, 0, content)
        if "error" in answer:  # a JPEG that is cut off may be shown as far as it goes
            assert answer["error"]["status"] == status
        else:
            assert status == 422
        assert len(ask(socket, 1)["people"]) == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [("text", 1003), (b"short", 1007), (HEAD.pack(0, float("nan")) + jpeg(), 1007), (frame(0, bytes(2**20)), 1009)],
)
def test_what_is_no_frame_ends_the_connection(web_server, message, code):
    with connect(web_server) as socket:
        socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
    assert closed.value.rcvd.code == code
    assert closed.value.rcvd.reason.endswith(".") or len(message) >= 2**20


def refusal(server, query: str = "", **options) -> int:
    with pytest.raises(InvalidStatus) as refused, connect(server, query, **options):
        pass
    return refused.value.response.status_code


def test_who_may_not_come_is_told_before_the_connection(web_server):
    assert refusal(web_server, origin="http://evil.example") == 403
    assert refusal(web_server, origin="null") == 403
    assert refusal(web_server, additional_headers={"Sec-Fetch-Site": "cross-site"}) == 403
    assert refusal(web_server, "?model=nothing") == 404
    assert refusal(web_server, "?max_people=0") == 422
    with connect(web_server, origin=web_server.url) as socket:
        assert ask(socket, 0)["seq"] == 0


def test_a_visitor_has_so_many_cameras_and_leaves_none_behind(web_server):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(connect(web_server))
        assert refusal(web_server) == 429
    for _ in range(3):  # the server notices in its own time
        with contextlib.suppress(InvalidStatus), connect(web_server) as socket:
            assert ask(socket, 0)["seq"] == 0
            return
    pytest.fail("the connections that were closed still count")


def test_a_changed_token_ends_the_connection(tmp_path):
    tokens = [TOKEN, OTHER]
    (tmp_path / "token").write_text(tokens[0])
    with running(tmp_path / "data", token_file=tmp_path / "token") as server:
        assert refusal(server) == 401
        with connect(server, additional_headers={"Authorization": f"Bearer {tokens[0]}"}) as socket:
            assert ask(socket, 0)["seq"] == 0
            (tmp_path / "token").write_text(tokens[1])
            socket.send(frame(1))
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=20)
        assert closed.value.rcvd.code == 1008


def test_the_head_is_twelve_bytes_little_endian():
    assert HEAD.pack(258, 1.5) == struct.pack("<I", 258) + struct.pack("<d", 1.5)
    assert HEAD.size == 12
