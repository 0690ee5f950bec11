/**
 * Ways for a picture to come in: chosen, dropped anywhere on the page, pasted. The rest of the page does not care which.
 */

/** What the server takes; everything else is refused here already, with the same words. */
export const PICTURE_TYPES = ["image/jpeg", "image/png", "image/webp"];
export const MAX_PICTURE_BYTES = 20 * 1024 * 1024;

/**
 * @param {HTMLInputElement} input type file
 * @param {HTMLElement | null} zone lights up while something is dragged over the page
 * @param {(file: File) => void} take
 */
export function listenForPictures(input, zone, take) {
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = ""; // the same file can be chosen again
    if (file) take(file);
  });
  let depth = 0;
  const over = (/** @type {boolean} */ is) => {
    depth = is ? depth + 1 : Math.max(0, depth - 1);
    zone?.classList.toggle("over", depth > 0);
  };
  addEventListener("dragenter", () => over(true));
  addEventListener("dragleave", () => over(false));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    zone?.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((other) => other.type.startsWith("image/"));
    if (file) take(file);
  });
}

/**
 * Why a file cannot be sent, as the key of a text; "" if it can.
 * @param {File} file
 */
export function refusalOf(file) {
  if (!file.size) return "error.empty";
  if (file.type.startsWith("video/")) return "error.is_video";
  if (!PICTURE_TYPES.includes(file.type)) return "error.type";
  if (file.size > MAX_PICTURE_BYTES) return "error.large";
  return "";
}

/**
 * The picture, upright as a camera's EXIF says: the server's coordinates are of that.
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
export function readPicture(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" });
}
