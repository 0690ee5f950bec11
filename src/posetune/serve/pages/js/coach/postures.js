/**
 * Posture scores under a video: REBA, RULA and OWAS over time with what is not known, shares of time, worst moments. It screens.
 *
 * Events: "change"; "seek" (detail: seconds).
 */
import { get } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { clock } from "../video/transport.js";
import { onFrames } from "./axis.js";
import { JobView } from "./job_view.js";

/**
 * @typedef {"reba" | "rula" | "owas"} Method
 * @typedef {{name: string, low: number, high: number}} Level
 * @typedef {{time_s: number, person: number, score: [number, number], level: [string, string]}} Moment
 * @typedef {{person: number, times_s: number[], scores: Record<Method, [number, number][]>}} OverTime
 * @typedef {{seen_s: number, verdict: string | null, zones: Record<string, {share_of_time: number, longest_s: number, per_minute: number, verdict: string | null}>}} Part after EN 1005-4
 * @typedef {{frames: number, complete: boolean, notice: string, person_seconds: number, people: number[], methods: Record<Method, {share_of_time: Record<string, {at_least: number, at_most: number} | null>, worst: Moment[]}>, levels: Record<Method, Level[]>, over_time: OverTime[], en1005_4?: Record<string, Part>}} Postures
 */

/** @type {Method[]} */
const METHODS = ["reba", "rula", "owas"];
const TYPED = ["shock", "static", "repeated", "unstable", "twisted", "neck_twisted", "supported", "en1005"];
const WAIT_MS = 350;
/** More of the time than this not known to one score: another place for the camera would tell more. */
const VAGUE = 0.5;

/** @extends {JobView<Postures>} */
export class PosturesPanel extends JobView {
  /**
   * @param {HTMLElement} host
   * @param {{state: Record<string, any>, say: (text: string) => void}} context
   */
  constructor(host, context) {
    super(host);
    this.context = context;
    /** @type {Method} */
    this.method = "reba";
    /** @type {Record<string, number | boolean>} */
    this.task = { load: 0, coupling: 0 };
    this.faces = false;
    this.timer = 0;
    this.result = h("div", { class: "stack coach-body" });
    window.addEventListener("posetune:language", () => this.build());
    window.addEventListener("posetune:theme", () => this.draw());
    this.build();
  }

  /** @override */
  close() {
    clearTimeout(this.timer);
    super.close();
  }

  /** @param {number} id whose scores are drawn */
  follow(id) {
    this.person = id;
    this.draw();
  }

