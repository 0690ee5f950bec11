/**
 * Analyse a picture: empty → loading → result, nobody found, or refused. `window.posetune.state` says which, with the result.
 */
import { ApiError, getRanges, getSkeleton, predict } from "../api.js";
import { Correcting } from "../corrections/correct.js";
import { agreeToTraffic, forgetMe, keepPicture, mine, traffic } from "../corrections/given.js";
import { flagSentence, flagText, showAngles } from "../components/angle_list.js";
import { examined, listenForPictures, readPicture } from "../components/picture_input.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { personBox } from "../components/skeleton_facts.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { tips } from "../components/tips.js";
import { View3D } from "../components/view3d.js";
import { byId, fill, h, icon } from "../dom.js";
import { save, stem, toCoco, toCsv, toJson } from "../downloads.js";
import { jointName, number, t } from "../i18n.js";
import { fetchSample, sampleButtons } from "../samples.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../types.js").Prediction} Prediction */

/**
 * @type {{page: string, status: "empty" | "loading" | "done" | "nobody" | "error", file: {name: string, width: number, height: number} | null,
 *   network: import("../types.js").NetworkName | null, people: import("../types.js").Person[], selected: number, error: string | null,
 *   result: Prediction | null, correcting: {moved: number, ready: boolean} | null, given: import("../corrections/given.js").Mine | null}}
 */
const state = { page: "analyse", status: "empty", file: null, network: null, people: [], selected: -1, error: null, result: null, correcting: null, given: null };
window.posetune = { state };

const shell = await mountShell("analyse");
const panels = {
  people: h("div", { class: "segments", role: "group" }),
  angles: h("div", { class: "body" }),
  turned: h("div", { class: "view3d", role: "img" }),
};
/** @type {File | null} */
let file = null;
/** How the picture was looked at. @type {{tiles?: string, maxPeople?: number}} */
let how = {};
/** Part by part, for crowds and people far away. */
const CLOSER = { tiles: "auto", maxPeople: 20 };
/** @type {AbortController | null} */
let running = null;
/** @type {Correcting} */
let correcting;
/** @type {SkeletonCanvas} */
let stage;
/** @type {View3D} */
let space;
/** @type {import("../types.js").Skeleton} */
let skeleton;
/** @type {Record<string, import("../types.js").Range>} */
let ranges = {};

/** What stands still: drop zone, samples, tips. Drawn before the server has answered anything. */
function drawEmpty() {
  fill(byId("drop-icon"), icon("upload", 24));
  fill(byId("another"), icon("image", 17), t("analyse.another"));
  fill(byId("look-closer"), icon("search", 17), t("analyse.closer"));
  byId("look-closer").title = t("analyse.closer.why");
  sampleButtons(byId("samples"), (name) => void takeSample(name));
}

/** @param {string} name */
async function takeSample(name) {
  const picture = await fetchSample(name);
  if (picture) await take(picture, name);
  else shell.toast(t("error.sample"), "bad");
}

/** A picture came in, whichever way. @param {File} chosen @param {string} [sample] which of ours it is */
async function take(chosen, sample) {
  const { file: picture, refusal } = await examined(chosen);
  if (!picture) {
    Object.assign(state, { error: t(refusal) });
    return shell.toast(t(refusal), "bad");
  }
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await readPicture(picture);
  } catch {
    Object.assign(state, { error: t("error.broken") });
    return shell.toast(t("error.broken"), "bad");
  }
  if (correcting?.active) correcting.end(false);
  file = picture;
  open();
  if (stage.picture instanceof ImageBitmap) stage.picture.close();
  stage.setPeople([]);
  stage.setPicture(bitmap, { width: bitmap.width, height: bitmap.height });
  byId("file-name").textContent = sample ? t(`sample.${sample}`) : chosen.name;
  Object.assign(state, { file: { name: chosen.name, width: bitmap.width, height: bitmap.height } });
  await analyse({});
  await offerPicture(picture);
}

/** From the drop zone to the workbench. */
function open() {
  byId("empty").hidden = true;
  byId("bench").hidden = false;
  byId("main").classList.add("bench");
  stage.resize();
}

/**
 * Ask the server; the last question asked is the one that counts.
 * @param {typeof how} wanted
 */
