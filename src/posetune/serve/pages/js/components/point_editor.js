/**
 * Labels that can be corrected: a stage on which points are dragged, and what can be done to a person. Knows no server and no
 * keys; whoever uses it hears of each change and keeps it.
 *
 *     const editor = new PointEditor(element, { skeleton, facts, names });
 *     editor.setPicture(bitmap, size);
 *     editor.setPeople(people);                      // as js/annotate/model.js has them
 *     editor.addEventListener("edit", (event) => keep(event.detail));   // {what, changes: [{id, before, after}]}
 *
 * Other events: "select" (whom, which point), "place" ({box} or {point}, image px, where somebody is to be added), "question"
 * ({index}: a point that lies inside was called outside; the same again does it), "warn" (the warnings of who is selected).
 */
import * as model from "../annotate/model.js";
import { warningsOf } from "../annotate/warnings.js";
import { drawHandles, drawMagnifier, handleSpot } from "./point_handles.js";
import { SkeletonCanvas } from "./skeleton_canvas.js";

/** @typedef {import("../annotate/model.js").Labelled} Labelled */
/** @typedef {import("./gestures.js").Spot} Spot */

/**
 * @typedef {object} EditorOptions
 * @property {import("../types.js").Skeleton} skeleton
 * @property {{bones: import("../annotate/warnings.js").Bone[], partners: number[]}} facts
 * @property {(person: Labelled, index: number) => string} note the words at the point under the cursor
 * @property {(warning: import("../annotate/warnings.js").Warning) => string} warning the words of a warning
 */

export class PointEditor extends EventTarget {
  /**
   * @param {HTMLElement} host
   * @param {EditorOptions} options
   */
  constructor(host, options) {
    super();
    this.options = options;
    /** @type {Labelled[]} */
    this.people = [];
    /** Whose labels somebody else made, drawn beside. @type {Labelled[]} */
    this.others = [];
    /** As they were when the picture was opened. @type {Map<number | string, Labelled>} */
    this.first = new Map();
    this.selected = -1;
    this.point = -1;
    this.magnifies = true;
    /** Whether whoever is selected fills the stage, in the next pictures as well. */
    this.follows = false;
    this.hidden = false;
    this.readOnly = false;
    /** @type {"points" | "box"} */
    this.mode = "points";
    /** @type {{x: number, y: number, width: number, height: number} | null} the box being drawn, CSS px */
    this.box = null;
    /** The person that is being dragged, and the point; -1: the whole. @type {{person: number, index: number, at: Spot} | null} */
    this.drag = null;
    /** @type {{person: number, index: number} | null} */
    this.question = null;
    /** Where the cursor last was, image px. @type {[number, number] | null} */
    this.cursor = null;
    host.classList.add("editing");
    this.stage = new SkeletonCanvas(host, {
      skeleton: options.skeleton,
      wheelZooms: true,
      tool: (spot) => this.take(spot),
      pointNote: (person, index) => options.note(this.people[person], index),
    });
    this.stage.show({ angles: false, flags: false, minVisibility: 0 });
    this.stage.addEventListener("drawn", (event) => this.draw(/** @type {CustomEvent} */ (event).detail.context));
    this.stage.addEventListener("select", (event) => this.select(/** @type {CustomEvent} */ (event).detail.person));
    this.stage.addEventListener("hover", (event) => this.hovered(/** @type {CustomEvent} */ (event).detail));
    host.addEventListener("pointermove", (event) => {
      const box = host.getBoundingClientRect();
      this.cursor = this.stage.toImage(event.clientX - box.left, event.clientY - box.top);
    });
    host.addEventListener("pointerleave", () => (this.cursor = null));
  }

  // What is shown

  /** @param {ImageBitmap | null} picture @param {{width: number, height: number}} size px of the frame of the labels */
  setPicture(picture, size) {
    this.stage.setPicture(picture, size);
    this.stage.fit();
  }

  /**
   * Other people, or the same after something was done to them.
   * @param {Labelled[]} people
   * @param {boolean} [fresh] of a picture that was just opened
   */
  setPeople(people, fresh = false) {
    const who = fresh ? undefined : this.person?.id;
    this.people = people;
    if (fresh) {
      this.first = new Map(people.map((person) => [person.id, person]));
      this.point = -1;
      this.cancel();
    }
    const index = people.findIndex((person) => person.id === who);
    this.selected = index >= 0 ? index : people.length ? (fresh ? largest(people) : Math.min(Math.max(this.selected, 0), people.length - 1)) : -1;
    if (this.selected < 0) this.point = -1;
    if (fresh && this.follows) this.zoomToPerson();
    this.show();
    this.told();
  }

  /** Whoever is selected fills the stage; the whole picture where nobody is. */
  zoomToPerson() {
    const box = this.person && model.hull(this.person);
    if (!box || !this.size.width) return this.stage.fit();
    const room = this.stage.room();
    const scale = Math.min(room.width / (1.25 * box.width + 20), room.height / (1.25 * box.height + 20));
    const now = this.stage.view.scale;
    this.stage.zoom(scale / now);
    const [x, y] = this.stage.toScreen(box.x + box.width / 2, box.y + box.height / 2);
    this.stage.pan(room.width / 2 - x, room.height / 2 - y);
  }

