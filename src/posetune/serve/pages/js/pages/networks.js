/**
 * The networks that the server has: which one answers, others to switch to, and new ones to load.
 */
import { ApiError, ask, getNetworks, send } from "../api.js";
import { listenForFiles } from "../components/file_input.js";
import { byId, fill, h, icon } from "../dom.js";
import { has, t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @typedef {import("../types.js").Network} Network */

/** @type {{page: string, status: "loading" | "ready" | "switching" | "examining" | "error", networks: Network[], error: string | null}} */
const state = { page: "networks", status: "loading", networks: [], error: null };
window.posetune = { state };
const shell = await mountShell("networks");

/** @param {unknown} error */
const words = (error) => (error instanceof ApiError ? error.message : t("error.page"));

function draw() {
  document.documentElement.dataset.status = state.status;
  const place = byId("networks");
  byId("followed").hidden = !follows();
  place.setAttribute("aria-busy", String(state.status === "loading" || state.status === "switching"));
  if (state.status === "error") {
    fill(place, h("div", { class: "notice bad" }, icon("warning"), h("div", {}, state.error ?? "")));
  } else if (state.status !== "loading" && !state.networks.length) {
    fill(place, h("p", { class: "body padded muted" }, t("networks.none")));
  } else {
    fill(place, state.networks.map(card));
  }
}

/** Whether a registry says what answers: nobody switches here, then. */
function follows() {
  return state.networks.some((network) => network.current && network.kind === "registry");
}

/** @param {Network} network */
function card(network) {
  const { name } = network;
  const copy = h("button", { class: "sha", type: "button", title: t("networks.copy", { name }), "aria-label": `${network.sha256.slice(0, 12)}: ${t("networks.copy", { name })}` }, network.sha256.slice(0, 12), icon("copy", 13));
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(network.sha256);
    shell.toast(t("networks.copied"));
  });
  const kind = `networks.kind.${network.kind}`;
  const use = h("button", { class: "button", type: "button", dataset: { use: name }, disabled: state.status === "switching" }, t("networks.use"));
  use.addEventListener("click", () => void switchTo(network));
  const other = state.networks.length > 1 && h("a", { class: "button quiet", href: `/compare?second=${encodeURIComponent(name)}`, "aria-label": t("networks.compare.of", { name }) }, t("networks.compare"));
  const remove = h("button", { class: "button quiet danger icon", type: "button", "aria-label": t("networks.delete.of", { name }), title: t("networks.delete") }, icon("trash", 16));
  remove.addEventListener("click", () => void forget(network));
  return h(
    "article", { class: "network", dataset: { name } },
    h("div", {},
      h("h3", {}, name, h("span", { class: "badge" }, has(kind) ? t(kind) : network.kind), network.current && h("span", { class: "badge good" }, icon("check", 13), t("networks.current"))),
      copy),
    h("div", { class: "actions" },
      network.report && h("a", { class: "button quiet", href: network.report, target: "_blank", rel: "noopener", "aria-label": t("networks.report.of", { name }) }, t("networks.report"), icon("external", 14)),
      other, network.uploaded && !network.current && remove, !network.current && !follows() && use),
  );
}

/** @param {Network} network */
async function switchTo(network) {
  state.status = "switching";
  draw();
  try {
    await send("PUT", "networks/current", { name: network.name });
    shell.toast(t("networks.switched", { name: network.name }));
  } catch (error) {
    shell.toast(words(error), "bad");
  }
  await refresh();
  await shell.refreshNetwork();
  byId("networks").querySelector("button")?.focus();
}

/** @param {Network} network */
async function forget(network) {
  const cancel = h("button", { class: "button quiet", value: "" }, t("shell.cancel"));
  const sure = h("button", { class: "button danger", value: "delete" }, t("networks.delete"));
  const text = h("p", { id: "sure" }, t("networks.delete.sure", { name: network.name }));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "sure" }, h("form", { method: "dialog" }, text, h("div", { class: "actions" }, cancel, sure)));
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.remove();
  if (dialog.returnValue !== "delete") return;
  try {
    await ask(`networks/${encodeURIComponent(network.name)}`, { method: "DELETE" });
    shell.toast(t("networks.deleted", { name: network.name }));
  } catch (error) {
    shell.toast(words(error), "bad");
  }
  await refresh();
}

/** @param {File} file */
async function take(file) {
  const outcome = byId("outcome");
  if (!/\.(task|tflite)$/i.test(file.name)) {
    fill(outcome, notice(t("networks.not_file")));
    return shell.say(t("networks.not_file"), true);
  }
  const name = file.name.replace(/\.(task|tflite)$/i, "");
  state.status = "examining";
  draw();
  fill(outcome, h("div", { class: "notice" }, h("span", { class: "spinner ink" }), h("div", {}, t("networks.loading", { name: file.name }))));
  shell.say(t("networks.loading", { name: file.name }));
  try {
    const answer = await ask(`networks?name=${encodeURIComponent(name)}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
    const loaded = /** @type {Network} */ (await answer.json());
    fill(outcome);
    shell.toast(t(answer.status === 201 ? "networks.loaded" : "networks.there", { name: loaded.name }));
  } catch (error) {
    fill(outcome, notice(words(error)));
    shell.say(words(error), true);
  }
  await refresh();
}

/** @param {string} text */
function notice(text) {
  return h("div", { class: "notice bad", id: "refusal" }, icon("warning"), h("div", {}, text));
}

async function refresh() {
  try {
    Object.assign(state, { networks: await getNetworks(), status: "ready", error: null });
  } catch (error) {
    Object.assign(state, { status: "error", error: words(error) });
  }
  draw();
}

listenForFiles(/** @type {HTMLInputElement} */ (byId("file")), byId("drop"), (file) => void take(file));
window.addEventListener("posetune:language", draw);
await refresh();
