/**
 * Drawing people onto any 2D context: the stage on screen, and the picture that is downloaded. No state, no events.
 */
import { flashLevel } from "./flash.js";
import { placeLabels } from "./labels.js";
import { isRight, known, personBox, pointRegions, skeletonOf } from "./skeleton_facts.js";

/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Flag} Flag */
/** @typedef {import("../types.js").Region} Region */

/**
 * @typedef {Record<Region | "flag" | "casing", string> & {font: string}} Palette
 * @typedef {object} DrawOptions
 * @property {boolean} skeleton
 * @property {boolean} angles
 * @property {boolean} flags joints beyond their range in red
 * @property {number} minVisibility points less visible are not drawn, 0…1
 * @property {number} decimals of the angles
 * @property {(flag: Flag) => string} flagText the words at a flagged joint
 * @typedef {object} Scene
 * @property {Person[]} people
 * @property {Skeleton} skeleton
 * @property {(x: number, y: number) => [number, number]} toScreen image px → the context's px
 * @property {number} scale the context's px in one image px
 * @property {number} unit the context's px in one px of the design
 * @property {{x: number, y: number, width: number, height: number}} bounds
 * @property {Palette} palette
 * @property {DrawOptions} options
 * @property {number} selected whose labels come first; -1: nobody's
 * @property {Map<string, number>} flashing "person/joint" → ms since it is flagged
 * @property {boolean} reduced
 * @property {Map<string, Flag>} [words] "person/joint" → what was last said of a joint that still flashes
 * @property {Map<string, number>} [choices] where the labels stood in the last frame; updated
 * @typedef {{person: number, joint: string, value: number, text: string, flagged: boolean, x: number, y: number, width: number, height: number, at: [number, number]}} DrawnLabel
 * @typedef {{labels: DrawnLabel[], points: {person: number, index: number, x: number, y: number, alpha: number}[], rings: {person: number, joint: string, x: number, y: number, r: number, level: number}[], lines: {person: number, a: number, b: number, colour: string}[]}} Drawn
 */

/** @typedef {import("./labels.js").LabelRequest & {person: number, name: string, value: number, text: string, flagged: boolean, arc: number[]}} Wanted */

/** People smaller than this on screen, in px of the design, get angles only where they are selected or flagged. */
const SMALL_PERSON = 170;

/** How opaque a point of a visibility is drawn. @param {number} visibility */
export function opacity(visibility) {
  return 0.18 + 0.82 * Math.min(1, Math.max(0, visibility));
}

/** The key of a person's joint; follows the person's id through a video. @param {Person} person @param {number} index @param {string} joint */
export function jointKey(person, index, joint) {
  return `${person.id ?? `#${index}`}/${joint}`;
}

/** How thick lines are for a person, px of the design. @param {Scene} scene @param {Person} person */
function thickness(scene, person) {
  const box = personBox(person);
  const side = (Math.max(box.width, box.height) * scene.scale) / scene.unit;
  return Math.min(5, Math.max(1.5, side / 95));
}

/** Of the ring around a flagged joint. @param {Scene} scene @param {Person} person */
function ringRadius(scene, person) {
  return (8 + 2.2 * thickness(scene, person)) * scene.unit;
}

/**
 * Draw everybody. Returns what stands where, for hit tests, for people who cannot see it, and for tests.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @returns {Drawn}
 */
export function drawPeople(context, scene) {
  /** @type {Drawn} */
  const drawn = { labels: [], points: [], rings: [], lines: [] };
  context.save();
  context.lineCap = "round";
  context.lineJoin = "round";
  if (scene.options.skeleton) {
    scene.people.forEach((person, i) => drawSkeleton(context, scene, person, i, drawn));
  }
  if (scene.options.flags) scene.people.forEach((person, i) => drawFlags(context, scene, person, i, drawn));
  if (scene.options.angles || scene.options.flags) drawLabels(context, scene, drawn);
  if (scene.people.length > 1) scene.people.forEach((person, i) => drawNumber(context, scene, person, i));
  context.restore();
  return drawn;
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Person} person
 * @param {number} who
 * @param {Drawn} drawn
 */
