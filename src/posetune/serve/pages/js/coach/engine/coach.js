/**
 * One person's exercise as it goes on: posetune/coach/coach.py and repetitions.py.
 */
import { viewOf } from "./body.js";
import { AROUND_S, FEET_MOVE, JOINTS, SETTLED_S, judged, partOf, passes, quantile } from "./judge.js";

/** @typedef {import("./body.js").Body} Body */
/** @typedef {import("./judge.js").Moved} Moved */
/** @typedef {import("../api.js").Exercise} Exercise */
/** @typedef {import("../api.js").Repetition} Repetition */

export const LAG_S = 0.06;
const SHORTEST_S = 0.35;
const LONGEST_GAP_S = 2;
const REMEMBERED_S = 120;
export const HOLD_BEGINS_S = 2;
const HOLD_ENDS_S = 0.5;
const STILL = 0.12;

/** Follows one signal: two thresholds with a gap, counted on the way back. */
export class Counter {
  /** @param {import("../api.js").Signal} signal */
  constructor(signal) {
    this.down = signal.enter < signal.leave;
    const sign = this.down ? 1 : -1;
    this.sign = sign;
    this.enter = sign * signal.enter;
    this.leave = sign * signal.leave;
    this.any = signal.begun === "any";
    /** @type {"unknown" | "rest" | "moving"} */
    this.phase = "unknown";
    this.smooth = NaN;
    this.last = -Infinity;
    this.start = NaN;
    /** @type {[number, number]} value, seconds */
    this.out = [NaN, NaN];
    /** @type {[number, number]} */
    this.middle = [NaN, NaN];
    /** @type {number[]} */
    this.recent = [];
    this.beginSeen = false;
    this.leftRest = NaN;
  }

  /** @param {number} time @param {number} value @returns {Moved | null} */
  see(time, value) {
    if (!Number.isFinite(value)) return null;
    if (time - this.last > LONGEST_GAP_S) this.forget();
    const smooth = this.filtered(time, this.sign * value);
    if (this.phase === "moving") return this.moving(time, smooth);
    if (smooth <= this.enter) this.begin(time);
    else if (smooth >= this.leave) [this.phase, this.leftRest] = ["rest", time];
    return null;
  }

  /** @param {number} time */
  begin(time) {
    this.beginSeen = this.phase === "rest";
    this.start = this.beginSeen ? this.leftRest : time;
    [this.phase, this.out] = ["moving", this.middle];
  }

  /** @param {number} time @param {number} value @returns {Moved | null} */
  moving(time, value) {
    const [low, at] = this.middle;
    if (low < this.out[0] || (low === this.out[0] && at < this.out[1])) this.out = this.middle;
    if (value < this.leave) return null;
    [this.phase, this.leftRest] = ["rest", time];
    if (!(this.beginSeen || this.any) || time - this.start < SHORTEST_S) return null;
    return { start: this.start, end: time, extremum: this.out[1], reached: this.sign * this.out[0] };
  }

  /** Median of three against single wild frames, then an exponential mean by time. @param {number} time @param {number} value */
  filtered(time, value) {
    this.recent.push(value);
    if (this.recent.length > 3) this.recent.shift();
    const middle = [...this.recent].sort((a, b) => a - b)[this.recent.length >> 1];
    const passed = time - this.last;
    this.middle = [middle, this.recent.length === 3 ? this.last : time];
    const share = Number.isFinite(this.smooth) ? 1 - Math.exp(-Math.max(passed, 1e-3) / LAG_S) : 1;
    this.smooth = share === 1 ? middle : this.smooth + share * (middle - this.smooth);
    this.last = time;
    return this.smooth;
  }

  forget() {
    [this.phase, this.smooth, this.recent] = ["unknown", NaN, []];
  }
}

/** Counts and judges one exercise of one person. */
export class Coach {
  /** @param {Exercise} exercise @param {Record<string, number>} errors joint → degrees */
  constructor(exercise, errors) {
    this.exercise = exercise;
    this.errors = errors;
    /** @type {Repetition[]} */
    this.repetitions = [];
    /** @type {{start: number, end: number, why: string}[]} */
    this.passed = [];
    /** @type {Body[]} */
    this.bodies = [];
    /** @type {Moved | null} */
    this.waiting = null;
    this.held = NaN;
    this.holds = NaN;
    this.counter = exercise.signal && new Counter(exercise.signal);
    const asked = new Set([...exercise.gates, ...exercise.checks].map(({ when }) => when));
    this.lag = asked.has("end") ? SETTLED_S : exercise.gates.some(({ measure }) => measure === FEET_MOVE) ? AROUND_S : 0;
  }