  /** Follow whoever is selected, or show whole pictures again. */
  toggleFollow() {
    this.follows = !this.follows;
    if (this.follows) this.zoomToPerson();
    else this.stage.fit();
  }

  /** @param {Labelled[]} others */
  setOthers(others) {
    this.others = others;
    this.stage.redraw(false);
  }

  get person() {
    return /** @type {Labelled | undefined} */ (this.people[this.selected]);
  }

  get size() {
    return this.stage.size;
  }

  get facts() {
    return { ...this.options.facts, size: this.size };
  }

  /** What looks wrong about who is selected. */
  warnings() {
    const person = this.person;
    return person ? warningsOf(person, this.first.get(person.id) ?? null, this.facts) : [];
  }

  show() {
    this.stage.people = this.people.map(seen);
    this.stage.selected = this.selected;
    this.stage.redraw(false);
  }

  /** Hide all but the picture, for as long as a key is held. @param {boolean} hidden */
  hide(hidden) {
    this.hidden = hidden;
    this.stage.show({ skeleton: !hidden });
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    if (this.hidden) return;
    drawHandles(context, this);
    if (this.drag && this.drag.index >= 0 && this.magnifies) drawMagnifier(context, this);
  }

  // Selecting

  /** @param {number} person -1: nobody @param {number} [point] */
  select(person, point = -1) {
    if (person === this.selected && point === this.point) return;
    const another = person !== this.selected;
    this.selected = person;
    this.point = point;
    if (point >= 0) this.reveal(point);
    else if (another && this.follows) this.zoomToPerson();
    this.question = null;
    this.show();
    this.told();
  }

  /** Bring a point into view. @param {number} index */
  reveal(index) {
    const person = this.person;
    if (!person || !model.placed(person.points[index])) return;
    const { x, y } = handleSpot(this, person.points[index]);
    const { width, height } = this.stage.room();
    if (x < 30 || y < 30 || x > width - 30 || y > height - 30) this.stage.pan(width / 2 - x, height / 2 - y);
  }

  /** The cursor lies on a point of whom is selected: what is pressed now is meant for it. @param {{person: number, index: number} | null} ref */
  hovered(ref) {
    if (!ref || this.drag || this.mode !== "points" || ref.person !== this.selected || ref.index === this.point) return;
    this.point = ref.index;
    this.question = null;
    this.told();
    this.stage.redraw(false);
  }

  told() {
    this.dispatchEvent(new Event("select"));
  }

  /** Points that deserve a look: unsure, or warned of. */
  doubtful() {
    const person = this.person;
    if (!person) return [];
    const found = new Set(this.warnings().flatMap((warning) => warning.points));
    if (person.status === "prelabel" || person.status === "corrected") {
      for (const doubt of person.doubts) doubt.points.forEach((point) => !["moved", "confirmed"].includes(person.marks?.[point] ?? "") && found.add(point));
    }
    return [...found].sort((a, b) => a - b);
  }

  /** @param {number} step 1 or −1 @param {boolean} [doubtful] among the doubtful alone */
  step(step, doubtful = false) {
    if (!this.person) return;
    const order = doubtful ? this.doubtful() : this.person.points.map((_, i) => i);
    if (!order.length) return;
    const rest = step > 0 ? order.filter((i) => i > this.point) : order.filter((i) => i < this.point).reverse();
    this.select(this.selected, rest[0] ?? (step > 0 ? order[0] : order[order.length - 1]));
  }

  // Changing

  /**
   * @param {string} what
   * @param {(person: Labelled) => Labelled} how
   */
  change(what, how) {
    const before = this.person;
    if (!before || this.readOnly) return;
    const after = how(before);
    if (!model.same(before, after)) this.apply(what, [{ id: before.id, before, after }]);
  }

  /**
   * Do it, and say so. @param {string} what @param {import("../annotate/model.js").Change[]} changes
   */
  apply(what, changes) {
    if (this.readOnly) return;
    let people = [...this.people];
    for (const { id, after } of changes) {
      const index = people.findIndex((person) => person.id === id);
      if (!after) people = people.filter((person) => person.id !== id);
      else if (index >= 0) people[index] = after;
      else people.push(after);
    }
    this.setPeople(people);
    this.dispatchEvent(new CustomEvent("edit", { detail: { what, changes } }));
  }

  /** @param {number} dx @param {number} dy image px */
  nudge(dx, dy) {
    const index = this.point;
    this.change("nudge", (person) => {
      const [x, y] = person.points[index] ?? [null, null];
      return x === null || y === null ? person : model.moved(person, index, x + dx, y + dy, this.size);
    });
  }

