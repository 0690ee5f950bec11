/**
 * What the registry says: which network is live and why, what is on trial, what became of each, and the way back.
 */
import { ApiError, ask, send } from "../api.js";
import { byId, fill, h, icon } from "../dom.js";
import { has, language, number, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {{sha256: string, name: string, since: number | null, why: string, proven: boolean | null, pictures: string[]}} Learned */
/** @typedef {{kind: string, network: Learned, units: number, wealth: number, threshold: number, gain: number}} Trial */
/** @typedef {{number: number, time: number, kind: string, network: Learned | null, why: string, reasons: string[], proven: boolean | null}} Happened */
/** @typedef {{kind: string, status: string, count: number}} Counted */
/** @typedef {{registry: string | null, live: Learned | null, trials: Trial[], held: string, problem: string, faults: string[], corrections: Counted[], history: Happened[]}} Learning */

const AGAIN_MS = 10_000;
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
  if (!learning.registry || !learning.live) return fill(live, h("div", { class: "body padded stack" }, h("p", {}, t("learning.none")), h("code", {}, "posetune serve --registry URL")));
  fill(live, liveCard(learning.live, learning));
  fill(byId("trials"), learning.trials.length ? learning.trials.map(trial) : h("p", { class: "body padded muted" }, t("learning.trials.none")));
  fill(byId("corrections"), counts(learning.corrections));
  fill(byId("history"), learning.history.map(event));
  const busy = state.status === "asking";
  for (const id of ["why", "rollback", "hold"]) /** @type {HTMLButtonElement} */ (byId(id)).disabled = busy;
  byId("hold").textContent = t(learning.held ? "learning.release" : "learning.hold");
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
      h("p", {}, said(network.why)),
      learning.held && h("p", {}, t("learning.held.why"), " ", said(learning.held)),
      network.since !== null && h("p", {}, t("learning.since", { when: when(network.since) }))),
  );
}

/** @param {Trial} one */
function trial(one) {
  const share = Math.max(0, Math.min(1, Math.log(Math.max(one.wealth, 1)) / Math.log(one.threshold)));
  const id = `trial-${one.kind}`;
  const figures = { units: one.units, wealth: number(one.wealth, Math.round(one.wealth) < 10 ? 1 : 0), threshold: number(one.threshold) };
  return h(
    "article", { class: "trial" },
    h("h3", { id }, one.network.name, h("span", { class: "badge" }, t(`learning.trial.${one.kind}`))),
    h("progress", { class: "evidence", max: "1", value: String(share), "aria-labelledby": id }),
    h("p", {}, one.units ? t("learning.trial.so_far", figures) : t("learning.trial.nobody")),
    one.units > 7 && h("p", {}, t(one.gain >= 0 ? "learning.trial.less" : "learning.trial.more", { share: number(Math.abs(100 * one.gain)) })),
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
  return h("dl", { class: "counts" }, rows.map(([name, count]) => h("div", {}, h("dt", {}, t(`learning.count.${name}`)), h("dd", {}, number(Number(count))))));
}

/** @param {Happened} one */
function event(one) {
  const key = `learning.kind.${one.kind}`;
  const bad = ["refuse", "rollback"].includes(one.kind);
  const more = one.reasons.length > 0 || (one.kind !== "hold" && (one.network?.pictures.length ?? 0) > 0 && one.kind !== "register");
  return h(
    "li", { class: "event", dataset: { kind: one.kind } },
    h("h3", {}, h("span", { class: bad ? "badge bad" : one.kind === "promote" ? "badge good" : "badge" }, has(key) ? t(key) : one.kind), one.network?.name ?? "", one.proven === false && h("span", { class: "badge" }, t("learning.unproven")), h("time", { datetime: new Date(1000 * one.time).toISOString() }, when(one.time))),
    one.why && h("p", {}, said(one.why)),
    more && h("details", {}, h("summary", {}, t("learning.reasons")), h("ul", {}, one.reasons.map((reason) => h("li", {}, said(reason)))), (one.network?.pictures ?? []).map((url) => h("img", { src: url, alt: t("learning.picture", { name: one.network?.name ?? "" }), loading: "lazy" }))),
  );
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
window.addEventListener("posetune:language", draw);
setInterval(() => void refresh(), AGAIN_MS);
await refresh();
