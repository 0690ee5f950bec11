/**
 * The coach under a video: which exercise, how many repetitions, and each of them with its checks. It draws no picture: whoever
 * has the stage asks it what to mark.
 *
 * Events: "change" (there is something else to draw); "loop" (detail: {from, to} in seconds, or null); "seek" (detail: seconds).
 */
import { fill, h, icon } from "../dom.js";
import { language, number, t } from "../i18n.js";
import { getCoached, getExercises } from "./api.js";
import { onFrames } from "./axis.js";
import { JobView } from "./job_view.js";
import { table } from "./table.js";
import { checkName, isDegrees, measureName, own, valueOf } from "./words.js";

/** @typedef {import("./api.js").Coached} Coached */
/** @typedef {import("./api.js").Exercise} Exercise */
/** @typedef {import("../types.js").Person} Person */

/** A fault is shown this long before and after it was seen, seconds. */
const SHOWN_S = 0.3;

/** @extends {JobView<Coached>} */
export class CoachPanel extends JobView {
  /**
   * @param {HTMLElement} host
   * @param {{state: Record<string, any>, say: (text: string) => void, fixed?: boolean, ask?: (job: string, person: number, signal: AbortSignal) => Promise<Coached>, refused?: (error: unknown) => boolean}} context
   *   `fixed`: there is no exercise to choose; `ask`: instead of the exercise that is chosen; `refused`: told of an error, says
   *   whether it was shown, so that what was found before stays
   */
  constructor(host, context) {
    super(host);
    this.context = context;
    this.exercise = "auto";
    /** @type {Exercise[]} */
    this.exercises = [];
    this.looped = -1;
    window.addEventListener("posetune:language", () => this.draw());
    window.addEventListener("posetune:theme", () => this.curves?.again());
  }

  /** @override */
  close() {
    this.looped = -1;
    super.close();
  }

  /** @param {number} id a track id that was chosen */
  follow(id) {
    if (this.person === id) return;
    this.person = id;
    this.found = null;
    if (this.on) void this.ask();
  }

  /** @override @param {AbortSignal} signal @returns {Promise<Coached>} */
  async find(signal) {
    if (!this.exercises.length && !this.context.fixed) this.exercises = (await getExercises()).exercises;
    return this.context.ask?.(this.job, this.person, signal) ?? getCoached(this.job, this.exercise, this.person, signal);
  }

  /** @override @param {boolean} first */
  answered(first) {
    if (first && this.found?.complete) this.context.say(t("coach.said", { count: number(this.found.count), what: own(this.found.title) || t("coach.none.short") }));
  }

  /** @override @param {unknown} error */
  refused(error) {
    return !!this.context.refused?.(error);
  }

  /** @param {string} name */
  choose(name) {
    if (this.looped >= 0) this.loop(-1);
    Object.assign(this, { exercise: name, found: null });
    this.context.state.exercise = name;
    this.dispatchEvent(new Event("choose"));
    void this.ask();
  }

  /** Loop one repetition; the same again, or -1: none. @param {number} index */
  loop(index) {
    this.looped = index === this.looped ? -1 : index;
    const repetition = this.found?.repetitions[this.looped];
    this.dispatchEvent(new CustomEvent("loop", { detail: repetition ? { from: repetition.start, to: repetition.end } : null }));
    this.tell();
    this.draw();
  }

  /** Somebody else looped something. */
  unlooped() {
    if (this.looped < 0) return;
    this.looped = -1;
    this.tell();
    this.draw();
  }

  /** @override @param {number} seconds */
  setTime(seconds) {
    super.setTime(seconds);
    const now = this.found?.repetitions.findIndex(({ start, end }) => start <= seconds && seconds <= end) ?? -1;
    for (const row of this.host.querySelectorAll("tr[data-repetition]")) row.classList.toggle("now", Number(/** @type {HTMLElement} */ (row).dataset.repetition) === now);
  }

  /** What stands on the time axis. @returns {import("../video/curves.js").Band[]} */
  get bands() {
    if (!this.on || !this.found) return [];
    const counted = this.found.repetitions.map((repetition, i) => ({ from: repetition.start, to: repetition.end, kind: worst(repetition), label: String(i + 1) }));
    const passed = this.found.not_counted.map(({ start, end }) => ({ from: start, to: end, kind: "passed", label: "" }));
    return [...passed, ...counted];
  }

