/**
 * What stands beside the stage: how far the work is, who is in the picture, the point that is meant, what can be done to a person.
 */
import { fill, h, icon } from "../dom.js";
import { jointName, number, t } from "../i18n.js";
import { KEYS, keyCaps } from "./keys.js";
import { placed } from "./model.js";

/** @typedef {import("../components/point_editor.js").PointEditor} PointEditor */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {(command: string) => void} Run */

const MOST_WARNINGS = 4;

/** The keys of a command, as <kbd>. @param {string} command */
export function caps(command) {
  const key = KEYS.find((k) => k.does === command);
  return key ? keyCaps(key).map((cap) => h("kbd", { "aria-hidden": "true" }, cap)) : [];
}

/**
 * A button that does what a key does.
 * @param {Run} run
 * @param {string} command
 * @param {Record<string, any>} [more]
 * @param {string} [glyph]
 */
export function commandButton(run, command, more = {}, glyph = "") {
  const key = KEYS.find((k) => k.does === command);
  return h(
    "button",
    {
      class: "button", type: "button", title: t(`annotate.do.${command}`), dataset: { command }, "aria-keyshortcuts": key && shortcut(key),
      on: { click: () => run(command) }, ...more,
    },
    glyph ? icon(glyph, 16) : null, h("span", {}, t(`annotate.short.${command}`)), caps(command),
  );
}

/** @param {import("./keys.js").Key} key */
function shortcut(key) {
  return [...(key.ctrl ? ["Control"] : []), ...(key.shift ? ["Shift"] : []), key.code.replace(/^(Key|Digit)/, "")].join("+");
}

/** @param {string} id @param {string} title @param {(Node | null)[]} head @param {...(Node | null)} body */
function panel(id, title, head, ...body) {
  return h("section", { class: "panel annotate-panel", id }, h("header", {}, h("h2", {}, title), head), h("div", { class: "body" }, body));
}

/** How far the work is; the field beside it stays, with what is typed. @param {HTMLElement} place @param {Session} session @param {Run} run */
export function showProgress(place, session, run) {
  const { counts } = session;
  const orders = ["order", "suspects"].map((order) =>
    h("button", { type: "button", "aria-pressed": String(session.order === order), dataset: { order }, on: { click: () => run(`order:${order}`) } }, t(`annotate.order.${order}`)),
  );
  refill(
    place,
    h("div", { class: "meter-line" }, h("progress", { max: counts.images, value: counts.done, "aria-label": t("annotate.progress") })),
    h("p", { class: "small muted" }, t("annotate.done", { done: number(counts.done), count: number(counts.images) }), " · ", t("annotate.suspects", { count: number(counts.suspects) })),
    h("div", { class: "segments", role: "group", "aria-label": t("annotate.order") }, orders),
  );
}

/** @param {PointEditor} editor @param {Run} run @param {boolean} canEdit */
export function peoplePanel(editor, run, canEdit) {
  const buttons = editor.people.map((person, i) =>
    h(
      "button",
      { class: "chip-button", type: "button", "aria-pressed": String(i === editor.selected), on: { click: () => editor.select(i) } },
      t("annotate.person", { number: i + 1 }), h("span", { class: "muted" }, t(`annotate.status.${person.status ?? "none"}`)),
    ),
  );
  const person = editor.person;
  const off = !canEdit;
  return panel(
    "people", t("annotate.people"), [h("span", { class: "badge" }, number(editor.people.length))],
    buttons.length ? h("div", { class: "chips" }, buttons) : h("p", { class: "small muted" }, t("annotate.nobody")),
    person?.reviewer ? h("p", { class: "small muted" }, t("annotate.by", { name: person.reviewer })) : null,
    h(
      "div", { class: "row even" },
      commandButton(run, "add", { disabled: off, "aria-pressed": String(editor.mode === "box") }, "plus"),
      commandButton(run, "reject", { disabled: off || !person, "aria-pressed": String(person?.status === "rejected") }),
      commandButton(run, "remove", { disabled: off || !person }),
    ),
  );
}

/** @param {PointEditor} editor @param {Run} run @param {string[]} names @param {boolean} canEdit */
export function pointPanel(editor, run, names, canEdit) {
  const person = editor.person;
  if (!person) return null;
  const point = person.points[editor.point];
  const doubtful = editor.doubtful();
  const chip = (/** @type {number} */ i) =>
    h(
      "button",
      {
        class: `chip-button${doubtful.includes(i) ? " doubt" : ""}`, type: "button", "aria-pressed": String(i === editor.point), dataset: { point: i },
        "aria-label": `${jointName(names[i])}, ${t(`annotate.v${person.points[i][2]}`)}`, on: { click: () => editor.select(editor.selected, i) },
      },
      h("span", { class: `v v${person.points[i][2]}` }), jointName(names[i]),
    );
  const states = [["visible", 2], ["occluded", 1], ["outside", 0]].map(([does, v]) =>
    commandButton(run, String(does), { disabled: !canEdit || !point, "aria-pressed": String(!!point && point[2] === v) }),
  );
  // What the network was sure of is not where a person put the point.
  const confidence = person.marks?.[editor.point] === "moved" ? null : person.confidence?.[editor.point];
  const warnings = editor.warnings();
  const all = h("details", { class: "small", id: "all-points" }, h("summary", {}, t("annotate.points.all")), h("div", { class: "chips" }, person.points.map((_, i) => chip(i))));
  all.open = /** @type {HTMLDetailsElement | null} */ (document.getElementById("all-points"))?.open ?? false;
  return panel(
    "point", point ? jointName(names[editor.point]) : t("annotate.point"),
    [point && confidence !== null && confidence !== undefined ? h("span", { class: "badge" }, t("annotate.confidence", { percent: number(100 * confidence) })) : null],
    point && !placed(point) ? h("p", { class: "small muted" }, t("annotate.unplaced")) : null,
    h("div", { class: "row even" }, states),
    warnings.length ? h("ul", { class: "warnings" }, warnings.slice(0, MOST_WARNINGS).map((warning) => h("li", {}, icon("warning", 15), editor.options.warning(warning)))) : null,
    doubtful.length ? h("p", { class: "small muted" }, t("annotate.doubtful"), " ", caps("nextDoubt")) : null,
    doubtful.length ? h("div", { class: "chips" }, doubtful.map(chip)) : null,
    all,
  );
}

