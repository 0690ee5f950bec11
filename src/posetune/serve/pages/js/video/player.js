/**
 * Plays a video, steps through its real frames, and tells which frame is shown. While it plays, the browser's decoder shows
 * the frames and tells their times; while it rests, the picture is the server's exact frame. A video that the browser cannot play
 * is shown frame by frame.
 *
 * Events: "frame" (detail: {index, picture}): draw it now; "state"; "trouble" (detail: an error).
 */
import { FrameTimes } from "./times.js";

/** @typedef {import("./exact.js").ExactFrames} ExactFrames */
/** @typedef {{from: number, to: number}} Stretch frames, both ends included */

export const SPEEDS = [0.1, 0.25, 0.5, 1];
/** The longer side of the pictures that are shown: more than a screen has is only slow. */
export const MOST_PX = 1920;

export class Player extends EventTarget {
  /**
   * @param {FrameTimes} times
   * @param {ExactFrames} exact
   * @param {{width: number, height: number}} size of the upright picture
   */
  constructor(times, exact, size) {
    super();
    this.times = times;
    this.exact = exact;
    this.size = size;
    /** The frame that is shown; -1 before there is one. */
    this.index = -1;
    /** The frame that was asked for last. */
    this.target = 0;
    this.playing = false;
    this.speed = 1;
    this.looping = false;
    /** @type {Stretch | null} */
    this.stretch = null;
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    this.offset = 0;
    this.turn = 0;
    const share = Math.min(1, MOST_PX / Math.max(size.width, size.height));
    this.copy = document.createElement("canvas");
    Object.assign(this.copy, { width: Math.round(size.width * share), height: Math.round(size.height * share) });
  }