  /** The faults that were seen about a time. @param {number} seconds */
  faultsAt(seconds) {
    if (!this.on || !this.found) return [];
    const { checks } = this.found;
    return this.found.repetitions.flatMap((repetition) =>
      checks.flatMap((check) => {
        const result = repetition.checks[check.name];
        const at = result?.at ?? repetition.extremum;
        return result?.status === "fault" && Math.abs(at - seconds) <= SHOWN_S ? [{ check, result, repetition }] : [];
      }),
    );
  }

  /**
   * The people of a frame, with what the coach finds fault with marked on whom it follows.
   * @param {Person[]} people
   * @param {number} seconds
   */
  marked(people, seconds) {
    const faults = this.faultsAt(seconds);
    if (!faults.length || !this.found) return people;
    const followed = new Set(this.found.person);
    return people.map((person) => {
      if (!followed.has(person.id ?? 1)) return person;
      const flags = faults.flatMap(({ check, result, repetition }) =>
        jointsOf(check.mark, repetition.side).map((joint) => ({ joint, kind: "coach", value: result.value ?? NaN, limit: result.limit ?? NaN, text: checkName(check.name) })),
      );
      return { ...person, flags: [...person.flags.filter((flag) => !flags.some(({ joint }) => joint === flag.joint)), ...flags] };
    });
  }

  /** What is to be said at a time; "" if nothing. @param {number} seconds */
  cueAt(seconds) {
    const fault = this.faultsAt(seconds)[0];
    return fault ? own(fault.check.cue) : "";
  }

  /** @override */
  tell() {
    const { found } = this;
    this.context.state.coach = this.on && {
      status: this.status, asked: this.exercise, exercise: found?.exercise ?? null, count: found?.count ?? 0,
      repetitions: found?.repetitions ?? [], complete: !!found?.complete, frames: found?.frames ?? 0, looped: this.looped, notes: found?.notes.en ?? [], bands: this.bands,
    };
    super.tell();
  }

  // Drawing

