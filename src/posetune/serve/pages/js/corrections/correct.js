/**
 * One person of a result is put right: an editor over the stage, and a panel beside it. What is given goes to the server with the
 * consent that the panel shows. Events: "end" ({given: boolean}), "change".
 */
import { ApiError } from "../api.js";
import * as model from "../annotate/model.js";
import { PointEditor } from "../components/point_editor.js";
import { fill, h, icon } from "../dom.js";
import { jointName, t } from "../i18n.js";
import { giveCorrection, keepPicture } from "./given.js";

/** @typedef {import("../annotate/model.js").Labelled} Labelled */
/** @typedef {[number, number, number]} XYV */

/**
 * @typedef {object} Task
 * @property {File} file
 * @property {ImageBitmap} picture
 * @property {import("../types.js").Person} person
 * @property {number} number of the person, from 1
 * @property {string} network sha256
 * @property {string} version of the consent
 */

/** A point that the network takes for visible with less than this begins as hidden. */
const VISIBLE = 0.5;
const STEP_PX = 1;

export class Correcting extends EventTarget {
  /**
   * @param {HTMLElement} host where the editor is drawn; hidden when nobody is corrected
   * @param {import("../types.js").Skeleton} skeleton
   * @param {import("../shell.js").Shell} shell
   */
  constructor(host, skeleton, shell) {
    super();
    this.host = host;
    this.skeleton = skeleton;
    this.shell = shell;
    /** @type {Task | null} */
    this.task = null;
    /** @type {PointEditor | null} */
    this.editor = null;
    this.agreed = false;
    this.looked = false;
    this.sending = false;
    this.panel = h("section", { class: "panel", id: "correcting" });
    host.addEventListener("keydown", (event) => this.pressed(event), true);
  }

  /** @param {Task} task */
  begin(task) {
    this.task = task;
    this.began = performance.now();
    this.key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.shown = task.person.landmarks_px.map(([x, y], i) => /** @type {XYV} */ ([round(x), round(y), seen(task.person.visibility[i])]));
    Object.assign(this, { agreed: false, looked: false, sending: false });
    this.host.hidden = false;
    this.editor = new PointEditor(this.host, {
      skeleton: this.skeleton,
      facts: { bones: [], partners: partners(this.skeleton.names) },
      note: (_, index) => jointName(this.skeleton.names[index]),
      warning: () => "",
    });
    const editor = this.editor;
    editor.setPicture(task.picture, { width: task.picture.width, height: task.picture.height });
    editor.setPeople([/** @type {Labelled} */ ({
      id: 1, points: this.shown, status: "prelabel", confidence: task.person.visibility, marks: null, box: null,
      network: task.network, reviewer: null, source: null, doubts: [],
    })], true);
    editor.select(0, 0);
    editor.addEventListener("select", () => this.draw());
    editor.addEventListener("edit", () => this.draw());
    editor.addEventListener("question", () => editor.setVisibility(model.OUTSIDE)); // said by a button of its own, it is meant
    this.draw();
    this.host.focus();
  }

  get active() {
    return this.task !== null;
  }

  /** How many points were moved. */
  get moved() {
    return this.editor?.people[0]?.marks?.filter((mark) => mark === "moved").length ?? 0;
  }

  get ready() {
    return !this.sending && this.agreed && (this.moved > 0 || this.looked);
  }