/** @param {PointEditor} editor @param {Run} run @param {boolean} canEdit */
export function doPanel(editor, run, canEdit) {
  const off = !canEdit || !editor.person;
  const swaps = ["swapWhole", "swapArms", "swapLegs", "swapHands", "swapFace", "swapFeet"];
  return panel(
    "swaps", t("annotate.swap"), [],
    h("div", { class: "row even" }, swaps.map((command) => commandButton(run, command, { disabled: off }))),
    h(
      "div", { class: "row even" },
      commandButton(run, "copyBefore", { disabled: !canEdit }, "copy"), commandButton(run, "copyVisibility", { disabled: off }), commandButton(run, "interpolate", { disabled: off }),
    ),
  );
}

/** Of the arrows one line stands for all four. @param {import("./keys.js").Key} key */
function helpCaps(key) {
  return key.does.startsWith("left") ? [...(key.shift ? ["⇧"] : []), "←", "→", "↑", "↓"] : keyCaps(key);
}

/**
 * How far two reviewers agree, and where they differ in this picture.
 * @param {Session} session @param {Run} run
 * @param {{reviewer: string, differences: {index: number, px: number | null, v: boolean}[]} | null} here
 * @param {string[]} names @param {boolean} shown
 */
export function agreementPanel(session, run, here, names, shown) {
  if (!session.work.second) return null;
  const found = session.agreement;
  const who = found?.other || t("annotate.other.first");
  const worst = [...(found?.points ?? [])].filter((p) => p.median_torsos > 0).sort((a, b) => b.median_torsos - a.median_torsos).slice(0, 4);
  const table = h(
    "table", { class: "table" },
    h("thead", {}, h("tr", {}, [t("annotate.point"), t("annotate.apart"), t("annotate.same_v")].map((head, i) => h("th", { scope: "col", class: i && "number" }, head)))),
    h("tbody", {}, worst.map((p) => h("tr", {}, h("td", {}, jointName(p.name)), h("td", { class: "number" }, `${number(p.median_px, 1)} px`), h("td", { class: "number" }, `${number(100 * p.same_v)} %`)))),
  );
  const differ = here?.differences ?? [];
  return panel(
    "agreement", t("annotate.agreement", { name: who }), [],
    found?.people ? h("p", { class: "small muted" }, t("annotate.agreement.all", { images: number(found.images), px: number(found.median_px, 1), v: number(100 * found.same_v) })) : h("p", { class: "small muted" }, t("annotate.agreement.none")),
    worst.length ? table : null,
    h("div", { class: "row even" }, commandButton(run, "other", { disabled: !here, "aria-pressed": String(shown) }, "eye")),
    here ? h("p", { class: "small muted" }, differ.length ? t("annotate.agreement.here") : t("annotate.agreement.same")) : null,
    differ.length ? h("ul", { class: "small" }, differ.slice(0, 6).map((d) => h("li", {}, `${jointName(names[d.index])}: `, d.px === null ? "" : `${number(d.px, 1)} px`, d.v ? "" : ` · ${t("annotate.other_v")}`))) : null,
  );
}

/** All keys. @returns {HTMLDialogElement} */
export function keysDialog() {
  const groups = ["go", "point", "person", "work"].map((group) =>
    h(
      "section", {}, h("h3", {}, t(`annotate.keys.${group}`)),
      h("dl", {}, KEYS.filter((key) => key.group === group && !/^(right|up|down)/.test(key.does)).flatMap((key) => [h("dt", {}, helpCaps(key).map((cap) => h("kbd", {}, cap))), h("dd", {}, t(`annotate.do.${key.does}`))])),
    ),
  );
  const close = h("button", { class: "button primary", type: "submit" }, t("annotate.keys.close"));
  const mouse = h("ul", { class: "small muted" }, ["drag", "shift", "wheel", "pinch"].map((what) => h("li", {}, t(`annotate.hand.${what}`))));
  const dialog = h(
    "dialog", { class: "dialog keys", "aria-labelledby": "keys-title" },
    h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, t("annotate.keys")), h("div", { class: "key-groups" }, groups), mouse, h("div", { class: "actions" }, close)),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {HTMLElement} place @param {...(Node | null)} what */
export function refill(place, ...what) {
  // The focus stays on the button that was pressed, though it was made anew.
  const active = document.activeElement;
  const inside = active instanceof HTMLElement && place.contains(active) ? active : null;
  const same = inside && ["command", "point", "order"].map((key) => inside.dataset[key] && `[data-${key}="${inside.dataset[key]}"]`).find(Boolean);
  fill(place, ...what);
  if (same) /** @type {HTMLElement | null} */ (place.querySelector(same))?.focus({ preventScroll: true });
}
