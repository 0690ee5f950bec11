/**
 * Correct a set's labels. `window.posetune.state` says what is open, how it is labelled, what is saved, and how far the work is.
 */
import { ApiError, get, getSkeleton } from "../api.js";
import { commandOf, isElsewhere } from "../annotate/keys.js";
import * as model from "../annotate/model.js";
import { agreementPanel, caps, commandButton, doPanel, keysDialog, peoplePanel, pointPanel, refill, showProgress } from "../annotate/panels.js";
import { Session } from "../annotate/session.js";
import { PointEditor } from "../components/point_editor.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { byId, fill, h, icon } from "../dom.js";
import { jointName, number, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../annotate/model.js").Labelled} Labelled */

/** @type {Record<string, any>} */
const state = { page: "annotate", status: "loading", image: null, people: [], selected: -1, point: null, saved: true, waiting: 0, progress: null, suspects: 0, error: null };
window.posetune = { state };

const shell = await mountShell("annotate");
/** @type {import("../types.js").Skeleton} */
let skeleton;
/** @type {Session} */
let session;
/** @type {PointEditor} */
let editor;

/** What the page shows, for scripts. */
function publish() {
  const { image, outbox, counts } = session;
  const point = editor.person?.points[editor.point];
  Object.assign(state, {
    status: session.status,
    error: session.error,
    image: image && {
      name: image.name, number: image.number, width: image.width, height: image.height, status: image.status, done: image.done,
      problem: image.problem, blind: image.blind, revision: image.revision, undo: image.undo, redo: image.redo, score: image.score,
      neighbours: image.neighbours,
    },
    people: editor.people,
    selected: editor.selected,
    point: point ? { index: editor.point, name: skeleton.names[editor.point], x: point[0], y: point[1], v: point[2] } : null,
    doubtful: editor.doubtful().map((i) => skeleton.names[i]),
    warnings: editor.warnings(),
    question: editor.question && { kind: "outside", name: skeleton.names[editor.question.index] },
    mode: editor.mode,
    other: other && { reviewer: other.reviewer, people: other.people, shown: editor.others.length > 0 },
    agreement: session.agreement,
    hidden: editor.hidden,
    follows: editor.follows,
    saved: !outbox.waiting.length,
    dirty: outbox.waiting.length > 0,
    waiting: outbox.waiting.length,
    away: outbox.away,
    tabs: session.others + 1,
    reviewer: session.work.reviewer,
    order: session.order,
    progress: counts,
    suspects: counts.suspects,
  });
  document.documentElement.dataset.status = session.status; // for scripts that wait
}

// Drawing

function draw() {
  const { image } = session;
  byId("name").textContent = image?.name ?? "";
  byId("name").title = image?.name ?? "";
  drawHead();
  drawBanner();
  drawMessage();
  drawPanels();
  byId("follow").setAttribute("aria-pressed", String(editor.follows));
  drawQuestion();
  publish();
}

function drawHead() {
  const { image, outbox } = session;
  const neighbours = image?.neighbours;
  button("previous", "step-back", !neighbours?.previous, "annotate.do.previous");
  button("next", "step-on", !neighbours?.next, "annotate.do.next");
  const status = byId("status");
  status.hidden = !image;
  status.className = `badge${image?.done ? " good" : ""}`;
  fill(status, image?.done ? icon("check", 13) : null, t(image?.done ? "annotate.seen" : "annotate.open"));
  const problem = byId("problem");
  problem.hidden = !image?.problem;
  if (image?.problem) fill(problem, icon("warning", 13), t(`annotate.problem.${image.problem}`));
  const saved = byId("saved");
  saved.dataset.state = outbox.away ? "away" : outbox.waiting.length ? "waiting" : "saved";
  const words = outbox.away ? t("annotate.away", { count: outbox.waiting.length }) : t(outbox.waiting.length ? "annotate.saving" : "annotate.saved");
  if (saved.textContent !== words) fill(saved, outbox.away ? icon("warning", 15) : icon("check", 15), words);
  const suspect = byId("suspect");
  suspect.toggleAttribute("disabled", !neighbours?.suspect);
  fill(suspect, t("annotate.short.suspect"), caps("suspect"));
  const accept = byId("accept");
  accept.toggleAttribute("disabled", !session.canEdit);
  fill(accept, icon("check", 16), t("annotate.short.accept"), caps("accept"));
}

/** @param {string} id @param {string} glyph @param {boolean} disabled @param {string} key */
function button(id, glyph, disabled, key) {
  const element = byId(id);
  if (!element.firstChild) fill(element, icon(glyph, 17));
  element.toggleAttribute("disabled", disabled);
  element.setAttribute("aria-label", t(key));
  element.title = t(key);
}

/** What holds for the whole work: another tab, a file that cannot be written, notes of the start. */
function drawBanner() {
  /** @type {string[]} */
  const lines = [];
  if (session.others > 0) lines.push(t("annotate.tabs"));
  if (session.problem) lines.push(session.problem);
  lines.push(...session.work.notes);
  const banner = byId("banner");
  const words = lines.join("\n");
  if (banner.dataset.words === words) return;
  banner.dataset.words = words;
  banner.hidden = !lines.length;
  fill(banner, lines.map((line) => h("div", { class: "notice warn", role: "status" }, icon("warning", 17), h("div", {}, line))));
}

function drawMessage() {
  const place = byId("message");
  const words = message();
  place.hidden = !words;
  if (words && place.textContent !== words) fill(place, session.status === "loading" || finding ? h("span", { class: "spinner" }) : null, words);
}

let finding = false;
let slow = false;

function message() {
  if (finding) return t("annotate.finding");
  if (session.status === "error") return session.error ?? "";
  if (session.status === "loading") return slow || !session.image ? t("annotate.opening") : "";
  if (session.image?.problem === "missing") return t("annotate.message.missing");
  if (session.image?.problem === "damaged") return t("annotate.message.damaged");
  if (session.image?.problem === "turned") return t("annotate.message.turned");
  if (editor.mode === "box") return t("annotate.message.box");
  return "";
}

function drawPanels() {
  const can = session.canEdit;
  byId("position").textContent = t("annotate.position", { number: number((session.image?.number ?? 0) + 1), count: number(session.counts.images) });
  showProgress(byId("progress-body"), session, run);
  refill(
    byId("inspector"),
    peoplePanel(editor, run, can),
    pointPanel(editor, run, skeleton.names, can),
    doPanel(editor, run, can),
    agreementPanel(session, run, other && { reviewer: other.reviewer, differences: differences() }, skeleton.names, editor.others.length > 0),
  );
  byId("stage").setAttribute("aria-label", stageWords());
}

function stageWords() {
  const { image } = session;
  if (!image) return t("stage.label");
  return [t("annotate.stage", { name: image.name, count: editor.people.length }), ...editor.warnings().map(warningWords)].join(" ");
}

function drawQuestion() {
  const place = byId("question");
  const question = editor.question;
  place.hidden = !question;
  if (!question) return;
  const point = editor.person?.points[question.index];
  place.classList.toggle("low", !!point && editor.stage.toScreen(0, Number(point[1]))[1] < editor.stage.room().height / 2);
  byId("question-text").textContent = t("annotate.question", { name: jointName(skeleton.names[question.index]) });
  fill(
    byId("question-answers"),
    commandButton(run, "occluded", { class: "button primary" }),
    commandButton(run, "outside"),
    commandButton(run, "escape", { class: "button quiet" }),
  );
}

/** @param {import("../annotate/warnings.js").Warning} warning */
function warningWords(warning) {
  const [first, second] = warning.points.map((i) => jointName(skeleton.names[i]));
  return t(`annotate.warning.${warning.kind}`, { first, second: second ?? "", ...warning.values });
}

/** The words at the point under the cursor. @param {Labelled} person @param {number} index */
function note(person, index) {
  const confidence = person.confidence?.[index];
  const words = [jointName(skeleton.names[index]), t(`annotate.v${person.points[index][2]}`)];
  if (confidence !== null && confidence !== undefined) words.push(`${number(100 * confidence)} %`);
  return words.join(" · ");
}

/** Another reviewer's people in the open image, once both have seen to it. @type {{reviewer: string, people: Labelled[]} | null} */
let other = null;

async function renewOther() {
  const name = session.image?.name;
  const found = await session.other().catch(() => null);
  if (session.image?.name !== name) return;
  other = found;
  later();
}

/** Points on which the two differ in this picture: more than a twentieth of the person's size apart, or another v. */
function differences() {
  const person = editor.person;
  const match = person && other && model.nearest(person, other.people);
  if (!person || !match) return [];
  const far = model.extent(person) / 20;
  return person.points
    .map((point, index) => {
      const theirs = match.points[index];
      const both = point[2] > 0 && theirs[2] > 0;
      return { index, px: both ? Math.hypot(Number(point[0]) - Number(theirs[0]), Number(point[1]) - Number(theirs[1])) : null, v: point[2] === theirs[2] };
    })
    .filter((difference) => !difference.v || (difference.px ?? 0) > far)
    .sort((a, b) => (b.px ?? 0) - (a.px ?? 0));
}

// Commands

const STEPS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const SWAPS = { swapWhole: "whole", swapArms: "arms", swapLegs: "legs", swapHands: "hands", swapFace: "face", swapFeet: "feet" };

/** What a key or button does. @type {Record<string, () => void>} */
const COMMANDS = {
  accept: () => accept(true),
  acceptAndStay: () => accept(false),
  next: () => goTo(session.image?.neighbours.next),
  previous: () => goTo(session.image?.neighbours.previous),
  suspect: () => goTo(session.image?.neighbours.suspect),
  suspectBefore: () => goTo(session.image?.neighbours.suspect_before),
  goTo: () => byId("go-to").focus(),
  visible: () => editor.setVisibility(model.VISIBLE),
  occluded: () => editor.setVisibility(model.OCCLUDED),
  outside: () => editor.setVisibility(model.OUTSIDE),
  nextDoubt: () => editor.step(1, true),
  doubtBefore: () => editor.step(-1, true),
  nextPoint: () => editor.step(1),
  pointBefore: () => editor.step(-1),
  ...Object.fromEntries(Object.entries(STEPS).flatMap(([side, [x, y]]) => [[side, () => arrow(x, y, 1)], [`${side}10`, () => arrow(x, y, 10)]])),
  ...Object.fromEntries(Object.entries(SWAPS).map(([command, region]) => [command, () => editor.swap(/** @type {keyof typeof model.REGIONS} */ (region))])),
  copyBefore: () => void copyBefore(),
  copyVisibility: () => void copyBefore(true),
  interpolate: () => void interpolate(),
  add: () => (editor.mode === "box" ? editor.cancel() : editor.startBox()),
  nextPerson: () => editor.people.length && editor.select((editor.selected + 1) % editor.people.length),
  reject: () => editor.change("reject", (person) => ({ ...person, status: person.status === "rejected" ? "corrected" : "rejected" })),
  remove: () => editor.person && editor.apply("delete", [{ id: editor.person.id, before: editor.person, after: null }]),
  undo: () => void session.reverse("undo"),
  redo: () => void session.reverse("redo"),
  hide: () => editor.hide(true),
  magnify: () => {
    editor.magnifies = !editor.magnifies;
    shell.say(t(editor.magnifies ? "annotate.magnifier.on" : "annotate.magnifier.off"));
  },
  other: () => editor.setOthers(editor.others.length ? [] : (other?.people ?? [])),
  zoomIn: () => editor.stage.zoom(1.4, spotOfPoint()),
  zoomOut: () => editor.stage.zoom(1 / 1.4, spotOfPoint()),
  follow: () => editor.toggleFollow(),
  fit: () => {
    editor.follows = false;
    editor.stage.fit();
  },
  help: () => keysDialog(),
  escape: () => (editor.question || editor.mode === "box" ? editor.cancel() : editor.select(editor.selected, -1)),
  "order:order": () => (session.order = "order"),
  "order:suspects": () => (session.order = "suspects"),
};

/** @param {string} command */
function run(command) {
  COMMANDS[command]?.();
  if (editor) draw();
}

/** A point by a px or ten; without one the picture before or after. @param {number} x @param {number} y @param {number} far */
function arrow(x, y, far) {
  if (editor.point >= 0) editor.nudge(x * far, y * far);
  else if (y === 0 && far === 1) run(x < 0 ? "previous" : "next");
}

/** Where the meant point stands, to zoom there. */
function spotOfPoint() {
  const point = editor.person?.points[editor.point];
  if (!point || !model.placed(point)) return undefined;
  const [x, y] = editor.stage.toScreen(Number(point[0]), Number(point[1]));
  return { x, y };
}

/** @param {string | null | undefined} name */
function goTo(name) {
  if (!name) return void shell.say(t("annotate.end"));
  slow = false;
  const waits = setTimeout(() => {
    slow = true;
    drawMessage();
  }, 250);
  void openByName(name).finally(() => clearTimeout(waits));
}

/** An image by its name, or its number from 1. @param {string} name */
async function openByName(name) {
  if (/^\d{1,7}$/.test(name)) {
    try {
      const [row] = /** @type {{name: string}[]} */ (await get(`annotate/list?start=${Math.max(0, Number(name) - 1)}&count=1`));
      if (row) return session.open(row.name);
    } catch {
      // It is a name, then, or the server is away: opening it says so.
    }
  }
  return session.open(name);
}

/** @param {boolean} goOn */
function accept(goOn) {
  if (!session.canEdit) return;
  session.accept();
  editor.setPeople(session.people);
  if (!goOn) void renewOther();
  if (!goOn) return;
  const { open, suspect } = session.image?.neighbours ?? {};
  const next = session.order === "suspects" ? (suspect ?? open) : open;
  if (next) goTo(next);
  else shell.toast(t("annotate.all_done"));
}

/** The people of the frame before: for who is selected, or all of them where nobody is here. @param {boolean} [visibility] that alone */
async function copyBefore(visibility = false) {
  const found = await session.around();
  const before = found?.before?.people.filter((person) => person.status !== "rejected") ?? [];
  if (!before.length) return void shell.toast(t("annotate.none_before"), "bad");
  const person = editor.person;
  if (person) {
    const match = model.nearest(person, before) ?? before[0];
    if (visibility) editor.change("copy visibility", (who) => model.withVisibilities(who, match));
    else editor.change("copy", (who) => model.copied(who, match));
    return;
  }
  const changes = before.map((other) => {
    const after = model.newPerson(session.newId(), { points: other.points.map((point) => [...point]), box: other.box });
    return { id: after.id, before: null, after };
  });
  editor.apply("copy", changes);
}

/** Between the nearest frames before and after that somebody has seen to. */
async function interpolate() {
  const person = editor.person;
  const found = await session.around();
  if (!person || !found) return;
  const pick = (/** @type {import("../annotate/session.js").Frame | null} */ frame) => frame && (model.nearest(person, frame.people) ?? frame.people[0]);
  const [a, b] = [pick(found.earlier), pick(found.later)];
  if (!a || !b || !found.earlier || !found.later) return void shell.toast(t("annotate.none_around"), "bad");
  const share = (found.at - found.earlier.at) / (found.later.at - found.earlier.at);
  editor.change("interpolate", (who) => model.between(who, a, b, share));
}

/** Somebody new, where the viewer points. @param {{box?: number[], point?: number[]}} where */
async function place(where) {
  const name = session.image?.name;
  finding = true;
  drawMessage();
  try {
    const found = await session.find(where);
    if (session.image?.name !== name) return;
    const after = model.newPerson(session.newId(), {
      points: found.points, confidence: found.confidence, network: found.network.sha256, box: where.box ?? found.box,
    });
    editor.apply("add", [{ id: after.id, before: null, after }]);
    editor.select(editor.people.length - 1);
    if (found.score < 0.5) shell.toast(t("annotate.unsure"), "bad");
  } catch (error) {
    shell.toast(error instanceof ApiError ? error.message : t("error.page"), "bad");
  } finally {
    finding = false;
    draw();
  }
}

// Listening

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (!session || isElsewhere(event)) return;
  const command = commandOf(event);
  if (command === null) return;
  event.preventDefault();
  event.stopPropagation();
  if (command) run(command);
}

