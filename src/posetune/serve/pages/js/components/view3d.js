/**
 * A person's world landmarks in space, to be turned: by dragging, by the arrow keys, by `look`. Own drawing on a 2D canvas:
 * 33 points need no graphics library.
 */
import { palette } from "./canvases.js";
import { opacity } from "./skeleton_draw.js";
import { isRight, known, pointRegions, skeletonOf } from "./skeleton_facts.js";
import { listen } from "./gestures.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {[number, number, number]} Vector metres */

/** Yaw and pitch, radians, of the views that have a name. */
const VIEWS = { front: [0, 0.06], side: [-Math.PI / 2, 0.06], top: [0, Math.PI / 2 - 0.02], corner: [-0.6, 0.25] };
const CAMERA = 4; // times the radius of what is shown

export class View3D {
  /**
   * @param {HTMLElement} host with a size; can be focused
   * @param {{skeleton: Skeleton, onTurn?: () => void}} options
   */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    /** @type {Person | null} */
    this.person = null;
    this.yaw = VIEWS.corner[0];
    this.pitch = VIEWS.corner[1];
    this.zoom = 1;
    this.frame = 0;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    host.prepend(this.canvas);
    if (!host.hasAttribute("tabindex")) host.tabIndex = 0;
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(host);
    let last = { x: 0, y: 0 };
    this.stopListening = listen(host, {
      grab: (spot) => ((last = spot), true),
      drag: (spot) => {
        this.turn((spot.x - last.x) * 0.01, (spot.y - last.y) * 0.01);
        last = spot;
      },
      drop: () => {}, pan: () => {}, tap: () => {}, hover: () => {},
      zoom: (factor) => this.nearer(factor),
      twice: () => this.look("corner"),
      wheelZooms: () => false,
    });
    host.addEventListener("keydown", (event) => {
      /** @type {Record<string, [number, number]>} */
      const turns = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
      const turn = turns[event.key];
      if (turn) this.turn(...turn);
      else if (event.key === "+" || event.key === "=") this.nearer(1.2);
      else if (event.key === "-") this.nearer(1 / 1.2);
      else if (event.key === "0") this.look("corner");
      else return;
      event.preventDefault();
    });
  }

  /** @param {Person | null} person */
  setPerson(person) {
    this.person = person;
    this.redraw();
  }

  /** @param {keyof typeof VIEWS} view */
  look(view) {
    [this.yaw, this.pitch] = VIEWS[view];
    this.zoom = 1;
    this.redraw();
    this.options.onTurn?.();
  }

  /** @param {number} yaw @param {number} pitch radians */
  turn(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.min(Math.PI / 2, Math.max(-0.5, this.pitch + pitch));
    this.redraw();
    this.options.onTurn?.();
  }

  /** @param {number} factor */
  nearer(factor) {
    this.zoom = Math.min(4, Math.max(0.5, this.zoom * factor));
    this.redraw();
  }

  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const { clientWidth: width, clientHeight: height } = this.host;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineCap = "round";
    const points = this.person?.world ?? [];
    if (!this.person || !points.some(known)) return;
    const shown = points.filter(known);
    const middle = /** @type {Vector} */ ([0, 1, 2].map((k) => (Math.min(...shown.map((p) => p[k])) + Math.max(...shown.map((p) => p[k]))) / 2));
    const radius = Math.max(0.5, ...shown.map((p) => Math.hypot(p[0] - middle[0], p[1] - middle[1], p[2] - middle[2])));
    const project = this.projection(middle, radius, width, height);
    this.floor(context, project, Math.max(...shown.map((p) => p[1])) + 0.02, middle, radius);
    this.body(context, project, points);
  }

  /**
   * World → the host's px, and how far from the camera, in radii.
   * @param {Vector} middle
   * @param {number} radius
   * @param {number} width
   * @param {number} height
   * @returns {(point: ArrayLike<number>) => Vector}
   */
  projection(middle, radius, width, height) {
    const [sy, cy, sp, cp] = [Math.sin(this.yaw), Math.cos(this.yaw), Math.sin(this.pitch), Math.cos(this.pitch)];
    const size = (Math.min(width, height) / 2) * 0.86 * this.zoom;
    return (point) => {
      const [x, y, z] = [point[0] - middle[0], point[1] - middle[1], point[2] - middle[2]].map((v) => v / radius);
      const u = cy * x + sy * z;
      const depth = -sy * x + cy * z;
      const v = cp * y - sp * depth;
      const away = sp * y + cp * depth;
      const near = CAMERA / (CAMERA + away);
      return [width / 2 + u * near * size, height / 2 + v * near * size, away];
    };
  }

  /**
   * A grid of quarter metres under the lowest point.
   * @param {CanvasRenderingContext2D} context
   * @param {(point: ArrayLike<number>) => Vector} project
   * @param {number} y
   * @param {Vector} middle
   * @param {number} radius
   */
  floor(context, project, y, middle, radius) {
    const step = 0.25;
    const reach = Math.ceil((radius * 1.1) / step) * step;
    context.lineWidth = 1;
    for (let k = -reach; k <= reach + 1e-6; k += step) {
      context.strokeStyle = `rgb(255 255 255 / ${0.05 + 0.09 * (1 - Math.abs(k) / reach)})`;
      for (const ends of [[[k, -reach], [k, reach]], [[-reach, k], [reach, k]]]) {
        const [a, b] = ends.map(([x, z]) => project([middle[0] + x, y, middle[2] + z]));
        context.beginPath();
        context.moveTo(a[0], a[1]);
        context.lineTo(b[0], b[1]);
        context.stroke();
      }
    }
  }

  /**
   * Far things first, farther ones darker.
   * @param {CanvasRenderingContext2D} context
   * @param {(point: ArrayLike<number>) => Vector} project
   * @param {ArrayLike<number>[]} points
   */
  body(context, project, points) {
    const skeleton = this.person ? skeletonOf(this.person, this.options.skeleton) : this.options.skeleton;
    const regions = pointRegions(skeleton);
    const colours = palette(this.host);
    const at = points.map((point) => (known(point) ? project(point) : null));
    const flagged = new Set((this.person?.flags ?? []).map((flag) => skeleton.angles.find((a) => a.name === flag.joint)?.b));
    /** @type {{away: number, draw: () => void}[]} */
    const parts = [];
    for (const line of skeleton.connections) {
      const [a, b] = [at[line.a], at[line.b]];
      if (!a || !b) continue;
      const away = (a[2] + b[2]) / 2;
      parts.push({
        away,
        draw: () => {
          const seen = opacity(Math.min(this.person?.visibility[line.a] ?? 1, this.person?.visibility[line.b] ?? 1));
          context.globalAlpha = Math.max(0.3, seen * (1 - 0.28 * Math.max(0, away)));
          context.strokeStyle = colours[line.region];
          context.lineWidth = (line.region === "face" ? 1.6 : 3.6) * (CAMERA / (CAMERA + away));
          context.beginPath();
          context.moveTo(a[0], a[1]);
          context.lineTo(b[0], b[1]);
          context.stroke();
        },
      });
    }
    at.forEach((point, i) => {
      if (!point) return;
      parts.push({
        away: point[2] - 0.01,
        draw: () => {
          const size = (regions[i] === "face" ? 1.6 : 3.4) * (CAMERA / (CAMERA + point[2]));
          context.globalAlpha = Math.max(0.3, 1 - 0.28 * Math.max(0, point[2]));
          disc(context, point, size + 1, "#0d1015");
          disc(context, point, size, flagged.has(i) ? colours.flag : colours[regions[i]]);
          if (isRight(skeleton.names[i]) && regions[i] !== "face") disc(context, point, size * 0.45, "#0b0e13");
        },
      });
    });
    parts.sort((p, q) => q.away - p.away).forEach((part) => part.draw());
    context.globalAlpha = 1;
  }

  destroy() {
    this.stopListening();
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
  }
}

/** @param {CanvasRenderingContext2D} context @param {ArrayLike<number>} at @param {number} radius @param {string} colour */
function disc(context, at, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
  context.fill();
}
