/**
 * The workbench of a video: stage, transport, curves and panels around one cursor. Opened for a job, and perhaps for a second one
 * of the same video by another network.
 */
import { getNetworks, send } from "../api.js";
import { CoachPanel } from "../coach/panel.js";
import { PosturesPanel } from "../coach/postures.js";
import { flagText } from "../components/angle_list.js";
import { Readings } from "../components/readings.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { legend, stageBar } from "../components/stage_bar.js";
import { View3D } from "../components/view3d.js";
import { wipe } from "../components/wipe.js";
import { byId, fill, h, icon } from "../dom.js";
import { jointName, t } from "../i18n.js";
import { differences, matched } from "./beside.js";
import { Chips, part, side } from "./chips.js";
import { Curves } from "./curves.js";
import { ExactFrames } from "./exact.js";
import { address, cancelJob, deleteJob, getJob, getTimes, going } from "./jobs.js";
import { showDifferences, showDownloads, showJob, sentence } from "./panels.js";
import { VideoPeople } from "./people.js";
import { MOST_PX, Player } from "./player.js";
import { FrameTimes } from "./times.js";
import { Transport } from "./transport.js";

/** @typedef {import("./jobs.js").Job} Job */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {{skeleton: Skeleton, ranges: Record<string, import("../types.js").Range>, state: Record<string, any>, shell: import("../shell.js").Shell, leave: () => void, compare: (job: Job, network: string) => Promise<Job>}} Context */

const POLL_MS = 600;
const CHOSEN = ["left_knee", "right_knee", "left_hip", "right_hip"];

