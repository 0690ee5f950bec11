/**
 * English and Chinese. Markup says `data-i18n="key"` for its text and `data-i18n-attr="aria-label:key; title:key"`
 * for attributes; code says `t("key", {name: …})`. The English text stands in the markup as well, so that a page is
 * readable before its texts have come.
 */

/** @typedef {"en" | "zh"} Language */

/** @type {readonly Language[]} */
export const LANGUAGES = ["en", "zh"];

/** @type {Record<string, string>} */
let texts = {};
/** @type {Record<string, string>} */
let english = {};
/** @type {Language} */
let current = "en";

/** @returns {Language} */
function wanted() {
  try {
    const stored = localStorage.getItem("posetune.language");
    if (stored === "en" || stored === "zh") return stored;
  } catch {
    // Storage may be forbidden; the browser's language is fine.
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/**
 * @param {Language} language
 * @returns {Promise<Record<string, string>>}
 */
async function load(language) {
  const answer = await fetch(new URL(`../i18n/${language}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`The texts in ${language} are missing (${answer.status}).`);
  return answer.json();
}

/** Load the texts and put them into the page. Await this before anything calls `t`. */
export async function startLanguage() {
  await setLanguage(wanted(), false);
}

/**
 * Switch the language of the page without loading it again; listeners of "posetune:language" on window write their own
 * texts anew.
 * @param {Language} language
 * @param {boolean} [remember]
 */
export async function setLanguage(language, remember = true) {
  if (!Object.keys(english).length) english = await load("en");
  texts = language === "en" ? english : await load(language);
  current = language;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  if (remember) {
    try {
      localStorage.setItem("posetune.language", language);
    } catch {
      // It lasts as long as the page, then.
    }
  }
  translate(document.body);
  window.dispatchEvent(new Event("posetune:language"));
}

/** @returns {Language} */
export function language() {
  return current;
}

/**
 * A text, with `{name}` replaced by `values.name`.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const text = texts[key] ?? english[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether there is such a text. @param {string} key */
export function has(key) {
  return key in english;
}

/**
 * Put the texts into what is marked under `root`.
 * @param {ParentNode} root
 */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-i18n]")) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.i18n ?? "");
  }
  for (const element of root.querySelectorAll("[data-i18n-attr]")) {
    for (const pair of (/** @type {HTMLElement} */ (element).dataset.i18nAttr ?? "").split(";")) {
      const [attribute, key] = pair.split(":").map((part) => part.trim());
      if (attribute && key) element.setAttribute(attribute, t(key));
    }
  }
}

/**
 * A number as the language writes it.
 * @param {number} value
 * @param {number} [digits]
 */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(current, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** The name of a landmark or joint for people: "left_knee" → "Left knee". @param {string} name */
export function jointName(name) {
  const key = `joint.${name}`;
  return has(key) ? t(key) : name.replaceAll("_", " ");
}
