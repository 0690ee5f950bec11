/**
 * Webcam: each frame goes to the server, and is drawn when its people come back, so that skeleton and picture are of one moment.
 */
import { ApiError, getRanges, getSkeleton } from "../api.js";
import { getExercises } from "../coach/api.js";
import { LivePanel } from "../coach/live_panel.js";
import { flagText } from "../components/angle_list.js";
import { Camera, CameraError, cameras } from "../components/camera.js";
import { Meter } from "../components/meter.js";
import { Readings } from "../components/readings.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { tips } from "../components/tips.js";
import { View3D } from "../components/view3d.js";
import { byId, fill, h, icon } from "../dom.js";
import { jointName, number, t } from "../i18n.js";
import { LiveLink } from "../live/link.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../live/link.js").Answer} Answer */

/** The longer side of a frame that is sent, px. */
const SENT_SIDE = 640;
const QUALITY = 0.8;
const WRITE_MS = 500;

/**
 * @type {{page: string, status: "empty" | "opening" | "live" | "away" | "failed", network: import("../types.js").NetworkName | null,
 *   image: {width: number, height: number}, people: Person[], frames: number, skipped: number, fps: number, p95: number, error: string, coach: any}}
 */
const state = {
  page: "webcam", status: "empty", network: null, image: { width: 0, height: 0 }, people: [], frames: 0, skipped: 0, fps: 0, p95: NaN, error: "", coach: null,
};
window.posetune = { state };

const shell = await mountShell("webcam");
const video = document.createElement("video");
const camera = new Camera(video);
const meter = new Meter();
/** Two canvases in turns: the frame that is in flight, and the one that is shown. */
const frames = [document.createElement("canvas"), document.createElement("canvas")];
let turn = 0;
/** @type {{at: number} | null} a frame that came while another was in flight */
let waiting = null;
let encoding = false;
let wrote = 0;
/** @type {LiveLink | null} */
let link = null;
/** @type {SkeletonCanvas} */
let stage;
/** @type {LivePanel} */
let coach;
/** @type {View3D} */
let space;
/** @type {Readings} */
let readings;
let words = () => {};

tips(byId("tips"));
legend(byId("legend"));

try {
  const [skeleton, ranges] = await Promise.all([getSkeleton(), getRanges()]);
  stage = new SkeletonCanvas(byId("stage"), { skeleton, flagText, pointName: jointName, mirror: true });
  space = new View3D(byId("space"), { skeleton });
  readings = new Readings(byId("readings"), {
    joints: skeleton.angles.map(({ name }) => name), ranges, say: (text) => shell.say(text),
    foot: () => h("a", { href: "/ranges", class: "small" }, t("angles.edit")),
  });
  stageBar(byId("stage-bar"), stage, { toggles: ["skeleton", "angles"] });
  coach = new LivePanel(byId("coach"), { state, names: skeleton.names, say: (text) => shell.say(text), load: getExercises });
  void coach.load();
  Object.assign(window.posetune, { stage, camera, coach, link: () => link });
  listen();
} catch (error) {
  fail(error);
}

function listen() {
  byId("start").addEventListener("click", () => void start());
  byId("start").removeAttribute("disabled"); // not before somebody listens: a press while the page loads would be lost
  byId("stop").addEventListener("click", () => stop());
  byId("people").addEventListener("change", () => reconnect());
  byId("which").addEventListener("change", () => void start(/** @type {HTMLSelectElement} */ (byId("which")).value));
  stage.addEventListener("select", () => {
    tell();
    coach.follow(state.people[stage.selected]?.id);
  });
  camera.onlost = (key) => {
    stop();
    fail(new CameraError(key));
  };
  window.addEventListener("posetune:language", () => {
    words();
    badge();
  });
  window.addEventListener("pagehide", () => stop());
}

/** @param {string} [deviceId] */
async function start(deviceId) {
  byId("failed").hidden = true;
  state.status = "opening";
  byId("start").setAttribute("aria-disabled", "true");
  try {
    if (!(await camera.open({ deviceId }))) return;
  } catch (error) {
    stop();
    fail(error);
    return;
  } finally {
    byId("start").removeAttribute("aria-disabled");
  }
  Object.assign(state, { frames: 0, skipped: 0, people: [], error: "" });
  coach.again();
  meter.clear();
  byId("empty").hidden = true;
  byId("bench").hidden = false;
  byId("main").classList.add("bench");
  stage.resize();
  say(h("span", { class: "spinner" }), t("webcam.waiting"));
  reconnect();
  camera.watch(see);
  await listCameras();
}

