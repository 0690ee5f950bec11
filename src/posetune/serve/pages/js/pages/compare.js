/**
 * Two networks on the same picture: one left of the wipe, one right of it, with how far they are apart at each joint.
 */
import { ApiError, getNetworks, getSkeleton, predict } from "../api.js";
import { flagText } from "../components/angle_list.js";
import { angleDifferences, distances, median, pairs } from "../components/differences.js";
import { examined, listenForPictures, readPicture } from "../components/picture_input.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { wipe } from "../components/wipe.js";
import { byId, fill, h, icon } from "../dom.js";
import { jointName, number, t } from "../i18n.js";
import { fetchSample, sampleButtons } from "../samples.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../types.js").Network} Network */
/** @typedef {import("../types.js").Prediction} Prediction */

/**
 * @type {{page: string, status: "empty" | "loading" | "done" | "error", networks: Network[], first: string, second: string,
 *   results: Prediction[], pairs: [number, number][], pair: number, differences: {name: string, px: number}[], error: string | null}}
 */
const state = { page: "compare", status: "empty", networks: [], first: "", second: "", results: [], pairs: [], pair: 0, differences: [], error: null };
window.posetune = { state };
const shell = await mountShell("compare");
/** @type {File | null} */
let file = null;
/** @type {AbortController | null} */
let running = null;
/** @type {SkeletonCanvas} */
let stage;
/** @type {ReturnType<typeof wipe>} */
let handle;

function drawSetup() {
  fill(byId("another"), icon("image", 17), t("analyse.another"));
  sampleButtons(byId("samples"), (name) => void takeSample(name));
  if (state.networks.length < 2) {
    fill(byId("setup"), state.networks.length ? h("div", { class: "notice warn" }, icon("warning"), h("div", {}, t("compare.one"))) : null);
    return;
  }
  const choice = (/** @type {"first" | "second"} */ which) => {
    const select = h("select", { class: "select", id: which }, state.networks.map((network) =>
      h("option", { value: network.name, selected: network.name === state[which] }, network.name)));
    select.addEventListener("change", () => {
      state[which] = select.value;
      void compare();
    });
    return h("div", { class: "field" }, h("label", { for: which }, t(`compare.${which}`)), select);
  };
  const swap = h("button", { class: "button icon", type: "button", "aria-label": t("compare.swap"), title: t("compare.swap") }, icon("swap", 17));
  swap.addEventListener("click", () => {
    [state.first, state.second] = [state.second, state.first];
    state.results.reverse();
    state.pairs = state.pairs.map(([a, b]) => [b, a]);
    drawSetup();
    if (state.status === "done") show();
  });
  fill(byId("setup"), choice("first"), swap, choice("second"));
}

/** @param {string} name */
async function takeSample(name) {
  const sample = await fetchSample(name);
  if (sample) await take(sample, t(`sample.${name}`));
  else shell.toast(t("error.sample"), "bad");
}

/** @param {File} chosen @param {string} [name] what to call it */
async function take(chosen, name) {
  const { file: picture, refusal } = await examined(chosen);
  if (!picture) return shell.toast(t(refusal), "bad");
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await readPicture(picture);
  } catch {
    return shell.toast(t("error.broken"), "bad");
  }
  file = picture;
  byId("empty").hidden = true;
  byId("bench").hidden = false;
  byId("file-name").textContent = name ?? chosen.name;
  stage.resize();
  stage.setPeople([]);
  stage.setOthers(null);
  stage.setPicture(bitmap, { width: bitmap.width, height: bitmap.height });
  await compare();
}

async function compare() {
  if (!file) return;
  running?.abort();
  const mine = (running = new AbortController());
  const picture = file;
  Object.assign(state, { status: "loading", error: null, results: [], pairs: [], differences: [] });
  message(h("span", { class: "spinner" }), t("compare.running"));
  draw();
  try {
    const results = await Promise.all([state.first, state.second].map((model) => predict(picture, { model, signal: mine.signal })));
    if (mine.signal.aborted) return;
    Object.assign(state, { status: "done", results, pairs: pairs(results[0].people, results[1].people), pair: 0 });
    show();
  } catch (error) {
    if (mine.signal.aborted) return;
    Object.assign(state, { status: "error", error: error instanceof ApiError ? error.message : t("error.page") });
    shell.say(state.error ?? "", true);
  }
  message();
  draw();
}

/** Put both results on the stage, and their differences beside it. */
function show() {
  const [first, second] = state.results;
  stage.setPeople(first.people);
  stage.setOthers(second.people);
  handle.name(state.first, state.second);
  handle.show(true);
  draw();
  const [worst] = [...state.differences].sort((a, b) => b.px - a.px);
  if (!worst) return shell.say(missing());
  shell.say(t("compare.sentence", { median: number(median(state.differences.map((d) => d.px)), 1), largest: number(worst.px, 1), joint: jointName(worst.name) }));
}

/** What there is to say where no person is in both. */
function missing() {
  const [first, second] = state.results.map((result) => result.people.length);
  if (first && !second) return t("compare.only", { name: state.first });
  if (second && !first) return t("compare.only", { name: state.second });
  return first ? t("compare.people", { first, second, both: 0 }) : t("compare.neither");
}

/** @param {...(Node | string)} what */
function message(...what) {
  const place = byId("message");
  place.hidden = !what.length;
  fill(place, ...what);
}

