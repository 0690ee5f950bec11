/**
 * Masks of people, from the API's base64 PNG to a tinted picture.
 */

/**
 * The PNG as a blob. `fetch("data:…")` would be an address that the page's policy forbids.
 * @param {string} base64
 */
export function pngFromBase64(base64) {
  const text = atob(base64.replace(/^data:[^,]*,/, ""));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes], { type: "image/png" });
}

/**
 * A grey picture (white: the person) as one colour with that opacity.
 * @param {string} base64
 * @param {[number, number, number]} colour
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function tintedMask(base64, colour) {
  const bitmap = await createImageBitmap(pngFromBase64(base64));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw.");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const data = pixels.data;
  for (let i = 0; i < data.length; i += 4) {
    const strength = (data[i] * data[i + 3]) / 255;
    [data[i], data[i + 1], data[i + 2]] = colour;
    data[i + 3] = strength;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