/** @param {KeyboardEvent} event */
function released(event) {
  if (event.code === "KeyH" && editor?.hidden) unhide();
}

function unhide() {
  if (!editor.hidden) return;
  editor.hide(false);
  publish();
}

function listen() {
  window.addEventListener("keydown", pressed, { capture: true });
  window.addEventListener("keyup", released, { capture: true });
  window.addEventListener("blur", () => editor.hidden && unhide());
  byId("go").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (byId("go-to"));
    const name = field.value.trim();
    field.value = "";
    field.blur();
    if (name) goTo(name);
  });
  for (const id of ["previous", "next", "suspect", "accept"]) byId(id).addEventListener("click", () => run(id));
  editor.addEventListener("edit", (event) => {
    const { what, changes } = /** @type {CustomEvent} */ (event).detail;
    session.edit(what, changes);
    session.people = editor.people;
  });
  for (const type of ["select", "warn", "question"]) editor.addEventListener(type, () => session.image && later());
  editor.addEventListener("place", (event) => void place(/** @type {CustomEvent} */ (event).detail));
  session.addEventListener("image", () => {
    editor.readOnly = !session.canEdit;
    const { image, picture } = session;
    editor.setPicture(picture, { width: image?.width || 1, height: image?.height || 1 });
    other = null;
    editor.setOthers([]);
    editor.setPeople(session.people, true);
    void renewOther();
    if (image) shell.say(t("annotate.said", { name: image.name, count: editor.people.length }));
  });
  session.addEventListener("people", () => editor.setPeople(session.people));
  session.addEventListener("state", later);
  session.addEventListener("told", (event) => {
    const { text, bad } = /** @type {CustomEvent} */ (event).detail;
    if (bad) shell.toast(text, "bad");
    else shell.say(text);
  });
  window.addEventListener("posetune:language", () => {
    nameBar();
    draw();
  });
}

