/**
 * Whether a movement counts as the exercise, and what its checks say: posetune/coach/judge.py.
 */
import { viewOf } from "./body.js";

/** @typedef {import("./body.js").Body} Body */
/** @typedef {import("../api.js").Check} Check */
/** @typedef {import("../api.js").Gate} Gate */
/** @typedef {import("../api.js").CheckResult} CheckResult */
/** @typedef {{start: number, end: number, extremum: number, reached: number}} Moved seconds; `reached`: the signal at its extremum */

const SMALLEST_TOLERANCE_DEG = 5;
const HOLDS_S = 0.2;
const SEEN_SHARE = 0.5;
export const AROUND_S = 0.5;
export const SETTLED_S = 1;
export const FEET_MOVE = "feet_move";
export const JOINTS = ["shoulder", "elbow", "hip", "knee", "ankle"];

/** @param {Body[]} bodies @param {number} start @param {number} end */
export const partOf = (bodies, start, end) => bodies.filter(({ sample: { time } }) => start <= time && time <= end);

/** @param {number[]} values */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between the two nearest values, as NumPy has it. @param {number[]} values @param {number} share 0…1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** What cannot be measured does not hold: nothing is counted on trust. @param {Gate} gate @param {Body[]} bodies @param {Moved} moved */
export function passes(gate, bodies, moved) {
  const value = gate.measure === FEET_MOVE
    ? feetMove(partOf(bodies, moved.start - AROUND_S, moved.end + AROUND_S))
    : valueAt(gate.measure, gate.when, gate.max !== null, bodies, moved)[0];
  return Number.isFinite(value) && (gate.min === null || value >= gate.min) && (gate.max === null || value <= gate.max);
}

/** How far the ankles go from where they mostly are, in parts of the leg. @param {Body[]} bodies */
function feetMove(bodies) {
  const where = bodies.map((body) => body.middle("ankle")).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const legs = bodies.map(({ scale }) => scale.leg).filter(Number.isFinite);
  if (!where.length || !legs.length) return NaN;
  const [x, y] = [median(where.map((p) => p[0])), median(where.map((p) => p[1]))];
  return quantile(where.map((p) => Math.hypot(p[0] - x, p[1] - y)), 0.9) / Math.max(...legs);
}

/**
 * What a check says of a movement.
 * @param {Check} check
 * @param {Body[]} bodies from its begin to a second after it
 * @param {Moved} moved
 * @param {Record<string, number>} errors joint → degrees
 * @returns {CheckResult}
 */
export function judged(check, bodies, moved, errors) {
  const during = partOf(bodies, moved.start, moved.end);
  const hidden = check.needs.find((part) => !mostlyVisible(during, part));
  if (hidden) return { status: "not measurable", why: `${said(hidden)} hidden` };
  const view = viewOf(median(during.map((body) => body.turned())));
  if (check.view !== "any" && view !== check.view) {
    return { status: "not measurable", why: `needs a ${check.view} view, this is ${"uo".includes(view[0]) ? "an" : "a"} ${view} one` };
  }
  const [value, at] = valueAt(check.measure, check.when, check.max !== null, bodies, moved);
  if (!Number.isFinite(value)) return { status: "not measurable", why: `${check.measure.replaceAll("_", " ")} was not seen` };
  return { ...against(check, value, toleranceOf(check, errors)), at };
}

/** @param {Check} check @param {Record<string, number>} errors */
function toleranceOf({ tolerance }, errors) {
  if (typeof tolerance === "number") return tolerance;
  return Math.max(SMALLEST_TOLERANCE_DEG, errors[tolerance] ?? SMALLEST_TOLERANCE_DEG);
}

/**
 * A measure over a movement, and when it was seen.
 * @param {string} measure
 * @param {string} when
 * @param {boolean} highIsBad
 * @param {Body[]} bodies
 * @param {Moved} moved
 * @returns {[number, number]}
 */
function valueAt(measure, when, highIsBad, bodies, moved) {
  if (when === "mostly") return [median(partOf(bodies, moved.start, moved.end).map((body) => body.measure(measure))), (moved.start + moved.end) / 2];
  if (when === "worst") return sustained(partOf(bodies, moved.start, moved.end), measure, highIsBad);
  if (when === "end") return sustained(partOf(bodies, moved.end, moved.end + SETTLED_S), measure, !highIsBad);
  const at = when === "start" ? moved.start : moved.extremum;
  return [median(bodies.filter(({ sample }) => Math.abs(sample.time - at) <= HOLDS_S / 2).map((body) => body.measure(measure))), at];
}

/**
 * The highest (or lowest) value that is held for 0.2 s; of a shorter piece, that of all of it.
 * @param {Body[]} bodies
 * @param {string} measure
 * @param {boolean} high
 * @returns {[number, number]}
 */
function sustained(bodies, measure, high) {
  const sign = high ? 1 : -1;
  const known = bodies.map((body) => [body.sample.time, sign * body.measure(measure)]).filter(([, value]) => Number.isFinite(value));
  let [worst, at] = [-Infinity, NaN];
  for (let i = 0; i < known.length; i++) {
    const begin = known[i][0];
    let end = i;
    let least = Infinity;
    while (end < known.length && known[end][0] - begin <= HOLDS_S) least = Math.min(least, known[end++][1]);
    const whole = known[known.length - 1][0] - begin >= HOLDS_S || end - i === known.length;
    if (least > worst && whole) [worst, at] = [least, known[i + ((end - i) >> 1)][0]];
  }
  return Number.isFinite(worst) ? [sign * worst, at] : [NaN, NaN];
}

/** @param {Check} check @param {number} value @param {number} tolerance @returns {CheckResult} */
function against({ min, max }, value, tolerance) {
  for (const [limit, beyond] of [[max, value - (max ?? value)], [min, (min ?? value) - value]]) {
    if (limit !== null && /** @type {number} */ (beyond) > 0) return { status: /** @type {number} */ (beyond) > tolerance ? "fault" : "near", value, limit, tolerance };
  }
  return { status: "ok", value, limit: min === null ? (max ?? NaN) : min, tolerance };
}

/** @param {string} part */
const said = (part) => (part.startsWith("both_") ? `${part.slice(5)} of one side is` : `${part.replaceAll("_", " ")} is`);

/** @param {Body[]} bodies @param {string} part */
const mostlyVisible = (bodies, part) => bodies.length > 0 && bodies.filter((body) => body.visible(part)).length / bodies.length >= SEEN_SHARE;
