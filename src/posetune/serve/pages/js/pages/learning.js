/**
 * What the registry says: which network is live and why, what is on trial, what became of each, and the way back.
 */
import { ApiError, ask, send } from "../api.js";
import { byId, fill, h, icon } from "../dom.js";
import { has, language, number, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {{sha256: string, name: string, since: number | null, why: string, proven: boolean | null, pictures: string[]}} Learned */
/** @typedef {{kind: string, network: Learned, units: number, wealth: number, threshold: number, gain: number, missing: number | null}} Trial */
/** @typedef {{number: number, time: number, kind: string, network: Learned | null, why: string, reasons: string[], proven: boolean | null, other: string}} Happened */
/** @typedef {{kind: string, status: string, count: number}} Counted */
/** @typedef {{registry: string | null, live: Learned | null, trials: Trial[], held: string, before: string, at_work: string, problem: string, faults: string[], corrections: Counted[], history: Happened[], earlier: number}} Learning */

const AGAIN_MS = 10_000;
/** Events that are shown at first, and that a press shows more of. */
const PAGE = 20;
/** What says something of a network that its evaluation card has pictures of. */
const PICTURED = ["challenge", "refuse", "promote"];
/** Events that somebody has opened, by number: they stay open. @type {Set<number>} */
const opened = new Set();
let events = PAGE;
/** @type {{page: string, status: "loading" | "ready" | "asking" | "error", learning: Learning | null, error: string | null}} */
const state = { page: "learning", status: "loading", learning: null, error: null };
window.posetune = { state };
const shell = await mountShell("learning");

/** @param {unknown} error */
const words = (error) => (error instanceof ApiError ? error.message : t("error.page"));
/** @param {number} seconds since 1970 */
const when = (seconds) => new Date(1000 * seconds).toLocaleString(language() === "zh" ? "zh-Hans" : "en", { dateStyle: "medium", timeStyle: "short" });
/** What the learner wrote, in English, whatever the page speaks. @param {string} text */
const said = (text) => h("span", { lang: "en" }, text);

function draw() {
  document.documentElement.dataset.status = state.status;
  const { learning } = state;
  const live = byId("live");
  live.setAttribute("aria-busy", String(state.status === "loading"));
  byId("rest").hidden = !learning?.registry;
  fill(byId("notices"), state.error && notice(state.error), learning?.problem && notice(learning.problem), (learning?.faults ?? []).map(notice));
  if (!learning) return state.status === "loading" ? undefined : fill(live, h("p", { class: "body padded muted" }, t("learning.unknown")));
  if (!learning.registry || !learning.live) return fill(live, h("div", { class: "body padded stack" }, h("p", {}, t("learning.none")), h("code", {}, "posetune registry init URL"), h("code", {}, "posetune serve --registry URL")));
  fill(live, liveCard(learning.live, learning));
  fill(byId("trials"), learning.trials.length ? learning.trials.map(trial) : h("p", { class: "body padded muted" }, t("learning.trials.none")));
  fill(byId("corrections"), counts(learning.corrections));
  story(learning);
  const busy = state.status === "asking";
  for (const id of ["why", "rollback", "hold"]) /** @type {HTMLButtonElement} */ (byId(id)).disabled = busy || (id === "rollback" && !learning.before);
  byId("rollback").textContent = learning.before ? t("learning.rollback.to", { name: learning.before }) : t("learning.rollback.none");
  byId("hold").textContent = t(learning.held ? "learning.release" : "learning.hold");
}

/** @param {Learning} learning */
function story(learning) {
  const all = learning.history.filter((one, i, list) => !entered(one, list[i - 1]));
  fill(byId("history"), all.slice(0, events).map(event));
  const older = byId("older");
  older.hidden = all.length <= events;
  older.textContent = t("learning.older", { count: Math.min(PAGE, all.length - events) });
  byId("earlier").hidden = all.length > events || !learning.earlier;
}

/** Whether the next event, the one above, says in one what this one begins: that a network was made. @param {Happened} one @param {Happened | undefined} next */
function entered(one, next) {
  return one.kind === "register" && next?.number === one.number + 1 && next.network?.sha256 === one.network?.sha256;
}

/** @param {string} text */
function notice(text) {
  return h("div", { class: "notice bad" }, icon("warning"), h("div", {}, said(text)));
}

/** @param {Learned} network @param {Learning} learning */
function liveCard(network, learning) {
  return h(
    "article", { class: "network" },
    h("div", {},
      h("h2", {}, network.name, h("span", { class: "badge good" }, icon("check", 13), t("learning.live")), h("span", { class: "badge" }, t(network.proven ? "learning.proven" : "learning.unproven")), learning.held && h("span", { class: "badge bad" }, t("learning.held"))),
      network.why && h("p", {}, said(network.why)),
      learning.held && h("p", {}, t("learning.held.why"), " ", said(learning.held)),
      network.since !== null && h("p", {}, t("learning.since", { when: when(network.since) })),
      learning.at_work && h("p", { class: "at-work" }, icon("refresh", 15), t("learning.at_work", { who: learning.at_work }))),
  );
}

/** @param {Trial} one */
function trial(one) {
  const share = Math.max(0, Math.min(1, Math.log(Math.max(one.wealth, 1)) / Math.log(one.threshold)));
  const id = `trial-${one.kind}`;
  const figures = { units: number(one.units), wealth: number(one.wealth, one.wealth < 9.95 ? 1 : 0), threshold: number(one.threshold) };
  const missing = one.missing === null ? t("learning.trial.unknown") : t("learning.trial.missing", { count: number(one.missing) });
  return h(
    "article", { class: "trial" },
    h("h3", { id }, one.network.name, h("span", { class: "badge" }, t(`learning.trial.${one.kind}`))),
    h("progress", { class: "evidence", max: "1", value: String(share), "aria-labelledby": id, "aria-describedby": `${id}-figures` }),
    h("p", { id: `${id}-figures` }, one.units ? t(one.units === 1 ? "learning.trial.so_far.one" : "learning.trial.so_far", figures) : [t("learning.trial.nobody"), " ", h("code", {}, "posetune audit next")], one.units > 0 && one.wealth < one.threshold && ` ${missing}`),
    one.units > 7 && h("p", {}, t(one.gain >= 0 ? "learning.trial.less" : "learning.trial.more", { share: number(Math.abs(100 * one.gain), Math.abs(one.gain) < 0.0995 ? 1 : 0) })),
    h("p", { class: "small" }, t(`learning.trial.${one.kind}.means`, figures)),
  );
}

/** @param {Counted[]} counted */
function counts(counted) {
  /** @param {(one: Counted) => boolean} which */
  const sum = (which) => counted.filter(which).reduce((total, one) => total + one.count, 0);
  const rows = [
    ["accepted", sum((c) => c.status === "accepted")], ["quarantined", sum((c) => c.status === "quarantined")],
    ["new", sum((c) => c.status === "new")], ["audits", sum((c) => c.kind === "audit")],
  ];
  const held = Number(rows[1][1]);
  return h("div", {}, h("dl", { class: "counts" }, rows.map(([name, count]) => h("div", {}, h("dt", {}, t(`learning.count.${name}`)), h("dd", {}, number(Number(count)))))), held > 0 && h("p", { class: "counts-note muted small" }, t("learning.held_back"), " ", h("code", {}, "posetune corrections list --status quarantined")));
}

/** @param {Happened} one */
function event(one) {
  const key = `learning.kind.${one.kind}`;
  const bad = ["refuse", "rollback"].includes(one.kind);
  const back = one.kind === "rollback"; // its network is live again; the other one was taken back
  const name = back ? one.other : one.network?.name ?? "";
  const reasons = one.reasons.filter((reason) => !one.why.includes(reason));
  const pictures = PICTURED.includes(one.kind) ? one.network?.pictures ?? [] : [];
  const summary = t(!pictures.length ? "learning.checks" : reasons.length ? "learning.reasons" : "learning.pictures");
  const more = h("details", { open: opened.has(one.number) }, h("summary", { "aria-describedby": `event-${one.number}` }, summary), reasons.length > 0 && h("ul", {}, reasons.map((reason) => h("li", {}, said(reason)))), pictures.map((url) => picture(url, name)));
  more.addEventListener("toggle", () => (more.open ? opened.add(one.number) : opened.delete(one.number)));
  return h(
    "li", { class: "event", tabindex: "-1", dataset: { kind: one.kind } },
    h("h3", { id: `event-${one.number}` }, h("span", { class: bad ? "badge bad" : one.kind === "promote" ? "badge good" : "badge" }, has(key) ? t(key) : one.kind), name, one.kind === "promote" && one.proven === false && h("span", { class: "badge" }, t("learning.unproven")), h("time", { datetime: new Date(1000 * one.time).toISOString() }, when(one.time))),
    back && h("p", {}, t("learning.again", { name: one.network?.name ?? "" })),
    one.kind === "challenge" && one.other && h("p", {}, t("learning.against", { name: one.other })),
    one.why && h("p", {}, said(one.why)),
    (reasons.length > 0 || pictures.length > 0) && more,
  );
}

/** A sheet of an evaluation card; it opens in its own size. @param {string} url @param {string} name */
function picture(url, name) {
  const words = t("learning.picture", { name });
  return h("figure", {}, h("a", { href: url, target: "_blank" }, h("img", { src: url, alt: words, loading: "lazy" })), h("figcaption", { class: "muted small" }, t("learning.picture.how")));
}

/** Whether somebody, asked once more, wants to go back. @param {Learning} learning */
async function sure(learning) {
  const cancel = h("button", { class: "button quiet", value: "" }, t("shell.cancel"));
  const yes = h("button", { class: "button danger", value: "rollback" }, t("learning.rollback.to", { name: learning.before }));
  const text = h("p", { id: "sure" }, t("learning.rollback.sure", { name: learning.before, live: learning.live?.name ?? "" }));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "sure" }, h("form", { method: "dialog" }, text, h("div", { class: "actions" }, cancel, yes)));
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.remove();
  return dialog.returnValue === "rollback";
}

