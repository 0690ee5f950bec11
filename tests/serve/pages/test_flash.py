"""Joints beyond their range: red at most twice a second, with a ring, a sign and words, steady for who asks for less motion."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from tests.helpers.server import running
from tests.serve.pages.conftest import analysed

#: Turns from red to not red or back that any second may hold.
MOST = 2


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory):
    """Elbows must be nearly straight: those of the picture are not."""
    with running(tmp_path_factory.mktemp("strict")) as server:
        ranges = server.get("/api/v1/ranges").json()["ranges"]
        ranges["right_elbow"] = {"min": 170, "max": 180}
        assert server.put_json("/api/v1/ranges", {"ranges": ranges}).status == 200
        yield server


def turns_in_a_second(times: list[float], levels: list[float]) -> int:
    """The most changes between the upper and the lower half that any second holds."""
    red = [level > 0.5 for level in levels]
    turned = [t for t, (before, after) in zip(times[1:], itertools.pairwise(red), strict=True) if before != after]
    return max((sum(start <= t < start + 1000 for t in turned) for start in turned), default=0)


def watch(page, seconds: float) -> tuple[list[float], list[float]]:
    """Times, ms, and how red the pixel beside the joint's middle is, 0…1, as the screen shows it."""
    samples = page.evaluate(
        """(ms) => new Promise((resolve) => {
          const canvas = document.querySelector(".stage-overlay"), k = canvas.width / canvas.clientWidth;
          const ring = posetune.stage.drawn.rings[0], context = canvas.getContext("2d"), samples = [], start = performance.now();
          const timer = setInterval(() => {
            const [r, g, b, a] = context.getImageData((ring.x - 0.75 * ring.r) * k, (ring.y + 0.3 * ring.r) * k, 1, 1).data;
            samples.push([performance.now() - start, a / 255]);
            if (performance.now() - start > ms) clearInterval(timer), resolve(samples);
          }, 30);
        })""",
        seconds * 1000,
    )
    return [t for t, _ in samples], [level for _, level in samples]


def test_a_flagged_joint_flashes_at_most_twice_a_second_with_ring_sign_and_words(visit, strict_server):
    page = visit("/", server=strict_server)
    state = analysed(page)
    flag = next(flag for flag in state["people"][0]["flags"] if flag["joint"] == "right_elbow")
    assert flag["kind"] == "below"
    drawn = page.evaluate("posetune.stage.drawn")
    assert [ring["joint"] for ring in drawn["rings"]] == ["right_elbow"]
    label = next(label for label in drawn["labels"] if label["joint"] == "right_elbow")
    assert label["flagged"]
    assert label["text"].endswith("° below 170°")
    times, levels = watch(page, 2.6)
    middle = (max(levels) + min(levels)) / 2
    assert max(levels) - min(levels) > 0.3, "it does flash"
    assert 1 <= turns_in_a_second(times, [0.5 + level - middle for level in levels]) <= MOST
    said = page.locator("#angles .flagged").inner_text()
    assert abs(float(said.split("°")[0]) - flag["value"]) <= 0.1
    assert "below 170°" in said
    assert "Right elbow" in page.locator('[role="status"]').inner_text()
    assert "below 170°" in page.locator("#stage").get_attribute("aria-label")


def test_it_is_steady_where_less_motion_is_asked_for(visit, strict_server):
    page = visit("/", server=strict_server, reduced_motion="reduce")
    analysed(page)
    assert page.evaluate("posetune.stage.drawn.rings.map((r) => r.level)") == [1]
    _, levels = watch(page, 1)
    assert min(levels) == max(levels) > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_joint_that_wavers_about_its_limit_turns_at_most_twice_a_second(visit, seed):
    """30 frames a second, flagged at random, in streaks and alternating: what a video at the edge of a range does."""
    draw = random.Random(seed)
    wanted = (
        [i % 2 == 0 for i in range(300)] if seed == 0 else [draw.random() < (0.5, 0.9)[seed - 1] for _ in range(600)]
    )
    page = visit("/ranges")
    levels = page.evaluate(
        """async (wanted) => {
          const { FlashGate, flashLevel } = await import("/static/js/components/flash.js");
          const gate = new FlashGate();
          return wanted.map((on, i) => {
            const shown = gate.update(on ? ["a"] : [], (i * 1000) / 30);
            return shown.has("a") ? flashLevel(shown.get("a"), false) : 0;
          });
        }""",
        wanted,
    )
    assert max(levels) > 0.95
    assert turns_in_a_second([i * 1000 / 30 for i in range(len(levels))], levels) <= MOST