export class Bench {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    const { skeleton, ranges, shell } = context;
    this.stage = new SkeletonCanvas(byId("stage"), { skeleton, flagText, pointName: jointName });
    this.wipe = wipe(byId("stage"), this.stage);
    this.space = new View3D(byId("space"), { skeleton });
    stageBar(byId("stage-bar"), this.stage, { toggles: ["skeleton", "angles"] });
    this.readings = new Readings(byId("readings"), {
      joints: skeleton.angles.map(({ name }) => name), ranges, say: (text) => shell.say(text),
      foot: () => h("a", { href: "/ranges", class: "small" }, t("angles.edit")),
    });
    this.stage.addEventListener("select", () => this.follow(this.shown[this.stage.selected]?.id ?? this.who));
    window.addEventListener("posetune:language", () => this.job && this.panels());
    window.addEventListener("posetune:theme", () => {
      this.drawCurves();
      this.curves?.again();
    });
    this.coach = new CoachPanel(byId("coach"), { state: context.state, say: (text) => shell.say(text) });
    this.coach.addEventListener("change", () => this.coached());
    this.coach.addEventListener("choose", () => this.tellAddress());
    this.coach.addEventListener("seek", (event) => void this.player?.seek(this.times?.at(/** @type {CustomEvent<number>} */ (event).detail) ?? 0));
    this.coach.addEventListener("loop", (event) => this.loop(/** @type {CustomEvent} */ (event).detail));
    this.postures = new PosturesPanel(byId("postures"), { state: context.state, say: (text) => shell.say(text) });
    this.postures.addEventListener("seek", (event) => void this.player?.seek(this.times?.nearest(/** @type {CustomEvent<number>} */ (event).detail) ?? 0));
    /** @type {NodeListOf<HTMLElement>} */
    this.tabs = byId("views").querySelectorAll("[data-view]");
    for (const tab of this.tabs) tab.addEventListener("click", () => (this.choose(tab.dataset.view ?? "", null), this.tellAddress()));
    this.view = "angles";
    /** What is looped by the coach. @type {import("./player.js").Stretch | null} */
    this.repetition = null;
    /** @type {Job | null} */
    this.job = null;
    /** @type {Job | null} */
    this.second = null;
    /** @type {VideoPeople | null} */
    this.others = null;
    /** @type {import("../types.js").Network[]} */
    this.networks = [];
    this.who = 0;
    this.turn = 0;
    this.pending = "";
    this.film = "";
    this.leaving = new AbortController();
    this.failed = false;
  }

  /**
   * @param {Job} job
   * @param {Job | null} [second] the same video by another network
   */
  async open(job, second = null) {
    this.close();
    const turn = this.turn;
    this.job = job;
    this.second = second;
    Object.assign(this.context.state, { complete: false, job, second });
    const times = new FrameTimes(await getTimes(job.id));
    if (turn !== this.turn) return;
    this.times = times;
    this.size = { width: job.video.width, height: job.video.height };
    this.people = new VideoPeople(job.id, times.count);
    this.others = second && new VideoPeople(second.id, times.count);
    const exact = new ExactFrames((index) => `jobs/${job.id}/frames/${index}.jpg?side=${MOST_PX}`, times.count);
    this.player = new Player(times, exact, this.size);
    this.player.addEventListener("frame", (event) => this.draw(/** @type {CustomEvent} */ (event).detail));
    this.player.addEventListener("trouble", (event) => this.fail(/** @type {CustomEvent} */ (event).detail));
    this.player.addEventListener("state", () => this.tellPlayer());
    this.transport = new Transport(byId("transport"), this.player);
    this.curves = new Curves(byId("curves"), times.times, times.end);
    this.curves.addEventListener("seek", (event) => void this.player?.seek(times.at(/** @type {CustomEvent<number>} */ (event).detail)));
    this.chips = new Chips(byId("chips"), this.context.skeleton.angles.map(({ name }) => name), second ? CHOSEN.slice(0, 1) : CHOSEN);
    this.chips.addEventListener("change", () => this.drawCurves());
    this.stage.setOthers(null);
    this.stage.setPicture(null, this.size);
    this.wipe.show(!!second);
    if (second) this.wipe.name(job.network.name, second.network.name);
    legendOnce();
    const axis = { times: Array.from(times.times), end: times.end };
    this.coach.open(job.id, axis);
    this.postures.open(job.id, axis);
    this.panels();
    this.drawCurves();
    await this.player.seek(0);
    void this.load(turn);
    void this.poll(turn);
    this.networks = await getNetworks().catch(() => []);
    if (turn === this.turn) this.panels();
  }

  close() {
    this.turn++;
    this.leaving.abort();
    this.leaving = new AbortController();
    this.stage.setPicture(null, { width: 0, height: 0 }); // its picture is closed with the player
    this.stage.setPeople([]);
    this.player?.close();
    this.transport?.destroy();
    this.curves?.destroy();
    this.chips?.destroy();
    this.coach.close();
    this.postures.close();
    if (this.film) URL.revokeObjectURL(this.film);
    this.film = "";
    this.player = undefined;
    this.job = this.second = this.others = null;
    this.who = 0;
    this.pending = "";
    fill(byId("curves"));
    this.message();
  }

  /** Something that the browser plays: the file itself, else the server's VP8. Until then it is shown frame by frame. @param {number} turn */
  async load(turn) {
    const { job, player } = this;
    if (!job || !player) return;
    if (job.video.playable && (await player.load(address(job.id, "original")))) {
      this.tellPlayer();
      return;
    }
    if (turn !== this.turn) return;
    this.message(h("span", { class: "spinner" }), t("video.converting"));
    try {
      const answer = await fetch(address(job.id, "proxy.webm"), { credentials: "same-origin", signal: this.leaving.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const film = await answer.blob();
      if (turn !== this.turn) return;
      this.film = URL.createObjectURL(film);
      if (!(await player.load(this.film))) throw new Error("unplayable");
      this.message();
    } catch {
      if (turn === this.turn) this.message(icon("warning"), t("video.by_frames"));
    }
    this.tellPlayer();
  }

  /** Follow the jobs until there is no more to come. @param {number} turn */
  async poll(turn) {
    for (;;) {
      try {
        const fresh = [await this.people?.more(), await this.others?.more()];
        if (turn !== this.turn || !this.job) return;
        this.recovered();
        const going_ = [this.job, this.second].map((job) => !!job && going(job));
        if (going_[0]) this.job = await getJob(this.job.id);
        if (going_[1] && this.second) this.second = await getJob(this.second.id);
        if (turn !== this.turn || !this.job) return;
        if (fresh.some(Boolean)) this.refresh();
        for (const panel of [this.coach, this.postures]) panel.more(this.people?.known ?? 0, !going(this.job));
        this.panels();
        if (going_[0] && !going(this.job)) this.context.shell.say(t(`video.state.${this.job.state}`));
        if (going_[0] && this.job.state === "done") await this.settle(turn);
        const ended = (/** @type {Job | null} */ job, /** @type {VideoPeople | null | undefined} */ people) => !job || (!going(job) && !!people?.complete);
        if (ended(this.job, this.people) && ended(this.second, this.others)) break;
      } catch (error) {
        if (turn !== this.turn) return;
        this.fail(error);
        if (/** @type {any} */ (error).status === 404) return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (turn !== this.turn) return;
    }
    this.context.state.complete = true;
    this.drawCurves();
  }

  /** The times that were read may differ from those that the file promised. @param {number} turn */
  async settle(turn) {
    const times = await getTimes(this.job?.id ?? "");
    if (turn !== this.turn || !this.times || times.length !== this.times.count) {
      if (turn === this.turn && this.job) await this.open(this.job, this.second);
      return;
    }
    this.times.times.set(times);
    if (this.curves) this.curves.times = times;
  }

  /** New frames were looked at. */
  refresh() {
    if (!this.player || !this.people) return;
    if (!this.who || !this.people.ids().some(({ id }) => id === this.who)) this.who = this.people.ids()[0]?.id ?? 0;
    this.drawWho();
    this.drawCurves();
    if (this.player.index >= 0 && !this.player.playing) this.draw({ index: this.player.index, picture: this.stage.picture });
  }

  /**
   * Angles alone, or what the coach says of them.
   * @param {string} view
   * @param {string | null} exercise
   */
  choose(view, exercise) {
    this.view = ["coach", "postures"].includes(view) ? view : "angles";
    this.context.state.view = this.view;
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset.view === this.view));
    if (exercise) this.coach.exercise = this.context.state.exercise = exercise;
    this.coach.show(this.view === "coach");
    this.postures.show(this.view === "postures");
    byId("curves-panel").hidden = this.view === "postures";
    this.curves?.resize();
  }

  /** The address says what is looked at, so that it can be kept. */
  tellAddress() {
    const address = new URL(location.href);
    for (const [key, value, usual] of [["view", this.view, "angles"], ["exercise", this.coach.exercise, "auto"]]) {
      if (value === usual) address.searchParams.delete(key);
      else address.searchParams.set(key, value);
    }
    history.replaceState(history.state, "", address);
  }

  /** The coach has something else to say. */
  coached() {
    this.curves?.setBands(this.coach.bands);
    if (this.player && this.player.index >= 0 && !this.player.playing) this.draw({ index: this.player.index, picture: this.stage.picture });
  }

  /** @param {{from: number, to: number} | null} span seconds */
  loop(span) {
    const { player, times } = this;
    if (!player || !times) return;
    this.repetition = span && { from: times.at(span.from), to: times.at(span.to) };
    if (!this.repetition) {
      player.setLoop(false, null);
      void player.pause();
      return;
    }
    player.setLoop(true, this.repetition);
    void player.seek(this.repetition.from).then(() => player.play());
  }

  /** The people of the frame on the stage. @returns {Person[]} */
  get shown() {
    return this.people?.at(this.player?.index ?? -1) ?? [];
  }

  /**
   * One frame: picture, people, cursor and numbers change together.
   * @param {{index: number, picture: CanvasImageSource | null}} frame
   */
  draw({ index, picture }) {
    if (!this.people || !this.times || !this.size || !picture) return;
    this.recovered();
    const people = this.people.at(index);
    this.stage.others = this.others ? (this.others.at(index) ?? []) : null;
    this.stage.selected = people?.findIndex((person) => (person.id ?? 0) === this.who) ?? -1;
    const seconds = this.times.times[index];
    this.stage.setFrame(picture, this.size, this.coach.marked(people ?? [], seconds));
    const cue = this.coach.cueAt(seconds);
    byId("cue").hidden = !cue;
    if (cue) fill(byId("cue"), icon("warning", 16), cue);
    this.coach.setTime(seconds);
    this.postures.setTime(seconds);
    this.stage.draw();
    this.curves?.setTime(this.times.times[index]);
    const person = people?.[this.stage.selected] ?? people?.[0];
    this.readings.show(person);
    this.space.setPerson(person ?? null);
    const { state } = this.context;
    Object.assign(state, { frame: index, time: this.times.times[index], people: people ?? [], others: this.stage.others, overlay: people ? index : -1, drawn: state.drawn + 1 });
    this.missing(!people);
  }

  /** Say that nobody has looked at the frame that is shown, if so. @param {boolean} is */
  missing(is) {
    const texts = [t("video.not_yet"), t("video.never")];
    if (is && this.job) {
      const yet = going(this.job) || !this.people?.complete;
      this.message(yet ? h("span", { class: "spinner" }) : icon("warning"), texts[yet ? 0 : 1]);
    } else if (texts.includes(byId("message").textContent ?? "")) this.message();
  }

  tellPlayer() {
    const { player, times } = this;
    if (!player || !times) return;
    const stretch = player.stretch && { from: times.times[player.stretch.from], to: times.times[player.stretch.to] };
    this.curves?.setStretch(stretch);
    if (player.stretch !== this.repetition) this.coach.unlooped();
    Object.assign(this.context.state, { playing: player.playing, speed: player.speed, looping: player.looping, stretch: player.stretch, decoder: !!player.video });
  }

  /** @param {number} id whose curves and angles are shown */
  follow(id) {
    if (id === this.who) return;
    this.who = id;
    this.coach.follow(id);
    this.postures.follow(id);
    this.refresh();
  }

  drawWho() {
    const host = byId("who");
    const ids = (this.people?.ids() ?? []).slice(0, 8);
    host.hidden = ids.length < 2;
    if (host.hidden || [...host.children].map((button) => `${button.textContent}${button.getAttribute("aria-pressed")}`).join() === ids.map(({ id }) => `${id}${id === this.who}`).join()) return;
    fill(host, ids.map(({ id }) => h("button", { type: "button", "aria-pressed": String(id === this.who), "aria-label": t("analyse.person", { number: id }), on: { click: () => this.follow(id) } }, id)));
  }

  drawCurves() {
    const { people, others, chips, curves, who } = this;
    if (!people || !chips || !curves) return;
    const style = getComputedStyle(byId("curves"));
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const all = chips.joints.filter((joint) => chips.chosen.has(joint)).flatMap((joint) => {
      const mine = { key: joint, label: jointName(joint), colour: colour(`--curve-${part(joint)}`), dashed: side(joint) === "right", values: people.curve(who, joint), beyond: people.beyond(who, joint) };
      if (!others) return [mine];
      const partner = others.frames.map((_, frame) => matched([people.at(frame)], [others.at(frame)], who)[0]?.[1].angles[joint] ?? null);
      return [mine, { key: `${joint} second`, label: jointName(joint), colour: colour("--text"), dashed: side(joint) === "right", values: partner }];
    });
    curves.show(all);
    this.context.state.curves = all.map(({ key, values }) => ({ key, values }));
  }

  panels() {
    const { job, second, people, others } = this;
    if (!job) return;
    const { state, skeleton } = this.context;
    byId("file-name").textContent = job.name || t("video.title");
    byId("network-badge").textContent = t("analyse.network", { name: job.network.name });
    byId("second-badge").hidden = !second;
    if (second) byId("second-badge").textContent = t("video.beside.badge", { name: second.network.name });
    keepFocus(byId("job"), () => showJob(byId("job"), job, { cancel: () => void this.cancel(), remove: () => void this.remove(), keep: (on) => void this.keep(on) }));
    showDownloads(byId("downloads"), job);
    const both = people && others ? matched(people.frames, others.frames, this.who) : [];
    const rows = differences(both, skeleton);
    Object.assign(state, { job, second, differences: rows, compared: both.length });
    keepFocus(byId("differences"), () =>
      showDifferences(byId("differences"), { first: job, second, networks: this.networks, rows, frames: both.length, pending: this.pending }, { begin: (name) => void this.begin(name), end: () => void this.open(job) }),
    );
  }

  /** Have another network look at the same video. @param {string} network */
  async begin(network) {
    const job = this.job;
    const turn = this.turn;
    if (!job) return;
    this.pending = t("video.beside.sending");
    this.panels();
    try {
      const second = await this.context.compare(job, network);
      if (turn === this.turn) await this.open(await getJob(job.id), second);
    } catch (error) {
      this.context.shell.toast(sentence(error), "bad");
    }
    this.pending = "";
    this.panels();
  }

  async cancel() {
    if (!this.job) return;
    await cancelJob(this.job.id).catch((error) => this.context.shell.toast(sentence(error), "bad"));
    if (this.job) this.job = await getJob(this.job.id);
    this.panels();
  }

  async remove() {
    if (!this.job) return;
    try {
      await deleteJob(this.job.id);
      if (this.second) await deleteJob(this.second.id);
      this.context.leave();
    } catch (error) {
      this.context.shell.toast(sentence(error), "bad");
    }
  }

  /** @param {boolean} on */
  async keep(on) {
    if (!this.job) return;
    try {
      this.job = await send("PATCH", `jobs/${this.job.id}`, { kept: on });
    } catch (error) {
      this.context.shell.toast(sentence(error), "bad");
    }
    this.panels();
  }

  /** @param {unknown} error */
  fail(error) {
    this.message(icon("warning"), sentence(error));
    this.failed = true;
  }

  /** What failed goes again. */
  recovered() {
    if (this.failed) this.message();
  }

  /** Over the foot of the stage; without arguments: nothing. @param {...(Node | string)} what */
  message(...what) {
    this.failed = false;
    byId("message").hidden = !what.length;
    fill(byId("message"), ...what);
  }
}

let legends = 0;
function legendOnce() {
  if (!legends++ && document.getElementById("legend")) legend(byId("legend"));
}

/** Panels are written anew while somebody may stand on one of their buttons. @param {HTMLElement} host @param {() => void} write */
function keepFocus(host, write) {
  const id = host.contains(document.activeElement) ? document.activeElement?.id : "";
  const select = host.querySelector("select");
  const value = select?.value;
  if (select && document.activeElement === select) return; // an open list would close
  write();
  const fresh = host.querySelector("select");
  if (fresh && value) fresh.value = value;
  if (id) document.getElementById(id)?.focus();
}
