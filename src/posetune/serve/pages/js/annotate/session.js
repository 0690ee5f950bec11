/**
 * The work on a set: the image that is open, what is done to it, undo and redo, and the way to the next. No drawing.
 *
 * Events: "image" (another one is open), "people" (they changed; not by the editor), "state" (anything that is shown), "told"
 * (detail: words for the viewer, as {text, bad}).
 */
import { ApiError, get, send } from "../api.js";
import { t } from "../i18n.js";
import { Outbox } from "./outbox.js";
import { Pictures } from "./pictures.js";

/** @typedef {import("./model.js").Labelled} Labelled */
/** @typedef {import("./model.js").Change} Change */
/** @typedef {Record<"images" | "done" | "people" | "prelabel" | "corrected" | "verified" | "rejected" | "none" | "suspects", number>} Counts */
/** @typedef {{open: boolean, id: string, name: string, reviewer: string, blind: boolean, second: boolean, first: string, counts: Counts, bones: import("./warnings.js").Bone[], partners: number[], notes: string[]}} Work */

/**
 * @typedef {object} ImageOf as the server tells it
 * @property {string} name
 * @property {number} number from 0
 * @property {number} revision
 * @property {number} width
 * @property {number} height
 * @property {string | null} status
 * @property {boolean} done
 * @property {boolean} blind
 * @property {string | null} problem
 * @property {string} picture path of the API
 * @property {number} score
 * @property {number} undo
 * @property {number} redo
 * @property {Labelled[]} people
 * @property {{previous: string | null, next: string | null, open: string | null, suspect: string | null, suspect_before: string | null}} neighbours
 *
 * @typedef {{image: string, key: string, what: string, changes: Change[], before: string | null, after: string | null}} Done
 * @typedef {{name: string, at: number, people: Labelled[]}} Frame
 */

const PULSE_MS = 5000;
const IDS = 1000;

export class Session extends EventTarget {
  /** @param {Work} work */
  constructor(work) {
    super();
    this.work = work;
    this.counts = work.counts;
    this.tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join("");
    this.actions = 0;
    this.ids = { next: 0, end: 0 };
    /** Which server answered last: another one after a restart. */
    this.server = "";
    /** Other tabs that have the set open. */
    this.others = 0;
    /** Why the label file could not be written. @type {string | null} */
    this.problem = null;
    this.fileSaved = true;
    /** @type {ImageOf | null} */
    this.image = null;
    /** @type {Labelled[]} */
    this.people = [];
    /** @type {ImageBitmap | null} */
    this.picture = null;
    /** @type {"loading" | "ready" | "error"} */
    this.status = "loading";
    /** @type {string | null} */
    this.error = null;
    /** "order": Enter goes to the next that nobody has seen to; "suspects": to the next doubtful one. */
    this.order = "order";
    /** What was done here, of all images, the last one last; and what was undone of it. @type {{undo: Done[], redo: Done[]}} */
    this.trail = { undo: [], redo: [] };
    /** How far this reviewer and another agree, as the API tells it. @type {any} */
    this.agreement = null;
    this.pictures = new Pictures();
    this.outbox = new Outbox(`posetune.annotate.${work.id}`);
    this.wanted = 0;
    this.opening = "";
    this.outbox.addEventListener("change", () => this.tell());
    this.outbox.addEventListener("sent", (event) => this.sent(/** @type {CustomEvent} */ (event).detail));
    this.outbox.addEventListener("refused", (event) => this.refused(/** @type {CustomEvent} */ (event).detail));
  }

  tell() {
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    this.dispatchEvent(new CustomEvent("told", { detail: { text, bad } }));
  }

