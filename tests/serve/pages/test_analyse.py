"""The page that analyses a picture: what it draws is what the API answers."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from tests.serve.pages.conftest import PAGES, PICTURE, analysed, settled

from posetune.data.dataset import load_dataset
from posetune.opencv import cv2

#: Which of red, green and blue is the strongest, or what else tells a region's colour.
REGIONS = {
    "upper_limbs": lambda r, g, b: b > max(r, g) + 60,
    "lower_limbs": lambda r, g, b: g > max(r, b) + 60,
    "trunk": lambda r, g, b: r > 200 and g > 150 and b < 120,
    "face": lambda r, g, b: r > 180 and b > 220 and g < 190,
}


@pytest.fixture(scope="module")
def answer(pages_server):
    """What the API says of the picture."""
    return pages_server.predict(PICTURE.read_bytes(), media="image/webp").json()


def on_screen(page, answer):
    """Image px → CSS px, worked out from the layout alone: the whole picture, in the middle of its stage."""
    box = page.evaluate(
        "(({clientWidth, clientHeight}) => [clientWidth, clientHeight])(document.getElementById('stage'))"
    )
    width, height = answer["image"]["width"], answer["image"]["height"]
    scale = min(box[0] / width, box[1] / height, 3)
    return lambda x, y: ((box[0] - width * scale) / 2 + x * scale, (box[1] - height * scale) / 2 + y * scale)


def hex_rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))  # type: ignore[return-value]


def test_points_and_lines_stand_where_the_api_says_in_the_colours_of_their_regions(visit, answer, pages_server):
    page = visit("/")
    state = analysed(page)
    assert state["status"] == "done"
    assert state["network"] == answer["network"]
    person, to_screen = answer["people"][0], on_screen(page, answer)
    skeleton = pages_server.get("/api/v1/skeleton").json()
    drawn = page.evaluate("watched")
    lines = [line for line in drawn["lines"] if line["on"] == "stage-overlay"]
    checked = 0
    for connection in skeleton["connections"]:
        ends = [to_screen(*person["landmarks_px"][connection[end]][:2]) for end in ("a", "b")]
        if min(person["visibility"][connection[end]] for end in ("a", "b")) < 0.1:
            continue
        near = [n for n in lines if np.abs(np.array(n["points"]) - ends).max() < 0.5 and n["colour"].startswith("#")]
        assert near, connection
        assert REGIONS[connection["region"]](*hex_rgb(near[-1]["colour"])), connection
        checked += 1
    assert checked > 25
    discs = [disc for disc in drawn["discs"] if disc["on"] == "stage-overlay"]
    for (x, y, _), visibility in zip(person["landmarks_px"], person["visibility"], strict=True):
        if visibility < 0.1:
            continue
        u, v = to_screen(x, y)
        here = [disc for disc in discs if math.hypot(disc["x"] - u, disc["y"] - v) < 1]
        assert here
        assert any(abs(disc["alpha"] - (0.18 + 0.82 * visibility)) < 0.02 for disc in here), "visibility is opacity"


def test_angles_are_written_as_the_api_gives_them_and_cover_no_joint(visit, answer):
    page = visit("/")
    analysed(page)
    person, to_screen = answer["people"][0], on_screen(page, answer)
    texts = [t["text"] for t in page.evaluate("watched.texts") if t["on"] == "stage-overlay"]
    labels = page.evaluate("posetune.stage.drawn.labels")
    assert len(labels) >= 7
    for label in labels:
        assert abs(float(label["text"].split("°")[0]) - person["angles"][label["joint"]]) <= 0.1
        assert label["text"] in texts
        joint = page.evaluate(
            "(n) => posetune.stage.options.skeleton.angles.find((a) => a.name === n).b", label["joint"]
        )
        x, y = to_screen(*person["landmarks_px"][joint][:2])
        covers = (
            label["x"] - 3 < x < label["x"] + label["width"] + 3
            and label["y"] - 3 < y < label["y"] + label["height"] + 3
        )
        assert not covers, label
    for joint, value in person["angles"].items():
        said = page.locator(f'#angles td[data-joint="{joint}"]').get_attribute("data-value")
        assert abs(float(said) - value) <= 0.1


def test_zooming_and_moving_keep_the_points_on_the_picture(visit, answer):
    page = visit("/")
    analysed(page)
    page.locator("#stage").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.evaluate("posetune.stage.draw()")
    points = page.evaluate("posetune.stage.drawn.points.map((p) => [p.index, ...posetune.stage.toImage(p.x, p.y)])")
    for index, x, y in points:
        assert math.dist((x, y), answer["people"][0]["landmarks_px"][index][:2]) < 0.01
    assert page.evaluate("posetune.stage.isFitted()") is False
    page.keyboard.press("0")
    assert page.evaluate("posetune.stage.isFitted()") is True


def test_the_person_in_space_turns(visit, answer):
    page = visit("/")
    analysed(page)
    page.get_by_role("button", name="Front", exact=True).click()
    front = """watched.discs = [], posetune.view3d.draw(),
      watched.discs.filter((d) => d.colour.startsWith("#") && d.r > 3).map((d) => [d.x, d.y])"""
    shown = np.array(page.evaluate(front))
    world = np.array(answer["people"][0]["world"])
    # Seen from the front, x runs to the right and y down: the feet are lowest.
    assert shown[:, 1].max() - shown[:, 1].min() > 100
    across = np.ptp(shown[:, 0]) / np.ptp(shown[:, 1])
    assert abs(across - np.ptp(world[:, 0]) / np.ptp(world[:, 1])) < 0.25
    page.locator(".view3d").focus()
    page.keyboard.press("ArrowRight")
    assert np.abs(np.array(page.evaluate(front)) - shown).max() > 2


def test_downloads_say_what_the_api_said(visit, answer, tmp_path):
    page = visit("/")
    analysed(page)

    def download(kind: str) -> bytes:
        with page.expect_download() as event:
            page.locator(f'[data-download="{kind}"]').click()
        return event.value.path().read_bytes()

    assert json.loads(download("json")) == answer
    drawn = cv2.imdecode(np.frombuffer(download("picture"), np.uint8), 1)
    assert drawn.shape[:2] == (answer["image"]["height"], answer["image"]["width"])
    assert (drawn != cv2.imread(str(PICTURE))).any(axis=2).mean() > 0.01
    rows = list(csv.DictReader(io.StringIO(download("csv").decode())))
    first = next(row for row in rows if row["name"] == "nose")
    assert float(first["x_px"]) == answer["people"][0]["landmarks_px"][0][0]
    assert {"x_px", "world_z_m", "angle_deg"} <= first.keys()
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    (folder / "images" / "squat.webp").write_bytes(PICTURE.read_bytes())
    (folder / "annotations" / "train.json").write_bytes(download("coco"))
    content = json.loads((folder / "annotations" / "train.json").read_text())
    people = content["annotations"]
    dataset = load_dataset(folder, "train")
    assert len(dataset.people) == len(people)
    assert len(people) == len(answer["people"])
    assert np.allclose(
        np.array(people[0]["keypoints"]).reshape(-1, 3)[:, :2], np.array(answer["people"][0]["landmarks_px"])[:, :2]
    )


def test_a_mask_is_asked_for_and_drawn(visit):
    page = visit("/")
    analysed(page)
    page.locator('[data-toggle="mask"]').click()
    _until(page, "posetune.stage.masks.size > 0")
    page.evaluate("posetune.stage.draw()")
    inside = page.evaluate("""(() => {
      const [x, y] = posetune.stage.toScreen(...posetune.state.people[0].landmarks_px[23]);
      const canvas = document.querySelector(".stage-overlay");
      const k = canvas.width / canvas.clientWidth;
      return [...canvas.getContext("2d").getImageData((x - 14) * k, (y - 30) * k, 1, 1).data];
    })()""")
    assert inside[3] > 60


def _until(page, condition: str, tries: int = 100) -> None:
    """``page.wait_for_function`` needs eval, which the policy forbids."""
    for _ in range(tries):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


#: Gives the page a sample, pasted or dropped.
PASTE = """(async (how) => {
  const blob = await (await fetch("/static/samples/squat.webp")).blob();
  const data = new DataTransfer();
  data.items.add(new File([blob], "clip.webp", { type: "image/webp" }));
  const event = how === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
    : new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true });
  document.body.dispatchEvent(event);
})"""


def test_pasting_and_dropping_are_ways_in(visit):
    page = visit("/")
    for how in ("paste", "drop"):
        page.evaluate("delete document.documentElement.dataset.status")
        page.evaluate(PASTE, how)
        assert settled(page)["status"] == "done", how


def test_a_picture_that_is_pasted_while_the_page_still_loads_is_not_lost(visit):
    page = visit("/video")
    held: list[Any] = []
    page.route("**/api/v1/skeleton", lambda route: held.append(route))
    page.goto(page.url.replace("/video", "/"))
    page.wait_for_selector("html.ready")
    page.evaluate(PASTE, "paste")
    assert len(held) == 1
    held[0].continue_()
    assert settled(page)["status"] == "done"


def test_what_is_no_picture_gets_a_sentence_and_keeps_the_page(visit):
    page = visit("/")
    for name, kind, content, words in (
        ("a.gif", "image/gif", b"GIF89a", "no JPEG, PNG or WebP"),
        ("a.jpg", "image/jpeg", b"\0\0\0\x18ftypheic" + b"\0" * 64, "iPhone's HEIC"),
        ("a.png", "image/png", b"\0\0\0\x18ftypisom" + b"\0" * 64, "This is a video"),
        ("a.mp4", "video/mp4", b"\0" * 64, "This is a video"),
        ("a.png", "image/png", b"", "empty"),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 and no more", "cannot be read"),
    ):
        page.set_input_files("input[type=file]", {"name": name, "mimeType": kind, "buffer": content})
        page.locator(".toast.bad", has_text=words).wait_for()
        page.locator(".toast.bad button").first.click()
    unnamed = {"name": "picture", "mimeType": "", "buffer": PICTURE.read_bytes()}
    assert analysed(page, unnamed)["status"] == "done", "what it is decides, not what it is called"


def test_an_empty_room_teaches_how_to_film_and_offers_a_closer_look(visit):
    page = visit("/")
    room = cv2.imencode(".png", np.full((240, 320, 3), 180, np.uint8))[1].tobytes()
    assert analysed(page, {"name": "room.png", "mimeType": "image/png", "buffer": room})["status"] == "nobody"
    assert page.locator("#inspector").get_by_text("The whole body").is_visible()
    page.evaluate("delete document.documentElement.dataset.status")
    with page.expect_request(lambda request: "tiles=auto" in request.url):
        page.locator("#closer").click()
    assert settled(page)["status"] == "nobody"


def test_a_refusal_of_the_server_is_shown_and_can_be_tried_again(visit):
    page = visit("/")
    page.expected = "Failed to load resource"
    problem = {
        "type": "about:blank",
        "title": "Busy",
        "status": 503,
        "detail": "All workers are busy; try again in a moment.",
    }
    page.route(
        "**/api/v1/predict*",
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem)),
    )
    assert analysed(page)["error"] == problem["detail"]
    assert page.locator("#refusal").inner_text().endswith(problem["detail"])
    page.unroute("**/api/v1/predict*")
    page.evaluate("delete document.documentElement.dataset.status")
    page.locator("#again").click()
    assert settled(page)["status"] == "done"


def test_a_picture_turned_by_its_exif_is_shown_as_the_server_measures_it(visit):
    from tests.helpers.exif import with_exif

    picture = cv2.imread(str(PICTURE))[:, 100:700]
    turned = with_exif(cv2.imencode(".jpg", cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes(), 6)
    state = analysed(page := visit("/"), {"name": "phone.jpg", "mimeType": "image/jpeg", "buffer": turned})
    assert (state["file"]["width"], state["file"]["height"]) == (600, 900)
    assert state["result"]["image"] == {"width": 600, "height": 900}
    assert page.evaluate("posetune.stage.picture.height") == 900


def test_samples_are_small_and_ours():
    pictures = sorted((PAGES / "samples").glob("*.webp"))
    assert len(pictures) == 4
    assert sum(picture.stat().st_size for picture in pictures) < 200_000


def test_a_closer_look_asks_for_more_people_in_tiles(visit):
    page = visit("/")
    analysed(page)
    page.evaluate("delete document.documentElement.dataset.status")
    with page.expect_request(lambda request: "tiles=auto" in request.url and "max_people=20" in request.url):
        page.locator("#look-closer").click()
    assert settled(page)["status"] == "done"
    assert page.locator("#look-closer").is_hidden()


def test_a_picture_that_is_chosen_before_the_page_has_loaded_is_not_lost(visit):
    page = visit("/")
    held = []
    page.route("**/api/v1/skeleton", lambda route: held.append(route))
    page.reload()
    page.wait_for_selector("html.ready")
    page.set_input_files("input[type=file]", PICTURE)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    assert held
    assert settled(page)["people"]
