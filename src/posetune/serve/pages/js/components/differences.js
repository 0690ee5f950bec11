/**
 * How far two networks' answers for the same picture are apart. Plain functions; the same for videos, frame by frame.
 */
import { known } from "./skeleton_facts.js";

/** @typedef {import("../types.js").Person} Person */
/**
 * @typedef {object} Apart
 * @property {number} index the landmark
 * @property {number} px distance in image px
 */

/**
 * Who of the first is who of the second: the nearest by the mean distance of their points, each once, and no farther apart than
 * half of the smaller one's size. Exchanging the two exchanges the pairs, and nothing else.
 * @param {Person[]} first
 * @param {Person[]} second
 * @returns {[number, number][]}
 */
export function pairs(first, second) {
  const found = first.flatMap((a, i) => second.map((b, k) => ({ i, k, far: meanDistance(a, b), reach: Math.min(size(a), size(b)) / 2 })));
  found.sort((p, q) => p.far - q.far || p.i + p.k - q.i - q.k);
  /** @type {[number, number][]} */
  const chosen = [];
  for (const { i, k, far, reach } of found) {
    if (far <= reach && !chosen.some(([a, b]) => a === i || b === k)) chosen.push([i, k]);
  }
  return chosen.sort((p, q) => p[0] - q[0]);
}

/**
 * Distance of each point that both know.
 * @param {Person} a
 * @param {Person} b
 * @returns {Apart[]}
 */
export function distances(a, b) {
  return a.landmarks_px.flatMap((p, index) => {
    const q = b.landmarks_px[index];
    return known(p) && known(q) ? [{ index, px: Math.hypot(p[0] - q[0], p[1] - q[1]) }] : [];
  });
}

/**
 * Difference of each angle that both know, degrees, second less first.
 * @param {Person} a
 * @param {Person} b
 * @returns {{joint: string, first: number, second: number, degrees: number}[]}
 */
export function angleDifferences(a, b) {
  return Object.entries(a.angles).flatMap(([joint, first]) => {
    const second = b.angles[joint];
    return first === null || second === null || second === undefined ? [] : [{ joint, first, second, degrees: second - first }];
  });
}

/** @param {number[]} values @returns {number} NaN of nothing */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {Person} a @param {Person} b */
function meanDistance(a, b) {
  const apart = distances(a, b);
  return apart.length ? apart.reduce((sum, { px }) => sum + px, 0) / apart.length : Infinity;
}

/** The longer side of a person, px. @param {Person} person */
function size(person) {
  const points = person.landmarks_px.filter(known);
  const span = (/** @type {number} */ k) => Math.max(...points.map((p) => p[k])) - Math.min(...points.map((p) => p[k]));
  return points.length ? Math.max(span(0), span(1)) : 0;
}
