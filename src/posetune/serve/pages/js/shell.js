/**
 * What every page has: navigation, language, theme, messages, and a voice for screen readers.
 *
 *     const shell = await mountShell("analyse");     // the page's key in the navigation; texts are loaded after it
 *     shell.toast(t("…"));  shell.toast(t("…"), "bad");  shell.say(t("…"));  // say: to screen readers only
 */
import { getNetworks, session } from "./api.js";
import { byId, fill, h, icon, mark } from "./dom.js";
import { language, setLanguage, startLanguage, t } from "./i18n.js";

/** The pages, in the order of the navigation. */
const PAGES = [
  { key: "analyse", url: "/", icon: "analyse" },
  { key: "video", url: "/video", icon: "video" },
  { key: "webcam", url: "/webcam", icon: "webcam" },
  { key: "compare", url: "/compare", icon: "compare" },
  { key: "annotate", url: "/annotate", icon: "label" },
  { key: "exercises", url: "/exercises", icon: "coach" },
  { key: "ranges", url: "/ranges", icon: "ranges" },
  { key: "networks", url: "/networks", icon: "networks" },
  { key: "learning", url: "/learning", icon: "refresh" },
  { key: "docs", url: "/api/docs", icon: "docs" },
];
const TOAST_MS = 6000;

/** @typedef {{toast: (text: string, kind?: "good" | "bad") => void, say: (text: string, now?: boolean) => void, refreshNetwork: () => Promise<void>}} Shell */

/**
 * @param {string} page
 * @param {{online?: boolean}} [options] online false: no server behind the page
 * @returns {Promise<Shell>}
 */
export async function mountShell(page, options = {}) {
  await startLanguage();
  const head = byId("shell");
  const toasts = h("div", { class: "toasts", "aria-live": "off" });
  const polite = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  const loud = h("div", { class: "visually-hidden", role: "alert" });
  const chip = h("a", { class: "network-chip", href: "/networks", hidden: true }, h("span"));
  document.body.append(toasts, polite, loud);

  const draw = () => {
    document.title = `${t(`nav.${page}`)} · posetune`;
    fill(head, bar(page, options.online === false, chip, draw));
    chip.title = t("shell.network");
  };
  draw();
  window.addEventListener("posetune:language", draw);

  /** @type {Shell} */
  const shell = {
    toast(text, kind = "good") {
      const close = h("button", { class: "tool", type: "button", "aria-label": t("shell.close") }, icon("close", 15));
      const toast = h("div", { class: `toast ${kind}` }, icon(kind === "bad" ? "warning" : "check"), h("p", {}, text), close);
      close.addEventListener("click", () => toast.remove());
      toasts.append(toast);
      if (kind === "good") setTimeout(() => toast.remove(), TOAST_MS); // what went wrong stays until it is read
      shell.say(text, kind === "bad");
    },
    say(text, now = false) {
      const place = now ? loud : polite;
      place.textContent = "";
      setTimeout(() => (place.textContent = text), 50); // the same words again are said again
    },
    async refreshNetwork() {
      if (options.online === false) return;
      try {
        const current = (await getNetworks()).find((network) => network.current);
        chip.hidden = !current;
        chip.dataset.state = "here";
        if (current) chip.querySelector("span")?.replaceChildren(current.name);
      } catch {
        chip.hidden = false;
        chip.dataset.state = "away";
        chip.querySelector("span")?.replaceChildren(t("shell.away"));
      }
    },
  };
  session.signIn = signIn;
  void shell.refreshNetwork();
  document.documentElement.classList.add("ready");
  return shell;
}

/**
 * @param {string} page
 * @param {boolean} offline
 * @param {HTMLElement} chip
 * @param {() => void} redraw
 */
function bar(page, offline, chip, redraw) {
  const links = PAGES.map((other) =>
    h("li", {}, h("a", { href: other.url, "aria-current": other.key === page && "page" }, icon(other.icon), t(`nav.${other.key}`))),
  );
  const nav = h("nav", { class: "nav", id: "nav", "aria-label": t("shell.pages") }, h("ul", {}, links));
  const menu = h(
    "button",
    { class: "tool menu-button", type: "button", "aria-label": t("shell.menu"), "aria-expanded": "false", "aria-controls": "nav" },
    icon("menu", 20),
  );
  const open = (/** @type {boolean} */ is) => {
    nav.classList.toggle("open", is);
    menu.setAttribute("aria-expanded", String(is));
    fill(menu, icon(is ? "close" : "menu", 20));
  };
  menu.addEventListener("click", () => open(!nav.classList.contains("open")));
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open(false);
    menu.focus();
  });
  const dark = document.documentElement.dataset.theme !== "light";
  const theme = h(
    "button",
    { class: "tool", type: "button", id: "theme", "aria-label": t(dark ? "shell.light" : "shell.dark"), title: t(dark ? "shell.light" : "shell.dark") },
    icon(dark ? "sun" : "moon"),
  );
  theme.addEventListener("click", () => {
    setTheme(dark ? "light" : "dark");
    redraw();
    byId("theme").focus();
  });
  const other = language() === "en" ? "zh" : "en";
  const words = h(
    "button",
    { class: "tool", type: "button", id: "language", lang: other === "zh" ? "zh-Hans" : "en", title: other === "zh" ? "切换到中文" : "Switch to English" },
    other === "zh" ? "中文" : "English",
  );
  words.addEventListener("click", async () => {
    await setLanguage(other);
    byId("language").focus();
  });
  return h(
    "div",
    { class: "shell-bar" },
    h("a", { class: "brand", href: offline ? "#" : "/", "aria-label": t("shell.home") }, mark(), "posetune"),
    offline ? null : nav,
    h("div", { class: "shell-tools" }, offline ? null : chip, words, theme, offline ? null : menu),
  );
}

/** @param {"light" | "dark"} theme */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("posetune.theme", theme);
  } catch {
    // It lasts as long as the page, then.
  }
  window.dispatchEvent(new Event("posetune:theme"));
}

/** Ask for the token that the server wants, and exchange it for a session. @returns {Promise<boolean>} */
function signIn() {
  const field = h("input", { class: "input", type: "password", id: "token", autocomplete: "current-password", required: true });
  const wrong = h("p", { class: "small", role: "alert" });
  const cancel = h("button", { class: "button quiet", type: "button" }, t("shell.cancel"));
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "token-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "token-title" }, t("shell.token.title")),
      h("p", { class: "muted small" }, t("shell.token.text")),
      h("div", { class: "field" }, h("label", { for: "token" }, t("shell.token")), field),
      wrong,
      h("div", { class: "actions" }, cancel, h("button", { class: "button primary", type: "submit" }, t("shell.token.enter"))),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ taken) => {
      dialog.remove();
      resolve(taken);
    };
    cancel.addEventListener("click", () => end(false));
    dialog.addEventListener("cancel", () => end(false));
    dialog.querySelector("form")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await fetch("/api/v1/session", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: field.value }),
      }).catch(() => null);
      if (answer?.ok) return end(true);
      wrong.textContent = answer?.status === 429 ? (await answer.json()).detail : t(answer ? "shell.token.wrong" : "error.away");
      field.select();
    });
  });
}