async function analyse(wanted) {
  if (!file) return;
  how = wanted;
  running?.abort();
  const mine = (running = new AbortController());
  Object.assign(state, { status: "loading", error: null, result: null, people: [], selected: -1 });
  message(h("span", { class: "spinner" }), t(how.tiles ? "analyse.closer.running" : "analyse.running"));
  draw();
  try {
    const [result, fresh] = await Promise.all([
      predict(file, { ...how, mask: stage.shown.mask, signal: mine.signal }),
      getRanges(),
    ]);
    if (mine.signal.aborted) return;
    ranges = fresh;
    show(result);
  } catch (error) {
    if (mine.signal.aborted) return;
    const words = error instanceof ApiError ? error.message : t("error.page");
    Object.assign(state, { status: "error", error: words });
    if (!(error instanceof ApiError)) console.error(error);
    shell.say(words, true);
  }
  message();
  draw();
}

/** @param {Prediction} result */
function show(result) {
  const people = result.people;
  const first = largest(people);
  Object.assign(state, {
    status: people.length ? "done" : "nobody", result, people, network: result.network, selected: first,
  });
  stage.setPeople(people);
  stage.select(first);
  const flags = people.flatMap((person) => person.flags);
  shell.say([
    t(people.length === 1 ? "analyse.one" : "analyse.found", { count: people.length }),
    ...flags.slice(0, 6).map(flagSentence),
    ...(flags.length > 6 ? [t("analyse.more_flags", { count: flags.length - 6 })] : []),
  ].join(" "));
}

/** Whose angles are shown first: who is nearest to the camera, most likely. @param {import("../types.js").Person[]} people */
function largest(people) {
  const sizes = people.map((person) => {
    const box = personBox(person);
    return box.width * box.height;
  });
  return sizes.indexOf(Math.max(...sizes));
}

/** Something over the foot of the stage; without arguments: nothing. @param {...(Node | string)} what */
function message(...what) {
  const place = byId("message");
  place.hidden = !what.length;
  fill(place, ...what);
}

/** The panels beside the stage, as the state says. */
function draw() {
  document.documentElement.dataset.status = state.status; // for scripts that wait
  byId("look-closer").hidden = state.status !== "done" || how === CLOSER;
  const badge = byId("network-badge");
  badge.hidden = !state.network;
  if (state.network) {
    badge.textContent = t("analyse.network", { name: state.network.name });
    badge.title = `sha256 ${state.network.sha256}`;
  }
  const inspector = byId("inspector");
  if (correcting?.active) fill(inspector, correcting.panel);
  else if (state.status === "done") fill(inspector, anglesPanel(), spacePanel(), betterPanel(), downloadPanel());
  else if (state.status === "nobody") fill(inspector, nobodyPanel());
  else if (state.status === "error") fill(inspector, errorPanel());
  else fill(inspector, loadingPanel());
  const person = state.people[state.selected] ?? null;
  space?.setPerson(person);
  byId("stage").setAttribute("aria-label", stageWords());
}

/** What a screen reader says of the picture. */
function stageWords() {
  if (!state.file) return t("stage.label");
  const flags = state.people.flatMap((person) => person.flags).map(flagSentence);
  return [t("stage.label"), t(state.people.length === 1 ? "analyse.one" : "analyse.found", { count: state.people.length }), ...flags].join(" ");
}

function anglesPanel() {
  const person = state.people[state.selected];
  fill(panels.people, state.people.length < 2 ? null : state.people.map((person, i) => {
    const button = h("button", { type: "button", "aria-pressed": String(i === state.selected), "aria-label": t(person.flags.length ? "analyse.person.beyond" : "analyse.person", { number: i + 1 }) }, i + 1, person.flags.length ? icon("warning", 11) : null);
    button.addEventListener("click", () => {
      stage.select(i);
      /** @type {HTMLElement | undefined} */ (panels.people.children[i])?.focus();
    });
    return button;
  }));
  panels.people.hidden = state.people.length < 2;
  panels.people.setAttribute("aria-label", t("analyse.people"));
  showAngles(panels.angles, person, ranges, skeleton.angles.map((triple) => triple.name));
  const count = person.flags.length;
  const verdict = count
    ? h("span", { class: "badge bad" }, icon("warning", 13), t(count === 1 ? "analyse.beyond.one" : "analyse.beyond", { count }))
    : h("span", { class: "badge good" }, icon("check", 13), t("analyse.within"));
  const parts = ["shoulder", "elbow", "hip", "knee", "ankle"];
  const foot = h(
    "details", { class: "small muted convention" },
    h("summary", {}, t("angles.convention")),
    h("p", {}, t("angles.how")),
    h("dl", {}, parts.map((part) => h("div", {}, h("dt", {}, t(`part.${part}`)), h("dd", {}, t(`ranges.hint.${part}`))))),
    h("a", { href: "/ranges" }, t("angles.edit")),
  );
  return h(
    "section", { class: "panel", id: "angles" },
    h("header", {}, h("h2", {}, t("angles.title")), panels.people, verdict),
    panels.angles, h("div", { class: "body" }, foot),
  );
}