/** @param {"rollback" | "hold" | "release"} what */
async function decide(what) {
  const why = /** @type {HTMLInputElement} */ (byId("why"));
  if (!why.value.trim()) {
    why.setAttribute("aria-invalid", "true");
    shell.say(t("learning.why.missing"), true);
    return why.focus();
  }
  why.removeAttribute("aria-invalid");
  if (what === "rollback" && state.learning && !(await sure(state.learning))) return byId("rollback").focus();
  state.status = "asking";
  draw();
  try {
    const learning = /** @type {Learning} */ (await send("POST", `learning/${what}`, { why: why.value.trim() }));
    state.learning = learning;
    why.value = "";
    shell.toast(t(`learning.done.${what}`, { name: learning.live?.name ?? "" }));
    await shell.refreshNetwork();
  } catch (error) {
    shell.toast(words(error), "bad");
  }
  state.status = "ready";
  draw();
}

async function refresh() {
  if (state.status === "asking") return;
  try {
    const learning = /** @type {Learning} */ (await (await ask("learning")).json());
    const changed = JSON.stringify(learning) !== JSON.stringify(state.learning) || state.status !== "ready";
    Object.assign(state, { learning, status: "ready", error: null });
    if (changed) draw(); // what somebody has opened stays open
  } catch (error) {
    Object.assign(state, { status: "error", error: words(error) });
    draw();
  }
}

byId("word").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const held = state.learning?.held;
  const button = /** @type {SubmitEvent} */ (submitted).submitter;
  void decide(button?.id === "hold" ? (held ? "release" : "hold") : "rollback");
});
/** @type {HTMLFormElement} */ (byId("word")).noValidate = true;
byId("older").addEventListener("click", () => {
  const next = events;
  events += PAGE;
  draw();
  const first = /** @type {HTMLElement | undefined} */ (byId("history").children[next]);
  first?.focus(); // it was hidden behind the button, which may be gone
});
window.addEventListener("posetune:language", draw);
setInterval(() => void refresh(), AGAIN_MS);
await refresh();
