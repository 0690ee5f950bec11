/**
 * The panel of angles beside a picture that moves: written a few times a second, however fast the pictures come, and told to
 * screen readers when the joints beyond their range change.
 */
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { flagSentence, showAngles } from "./angle_list.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Range} Range */

const WRITE_MS = 120;
/** At most so often is something new said to screen readers. */
const SAY_MS = 2500;
/** @type {Person} */
const NOBODY = { score: 0, landmarks_px: [], visibility: [], world: [], angles: {}, flags: [] };

export class Readings {
  /**
   * @param {HTMLElement} host an empty section
   * @param {{joints: string[], ranges: Record<string, Range>, say: (text: string) => void, foot?: () => HTMLElement}} options
   */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    /** @type {Person | undefined} */
    this.person = undefined;
    this.said = "";
    this.wrote = -Infinity;
    this.spoke = -Infinity;
    this.timer = 0;
    this.verdict = h("span", { class: "badge" });
    this.body = h("div", { class: "body" });
    this.foot = h("div", { class: "body" });
    this.build();
    window.addEventListener("posetune:language", () => this.build());
  }

  build() {
    this.host.classList.add("panel");
    fill(this.host, h("header", {}, h("h2", {}, t("angles.title")), this.verdict), this.body, this.foot);
    fill(this.foot, h("p", { class: "small muted" }, t("angles.how")), this.options.foot?.());
    this.write();
  }

  /** @param {Person | undefined} person whose angles are shown */
  show(person) {
    this.person = person;
    const now = performance.now();
    if (now - this.wrote >= WRITE_MS) this.write();
    else if (!this.timer) this.timer = window.setTimeout(() => this.write(), WRITE_MS - (now - this.wrote));
  }

  write() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.wrote = performance.now();
    const person = this.person ?? NOBODY;
    showAngles(this.body, person, this.options.ranges, this.options.joints);
    const count = person.flags.length;
    this.verdict.hidden = !this.person;
    this.verdict.className = `badge ${count ? "bad" : "good"}`;
    const words = count ? t(count === 1 ? "analyse.beyond.one" : "analyse.beyond", { count }) : t("analyse.within");
    fill(this.verdict, icon(count ? "warning" : "check", 13), words);
    this.speak(person);
  }

  /** @param {Person} person */
  speak(person) {
    const which = person.flags.map((flag) => flag.joint + flag.kind).join();
    const now = performance.now();
    if (which === this.said || now - this.spoke < SAY_MS) return;
    [this.said, this.spoke] = [which, now];
    if (which) this.options.say(person.flags.map(flagSentence).join(" "));
  }
}
