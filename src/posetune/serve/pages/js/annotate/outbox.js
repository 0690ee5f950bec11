/**
 * Actions on their way to the server: one after the other, each until it is on the disk there. What waits is kept in the browser as
 * well, so that a tab that is killed while the server is away loses nothing.
 */
import { ApiError, send } from "../api.js";

/** @typedef {{key: string, image: string, seen: number, what: string, kind: string, of: string, people: object[], deleted: (number | string)[], status: string | null}} Action */
/** @typedef {{revision: number, score: number, saved: boolean, problem: string | null, counts: Record<string, number>}} Acted */

const SLOWEST_MS = 8000;
const PATIENCE_MS = 20_000;

/**
 * Events: "sent" (detail {action, acted}), "refused" (detail {action, error}), "change" (detail nothing): `waiting` or `away` changed.
 */
export class Outbox extends EventTarget {
  /** @param {string} store the key under which waiting actions are kept in the browser */
  constructor(store) {
    super();
    this.store = store;
    /** @type {Action[]} */
    this.waiting = this.kept();
    /** Whether the server did not answer the last time. */
    this.away = false;
    this.running = false;
    this.timer = 0;
    this.pause = 500;
  }

  /** @param {Action} action */
  put(action) {
    this.waiting.push(action);
    this.keep();
    this.changed();
    void this.run();
  }

  /** Try now what waits. */
  async run() {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    while (this.waiting.length) {
      const action = this.waiting[0];
      try {
        const acted = /** @type {Acted} */ (await this.send(action));
        this.away = false;
        this.pause = 500;
        this.forget(action);
        this.dispatchEvent(new CustomEvent("sent", { detail: { action, acted } }));
      } catch (error) {
        const status = error instanceof ApiError ? error.status : 0;
        if (status === 0 || status >= 500 || status === 429 || status === 408) {
          this.away = true;
          this.changed();
          this.timer = window.setTimeout(() => void this.run(), this.pause);
          this.pause = Math.min(2 * this.pause, SLOWEST_MS);
          break;
        }
        // What was to follow on the same image builds on what was refused.
        this.waiting = this.waiting.filter((other) => other.image !== action.image);
        this.keep();
        this.dispatchEvent(new CustomEvent("refused", { detail: { action, error } }));
      }
      this.changed();
    }
    this.running = false;
  }

  /** @param {Action} action */
  async send(action) {
    const patience = new Promise((_, reject) => setTimeout(() => reject(new ApiError(0, "", "")), PATIENCE_MS));
    return Promise.race([send("POST", "annotate/actions", action), patience]);
  }

  /** @param {Action} action */
  forget(action) {
    this.waiting = this.waiting.filter((other) => other !== action);
    this.keep();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.store, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.store);
    } catch {
      // Storage may be full or forbidden: then what waits lasts as long as the page.
    }
  }

  /** @returns {Action[]} what an earlier page could not send */
  kept() {
    try {
      const found = JSON.parse(localStorage.getItem(this.store) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }
}