function draw() {
  document.documentElement.dataset.status = state.status;
  const place = byId("inspector");
  if (state.status === "error") {
    const again = h("button", { class: "button", type: "button", on: { click: () => void compare() } }, icon("refresh", 16), t("analyse.again"));
    fill(place, h("div", { class: "notice bad" }, icon("warning"), h("div", {}, state.error ?? "")), h("div", { class: "stack" }, again));
  } else if (state.status === "done") fill(place, differencePanel(), reportPanel());
  else fill(place, h("section", { class: "panel" }, h("div", { class: "body stack padded" }, h("div", { class: "bone" }), h("div", { class: "bone" }), h("div", { class: "bone" }))));
  byId("stage").setAttribute("aria-label", t("stage.label"));
}

function differencePanel() {
  const head = h("header", {}, h("h2", {}, t("compare.differences")));
  const pair = state.pairs[state.pair];
  const same = state.first === state.second && h("p", { class: "muted small" }, t("compare.same"));
  if (!pair) {
    state.differences = [];
    return h("section", { class: "panel" }, head, h("div", { class: "body stack" }, same, h("p", { class: "muted" }, missing())));
  }
  const [a, b] = [state.results[0].people[pair[0]], state.results[1].people[pair[1]]];
  const names = a.names ?? stage.options.skeleton.names;
  const apart = distances(a, b);
  state.differences = apart.map(({ index, px }) => ({ name: names[index], px }));
  const degrees = angleDifferences(a, b).map((angle) => Math.abs(angle.degrees));
  const largest = Math.max(...apart.map(({ px }) => px), 1e-9);
  const fact = (/** @type {string} */ key, /** @type {number} */ value, /** @type {string} */ unit) =>
    h("div", {}, h("dt", {}, t(key)), h("dd", {}, Number.isFinite(value) ? number(value, 1) : "–", h("small", {}, ` ${unit}`)));
  const rows = [...apart].sort((p, q) => q.px - p.px).map(({ index, px }) => {
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", `${((100 * px) / largest).toFixed(1)}%`);
    return h("li", { class: "difference", dataset: { joint: names[index], px: px.toFixed(3) } }, h("span", {}, jointName(names[index])), h("span", {}, `${number(px, 1)} ${t("compare.unit")}`), bar);
  });
  if (state.pairs.length > 1) {
    head.append(h("div", { class: "segments", role: "group", "aria-label": t("analyse.people") }, state.pairs.map((_, i) => {
      const button = h("button", { type: "button", "aria-pressed": String(i === state.pair), "aria-label": t("compare.person", { number: i + 1 }) }, i + 1);
      button.addEventListener("click", () => {
        state.pair = i;
        draw();
      });
      return button;
    })));
  }
  const [first, second] = state.results.map((result) => result.people.length);
  return h(
    "section", { class: "panel" }, head,
    h("div", { class: "body" },
      same,
      h("dl", { class: "summary" }, fact("compare.median", median(apart.map(({ px }) => px)), t("compare.unit")), fact("compare.largest", largest, t("compare.unit")),
        fact("compare.angles", degrees.reduce((sum, d) => sum + d, 0) / (degrees.length || NaN), "°")),
      first !== second && h("p", { class: "muted small" }, t("compare.people", { first, second, both: state.pairs.length })),
      h("ul", { class: "differences", tabindex: 0, "aria-label": t("compare.differences") }, rows)),
  );
}

function reportPanel() {
  const chosen = [state.first, state.second].map((name) => state.networks.find((network) => network.name === name));
  return h(
    "section", { class: "panel" }, h("header", {}, h("h2", {}, t("compare.reports"))),
    h("div", { class: "body stack" }, chosen.map((network) => network && (network.report
      ? h("a", { href: network.report, target: "_blank", rel: "noopener" }, t("compare.report", { name: network.name }))
      : h("span", { class: "muted small" }, t("compare.no_report", { name: network.name }))))),
  );
}

byId("another").addEventListener("click", () => byId("file").click());
legend(byId("legend"));
window.addEventListener("posetune:language", () => {
  drawSetup();
  if (file) draw();
  stage?.redraw(false);
});

try {
  const [skeleton, networks] = await Promise.all([getSkeleton(), getNetworks()]);
  state.networks = networks;
  const asked = new URLSearchParams(location.search);
  const current = networks.find((network) => network.current)?.name ?? networks[0]?.name ?? "";
  const named = (/** @type {string} */ key) => networks.find((network) => network.name === asked.get(key))?.name;
  state.second = named("second") ?? current;
  state.first = named("first") ?? networks.find((network) => network.name !== state.second)?.name ?? state.second;
  stage = new SkeletonCanvas(byId("stage"), { skeleton, flagText, pointName: jointName });
  stage.show({ angles: false, flags: false });
  handle = wipe(byId("stage"), stage);
  Object.assign(window.posetune, { stage });
  stageBar(byId("stage-bar"), stage, { toggles: ["skeleton", "angles"] });
  drawSetup();
  document.documentElement.dataset.status = state.status;
  listenForPictures(byId("file"), byId("drop"), (chosen) => void take(chosen));
} catch (error) {
  state.status = "error";
  document.documentElement.dataset.status = "error";
  fill(byId("drop"), icon("warning", 24), h("strong", {}, error instanceof ApiError ? error.message : t("error.page")));
}
