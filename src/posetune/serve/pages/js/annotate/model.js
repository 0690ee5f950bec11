/**
 * A person's labels: 33 points with x, y and v, and what can be done to them. Plain functions: people in, new people out.
 *
 * v is 2 visible, 1 occluded (inside the picture, hidden), 0 outside. A point that is outside may keep its place.
 */

/** @typedef {[number | null, number | null, number]} Point x, y in image px; v */
/** @typedef {"prelabel" | "corrected" | "verified" | "rejected"} Status */
/** @typedef {{kind: string, points: number[], share: number}} Doubt */

/**
 * @typedef {object} Labelled
 * @property {number | string} id
 * @property {Point[]} points
 * @property {Status | null} status
 * @property {(number | null)[] | null} confidence the network's, 0…1
 * @property {(string | null)[] | null} marks what became of each point: "untouched", "moved", "confirmed"
 * @property {number[] | null} box x, y, width, height
 * @property {string | null} network
 * @property {string | null} reviewer
 * @property {string | null} source "interpolated"
 * @property {Doubt[]} doubts
 */

/** @typedef {{id: number | string, before: Labelled | null, after: Labelled | null}} Change null: there was, or is, nobody */

export const VISIBLE = 2;
export const OCCLUDED = 1;
export const OUTSIDE = 0;

/** Which points are exchanged together: as suspects of exchanged sides have it, arms with shoulders, legs with hips. */
export const REGIONS = {
  whole: range(0, 32),
  arms: range(11, 22),
  legs: range(23, 32),
  hands: range(17, 22),
  face: range(0, 10),
  feet: range(29, 32),
};

/** @param {number} from @param {number} to */
function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Whether a point lies somewhere. @param {Point} point */
export function placed(point) {
  return point[0] !== null && point[1] !== null;
}

/** Whether a point that is somewhere lies in the picture. @param {Point} point @param {{width: number, height: number}} size */
export function inside(point, size) {
  const [x, y] = point;
  return x !== null && y !== null && x >= 0 && y >= 0 && x <= size.width && y <= size.height;
}

/** Whether two people have the same labels. @param {Labelled} a @param {Labelled} b */
export function same(a, b) {
  return a.status === b.status && a.source === b.source && a.points.every((point, i) => point.every((value, k) => value === b.points[i][k]));
}

/**
 * Whoever somebody has touched is corrected; what was rejected stays so.
 * @param {Labelled} person
 * @param {Point[]} points
 * @returns {Labelled}
 */
export function withPoints(person, points) {
  const marks = points.map((point, i) =>
    point.some((value, k) => value !== person.points[i][k]) ? "moved" : (person.marks?.[i] ?? "untouched"),
  );
  return { ...person, points, marks, status: person.status === "rejected" ? "rejected" : "corrected", source: null };
}

/**
 * Move one point. Out of the picture it is outside; what comes back in is what it was, or visible.
 * @param {Labelled} person
 * @param {number} index
 * @param {number} x
 * @param {number} y
 * @param {{width: number, height: number}} size
 */
export function moved(person, index, x, y, size) {
  /** @type {Point} */
  const point = [round(x), round(y), person.points[index][2]];
  if (!inside(point, size)) point[2] = OUTSIDE;
  else if (point[2] === OUTSIDE) point[2] = VISIBLE;
  return withPoints(person, person.points.map((old, i) => (i === index ? point : old)));
}

/** Move the whole person. @param {Labelled} person @param {number} dx @param {number} dy */
export function shifted(person, dx, dy) {
  return withPoints(person, person.points.map(([x, y, v]) => (x === null || y === null ? [x, y, v] : [round(x + dx), round(y + dy), v])));
}

/**
 * Set v of a point; one that was nowhere and is to be seen is put to `place`.
 * @param {Labelled} person
 * @param {number} index
 * @param {number} v
 * @param {[number, number]} place
 */
