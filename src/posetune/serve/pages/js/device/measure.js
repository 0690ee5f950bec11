/**
 * Angles and flags from points, as the server works them out (coach/angles.py, coach/ranges.py): for a page without one.
 */
import { interiorAngle, known } from "../components/skeleton_facts.js";

/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {import("../types.js").Flag} Flag */

/**
 * Joint → interior angle in degrees, in the picture's plane; null where two of its points coincide.
 * @param {number[][]} points image px
 * @param {Skeleton} skeleton
 * @returns {Record<string, number | null>}
 */
export function anglesOf(points, skeleton) {
  return Object.fromEntries(
    skeleton.angles.map(({ name, a, b, c }) => {
      const there = [a, b, c].every((i) => known(points[i]));
      const degrees = there ? interiorAngle(points[a], points[b], points[c]) : NaN;
      return [name, Number.isFinite(degrees) ? degrees : null];
    }),
  );
}

/**
 * The joints beyond their range, of those whose three points are seen.
 * @param {Record<string, number | null>} angles
 * @param {number[]} visibility 0…1
 * @param {Skeleton} skeleton
 * @param {{ranges: Record<string, {min: number, max: number}>, min_visibility: number}} facts
 * @returns {Flag[]}
 */
export function flagsOf(angles, visibility, skeleton, { ranges, min_visibility }) {
  /** @type {Flag[]} */
  const flags = [];
  for (const { name, a, b, c } of skeleton.angles) {
    const value = angles[name];
    const range = ranges[name];
    if (value === null || !range || Math.min(visibility[a], visibility[b], visibility[c]) < min_visibility) continue;
    if (value < range.min) flags.push({ joint: name, kind: "below", value, limit: range.min });
    else if (value > range.max) flags.push({ joint: name, kind: "above", value, limit: range.max });
  }
  return flags;
}