  get query() {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(this.task)) if (value) query.set(key, value === true ? "1" : String(value));
    return query;
  }

  /** @override @returns {Promise<Postures>} */
  find() {
    return get(`jobs/${this.job}/ergonomics?${this.query}`);
  }

  /** Something was typed in. @param {string} key @param {number | boolean} value */
  type(key, value) {
    this.task[key] = value;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), WAIT_MS);
  }

  /** @override */
  tell() {
    const { found } = this;
    this.context.state.postures = this.on && {
      status: this.status, method: this.method, task: this.task, complete: !!found?.complete,
      people: found?.people ?? [], methods: found?.methods ?? null,
    };
    super.tell();
  }

  // Drawing

  /** What stays while results come and go: the title, the notice, and what is typed in. */
  build() {
    const load = h("input", { class: "input", type: "number", id: "load", min: 0, max: 500, step: 0.5, value: String(this.task.load), inputmode: "decimal" });
    load.addEventListener("input", () => load.validity.valid && this.type("load", load.valueAsNumber || 0));
    const coupling = h("select", { class: "select", id: "coupling" }, [0, 1, 2, 3].map((grade) => h("option", { value: grade, selected: grade === this.task.coupling }, t(`posture.coupling.${grade}`))));
    coupling.addEventListener("change", () => this.type("coupling", Number(coupling.value)));
    const boxes = TYPED.map((key) => {
      const box = h("input", { type: "checkbox", id: `posture-${key}`, checked: !!this.task[key] });
      box.addEventListener("change", () => this.type(key, box.checked));
      return h("label", { class: "check", for: `posture-${key}` }, box, h("span", {}, t(`posture.${key}`)));
    });
    fill(
      this.host,
      h("header", {}, h("h2", { id: "postures-title" }, t("posture.title"))),
      h(
        "div", { class: "body stack coach-body" },
        h("div", { class: "notice" }, icon("info"), h("div", {}, t("posture.notice"))),
        h(
          "fieldset", { class: "typed" }, h("legend", {}, t("posture.typed")),
          h("div", { class: "typed-fields" }, h("div", { class: "field" }, h("label", { for: "load" }, t("posture.load")), load), h("div", { class: "field" }, h("label", { for: "coupling" }, t("posture.coupling")), coupling)),
          h("div", { class: "typed-boxes" }, boxes),
        ),
        this.result,
      ),
    );
    this.draw();
  }

  /** @override */
  draw() {
    this.unplot();
    const { found, result } = this;
    const had = result.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).id : "";
    if (this.error) fill(result, this.problem());
    else if (!found) fill(result, h("p", { class: "muted" }, h("span", { class: "spinner ink tiny" }), " ", t("posture.scoring")));
    else if (!found.people.length) fill(result, h("div", { class: "notice" }, icon("info"), h("div", {}, h("strong", {}, t("posture.nobody")), t("posture.how"))));
    else fill(result, this.told(found));
    const plot = /** @type {HTMLElement | null} */ (result.querySelector(".score-plot"));
    if (plot && found) this.drawScores(plot, found);
    if (had) document.getElementById(had)?.focus();
  }

  /** @param {Postures} found */
  told(found) {
    const { method } = this;
    const levels = found.levels[method];
    const chosen = METHODS.map((each) => h("button", { type: "button", id: `method-${each}`, "aria-pressed": String(each === method), on: { click: () => this.choose(each) } }, each.toUpperCase()));
    const files = h("a", { class: "button", id: "postures-csv", href: `/api/v1/jobs/${this.job}/ergonomics.csv?${this.query}`, download: "postures.csv" }, icon("download", 16), "postures.csv");
    return [
      h("div", { class: "posture-head" }, h("div", { class: "segments", role: "group", "aria-label": t("posture.method") }, chosen), h("span", { class: "muted small" }, t(`posture.about.${method}`)), h("span", { class: "spacer" }), files),
      found.complete ? null : h("p", { class: "muted small" }, t("coach.partial")),
      vague(found, method) > VAGUE ? h("div", { class: "notice warn" }, icon("warning"), h("div", {}, h("strong", {}, t("posture.vague", { share: number(100 * vague(found, method)) })), t("posture.how"))) : null,
      h("div", { class: "score-plot", "aria-hidden": "true" }),
      h("p", { class: "small muted" }, t("posture.plot")),
      shares(found, method, levels),
      found.en1005_4 ? zones(found.en1005_4) : null,
      this.worst(found),
    ];
  }

  /** @param {Method} method */
  choose(method) {
    this.method = method;
    this.tell();
    this.draw();
  }

  /** @param {Postures} found */
  worst(found) {
    const faces = h("input", { type: "checkbox", id: "faces", checked: this.faces });
    faces.addEventListener("change", () => {
      this.faces = faces.checked;
      this.draw();
    });
    const cards = found.methods[this.method].worst.map((moment) => {
      const frame = nearest(this.axis.times, moment.time_s);
      const picture = `/api/v1/jobs/${this.job}/frames/${frame}.jpg?side=480&faces=${this.faces ? "shown" : "blurred"}`;
      const [low, high] = moment.score;
      const said = t("posture.worst.score", { score: low === high ? number(low) : t("posture.interval", { low: number(low), high: number(high) }), level: levelWords(moment.level) });
      const card = h("button", { class: "moment", type: "button", dataset: { time: moment.time_s } }, h("img", { src: picture, alt: "", loading: "lazy", decoding: "async", width: 480, height: 270 }), h("strong", {}, said), h("span", { class: "muted small numeric" }, clock(moment.time_s)));
      card.addEventListener("click", () => this.seek(moment.time_s));
      return h("li", {}, card);
    });
    return h("section", { class: "worst" }, h("div", { class: "worst-head" }, h("h3", {}, t("posture.worst")), h("label", { class: "check small", for: "faces" }, faces, h("span", {}, t("posture.faces")))), h("ul", { class: "moments" }, cards));
  }

  /** The interval between the lowest and the highest score, whose levels lie behind it. @param {HTMLElement} host @param {Postures} found */
  drawScores(host, found) {
    const own = found.over_time.find(({ person }) => person === this.person) ?? [...found.over_time].sort((a, b) => b.times_s.length - a.times_s.length)[0];
    const scores = onFrames(this.axis.times, own.times_s, own.scores[this.method]);
    const levels = found.levels[this.method];
    const most = levels[levels.length - 1].high;
    const style = getComputedStyle(host);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const zones = levels.map(({ low, high }, i) => ({ from: i ? low - 0.5 : 0.5, to: high + 0.5, colour: colour(zone(i, levels.length)) }));
    const curves = this.plot(host, { range: [0.5, most + 0.5], write: (value) => number(value), splits: levels.map(({ low }) => low), zones, between: colour("--accent") });
    curves.show(["low", "high"].map((key, end) => ({ key, label: key, colour: colour("--accent"), dashed: false, values: scores.map((score) => score && score[end]) })));
    curves.setTime(this.time);
  }
}

