/**
 * What follows from a skeleton's names, connections and angle triples, worked out once.
 */

/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {import("../types.js").Region} Region */
/** @typedef {import("../types.js").Person} Person */

/**
 * The region of each point: that of its limb; shoulders and hips belong to the trunk.
 * @param {Skeleton} skeleton
 * @returns {Region[]}
 */
export function pointRegions(skeleton) {
  return skeleton.names.map((_, i) => {
    const regions = skeleton.connections.filter((line) => line.a === i || line.b === i).map((line) => line.region);
    return regions.includes("trunk") ? "trunk" : (regions[0] ?? "trunk");
  });
}

/** @type {WeakMap<string[], Skeleton>} */
const ownSkeletons = new WeakMap();

/**
 * The skeleton that a person's points follow: a network with points of its own names them, and lines and angles are those
 * whose points are among them, by name.
 * @param {Person} person
 * @param {Skeleton} skeleton
 * @returns {Skeleton}
 */
export function skeletonOf(person, skeleton) {
  if (!person.names) return skeleton;
  const made = ownSkeletons.get(person.names);
  if (made) return made;
  const place = new Map(person.names.map((name, i) => [name, i]));
  const at = (/** @type {number} */ i) => place.get(skeleton.names[i]) ?? -1;
  const own = {
    names: person.names,
    connections: skeleton.connections.map((line) => ({ ...line, a: at(line.a), b: at(line.b) })).filter((line) => line.a >= 0 && line.b >= 0),
    angles: skeleton.angles.map((angle) => ({ ...angle, a: at(angle.a), b: at(angle.b), c: at(angle.c) })).filter((angle) => Math.min(angle.a, angle.b, angle.c) >= 0),
  };
  ownSkeletons.set(person.names, own);
  return own;
}

/** Whether a point lies on the person's right side. @param {string} name */
export function isRight(name) {
  return name.includes("right");
}

/**
 * The interior angle at b of a-b-c in degrees, 0…180; NaN where two points coincide.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {ArrayLike<number>} c
 * @param {number} [dimensions] 2: in the picture's plane
 */
export function interiorAngle(a, b, c, dimensions = 2) {
  let dot = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < dimensions; i++) {
    const p = a[i] - b[i];
    const q = c[i] - b[i];
    dot += p * q;
    first += p * p;
    second += q * q;
  }
  const length = Math.sqrt(first * second);
  return length > 0 ? (Math.acos(Math.min(1, Math.max(-1, dot / length))) * 180) / Math.PI : NaN;
}

/**
 * Whether the network told where a point is.
 * @param {ArrayLike<number | null> | undefined} point
 * @returns {boolean}
 */
export function known(point) {
  return !!point && Number.isFinite(point[0]) && Number.isFinite(point[1]) && point[0] !== null && point[1] !== null;
}

/**
 * The smallest upright box around a person's points, image px.
 * @param {Person} person
 */
export function personBox(person) {
  const points = person.landmarks_px.filter(known);
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
