/**
 * Words and small sums that measures share: posetune/coach/limbs.py.
 */

export const SIDES = ["left", "right"];
export const ARM = ["shoulder", "elbow", "wrist"];
export const LEG = ["hip", "knee", "ankle"];
/** Joint → the point before it, itself, and the point after it. @type {Record<string, string[]>} */
export const JOINTS = { knee: LEG, hip: ["shoulder", "hip", "knee"], elbow: ARM, shoulder: ["hip", "shoulder", "elbow"], ankle: ["knee", "ankle", "foot_index"] };

/** @param {number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What is taken of both sides. @type {Record<string, (values: number[]) => number>} */
export const OF_BOTH = { smaller: (values) => Math.min(...values), larger: (values) => Math.max(...values), mean };

/** @param {(side: string) => number} one @param {(values: number[]) => number} choose */
export function both(one, choose) {
  const values = SIDES.map(one).filter(Number.isFinite);
  return values.length ? choose(values) : NaN;
}

/** @param {number[]} a @param {number[]} b */
export const minus = (a, b) => a.map((value, k) => value - b[k]);

/** The angle of two directions, degrees 0 to 180. @param {number[]} u @param {number[]} v */
export function between(u, v) {
  const lengths = Math.hypot(...u) * Math.hypot(...v);
  if (!Number.isFinite(lengths) || lengths === 0) return NaN;
  const inner = u.reduce((sum, value, k) => sum + value * v[k], 0);
  return (180 / Math.PI) * Math.acos(Math.min(1, Math.max(-1, inner / lengths)));
}

/** @param {number} length @param {number} scale */
export const ratio = (length, scale) => (Number.isFinite(scale) && scale > 0 ? length / scale : NaN);