/** The colour of a level: from harmless to urgent; of five levels the lowest two are harmless. @param {number} i @param {number} count */
const zone = (i, count) => ["--good", "--warn", "--danger", "--danger"][Math.max(0, count === 5 ? i - 1 : i)];

/** @param {[string, string]} levels */
function levelWords([low, high]) {
  const words = [low, high].map((name) => t(`posture.level.${name.replaceAll(" ", "_")}`));
  return low === high ? words[0] : t("posture.interval", { low: words[0], high: words[1] });
}

/** Which part of the time has no one score. @param {Postures} found @param {Method} method */
function vague(found, method) {
  const all = found.over_time.flatMap(({ scores }) => scores[method]);
  return all.length ? all.filter(([low, high]) => low !== high).length / all.length : 0;
}

/**
 * Time at each level: what is sure is full, what may be is pale.
 * @param {Postures} found
 * @param {Method} method
 * @param {Level[]} levels
 */
function shares(found, method, levels) {
  const rows = levels.map(({ name, low, high }, i) => {
    const share = found.methods[method].share_of_time[name] ?? { at_least: 0, at_most: 0 };
    const bar = h("span", { class: "share-bar", "aria-hidden": "true" });
    bar.style.setProperty("--least", `${100 * share.at_least}%`);
    bar.style.setProperty("--most", `${100 * share.at_most}%`);
    bar.style.setProperty("--level", `var(${zone(i, levels.length)})`);
    const [least, most] = [share.at_least, share.at_most].map((part) => number(100 * part));
    const said = least === most ? t("posture.percent", { share: least }) : t("posture.percents", { least, most });
    return h("tr", { dataset: { level: name, least: share.at_least, most: share.at_most } }, h("th", { scope: "row" }, t(`posture.level.${name.replaceAll(" ", "_")}`)), h("td", { class: "numeric muted" }, low === high ? number(low) : `${number(low)}–${number(high)}`), h("td", {}, bar), h("td", { class: "numeric" }, said));
  });
  const head = ["posture.column.level", "posture.column.score", "posture.column.bar", "posture.column.share"].map((key, i) => h("th", { scope: "col" }, i === 2 ? h("span", { class: "visually-hidden" }, t(key)) : t(key)));
  return h("table", { class: "shares" }, h("caption", { class: "small muted" }, t("posture.shares", { seconds: number(found.person_seconds, 1) })), h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
}

/** EN 1005-4: a row a part and zone in which it was. @param {Record<string, Part>} parts */
function zones(parts) {
  const rows = Object.entries(parts).flatMap(([part, { zones: all }]) =>
    Object.entries(all).filter(([, zone]) => zone.share_of_time > 0).map(([name, { share_of_time, longest_s, per_minute, verdict }]) =>
      h("tr", {}, h("th", { scope: "row" }, t(`posture.en.${part.replace(" ", "_")}`)), h("td", {}, name === "backwards" ? t("posture.en.backwards") : zoneName(name)), h("td", { class: "numeric" }, t("posture.percent", { share: number(100 * share_of_time) })), h("td", { class: "numeric" }, t("coach.live.seconds", { seconds: number(longest_s, 1) })), h("td", { class: "numeric" }, number(per_minute, 1)), h("td", {}, verdict ? t(`posture.en.${verdict.replaceAll(" ", "_")}`) : "–")),
    ),
  );
  const heads = ["part", "zone", "share", "longest", "often", "verdict"].map((key) => h("th", { scope: "col" }, t(`posture.en.column.${key}`)));
  const table = h("table", { class: "shares zones" }, h("caption", { class: "small muted" }, t("posture.en.about")), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  return h("div", { class: "coach-scroll", tabindex: 0, role: "region", "aria-label": t("posture.en.about") }, table);
}

/** "to 20°", "20 to 60°", "beyond 60°". @param {string} name */
function zoneName(name) {
  const [low, high] = /^(?:to (\d+)°|(\d+) to (\d+)°|beyond (\d+)°)$/.exec(name)?.slice(1).filter(Boolean) ?? [];
  if (name.startsWith("to ")) return t("posture.en.to", { high: low });
  return name.startsWith("beyond ") ? t("posture.en.beyond", { low }) : t("posture.en.between", { low, high });
}

/** @param {number[]} times @param {number} time */
function nearest(times, time) {
  let best = 0;
  times.forEach((other, i) => {
    if (Math.abs(other - time) < Math.abs(times[best] - time)) best = i;
  });
  return best;
}