async function listCameras() {
  const all = await cameras();
  const select = byId("which");
  select.hidden = all.length < 2;
  fill(select, all.map(({ id, name }, i) => h("option", { value: id, selected: id === camera.deviceId }, name || t("webcam.number", { number: i + 1 }))));
}

function reconnect() {
  link?.close();
  const people = /** @type {HTMLSelectElement} */ (byId("people")).value;
  link = new LiveLink(`/api/v1/live?max_people=${people}`);
  link.addEventListener("answer", (event) => show(/** @type {CustomEvent<Answer>} */ (event).detail));
  link.addEventListener("refused", (event) => {
    state.error = /** @type {CustomEvent<string>} */ (event).detail;
    if (state.error) say(icon("warning"), state.error);
    next();
  });
  link.addEventListener("state", (event) => {
    const is = /** @type {CustomEvent<string>} */ (event).detail;
    state.status = is === "open" ? "live" : "away";
    if (is === "away") say(icon("warning"), t("webcam.away"));
    else next();
  });
}

/** A new frame of the camera. @param {number} captured ms */
function see(captured) {
  if (waiting) state.skipped++; // the newest wins
  waiting = { at: captured };
  next();
}

/** Send the newest frame, if none is in flight. */
function next() {
  if (!waiting || !link?.free || encoding || !video.videoWidth) return;
  const { at } = waiting;
  waiting = null;
  encoding = true;
  const share = Math.min(1, SENT_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const size = { width: Math.round(video.videoWidth * share), height: Math.round(video.videoHeight * share) };
  const frame = frames[turn];
  if (frame.width !== size.width || frame.height !== size.height) Object.assign(frame, size);
  frame.getContext("2d")?.drawImage(video, 0, 0, size.width, size.height);
  frame.toBlob((jpeg) => {
    encoding = false;
    if (jpeg && link?.free) link.send(jpeg, at);
    else next();
  }, "image/jpeg", QUALITY);
}

/** @param {Answer} answer */
function show(answer) {
  const frame = frames[turn];
  turn = 1 - turn;
  next(); // the next one travels while this one is drawn
  stage.setFrame(frame, { width: frame.width, height: frame.height }, answer.people);
  stage.draw();
  const now = performance.now();
  meter.add(now, now - answer.capture_ms);
  Object.assign(state, {
    status: "live", image: { width: answer.width, height: answer.height }, people: answer.people, frames: state.frames + 1,
    network: answer.network ?? state.network, fps: meter.rate(), p95: meter.quantile(0.95), error: "",
  });
  byId("message").hidden = true;
  coach.see(answer.people, answer.capture_ms / 1000);
  tell();
  if (now - wrote < WRITE_MS) return;
  wrote = now;
  badge();
}

/** The numbers beside the stage. */
function tell() {
  const person = state.people[Math.max(0, stage.selected)];
  readings.show(person);
  space.setPerson(person ?? null);
}

function badge() {
  byId("speed").textContent = state.frames > 1 ? t("moving.speed", { fps: number(state.fps, 1), ms: number(state.p95) }) : "";
  byId("network-badge").hidden = !state.network;
  if (state.network) byId("network-badge").textContent = t("analyse.network", { name: state.network.name });
}

/** Over the foot of the stage. @param {...(Node | string)} what */
function say(...what) {
  fill(byId("message"), ...what);
  byId("message").hidden = false;
}

function stop() {
  camera.close();
  link?.close();
  link = null;
  waiting = null;
  encoding = false;
  state.status = "empty";
  byId("bench").hidden = true;
  byId("empty").hidden = false;
  byId("main").classList.remove("bench");
}

/** One sentence and a retry. @param {unknown} error */
function fail(error) {
  const camera_ = error instanceof CameraError;
  if (!camera_ && !(error instanceof ApiError)) console.error(error);
  Object.assign(state, { status: "failed", error: /** @type {Error} */ (error).message });
  words = () => {
    const again = h("button", { class: "button", type: "button", id: "retry" }, icon("refresh", 16), t("analyse.again"));
    again.addEventListener("click", () => (camera_ ? void start() : location.reload()));
    const title = camera_ ? t(`${error.message}.title`) : error instanceof ApiError ? error.title : t("error.server.title");
    const text = camera_ ? t(error.message) : error instanceof ApiError ? error.message : t("error.page");
    fill(byId("failed"), icon("warning"), h("div", {}, h("strong", {}, title), text), again);
  };
  words();
  byId("failed").hidden = false;
}
