/**
 * What looks wrong about a person's labels, told from the labels alone, while they are being moved.
 */
import { inside, placed } from "./model.js";

/** @typedef {import("./model.js").Labelled} Labelled */
/** @typedef {{a: number, b: number, length: number}} Bone usual length in torsos */
/** @typedef {{kind: "swap" | "bone" | "outside" | "sides", points: number[], values: Record<string, string | number>}} Warning */
/** @typedef {{bones: Bone[], partners: number[], size: {width: number, height: number}}} Facts */

/** A bone so many times longer than the others let expect. */
const BONE = 1.8;
/** A point this much nearer to where its partner was than to where it was itself. */
const SWAP = 0.35;
const TRUNK = [11, 12, 23, 24];

/**
 * @param {Labelled} person
 * @param {Labelled | null} before as the person was when the picture was opened
 * @param {Facts} facts
 * @returns {Warning[]}
 */
export function warningsOf(person, before, facts) {
  return [...outside(person, facts), ...bones(person, facts), ...sides(person), ...swaps(person, before, facts)];
}

/** @param {Labelled} person @param {Facts} facts @returns {Warning[]} */
function outside(person, facts) {
  const far = person.points.flatMap((point, i) => (point[2] > 0 && placed(point) && !inside(point, facts.size) ? [i] : []));
  return far.map((i) => ({ kind: "outside", points: [i], values: {} }));
}

/** @param {Labelled} person @param {Facts} facts @returns {Warning[]} */
function bones(person, facts) {
  const known = facts.bones.flatMap((bone) => {
    const [p, q] = [person.points[bone.a], person.points[bone.b]];
    if (p[2] === 0 || q[2] === 0 || !placed(p) || !placed(q)) return [];
    return [{ bone, size: distance(p, q) / bone.length }];
  });
  const long = known.filter(({ bone }) => bone.length >= 0.4);
  if (long.length < 4) return [];
  const sizes = long.map(({ size }) => size).sort((a, b) => a - b);
  const middle = sizes[Math.floor(sizes.length / 2)];
  return known
    .filter(({ size, bone }) => size > (bone.length >= 0.4 ? BONE : 2 * BONE) * middle)
    .map(({ bone, size }) => ({ kind: "bone", points: [bone.a, bone.b], values: { times: (size / middle).toFixed(1) } }));
}

/** Shoulders one way round, hips the other. @param {Labelled} person @returns {Warning[]} */
function sides(person) {
  if (TRUNK.some((i) => person.points[i][2] === 0 || !placed(person.points[i]))) return [];
  const [ls, rs, lh, rh] = TRUNK.map((i) => person.points[i]);
  const shoulders = [Number(ls[0]) - Number(rs[0]), Number(ls[1]) - Number(rs[1])];
  const hips = [Number(lh[0]) - Number(rh[0]), Number(lh[1]) - Number(rh[1])];
  const torso = Math.hypot((Number(ls[0]) + Number(rs[0]) - Number(lh[0]) - Number(rh[0])) / 2, (Number(ls[1]) + Number(rs[1]) - Number(lh[1]) - Number(rh[1])) / 2);
  const wide = Math.min(Math.hypot(...shoulders), Math.hypot(...hips)) > 0.15 * torso;
  return wide && shoulders[0] * hips[0] + shoulders[1] * hips[1] < 0 ? [{ kind: "sides", points: TRUNK, values: {} }] : [];
}

/** A point that was put where its partner of the other side was. @param {Labelled} person @param {Labelled | null} before @param {Facts} facts @returns {Warning[]} */
function swaps(person, before, facts) {
  if (!before) return [];
  return person.points.flatMap((point, i) => {
    const partner = facts.partners[i];
    const [own, other] = [before.points[i], before.points[partner]];
    if (partner === i || point[2] === 0 || !placed(point) || !placed(own) || !placed(other) || i < 11) return [];
    if (same(point, own) || distance(person.points[partner], other) > SWAP * distance(own, other)) return [];
    return distance(point, other) < SWAP * distance(point, own) ? [{ kind: /** @type {const} */ ("swap"), points: [i, partner], values: {} }] : [];
  });
}

/** @param {import("./model.js").Point} p @param {import("./model.js").Point} q */
function same(p, q) {
  return p[0] === q[0] && p[1] === q[1];
}

/** @param {import("./model.js").Point} p @param {import("./model.js").Point} q */
function distance(p, q) {
  return placed(p) && placed(q) ? Math.hypot(Number(p[0]) - Number(q[0]), Number(p[1]) - Number(q[1])) : Infinity;
}
