/**
 * What a job has found so far, by frame and by person.
 */
import { get } from "../api.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {{index: number, time_s: number, people: Person[]}} FrameResult */

export class VideoPeople {
  /**
   * @param {string} job
   * @param {number} count frames
   */
  constructor(job, count) {
    this.job = job;
    this.count = count;
    /** @type {(Person[] | undefined)[]} */
    this.frames = new Array(count);
    /** Frames [0, known) are there. */
    this.known = 0;
    /** Seconds, as they were read. @type {number[]} */
    this.times = [];
    /** Whether there will be no more. */
    this.complete = false;
  }

  /** Ask for what is new. @returns {Promise<boolean>} whether there was anything */
  async more() {
    const before = this.known;
    for (;;) {
      const answer = /** @type {{frames: FrameResult[], complete: boolean}} */ (await get(`jobs/${this.job}/result?from=${this.known}`));
      for (const { index, time_s, people } of answer.frames) {
        this.frames[index] = people;
        this.times[index] = time_s;
        this.known = Math.max(this.known, index + 1);
      }
      this.complete = answer.complete;
      if (!answer.frames.length || answer.complete) return this.known > before;
    }
  }

  /** The people of a frame; undefined where the job has not been yet. @param {number} index */
  at(index) {
    return this.frames[index];
  }

  /** Who was seen, the one seen in most frames first. @returns {{id: number, frames: number}[]} */
  ids() {
    /** @type {Map<number, number>} */
    const seen = new Map();
    for (const people of this.frames) for (const person of people ?? []) seen.set(person.id ?? 0, (seen.get(person.id ?? 0) ?? 0) + 1);
    return [...seen].map(([id, frames]) => ({ id, frames })).sort((a, b) => b.frames - a.frames || a.id - b.id);
  }

  /** A person in a frame. @param {number} index @param {number} id @returns {Person | undefined} */
  person(index, id) {
    return this.frames[index]?.find((person) => (person.id ?? 0) === id);
  }

  /**
   * One joint's angle by frame; null where it was not seen.
   * @param {number} id
   * @param {string} joint
   * @returns {(number | null)[]}
   */
  curve(id, joint) {
    return Array.from({ length: this.count }, (_, index) => this.person(index, id)?.angles[joint] ?? null);
  }

  /** In which frames a joint is beyond its range. @param {number} id @param {string} joint @returns {boolean[]} */
  beyond(id, joint) {
    return Array.from({ length: this.count }, (_, index) => !!this.person(index, id)?.flags.some((flag) => flag.joint === joint));
  }
}
