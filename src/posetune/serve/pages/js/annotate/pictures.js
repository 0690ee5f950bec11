/**
 * Pictures, decoded, a few of them kept: the next one is there before it is asked for.
 */
import { ask, get } from "../api.js";

const KEPT = 8;

export class Pictures {
  constructor() {
    /** @type {Map<string, Promise<ImageBitmap>>} */
    this.kept = new Map();
    /** Names whose picture was fetched ahead. @type {Set<string>} */
    this.fetched = new Set();
  }

  /** @param {string} path of the API @returns {Promise<ImageBitmap>} */
  get(path) {
    const held = this.kept.get(path);
    if (held) {
      this.kept.delete(path);
      this.kept.set(path, held);
      return held;
    }
    const made = load(path);
    made.catch(() => this.kept.delete(path));
    this.kept.set(path, made);
    while (this.kept.size > KEPT) {
      const [oldest] = this.kept.keys();
      this.kept.delete(oldest);
    }
    return made;
  }

  /** The picture of an image that is likely wanted next. @param {string} name */
  async ahead(name) {
    if (this.fetched.has(name)) return;
    this.fetched.add(name);
    try {
      const image = /** @type {{picture: string, problem: string | null}} */ (await get(`annotate/image?name=${encodeURIComponent(name)}`));
      if (image.problem !== "missing" && image.problem !== "damaged") await this.get(image.picture);
    } catch {
      this.fetched.delete(name); // it is told when it is opened
    }
  }
}

/** @param {string} path */
async function load(path) {
  return createImageBitmap(await (await ask(path)).blob());
}