  /** @returns {"unknown" | "rest" | "moving" | "holding"} */
  get phase() {
    if (this.counter) return this.counter.phase;
    return Number.isFinite(this.held) ? "holding" : "rest";
  }

  /** The repetition that a body ends, if it ends one. @param {Body} body @returns {Repetition | null} */
  see(body) {
    const { time } = body.sample;
    const last = this.bodies[this.bodies.length - 1];
    if (last && time <= last.sample.time) return null;
    this.bodies.push(body);
    while (this.bodies[0].sample.time < time - REMEMBERED_S) this.bodies.shift();
    if (!this.counter || !this.exercise.signal) return this.hold(body);
    const moved = this.counter.see(time, body.measure(this.exercise.signal.measure));
    if (moved) this.waiting = moved;
    return this.waiting && (time >= this.waiting.end + this.lag || this.counter.phase === "moving") ? this.judge() : null;
  }

  /** No more will come. @returns {Repetition | null} */
  end() {
    if (this.waiting) return this.judge();
    return Number.isFinite(this.held) && this.bodies.length ? this.endHold(this.bodies[this.bodies.length - 1].sample.time) : null;
  }

  /** @returns {Repetition | null} */
  judge() {
    const moved = /** @type {Moved} */ (this.waiting);
    this.waiting = null;
    const gate = this.exercise.gates.find((each) => !passes(each, this.bodies, moved));
    if (gate) {
      this.passed.push({ start: moved.start, end: moved.end, why: gate.measure });
      return null;
    }
    return this.add(moved);
  }

  /** @param {Moved} moved @returns {Repetition} */
  add(moved) {
    const bodies = partOf(this.bodies, moved.start, moved.end);
    const turned = bodies.map((body) => body.turned()).filter(Number.isFinite).sort((a, b) => a - b);
    const until = partOf(this.bodies, moved.start, moved.end + SETTLED_S);
    const checks = this.exercise.checks.filter((check) => check.default).map((check) => [check.name, judged(check, until, moved, this.errors)]);
    const repetition = {
      start: moved.start, end: moved.end, extremum: moved.extremum, side: bodies[bodies.length - 1].near, view: viewOf(turned[turned.length >> 1] ?? NaN),
      reached: Number.isFinite(moved.reached) ? moved.reached : undefined, ranges: ranges(partOf(this.bodies, moved.start - AROUND_S, moved.end + AROUND_S)), checks: Object.fromEntries(checks),
    };
    this.repetitions.push(repetition);
    return repetition;
  }

  /** @param {Body} body @returns {Repetition | null} */
  hold(body) {
    const now = body.sample.time;
    const values = this.exercise.gates.map((gate) => ({ gate, value: body.measure(gate.measure) }));
    const held = Number.isFinite(this.held);
    const lasted = now - this.holds;
    // A point that is hidden for a moment neither ends nor begins a hold.
    if (held && values.some(({ value }) => !Number.isFinite(value))) return lasted > HOLD_BEGINS_S ? this.endHold(this.holds) : null;
    const inside = values.every(({ gate, value }) => Number.isFinite(value) && (gate.min === null || value >= gate.min) && (gate.max === null || value <= gate.max)) && this.still();
    if (inside) {
      if (!held) this.held = now;
      this.holds = now;
      return null;
    }
    return held && lasted > HOLD_ENDS_S ? this.endHold(this.holds) : null;
  }

  still() {
    const now = this.bodies[this.bodies.length - 1];
    const { leg } = now.scale;
    if (!(leg > 0)) return false;
    let first = this.bodies.length;
    while (first > 0 && this.bodies[first - 1].sample.time >= now.sample.time - 1) first--;
    const last = this.bodies.slice(first);
    return ["shoulder", "hip"].every((part) => {
      const where = last.map((body) => body.middle(part)).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
      return [0, 1].every((k) => {
        const along = where.map((point) => point[k]);
        return !along.length || quantile(along, 0.95) - quantile(along, 0.05) <= STILL * leg;
      });
    });
  }

  /** @param {number} end @returns {Repetition | null} */
  endHold(end) {
    const start = this.held;
    this.held = NaN;
    if (!(end - start >= HOLD_BEGINS_S)) return null;
    return this.add({ start, end, extremum: (start + end) / 2, reached: NaN });
  }
}

/** The ends without the outermost twentieth. @param {Body[]} bodies @returns {Record<string, [number, number]>} */
function ranges(bodies) {
  /** @type {Record<string, [number, number]>} */
  const found = {};
  for (const joint of JOINTS) {
    const seen = bodies.map((body) => body.measure(`near_${joint}`)).filter(Number.isFinite);
    if (seen.length) found[joint] = [quantile(seen, 0.05), quantile(seen, 0.95)];
  }
  return found;
}
