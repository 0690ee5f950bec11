/**
 * What the server finds in a video's job, shown under the video: asked for when it is looked at, and again while the job runs.
 *
 * Events: "change" (there is something else to draw); "seek" (detail: seconds).
 */
import { ApiError } from "../api.js";
import { h, icon } from "../dom.js";
import { Curves } from "../video/curves.js";
import { sentence } from "../video/panels.js";

/** Between two questions about a job that runs. */
const LEISURE_MS = 1500;

/**
 * A panel says what it asks (`find`), what it draws (`draw`) and what the page's state says of it (`tell`).
 * @template {{frames: number, complete: boolean}} Found
 */
export class JobView extends EventTarget {
  /** @param {HTMLElement} host */
  constructor(host) {
    super();
    this.host = host;
    this.on = false;
    this.job = "";
    this.person = 0;
    /** @type {Found | null} */
    this.found = null;
    /** @type {unknown} */
    this.error = null;
    this.busy = false;
    this.frames = -1;
    /** Not before: what a job has found so far is asked for at leisure, so that it is found in time. */
    this.again = 0;
    this.time = 0;
    this.asking = new AbortController();
    /** @type {Curves | null} */
    this.curves = null;
    /** @type {{times: number[], end: number}} */
    this.axis = { times: [], end: 0 };
  }

  /** Asks about the job. @param {AbortSignal} _signal @returns {Promise<Found>} */
  find(_signal) {
    throw new Error("A panel says what it asks.");
  }

  draw() {}

  /** There is something else to draw. */
  tell() {
    this.dispatchEvent(new Event("change"));
  }

  /** An answer is there. @param {boolean} _first there was none before */
  answered(_first) {}

  /** Whether an error was shown elsewhere, so that what was found before stays. @param {unknown} _error */
  refused(_error) {
    return false;
  }

  get status() {
    return this.busy ? "busy" : this.error ? "error" : this.found ? "done" : "empty";
  }

  /**
   * Another video.
   * @param {string} job
   * @param {{times: number[], end: number}} axis seconds: of the frames, and when the last one ends
   */
  open(job, axis) {
    this.close();
    Object.assign(this, { job, axis });
    if (this.on) void this.ask();
  }

  close() {
    this.asking.abort();
    Object.assign(this, { job: "", found: null, error: null, person: 0, frames: -1, busy: false });
    this.tell();
    this.draw();
  }

  /** Whether it is looked at; asks when it is, for the first time. @param {boolean} on */
  show(on) {
    this.on = on;
    this.host.hidden = !on;
    if (on && this.job && !this.found && !this.busy) void this.ask();
    this.tell();
  }

  /** The job has found more frames. @param {number} frames @param {boolean} complete */
  more(frames, complete) {
    if (!this.on || this.busy || !this.job || (this.found?.complete && this.frames === frames)) return;
    if (!complete && performance.now() < this.again) return;
    if (frames > this.frames || (complete && !this.found?.complete)) void this.ask();
  }

  async ask() {
    if (!this.job) return;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const began = performance.now();
    this.busy = true;
    this.draw();
    try {
      const found = await this.find(signal);
      if (signal.aborted) return;
      const first = !this.found;
      Object.assign(this, { found, error: null, frames: found.frames });
      this.answered(first);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) console.error(error);
      if (this.refused(error)) {
        this.busy = false;
        this.draw();
        return;
      }
      Object.assign(this, { error, found: null });
    }
    this.again = performance.now() + Math.max(LEISURE_MS, 5 * (performance.now() - began));
    this.busy = false;
    this.tell();
    this.draw();
  }

  /** @param {number} seconds */
  setTime(seconds) {
    this.time = seconds;
    this.curves?.setTime(seconds);
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.dispatchEvent(new CustomEvent("seek", { detail: seconds }));
  }

  /** Curves over the video's time. @param {HTMLElement} host @param {ConstructorParameters<typeof Curves>[3]} options */
  plot(host, options) {
    const curves = new Curves(host, this.axis.times, this.axis.end, options);
    curves.addEventListener("seek", (event) => this.seek(/** @type {CustomEvent<number>} */ (event).detail));
    this.curves = curves;
    return curves;
  }

  unplot() {
    this.curves?.destroy();
    this.curves = null;
  }

  /** The error, in words. */
  problem() {
    return h("div", { class: "notice bad", role: "alert" }, icon("warning"), h("div", {}, sentence(this.error)));
  }
}
