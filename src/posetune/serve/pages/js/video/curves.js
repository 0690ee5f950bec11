/**
 * Curves of angles over a video, with the cursor of the frame that is shown. A press or drag on them goes to that time.
 *
 * Events: "seek" (detail: seconds).
 */
import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { number } from "../i18n.js";

/**
 * @typedef {object} Curve
 * @property {string} key
 * @property {string} label
 * @property {string} colour
 * @property {boolean} dashed
 * @property {(number | null)[]} values degrees, a frame each
 * @property {boolean[]} [beyond] frames in which it is beyond its range: drawn red
 * @typedef {{from: number, to: number, kind: string, label: string}} Band seconds; `kind` becomes a class
 * @typedef {{range: [number, number], write: (value: number) => string, splits?: number[], lines?: {at: number, label: string}[], zones?: {from: number, to: number, colour: string}[], between?: string}} Scale of the values;
 *   `lines` lie across the plot; `zones` are coloured behind it; `between`: the colour of what lies between the first two curves
 */

/** @type {Scale} */
const DEGREES = { range: [0, 180], write: (value) => `${value}°`, splits: [0, 45, 90, 135, 180] };

export class Curves extends EventTarget {
  /**
   * @param {HTMLElement} host
   * @param {ArrayLike<number>} times seconds, of the frames
   * @param {number} end seconds, of the last frame
   * @param {Scale} [scale]
   */
  constructor(host, times, end, scale = DEGREES) {
    super();
    this.scale = scale;
    /** @type {Band[]} */
    this.bands = [];
    /** @type {HTMLElement[]} */
    this.bandElements = [];
    this.host = host;
    this.times = Array.from(times);
    this.end = end;
    /** @type {Curve[]} */
    this.curves = [];
    /** @type {any} */
    this.plot = null;
    this.time = 0;
    /** @type {{from: number, to: number} | null} seconds */
    this.stretch = null;
    this.cursor = document.createElement("div");
    this.cursor.className = "curve-cursor";
    this.band = document.createElement("div");
    this.band.className = "curve-band";
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.stop = new AbortController();
    window.addEventListener("posetune:language", () => this.again(), { signal: this.stop.signal });
  }

