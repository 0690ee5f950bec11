/**
 * Which joints have a curve: a switch each, left and right, in the curve's colour.
 */
import { fill, h } from "../dom.js";
import { jointName } from "../i18n.js";

const PARTS = ["shoulder", "elbow", "hip", "knee", "ankle"];

export class Chips extends EventTarget {
  /**
   * @param {HTMLElement} host
   * @param {string[]} joints "left_knee"
   * @param {string[]} chosen
   */
  constructor(host, joints, chosen) {
    super();
    this.host = host;
    this.joints = [...joints].sort((a, b) => PARTS.indexOf(part(a)) - PARTS.indexOf(part(b)) || a.localeCompare(b));
    this.chosen = new Set(chosen);
    this.build();
    this.stop = new AbortController();
    window.addEventListener("posetune:language", () => this.build(), { signal: this.stop.signal });
  }

  build() {
    fill(
      this.host,
      this.joints.map((joint) => {
        const chip = h(
          "button",
          { class: `chip ${side(joint)}`, type: "button", "aria-pressed": String(this.chosen.has(joint)), dataset: { joint } },
          h("i", { class: `swatch ${part(joint)}`, "aria-hidden": "true" }),
          jointName(joint),
        );
        chip.addEventListener("click", () => {
          if (this.chosen.has(joint)) this.chosen.delete(joint);
          else this.chosen.add(joint);
          chip.setAttribute("aria-pressed", String(this.chosen.has(joint)));
          this.dispatchEvent(new Event("change"));
        });
        return chip;
      }),
    );
  }

  destroy() {
    this.stop.abort();
  }
}

/** "left_knee" → "knee". @param {string} joint */
export function part(joint) {
  return joint.replace(/^(left|right)_/, "");
}

/** "left_knee" → "left". @param {string} joint */
export function side(joint) {
  return joint.startsWith("right_") ? "right" : "left";
}
