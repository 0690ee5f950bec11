/**
 * Two networks on the frames of a video: how far apart they are, joint by joint. The order of the two does not matter.
 */
import { angleDifferences, distances, pairs } from "../components/differences.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {{joint: string, degrees: number | null, px: number | null, frames: number}} Difference means of the absolute values */

/**
 * The same person as both networks see them, in each frame that both have looked at.
 * @param {(Person[] | undefined)[]} first by frame
 * @param {(Person[] | undefined)[]} second
 * @param {number} id the person's, of the first
 * @returns {[Person, Person][]}
 */
export function matched(first, second, id) {
  return first.flatMap((people, frame) => {
    const others = second[frame];
    if (!people || !others) return [];
    return pairs(people, others).flatMap(([a, b]) => /** @type {[Person, Person][]} */ ((people[a].id ?? 0) === id ? [[people[a], others[b]]] : []));
  });
}

/**
 * @param {[Person, Person][]} both
 * @param {Skeleton} skeleton
 * @returns {Difference[]} a joint each, the largest angle first
 */
export function differences(both, skeleton) {
  /** @type {Map<string, {degrees: number, angles: number, px: number, points: number}>} */
  const sums = new Map(skeleton.angles.map(({ name }) => [name, { degrees: 0, angles: 0, px: 0, points: 0 }]));
  for (const [a, b] of both) {
    for (const { joint, degrees } of angleDifferences(a, b)) {
      const sum = sums.get(joint);
      if (!sum) continue;
      sum.degrees += Math.abs(degrees);
      sum.angles++;
    }
    const apart = new Map(distances(a, b).map(({ index, px }) => [index, px]));
    for (const { name, b: at } of skeleton.angles) {
      const sum = sums.get(name);
      const px = apart.get(at);
      if (!sum || px === undefined) continue;
      sum.px += px;
      sum.points++;
    }
  }
  const found = [...sums].map(([joint, { degrees, angles, px, points }]) => ({
    joint, degrees: angles ? degrees / angles : null, px: points ? px / points : null, frames: points,
  }));
  return found.sort((p, q) => (q.degrees ?? -1) - (p.degrees ?? -1));
}
