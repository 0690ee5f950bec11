/**
 * The ranges that joint angles may have: edited side by side, saved as a whole.
 */
import { ApiError, get, getSkeleton, send } from "../api.js";
import { rangeBar } from "../components/angle_list.js";
import { byId, fill, h, icon } from "../dom.js";
import { has, jointName, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {Record<string, import("../types.js").Range>} Ranges */

/** @type {{page: string, status: "loading" | "ready" | "saving" | "error", saved: Ranges, edited: Ranges, defaults: Ranges, error: string | null}} */
const state = { page: "ranges", status: "loading", saved: {}, edited: {}, defaults: {}, error: null };
window.posetune = { state };

const shell = await mountShell("ranges");
/** @type {string[]} */
let joints = [];
const save = /** @type {HTMLButtonElement} */ (byId("save"));
const undo = /** @type {HTMLButtonElement} */ (byId("undo"));

/** What is wrong with a range, as the key of a text; "" if nothing is. @param {import("../types.js").Range} range */
function fault({ min, max }) {
  for (const end of [min, max]) if (end === null || !Number.isFinite(end) || end < 0 || end > 180) return "ranges.fault.number";
  return /** @type {number} */ (min) > /** @type {number} */ (max) ? "ranges.fault.order" : "";
}

/** @param {Ranges} ranges */
const copy = (ranges) => /** @type {Ranges} */ (structuredClone(ranges));

function draw() {
  const parts = [...new Set(joints.map((joint) => joint.replace(/^(left|right)_/, "")))];
  const order = ["shoulder", "elbow", "hip", "knee", "ankle"];
  parts.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  fill(byId("ranges"), parts.map((part) =>
    h("fieldset", { class: "joint" }, h("legend", {}, t(`part.${part}`)),
      h("p", { class: "small muted" }, has(`ranges.hint.${part}`) ? t(`ranges.hint.${part}`) : ""),
      h("div", { class: "sides" }, ["left", "right"].map((side) => row(`${side}_${part}`, side)))),
  ));
  judge();
}

/** @param {string} joint @param {string} side */
function row(joint, side) {
  const range = state.edited[joint] ?? { min: 0, max: 180 };
  const bar = h("div", { class: "bar-place" }, rangeBar(null, range));
  const field = (/** @type {"min" | "max"} */ end) => {
    const input = h("input", {
      class: "input", type: "number", min: 0, max: 180, step: 1, inputmode: "decimal", required: true, value: range[end] ?? "",
      id: `${joint}-${end}`, name: `${joint}.${end}`, "aria-label": t(`ranges.${end}.of`, { joint: jointName(joint) }), "aria-describedby": "status",
    });
    input.addEventListener("input", () => {
      const value = input.value.trim() === "" ? NaN : Number(input.value);
      state.edited[joint] = { ...(state.edited[joint] ?? { min: 0, max: 180 }), [end]: value };
      fill(bar, fault(state.edited[joint]) ? h("div", { class: "range-bar" }) : rangeBar(null, state.edited[joint]));
      judge();
    });
    return input;
  };
  return h(
    "div", { class: "range-row", dataset: { joint } },
    h("span", { class: "side" }, t(`side.${side}`)), field("min"), h("span", { class: "to", "aria-hidden": "true" }, "–"), field("max"),
    h("span", { class: "muted", "aria-hidden": "true" }, "°"), bar,
  );
}

/** Whether what is typed can be saved, and is worth it. */
function judge() {
  let wrong = "";
  for (const joint of joints) {
    const key = state.edited[joint] ? fault(state.edited[joint]) : "";
    for (const end of ["min", "max"]) byId(`${joint}-${end}`).setAttribute("aria-invalid", String(!!key));
    if (key && !wrong) wrong = t(key, { joint: jointName(joint) });
  }
  const changed = JSON.stringify(state.edited) !== JSON.stringify(state.saved);
  save.disabled = !changed || !!wrong || state.status === "saving";
  undo.disabled = !changed;
  const status = byId("status");
  status.classList.toggle("bad", !!wrong);
  fill(status, wrong || state.error || (changed ? t("ranges.changed") : t("ranges.saved")));
  document.documentElement.dataset.status = state.status;
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (save.disabled) return;
  Object.assign(state, { status: "saving", error: null });
  judge();
  try {
    const answer = /** @type {{ranges: Ranges}} */ (await send("PUT", "ranges", { ranges: state.edited }));
    Object.assign(state, { status: "ready", saved: copy(answer.ranges), edited: copy(answer.ranges) });
    shell.toast(t("ranges.toast"));
    draw();
  } catch (error) {
    Object.assign(state, { status: "ready", error: error instanceof ApiError ? error.message : t("error.page") });
    shell.toast(state.error ?? "", "bad");
  }
  judge();
});
undo.addEventListener("click", () => {
  state.edited = copy(state.saved);
  draw();
  byId(`${joints[0]}-min`).focus();
});
byId("defaults").addEventListener("click", () => {
  state.edited = copy(state.defaults);
  draw();
});
window.addEventListener("beforeunload", (event) => {
  if (!undo.disabled) event.preventDefault();
});
window.addEventListener("posetune:language", draw);

try {
  const [skeleton, content] = await Promise.all([
    getSkeleton(), /** @type {Promise<{ranges: Ranges, defaults?: Ranges}>} */ (get("ranges")),
  ]);
  joints = skeleton.angles.map((angle) => angle.name);
  byId("defaults").hidden = !content.defaults;
  Object.assign(state, { status: "ready", saved: content.ranges, edited: copy(content.ranges), defaults: content.defaults ?? {} });
  draw();
} catch (error) {
  state.status = "error";
  document.documentElement.dataset.status = "error";
  const words = error instanceof ApiError ? error.message : t("error.page");
  fill(byId("ranges"), h("div", { class: "notice bad" }, icon("warning"), h("div", {}, words)));
  shell.say(words, true);
}
