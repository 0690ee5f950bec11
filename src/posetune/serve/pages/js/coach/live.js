/**
 * The coach of a camera: repetitions as they happen, of whoever is followed, and at most one cue at a time. It draws nothing.
 */
import { Ruler, indexOf, sampleOf } from "./engine/body.js";
import { Coach, HOLD_BEGINS_S } from "./engine/coach.js";
import { judged } from "./engine/judge.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("./api.js").Exercise} Exercise */
/** @typedef {import("./api.js").Check} Check */
/** @typedef {import("./api.js").Repetition} Repetition */
/** @typedef {{check: Check, since: number}} Cue seconds */

/** A cue stands so long, whatever comes meanwhile: what changes faster cannot be read, nor followed. */
const CUE_S = 3;
/** Somebody else is followed when the one who was is gone for so long. */
const GONE_S = 1;
/** What is held is judged by its last second. */
const LOOK_S = 1;

/** One person: a ruler, and a coach for each exercise. */
class Followed {
  /** @param {Exercise[]} exercises @param {Record<string, number>} errors @param {import("./engine/body.js").Index} index */
  constructor(exercises, errors, index) {
    this.ruler = new Ruler(index);
    this.coaches = exercises.map((exercise) => new Coach(exercise, errors));
    this.seen = -Infinity;
    this.size = 0;
  }
}

export class LiveCoach {
  /**
   * @param {Exercise[]} exercises one, or all of which the one that explains most is told
   * @param {Record<string, number>} errors joint → degrees
   * @param {string[]} names of the points
   */
  constructor(exercises, errors, names) {
    this.exercises = exercises;
    this.errors = errors;
    this.index = indexOf(names);
    /** @type {Map<number, Followed>} */
    this.people = new Map();
    this.who = 0;
    /** Of whoever was followed at the time, by exercise. @type {Repetition[][]} */
    this.counted = exercises.map(() => []);
    /** @type {Cue | null} */
    this.cue = null;
    this.time = -Infinity;
    /** Seconds of the hold that goes on, without those at fault. */
    this.held = 0;
  }

  /**
   * One picture.
   * @param {Person[]} people
   * @param {number} time seconds, rising
   * @returns {Repetition | null} one that has just been counted
   */
  see(people, time) {
    const passed = Math.min(0.5, Math.max(0, time - this.time));
    this.time = time;
    const before = this.best;
    /** @type {Repetition | null} */
    let fresh = null;
    const seen = people.filter((person) => !person.names);
    for (const person of seen) {
      const followed = this.follow(person.id ?? 1);
      Object.assign(followed, { seen: time, size: sizeOf(person) });
    }
    this.chooseWho(time);
    for (const person of seen) {
      const id = person.id ?? 1;
      const followed = this.follow(id);
      const body = followed.ruler.see(sampleOf(person, time));
      followed.coaches.forEach((coach, i) => {
        const repetition = coach.see(body);
        if (!repetition || id !== this.who) return;
        this.counted[i].push(repetition);
        if (i === this.best) fresh = repetition;
      });
    }
    for (const [id, { seen: last }] of this.people) if (time - last > 60) this.people.delete(id);
    this.holdOn(passed, before);
    if (fresh) this.say(this.faultOf(fresh));
    if (this.cue && time - this.cue.since > CUE_S) this.cue = null;
    return fresh;
  }

  /** @param {number} id */
  follow(id) {
    const known = this.people.get(id) ?? new Followed(this.exercises, this.errors, this.index);
    this.people.set(id, known);
    return known;
  }

  /** The largest; and the same one for as long as they are there. @param {number} time */
  chooseWho(time) {
    const now = this.people.get(this.who);
    if (now && time - now.seen <= GONE_S) return;
    const there = [...this.people].filter(([, { seen }]) => seen === time).sort(([, a], [, b]) => b.size - a.size);
    if (there.length) this.who = there[0][0];
  }

  /** Which exercise is told: the one that explains most seconds. */
  get best() {
    const seconds = this.counted.map((all) => all.reduce((sum, { start, end }) => sum + end - start, 0));
    const most = seconds.indexOf(Math.max(...seconds));
    return seconds[most] > 0 || this.holding < 0 ? most : this.holding;
  }

  /** Which of several is held for long enough to be told; -1: none. */
  get holding() {
    return this.people.get(this.who)?.coaches.findIndex((coach) => this.time - coach.held >= HOLD_BEGINS_S) ?? -1;
  }

  /** The coach of the exercise that is told, of whom is followed. @returns {Coach | undefined} */
  get coach() {
    return this.people.get(this.who)?.coaches[this.best];
  }

  /** What is done; null while nobody knows. @returns {Exercise | null} */
  get exercise() {
    return this.exercises.length === 1 || this.count || this.holding >= 0 ? this.exercises[this.best] : null;
  }

  get count() {
    return this.counted[this.best]?.length ?? 0;
  }

  get phase() {
    return this.coach?.phase ?? "unknown";
  }

  /** The first check that a repetition fails. @param {Repetition} repetition @returns {Check | undefined} */
  faultOf(repetition) {
    return this.exercises[this.best].checks.find(({ name }) => repetition.checks[name]?.status === "fault");
  }

  /** A cue, if none stands. @param {Check | undefined} check */
  say(check) {
    if (check && !this.cue) this.cue = { check, since: this.time };
  }

  /** What is held is judged while it goes on; its clock stops at a fault. @param {number} passed @param {number} before */
  holdOn(passed, before) {
    const { coach } = this;
    if (!coach || coach.phase !== "holding") {
      this.held = 0;
      return;
    }
    if (before !== this.best) this.held = 0;
    const { bodies } = coach;
    let first = bodies.length;
    while (first > 0 && bodies[first - 1].sample.time >= this.time - LOOK_S) first--;
    const last = bodies.slice(first);
    const moved = { start: this.time - LOOK_S, end: this.time, extremum: this.time - LOOK_S / 2, reached: NaN };
    const fault = coach.exercise.checks.find((check) => check.default && judged(check, last, moved, this.errors).status === "fault");
    if (fault) this.say(fault);
    else this.held = Math.min(this.held + passed, this.time - coach.held);
  }
}

/** The diagonal of what is seen of a person, image px. @param {Person} person */
function sizeOf(person) {
  const seen = person.landmarks_px.filter(([x, y], i) => Number.isFinite(x) && Number.isFinite(y) && (person.visibility[i] ?? 0) >= 0.5);
  const xs = seen.map(([x]) => x);
  const ys = seen.map(([, y]) => y);
  return seen.length > 1 ? Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) : 0;
}

/**
 * Give people of a frame the ids of those of the frame before who are nearest: MediaPipe for the web numbers nobody.
 * @param {Person[]} people
 * @param {Person[]} before
 */
export function numbered(people, before) {
  const middle = (/** @type {Person} */ { landmarks_px: p }) => [(p[23][0] + p[24][0]) / 2, (p[23][1] + p[24][1]) / 2];
  const free = [...before];
  let next = Math.max(0, ...before.map(({ id }) => id ?? 0));
  return people.map((person) => {
    const [x, y] = middle(person);
    const far = free.map((other) => Math.hypot(middle(other)[0] - x, middle(other)[1] - y));
    const nearest = far.indexOf(Math.min(...far));
    if (nearest < 0 || !(far[nearest] < sizeOf(person) / 2)) return { ...person, id: ++next };
    return { ...person, id: free.splice(nearest, 1)[0].id ?? 1 };
  });
}
