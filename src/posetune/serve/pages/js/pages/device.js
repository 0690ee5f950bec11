/**
 * On this device: a picture or the camera, MediaPipe in this browser, no server. `posetune export RUN --web DIR` writes the
 * folder that this page runs in.
 */
import { readSkeleton } from "../api.js";
import { numbered } from "../coach/live.js";
import { LivePanel } from "../coach/live_panel.js";
import { flagSentence, flagText } from "../components/angle_list.js";
import { Camera, CameraError } from "../components/camera.js";
import { Meter } from "../components/meter.js";
import { listenForPictures, readPicture } from "../components/picture_input.js";
import { Readings } from "../components/readings.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { tips } from "../components/tips.js";
import { View3D } from "../components/view3d.js";
import { DeviceError, DeviceLandmarker, loadFacts } from "../device/landmarker.js";
import { byId, fill, h, icon } from "../dom.js";
import { jointName, number, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../types.js").Person} Person */

/** Phones' pictures are larger than what graphics memory takes; points are given in the picture's own px nevertheless. */
const MOST_PX = 3072;

const state = {
  page: "device",
  status: "loading", // loading, ready, picture, camera, failed
  /** @type {{name: string, sha256: string} | null} */
  network: null,
  image: { width: 0, height: 0 },
  /** @type {Person[]} */
  people: [],
  frames: 0,
  fps: 0,
  error: "",
  /** @type {any} */
  coach: null,
};
window.posetune = { state };

const shell = await mountShell("device", { online: false });
const video = document.createElement("video");
const camera = new Camera(video);
const meter = new Meter();
const frame = document.createElement("canvas");
/** @type {DeviceLandmarker | null} */
let landmarker = null;
/** @type {SkeletonCanvas} */
let stage;
/** @type {LivePanel} */
let coach;
/** @type {View3D} */
let space;
/** @type {Readings} */
let readings;
/** @type {{blob: Blob, name: string} | null} what is shown again when more people are asked for */
let shown = null;
/** Says again what stands beside the picture, in another language. */
let words = () => {};
let turn = 0;

tips(byId("tips"));
legend(byId("legend"));
fill(byId("drop-icon"), icon("image", 24));
await start();

async function start() {
  try {
    const facts = await loadFacts();
    facts.skeleton = readSkeleton(facts.skeleton);
    state.network = facts.network;
    byId("network").textContent = `${facts.network.name} · ${facts.network.sha256.slice(0, 12)} · posetune ${facts.posetune}`;
    const skeleton = facts.skeleton;
    stage = new SkeletonCanvas(byId("stage"), { skeleton, pointName: jointName, flagText });
    space = new View3D(byId("space"), { skeleton });
    stageBar(byId("stage-bar"), stage, { toggles: ["skeleton", "angles"] });
    readings = new Readings(byId("readings"), {
      joints: skeleton.angles.map(({ name }) => name), ranges: facts.ranges, say: (text) => shell.say(text),
    });
    coach = new LivePanel(byId("coach"), { state, names: skeleton.names, say: (text) => shell.say(text), load: async () => facts.coach });
    await coach.load();
    Object.assign(window.posetune, { stage, coach });
    landmarker = await DeviceLandmarker.load(facts, (share) => byId("progress").setAttribute("value", String(share)));
  } catch (error) {
    fail(error);
    return;
  }
  listen();
  state.status = "ready";
  byId("loading").hidden = true;
  byId("ready").hidden = false;
  for (const id of ["file", "camera", "sample"]) byId(id).removeAttribute("disabled");
}

function listen() {
  listenForPictures(byId("file"), byId("drop"), (file) => void showPicture(file, file.name));
  byId("another").addEventListener("click", () => byId("file").click());
  byId("sample").addEventListener("click", async () => {
    const answer = await fetch(new URL("../../samples/warrior.webp", import.meta.url));
    if (answer.ok) await showPicture(await answer.blob(), t("sample.warrior"));
  });
  for (const id of ["camera", "camera-again"]) byId(id).addEventListener("click", () => void showCamera());
  byId("stop").addEventListener("click", () => home());
  byId("people").addEventListener("change", () => {
    if (state.status === "camera") void landmarker?.set("VIDEO", wanted());
    else if (shown) void showPicture(shown.blob, shown.name);
  });
  stage.addEventListener("select", () => {
    tell();
    coach.follow(state.people[stage.selected]?.id);
  });
  camera.onlost = (key) => {
    stopCamera();
    fail(new CameraError(key));
  };
  window.addEventListener("posetune:language", () => words());
}

/** How many people are looked for. */
function wanted() {
  return Number(/** @type {HTMLSelectElement} */ (byId("people")).value);
}

/** @param {Blob} blob @param {string} name */
async function showPicture(blob, name) {
  const mine = ++turn;
  stopCamera();
  let picture;
  try {
    picture = await readPicture(blob);
  } catch {
    shell.toast(t("error.broken"), "bad");
    return;
  }
  const size = { width: picture.width, height: picture.height };
  open(() => (byId("what").textContent = name));
  stage.options.mirror = false;
  stage.setPeople([]);
  stage.setPicture(picture, size);
  await busy(t("analyse.running"));
  try {
    const began = performance.now();
    const people = (await landmarker?.onPicture(await smaller(picture), size, wanted())) ?? [];
    if (mine !== turn) return;
    shown = { blob, name };
    Object.assign(state, { status: "picture", image: size, people, frames: 0 });
    stage.setPeople(people);
    stage.select(people.length ? 0 : -1);
    const took = performance.now() - began;
    words = () => (byId("speed").textContent = t("device.took", { ms: number(took) }));
    words();
    tell();
    shell.say([t(people.length === 1 ? "analyse.one" : "analyse.found", { count: people.length }), ...people.flatMap((p) => p.flags).map(flagSentence)].join(" "));
    if (!people.length) shell.toast(`${t("analyse.nobody")}. ${t("analyse.nobody.why")}`, "bad");
  } catch (error) {
    fail(error);
  } finally {
    byId("message").hidden = true;
  }
}

/** @param {ImageBitmap} picture */
async function smaller(picture) {
  const share = MOST_PX / Math.max(picture.width, picture.height);
  if (share >= 1) return picture;
  return createImageBitmap(picture, { resizeWidth: Math.round(picture.width * share), resizeHeight: Math.round(picture.height * share), resizeQuality: "high" });
}

/** Say that something is under way, and let it be painted before the network blocks the page. @param {string} text */
async function busy(text) {
  fill(byId("message"), h("span", { class: "spinner" }), text);
  byId("message").hidden = false;
  await new Promise((resolve) => setTimeout(resolve, 30));
}

async function showCamera() {
  const mine = ++turn;
  byId("failed").hidden = true;
  try {
    if (!(await camera.open()) || mine !== turn) return;
    await landmarker?.set("VIDEO", wanted());
  } catch (error) {
    if (mine === turn) fail(error);
    return;
  }
  Object.assign(state, { status: "camera", frames: 0, people: [] });
  coach.show(true);
  stage.options.mirror = true;
  meter.clear();
  open(() => (byId("what").textContent = t("device.camera.title")));
  byId("stop").hidden = false;
  byId("camera-again").hidden = true;
  camera.watch(see);
}

/** One frame of the camera: it is copied, so that what is drawn is what was measured. @param {number} captured ms */
function see(captured) {
  if (state.status !== "camera" || !landmarker) return;
  const size = { width: video.videoWidth, height: video.videoHeight };
  if (!size.width) return;
  if (frame.width !== size.width || frame.height !== size.height) Object.assign(frame, size);
  frame.getContext("2d")?.drawImage(video, 0, 0);
  try {
    const people = numbered(landmarker.onFrame(frame, size, performance.now()), state.people);
    stage.setFrame(frame, size, people);
    stage.draw();
    coach.see(people, captured / 1000);
    const now = performance.now();
    meter.add(now, now - captured);
    Object.assign(state, { image: size, people, frames: state.frames + 1, fps: meter.rate() });
    tell();
    if (state.frames % 10 === 0) byId("speed").textContent = t("moving.speed", { fps: number(meter.rate(), 1), ms: number(meter.quantile(0.95)) });
  } catch (error) {
    stopCamera();
    fail(error);
  }
}

/** The numbers beside the stage. */
function tell() {
  const person = state.people[Math.max(0, stage.selected)];
  readings.show(person);
  space.setPerson(person ?? null);
}

/** From the first view to the workbench. @param {() => void} title */
function open(title) {
  byId("empty").hidden = true;
  byId("failed").hidden = true;
  byId("bench").hidden = false;
  byId("main").classList.add("bench");
  byId("speed").textContent = "";
  words = title;
  title();
  stage.resize();
}

/** Back to the first view. */
function home() {
  turn++;
  stopCamera();
  state.status = "ready";
  byId("failed").hidden = true;
  byId("bench").hidden = true;
  byId("empty").hidden = false;
  byId("main").classList.remove("bench");
  words = () => {};
}

function stopCamera() {
  camera.close();
  coach?.show(false);
  byId("stop").hidden = true;
  byId("camera-again").hidden = false;
}

/** One sentence, and a way on where there is one. @param {unknown} error */
function fail(error) {
  const own = error instanceof CameraError || error instanceof DeviceError;
  const key = own ? error.message : "device.failed";
  const why = error instanceof DeviceError ? error.why : own ? "" : String(error).split("\n")[0].slice(0, 200);
  if (landmarker && !(error instanceof CameraError)) console.error(error);
  Object.assign(state, { error: key, status: landmarker ? state.status : "failed" });
  words = () => {
    const again = h("button", { class: "button", type: "button", id: "retry" }, icon("refresh", 16), t("analyse.again"));
    again.addEventListener("click", () => (error instanceof CameraError ? void showCamera() : location.reload()));
    const text = h("div", {}, h("strong", {}, t(`${key}.title`)), t(key), why && h("p", { class: "mono small" }, why));
    fill(byId("failed"), icon("warning"), text, key === "device.noWebgl" ? null : again);
  };
  words();
  byId("failed").hidden = false;
  byId("bench").hidden = true;
  byId("empty").hidden = false;
  byId("drop").hidden = !landmarker;
  byId("main").classList.remove("bench");
  byId("failed").scrollIntoView({ block: "nearest" });
}
