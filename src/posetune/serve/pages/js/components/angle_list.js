/**
 * The angles of one person in words and numbers, left beside right, with the range each may have.
 */
import { fill, h, icon } from "../dom.js";
import { has, jointName, number, t } from "../i18n.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Flag} Flag */
/** @typedef {import("../types.js").Range} Range */

/** "below 60°" of a joint beyond its range. @param {Flag} flag */
export function flagText(flag) {
  if (flag.text) return flag.text;
  const key = `flag.${flag.kind}`;
  return t(has(key) ? key : "flag.beyond", { limit: number(flag.limit) });
}

/** The whole sentence, for those who do not see the picture. @param {Flag} flag */
export function flagSentence(flag) {
  return t("flag.sentence", { joint: jointName(flag.joint), value: number(flag.value, 1), limit: flagText(flag) });
}

/**
 * A table with a row a joint.
 * @param {HTMLElement} host
 * @param {Person} person
 * @param {Record<string, Range>} ranges
 * @param {string[]} joints names of the angles, "left_knee"
 */
export function showAngles(host, person, ranges, joints) {
  const parts = [...new Set(joints.map((joint) => joint.replace(/^(left|right)_/, "")))];
  const order = ["shoulder", "elbow", "hip", "knee", "ankle"];
  parts.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  fill(
    host,
    h(
      "table",
      { class: "angles" },
      h("caption", { class: "visually-hidden" }, t("angles.caption")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("angles.joint")), h("th", { scope: "col" }, t("side.left")), h("th", { scope: "col" }, t("side.right")))),
      h("tbody", {}, parts.map((part) =>
        h("tr", {}, h("th", { scope: "row" }, t(`part.${part}`)), ["left", "right"].map((side) => cell(person, ranges, `${side}_${part}`))),
      )),
    ),
  );
}

/**
 * @param {Person} person
 * @param {Record<string, Range>} ranges
 * @param {string} joint
 */
function cell(person, ranges, joint) {
  const value = person.angles?.[joint];
  const flag = person.flags?.find((other) => other.joint === joint);
  const range = ranges[joint];
  const told = value !== null && value !== undefined;
  const limits = range && `${number(range.min ?? 0)}–${number(range.max ?? 180)}°`;
  const shown = h(
    "div",
    { class: "angle-value" },
    told
      ? h("b", {}, flag ? icon("warning", 14) : null, `${number(value, 1)}°`)
      : h("span", { class: "dim", title: t("angles.unseen") }, "–", h("span", { class: "visually-hidden" }, t("angles.unseen"))),
    flag ? null : h("small", {}, limits ?? ""),
  );
  return h("td", { class: flag && "flagged", dataset: { joint, value: told ? value.toFixed(3) : "" } }, shown, rangeBar(value ?? null, range), flag ? h("small", { class: "limit" }, flagText(flag)) : null);
}

/**
 * 0 to 180 degrees, the allowed part, and where the angle is. Says nothing to a screen reader that the numbers do not.
 * @param {number | null} value
 * @param {Range | undefined} range
 */
export function rangeBar(value, range) {
  const bar = h("div", { class: "range-bar", "aria-hidden": "true" });
  const percent = (/** @type {number} */ degrees) => `${((100 * Math.min(180, Math.max(0, degrees))) / 180).toFixed(2)}%`;
  if (range) {
    bar.style.setProperty("--from", percent(range.min ?? 0));
    bar.style.setProperty("--to", percent(range.max ?? 180));
    bar.append(h("i"));
  }
  if (value !== null) {
    bar.style.setProperty("--at", percent(value));
    bar.append(h("b"));
  }
  return bar;
}
