/**
 * The row of buttons below a stage, and the legend of the regions.
 */
import { fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";

/** @typedef {import("./skeleton_canvas.js").SkeletonCanvas} SkeletonCanvas */
/** @typedef {"skeleton" | "angles" | "mask"} Toggle */

/** @type {Record<Toggle, string>} */
const ICONS = { skeleton: "bones", angles: "angle", mask: "mask" };

/**
 * @param {HTMLElement} host
 * @param {SkeletonCanvas} stage
 * @param {{toggles?: Toggle[], onToggle?: (name: Toggle, on: boolean) => void, extra?: HTMLElement[]}} [options]
 */
export function stageBar(host, stage, options = {}) {
  const toggles = options.toggles ?? ["skeleton", "angles", "mask"];
  const percent = h("span", { class: "zoom" });
  const showZoom = () => (percent.textContent = `${number(100 * stage.view.scale)} %`);
  stage.addEventListener("view", showZoom);
  const draw = () => {
    const button = (/** @type {string} */ name, /** @type {string} */ glyph, /** @type {() => void} */ act) =>
      h("button", { class: "button icon", type: "button", "aria-label": t(name), title: t(name), on: { click: act } }, icon(glyph, 17));
    fill(
      host,
      h("div", { class: "group" }, toggles.map((name) => toggle(name))),
      ...(options.extra ?? []),
      h("span", { class: "spacer" }),
      h(
        "div",
        { class: "group", role: "group", "aria-label": t("stage.zoom") },
        button("stage.out", "minus", () => stage.zoom(1 / 1.4)),
        percent,
        button("stage.in", "plus", () => stage.zoom(1.4)),
        button("stage.fit", "fit", () => stage.fit()),
      ),
    );
    showZoom();
  };
  const toggle = (/** @type {Toggle} */ name) => {
    const made = h(
      "button",
      { class: "button", type: "button", "aria-pressed": String(stage.shown[name]), dataset: { toggle: name } },
      icon(ICONS[name], 17), h("span", {}, t(`stage.${name}`)),
    );
    made.addEventListener("click", () => {
      const on = !stage.shown[name];
      made.setAttribute("aria-pressed", String(on));
      stage.show({ [name]: on });
      options.onToggle?.(name, on);
    });
    return made;
  };
  draw();
  window.addEventListener("posetune:language", draw);
}

/** @param {HTMLElement} host */
export function legend(host) {
  const draw = () =>
    fill(host, ["upper", "lower", "trunk", "face", "left", "right"].map((name) => h("li", { class: name }, t(`legend.${name}`))));
  draw();
  window.addEventListener("posetune:language", draw);
}
