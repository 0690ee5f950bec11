/**
 * The exact frames of a video, as the server decodes them: fetched, kept a while, the neighbours fetched ahead. Browsers' own
 * seeking may be a frame off.
 */
import { ask } from "../api.js";

/** So many decoded frames are kept: at 1080p, 8 MB each. */
const KEPT = 24;

/** @typedef {{picture: ImageBitmap, index: number}} Exact */

export class ExactFrames {
  /**
   * @param {(index: number) => string} path of a frame, below /api/v1/
   * @param {number} count
   */
  constructor(path, count) {
    this.path = path;
    this.count = count;
    /** @type {Map<number, ImageBitmap>} the oldest first */
    this.kept = new Map();
    /** @type {Map<number, Promise<ImageBitmap>>} */
    this.coming = new Map();
    this.stop = new AbortController();
  }

  /** @param {number} index @returns {Promise<ImageBitmap>} */
  async get(index) {
    const kept = this.kept.get(index);
    if (kept) {
      this.kept.delete(index); // and last again
      this.kept.set(index, kept);
      return kept;
    }
    const coming = this.coming.get(index) ?? this.fetch(index);
    this.coming.set(index, coming);
    try {
      return await coming;
    } finally {
      this.coming.delete(index);
    }
  }

  /** @param {number} index */
  async fetch(index) {
    const answer = await ask(this.path(index), { signal: this.stop.signal });
    const picture = await createImageBitmap(await answer.blob());
    this.kept.set(index, picture);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest); // not closed: it may be the one on the stage
    }
    return picture;
  }

  /** Fetch a frame that will be wanted; failing is left to when it is. @param {number} index */
  ahead(index) {
    if (index < 0 || index >= this.count || this.kept.has(index) || this.coming.size > 2) return;
    this.get(index).catch(() => {});
  }

  close() {
    this.stop.abort();
    for (const picture of this.kept.values()) picture.close();
    this.kept.clear();
  }
}