def test_labels_never_cover_their_joint_wherever_they_must_stand(visit):
    page = visit("/ranges")
    draw = random.Random(4)
    cases = [
        {
            "joints": [[draw.uniform(0, 640), draw.uniform(0, 480), draw.uniform(-3.14, 3.14)] for _ in range(10)],
            "widths": [draw.uniform(30, 130) for _ in range(10)],
        }
        for _ in range(60)
    ]
    worst = page.evaluate(
        """async (cases) => {
          const { placeLabels, covers } = await import("/static/js/components/labels.js");
          let covered = 0, placed = 0;
          for (const { joints, widths } of cases) {
            const discs = joints.map(([x, y]) => ({ x, y, r: 6 }));
            const requests = joints.map(([x, y, turn], i) => ({ key: String(i), joint: { x, y }, width: widths[i], height: 19,
              gap: 15, must: true,
              away: { x: Math.cos(turn), y: Math.sin(turn) } }));
            for (const [key, rect] of placeLabels(requests, { discs, lines: [] }, { x: 0, y: 0, width: 640, height: 480 })) {
              placed++;
              covered += covers(rect, discs[Number(key)]);
            }
          }
          return [placed, covered];
        }""",
        cases,
    )
    assert worst == [600, 0], json.dumps(worst)


def test_a_label_is_not_written_where_it_would_be_read_as_another_joints(visit):
    """Two knees side by side, each bent towards the other: both labels would like to stand in the middle."""
    page = visit("/ranges")
    nearest = page.evaluate(
        """async () => {
          const { placeLabels } = await import("/static/js/components/labels.js");
          const joints = [["left", 300, 1], ["right", 345, -1]];
          const requests = joints.map(([key, x, to]) => (
            { key, joint: { x, y: 200 }, away: { x: to, y: 0 }, width: 44, height: 19, gap: 15 }));
          const discs = joints.map(([, x]) => ({ x, y: 200, r: 6 }));
          const placed = placeLabels(requests, { discs, lines: [] }, { x: 0, y: 0, width: 640, height: 480 });
          return joints.map(([key]) => {
            const { x, width } = placed.get(key);
            return [key, x + width / 2 < 322.5 ? "left" : "right"];
          });
        }"""
    )
    assert nearest == [["left", "left"], ["right", "right"]]


def test_a_flag_does_not_pass_to_whoever_stands_in_its_place(visit, strict_server):
    page = visit("/", server=strict_server)
    analysed(page)
    drawn = page.evaluate("""(() => {
      const { stage } = posetune, [person] = stage.people;
      const other = { ...person, flags: [], landmarks_px: person.landmarks_px.map(([x, y, z]) => [x - 200, y, z]) };
      stage.setPeople([other, person]);
      stage.draw();
      return stage.drawn;
    })()""")
    assert [(ring["person"], ring["joint"]) for ring in drawn["rings"]] == [(1, "right_elbow")]
    assert [label["person"] for label in drawn["labels"] if label["flagged"]] == [1]


def test_words_stand_as_long_as_the_ring_in_a_video(visit, strict_server):
    page = visit("/", server=strict_server)
    analysed(page)
    drawn = page.evaluate("""(() => {
      const { stage } = posetune, [person] = stage.people;
      stage.setFrame(stage.picture, stage.size, [{ ...person, flags: [] }]);
      stage.draw();
      return stage.drawn;
    })()""")
    assert [label["text"].split("° ")[1] for label in drawn["labels"] if label["flagged"]] == ["below 170°"]