function spacePanel() {
  panels.turned.setAttribute("aria-label", t("space.label"));
  const views = /** @type {const} */ (["front", "side", "top"]);
  const buttons = views.map((view) => h("button", { type: "button", on: { click: () => space.look(view) } }, t(`space.${view}`)));
  return h(
    "section", { class: "panel" },
    h("header", {}, h("h2", {}, t("space.title")), h("div", { class: "segments", role: "group", "aria-label": t("space.views") }, buttons)),
    h("div", { class: "body" }, panels.turned),
  );
}

function downloadPanel() {
  const kinds = /** @type {const} */ (["picture", "json", "csv", "coco"]);
  const buttons = kinds.map((kind) =>
    h("button", { class: "button", type: "button", dataset: { download: kind }, on: { click: () => void download(kind) } }, icon("download", 16), t(`download.${kind}`)),
  );
  return h("section", { class: "panel" }, h("header", {}, h("h2", {}, t("download.title"))), h("div", { class: "body downloads" }, buttons));
}

/** @param {"picture" | "json" | "csv" | "coco"} kind */
async function download(kind) {
  const { result, file: picture } = state;
  if (!result || !picture) return;
  const name = stem(picture.name);
  try {
    if (kind === "picture") save(await stage.drawnPicture(), `${name}_pose.png`);
    else if (kind === "json") save(JSON.stringify(toJson(result), null, 1), `${name}_pose.json`, "application/json");
    else if (kind === "csv") save(toCsv(result, skeleton), `${name}_pose.csv`, "text/csv");
    else save(JSON.stringify(toCoco(result, skeleton, picture.name)), `${name}_coco.json`, "application/json");
  } catch (error) {
    shell.toast(error instanceof Error ? error.message : t("error.page"), "bad");
  }
}

/** Where a result can be put right, and what was given before. */
function betterPanel() {
  const given = state.given;
  const person = state.people[state.selected];
  if (!given?.kept || !person) return null;
  const own = person.landmarks_px.length !== skeleton.names.length || person.names;
  const correct = h("button", { class: "button", type: "button", id: "correct", disabled: Boolean(own), on: { click: startCorrecting } }, icon("edit", 16), t("correct.this"));
  const keep = h("input", { type: "checkbox", id: "keep-pictures", checked: traffic() === given.consent.version });
  keep.addEventListener("change", () => {
    agreeToTraffic(keep.checked ? given.consent.version : null);
    if (keep.checked && file) void offerPicture(file);
  });
  const count = Object.values(given.corrections).reduce((sum, number) => sum + number, 0);
  const some = count > 0 || given.pictures > 0;
  const forget = h("button", { class: "button quiet", type: "button", id: "forget", on: { click: () => void forgetGiven(forget) } }, icon("trash", 16), t("correct.forget"));
  return h(
    "section", { class: "panel", id: "better" },
    h("header", {}, h("h2", {}, t("correct.better"))),
    h(
      "div", { class: "body stack" },
      h("p", { class: "muted" }, t("correct.better.why")),
      h("div", { class: "actions" }, correct, some ? forget : null),
      some ? h("p", { class: "small muted", id: "given" }, t("correct.given", { pictures: given.pictures, corrections: count })) : null,
      h("label", { class: "check small" }, keep, h("span", {}, t("correct.traffic"))),
    ),
  );
}

function startCorrecting() {
  const { result, given, people, selected } = state;
  if (!file || !result || !given || !(stage.picture instanceof ImageBitmap)) return;
  byId("stage").hidden = true;
  byId("stage-bar").hidden = true;
  correcting.begin({ file, picture: stage.picture, person: people[selected], number: selected + 1, network: result.network.sha256, version: given.consent.version });
  draw();
}

/** Whoever agreed to it lets every picture be kept, whatever the network saw in it. @param {File} picture */
async function offerPicture(picture) {
  const version = traffic();
  if (!version || !state.given?.kept || version !== state.given.consent.version) return;
  try {
    await keepPicture(picture, version, true);
    await refreshGiven();
  } catch (error) {
    shell.toast(error instanceof ApiError ? error.message : t("error.page"), "bad");
  }
}

async function refreshGiven() {
  try {
    state.given = await mine();
  } catch {
    state.given = null; // without it nothing can be given, and nothing else is hindered
  }
  if (state.file && !correcting?.active) draw();
}