  /** @param {boolean} given */
  end(given) {
    this.editor?.destroy();
    this.editor = null;
    this.task = null;
    this.host.hidden = true;
    fill(this.host);
    this.dispatchEvent(new CustomEvent("end", { detail: { given } }));
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const steps = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
    const step = steps[event.key];
    if (!this.editor || event.ctrlKey || event.metaKey || event.altKey || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return this.end(false);
    const far = event.shiftKey ? 10 * STEP_PX : STEP_PX;
    this.editor.nudge(step[0] * far, step[1] * far);
  }

  draw() {
    const { editor, task } = this;
    if (!editor || !task) return;
    const point = editor.person?.points[editor.point];
    const chosen = h("select", { class: "select", id: "correct-point" }, this.skeleton.names.map((name, i) => h("option", { value: String(i) }, jointName(name))));
    chosen.value = String(Math.max(editor.point, 0));
    chosen.addEventListener("change", () => editor.select(0, Number(chosen.value)));
    const kinds = /** @type {const} */ ([["visible", model.VISIBLE], ["hidden", model.OCCLUDED], ["outside", model.OUTSIDE]]);
    const places = kinds.map(([name, v]) =>
      h("button", { type: "button", "aria-pressed": String(point?.[2] === v), dataset: { visibility: name }, on: { click: () => this.setVisibility(v) } }, t(`correct.${name}`)),
    );
    const give = h("button", { class: "button primary", type: "button", id: "give", disabled: !this.ready, on: { click: () => void this.give() } }, icon("check", 16), t(this.sending ? "correct.sending" : "correct.give"));
    const stop = h("button", { class: "button", type: "button", id: "stop-correcting", on: { click: () => this.end(false) } }, t("correct.cancel"));
    const swap = h("button", { class: "button", type: "button", id: "swap-sides", on: { click: () => editor.swap("whole") } }, icon("swap", 16), t("correct.swap"));
    const focused = document.activeElement instanceof HTMLElement && this.panel.contains(document.activeElement) ? document.activeElement : null;
    fill(
      this.panel,
      h("header", {}, h("h2", {}, t("correct.title", { number: task.number })), h("span", { class: "badge", id: "moved-count" }, t(this.moved === 1 ? "correct.moved.one" : "correct.moved", { count: this.moved }))),
      h(
        "div", { class: "body stack" },
        h("p", { class: "muted" }, t("correct.how")),
        h("div", { class: "field" }, h("label", { for: "correct-point" }, t("correct.point")), chosen),
        h("div", { class: "segments", role: "group", "aria-label": t("correct.visibility") }, places),
        swap,
        this.check("looked", t("correct.looked")),
        this.check("agreed", t("correct.consent")),
        h("div", { class: "downloads" }, give, stop),
      ),
    );
    if (focused) /** @type {HTMLElement | null} */ (this.panel.querySelector(focusName(focused)))?.focus();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {"looked" | "agreed"} what @param {string} words */
  check(what, words) {
    const box = h("input", { type: "checkbox", id: `correct-${what}`, checked: this[what] });
    box.addEventListener("change", () => {
      this[what] = box.checked;
      this.draw();
    });
    return h("label", { class: "check" }, box, h("span", {}, words));
  }

  /** @param {number} v */
  setVisibility(v) {
    const at = this.editor?.point ?? -1;
    this.editor?.setVisibility(v);
    this.editor?.select(0, at); // here the chosen point stays chosen
  }

  /** Send it; what was sent before counts once. */
  async give() {
    const { task, editor } = this;
    if (!task || !editor?.person || !this.ready) return;
    this.sending = true;
    this.draw();
    const marks = editor.person.marks ?? [];
    try {
      const picture = await keepPicture(task.file, task.version, false);
      await giveCorrection({
        picture,
        points: editor.person.points.map(([x, y, v]) => (x === null || y === null || v === 0 ? [0, 0, 0] : [x, y, v])),
        touched: this.skeleton.names.map((_, i) => (marks[i] === "moved" ? "moved" : this.looked ? "confirmed" : "untouched")),
        network: task.network,
        shown: this.shown,
        seconds: Math.round(performance.now() - (this.began ?? 0)) / 1000,
        key: this.key,
      });
    } catch (error) {
      this.sending = false;
      this.draw();
      this.shell.toast(error instanceof ApiError ? error.message : t("error.page"), "bad");
      return;
    }
    this.shell.toast(t("correct.thanks"));
    this.end(true);
  }
}

/** @param {HTMLElement} element of the panel, which is drawn anew */
function focusName(element) {
  return element.id ? `#${element.id}` : element.dataset.visibility ? `[data-visibility="${element.dataset.visibility}"]` : "header";
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

/** @param {number | null} visibility */
function seen(visibility) {
  return (visibility ?? 0) >= VISIBLE ? model.VISIBLE : model.OCCLUDED;
}

/** Of each point the one on the other side. @param {string[]} names */
function partners(names) {
  return names.map((name, i) => {
    const other = name.startsWith("left_") ? name.replace("left_", "right_") : name.replace("right_", "left_");
    const sided = names.indexOf(other.replace(/_left$|_right$/, (side) => (side === "_left" ? "_right" : "_left")));
    return sided >= 0 ? sided : i;
  });
}