  /** Begin: say that this tab is here, and send what an earlier one could not. */
  async start() {
    await this.pulse(IDS);
    void this.outbox.run();
    void this.renewAgreement();
    setInterval(() => void this.pulse(0), PULSE_MS);
    window.addEventListener("pagehide", () => {
      navigator.sendBeacon("/api/v1/annotate/tabs", new Blob([JSON.stringify({ tab: this.tab, gone: true })], { type: "application/json" }));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.outbox.waiting.length) event.preventDefault();
    });
  }

  /** @param {number} ids how many ids of new people are wanted */
  async pulse(ids) {
    try {
      const present = await send("POST", "annotate/tabs", { tab: this.tab, ids });
      if (ids) this.ids = { next: present.first_id, end: present.first_id + ids };
      Object.assign(this, { others: present.others, problem: present.problem, fileSaved: present.saved, counts: present.counts });
      // A server that was started anew gives out the ids that it does not know to be taken.
      if (this.server && this.server !== present.server) this.ids = ids ? this.ids : { next: 0, end: 0 };
      this.server = present.server;
      if (!ids && this.ids.next >= this.ids.end) void this.pulse(IDS);
      this.outbox.away = false;
      if (this.outbox.waiting.length) void this.outbox.run();
    } catch {
      this.outbox.away = true;
    }
    this.tell();
  }

  /** An id for somebody new. */
  newId() {
    if (this.ids.next >= this.ids.end) throw new Error("no id is left");
    if (this.ids.end - this.ids.next < IDS / 2) void this.pulse(IDS);
    return this.ids.next++;
  }

  // Opening

  /** @param {string} name */
  async open(name) {
    const mine = ++this.wanted;
    this.opening = name;
    this.status = "loading";
    this.error = null;
    this.tell();
    try {
      await this.flushed(name);
      const image = /** @type {ImageOf} */ (await get(`annotate/image?name=${encodeURIComponent(name)}`));
      if (mine !== this.wanted) return;
      /** @type {ImageBitmap | null} */
      let picture = null;
      if (image.problem !== "missing" && image.problem !== "damaged") {
        try {
          picture = await this.pictures.get(image.picture);
        } catch (error) {
          if (error instanceof ApiError && error.status === 0) throw error;
          image.problem = "damaged";
        }
      }
      if (mine !== this.wanted) return;
      Object.assign(this, { image, picture, people: image.people, status: "ready" });
      history.replaceState(null, "", `?image=${encodeURIComponent(image.name)}`);
      this.dispatchEvent(new Event("image"));
      this.tell();
      this.fetchAhead();
    } catch (error) {
      if (mine !== this.wanted) return;
      if (error instanceof ApiError && (error.status === 0 || error.status >= 500) && this.image) {
        // The server is away: what is open stays open, and what is done waits.
        this.outbox.away = true;
        this.status = "ready";
        this.say(t("annotate.away.open"), true);
        this.tell();
        return;
      }
      this.status = "error";
      this.error = error instanceof ApiError ? error.message : t("error.page");
      if (!(error instanceof ApiError)) console.error(error);
      this.tell();
    }
  }

  /** Until what was done to an image is on the server, a few seconds at most. @param {string} name */
  async flushed(name) {
    const end = performance.now() + 5000;
    while (this.outbox.waiting.some((action) => action.image === name) && performance.now() < end && !this.outbox.away) {
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** Pictures that are likely wanted next. */
  fetchAhead() {
    const { open, next, suspect } = this.image?.neighbours ?? {};
    const wanted = this.order === "suspects" ? [suspect, next] : [open, next];
    for (const name of new Set(wanted)) if (name) void this.pictures.ahead(name);
  }

  // Doing

  /** Whether anything may be done to what is open. */
  get canEdit() {
    return this.status === "ready" && !!this.picture && this.image?.problem !== "turned";
  }

  /**
   * @param {string} what
   * @param {Change[]} changes
   * @param {string | null} [status] of the image
   */
  edit(what, changes, status = null) {
    const image = this.image;
    if (!image || !this.canEdit) return;
    const before = image.status;
    image.status = status ?? before ?? "prelabel";
    const done = { image: image.name, key: this.nextKey(), what, changes, before, after: image.status };
    this.trail.undo.push(done);
    this.trail.redo = [];
    image.undo += 1;
    image.redo = 0;
    this.put(done, "edit", status === "verified");
  }

  nextKey() {
    this.actions += 1;
    return `${this.tab}-${this.actions}`;
  }

  /** @param {Done} done @param {"edit" | "undo" | "redo"} kind @param {boolean} [accepted] */
  put(done, kind, accepted = false) {
    const edit = kind === "edit";
    const kept = done.changes.flatMap(({ before, after }) => (after ? [wantedOf(after, accepted, !before)] : []));
    const gone = done.changes.flatMap(({ id, after }) => (after ? [] : [id]));
    this.people = applied(this.people, done.changes, kind !== "undo");
    this.outbox.put({
      key: edit ? done.key : this.nextKey(), image: done.image, seen: this.image?.revision ?? 0, what: done.what.slice(0, 100), kind,
      of: edit ? "" : done.key, people: edit ? kept : [], deleted: edit ? gone : [], status: edit && accepted ? "verified" : null,
    });
    this.tell();
  }

  /** All who are here are right. Gives whether there was anything to say. */
  accept() {
    const image = this.image;
    if (!image || !this.canEdit) return;
    const changes = this.people.flatMap((person) => {
      if (person.status === "rejected") return [];
      const marks = person.points.map((_, i) => (person.marks?.[i] === "moved" ? "moved" : "confirmed"));
      /** @type {import("./model.js").Status} */
      const status = person.status === "corrected" && marks.includes("moved") ? "corrected" : "verified";
      const after = { ...person, marks, status, reviewer: this.work.reviewer };
      const told = person.status === status && person.marks?.every((mark, i) => mark === marks[i]);
      return told ? [] : [{ id: person.id, before: person, after }];
    });
    if (!changes.length && image.status === "verified") return;
    this.edit("accept", changes, "verified");
    image.done = true;
  }

  /** @param {"undo" | "redo"} kind */
  async reverse(kind) {
    const [from, to] = kind === "undo" ? [this.trail.undo, this.trail.redo] : [this.trail.redo, this.trail.undo];
    let done = from.pop();
    if (!done) done = await this.olderOf(kind);
    if (!done) return this.say(t(`annotate.nothing.${kind}`));
    if (done.image !== this.image?.name) await this.open(done.image);
    const image = this.image;
    if (!image || image.name !== done.image || !this.canEdit) return void from.push(done);
    to.push(done);
    const undone = kind === "undo" ? 1 : -1;
    image.undo -= undone;
    image.redo += undone;
    image.status = kind === "undo" ? done.before : done.after;
    this.put(done, kind);
    this.dispatchEvent(new Event("people"));
    this.say(t(`annotate.did.${kind}`, { what: done.what }));
  }

  /** What was done to the open image before this page was opened. @param {"undo" | "redo"} kind @returns {Promise<Done | undefined>} */
  async olderOf(kind) {
    const image = this.image;
    if (!image || !image[kind]) return undefined;
    try {
      await this.flushed(image.name);
      const stack = /** @type {Record<"undo" | "redo", any[]>} */ (await get(`annotate/history?name=${encodeURIComponent(image.name)}`));
      const last = stack[kind].at(-1);
      return last && { image: image.name, key: last.key, what: last.what, changes: last.people, before: last.before, after: last.after };
    } catch (error) {
      this.say(error instanceof ApiError ? error.message : t("error.page"), true);
      return undefined;
    }
  }

  /** @param {{action: import("./outbox.js").Action, acted: import("./outbox.js").Acted}} detail */
  sent({ action, acted }) {
    this.counts = /** @type {Counts} */ (acted.counts);
    this.problem = acted.problem;
    this.fileSaved = acted.saved;
    if (this.image?.name === action.image) {
      this.image.revision = Math.max(this.image.revision, acted.revision);
      this.image.score = acted.score;
    }
    if (action.status === "verified") void this.renewAgreement();
    this.tell();
  }

  /** @param {{action: import("./outbox.js").Action, error: Error}} detail */
  refused({ action, error }) {
    this.trail.undo = this.trail.undo.filter((done) => done.image !== action.image);
    this.trail.redo = this.trail.redo.filter((done) => done.image !== action.image);
    this.say(error.message, true);
    if (this.image?.name === action.image) void this.open(action.image);
  }

  // Others

  /** The people of frames beside. @returns {Promise<{at: number, before: Frame | null, earlier: Frame | null, later: Frame | null} | null>} */
  async around() {
    if (!this.image) return null;
    try {
      return await get(`annotate/around?name=${encodeURIComponent(this.image.name)}`);
    } catch (error) {
      this.say(error instanceof ApiError ? error.message : t("error.page"), true);
      return null;
    }
  }

  /**
   * Have the network find somebody. @param {{box?: number[], point?: number[]}} where
   * @returns {Promise<{network: {name: string, sha256: string}, points: import("./model.js").Point[], confidence: number[], box: number[], score: number}>}
   */
  find(where) {
    return send("POST", "annotate/person", { image: this.image?.name, ...where });
  }

  /** Whom another reviewer has in the open image: null until both have seen to it. @returns {Promise<{reviewer: string, people: Labelled[]} | null>} */
  async other() {
    if (!this.image || !this.work.second || !this.image.done) return null;
    await this.flushed(this.image.name);
    const other = await get(`annotate/other?name=${encodeURIComponent(this.image.name)}`);
    return other.shown ? other : null;
  }

  /** How far two reviewers agree. */
  async renewAgreement() {
    if (!this.work.second) return;
    try {
      this.agreement = await get("annotate/agreement");
      this.tell();
    } catch {
      // The figures of before stay; that the server is away is said elsewhere.
    }
  }
}

/** A person as the server wants one. @param {Labelled} person @param {boolean} accepted @param {boolean} isNew */
function wantedOf(person, accepted, isNew) {
  const status = accepted && person.status === "corrected" ? "verified" : person.status;
  const { id, points, box, network, confidence, source } = person;
  return { id, points, status, source, ...(isNew ? { box, network, confidence } : {}) };
}

/** @param {Labelled[]} people @param {Change[]} changes @param {boolean} forth */
function applied(people, changes, forth) {
  let now = [...people];
  for (const { id, before, after } of changes) {
    const wanted = forth ? after : before;
    const index = now.findIndex((person) => person.id === id);
    if (!wanted) now = now.filter((person) => person.id !== id);
    else if (index >= 0) now[index] = wanted;
    else now.push(wanted);
  }
  return now.sort((a, b) => (typeof a.id === "number" && typeof b.id === "number" ? a.id - b.id : 0));
}
