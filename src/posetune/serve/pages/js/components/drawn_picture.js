/**
 * The picture with the people drawn on it, in its own resolution: what is downloaded.
 */
import { drawPeople, jointKey } from "./skeleton_draw.js";

/**
 * @param {CanvasImageSource} picture
 * @param {{width: number, height: number}} size image px
 * @param {import("../types.js").Person[]} people
 * @param {(CanvasImageSource | undefined)[]} masks
 * @param {Pick<import("./skeleton_draw.js").Scene, "skeleton" | "palette" | "options">} how
 * @returns {Promise<Blob>} PNG
 */
export function drawnPicture(picture, { width, height }, people, masks, how) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw.");
  context.drawImage(picture, 0, 0, width, height);
  context.globalAlpha = 0.45;
  for (const mask of masks) if (mask) context.drawImage(mask, 0, 0, width, height);
  context.globalAlpha = 1;
  const flagged = people.flatMap((person, i) => (person.flags ?? []).map((flag) => jointKey(person, i, flag.joint)));
  drawPeople(context, {
    ...how,
    people,
    toScreen: (x, y) => [x, y],
    scale: 1,
    unit: Math.max(0.6, Math.max(width, height) / 900),
    bounds: { x: 0, y: 0, width, height },
    selected: -1,
    flashing: new Map(how.options.flags ? flagged.map((key) => [key, 0]) : []),
    reduced: true,
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large to save."))), "image/png");
  });
}
