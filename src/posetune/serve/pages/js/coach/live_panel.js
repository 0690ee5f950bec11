/**
 * The coach beside a camera: which exercise, and on the stage the count, the phase and one cue, large enough to be read from where
 * one exercises.
 */
import { byId, fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { LiveCoach } from "./live.js";
import { own } from "./words.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("./api.js").Exercise} Exercise */

const OFF = "off";
const AUTO = "auto";

export class LivePanel {
  /**
   * @param {HTMLElement} host of the choice
   * @param {{state: Record<string, any>, names: string[], say: (text: string) => void, load: () => Promise<{exercises: Exercise[], errors: Record<string, number>}>}} context
   */
  constructor(host, context) {
    this.host = host;
    this.context = context;
    this.asked = OFF;
    /** @type {{exercises: Exercise[], errors: Record<string, number>}} */
    this.known = { exercises: [], errors: {} };
    /** @type {LiveCoach | null} */
    this.coach = null;
    /** @type {import("./live.js").Cue | null} */
    this.said = null;
    this.wrong = "";
    this.drawn = "";
    window.addEventListener("posetune:language", () => {
      this.drawn = "";
      this.draw();
      this.tell();
    });
    this.draw();
    this.tell();
  }

  /** Which exercises there are; again after one was written. */
  async load() {
    try {
      this.known = await this.context.load();
      this.wrong = "";
    } catch (error) {
      this.wrong = error instanceof Error ? error.message : String(error);
    }
    this.draw();
  }

  /** @param {string} asked a name, "auto" or "off"; the count begins anew */
  choose(asked) {
    this.asked = asked;
    const { exercises, errors } = this.known;
    // Own rules only when they are asked for: auto takes what is known to tell exercises apart.
    const chosen = asked === AUTO ? exercises.filter((exercise) => !exercise.own) : exercises.filter(({ name }) => name === asked);
    this.coach = chosen.length ? new LiveCoach(chosen, errors, this.context.names) : null;
    this.said = null;
    this.draw();
    this.tell();
  }

  /** Somebody else is to be followed. @param {number | undefined} id */
  follow(id) {
    if (this.coach && id && this.coach.people.has(id)) this.coach.who = id;
    this.tell();
  }

  /** From the beginning. */
  again() {
    this.choose(this.asked);
  }

  /** Whether there is a camera to coach. @param {boolean} on */
  show(on) {
    this.host.hidden = !on;
    if (on) return this.again();
    this.coach = null;
    this.tell();
  }

  /**
   * The people of a frame.
   * @param {Person[]} people
   * @param {number} seconds
   */
  see(people, seconds) {
    if (!this.coach) return;
    const repetition = this.coach.see(people, seconds);
    const { cue, count } = this.coach;
    const words = [repetition ? number(count) : "", cue && cue !== this.said ? own(cue.check.cue) : ""].filter(Boolean);
    this.said = cue;
    if (words.length) this.context.say(words.join(". "));
    this.tell();
  }

  /** What is drawn of it on the stage. */
  tell() {
    const { coach, asked } = this;
    const exercise = coach?.exercise ?? null;
    const hold = exercise?.kind === "hold";
    const cue = coach?.cue ? own(coach.cue.check.cue) : "";
    this.context.state.coach = coach && { asked, exercise: exercise?.name ?? null, count: coach.count, phase: coach.phase, held: coach.held, cue, check: coach.cue?.check.name ?? null, person: coach.who };
    const seconds = Math.floor(coach?.held ?? 0);
    const [big, small] = !coach ? ["", ""] : hold && coach.phase === "holding" ? [t("coach.live.seconds", { seconds: number(seconds) }), t("coach.phase.holding")] : [number(coach.count), coach.people.size ? t(`coach.phase.${coach.phase}`) : t("coach.phase.nobody")];
    const title = exercise ? own(exercise.title) : coach ? t("coach.live.waiting") : "";
    const drawn = [big, small, title, cue].join("|");
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const count = byId("live-count");
    count.hidden = !coach;
    fill(count, h("b", { class: "numeric" }, big), h("span", {}, title, h("i", {}, small)));
    byId("cue").hidden = !cue;
    fill(byId("cue"), icon("warning", 20), cue);
  }

  draw() {
    const { host, asked } = this;
    const had = host.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).id : "";
    const option = (/** @type {string} */ value, /** @type {string} */ words) => h("option", { value, selected: value === asked }, words);
    const select = h("select", { class: "select", id: "exercise" }, option(OFF, t("coach.live.off")), option(AUTO, t("coach.auto")), this.known.exercises.map((exercise) => option(exercise.name, own(exercise.title))));
    select.addEventListener("change", () => this.choose(select.value));
    const chosen = this.known.exercises.find(({ name }) => name === asked);
    const cannot = chosen && own(chosen.cannot);
    fill(
      host,
      h("header", {}, h("h2", {}, t("coach.title")), this.coach ? h("button", { class: "button", type: "button", id: "again", on: { click: () => this.again() } }, icon("refresh", 16), t("coach.live.again")) : null),
      h(
        "div", { class: "body stack" },
        h("div", { class: "field" }, h("label", { for: "exercise" }, t("coach.exercise")), select),
        this.wrong ? h("p", { class: "small", role: "alert" }, this.wrong) : null,
        asked === OFF ? null : h("p", { class: "small muted" }, t("coach.how")),
        cannot ? h("p", { class: "small muted" }, cannot) : null,
        asked === OFF ? null : h("p", { class: "small muted" }, t("coach.no_medical")),
      ),
    );
    if (had) document.getElementById(had)?.focus();
  }
}