let drawing = 0;

/** Draw with the next frame of the screen, once for however many changes. The state is there at once. */
function later() {
  publish();
  if (drawing) return;
  drawing = requestAnimationFrame(() => {
    drawing = 0;
    draw();
  });
}

/** Buttons below the stage; the texts are put in by nameBar, anew in another language. */
function makeBar() {
  const hide = h("button", { class: "button", type: "button", id: "hide" }, icon("eye", 17), h("span"));
  hide.addEventListener("pointerdown", () => editor.hide(true));
  for (const type of ["pointerup", "pointerleave", "pointercancel"]) hide.addEventListener(type, unhide);
  const reverse = ["undo", "redo"].map((command) => h("button", { class: "button icon", type: "button", id: command, on: { click: () => run(command) } }, icon(command, 17)));
  const follow = h("button", { class: "button", type: "button", id: "follow", "aria-pressed": "false", on: { click: () => run("follow") } }, icon("person", 17), h("span"));
  const help = h("button", { class: "button", type: "button", id: "help", on: { click: () => run("help") } }, icon("keyboard", 17), h("span"));
  stageBar(byId("stage-bar"), editor.stage, { toggles: [], extra: [h("div", { class: "group" }, reverse), hide, follow, help] });
  nameBar();
}

function nameBar() {
  for (const command of ["undo", "redo", "hide", "follow", "help"]) {
    const element = byId(command);
    element.title = t(`annotate.do.${command}`);
    const words = element.querySelector("span");
    if (words) words.textContent = t(`annotate.short.${command}`);
    else element.setAttribute("aria-label", element.title);
  }
}

