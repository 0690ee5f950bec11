/**
 * Video: nothing yet → uploading → the workbench of a job, whose address can be kept: /video?job=ID.
 */
import { ApiError, getNetworks, getRanges, getSkeleton } from "../api.js";
import { listenForFiles } from "../components/file_input.js";
import { tips } from "../components/tips.js";
import { byId, fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";
import { mountShell } from "../shell.js";
import { Bench } from "../video/bench.js";
import { address, againJob, getJob, getJobs, going, upload } from "../video/jobs.js";
import { sentence, share, stateBadge } from "../video/panels.js";
import { clock } from "../video/transport.js";

/** @typedef {import("../video/jobs.js").Job} Job */

const MAX_BYTES = 500 * 1024 * 1024;
const SUFFIXES = /\.(mp4|m4v|mov|webm|mkv|avi)$/i;
const LIST_MS = 3000;

/** @type {Record<string, any>} */
const state = {
  page: "video", status: "loading", job: null, second: null, frame: -1, overlay: -1, time: 0, people: [], others: null, drawn: 0, playing: false, speed: 1,
  view: "angles", exercise: "auto", coach: false, postures: false, looping: false, stretch: null, decoder: false, complete: false, curves: [], differences: [], compared: 0, uploaded: 0, error: null,
};
window.posetune = { state };
const shell = await mountShell("video");
/** @type {Bench | null} */
let bench = null;
/** @type {AbortController | null} */
let sending = null;
let listing = 0;

fill(byId("drop-icon"), icon("upload", 24));
tips(byId("tips"));
try {
  const [skeleton, ranges, networks] = await Promise.all([getSkeleton(), getRanges(), getNetworks()]);
  bench = new Bench({ skeleton, ranges, state, shell, leave, compare });
  Object.assign(window.posetune, { stage: bench.stage, bench });
  fill(byId("model"), networks.map((network) => h("option", { value: network.name, selected: network.current }, network.name)));
  listen();
  await route();
} catch (error) {
  refuse(error);
  state.status = "error";
}

function listen() {
  listenForFiles(/** @type {HTMLInputElement} */ (byId("file")), byId("drop"), (chosen) => void take(chosen));
  byId("sample").addEventListener("click", async () => {
    const answer = await fetch("/static/samples/squat.webm");
    if (answer.ok) await take(new File([await answer.blob()], "squat.webm", { type: "video/webm" }));
    else refuse(new ApiError(404, "", t("error.sample")));
  });
  byId("another").addEventListener("click", () => leave());
  byId("sending-stop").addEventListener("click", () => sending?.abort());
  addEventListener("popstate", () => void route());
  addEventListener("posetune:language", () => void list());
}

/** What the address says: a job, or none. */
async function route() {
  const asked = new URLSearchParams(location.search);
  const id = asked.get("job");
  if (!id) return showEmpty();
  try {
    const job = await getJob(id);
    const second = asked.get("with");
    bench?.choose(asked.get("view") ?? "angles", asked.get("exercise"));
    await show(job, second ? await getJob(second).catch(() => null) : null);
  } catch (error) {
    history.replaceState(null, "", "/video");
    showEmpty();
    refuse(error);
  }
}

function leave() {
  history.pushState(null, "", "/video");
  showEmpty();
}

function showEmpty() {
  bench?.close();
  Object.assign(state, { status: "empty", job: null, second: null, frame: -1, overlay: -1, people: [], complete: false });
  byId("bench").hidden = true;
  byId("empty").hidden = false;
  byId("main").classList.remove("bench");
  void list();
}

/** @param {Job} job @param {Job | null} [second] */
async function show(job, second = null) {
  clearTimeout(listing);
  byId("empty").hidden = true;
  byId("bench").hidden = false;
  byId("main").classList.add("bench");
  Object.assign(state, { status: "job", job, second, complete: false, error: null, frame: -1, drawn: 0 });
  scrollTo(0, 0);
  bench?.stage.resize();
  await bench?.open(job, second);
}

/** @param {File} file */
async function take(file) {
  byId("refused").hidden = true;
  const refusal = !file.size ? "error.empty" : file.type.startsWith("image/") ? "video.is_picture" : !file.type.startsWith("video/") && !SUFFIXES.test(file.name) ? "video.type" : file.size > MAX_BYTES ? "video.large" : "";
  if (refusal) return refuse(new ApiError(0, t("video.refused"), t(refusal)));
  if (state.status === "job") leave();
  const model = /** @type {HTMLSelectElement} */ (byId("model")).value;
  const people = /** @type {HTMLSelectElement} */ (byId("people")).value;
  try {
    await show(await sendVideo(file, file.name, { model, max_people: people }));
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") refuse(error);
    else state.status = "empty";
  }
  return undefined;
}

/**
 * @param {Blob} video
 * @param {string} name
 * @param {Record<string, string>} query
 */
async function sendVideo(video, name, query) {
  sending = new AbortController();
  state.status = "uploading";
  byId("sending-name").textContent = name;
  byId("sending").hidden = false;
  const progress = (/** @type {number} */ done) => {
    state.uploaded = done;
    byId("sending-bar").setAttribute("value", String(done));
    byId("sending-share").textContent = done < 1 ? t("video.sent", { share: number(100 * done), size: number(video.size / 1e6, 1) }) : t("video.looking");
  };
  progress(0);
  byId("sending").scrollIntoView({ block: "nearest" });
  try {
    const { id } = await upload(video, { ...query, name: name.slice(0, 200), key: freshKey() }, progress, sending.signal);
    history.pushState(null, "", `/video?job=${id}`);
    return await getJob(id);
  } finally {
    sending = null;
    byId("sending").hidden = true;
  }
}

/** The same video for another network. @param {Job} job @param {string} network */
async function compare(job, network) {
  const known = (await getJobs()).find((other) => other.name === job.name && other.video.frames === job.video.frames && other.network.name === network && other.max_people === job.max_people && other.state === "done" && other.video.duration_s === job.video.duration_s);
  if (!known) {
    const { id } = await againJob(job.id, network);
    history.pushState(null, "", `/video?job=${job.id}&with=${id}`);
    return getJob(id);
  }
  history.pushState(null, "", `/video?job=${job.id}&with=${known.id}`);
  return known;
}

/** The viewer's videos; those that go on are looked at again. */
async function list() {
  clearTimeout(listing);
  if (byId("empty").hidden) return;
  /** @type {Job[]} */
  let jobs = [];
  try {
    jobs = await getJobs();
  } catch {
    // The list is a convenience; what is wrong with the server is said elsewhere.
  }
  byId("recent-box").hidden = !jobs.length;
  fill(byId("recent"), jobs.slice(0, 12).map((job) => {
    const picture = h("img", { src: address(job.id, "frames/0.jpg?side=320"), alt: "", width: 320, height: 180, loading: "lazy", decoding: "async" });
    const bar = going(job) ? h("progress", { max: 1, value: share(job), "aria-label": t("video.progress") }) : null;
    const link = h("a", { class: "recent-video", href: `/video?job=${job.id}`, dataset: { job: job.id } }, picture, h("strong", {}, job.name || t("video.title")), h("span", { class: "muted small numeric" }, `${clock(job.video.duration_s)} · ${job.network.name}`), stateBadge(job), bar);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      void route();
    });
    return h("li", {}, link);
  }));
  if (jobs.some(going)) listing = window.setTimeout(() => void list(), LIST_MS);
}

/** @param {unknown} error */
function refuse(error) {
  if (!(error instanceof ApiError)) console.error(error);
  const words = sentence(error);
  Object.assign(state, { error: words, status: "empty" });
  fill(byId("refused"), icon("warning"), h("div", {}, error instanceof ApiError && error.status === 404 ? null : h("strong", {}, t("video.refused")), words));
  byId("refused").hidden = false;
  byId("refused").scrollIntoView({ block: "nearest" });
}

/** What this upload is called, so that one whose answer was lost is not a second job. randomUUID is for https and localhost alone. */
function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
