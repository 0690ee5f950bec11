/**
 * The stage: a picture (still, frame of a video, webcam) with people drawn on it. Zoom, move, select, hover; two results
 * beside each other with a wipe; points that can be dragged, where asked for. Used by every page that shows a skeleton.
 *
 *     const stage = new SkeletonCanvas(element, { skeleton, flagText });
 *     stage.setPicture(bitmap, { width, height });   // anything that drawImage takes; sizes in image px
 *     stage.setPeople(prediction.people);            // as the API answers
 *     stage.addEventListener("select", (event) => event.detail.person);
 *
 * For a video: `stage.setFrame(video, size, people)` a frame. Everything is in image px of the upright picture.
 */
import { cleared, layer, note, palette, wipeLine } from "./canvases.js";
import { drawnPicture } from "./drawn_picture.js";
import { FlashGate } from "./flash.js";
import { listen } from "./gestures.js";
import { nearestPerson, nearestPoint } from "./hits.js";
import { tintedMask } from "./mask.js";
import { drawPeople, jointKey } from "./skeleton_draw.js";
import { known, skeletonOf } from "./skeleton_facts.js";
import { fitted, kept, zoomed } from "./viewport.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {import("./viewport.js").View} View */
/** @typedef {import("./viewport.js").Size} Size */
/** @typedef {CanvasImageSource} Picture */

/**
 * @typedef {object} StageOptions
 * @property {Skeleton} skeleton
 * @property {(flag: import("../types.js").Flag) => string} [flagText] the words at a joint beyond its range
 * @property {(name: string) => string} [pointName] the name of a landmark for people
 * @property {boolean} [wheelZooms] the plain wheel zooms (else with Ctrl or ⌘ only, and the page scrolls)
 * @property {(spot: import("./gestures.js").Spot) => Tool | null} [tool] what takes a press before everything else
 * @property {(person: number, index: number) => string} [pointNote] the words at the point under the cursor
 * @property {boolean} [editable] points can be dragged: events "pointdown", "pointmove", "pointup"
 * @property {boolean} [mirror] as in a mirror, for webcams; texts stay readable
 *
 * @typedef {object} Shown what the viewer switched on
 * @property {boolean} skeleton
 * @property {boolean} angles
 * @property {boolean} flags
 * @property {boolean} mask
 * @property {number} minVisibility points less visible are not drawn
 * @property {number} decimals of the angles: 0 where they change with every frame
 *
 * @typedef {{person: number, index: number}} PointRef
 * @typedef {{drag: (spot: import("./gestures.js").Spot) => void, drop: (spot: import("./gestures.js").Spot) => void}} Tool
 */

const REDRAW_MS = 50; // of the flash: 20 pictures a second are smooth, and cheap