  /**
   * Give it something that the browser can play. Resolves with false if it cannot.
   * @param {string} url
   * @returns {Promise<boolean>}
   */
  async load(url) {
    if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) return false; // whose frames cannot be told apart
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    const ready = new Promise((resolve) => {
      video.addEventListener("loadeddata", () => resolve(true), { once: true });
      video.addEventListener("error", () => resolve(false), { once: true });
    });
    video.src = url;
    // A codec that it half knows gives sound without pictures: no size.
    if (!(await ready) || !video.videoWidth) {
      video.removeAttribute("src");
      return false;
    }
    this.video = video;
    this.offset = await firstTime(video, this.times.times[0]);
    video.addEventListener("ended", () => this.ended());
    video.addEventListener("error", () => this.lost(video)); // damaged farther on
    this.tell("state");
    return true;
  }

  /** The decoder gave up: frame by frame, then. @param {HTMLVideoElement} video */
  lost(video) {
    if (this.video !== video) return;
    this.video = null;
    this.tell("state");
    if (this.playing) void this.byFrames();
  }

  /** What is played: the whole, or a stretch. @returns {Stretch} */
  get part() {
    return this.stretch ?? { from: 0, to: this.times.count - 1 };
  }

  /** @param {number} index */
  async seek(index) {
    this.target = this.times.clamp(index);
    if (this.playing && this.video) {
      this.video.currentTime = this.times.inside(this.target) - this.offset;
      return;
    }
    if (this.playing) this.turn++; // frame by frame goes on from there
    await this.rest();
    if (this.playing) void this.byFrames();
  }

  /** So many real frames on, or back. @param {number} count */
  async step(count) {
    const from = this.playing || this.index < 0 ? this.index : this.target;
    if (this.playing) await this.pause();
    await this.seek(from + count);
  }

  /** Show the exact frame that was asked for last. */
  async rest() {
    const turn = ++this.turn;
    const index = this.target;
    try {
      const picture = await this.exact.get(index);
      if (turn !== this.turn) return;
      this.show(index, picture);
      const way = Math.sign(index - this.before) || 1;
      this.exact.ahead(index + way);
      this.exact.ahead(index - way);
      this.before = index;
    } catch (error) {
      if (turn === this.turn && /** @type {Error} */ (error).name !== "AbortError") this.tell("trouble", error);
    }
  }

  before = 0;

  async play() {
    if (this.playing || this.times.count < 2) return;
    this.playing = true;
    const { from, to } = this.part;
    if (this.target >= to || this.target < from) this.target = from;
    this.tell("state");
    if (!this.video) {
      void this.byFrames();
      return;
    }
    const turn = ++this.turn;
    const video = this.video;
    video.playbackRate = this.speed;
    video.currentTime = this.times.inside(this.target) - this.offset;
    this.watch(video, turn);
    try {
      await video.play();
    } catch (error) {
      if (turn === this.turn) await this.pause();
    }
  }

  /** The frame that is shown stays; its exact picture takes the place of the decoder's. @param {number} [at] another one to stay at */
  async pause(at = this.index) {
    if (!this.playing) return;
    this.playing = false;
    this.video?.pause();
    this.target = Math.max(at, 0);
    this.tell("state");
    await this.rest();
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    if (this.video) this.video.playbackRate = speed;
    this.tell("state");
  }

  /** @param {boolean} on @param {Stretch | null} [stretch] */
  setLoop(on, stretch = this.stretch) {
    this.looping = on;
    this.stretch = stretch;
    this.tell("state");
  }

  /**
   * Every frame that the browser presents, with its own time.
   * @param {HTMLVideoElement} video
   * @param {number} turn
   */
  watch(video, turn) {
    const next = (/** @type {number} */ _now, /** @type {{mediaTime: number}} */ { mediaTime }) => {
      if (!this.playing || this.turn !== turn) return;
      const index = this.times.nearest(mediaTime + this.offset);
      const { to } = this.part;
      // A decoder that is told to go back still presents a frame or two of behind the end.
      if (index <= to) {
        this.copy.getContext("2d")?.drawImage(video, 0, 0, this.copy.width, this.copy.height);
        this.target = index;
        this.show(index, this.copy);
      }
      if (index >= to && !video.seeking) this.ended();
      if (this.playing) video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  ended() {
    if (!this.playing) return;
    if (!this.looping) {
      void this.pause(this.part.to); // a browser that is short of time ends without having shown the last frame
      return;
    }
    this.target = this.part.from;
    if (!this.video) return;
    this.video.currentTime = this.times.inside(this.target) - this.offset;
    if (this.video.ended) void this.video.play();
  }

  /** Playing without a decoder: each exact frame as long as it lasts, or as long as the server takes. */
  async byFrames() {
    const turn = ++this.turn;
    while (this.playing && turn === this.turn) {
      const began = performance.now();
      const index = this.target;
      try {
        const picture = await this.exact.get(index);
        if (!this.playing || turn !== this.turn) return;
        this.show(index, picture);
      } catch (error) {
        if (turn !== this.turn) return;
        this.tell("trouble", error);
        this.playing = false;
        this.tell("state");
        return;
      }
      if (index >= this.part.to) {
        this.ended();
        if (!this.playing) return;
      } else {
        this.target = index + 1;
        this.exact.ahead(index + 2);
      }
      const lasts = (2000 * (this.times.inside(index) - this.times.times[index])) / this.speed;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, lasts - (performance.now() - began))));
    }
  }

  /** @param {number} index @param {CanvasImageSource} picture */
  show(index, picture) {
    this.index = index;
    this.tell("frame", { index, picture });
  }

  /** @param {string} type @param {unknown} [detail] */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  close() {
    this.playing = false;
    this.turn++;
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.video?.load();
    this.exact.close();
  }
}

/**
 * How much the browser's times are before the table's: some count from the first frame, some from the file's beginning.
 * @param {HTMLVideoElement} video at its beginning
 * @param {number} first seconds, of the table
 */
function firstTime(video, first) {
  return new Promise((resolve) => {
    const given = setTimeout(() => resolve(0), 1000);
    video.requestVideoFrameCallback((_now, frame) => {
      clearTimeout(given);
      resolve(first - frame.mediaTime);
    });
    video.currentTime = 0;
  });
}