  /** @override */
  draw() {
    if (!this.on && !this.host.childElementCount) return;
    const { host, found } = this;
    const had = host.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).id : "";
    this.unplot();
    fill(host, this.head(), h("div", { class: "body stack coach-body" }, this.error ? this.problem() : found ? this.told(found) : this.waiting()));
    const plot = host.querySelector(".signal");
    if (plot && found?.signal) this.drawSignal(/** @type {HTMLElement} */ (plot), found.signal);
    this.setTime(this.time);
    if (had) document.getElementById(had)?.focus();
  }

  head() {
    const options = [h("option", { value: "auto", selected: this.exercise === "auto" }, t("coach.auto")), ...this.exercises.map((exercise) => h("option", { value: exercise.name, selected: exercise.name === this.exercise }, own(exercise.title)))];
    const select = h("select", { class: "select slim", id: "exercise", "aria-label": t("coach.exercise") }, options);
    select.addEventListener("change", () => this.choose(select.value));
    return h(
      "header", {},
      h("h2", { id: "coach-title" }, t("coach.title")),
      h("div", { class: "coach-tools" }, this.busy ? h("span", { class: "spinner ink tiny", role: "img", "aria-label": t("coach.counting") }) : null, this.context.fixed ? null : select, this.context.fixed ? null : h("a", { class: "button", href: `/exercises?${new URLSearchParams({ job: this.job, exercise: this.found?.exercise ?? this.exercise })}` }, icon("edit", 16), t("coach.rules"))),
    );
  }

  waiting() {
    return h("p", { class: "muted" }, t("coach.counting"));
  }

  /** @param {Coached} found */
  told(found) {
    const hold = found.kind === "hold";
    const count = h("p", { class: "coach-count", id: "count" }, h("b", { class: "numeric" }, number(found.count)), h("span", {}, found.exercise ? t(`coach.${hold ? "hold" : "repetition"}${found.count === 1 ? "" : "s"}`, { what: own(found.title) }) : t("coach.none")));
    const partial = found.complete ? null : h("p", { class: "muted small" }, t("coach.partial"));
    const notes = (found.notes[language()] ?? found.notes.en ?? []).map((note) => h("li", {}, icon("info", 16), h("span", {}, note)));
    return [
      h("div", { class: "coach-sum" }, count, this.cues(found)),
      partial,
      found.count ? null : h("div", { class: "notice" }, icon("info"), h("div", {}, h("strong", {}, t("coach.how.title")), t("coach.how")), this.context.fixed || this.exercise === "auto" ? null : h("button", { class: "button", type: "button", id: "find", on: { click: () => this.choose("auto") } }, t("coach.auto"))),
      found.signal ? h("div", { class: "signal-box" }, h("p", { class: "small muted" }, t("coach.signal", { what: measureName(found.signal.measure) })), h("div", { class: "signal", "aria-hidden": "true" })) : null,
      found.not_counted.length ? this.passed(found) : null,
      found.count ? table(found, this.looped, (index) => this.loop(index)) : null,
      notes.length ? h("ul", { class: "coach-notes small", "aria-label": t("coach.notes") }, notes) : null,
      h("p", { class: "muted small" }, t(`coach.tolerance.${found.errors_of}`), " ", t("coach.no_medical")),
    ];
  }

  /** Movements that were another one, and why. @param {Coached} found */
  passed(found) {
    const items = found.not_counted.map(({ start, end, why }) => {
      const go = h("button", { class: "link", type: "button" }, t("coach.passed.one", { from: number(start, 1), to: number(end, 1), what: measureName(why) }));
      go.addEventListener("click", () => this.seek(start));
      return h("li", {}, go);
    });
    return h("details", { class: "passed small" }, h("summary", {}, t("coach.passed", { count: number(items.length) })), h("ul", {}, items));
  }

  /** What to say, most frequent first; each goes to where it was seen. @param {Coached} found */
  cues(found) {
    const faults = found.checks.map((check) => ({ check, in: found.repetitions.filter((r) => r.checks[check.name]?.status === "fault") })).filter((fault) => fault.in.length);
    faults.sort((a, b) => b.in.length - a.in.length);
    if (!faults.length) return found.count && found.checks.length ? h("p", { class: "muted small" }, t("coach.no_fault")) : null;
    const items = faults.map(({ check, in: seen }) => {
      const at = seen[0].checks[check.name].at ?? seen[0].extremum;
      const go = h("button", { class: "cue", type: "button", dataset: { cue: check.name } }, icon("warning", 16), h("span", {}, own(check.cue)), h("span", { class: "muted small" }, t("coach.of", { faults: number(seen.length), all: number(found.count) })));
      go.addEventListener("click", () => this.seek(at));
      return h("li", {}, go);
    });
    return h("ul", { class: "cues", "aria-label": t("coach.cues") }, items);
  }

  /** @param {HTMLElement} host @param {import("./api.js").SignalOver} signal */
  drawSignal(host, signal) {
    const values = onFrames(this.axis.times, signal.times_s, signal.values);
    const known = values.filter((value) => value !== null);
    const low = Math.min(...known, signal.enter, signal.leave);
    const high = Math.max(...known, signal.enter, signal.leave);
    const room = 0.08 * (high - low || 1);
    const degrees = isDegrees(signal.measure);
    const curves = this.plot(host, { range: [low - room, high + room], write: (value) => (degrees ? `${number(value)}°` : number(value, 1)), lines: [{ at: signal.enter, label: t("coach.enter", { value: valueOf(signal.measure, signal.enter) }) }, { at: signal.leave, label: t("coach.leave", { value: valueOf(signal.measure, signal.leave) }) }] });
    curves.show([{ key: "signal", label: measureName(signal.measure), colour: getComputedStyle(host).getPropertyValue("--accent").trim(), dashed: false, values }]);
    curves.setBands(this.bands);
  }
}

/** What stands out most in a repetition. @param {import("./api.js").Repetition} repetition */
export function worst(repetition) {
  const found = Object.values(repetition.checks).map(({ status }) => status);
  return found.includes("fault") ? "fault" : found.includes("near") ? "near" : found.includes("ok") ? "ok" : "unknown";
}

/** "knee" of the nearer side, "left_knee", or "both_knee" → joints. @param {string} mark @param {string} side */
export function jointsOf(mark, side) {
  if (mark.startsWith("both_")) return ["left", "right"].map((one) => `${one}_${mark.slice(5)}`);
  return [/^(left|right)_/.test(mark) ? mark : `${side}_${mark}`];
}
