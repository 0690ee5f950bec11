/**
 * What a pose says about a body, free of scale: posetune/coach/body.py, for pages that coach a camera. A test holds both against
 * each other, exercise by exercise, to the last repetition and value.
 */

import { ARM, JOINTS, LEG, OF_BOTH, SIDES, between, both, mean, minus, ratio } from "./limbs.js";
import { WORLD_MEASURES } from "./world.js";

/** @typedef {import("../../types.js").Person} Person */
/** @typedef {[number, number]} Point */
/** @typedef {{time: number, points: Point[], visibility: number[], world: [number, number, number][]}} Sample seconds; image px; 0…1; metres */
/** @typedef {Record<string, number>} Index name of a point → where it stands */

export const MIN_VISIBILITY = 0.5;
const FRONT_BELOW = 35;
const SIDE_ABOVE = 55;
const SIDE_GAP = 0.1;
const LENGTH_DECAY = 0.01;
const LEAST_STANDING = 0.8;
const LEAST_REACH = 0.85;
const SIZE_S = 0.5;

/** @param {string[]} names @returns {Index} */
export const indexOf = (names) => Object.fromEntries(names.map((name, i) => [name, i]));

/** @param {Person} person @param {number} time seconds @returns {Sample} */
export function sampleOf(person, time) {
  const value = (/** @type {number | null} */ number) => number ?? NaN;
  return {
    time,
    points: person.landmarks_px.map(([x, y]) => [value(x), value(y)]),
    visibility: person.visibility.map(value),
    world: person.world.map(([x, y, z]) => [value(x), value(y), value(z)]),
  };
}

/** @param {Point} point */
const finite = (point) => Number.isFinite(point[0]) && Number.isFinite(point[1]);
/** The larger of those that are known. @param {number} a @param {number} b */
const larger = (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b));

/** Follows how long a person's limbs are, and which side is the nearer one. One for each person; `see` every sample. */
export class Ruler {
  /** @param {Index} index */
  constructor(index) {
    this.index = index;
    /** @type {string | null} */
    this.side = null;
    /** @type {Record<string, number>} */
    this.lengths = {};
    this.last = NaN;
    /** px a metre. */
    this.size = NaN;
  }

  /** @param {Sample} sample */
  see(sample) {
    this.chooseSide(sample);
    const passed = Number.isFinite(this.last) ? Math.max(0, sample.time - this.last) : 0;
    this.last = sample.time;
    this.followSize(sample, passed);
    const leg = this.longest("leg", this.chain(sample, LEG), passed);
    const arm = this.longest("arm", this.chain(sample, ARM), passed);
    const scale = {
      leg,
      arm,
      thigh: this.longest("thigh", this.chain(sample, LEG.slice(0, 2)), passed),
      standing: larger(this.longest("standing", this.drop(sample, "hip", "ankle"), passed), LEAST_STANDING * leg),
      reach: larger(this.longest("reach", this.drop(sample, "shoulder", "wrist"), passed), LEAST_REACH * arm),
    };
    return new Body(sample, this.side ?? "left", scale, this.index);
  }

  /** How large the person is in the picture: whoever walks away gets smaller, limbs and all. @param {Sample} sample @param {number} passed */
  followSize(sample, passed) {
    const size = this.sizeOf(sample);
    if (!Number.isFinite(size)) return;
    const share = Number.isFinite(this.size) ? 1 - Math.exp(-passed / SIZE_S) : 1;
    this.size = share === 1 ? size : this.size + share * (size - this.size);
  }

  /** px a metre: points of trunk and legs in the picture against the world landmarks (least squares). @param {Sample} sample */
  sizeOf(sample) {
    const rows = SIDES.flatMap((side) => ["shoulder", ...LEG].map((part) => this.index[`${side}_${part}`])).filter((i) => sample.visibility[i] >= MIN_VISIBILITY);
    if (rows.length < 4) return NaN;
    const centred = (/** @type {number[][]} */ all) => {
      const middle = [0, 1].map((k) => mean(rows.map((i) => all[i][k])));
      return rows.map((i) => [all[i][0] - middle[0], all[i][1] - middle[1]]);
    };
    const [points, world] = [centred(sample.points), centred(sample.world)];
    const spread = world.reduce((sum, [x, y]) => sum + x * x + y * y, 0);
    const size = points.reduce((sum, [x, y], k) => sum + x * world[k][0] + y * world[k][1], 0) / spread;
    return spread > 1e-6 && size > 0 ? size : NaN;
  }