export function withVisibility(person, index, v, place) {
  const [x, y] = person.points[index];
  /** @type {Point} */
  const point = x === null || y === null ? (v === OUTSIDE ? [null, null, v] : [round(place[0]), round(place[1]), v]) : [x, y, v];
  return withPoints(person, person.points.map((old, i) => (i === index ? point : old)));
}

/**
 * Exchange left and right.
 * @param {Labelled} person
 * @param {readonly number[]} region
 * @param {number[]} partners of each point the one on the other side
 */
export function swapped(person, region, partners) {
  return withPoints(person, person.points.map((old, i) => (region.includes(i) ? person.points[partners[i]] : old)));
}

/**
 * Another person's points, for this one.
 * @param {Labelled} person
 * @param {Labelled} other
 */
export function copied(person, other) {
  return withPoints(person, other.points.map((point) => /** @type {Point} */ ([...point])));
}

/**
 * What somebody said by hand of another person's points being seen, hidden or outside, for this one's points where they lie. Only
 * that: what a network said there of an arm that was hidden in that frame says nothing of this one.
 * @param {Labelled} person
 * @param {Labelled} other
 */
export function withVisibilities(person, other) {
  return withPoints(person, person.points.map((point, i) => (placed(point) && other.marks?.[i] === "moved" && person.marks?.[i] !== "moved" ? /** @type {Point} */ ([point[0], point[1], other.points[i][2]]) : point)));
}

/**
 * Between two: `share` 0 is `a`, 1 is `b`. Points that one of them lacks are taken from the nearer.
 * @param {Labelled} person
 * @param {Labelled} a
 * @param {Labelled} b
 * @param {number} share
 * @returns {Labelled}
 */
export function between(person, a, b, share) {
  const nearer = share < 0.5 ? a : b;
  const points = a.points.map((p, i) => {
    const q = b.points[i];
    if (p[0] === null || p[1] === null || q[0] === null || q[1] === null) return nearer.points[i];
    return /** @type {Point} */ ([round(p[0] + share * (q[0] - p[0])), round(p[1] + share * (q[1] - p[1])), nearer.points[i][2]]);
  });
  return { ...withPoints(person, points), source: "interpolated" };
}

/**
 * Who of `others` stands where `person` does: the least mean distance of common points; null if nobody is nearer than a person's size.
 * @param {Labelled} person
 * @param {Labelled[]} others
 */
export function nearest(person, others) {
  let best = null;
  let least = extent(person);
  for (const other of others) {
    const distance = apart(person, other);
    if (distance < least) [least, best] = [distance, other];
  }
  return best;
}

/** @param {Labelled} a @param {Labelled} b */
export function apart(a, b) {
  let sum = 0;
  let count = 0;
  a.points.forEach((p, i) => {
    const q = b.points[i];
    if (p[0] === null || p[1] === null || q[0] === null || q[1] === null) return;
    sum += Math.hypot(p[0] - q[0], p[1] - q[1]);
    count += 1;
  });
  return count ? sum / count : Infinity;
}

/** The diagonal of a person's points. @param {Labelled} person */
export function extent(person) {
  const box = hull(person);
  return box ? Math.hypot(box.width, box.height) : 0;
}

/** The smallest box around a person's points; of somebody without any the box that says who is meant. @param {Labelled} person */
export function hull(person) {
  const points = person.points.filter(placed);
  if (!points.length) return person.box && { x: person.box[0], y: person.box[1], width: person.box[2], height: person.box[3] };
  const xs = points.map((p) => Number(p[0]));
  const ys = points.map((p) => Number(p[1]));
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** A thousandth of a px is what is kept. @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}

/**
 * Somebody new.
 * @param {number} id
 * @param {Partial<Labelled> & {points: Point[]}} rest
 * @returns {Labelled}
 */
export function newPerson(id, rest) {
  return { id, status: "corrected", confidence: null, marks: null, box: null, network: null, reviewer: null, source: null, doubts: [], ...rest };
}