  /** @param {Curve[]} curves */
  show(curves) {
    const same = this.plot && curves.length === this.curves.length && curves.every((c, i) => c.key === this.curves[i].key && c.label === this.curves[i].label && c.colour === this.curves[i].colour);
    this.curves = curves;
    const data = [this.times, ...curves.map((curve) => curve.values)];
    if (same) {
      this.plot.setData(data, false);
      this.plot.redraw();
      return;
    }
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), data, this.host);
    this.plot.over.append(...this.bandElements, this.band, this.cursor);
    this.listen(this.plot.over);
    this.place();
  }

  /** Draw everything anew: colours and words of axes have changed. */
  again() {
    this.plot?.destroy();
    this.plot = null;
    this.show(this.curves);
  }

  options() {
    const style = getComputedStyle(this.host);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--muted"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.room(),
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [this.times[0] ?? 0, this.end] }, y: { range: this.scale.range } },
      axes: [
        { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ all) => all.map((s) => `${number(s, all.length > 1 && all[1] - all[0] < 1 ? 1 : 0)} s`), space: 70, size: 30 },
        { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ all) => all.map(this.scale.write), splits: this.scale.splits, space: 28, size: 46 },
      ],
      series: [
        {},
        ...this.curves.map((curve) => ({
          label: curve.label, stroke: curve.colour, width: 1.75, dash: curve.dashed ? [6, 4] : undefined, spanGaps: false, points: { show: false },
          paths: this.scale.between ? uPlot.paths.stepped({ align: 1 }) : undefined,
        })),
      ],
      bands: this.scale.between ? [{ series: [2, 1], fill: `color-mix(in srgb, ${this.scale.between} 35%, transparent)` }] : [],
      hooks: { drawClear: [(/** @type {any} */ plot) => this.drawZones(plot)], draw: [(/** @type {any} */ plot) => this.drawBeyond(plot, colour("--flag")), (/** @type {any} */ plot) => this.drawLines(plot, colour("--muted"), style.fontFamily)] },
    };
  }

  /** The stretches beyond the range, thick and red over the curve. @param {any} plot @param {string} red */
  drawBeyond(plot, red) {
    const { ctx } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    ctx.strokeStyle = red;
    ctx.fillStyle = red;
    ctx.lineWidth = 3.5 * devicePixelRatio;
    ctx.lineCap = "round";
    for (const { values, beyond } of this.curves) {
      if (!beyond) continue;
      ctx.beginPath();
      let drawing = false;
      beyond.forEach((red, i) => {
        const value = values[i];
        if (!red || value === null) {
          drawing = false;
          return;
        }
        const x = plot.valToPos(this.times[i], "x", true);
        const y = plot.valToPos(value, "y", true);
        if (drawing) ctx.lineTo(x, y);
        else ctx.moveTo(x, y), ctx.lineTo(x + 0.1, y);
        drawing = true;
      });
      ctx.stroke();
    }
    ctx.restore();
  }

  /** What the values mean, behind them. @param {any} plot */
  drawZones(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.globalAlpha = 0.13;
    for (const { from, to, colour } of this.scale.zones ?? []) {
      const [low, high] = [plot.valToPos(from, "y", true), plot.valToPos(to, "y", true)];
      ctx.fillStyle = colour;
      ctx.fillRect(bbox.left, high, bbox.width, low - high - devicePixelRatio);
    }
    ctx.restore();
  }

  /** The lines across, each with its words. @param {any} plot @param {string} colour @param {string} font */
  drawLines(plot, colour, font) {
    const { ctx, bbox } = plot;
    ctx.save();
    Object.assign(ctx, { strokeStyle: colour, fillStyle: colour, lineWidth: devicePixelRatio, font: `${11 * devicePixelRatio}px ${font}`, textAlign: "right", textBaseline: "bottom" });
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const { at, label } of this.scale.lines ?? []) {
      const y = plot.valToPos(at, "y", true);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      const lowest = (this.scale.lines ?? []).every((other) => other.at >= at);
      ctx.textBaseline = lowest ? "top" : "bottom"; // two lines may be close to one another
      ctx.fillText(label, bbox.left + bbox.width - 4 * devicePixelRatio, y + (lowest ? 3 : -2) * devicePixelRatio);
    }
    ctx.restore();
  }

  /** Stretches of time that stand out, behind the cursor. @param {Band[]} bands */
  setBands(bands) {
    if (JSON.stringify(bands) === JSON.stringify(this.bands)) return;
    this.bandElements.forEach((element) => element.remove());
    this.bands = bands;
    this.bandElements = bands.map(({ kind, label }) => {
      const element = document.createElement("div");
      element.className = `repetition-band ${kind}`;
      element.textContent = label;
      return element;
    });
    this.plot?.over.prepend(...this.bandElements);
    this.place();
  }

  /** @param {HTMLElement} over */
  listen(over) {
    over.tabIndex = -1;
    const seek = (/** @type {PointerEvent} */ event) => {
      const x = event.clientX - over.getBoundingClientRect().left;
      this.dispatchEvent(new CustomEvent("seek", { detail: this.plot.posToVal(x, "x") }));
    };
    over.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      over.setPointerCapture(event.pointerId);
      seek(event);
    });
    over.addEventListener("pointermove", (event) => {
      if (over.hasPointerCapture(event.pointerId)) seek(event);
    });
  }

  /** @param {number} seconds the frame that is shown */
  setTime(seconds) {
    this.time = seconds;
    this.place();
  }

  /** What is looped. @param {{from: number, to: number} | null} stretch seconds */
  setStretch(stretch) {
    this.stretch = stretch;
    this.place();
  }

  place() {
    if (!this.plot) return;
    const at = (/** @type {number} */ seconds) => this.plot.valToPos(seconds, "x");
    this.cursor.style.transform = `translateX(${at(this.time)}px)`;
    this.bands.forEach(({ from, to }, i) => {
      this.bandElements[i].style.left = `${at(from)}px`;
      this.bandElements[i].style.width = `${Math.max(2, at(to) - at(from))}px`;
    });
    this.band.hidden = !this.stretch;
    if (!this.stretch) return;
    this.band.style.left = `${at(this.stretch.from)}px`;
    this.band.style.width = `${at(this.stretch.to) - at(this.stretch.from)}px`;
  }

  room() {
    return { width: Math.max(this.host.clientWidth, 200), height: Math.max(this.host.clientHeight, 120) };
  }

  resize() {
    if (!this.plot) return;
    this.plot.setSize(this.room());
    this.place();
  }

  destroy() {
    this.stop.abort();
    this.observer.disconnect();
    this.plot?.destroy();
  }
}