function drawSkeleton(context, scene, person, who, drawn) {
  const { palette, options, unit } = scene;
  const skeleton = skeletonOf(person, scene.skeleton);
  const regions = pointRegions(skeleton);
  const width = thickness(scene, person) * unit;
  const faded = scene.selected >= 0 && scene.people.length > 1 && who !== scene.selected ? 0.62 : 1;
  const seen = (/** @type {number} */ i) =>
    known(person.landmarks_px[i]) && (person.visibility[i] ?? 1) >= options.minVisibility;
  const at = (/** @type {number} */ i) => scene.toScreen(person.landmarks_px[i][0], person.landmarks_px[i][1]);
  // All casings first: a limb must not cut the limb that it crosses.
  for (const casing of [true, false]) {
    for (const line of skeleton.connections) {
      if (!seen(line.a) || !seen(line.b)) continue;
      const thin = line.region === "face" ? 0.5 : 1;
      context.globalAlpha = faded * opacity(Math.min(person.visibility[line.a] ?? 1, person.visibility[line.b] ?? 1));
      context.strokeStyle = casing ? palette.casing : palette[line.region];
      context.lineWidth = thin * width + (casing ? 2.2 * unit : 0);
      context.beginPath();
      context.moveTo(...at(line.a));
      context.lineTo(...at(line.b));
      context.stroke();
      if (!casing) drawn.lines.push({ person: who, a: line.a, b: line.b, colour: palette[line.region] });
    }
  }
  skeleton.names.forEach((name, i) => {
    if (!seen(i)) return;
    const [x, y] = at(i);
    const alpha = faded * opacity(person.visibility[i] ?? 1);
    const radius = Math.max(1.4 * unit, width * (regions[i] === "face" ? 0.62 : 0.98));
    context.globalAlpha = alpha;
    dot(context, x, y, radius + 1.2 * unit, palette.casing);
    dot(context, x, y, radius, palette[regions[i]]);
    // The person's left is filled, the right has a dark middle: exchanged sides are seen at a glance.
    if (isRight(name) && regions[i] !== "face") dot(context, x, y, radius * 0.48, "#0b0e13");
    drawn.points.push({ person: who, index: i, x, y, alpha });
  });
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} colour
 */
