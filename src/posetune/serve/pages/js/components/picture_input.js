/**
 * Ways for a picture to come in: chosen, dropped anywhere on the page, pasted. The rest of the page does not care which.
 */

import { listenForFiles } from "./file_input.js";

export const MAX_PICTURE_BYTES = 20 * 1024 * 1024;

/**
 * @param {HTMLInputElement} input type file
 * @param {HTMLElement | null} zone lights up while something is dragged over the page
 * @param {(file: File) => void} take
 */
export function listenForPictures(input, zone, take) {
  listenForFiles(input, zone, take);
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((other) => other.type.startsWith("image/"));
    if (file) take(file);
  });
}

/**
 * What a file is, by its first bytes: names and types of files are what others think of them.
 * @param {Blob} file
 * @returns {Promise<"image/jpeg" | "image/png" | "image/webp" | "heic" | "video" | "">}
 */
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  if (text.slice(4, 8) === "ftyp") return /^(hei|hev|mif|msf|avi[fs])/.test(text.slice(8, 12)) ? "heic" : "video";
  if (text.startsWith("\x1aE\xdf\xa3") || (text.startsWith("RIFF") && text.slice(8, 12) === "AVI ") || file.type.startsWith("video/")) return "video";
  return "";
}

/**
 * The file as the server wants it, or why it cannot be sent, as the key of a text.
 * @param {File} file
 * @returns {Promise<{file: File, refusal: ""} | {file: null, refusal: string}>}
 */
export async function examined(file) {
  const refuse = (/** @type {string} */ refusal) => ({ file: /** @type {null} */ (null), refusal });
  if (!file.size) return refuse("error.empty");
  const kind = await kindOf(file);
  if (kind === "heic") return refuse("error.heic");
  if (kind === "video") return refuse("error.is_video");
  if (!kind) return refuse("error.type");
  if (file.size > MAX_PICTURE_BYTES) return refuse("error.large");
  return { file: kind === file.type ? file : new File([file], file.name, { type: kind }), refusal: "" };
}

/**
 * The picture, upright as a camera's EXIF says: the server's coordinates are of that.
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
export function readPicture(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" });
}