  /** How far the middle of one part is below the middle of another, px; NaN where it is above. @param {Sample} sample @param {string} high @param {string} low */
  drop(sample, high, low) {
    const [top, bottom] = [high, low].map((part) => {
      const rows = SIDES.map((side) => this.index[`${side}_${part}`]).filter((i) => sample.visibility[i] >= MIN_VISIBILITY);
      return rows.length ? mean(rows.map((i) => sample.points[i][1])) : NaN;
    });
    return bottom - top > 0 ? bottom - top : NaN;
  }

  /** @param {Sample} sample */
  chooseSide(sample) {
    const seen = SIDES.map((side) => mean(["shoulder", ...LEG].map((part) => sample.visibility[this.index[`${side}_${part}`]])));
    const depth = SIDES.map((side) => mean(["shoulder", "hip"].map((part) => sample.world[this.index[`${side}_${part}`]][2])));
    const lead = seen[0] - seen[1] + 0.5 * (depth[1] - depth[0]);
    if (this.side === null || Math.abs(lead) > SIDE_GAP) this.side = lead >= 0 ? "left" : "right";
  }

  /** The longer side's length along `parts`, of those that are visible. @param {Sample} sample @param {string[]} parts */
  chain(sample, parts) {
    let longest = NaN;
    for (const side of SIDES) {
      const rows = parts.map((part) => this.index[`${side}_${part}`]);
      if (!rows.every((i) => sample.visibility[i] >= MIN_VISIBILITY && finite(sample.points[i]))) continue;
      const length = rows.slice(1).reduce((sum, i, n) => sum + Math.hypot(...minus(sample.points[i], sample.points[rows[n]])), 0);
      if (!(length <= longest)) longest = length;
    }
    return longest;
  }

  /** A step towards the longer length, not a jump. @param {string} limb @param {number} length @param {number} passed */
  longest(limb, length, passed) {
    const size = Number.isFinite(this.size) ? this.size : 1;
    const known = this.lengths[limb] ?? NaN;
    if (!Number.isFinite(length)) return known * size;
    const metres = length / size;
    const kept = Number.isFinite(known) ? known * (1 - LENGTH_DECAY * passed) : metres;
    return (this.lengths[limb] = Math.max(kept, Math.min(metres, kept * 1.1))) * size;
  }
}

/** A sample with its scale. */
export class Body {
  /**
   * @param {Sample} sample
   * @param {string} near
   * @param {{leg: number, arm: number, thigh: number, standing: number, reach: number}} scale image px
   * @param {Index} index
   */
  constructor(sample, near, scale, index) {
    this.sample = sample;
    this.near = near;
    this.scale = scale;
    this.index = index;
    /** @type {Map<string, number>} */
    this.measured = new Map();
  }

  /** One of MEASURES; NaN where a point that it needs is not visible. @param {string} name */
  measure(name) {
    let known = this.measured.get(name);
    if (known === undefined) this.measured.set(name, (known = measured(this, name)));
    return known;
  }

  /** @param {string} part "knee" of the nearer side, "left_knee", or "both_knee" */
  visible(part) {
    return namesOf(part, this.near, this.index).every((name) => this.sample.visibility[this.index[name]] >= MIN_VISIBILITY);
  }

  /** How far the body is turned from facing the camera or its back, degrees 0 to 90. */
  turned() {
    const { world } = this.sample;
    const at = (/** @type {string} */ name) => world[this.index[name]];
    const across = [0, 1, 2].map((k) => at("left_shoulder")[k] - at("right_shoulder")[k] + (at("left_hip")[k] - at("right_hip")[k]));
    if (!across.every(Number.isFinite) || !across.some(Boolean)) return NaN;
    return (180 / Math.PI) * Math.atan2(Math.abs(across[2]), Math.hypot(across[0], across[1]));
  }

  /** Image px of a point; NaN where it is not visible. @param {string} part @param {string} [side] @returns {Point} */
  at(part, side) {
    const i = this.index[part in this.index ? part : `${side ?? this.near}_${part}`];
    return this.sample.visibility[i] >= MIN_VISIBILITY ? this.sample.points[i] : [NaN, NaN];
  }

  /** Between both sides where both are visible, else the visible one. @param {string} part @returns {Point} */
  middle(part) {
    const both = SIDES.map((side) => this.at(part, side)).filter(finite);
    return both.length ? [mean(both.map(([x]) => x)), mean(both.map(([, y]) => y))] : [NaN, NaN];
  }
}

/** @param {number} turned degrees @returns {"front" | "side" | "oblique" | "unknown"} */
export function viewOf(turned) {
  if (!Number.isFinite(turned)) return "unknown";
  return turned < FRONT_BELOW ? "front" : turned > SIDE_ABOVE ? "side" : "oblique";
}

