/**
 * Which part of a picture is seen: image px ↔ CSS px of the stage. Plain arithmetic.
 */

/**
 * @typedef {{scale: number, x: number, y: number}} View CSS px in one image px, and where the picture's corner lies
 * @typedef {{width: number, height: number}} Size
 */

export const MAX_ZOOM = 24;

/**
 * The whole picture, in the middle; small pictures are magnified at most 3 times.
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
export function fitted(picture, stage) {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height, 3);
  return { scale, x: (stage.width - picture.width * scale) / 2, y: (stage.height - picture.height * scale) / 2 };
}

/**
 * Nearer or farther, with the point `at` staying where it is.
 * @param {View} view
 * @param {number} factor
 * @param {{x: number, y: number}} at CSS px
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
export function zoomed(view, factor, at, picture, stage) {
  const smallest = fitted(picture, stage).scale;
  const scale = Math.min(Math.max(view.scale * factor, smallest), Math.max(smallest, 1) * MAX_ZOOM);
  const k = scale / view.scale;
  return kept({ scale, x: at.x - (at.x - view.x) * k, y: at.y - (at.y - view.y) * k }, picture, stage);
}

/**
 * A view that still shows the picture: in the middle where it is smaller than the stage, otherwise without losing it.
 * Points outside the picture stay reachable: it may be moved a third of the stage beyond its edge.
 * @param {View} view
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
export function kept(view, picture, stage) {
  const slack = view.scale > fitted(picture, stage).scale * 1.001 ? 1 / 3 : 0;
  const along = (/** @type {number} */ offset, /** @type {number} */ length, /** @type {number} */ room) => {
    if (length <= room && !slack) return (room - length) / 2;
    const low = Math.min(room - length, 0) - slack * room;
    const high = Math.max(room - length, 0) + slack * room;
    return Math.min(Math.max(offset, low), high);
  };
  return {
    scale: view.scale,
    x: along(view.x, picture.width * view.scale, stage.width),
    y: along(view.y, picture.height * view.scale, stage.height),
  };
}
