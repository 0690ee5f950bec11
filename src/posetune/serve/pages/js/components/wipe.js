/**
 * The handle that wipes between two results on a stage: a slider for the keyboard and screen readers, a knob for the hand.
 */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

/** @typedef {import("./skeleton_canvas.js").SkeletonCanvas} SkeletonCanvas */

/**
 * @param {HTMLElement} host the stage's element
 * @param {SkeletonCanvas} stage
 * @returns {{name: (first: string, second: string) => void, show: (on: boolean) => void}}
 */
export function wipe(host, stage) {
  const knob = h("button", { class: "wipe-handle", type: "button", role: "slider", "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" }, icon("compare", 18));
  const first = h("span", { class: "wipe-name first" });
  const second = h("span", { class: "wipe-name second" });
  const layer = h("div", { class: "wipe", hidden: true }, first, second, knob);
  host.append(layer);

  const place = () => {
    const x = stage.view.x + stage.wipe * stage.size.width * stage.view.scale;
    knob.style.setProperty("--at", `${Math.min(Math.max(x, 0), host.clientWidth)}px`);
    knob.setAttribute("aria-valuenow", String(Math.round(100 * stage.wipe)));
    knob.setAttribute("aria-label", t("compare.wipe"));
  };
  const set = (/** @type {number} */ fraction) => {
    stage.setWipe(fraction);
    place();
  };
  knob.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    knob.focus();
    knob.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => {
      const x = moved.clientX - host.getBoundingClientRect().left - stage.view.x;
      set(x / (stage.size.width * stage.view.scale));
    };
    knob.addEventListener("pointermove", move);
    knob.addEventListener("lostpointercapture", () => knob.removeEventListener("pointermove", move), { once: true });
  });
  knob.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    /** @type {Record<string, number>} */
    const to = { ArrowLeft: stage.wipe - step, ArrowDown: stage.wipe - step, ArrowRight: stage.wipe + step, ArrowUp: stage.wipe + step, Home: 0, End: 1 };
    if (!(event.key in to)) return;
    event.preventDefault();
    set(to[event.key]);
  });
  stage.addEventListener("view", place);
  window.addEventListener("posetune:language", place);
  return {
    name(a, b) {
      first.textContent = a;
      second.textContent = b;
    },
    show(on) {
      layer.hidden = !on;
      place();
    },
  };
}