/** What the server has, once it has started: its networks take seconds. @param {number} [seconds] @returns {Promise<import("../annotate/session.js").Work>} */
async function workOf(seconds = 60) {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    try {
      return await get("annotate");
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || performance.now() > end) throw error;
      byId("lead").textContent = error.message;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function start() {
  const work = await workOf();
  if (!work.open) {
    byId("lead").hidden = true;
    byId("how").hidden = false;
    Object.assign(state, { status: "empty" });
    document.documentElement.dataset.status = "empty";
    return;
  }
  skeleton = await getSkeleton();
  byId("empty").hidden = true;
  byId("bench").hidden = false;
  byId("main").classList.add("bench");
  session = new Session(work);
  editor = new PointEditor(byId("stage"), { skeleton, facts: { bones: work.bones, partners: work.partners }, note, warning: warningWords });
  Object.assign(window.posetune, { stage: editor.stage, editor, session });
  legend(byId("legend"));
  makeBar();
  listen();
  await session.start();
  await session.open(new URLSearchParams(location.search).get("image") || work.first);
}

try {
  await start();
} catch (error) {
  const words = error instanceof ApiError ? error.message : t("error.page");
  if (!(error instanceof ApiError)) console.error(error);
  Object.assign(state, { status: "error", error: words });
  document.documentElement.dataset.status = "error";
  byId("lead").hidden = true;
  byId("empty").hidden = false;
  const again = h("button", { class: "button", type: "button", on: { click: () => location.reload() } }, icon("refresh", 16), t("analyse.again"));
  byId("failed").hidden = false;
  fill(byId("failed"), h("div", { class: "notice bad" }, icon("warning"), h("div", {}, words)), again);
}