  /** Set v of the point that is meant, and go on to the next. @param {number} v */
  setVisibility(v) {
    const { person, point: index } = this;
    if (!person || index < 0 || this.readOnly) return;
    const inside = model.inside(person.points[index], this.size);
    if (v === model.OUTSIDE && inside && this.question?.index !== index) {
      this.question = { person: this.selected, index };
      this.dispatchEvent(new CustomEvent("question", { detail: { index } }));
      this.told();
      return;
    }
    this.question = null;
    const box = model.hull(person);
    const place = this.cursor ?? [(box?.x ?? 0) + (box?.width ?? this.size.width) / 2, (box?.y ?? 0) + (box?.height ?? this.size.height) / 2];
    const doubtful = this.doubtful();
    this.change(["outside", "occluded", "visible"][v], (who) => model.withVisibility(who, index, v, /** @type {[number, number]} */ (place)));
    this.advance(index, doubtful);
  }

  /** On to the next: of the doubtful ones, where the last one was, else in order. @param {number} from @param {number[]} doubtful */
  advance(from, doubtful) {
    const next = doubtful.includes(from) ? doubtful.find((i) => i > from) : from + 1;
    if (next !== undefined && next < (this.person?.points.length ?? 0)) this.select(this.selected, next);
    else this.told();
  }

  /** @param {keyof typeof model.REGIONS} region */
  swap(region) {
    this.change(`swap ${region}`, (person) => model.swapped(person, model.REGIONS[region], this.options.facts.partners));
  }

  // By hand

  /** Somebody is to be added: the next press begins a box around them, or points at them. */
  startBox() {
    if (this.readOnly) return;
    this.mode = "box";
    this.stage.host.classList.add("drawing");
    this.told();
  }

  cancel() {
    this.mode = "points";
    this.box = null;
    this.question = null;
    this.stage.host.classList.remove("drawing");
    this.stage.redraw(false);
  }

  /** A press on the stage: what it takes hold of. @param {Spot} spot @returns {import("./skeleton_canvas.js").Tool | null} */
  take(spot) {
    if (this.readOnly || this.hidden) return null;
    if (this.mode === "box") return this.boxTool(spot);
    const hit = this.stage.pointAt(spot);
    const who = hit?.person ?? this.stage.personAt(spot);
    if (spot.shift && who >= 0) return this.dragTool(who, -1, spot);
    return hit ? this.dragTool(hit.person, hit.index, spot) : null;
  }

  /** @param {Spot} from @returns {import("./skeleton_canvas.js").Tool} */
  boxTool(from) {
    return {
      drag: (spot) => {
        this.box = { x: Math.min(from.x, spot.x), y: Math.min(from.y, spot.y), width: Math.abs(spot.x - from.x), height: Math.abs(spot.y - from.y) };
        this.stage.redraw(false);
      },
      drop: () => {
        const box = this.box;
        const [x, y] = this.stage.toImage(box?.x ?? from.x, box?.y ?? from.y);
        const scale = this.stage.view.scale;
        this.cancel();
        const large = box && Math.min(box.width, box.height) > 10;
        const where = large ? { box: [x, y, box.width / scale, box.height / scale] } : { point: this.stage.toImage(from.x, from.y) };
        this.dispatchEvent(new CustomEvent("place", { detail: where }));
      },
    };
  }

  /**
   * A drag of one point, or (index −1) of the whole person. One change in the end.
   * @param {number} who @param {number} index @param {Spot} from
   * @returns {import("./skeleton_canvas.js").Tool}
   */
  dragTool(who, index, from) {
    const before = this.people[who];
    const grip = index >= 0 ? handleSpot(this, before.points[index]) : from;
    this.select(who, index >= 0 ? index : this.point);
    let after = before;
    return {
      drag: (spot) => {
        if (after === before && Math.hypot(spot.x - from.x, spot.y - from.y) < (spot.touch ? 4 : 1)) return;
        this.drag = { person: who, index, at: spot };
        const [x, y] = this.stage.toImage(grip.x + spot.x - from.x, grip.y + spot.y - from.y);
        if (index >= 0) after = model.moved(before, index, x, y, this.size);
        else after = model.shifted(before, (spot.x - from.x) / this.stage.view.scale, (spot.y - from.y) / this.stage.view.scale);
        this.people = this.people.map((person, i) => (i === who ? after : person));
        this.show();
        this.dispatchEvent(new Event("warn"));
      },
      drop: () => {
        this.drag = null;
        this.people = this.people.map((person, i) => (i === who ? before : person));
        if (model.same(before, after)) this.show();
        else this.apply(index >= 0 ? `move ${this.options.skeleton.names[index]}` : "move person", [{ id: before.id, before, after }]);
      },
    };
  }

  destroy() {
    this.stage.destroy();
  }
}

/** A person as the stage draws them. @param {Labelled} person @returns {import("../types.js").Person} */
function seen(person) {
  const rejected = person.status === "rejected" ? 0.3 : 1;
  return {
    score: 1,
    landmarks_px: person.points.map(([x, y, v]) => /** @type {any} */ (v > 0 ? [x, y, 0] : [null, null, null])),
    visibility: person.points.map(([, , v]) => rejected * (v === model.VISIBLE ? 1 : 0.45)),
    world: [], angles: {}, flags: [],
  };
}

/** @param {Labelled[]} people */
function largest(people) {
  const sizes = people.map((person) => (person.status === "rejected" ? -1 : model.extent(person)));
  return sizes.indexOf(Math.max(...sizes));
}
