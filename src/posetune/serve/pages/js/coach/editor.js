/**
 * A plain text field with line numbers, which shows the line that is wrong.
 *
 * Events: "change": something else stands in it.
 */
import { byId, fill, h, icon } from "../dom.js";
import { number, t } from "../i18n.js";

export class Editor extends EventTarget {
  constructor() {
    super();
    this.field = /** @type {HTMLTextAreaElement} */ (byId("rule"));
    this.gutter = byId("gutter");
    this.wrong = 0;
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("scroll", () => (this.gutter.scrollTop = this.field.scrollTop));
    this.field.addEventListener("keydown", (event) => this.key(event));
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.field.scrollTop = 0;
    this.changed();
  }

  changed() {
    this.number();
    this.dispatchEvent(new Event("change"));
  }

  /** A new line begins where the one before did. @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { value, selectionStart, selectionEnd } = this.field;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    event.preventDefault();
    this.field.setRangeText(`\n${/^ */.exec(line)?.[0] ?? ""}`, selectionStart, selectionEnd, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  number() {
    const lines = this.text.split("\n").length;
    fill(this.gutter, Array.from({ length: lines }, (_, i) => h("span", { class: i + 1 === this.wrong ? "wrong" : null }, i + 1)));
    this.gutter.scrollTop = this.field.scrollTop;
  }

  /**
   * What is wrong, or how it stands.
   * @param {string} words
   * @param {number} [line] from 1; 0: nowhere
   * @param {boolean} [bad]
   */
  say(words, line = 0, bad = false) {
    this.wrong = line;
    this.number();
    this.field.setAttribute("aria-invalid", String(bad));
    const host = byId("fault");
    host.classList.toggle("bad", bad);
    const go = h("button", { class: "line", type: "button" }, t("rules.line", { line: number(line) }));
    go.addEventListener("click", () => this.goTo(line));
    fill(host, bad ? icon("warning", 16) : null, line ? go : null, h("span", {}, words));
  }

  /** @param {number} line */
  goTo(line) {
    const lines = this.text.split("\n");
    const begin = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    this.field.focus();
    this.field.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
    this.field.scrollTop = Math.max(0, (line - 5) * (this.field.scrollHeight / Math.max(1, lines.length)));
  }

  /** For as long as there is nothing to edit. @param {boolean} is */
  enable(is) {
    this.field.disabled = !is;
  }
}
