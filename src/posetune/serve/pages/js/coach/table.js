/**
 * The repetitions of a video, a row each.
 */
import { h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { checkName, detail, statusName, valueOf } from "./words.js";

/** @typedef {import("./api.js").Coached} Coached */
/** @typedef {import("./api.js").Repetition} Repetition */

const GLYPHS = { ok: "check", near: "near", fault: "warning", "not measurable": "hidden" };
/** Joints in the order of how much they moved, so many. */
const MOST_JOINTS = 2;

/**
 * @param {Coached} found
 * @param {number} looped the row that is looped, -1: none
 * @param {(index: number) => void} loop
 */
export function table(found, looped, loop) {
  const hold = found.kind === "hold";
  const heads = [
    t(hold ? "coach.column.hold" : "coach.column.number"), t("coach.column.time"), ...found.checks.map(({ name }) => checkName(name)),
    t(hold ? "coach.column.lasts" : "coach.column.tempo"), found.signal ? t("coach.column.reached") : null, t("coach.column.range"),
  ].filter((head) => head !== null);
  const joints = new Set((found.checks[0]?.needs ?? []).map((part) => part.replace(/^(both|left|right)_/, "")));
  const rows = found.repetitions.map((repetition, i) => {
    const press = h("button", { class: "repetition", type: "button", id: `repetition-${i}`, "aria-pressed": String(i === looped), "aria-label": t("coach.loop", { number: i + 1 }) }, number(i + 1), icon("loop", 14));
    const row = h(
      "tr", { class: i === looped ? "looped" : "", dataset: { repetition: i } },
      h("th", { scope: "row" }, press),
      h("td", { class: "numeric" }, t("coach.span", { from: number(repetition.start, 1), to: number(repetition.end, 1) })),
      found.checks.map((check) => cell(check, repetition.checks[check.name])),
      h("td", { class: "numeric" }, hold ? t("coach.live.seconds", { seconds: number(repetition.end - repetition.start, 1) }) : t("coach.tempo", { there: number(repetition.extremum - repetition.start, 1), back: number(repetition.end - repetition.extremum, 1) })),
      found.signal ? h("td", { class: "numeric" }, repetition.reached === undefined ? "–" : valueOf(found.signal.measure, repetition.reached)) : null,
      h("td", { class: "numeric" }, ranges(repetition, joints)),
    );
    row.addEventListener("click", () => loop(i));
    return row;
  });
  const caption = h("caption", { class: "visually-hidden" }, t("coach.caption"));
  return h(
    "div", { class: "coach-scroll", tabindex: 0, role: "region", "aria-label": t("coach.caption") },
    h("table", { class: "coach-table" }, caption, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows)),
  );
}

/** The joints that moved most, of those that the first check is about. @param {Repetition} repetition @param {Set<string>} about */
function ranges(repetition, about) {
  const all = Object.entries(repetition.ranges);
  const own = all.filter(([joint]) => about.has(joint));
  const moved = (own.length ? own : all).sort(([, a], [, b]) => b[1] - b[0] - (a[1] - a[0])).slice(0, MOST_JOINTS);
  return moved.map(([joint, [low, high]]) => h("span", { class: "range" }, `${t(`part.${joint}`)} ${number(low)}–${number(high)}°`));
}

/**
 * @param {import("./api.js").Check} check
 * @param {import("./api.js").CheckResult | undefined} result
 */
function cell(check, result) {
  if (!result) return h("td", {}, "–");
  const kind = result.status.replace(" ", "-");
  return h("td", { class: `verdict ${kind}`, dataset: { check: check.name, status: result.status } }, h("span", { class: "status" }, icon(GLYPHS[result.status], 14), statusName(result.status)), h("span", { class: "small muted" }, detail(check, result)));
}
