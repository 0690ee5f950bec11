/**
 * What an editor draws over the skeleton: handles of the points that are hidden or outside, the point that is meant, warnings, a
 * magnifier, the box of somebody new, and somebody else's labels.
 */
import { OCCLUDED, OUTSIDE, inside, placed } from "../annotate/model.js";
import { note, palette } from "./canvases.js";

/** @typedef {import("./point_editor.js").PointEditor} PointEditor */
/** @typedef {import("../annotate/model.js").Point} Point */

/** Of the stage that a handle keeps from its border, CSS px. */
const EDGE = 10;
const LENS = 74;
/** How much larger the magnifier shows things than the stage does, and at most how many CSS px a pixel gets, unless the stage has more. */
const ZOOM = 2.4;
const LARGEST = 7;
/** Somebody with fewer points has a box around them. */
const FEW = 5;

/**
 * Where a point's handle stands, CSS px: on the point, or as near to it as the stage allows, so that it can be taken hold of.
 * @param {PointEditor} editor
 * @param {Point} point
 */
export function handleSpot(editor, point) {
  const { stage } = editor;
  const { width, height } = stage.room();
  const [left, top] = stage.toScreen(0, 0);
  const [right, bottom] = stage.toScreen(stage.size.width, stage.size.height);
  const [x, y] = stage.toScreen(Number(point[0]), Number(point[1]));
  // Points outside the picture are shown on its border, as far as that is in view.
  const clamp = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) => Math.min(Math.max(value, low), Math.max(low, high));
  if (inside(point, stage.size)) return { x, y, clamped: false };
  return {
    x: clamp(x, Math.max(left, EDGE), Math.min(right, width - EDGE)),
    y: clamp(y, Math.max(top, EDGE), Math.min(bottom, height - EDGE)),
    clamped: true,
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PointEditor} editor
 */
export function drawHandles(context, editor) {
  const { stage, people, selected } = editor;
  context.save();
  drawOthers(context, editor);
  people.forEach((person, who) => {
    if (who !== selected && person.status === "rejected") return;
    person.points.forEach((point, index) => {
      if (!placed(point)) return;
      const spot = handleSpot(editor, point);
      if (point[2] === OCCLUDED && !spot.clamped) ring(context, spot, 5, [2, 2]);
      if (point[2] !== OUTSIDE && !spot.clamped) return;
      if (who !== selected) return;
      cross(context, spot);
      stage.drawn.points = stage.drawn.points.filter((p) => p.person !== who || p.index !== index);
      stage.drawn.points.push({ person: who, index, ...spot, alpha: 1 });
    });
  });
  people.forEach((person, who) => drawWho(context, editor, person, who === selected));
  drawWarnings(context, editor);
  drawMeant(context, editor);
  if (editor.box) dashed(context, editor.box);
  context.restore();
}

/**
 * The box of somebody of whom next to nothing is labelled: it says who is meant.
 * @param {CanvasRenderingContext2D} context @param {PointEditor} editor @param {import("../annotate/model.js").Labelled} person @param {boolean} selected
 */
function drawWho(context, editor, person, selected) {
  if (!person.box || person.status === "rejected" || person.points.filter(placed).length >= FEW) return;
  const [left, top] = editor.stage.toScreen(person.box[0], person.box[1]);
  const [right, bottom] = editor.stage.toScreen(person.box[0] + person.box[2], person.box[1] + person.box[3]);
  context.globalAlpha = selected ? 1 : 0.5;
  dashed(context, { x: left, y: top, width: right - left, height: bottom - top });
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, width: number, height: number}} box CSS px */
function dashed(context, { x, y, width, height }) {
  for (const [color, offset] of /** @type {const} */ ([["#000000", 5], ["#ffffff", 0]])) {
    context.setLineDash([6, 4]);
    context.lineDashOffset = offset;
    context.lineWidth = 1.5;
    context.strokeStyle = color;
    context.strokeRect(x, y, width, height);
  }
  context.lineDashOffset = 0;
  context.setLineDash([]);
}

/** The point that keys are meant for. @param {CanvasRenderingContext2D} context @param {PointEditor} editor */
function drawMeant(context, editor) {
  const point = editor.person?.points[editor.point];
  if (!point || !placed(point)) return;
  const spot = handleSpot(editor, point);
  ring(context, spot, 9, [], 2);
}

