/**
 * The bar below a video: play, step, speed, loop, and where one is. The slider and the keys do the same.
 */
import { fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { SPEEDS } from "./player.js";

/** @typedef {import("./player.js").Player} Player */

/** Seconds as minutes and seconds, to the millisecond: frames of one second must differ. @param {number} seconds */
export function clock(seconds) {
  const ms = Math.max(0, Math.round(1000 * seconds));
  const minutes = Math.floor(ms / 60000);
  return `${minutes}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}.${String(ms % 1000).padStart(3, "0")}`;
}

export class Transport {
  /**
   * @param {HTMLElement} host
   * @param {Player} player
   */
  constructor(host, player) {
    this.host = host;
    this.player = player;
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.slider = h("input", { type: "range", class: "timeline", min: 0, max: player.times.count - 1, step: 1, value: 0, id: "timeline" });
    this.slider.addEventListener("input", () => void player.seek(this.slider.valueAsNumber));
    this.where = h("span", { class: "where numeric" });
    player.addEventListener("frame", () => this.place(), { signal });
    player.addEventListener("state", () => this.build(), { signal });
    window.addEventListener("posetune:language", () => this.build(), { signal });
    window.addEventListener("keydown", (event) => this.key(event), { signal });
    this.build();
  }

  build() {
    const { player } = this;
    const had = this.host.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).id : "";
    const button = (/** @type {string} */ id, /** @type {string} */ key, /** @type {string} */ glyph, /** @type {() => void} */ act, pressed = "") =>
      h(
        "button",
        { class: "button icon", type: "button", id, "aria-label": t(key), title: t(key), "aria-pressed": pressed || null, on: { click: act } },
        icon(glyph, 18),
      );
    const speeds = SPEEDS.map((speed) =>
      h("button", { type: "button", id: `speed-${speed}`, "aria-pressed": String(speed === player.speed), on: { click: () => player.setSpeed(speed) } }, `${number(speed, speed < 1 && speed !== 0.5 && speed !== 0.1 ? 2 : speed < 1 ? 1 : 0)}×`),
    );
    this.slider.setAttribute("aria-label", t("video.timeline"));
    fill(
      this.host,
      this.slider,
      h(
        "div",
        { class: "group" },
        button("step-back", "video.back", "step-back", () => void player.step(-1)),
        button("play", player.playing ? "video.pause" : "video.play", player.playing ? "pause" : "play", () => void player.toggle()),
        button("step-on", "video.on", "step-on", () => void player.step(1)),
      ),
      this.where,
      h("span", { class: "spacer" }),
      h("div", { class: "segments", role: "group", "aria-label": t("video.speed") }, speeds),
      h(
        "div",
        { class: "group" },
        button("loop", "video.loop", "loop", () => this.toggleLoop(), String(player.looping)),
        player.stretch ? button("unmark", "video.unmark", "close", () => player.setLoop(player.looping, null)) : null,
      ),
    );
    this.place();
    if (had) document.getElementById(had)?.focus();
  }

  /** Where the frame that is shown stands. */
  place() {
    const { times, index } = this.player;
    const at = Math.max(0, index);
    const time = times.times[at] ?? 0;
    if (document.activeElement !== this.slider || this.player.playing) this.slider.valueAsNumber = at;
    const frame = t("video.frame", { frame: number(at), count: number(times.count - 1) });
    this.slider.setAttribute("aria-valuetext", `${clock(time)}, ${frame}`);
    fill(this.where, h("b", {}, clock(time)), ` / ${clock(times.end)}`, h("span", { class: "frame-number" }, frame));
  }

  toggleLoop() {
    this.player.setLoop(!this.player.looping);
  }

  /** The shown frame becomes an end of what is looped. @param {"from" | "to"} end */
  mark(end) {
    const { player } = this;
    const part = { ...player.part, [end]: Math.max(0, player.index) };
    if (part.from >= part.to) {
      if (end === "from") part.to = player.times.count - 1;
      else part.from = 0;
    }
    if (part.from < part.to) player.setLoop(true, part);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("select, textarea, input:not([type=range]):not([type=checkbox])")) return;
    const { player } = this;
    const far = event.shiftKey ? 10 : 1;
    const onButton = !!target.closest("button, a, summary");
    /** @type {Record<string, () => void>} */
    const does = {
      ",": () => void player.step(-far), "<": () => void player.step(-10),
      ".": () => void player.step(far), ">": () => void player.step(10),
      "[": () => this.mark("from"), "]": () => this.mark("to"),
      l: () => this.toggleLoop(), Home: () => void player.seek(0), End: () => void player.seek(player.times.count - 1),
    };
    if (!onButton) does[" "] = () => void player.toggle();
    const act = does[event.key];
    if (!act || (target === this.slider && (event.key === "Home" || event.key === "End"))) return;
    event.preventDefault();
    act();
  }

  destroy() {
    this.stop.abort();
  }
}