export class SkeletonCanvas extends EventTarget {
  /**
   * @param {HTMLElement} host gets two canvases; give it a size by CSS. It can be focused: + − 0 and the arrows
   * @param {StageOptions} options
   */
  constructor(host, options) {
    super();
    this.host = host;
    this.options = options;
    /** @type {Shown} */
    this.shown = { skeleton: true, angles: true, flags: true, mask: false, minVisibility: 0.1, decimals: 1 };
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {Size} */
    this.size = { width: 0, height: 0 };
    /** @type {Person[]} */
    this.people = [];
    /** @type {Person[] | null} the other result, right of the wipe */
    this.others = null;
    this.wipe = 0.5;
    this.selected = -1;
    /** @type {View} */
    this.view = { scale: 1, x: 0, y: 0 };
    /** @type {import("./skeleton_draw.js").Drawn} what stands on screen, CSS px */
    this.drawn = { labels: [], points: [], rings: [], lines: [] };
    /** @type {PointRef | null} */
    this.hovered = null;
    /** @type {PointRef | null} */
    this.dragged = null;
    /** @type {Tool | null} */
    this.tool = null;
    this.gates = [new FlashGate(), new FlashGate()];
    /** @type {Map<string, number>[]} */
    this.choices = [new Map(), new Map()];
    /** @type {Map<string, import("../types.js").Flag>} the last words at each flagged joint, which stand as long as its ring */
    this.flags = new Map();
    /** @type {Map<string, HTMLCanvasElement>} */
    this.masks = new Map();
    this.dirty = { picture: true, overlay: true };
    this.frame = 0;
    this.timer = 0;
    this.stillFitted = true;

    this.below = layer(host, "stage-picture");
    this.above = layer(host, "stage-overlay");
    host.classList.add("stage");
    if (!host.hasAttribute("tabindex")) host.tabIndex = 0;
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.motion.addEventListener("change", () => this.redraw());
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.stopListening = listen(host, {
      grab: (spot) => this.grab(spot),
      drag: (spot) => this.drag(spot),
      drop: (spot) => this.drop(spot),
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, at) => this.zoom(factor, at),
      tap: (spot) => this.tap(spot),
      twice: (spot) => (this.isFitted() ? this.zoom(2.5, spot) : this.fit()),
      hover: (spot) => this.hover(spot),
      wheelZooms: () => !!options.wheelZooms,
    });
    host.addEventListener("keydown", (event) => this.key(event));
    this.resize();
  }

  // What is shown

  /**
   * Another picture; the view goes back to the whole of it.
   * @param {Picture | null} picture
   * @param {Size} size image px
   */
  setPicture(picture, size) {
    const changed = size.width !== this.size.width || size.height !== this.size.height || !this.picture;
    this.picture = picture;
    this.size = size;
    this.masks.clear();
    this.gates.forEach((gate) => gate.clear());
    this.choices.forEach((choice) => choice.clear());
    this.host.style.setProperty("--aspect", size.width ? `${size.width} / ${size.height}` : "4 / 3");
    if (changed) this.fit();
    this.redraw();
  }

  /**
   * The people of a still picture, as the API answers. Flags flash from now on.
   * @param {Person[]} people
   */
  setPeople(people) {
    this.people = people;
    this.gates[0].clear(); // the same place in the list may be somebody else
    this.choices[0].clear();
    if (this.selected >= people.length) this.selected = -1;
    if (this.shown.mask) void this.loadMasks();
    this.redraw(false);
  }

  /**
   * One frame of a video or camera with its people: no reset of the view, flags keep their rhythm.
   * @param {Picture} picture
   * @param {Size} size
   * @param {Person[]} people
   */
  setFrame(picture, size, people) {
    const changed = size.width !== this.size.width || size.height !== this.size.height;
    this.picture = picture;
    this.size = size;
    this.people = people;
    if (changed) {
      this.host.style.setProperty("--aspect", `${size.width} / ${size.height}`);
      this.fit();
    }
    this.redraw();
  }

  /**
   * Another network's people, drawn right of the wipe; null: none.
   * @param {Person[] | null} people
   */
  setOthers(people) {
    this.others = people;
    this.redraw(false);
  }

  /** Where the wipe stands, 0…1 of the picture's width. @param {number} fraction */
  setWipe(fraction) {
    this.wipe = Math.min(1, Math.max(0, fraction));
    this.redraw(false);
  }

  /** @param {Partial<Shown>} shown */
  show(shown) {
    Object.assign(this.shown, shown);
    if (this.shown.mask) void this.loadMasks();
    this.redraw(false);
  }

  /** @param {number} person -1: nobody */
  select(person) {
    if (person === this.selected) return;
    this.selected = person;
    this.redraw(false);
    this.dispatchEvent(new CustomEvent("select", { detail: { person } }));
  }

  // The view

  fit() {
    this.stillFitted = true;
    if (this.size.width && this.host.clientWidth) this.setView(fitted(this.size, this.room()));
  }

  isFitted() {
    return Math.abs(this.view.scale / fitted(this.size, this.room()).scale - 1) < 0.01;
  }

  /**
   * @param {number} factor
   * @param {{x: number, y: number}} [at] CSS px; the middle
   */
  zoom(factor, at) {
    if (!this.size.width) return;
    const room = this.room();
    this.setView(zoomed(this.view, factor, at ?? { x: room.width / 2, y: room.height / 2 }, this.size, room));
    this.stillFitted = this.isFitted();
    this.host.classList.toggle("zoomed", !this.stillFitted);
  }

  /** @param {number} dx @param {number} dy CSS px */
  pan(dx, dy) {
    if (!this.size.width) return;
    this.setView(kept({ ...this.view, x: this.view.x + dx, y: this.view.y + dy }, this.size, this.room()));
  }

  /** @param {View} view */
  setView(view) {
    this.view = view;
    if (this.stillFitted) this.host.classList.remove("zoomed");
    this.redraw();
    this.dispatchEvent(new Event("view"));
  }

  /** Image px → CSS px in the host. @param {number} x @param {number} y @returns {[number, number]} */
  toScreen(x, y) {
    const u = this.options.mirror ? this.size.width - x : x;
    return [this.view.x + u * this.view.scale, this.view.y + y * this.view.scale];
  }

  /** CSS px in the host → image px. @param {number} x @param {number} y @returns {[number, number]} */
  toImage(x, y) {
    const u = (x - this.view.x) / this.view.scale;
    return [this.options.mirror ? this.size.width - u : u, (y - this.view.y) / this.view.scale];
  }

  room() {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  resize() {
    const { width, height } = this.room();
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.below, this.above]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    if (!this.size.width || !width) return;
    if (this.stillFitted) this.fit();
    else this.setView(kept(this.view, this.size, this.room()));
    this.draw(); // at once: a canvas whose size was set is empty, and would blink
  }

  // Events

  /** The point nearest to a spot, within reach. @param {import("./gestures.js").Spot} spot */
  pointAt(spot) {
    return nearestPoint(this.drawn, spot, this.selected);
  }

  /** The person whose lines are nearest to a spot; -1: nobody. @param {{x: number, y: number}} spot */
  personAt(spot) {
    return nearestPerson(this.drawn, spot);
  }

  /** @param {import("./gestures.js").Spot} spot */
  grab(spot) {
    this.tool = this.options.tool?.(spot) ?? null;
    if (this.tool) return true;
    if (!this.options.editable) return false;
    this.dragged = this.pointAt(spot);
    if (this.dragged) this.tell("pointdown", this.dragged, spot);
    return !!this.dragged;
  }

  /** One drag moves one point, and nothing else. @param {import("./gestures.js").Spot} spot */
  drag(spot) {
    this.tool?.drag(spot);
    if (!this.dragged) return;
    const point = this.people[this.dragged.person].landmarks_px[this.dragged.index];
    [point[0], point[1]] = this.toImage(spot.x, spot.y);
    this.redraw(false);
    this.tell("pointmove", this.dragged, spot);
  }

  /** @param {import("./gestures.js").Spot} spot */
  drop(spot) {
    this.tool?.drop(spot);
    this.tool = null;
    const dragged = this.dragged;
    this.dragged = null;
    if (dragged) this.tell("pointup", dragged, { x: 0, y: 0 });
  }

  /**
   * @param {string} type
   * @param {PointRef} ref
   * @param {{x: number, y: number}} spot
   */
  tell(type, ref, spot) {
    const [x, y] = this.people[ref.person].landmarks_px[ref.index];
    this.dispatchEvent(new CustomEvent(type, { detail: { ...ref, x, y, spot } }));
  }

  /** @param {{x: number, y: number}} spot */
  tap(spot) {
    const person = this.personAt(spot);
    if (person >= 0) this.select(person);
  }

  /** @param {{x: number, y: number} | null} spot */
  hover(spot) {
    const hovered = spot && this.pointAt(spot);
    if (hovered?.person === this.hovered?.person && hovered?.index === this.hovered?.index) return;
    this.hovered = hovered;
    this.host.classList.toggle("over-point", !!hovered && !!this.options.editable);
    this.redraw(false);
    this.dispatchEvent(new CustomEvent("hover", { detail: hovered }));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.host || !this.size.width) return;
    const step = event.shiftKey ? 160 : 40;
    /** @type {Record<string, () => void>} */
    const does = {
      "+": () => this.zoom(1.3), "=": () => this.zoom(1.3), "-": () => this.zoom(1 / 1.3), "0": () => this.fit(),
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
    };
    const act = does[event.key];
    if (!act || (event.key.startsWith("Arrow") && this.stillFitted)) return;
    event.preventDefault();
    act();
  }

  // Drawing

  /** Draw with the next frame of the screen. @param {boolean} [picture] the picture as well */
  redraw(picture = true) {
    this.dirty.overlay = true;
    this.dirty.picture ||= picture;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Draw now. */
  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.dirty.picture) this.drawPicture();
    this.drawOverlay();
    this.dirty = { picture: false, overlay: false };
    clearTimeout(this.timer);
    const flashes = this.gates.some((gate) => gate.busy) && !this.motion.matches && !document.hidden;
    if (flashes) this.timer = window.setTimeout(() => this.redraw(false), REDRAW_MS);
    else if (document.hidden) document.addEventListener("visibilitychange", () => this.redraw(), { once: true });
  }

  drawPicture() {
    const context = cleared(this.below);
    if (!this.picture || !this.size.width) return;
    const { scale, x, y } = this.view;
    context.imageSmoothingEnabled = scale < 6;
    context.imageSmoothingQuality = "high";
    if (this.options.mirror) {
      context.translate(2 * x + this.size.width * scale, 0);
      context.scale(-1, 1);
    }
    context.drawImage(this.picture, x, y, this.size.width * scale, this.size.height * scale);
  }

  drawOverlay() {
    const context = cleared(this.above);
    if (!this.size.width) {
      this.drawn = { labels: [], points: [], rings: [], lines: [] };
      return;
    }
    if (this.shown.mask) this.drawMasks(context);
    if (!this.others) {
      this.drawn = this.drawLayer(context, this.people, 0);
    } else {
      const line = this.view.x + this.wipe * this.size.width * this.view.scale;
      const { width, height } = this.room();
      this.drawn = this.clipped(context, 0, line, height, () => this.drawLayer(context, this.people, 0));
      this.clipped(context, line, width - line, height, () => this.drawLayer(context, this.others ?? [], 1));
      wipeLine(context, line, height);
    }
    this.dispatchEvent(new CustomEvent("drawn", { detail: { context } }));
    if (this.hovered && !this.dragged && !this.tool) this.drawName(context, this.hovered);
  }

  /**
   * @template T
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} width
   * @param {number} height
   * @param {() => T} draw
   */
  clipped(context, x, width, height, draw) {
    context.save();
    context.beginPath();
    context.rect(x, 0, width, height);
    context.clip();
    const result = draw();
    context.restore();
    return result;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Person[]} people
   * @param {number} which 0, or 1 for the other network's
   */
  drawLayer(context, people, which) {
    const flagged = people.flatMap((person, i) => (person.flags ?? []).map((flag) => {
      const key = jointKey(person, i, flag.joint);
      this.flags.set(key, flag);
      return key;
    }));
    return drawPeople(context, {
      people,
      words: this.flags,
      skeleton: this.options.skeleton,
      toScreen: (x, y) => this.toScreen(x, y),
      scale: this.view.scale,
      unit: 1,
      bounds: { x: 0, y: 0, ...this.room() },
      palette: palette(this.host),
      options: this.drawOptions(),
      selected: this.selected,
      flashing: this.shown.flags ? this.gates[which].update(flagged, performance.now()) : new Map(),
      reduced: this.motion.matches,
      choices: this.choices[which],
    });
  }

  /** The name of the point under the cursor. @param {CanvasRenderingContext2D} context @param {PointRef} ref */
  drawName(context, ref) {
    const person = this.people[ref.person];
    const drawn = this.drawn.points.find((point) => point.person === ref.person && point.index === ref.index);
    if (!person || !drawn) return;
    const name = skeletonOf(person, this.options.skeleton).names[ref.index];
    const text = this.options.pointNote?.(ref.person, ref.index) ?? `${this.options.pointName?.(name) ?? name} · ${Math.round(100 * (person.visibility[ref.index] ?? 1))} %`;
    note(context, text, [drawn.x, drawn.y], palette(this.host).font, this.host.clientWidth);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawMasks(context) {
    context.save();
    context.globalAlpha = 0.45;
    const { scale, x, y } = this.view;
    for (const person of this.people) {
      const mask = person.mask && this.masks.get(person.mask);
      if (mask) context.drawImage(mask, x, y, this.size.width * scale, this.size.height * scale);
    }
    context.restore();
  }

  async loadMasks() {
    const missing = this.people.flatMap((person) => (person.mask && !this.masks.has(person.mask) ? [person.mask] : []));
    for (const mask of missing) this.masks.set(mask, await tintedMask(mask, [61, 214, 208]));
    if (missing.length) this.redraw(false);
  }

  /**
   * The picture with what is shown on it, in its own resolution.
   * @returns {Promise<Blob>} PNG
   */
  drawnPicture() {
    if (!this.picture) throw new Error("There is no picture.");
    const masks = this.people.map((person) => (this.shown.mask && person.mask ? this.masks.get(person.mask) : undefined));
    return drawnPicture(this.picture, this.size, this.people, masks, {
      skeleton: this.options.skeleton, palette: palette(this.host), options: this.drawOptions(),
    });
  }

  drawOptions() {
    return { ...this.shown, flagText: this.options.flagText ?? (() => "") };
  }

  /** Leave the host as it was. */
  destroy() {
    this.stopListening();
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.below.remove();
    this.above.remove();
  }
}
