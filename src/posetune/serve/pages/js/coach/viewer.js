/**
 * A video with what was found in it, for a page that tries rules: stage, transport, and the coach's panel around one cursor.
 */
import { flagText } from "../components/angle_list.js";
import { SkeletonCanvas } from "../components/skeleton_canvas.js";
import { byId, fill, icon } from "../dom.js";
import { jointName } from "../i18n.js";
import { ExactFrames } from "../video/exact.js";
import { address, getTimes } from "../video/jobs.js";
import { VideoPeople } from "../video/people.js";
import { MOST_PX, Player } from "../video/player.js";
import { FrameTimes } from "../video/times.js";
import { Transport } from "../video/transport.js";

/** @typedef {import("../video/jobs.js").Job} Job */

export class Viewer {
  /**
   * @param {import("../types.js").Skeleton} skeleton
   * @param {import("./panel.js").CoachPanel} panel
   * @param {Record<string, any>} state of the page
   */
  constructor(skeleton, panel, state) {
    this.stage = new SkeletonCanvas(byId("stage"), { skeleton, flagText, pointName: jointName });
    this.panel = panel;
    this.state = state;
    this.turn = 0;
    /** What the panel loops. @type {import("../video/player.js").Stretch | null} */
    this.repetition = null;
    panel.addEventListener("change", () => this.draw());
    panel.addEventListener("seek", (event) => void this.player?.seek(this.times?.at(/** @type {CustomEvent<number>} */ (event).detail) ?? 0));
    panel.addEventListener("loop", (event) => this.loop(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {Job} job */
  async open(job) {
    this.close();
    const turn = this.turn;
    const times = new FrameTimes(await getTimes(job.id));
    if (turn !== this.turn) return;
    this.times = times;
    this.size = { width: job.video.width, height: job.video.height };
    this.people = new VideoPeople(job.id, times.count);
    const exact = new ExactFrames((index) => `jobs/${job.id}/frames/${index}.jpg?side=${MOST_PX}`, times.count);
    this.player = new Player(times, exact, this.size);
    this.player.addEventListener("frame", (event) => {
      this.picture = /** @type {CustomEvent} */ (event).detail.picture;
      this.draw();
    });
    this.player.addEventListener("state", () => {
      if (this.player?.stretch !== this.repetition) this.panel.unlooped();
      Object.assign(this.state, { playing: this.player?.playing, looping: this.player?.looping });
    });
    this.transport = new Transport(byId("transport"), this.player);
    this.stage.setPicture(null, this.size);
    this.panel.open(job.id, { times: Array.from(times.times), end: times.end });
    await this.player.seek(0);
    await this.people.more();
    if (turn !== this.turn) return;
    this.draw();
    if (job.video.playable) void this.player.load(address(job.id, "original"));
  }

  close() {
    this.turn++;
    this.stage.setPicture(null, { width: 0, height: 0 });
    this.stage.setPeople([]);
    this.player?.close(); // and its pictures: nothing that the panel says from here on may draw one
    this.player = undefined;
    this.picture = null;
    this.transport?.destroy();
    this.panel.close();
  }

  /** @param {{from: number, to: number} | null} span seconds */
  loop(span) {
    const { player, times } = this;
    if (!player || !times) return;
    this.repetition = span && { from: times.at(span.from), to: times.at(span.to) };
    player.setLoop(!!span, this.repetition);
    if (this.repetition) void player.seek(this.repetition.from).then(() => player.play());
    else void player.pause();
  }

  /** Picture, people and cursor change together. */
  draw() {
    const index = this.player?.index ?? -1;
    if (index < 0 || !this.times || !this.size || !this.people || !this.picture) return;
    const seconds = this.times.times[index];
    const people = this.people.at(index) ?? [];
    this.stage.setFrame(this.picture, this.size, this.panel.marked(people, seconds));
    this.stage.draw();
    const cue = this.panel.cueAt(seconds);
    byId("cue").hidden = !cue;
    if (cue) fill(byId("cue"), icon("warning", 16), cue);
    this.panel.setTime(seconds);
    Object.assign(this.state, { frame: index, time: seconds, people });
  }
}
