/**
 * Where the angles are written: at the joint, outside of the bend, over no joint and no other label.
 */

/**
 * @typedef {{x: number, y: number}} Spot
 * @typedef {{x: number, y: number, r: number}} Disc
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {object} LabelRequest
 * @property {string} key
 * @property {Spot} joint
 * @property {Spot} away the direction, of length 1, that points out of the bend
 * @property {number} width
 * @property {number} height
 * @property {number} gap px between the joint and the label, at least
 * @property {boolean} must draw it even where it covers something
 */

const TURNS = [0, 0.5, -0.5, 1, -1, 1.6, -1.6, 2.2, -2.2, Math.PI];
const DISTANCES = [1, 1.7, 2.6];

/** How far a rectangle overlaps another, px². @param {Rect} a @param {Rect} b */
export function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Whether a disc reaches into a rectangle. @param {Rect} rect @param {Disc} disc */
export function covers(rect, disc) {
  const dx = disc.x - Math.min(Math.max(disc.x, rect.x), rect.x + rect.width);
  const dy = disc.y - Math.min(Math.max(disc.y, rect.y), rect.y + rect.height);
  return dx * dx + dy * dy < disc.r * disc.r;
}

/**
 * How much of a line lies in a rectangle, px (Liang and Barsky's clipping).
 * @param {Rect} rect
 * @param {[number, number, number, number]} line
 */
export function crossing(rect, [ax, ay, bx, by]) {
  let enter = 0;
  let leave = 1;
  const [dx, dy] = [bx - ax, by - ay];
  for (const [step, room] of [[-dx, ax - rect.x], [dx, rect.x + rect.width - ax], [-dy, ay - rect.y], [dy, rect.y + rect.height - ay]]) {
    if (step === 0) {
      if (room < 0) return 0;
    } else if (step < 0) enter = Math.max(enter, room / step);
    else leave = Math.min(leave, room / step);
  }
  return leave > enter ? (leave - enter) * Math.hypot(dx, dy) : 0;
}

/**
 * @param {LabelRequest[]} requests the important ones first
 * @param {{discs: Disc[], lines: [number, number, number, number][]}} drawn joints, which no label may cover, and limbs, which it had
 *   better not
 * @param {Rect} bounds what is on screen
 * @param {Map<string, number>} [before] the choices of the last frame, which are kept where they are about as good; updated
 * @returns {Map<string, Rect>} no entry for a label without a place
 */
export function placeLabels(requests, drawn, bounds, before = new Map()) {
  /** @type {Map<string, Rect>} */
  const placed = new Map();
  for (const request of requests) {
    let best = { cost: Infinity, rect: /** @type {Rect | null} */ (null), choice: 0, covered: 0 };
    for (let choice = 0; choice < TURNS.length * DISTANCES.length; choice++) {
      const rect = candidate(request, choice);
      const covered = drawn.discs.reduce((count, disc) => count + Number(covers(rect, disc)), 0);
      let cost = 3 * Math.floor(choice / TURNS.length) + 1.2 * Math.abs(TURNS[choice % TURNS.length]) + 40 * covered;
      const area = rect.width * rect.height;
      for (const line of drawn.lines) cost += (2.5 * crossing(rect, line)) / rect.width;
      for (const other of placed.values()) cost += (90 * overlap(rect, pad(other, 2))) / area;
      cost += 120 * (1 - overlap(rect, bounds) / area);
      cost += 4 * nearerTo(rect, request, requests);
      if (before.get(request.key) === choice) cost -= 2.5;
      if (cost < best.cost) best = { cost, rect, choice, covered };
    }
    if (!best.rect || (!request.must && best.cost > 30)) continue;
    placed.set(request.key, best.rect);
    before.set(request.key, best.choice);
  }
  return placed;
}

/**
 * How many other joints a label is nearer to than to its own: it would be read as theirs.
 * @param {Rect} rect
 * @param {LabelRequest} request
 * @param {LabelRequest[]} requests
 */
function nearerTo(rect, request, requests) {
  const own = apart(rect, request.joint);
  return requests.reduce((count, { key, joint }) => count + Number(key !== request.key && apart(rect, joint) < own), 0);
}

/** From the edge of a rectangle to a spot, px. @param {Rect} rect @param {Spot} spot */
function apart(rect, { x, y }) {
  const dx = x - Math.min(Math.max(x, rect.x), rect.x + rect.width);
  const dy = y - Math.min(Math.max(y, rect.y), rect.y + rect.height);
  return Math.hypot(dx, dy);
}

/**
 * The rectangle whose nearest point in its direction lies its gap (or more) from the joint: it cannot cover it.
 * @param {LabelRequest} request
 * @param {number} choice
 * @returns {Rect}
 */
function candidate(request, choice) {
  const turn = TURNS[choice % TURNS.length];
  const distance = request.gap * DISTANCES[Math.floor(choice / TURNS.length)];
  const x = request.away.x * Math.cos(turn) - request.away.y * Math.sin(turn);
  const y = request.away.x * Math.sin(turn) + request.away.y * Math.cos(turn);
  const reach = distance + (Math.abs(x) * request.width + Math.abs(y) * request.height) / 2;
  return {
    x: request.joint.x + x * reach - request.width / 2,
    y: request.joint.y + y * reach - request.height / 2,
    width: request.width,
    height: request.height,
  };
}

/** @param {Rect} rect @param {number} by @returns {Rect} */
function pad(rect, by) {
  return { x: rect.x - by, y: rect.y - by, width: rect.width + 2 * by, height: rect.height + 2 * by };
}
