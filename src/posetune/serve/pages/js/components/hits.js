/**
 * What of the drawn people lies under a finger or cursor.
 */

/** @typedef {import("./skeleton_draw.js").Drawn} Drawn */

/** How near a press must be to take a point, by mouse and by finger or pen, or a person's lines, CSS px. */
const GRAB = 14;
const GRAB_TOUCH = 22;
const REACH = 22;

/**
 * @param {Drawn} drawn
 * @param {import("./gestures.js").Spot} spot CSS px
 * @param {number} selected whose points win where two lie on each other
 * @returns {{person: number, index: number} | null}
 */
export function nearestPoint(drawn, spot, selected) {
  let best = null;
  let nearest = spot.touch ? GRAB_TOUCH : GRAB;
  for (const point of drawn.points) {
    const distance = Math.hypot(point.x - spot.x, point.y - spot.y) + (point.person === selected ? 0 : 0.5);
    if (distance < nearest) [nearest, best] = [distance, { person: point.person, index: point.index }];
  }
  return best;
}

/**
 * @param {Drawn} drawn
 * @param {{x: number, y: number}} spot CSS px
 * @returns {number} -1: nobody
 */
export function nearestPerson(drawn, spot) {
  const at = new Map(drawn.points.map((point) => [`${point.person}/${point.index}`, point]));
  let best = -1;
  let nearest = REACH;
  for (const line of drawn.lines) {
    const a = at.get(`${line.person}/${line.a}`);
    const b = at.get(`${line.person}/${line.b}`);
    if (!a || !b) continue;
    const along = ((spot.x - a.x) * (b.x - a.x) + (spot.y - a.y) * (b.y - a.y)) / ((b.x - a.x) ** 2 + (b.y - a.y) ** 2 || 1);
    const k = Math.min(1, Math.max(0, along));
    const distance = Math.hypot(spot.x - a.x - k * (b.x - a.x), spot.y - a.y - k * (b.y - a.y));
    if (distance < nearest) [nearest, best] = [distance, line.person];
  }
  return best;
}