/** A second press on the same button does it. @param {HTMLElement} button */
async function forgetGiven(button) {
  if (button.dataset.asked !== "yes") {
    button.dataset.asked = "yes";
    fill(button, icon("warning", 16), t("correct.sure"));
    shell.say(t("correct.sure"));
    return;
  }
  try {
    const gone = await forgetMe(file ? [file] : []);
    shell.toast(t("correct.forgotten", { pictures: gone.pictures, corrections: gone.corrections }));
  } catch (error) {
    shell.toast(error instanceof ApiError ? error.message : t("error.page"), "bad");
  }
  await refreshGiven();
}

/** Nobody was found: what may be the reason, and a closer look. */
function nobodyPanel() {
  const list = h("ul", { class: "tips" });
  tips(list, ["whole", "light"]);
  const closer = h("button", { class: "button primary", type: "button", id: "closer", on: { click: () => void analyse(CLOSER) } }, t("analyse.closer"));
  return h(
    "section", { class: "panel" },
    h("header", {}, h("h2", {}, t("analyse.nobody"))),
    h("div", { class: "body stack" }, h("p", { class: "muted" }, t("analyse.nobody.why")), closer, list),
  );
}

function errorPanel() {
  const again = h("button", { class: "button", type: "button", id: "again", on: { click: () => void analyse(how) } }, icon("refresh", 16), t("analyse.again"));
  return h("div", { class: "stack" }, h("div", { class: "notice bad", id: "refusal" }, icon("warning"), h("div", {}, h("strong", {}, t("analyse.refused")), state.error ?? "")), again);
}

function loadingPanel() {
  const line = () => h("div", { class: "bone" });
  return h("section", { class: "panel", "aria-hidden": "true" }, h("header", {}, h("h2", {}, t("angles.title"))), h("div", { class: "body stack" }, line(), line(), line(), line(), line()));
}

/** The mask is asked for when it is first wanted. @param {string} name @param {boolean} on */
function toggled(name, on) {
  if (name === "mask" && on && state.status === "done" && !state.people.some((person) => person.mask)) void addMasks();
}

async function addMasks() {
  if (!file || !state.result) return;
  message(h("span", { class: "spinner" }), t("analyse.masks"));
  try {
    const result = await predict(file, { ...how, mask: true });
    const selected = state.selected;
    show(result);
    if (selected < result.people.length) stage.select(selected);
    if (!result.people.some((person) => person.mask)) shell.toast(t("error.no_mask"), "bad");
  } catch (error) {
    shell.toast(error instanceof ApiError ? error.message : t("error.page"), "bad");
  }
  message();
}

document.documentElement.dataset.status = state.status;
drawEmpty();
tips(byId("tips"));
legend(byId("legend"));
byId("look-closer").addEventListener("click", () => void analyse(CLOSER));
byId("another").addEventListener("click", () => byId("file").click());
window.addEventListener("posetune:language", () => {
  drawEmpty();
  if (correcting?.active) correcting.draw();
  if (state.file) draw();
  stage?.redraw(false);
});

let begin = () => {};
const begun = new Promise((resolve) => (begin = () => resolve(true)));
// Before anything is asked of the server: a picture that is pasted or dropped meanwhile waits, and is not lost.
listenForPictures(byId("file"), byId("drop"), (chosen) => void begun.then(() => take(chosen)));
try {
  skeleton = await getSkeleton();
  stage = new SkeletonCanvas(byId("stage"), { skeleton, flagText, pointName: jointName });
  space = new View3D(panels.turned, { skeleton });
  correcting = new Correcting(byId("editor"), skeleton, shell);
  correcting.addEventListener("change", () => (state.correcting = { moved: correcting.moved, ready: correcting.ready }));
  correcting.addEventListener("end", () => {
    state.correcting = null;
    byId("stage").hidden = false;
    byId("stage-bar").hidden = false;
    stage.resize();
    draw();
    byId("correct").focus();
    void refreshGiven();
  });
  Object.assign(window.posetune, { stage, view3d: space, correcting });
  await refreshGiven();
  stageBar(byId("stage-bar"), stage, { onToggle: toggled });
  stage.addEventListener("select", (event) => {
    const { person } = /** @type {CustomEvent} */ (event).detail;
    if (person < 0) return;
    state.selected = person;
    draw();
  });
  begin();
} catch (error) {
  const words = error instanceof ApiError ? error.message : t("error.page");
  Object.assign(state, { status: "error", error: words });
  fill(byId("drop"), icon("warning", 24), h("strong", {}, words), h("button", { class: "button", type: "button", on: { click: () => location.reload() } }, t("analyse.again")));
}
