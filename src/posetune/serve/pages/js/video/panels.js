/**
 * The panels beside a video: how far its job is, another network beside it, downloads, differences.
 */
import { fill, h, icon } from "../dom.js";
import { has, jointName, number, t } from "../i18n.js";
import { address, going } from "./jobs.js";

/** @typedef {import("./jobs.js").Job} Job */
/** @typedef {import("../types.js").Network} Network */

/** The order in which people ask for them. */
const FILES = ["overlay.webm", "angles.csv", "poses.csv", "poses.json", "poses.trc", "coco.json"];

/** What is left, in words that do not waver. @param {number} seconds */
export function left(seconds) {
  if (seconds < 5) return t("video.left.soon");
  if (seconds < 90) return t("video.left.seconds", { seconds: number(Math.ceil(seconds / 5) * 5) });
  return t("video.left.minutes", { minutes: number(Math.ceil(seconds / 60)) });
}

/** A job's state as a badge. @param {Job} job */
export function stateBadge(job) {
  const kind = { done: "good", failed: "bad", queued: "", running: "", cancelled: "" }[job.state];
  return h("span", { class: `badge ${kind}`, dataset: { state: job.state } }, going(job) ? h("span", { class: "spinner ink tiny" }) : null, t(`video.state.${job.state}`));
}

/** @param {Job} job @returns {number} 0…1 */
export function share(job) {
  if (job.state === "done") return 1;
  return job.progress.total ? Math.min(1, job.progress.done / job.progress.total) : 0;
}

/**
 * @param {HTMLElement} host
 * @param {Job} job
 * @param {{cancel: () => void, remove: () => void, keep: (on: boolean) => void}} act
 */
export function showJob(host, job, act) {
  const { done, total, seconds_left } = job.progress;
  const words = going(job)
    ? [t("video.done.part", { done: number(done), total: total ? number(total) : "?" }), seconds_left !== null && done ? left(seconds_left) : ""]
    : [t("video.done.whole", { done: number(done), name: job.network.name })];
  const bar = h("progress", { max: 1, value: share(job), "aria-label": t("video.progress") });
  const keep = h("input", { type: "checkbox", id: "keep", checked: job.kept });
  keep.addEventListener("change", () => act.keep(keep.checked));
  fill(
    host,
    h("header", {}, h("h2", {}, t("video.job")), stateBadge(job)),
    h(
      "div",
      { class: "body stack" },
      going(job) ? bar : null,
      h("p", { class: "muted small numeric" }, words.filter(Boolean).join(" · ")),
      facts(job),
      job.error ? h("div", { class: "notice bad" }, icon("warning"), h("div", {}, job.error)) : null,
      job.note ? h("div", { class: "notice warn" }, icon("warning"), h("div", {}, job.note)) : null,
      h(
        "div",
        { class: "actions-row" },
        going(job)
          ? h("button", { class: "button", type: "button", id: "cancel", on: { click: act.cancel } }, icon("close", 16), t("video.cancel"))
          : h("button", { class: "button danger", type: "button", id: "delete", on: { click: act.remove } }, icon("trash", 16), t("video.delete")),
        h("label", { class: "check", for: "keep" }, keep, h("span", {}, keepWords(job))),
      ),
    ),
  );
}

/** How long it would be there. @param {Job} job */
function keepWords({ created_at, expires_at }) {
  return expires_at === null ? t("video.kept") : t("video.keep", { hours: number((expires_at - created_at) / 3600) });
}

/** What the video is, in one line. @param {Job} job */
function facts({ video }) {
  const turned = video.rotation ? t("video.rotated", { degrees: video.rotation }) : "";
  const rate = video.variable_rate ? t("video.variable") : t("video.rate", { rate: number(video.frames / Math.max(video.duration_s, 0.001), 1) });
  return h("p", { class: "muted small numeric" }, [`${video.width} × ${video.height}`, rate, turned].filter(Boolean).join(" · "));
}

/** @param {HTMLElement} host @param {Job} job */
export function showDownloads(host, job) {
  const links = FILES.map((file) => {
    const ready = job.progress.done > 0 && (file !== "overlay.webm" || !going(job));
    const about = h("span", { class: "muted small" }, t(`video.file.${file}`));
    const name = h("span", { class: "file-name" }, icon("download", 16), file);
    return h(
      "li",
      {},
      ready
        ? h("a", { class: "file", href: address(job.id, `download/${file}`), download: file, dataset: { download: file } }, name, about)
        : h("span", { class: "file off", "aria-disabled": "true" }, name, about),
    );
  });
  fill(host, h("header", {}, h("h2", {}, t("download.title"))), h("div", { class: "body" }, h("ul", { class: "files" }, links)));
}

/**
 * @param {HTMLElement} host
 * @param {{first: Job, second: Job | null, networks: Network[], rows: import("./beside.js").Difference[], frames: number, pending: string}} shown
 * @param {{begin: (name: string) => void, end: () => void}} act
 */
export function showDifferences(host, { first, second, networks, rows, frames, pending }, act) {
  host.hidden = networks.length < 2 && !second;
  if (host.hidden) return;
  const head = h("header", {}, h("h2", {}, t("video.beside")), second ? stateBadge(second) : null);
  if (!second) {
    const others = networks.filter((network) => network.sha256 !== first.network.sha256);
    const select = h("select", { class: "select", id: "second" }, others.map((network) => h("option", { value: network.name }, network.name)));
    const begin = h("button", { class: "button", type: "button", id: "beside", disabled: !!pending }, t("video.beside.begin"));
    begin.addEventListener("click", () => act.begin(select.value));
    const field = h("div", { class: "field" }, h("label", { for: "second" }, t("video.beside.which")), select);
    fill(host, head, h("div", { class: "body stack" }, h("p", { class: "muted small" }, pending || t("video.beside.why")), field, begin));
    return;
  }
  const largest = Math.max(...rows.map((row) => row.degrees ?? 0), 1e-9);
  const list = rows.map((row) => {
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", `${((100 * (row.degrees ?? 0)) / largest).toFixed(1)}%`);
    const said = row.degrees === null ? "–" : `${number(row.degrees, 1)}° · ${number(row.px ?? 0, 1)} ${t("compare.unit")}`;
    return h("li", { class: "difference", dataset: { joint: row.joint, degrees: row.degrees?.toFixed(4) ?? "", px: row.px?.toFixed(4) ?? "" } }, h("span", {}, jointName(row.joint)), h("span", {}, said), bar);
  });
  const reports = [first, second].map((job) => {
    const network = networks.find((other) => other.sha256 === job.network.sha256);
    return network?.report
      ? h("a", { href: network.report, target: "_blank", rel: "noopener" }, t("compare.report", { name: job.network.name }))
      : h("span", { class: "muted small" }, t("compare.no_report", { name: job.network.name }));
  });
  const end = h("button", { class: "button", type: "button", id: "beside-end", on: { click: act.end } }, t("video.beside.end"));
  fill(
    host, head,
    h(
      "div", { class: "body stack" },
      h("p", { class: "muted small" }, t(frames ? "video.beside.mean" : "video.beside.none", { frames: number(frames), first: first.network.name, second: second.network.name })),
      frames ? h("ul", { class: "differences" }, list) : null,
      ...reports, end,
    ),
  );
}

/** A refusal's words; those of the page where there are none. @param {unknown} error */
export function sentence(error) {
  const message = error instanceof Error ? error.message : "";
  return error instanceof TypeError || !message ? t("error.page") : has(message) ? t(message) : message;
}
