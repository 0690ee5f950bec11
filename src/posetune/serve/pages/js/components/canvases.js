/**
 * The stage's canvases, their colours, and small things drawn on them.
 */

/**
 * A canvas over what lies in the host already.
 * @param {HTMLElement} host
 * @param {string} name
 */
export function layer(host, name) {
  const canvas = document.createElement("canvas");
  canvas.className = name;
  canvas.setAttribute("aria-hidden", "true"); // the page says in words what is drawn
  host.prepend(canvas);
  if (name === "stage-overlay") host.querySelector(".stage-picture")?.after(canvas);
  return canvas;
}

/** An empty canvas, in CSS px. @param {HTMLCanvasElement} canvas */
export function cleared(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw.");
  const ratio = canvas.clientWidth ? canvas.width / canvas.clientWidth : 1;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} height */
export function wipeLine(context, x, height) {
  context.fillStyle = "rgb(0 0 0 / 0.45)";
  context.fillRect(x - 1.5, 0, 3, height);
  context.fillStyle = "#ffffff";
  context.fillRect(x - 0.75, 0, 1.5, height);
}

/** @type {import("./skeleton_draw.js").Palette | null} */
let colours = null;

/** The colours of the regions, from css/tokens.css: they are the same in both themes. @param {HTMLElement} host */
export function palette(host) {
  if (colours) return colours;
  const style = getComputedStyle(host);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim() || "#ffffff";
  colours = {
    upper: colour("--region-upper"), lower: colour("--region-lower"), trunk: colour("--region-trunk"),
    face: colour("--region-face"), flag: colour("--flag"), casing: colour("--casing"), font: style.fontFamily,
  };
  return colours;
}

/**
 * Words beside a point, on the picture.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {[number, number]} at CSS px
 * @param {string} font
 * @param {number} room the stage's width
 */
export function note(context, text, [x, y], font, room) {
  context.font = `500 12px ${font}`;
  const width = context.measureText(text).width + 14;
  const left = Math.min(Math.max(4, x - width / 2), room - width - 4);
  const top = y > 44 ? y - 38 : y + 16;
  context.fillStyle = "rgb(255 255 255 / 0.96)";
  context.beginPath();
  context.roundRect(left, top, width, 23, 6);
  context.fill();
  context.fillStyle = "#14171c";
  context.textBaseline = "middle";
  context.fillText(text, left + 7, top + 12);
}
