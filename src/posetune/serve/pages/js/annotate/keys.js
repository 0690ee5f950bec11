/**
 * Which key does what. Keys are told by their place on the keyboard (`code`), so that they are the same in every layout and
 * language, and they work wherever the focus is, but in a field for text, a dialog, or the head of the page.
 */

/**
 * @typedef {object} Key
 * @property {string} code KeyboardEvent.code
 * @property {boolean} [shift]
 * @property {boolean} [ctrl] or ⌘
 * @property {string} does
 * @property {string} group of the help
 * @property {boolean} [repeats] while it is held
 */

/** @type {Key[]} */
export const KEYS = [
  { code: "Enter", does: "accept", group: "go" },
  { code: "Enter", shift: true, does: "acceptAndStay", group: "go" },
  { code: "KeyF", does: "next", group: "go", repeats: true },
  { code: "KeyD", does: "previous", group: "go", repeats: true },
  { code: "KeyS", does: "suspect", group: "go" },
  { code: "KeyS", shift: true, does: "suspectBefore", group: "go" },
  { code: "KeyG", does: "goTo", group: "go" },
  { code: "KeyV", does: "visible", group: "point" },
  { code: "KeyQ", does: "occluded", group: "point" },
  { code: "KeyO", does: "outside", group: "point" },
  { code: "KeyE", does: "nextDoubt", group: "point" },
  { code: "KeyE", shift: true, does: "doubtBefore", group: "point" },
  { code: "BracketRight", does: "nextPoint", group: "point", repeats: true },
  { code: "BracketLeft", does: "pointBefore", group: "point", repeats: true },
  { code: "ArrowLeft", does: "left", group: "point", repeats: true },
  { code: "ArrowRight", does: "right", group: "point", repeats: true },
  { code: "ArrowUp", does: "up", group: "point", repeats: true },
  { code: "ArrowDown", does: "down", group: "point", repeats: true },
  { code: "ArrowLeft", shift: true, does: "left10", group: "point", repeats: true },
  { code: "ArrowRight", shift: true, does: "right10", group: "point", repeats: true },
  { code: "ArrowUp", shift: true, does: "up10", group: "point", repeats: true },
  { code: "ArrowDown", shift: true, does: "down10", group: "point", repeats: true },
  { code: "Digit1", does: "swapWhole", group: "person" },
  { code: "Digit2", does: "swapArms", group: "person" },
  { code: "Digit3", does: "swapLegs", group: "person" },
  { code: "Digit4", does: "swapHands", group: "person" },
  { code: "Digit5", does: "swapFace", group: "person" },
  { code: "Digit6", does: "swapFeet", group: "person" },
  { code: "KeyC", does: "copyBefore", group: "person" },
  { code: "KeyC", shift: true, does: "copyVisibility", group: "person" },
  { code: "KeyI", does: "interpolate", group: "person" },
  { code: "KeyN", does: "add", group: "person" },
  { code: "KeyP", does: "nextPerson", group: "person" },
  { code: "KeyX", does: "reject", group: "person" },
  { code: "Delete", does: "remove", group: "person" },
  { code: "KeyZ", ctrl: true, does: "undo", group: "work", repeats: true },
  { code: "KeyY", ctrl: true, does: "redo", group: "work", repeats: true },
  { code: "KeyZ", ctrl: true, shift: true, does: "redo", group: "work", repeats: true },
  { code: "KeyH", does: "hide", group: "work" },
  { code: "KeyM", does: "magnify", group: "work" },
  { code: "KeyA", does: "other", group: "work" },
  { code: "Equal", does: "zoomIn", group: "work", repeats: true },
  { code: "Minus", does: "zoomOut", group: "work", repeats: true },
  { code: "KeyZ", does: "follow", group: "work" },
  { code: "Digit0", does: "fit", group: "work" },
  { code: "Slash", shift: true, does: "help", group: "work" },
  { code: "Escape", does: "escape", group: "work" },
];

/** Other places of the same keys: the number pad, a Mac's delete. @type {Record<string, string>} */
const SAME = { NumpadEnter: "Enter", NumpadAdd: "Equal", NumpadSubtract: "Minus", Backspace: "Delete", Numpad0: "Digit0" };

/**
 * The command of a key press; null for none.
 * @param {KeyboardEvent} event
 */
export function commandOf(event) {
  const code = SAME[event.code] ?? event.code;
  if (event.altKey) return null;
  const ctrl = event.ctrlKey || event.metaKey;
  // "+" needs shift on most keyboards, "/" is help enough.
  const shift = code === "Equal" || code === "Slash" ? code === "Slash" : event.shiftKey;
  const key = KEYS.find((k) => k.code === code && !!k.shift === shift && !!k.ctrl === ctrl);
  return key && (key.repeats || !event.repeat) ? key.does : key ? "" : null;
}

/** Whether a key press belongs to what has the focus: a field for text, a link, a dialog, the head. @param {KeyboardEvent} event */
export function isElsewhere(event) {
  const target = /** @type {Element | null} */ (event.target);
  if (!target?.closest) return false;
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]")) return true;
  return !!target.closest("#shell, .skip, a[href], summary, .toasts");
}

/** What is printed on a key. @param {Key} key */
export function keyCaps(key) {
  const cap = key.code.replace(/^(Key|Digit)/, "");
  /** @type {Record<string, string>} */
  const names = {
    ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", BracketLeft: "[", BracketRight: "]", Equal: "+", Minus: "−",
    Slash: "?", Escape: "Esc", Delete: "Del",
  };
  return [...(key.ctrl ? ["Ctrl"] : []), ...(key.shift && key.code !== "Slash" ? ["⇧"] : []), names[cap] ?? cap];
}