/** @param {CanvasRenderingContext2D} context @param {PointEditor} editor */
function drawWarnings(context, editor) {
  const person = editor.person;
  if (!person) return;
  const warnings = editor.warnings();
  for (const index of editor.doubtful()) {
    if (!placed(person.points[index]) || editor.drag) continue;
    ring(context, handleSpot(editor, person.points[index]), 7, [], 1.5, palette(editor.stage.host).trunk);
  }
  const drag = editor.drag;
  if (!drag || drag.index < 0) return;
  const mine = warnings.filter((warning) => warning.points.includes(drag.index));
  const point = person.points[drag.index];
  const out = point[2] === OUTSIDE && !inside(point, editor.size);
  const words = out ? editor.options.warning({ kind: "outside", points: [drag.index], values: {} }) : mine.map(editor.options.warning)[0];
  if (!words) return;
  const spot = handleSpot(editor, point);
  ring(context, spot, 13, [], 2.5, palette(editor.stage.host).flag);
  note(context, words, [spot.x, spot.y], palette(editor.stage.host).font, editor.stage.host.clientWidth);
}

/** Somebody else's points, thin and white, with lines to where ours are. @param {CanvasRenderingContext2D} context @param {PointEditor} editor */
function drawOthers(context, editor) {
  const { stage } = editor;
  context.lineWidth = 1.25;
  context.strokeStyle = "#ffffff";
  for (const person of editor.others) {
    context.setLineDash([4, 3]);
    for (const line of editor.options.skeleton.connections) {
      const [p, q] = [person.points[line.a], person.points[line.b]];
      if (p[2] === 0 || q[2] === 0) continue;
      context.beginPath();
      context.moveTo(...stage.toScreen(Number(p[0]), Number(p[1])));
      context.lineTo(...stage.toScreen(Number(q[0]), Number(q[1])));
      context.stroke();
    }
    context.setLineDash([]);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number}} spot
 * @param {number} radius
 * @param {number[]} dash
 * @param {number} [width]
 * @param {string} [colour]
 */
function ring(context, spot, radius, dash, width = 1.5, colour = "#ffffff") {
  for (const [stroke, thick] of /** @type {[string, number][]} */ ([["rgb(8 11 16 / 0.8)", width + 2], [colour, width]])) {
    context.setLineDash(dash);
    context.lineWidth = thick;
    context.strokeStyle = stroke;
    context.beginPath();
    context.arc(spot.x, spot.y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

/** A point that is outside. @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} spot */
function cross(context, { x, y }) {
  for (const [stroke, thick] of /** @type {[string, number][]} */ ([["rgb(8 11 16 / 0.8)", 4.5], ["#ffffff", 2]])) {
    context.lineWidth = thick;
    context.strokeStyle = stroke;
    context.beginPath();
    context.moveTo(x - 5, y - 5);
    context.lineTo(x + 5, y + 5);
    context.moveTo(x + 5, y - 5);
    context.lineTo(x - 5, y + 5);
    context.stroke();
  }
}

/**
 * What lies under the point that is being dragged, larger, in the corner that is farther away.
 * @param {CanvasRenderingContext2D} context
 * @param {PointEditor} editor
 */
export function drawMagnifier(context, editor) {
  const { stage, drag, person } = editor;
  const point = drag && person?.points[drag.index];
  if (!drag || !point || !placed(point) || !stage.picture) return;
  const { width } = stage.room();
  const [px] = stage.toScreen(Number(point[0]), Number(point[1]));
  const centre = { x: px < width / 2 ? width - LENS - 12 : LENS + 12, y: LENS + 12 };
  const scale = Math.max(Math.min(ZOOM * stage.view.scale, LARGEST), 1.4 * stage.view.scale);
  context.save();
  context.beginPath();
  context.arc(centre.x, centre.y, LENS, 0, 2 * Math.PI);
  context.fillStyle = "#0b0e13";
  context.fill();
  context.clip();
  context.imageSmoothingEnabled = scale < 8;
  context.drawImage(stage.picture, centre.x - Number(point[0]) * scale, centre.y - Number(point[1]) * scale, stage.size.width * scale, stage.size.height * scale);
  context.restore();
  context.save();
  ring(context, centre, LENS, [], 2);
  context.globalCompositeOperation = "difference";
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(centre.x - 16, centre.y);
  context.lineTo(centre.x - 3, centre.y);
  context.moveTo(centre.x + 3, centre.y);
  context.lineTo(centre.x + 16, centre.y);
  context.moveTo(centre.x, centre.y - 16);
  context.lineTo(centre.x, centre.y - 3);
  context.moveTo(centre.x, centre.y + 3);
  context.lineTo(centre.x, centre.y + 16);
  context.stroke();
  context.restore();
}