function dot(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Where the number of one among several people stands: above the head. @param {Scene} scene @param {Person} person */
function numberSpot(scene, person) {
  const box = personBox(person);
  const [x, y] = scene.toScreen(box.x + box.width / 2, box.y);
  const nose = person.landmarks_px[0];
  return { x: known(nose) ? scene.toScreen(nose[0], nose[1])[0] : x, y: y - 24 * scene.unit };
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Person} person
 * @param {number} who
 */
function drawNumber(context, scene, person, who) {
  const { unit, palette } = scene;
  const { x, y } = numberSpot(scene, person);
  const chosen = who === scene.selected;
  dot(context, x, y, 10.5 * unit, chosen ? "#0b0e13" : "#ffffff");
  dot(context, x, y, 9.5 * unit, chosen ? "#ffffff" : "#0b0e13");
  context.fillStyle = chosen ? "#0b0e13" : "#ffffff";
  context.font = `650 ${11 * unit}px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(person.id ?? who + 1), x, y + 0.5 * unit);
  context.textAlign = "left";
}

/**
 * The red at joints beyond their range: a fading disc and a ring that stays.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Person} person
 * @param {number} who
 * @param {Drawn} drawn
 */
function drawFlags(context, scene, person, who, drawn) {
  const { unit, palette } = scene;
  const radius = ringRadius(scene, person);
  for (const triple of skeletonOf(person, scene.skeleton).angles) {
    const since = scene.flashing.get(jointKey(person, who, triple.name));
    const point = person.landmarks_px[triple.b];
    if (since === undefined || !known(point)) continue;
    const [x, y] = scene.toScreen(point[0], point[1]);
    const level = flashLevel(since, scene.reduced);
    context.globalAlpha = 0.12 + 0.6 * level;
    dot(context, x, y, radius, palette.flag);
    context.globalAlpha = 1;
    for (const [colour, width] of /** @type {[string, number][]} */ ([["#ffffff", 4.5], [palette.flag, 2.5]])) {
      context.strokeStyle = colour;
      context.lineWidth = width * unit;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
    drawn.rings.push({ person: who, joint: triple.name, x, y, r: radius, level });
  }
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Drawn} drawn
 */
function drawLabels(context, scene, drawn) {
  const { unit, palette, options } = scene;
  /** @type {Wanted[]} */
  const requests = [];
  /** @type {import("./labels.js").Disc[]} */
  const discs = [];
  /** @type {[number, number, number, number][]} */
  const lines = [];
  context.font = `600 ${12 * unit}px ${palette.font}`;
  context.textBaseline = "middle";
  scene.people.forEach((person, who) => {
    const box = personBox(person);
    const small = (Math.max(box.width, box.height) * scene.scale) / unit < SMALL_PERSON;
    const flags = new Map((person.flags ?? []).map((flag) => [flag.joint, flag]));
    const skeleton = skeletonOf(person, scene.skeleton);
    if (scene.people.length > 1) discs.push({ ...numberSpot(scene, person), r: 11 * unit });
    for (const point of options.skeleton ? person.landmarks_px : []) {
      if (!known(point)) continue;
      const [x, y] = scene.toScreen(point[0], point[1]);
      discs.push({ x, y, r: 3.5 * unit });
    }
    if (options.skeleton) {
      for (const line of skeleton.connections) {
        const [p, q] = [person.landmarks_px[line.a], person.landmarks_px[line.b]];
        if (known(p) && known(q)) lines.push([...scene.toScreen(p[0], p[1]), ...scene.toScreen(q[0], q[1])]);
      }
    }
    for (const triple of skeleton.angles) {
      const [a, b, c] = [triple.a, triple.b, triple.c].map((i) => person.landmarks_px[i]);
      const angle = person.angles?.[triple.name];
      if (!known(b)) continue;
      const joint = scene.toScreen(b[0], b[1]);
      discs.push({ x: joint[0], y: joint[1], r: 6 * unit });
      const flagged = options.flags && scene.flashing.has(jointKey(person, who, triple.name));
      if (angle === null || angle === undefined || !known(a) || !known(c)) continue;
      if (!flagged && (!options.angles || (small && who !== scene.selected))) continue;
      if (!flagged && (person.visibility[triple.b] ?? 1) < Math.max(0.3, options.minVisibility)) continue;
      const flag = flags.get(triple.name) ?? scene.words?.get(jointKey(person, who, triple.name));
      const text = `${angle.toFixed(options.decimals)}°${flagged && flag ? ` ${options.flagText(flag)}` : ""}`;
      const [first, second] = [direction(joint, scene.toScreen(a[0], a[1])), direction(joint, scene.toScreen(c[0], c[1]))];
      requests.push({
        key: jointKey(person, who, triple.name), person: who, joint: { x: joint[0], y: joint[1] }, value: angle, text, flagged,
        away: outward(first, second), width: context.measureText(text).width + (flagged ? 28 : 12) * unit, height: 19 * unit,
        must: flagged, gap: flagged ? ringRadius(scene, person) + 5 * unit : 15 * unit, arc: [first.angle, second.angle], name: triple.name,
      });
    }
  });
  requests.sort((p, q) => Number(q.flagged) - Number(p.flagged) || Number(q.person === scene.selected) - Number(p.person === scene.selected));
  const placed = placeLabels(requests, { discs, lines }, scene.bounds, scene.choices);
  for (const request of requests) {
    const rect = placed.get(request.key);
    if (!rect) continue;
    context.globalAlpha = request.flagged || scene.selected < 0 || scene.people.length < 2 || request.person === scene.selected ? 1 : 0.66;
    const { x, y } = request.joint;
    arc(context, scene, x, y, request.arc);
    leader(context, scene, x, y, rect, request.flagged);
    pill(context, scene, rect, request.text, request.flagged);
    drawn.labels.push({ person: request.person, joint: request.name, value: request.value, text: request.text, flagged: request.flagged, ...rect, at: [x, y] });
  }
  context.globalAlpha = 1;
}

/**
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
function direction(from, to) {
  const x = to[0] - from[0];
  const y = to[1] - from[1];
  const length = Math.hypot(x, y) || 1;
  return { x: x / length, y: y / length, angle: Math.atan2(y, x) };
}

/**
 * Out of the bend: against the middle of the two limbs; beside them where they are nearly one line.
 * @param {{x: number, y: number}} first
 * @param {{x: number, y: number}} second
 */
function outward(first, second) {
  const x = -(first.x + second.x);
  const y = -(first.y + second.y);
  const length = Math.hypot(x, y);
  return length > 0.15 ? { x: x / length, y: y / length } : { x: -first.y, y: first.x };
}

/**
 * The bend, as a thin arc.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @param {number[]} between
 */
function arc(context, scene, x, y, between) {
  let turn = between[1] - between[0];
  while (turn > Math.PI) turn -= 2 * Math.PI;
  while (turn < -Math.PI) turn += 2 * Math.PI;
  for (const [colour, width] of /** @type {[string, number][]} */ ([[scene.palette.casing, 3.4], ["#ffffff", 1.4]])) {
    context.strokeStyle = colour;
    context.lineWidth = width * scene.unit;
    context.beginPath();
    context.arc(x, y, 12 * scene.unit, between[0], between[0] + turn, turn < 0);
    context.stroke();
  }
}

/**
 * From a label that stands off to its joint.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @param {{x: number, y: number, width: number, height: number}} rect
 * @param {boolean} flagged
 */
function leader(context, scene, x, y, rect, flagged) {
  const to = [Math.min(Math.max(x, rect.x + 4), rect.x + rect.width - 4), Math.min(Math.max(y, rect.y), rect.y + rect.height)];
  if (Math.hypot(to[0] - x, to[1] - y) < 20 * scene.unit) return;
  context.strokeStyle = flagged ? scene.palette.flag : "rgb(255 255 255 / 0.85)";
  context.lineWidth = 1.25 * scene.unit;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(to[0], to[1]);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {{x: number, y: number, width: number, height: number}} rect
 * @param {string} text
 * @param {boolean} flagged
 */
function pill(context, scene, rect, text, flagged) {
  const { unit, palette } = scene;
  context.fillStyle = flagged ? "#b3141b" : "rgb(11 14 19 / 0.86)";
  context.beginPath();
  context.roundRect(rect.x, rect.y, rect.width, rect.height, 5 * unit);
  context.fill();
  if (flagged) {
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.25 * unit;
    context.stroke();
    warning(context, rect.x + 12 * unit, rect.y + rect.height / 2, unit);
  }
  context.fillStyle = "#ffffff";
  context.font = `600 ${12 * unit}px ${palette.font}`;
  context.textAlign = "left";
  context.fillText(text, rect.x + (flagged ? 22 : 6) * unit, rect.y + rect.height / 2 + 0.5 * unit);
}

/**
 * The sign that needs no colour.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} unit
 */
function warning(context, x, y, unit) {
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.4 * unit;
  context.beginPath();
  context.moveTo(x, y - 5.2 * unit);
  context.lineTo(x + 5.8 * unit, y + 5 * unit);
  context.lineTo(x - 5.8 * unit, y + 5 * unit);
  context.closePath();
  context.stroke();
  context.beginPath();
  context.moveTo(x, y - 1.6 * unit);
  context.lineTo(x, y + 1.2 * unit);
  context.moveTo(x, y + 3 * unit);
  context.lineTo(x, y + 3.1 * unit);
  context.stroke();
}
