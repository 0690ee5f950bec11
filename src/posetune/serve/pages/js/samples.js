/**
 * Pictures that come with the pages: people rendered by posetune itself.
 */
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";

export const SAMPLES = ["squat", "warrior", "several", "work"];

/**
 * @param {HTMLElement} host
 * @param {(name: string) => void} take
 */
export function sampleButtons(host, take) {
  fill(host, SAMPLES.map((name) => {
    const picture = h("img", { src: `/static/samples/${name}.webp`, alt: "", width: 480, height: 360, decoding: "async" });
    const button = h("button", { class: "sample", type: "button", dataset: { sample: name } }, picture, t(`sample.${name}`));
    button.addEventListener("click", () => take(name));
    return button;
  }));
}

/** @param {string} name @returns {Promise<File | null>} */
export async function fetchSample(name) {
  const answer = await fetch(`/static/samples/${name}.webp`);
  return answer.ok ? new File([await answer.blob()], `${name}.webp`, { type: "image/webp" }) : null;
}
