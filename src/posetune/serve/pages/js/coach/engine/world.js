/**
 * Measures by the world landmarks, alike from all sides: posetune/coach/world.py.
 */
import { JOINTS, LEG, OF_BOTH, SIDES, between, both, mean, minus, ratio } from "./limbs.js";

/** @typedef {import("./body.js").Body} Body */

const MIN_VISIBILITY = 0.5;

/** Metres: of a side, or the middle of the visible ones. @param {Body} body @param {string} part @param {string} [side] */
function at(body, part, side) {
  const rows = (side ? [side] : SIDES).map((s) => body.index[`${s}_${part}`]).filter((i) => body.sample.visibility[i] >= MIN_VISIBILITY);
  return [0, 1, 2].map((k) => (rows.length ? mean(rows.map((i) => body.sample.world[i][k])) : NaN));
}

/** Degrees from the vertical, 0 to 180. @param {Body} body @param {string} low @param {string} high */
const lean = (body, low, high) => between(minus(at(body, high), at(body, low)), [0, -1, 0]);

/** @param {Body} body @param {string} joint @param {string} which */
function jointOf(body, joint, which) {
  return both((side) => {
    const [first, middle, last] = JOINTS[joint].map((part) => at(body, part, side));
    return between(minus(first, middle), minus(last, middle));
  }, OF_BOTH[which]);
}

/** The longer leg, metres. @param {Body} body */
function leg(body) {
  const legs = SIDES.map((side) => {
    const chain = LEG.map((part) => at(body, part, side));
    return Math.hypot(...minus(chain[1], chain[0])) + Math.hypot(...minus(chain[2], chain[1]));
  }).filter(Number.isFinite);
  return legs.length ? Math.max(...legs) : NaN;
}

/** Left and right in metres, if at least one of them is visible. @param {Body} body @param {string} part */
function pair(body, part) {
  const rows = SIDES.map((side) => body.index[`${side}_${part}`]);
  const seen = rows.some((i) => body.sample.visibility[i] >= MIN_VISIBILITY);
  return rows.map((i) => (seen ? [0, 1, 2].map((k) => body.sample.world[i][k]) : [NaN, NaN, NaN]));
}

/** How far the ankles are apart over the ground, in parts of the leg. @param {Body} body @param {boolean} ahead */
function apart(body, ahead) {
  const [left, right] = pair(body, "ankle");
  const [one, other] = pair(body, "hip");
  const hips = minus(one, other);
  const width = Math.hypot(hips[0], hips[2]);
  if (!Number.isFinite(width) || width === 0) return NaN;
  const [x, z] = [left[0] - right[0], left[2] - right[2]];
  const length = ahead ? (x * hips[2] - z * hips[0]) / width : (x * hips[0] + z * hips[2]) / width;
  return ratio(Math.abs(length), leg(body));
}

/** Degrees that a joint is bent; 0 where it or what comes after it is hidden on both sides. @param {Body} body @param {string} joint */
function bent(body, joint) {
  const [first, ...rest] = JOINTS[joint];
  if (!Number.isFinite(at(body, first)[0])) return NaN;
  const angle = jointOf(body, joint, "mean");
  if (Number.isFinite(angle)) return 180 - angle;
  return rest.every((part) => Number.isFinite(at(body, part)[0])) ? NaN : 0;
}

/** @type {Record<string, (body: Body) => number>} */
export const WORLD_MEASURES = {
  ...Object.fromEntries(["hip", "knee", "shoulder"].flatMap((joint) => Object.keys(OF_BOTH).map((which) => [`${which}_${joint}_3d`, (/** @type {Body} */ b) => jointOf(b, joint, which)]))),
  hips_bent_3d: (b) => bent(b, "hip"),
  knees_bent_3d: (b) => bent(b, "knee"),
  trunk_lean_3d: (b) => lean(b, "hip", "shoulder"),
  body_tilt_3d: (b) => Math.abs(90 - lean(b, "ankle", "shoulder")),
  hip_hinge_3d: (b) => lean(b, "hip", "shoulder") - lean(b, "knee", "hip"),
  wrist_over_ankle_3d: (b) => ratio(at(b, "ankle")[1] - at(b, "wrist")[1], leg(b)),
  stride_3d: (b) => apart(b, true),
  straddle_3d: (b) => apart(b, false),
};
