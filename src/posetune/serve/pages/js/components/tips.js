/**
 * How to take a picture or a video that measures well: empty states teach it, and so does a result that nobody is in.
 */
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";

const ICONS = { whole: "frame", side: "side", light: "light", still: "camera" };

/**
 * @param {HTMLElement} host a list
 * @param {(keyof typeof ICONS)[]} [names]
 */
export function tips(host, names = ["whole", "side", "light", "still"]) {
  const draw = () =>
    fill(host, names.map((name) => h("li", {}, icon(ICONS[name], 20), h("strong", {}, t(`tips.${name}`)), h("p", {}, t(`tips.${name}.why`)))));
  draw();
  window.addEventListener("posetune:language", draw);
}
