/**
 * Exercises: a rule is written and tried on one's own video as one types.
 */
import { ApiError, ask, getSkeleton } from "../api.js";
import { deleteRule, getExercises, getRule, keepRule, tryRule } from "../coach/api.js";
import { Editor } from "../coach/editor.js";
import { CoachPanel } from "../coach/panel.js";
import { Viewer } from "../coach/viewer.js";
import { measureName, own } from "../coach/words.js";
import { byId, fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { mountShell } from "../shell.js";
import { getJobs } from "../video/jobs.js";
import { sentence } from "../video/panels.js";

/** @typedef {import("../video/jobs.js").Job} Job */
/** @typedef {import("../coach/api.js").Exercise} Exercise */

/** After the last key: what is typed faster than this is half a word. */
const WAIT_MS = 200;
const NEW = `version: 1
name: my_exercise
kind: repetitions
title: {en: My exercise, zh: 我的动作}
signal: {measure: near_knee, enter: 110, leave: 150}
gates: []
checks:
  - name: depth
    measure: near_knee
    max: 90
    tolerance: knee
    view: side
    needs: [hip, knee, ankle]
    source: convention
    cue: {en: "Go deeper.", zh: "再低一些。"}
`;
/** How a measure is named in a rule, beside those that the page has words for. */
const JOINTS = "near_|left_|right_|smaller_|larger_|mean_ + knee|hip|elbow|shoulder|ankle; smaller_|larger_|mean_ + knee_3d|hip_3d|shoulder_3d";
const MEASURES = ["hip_height", "hip_over_knee", "shoulder_over_wrist", "wrist_over_shoulder", "wrist_over_ankle", "shoulder_over_ankle", "ankles_apart", "knees_to_ankles", "trunk_lean", "shank_lean", "arm_lean", "trunk_to_shank", "body_tilt", "arms_tilt", "body_line", "front_knee", "standing_height", "push_height", "hips_bent_3d", "knees_bent_3d", "trunk_lean_3d", "body_tilt_3d", "hip_hinge_3d", "wrist_over_ankle_3d", "stride_3d", "straddle_3d", "feet_move"];

/** @type {Record<string, any>} */
const state = {
  page: "exercises", status: "loading", job: null, exercise: null, own: false, dirty: false, error: "", line: 0, asked_ms: NaN, frame: -1, time: 0, people: [], playing: false,
  looping: false, coach: false,
};
window.posetune = { state };

const shell = await mountShell("exercises");
const editor = new Editor();
const [start, clip, save, use, download, remove] = ["start", "clip", "save", "use", "download", "delete"].map((id) => /** @type {any} */ (byId(id)));
/** @type {Exercise[]} */
let exercises = [];
/** @type {Job[]} */
let jobs = [];
/** @type {Viewer | null} */
let viewer = null;
/** What is kept, or what one started from. */
let kept = "";
let timer = 0;
let typed = NaN;

const panel = new CoachPanel(byId("coach"), {
  state, say: (text) => shell.say(text), fixed: true, ask: (job, _, signal) => tryRule(job, editor.text, signal),
  refused: (error) => wrong(error),
});
panel.addEventListener("change", () => answered());

/** A rule that is none is told at its line; what was found before stays. @param {unknown} error */
function wrong(error) {
  if (!(error instanceof ApiError) || error.status !== 422) return false;
  const words = error.message.replace(/^The exercise: (line \d+: )?/, "");
  Object.assign(state, { error: words, line: error.line });
  editor.say(panel.found ? `${words} ${t("rules.stale")}` : words, error.line, true);
  finish();
  return true;
}

/** The panel has something else to show. */
function answered() {
  if (panel.busy || !panel.found) return;
  byId("coach").classList.remove("stale");
  right();
}

function right() {
  Object.assign(state, { error: "", line: 0 });
  editor.say(state.dirty ? t("rules.changed") : t("rules.fine"));
  finish();
}

/** One edit has its answer. */
function finish() {
  if (Number.isFinite(typed)) state.asked_ms = performance.now() - typed;
  typed = NaN;
  state.status = "ready";
  byId("coach").classList.toggle("stale", !!state.error);
  buttons();
}

function buttons() {
  save.disabled = use.disabled = !!state.error || state.status !== "ready";
  download.disabled = !editor.text;
  remove.hidden = !exercises.some(({ name, own: mine }) => mine && name === nameOf(editor.text));
}

/** What a rule is called. @param {string} text */
const nameOf = (text) => /^name:\s*["']?([\w.-]+)/m.exec(text)?.[1] ?? "";

editor.addEventListener("change", () => {
  typed = performance.now();
  state.dirty = editor.text !== kept;
  state.status = "typing";
  save.disabled = use.disabled = true;
  clearTimeout(timer);
  timer = window.setTimeout(() => void check(), WAIT_MS);
});

/** Try what stands there: on the video, or by itself where there is none. */
async function check() {
  if (panel.job) return panel.ask();
  const text = editor.text;
  try {
    await ask("exercises", { method: "POST", headers: { "Content-Type": "application/yaml" }, body: text });
    if (text === editor.text) right();
  } catch (error) {
    if (text === editor.text && !wrong(error)) shell.toast(sentence(error), "bad");
  }
  return undefined;
}

/** Begin from one of those that there are; posetune's own stay, so a copy of them has another name. @param {string} name */
async function begin(name) {
  const known = exercises.find((exercise) => exercise.name === name);
  let text = NEW;
  if (known) text = await getRule(name);
  if (known && !known.own) text = text.replace(/^name: .*$/m, `name: my_${name}`);
  kept = text;
  Object.assign(state, { exercise: name, own: !!known?.own, dirty: false });
  editor.text = text;
  start.value = known ? name : "";
  tellAddress();
}

function tellAddress() {
  const address = new URL(location.href);
  if (state.exercise) address.searchParams.set("exercise", state.exercise);
  if (state.job) address.searchParams.set("job", state.job);
  history.replaceState(null, "", address);
}

/** @param {string} id */
async function watch(id) {
  const job = jobs.find((other) => other.id === id);
  byId("clip-box").hidden = !job;
  byId("no-clip").hidden = !!job;
  panel.show(!!job);
  state.job = job?.id ?? null;
  if (job) await viewer?.open(job);
  tellAddress();
}

function lists() {
  const option = (/** @type {Exercise} */ exercise) => h("option", { value: exercise.name }, own(exercise.title));
  const groups = [["rules.group.posetune", exercises.filter((e) => !e.own)], ["rules.group.own", exercises.filter((e) => e.own)]];
  fill(start, h("option", { value: "" }, t("rules.new")), groups.map(([key, all]) => all.length ? h("optgroup", { label: t(/** @type {string} */ (key)) }, /** @type {Exercise[]} */ (all).map(option)) : null));
  start.value = exercises.some(({ name }) => name === state.exercise) ? state.exercise : "";
  fill(clip, jobs.map((job) => h("option", { value: job.id }, job.name || t("video.title"))));
  clip.hidden = !jobs.length;
  if (state.job) clip.value = state.job;
  fill(byId("no-clip"), icon("info"), h("div", {}, h("strong", {}, t("rules.none")), t("rules.none.how")));
  const rows = MEASURES.map((name) => h("li", {}, h("code", {}, name), h("span", { class: "muted" }, measureName(name))));
  fill(byId("words"), h("p", { class: "small muted" }, t("rules.words.joints")), h("p", {}, h("code", {}, JOINTS)), h("ul", { class: "words small" }, rows), h("p", { class: "small muted" }, t("rules.words.more")));
}

/** Keep it on the server. @returns {Promise<boolean>} */
async function keep() {
  const name = nameOf(editor.text);
  const text = editor.text;
  try {
    const exercise = await keepRule(encodeURIComponent(name), text);
    kept = text;
    exercises = [...exercises.filter((other) => other.name !== exercise.name), exercise].sort((a, b) => Number(a.own) - Number(b.own) || a.name.localeCompare(b.name));
    Object.assign(state, { exercise: exercise.name, own: true, dirty: editor.text !== kept });
    lists();
    tellAddress();
    right();
    shell.toast(t("rules.toast", { name: own(exercise.title) }));
    return true;
  } catch (error) {
    if (!wrong(error)) shell.toast(sentence(error), "bad");
    return false;
  }
}

function listen() {
  start.addEventListener("change", () => {
    if (state.dirty && !confirm(t("rules.lose"))) start.value = state.exercise ?? "";
    else void begin(start.value).catch((error) => shell.toast(sentence(error), "bad"));
  });
  clip.addEventListener("change", () => void watch(clip.value));
  save.addEventListener("click", () => void keep());
  use.addEventListener("click", async () => {
    if ((state.dirty || !state.own) && !(await keep())) return;
    state.dirty = false;
    location.assign(state.job ? `/video?${new URLSearchParams({ job: state.job, view: "coach", exercise: state.exercise })}` : "/webcam");
  });
  download.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([editor.text], { type: "application/yaml" }));
    h("a", { href: url, download: `${nameOf(editor.text) || "exercise"}.yaml` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
  remove.addEventListener("click", async () => {
    const name = nameOf(editor.text);
    try {
      await deleteRule(name);
      exercises = exercises.filter((exercise) => exercise.name !== name);
      lists();
      await begin("");
      start.focus();
    } catch (error) {
      shell.toast(sentence(error), "bad");
    }
  });
  window.addEventListener("posetune:language", () => {
    lists();
    if (!state.error) right();
  });
  window.addEventListener("beforeunload", (event) => {
    if (state.dirty) event.preventDefault();
  });
}

try {
  const asked = new URLSearchParams(location.search);
  const [skeleton, known, all] = await Promise.all([getSkeleton(), getExercises(), getJobs()]);
  exercises = known.exercises;
  jobs = all.filter((job) => job.progress.done > 0);
  viewer = new Viewer(skeleton, panel, state);
  Object.assign(window.posetune, { stage: viewer.stage, viewer, editor });
  listen();
  const first = asked.get("exercise") ?? "squat";
  state.job = jobs.some(({ id }) => id === asked.get("job")) ? asked.get("job") : (jobs[0]?.id ?? null);
  lists();
  await begin(exercises.some(({ name }) => name === first) ? first : "");
  for (const field of [start, clip]) field.disabled = false;
  editor.enable(true);
  await watch(state.job ?? "");
} catch (error) {
  Object.assign(state, { status: "error", error: sentence(error) });
  editor.say(sentence(error), 0, true);
  shell.say(sentence(error), true);
}
