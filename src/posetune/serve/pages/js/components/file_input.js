/**
 * Ways for a file to come in: chosen, or dropped anywhere on the page.
 */

/**
 * @param {HTMLInputElement} input type file
 * @param {HTMLElement | null} zone lights up while something is dragged over the page
 * @param {(file: File) => void} take
 */
export function listenForFiles(input, zone, take) {
  const chosen = () => {
    const file = input.files?.[0];
    input.value = ""; // the same file can be chosen again
    if (file) take(file);
  };
  input.addEventListener("change", chosen);
  setTimeout(chosen); // what was chosen while the page was still loading: nobody heard of it
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
}