/** @param {string} part @param {string} near @param {Index} index */
function namesOf(part, near, index) {
  if (part in index) return [part];
  if (part.startsWith("both_")) return SIDES.map((side) => `${side}_${part.slice(5)}`);
  return [`${near}_${part}`];
}

/** @param {Point} low @param {Point} high */
const fromVertical = (low, high) => between(minus(high, low), [0, -1]);

/** @param {Point} a @param {Point} b */
function fromLevel(a, b) {
  const tilt = between(minus(b, a), [1, 0]);
  return Math.min(tilt, 180 - tilt);
}

/** @param {Body} body @param {string} side @param {string[]} parts */
function angle(body, side, parts) {
  const [a, b, c] = parts.map((part) => body.at(part, side));
  return between(minus(a, b), minus(c, b));
}

/** Shoulder, hip, ankle: 180 straight, below it the hip hangs, above it the hip stands out. @param {Body} body */
function bodyLine(body) {
  const [shoulder, hip, ankle] = [body.at("shoulder"), body.at("hip"), body.at("ankle")];
  const bend = between(minus(shoulder, hip), minus(ankle, hip));
  const along = minus(ankle, shoulder);
  if (!Number.isFinite(bend) || along[0] === 0) return NaN;
  const line = shoulder[1] + (along[1] * (hip[0] - shoulder[0])) / along[0];
  return hip[1] > line ? bend : 360 - bend;
}

/** @param {Body} body @param {string} part */
const apart = (body, part) => Math.abs(body.at(part, "left")[0] - body.at(part, "right")[0]);
/** @param {Body} body */
const trunkLean = (body) => fromVertical(body.middle("hip"), body.middle("shoulder"));
/** @param {Body} body */
const shankLean = (body) => fromVertical(body.at("ankle"), body.at("knee"));

/** Of the leg that stands ahead, to where the feet point. @param {Body} body */
function frontKnee(body) {
  const facing = both((side) => body.at("foot_index", side)[0] - body.at("heel", side)[0], mean);
  const step = body.at("ankle", "left")[0] - body.at("ankle", "right")[0];
  if (!(Number.isFinite(facing) && Number.isFinite(step)) || facing === 0 || Math.abs(step) < 0.1 * body.scale.leg) return NaN;
  return angle(body, step * facing > 0 ? "left" : "right", JOINTS.knee);
}

/** @type {Record<string, (body: Body) => number>} */
const OTHERS = {
  hip_height: (b) => ratio(b.middle("ankle")[1] - b.middle("hip")[1], b.scale.leg),
  hip_over_knee: (b) => ratio(b.at("knee")[1] - b.at("hip")[1], b.scale.thigh),
  shoulder_over_wrist: (b) => ratio(b.at("wrist")[1] - b.at("shoulder")[1], b.scale.arm),
  wrist_over_shoulder: (b) => both((side) => ratio(b.at("shoulder", side)[1] - b.at("wrist", side)[1], b.scale.arm), mean),
  wrist_over_ankle: (b) => ratio(b.middle("ankle")[1] - b.middle("wrist")[1], b.scale.leg),
  shoulder_over_ankle: (b) => ratio(b.middle("ankle")[1] - b.middle("shoulder")[1], b.scale.leg),
  ankles_apart: (b) => ratio(apart(b, "ankle"), b.scale.leg),
  knees_to_ankles: (b) => ratio(apart(b, "knee"), apart(b, "ankle")),
  trunk_lean: trunkLean,
  shank_lean: shankLean,
  arm_lean: (b) => fromVertical(b.at("shoulder"), b.at("wrist")),
  trunk_to_shank: (b) => Math.abs(trunkLean(b) - shankLean(b)),
  body_tilt: (b) => fromLevel(b.at("shoulder"), b.at("ankle")),
  arms_tilt: (b) => fromLevel(b.at("wrist", "left"), b.at("wrist", "right")),
  body_line: bodyLine,
  front_knee: frontKnee,
  standing_height: (b) => ratio(b.middle("ankle")[1] - b.middle("hip")[1], b.scale.standing),
  push_height: (b) => ratio(b.middle("wrist")[1] - b.middle("shoulder")[1], b.scale.reach),
  ...WORLD_MEASURES,
};

/** @param {Body} body @param {string} name */
function measured(body, name) {
  const other = OTHERS[name];
  if (other) return other(body);
  const [, which, joint] = /^([a-z]+)_([a-z]+)$/.exec(name) ?? [];
  const parts = JOINTS[joint];
  if (!parts) throw new Error(`There is no measure ${name}.`);
  if (which === "near") return angle(body, body.near, parts);
  if (SIDES.includes(which)) return angle(body, which, parts);
  return both((side) => angle(body, side, parts), OF_BOTH[which]);
}
