/**
 * Fingers, mouse, pen and keys on a stage, as: move, zoom, press, drag. Knows nothing of what is drawn.
 */

/**
 * @typedef {{x: number, y: number, shift?: boolean, touch?: boolean}} Spot CSS px in the element; `touch`: a finger or pen
 * @typedef {object} Gestures
 * @property {(spot: Spot) => boolean} grab a press at a spot: true to get the drag, false to move the picture
 * @property {(spot: Spot) => void} drag
 * @property {(spot: Spot) => void} drop
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, at: Spot) => void} zoom
 * @property {(spot: Spot) => void} tap
 * @property {(spot: Spot | null) => void} hover
 * @property {(spot: Spot) => void} twice a double click or tap
 * @property {() => boolean} wheelZooms whether the plain wheel zooms; with Ctrl or ⌘ it always does
 */

/**
 * @param {HTMLElement} element
 * @param {Gestures} to
 * @returns {() => void} stops listening
 */
export function listen(element, to) {
  /** @type {Map<number, Spot>} */
  const fingers = new Map();
  let grabbed = false;
  let moved = 0;
  let last = { time: 0, x: 0, y: 0 };
  const stop = new AbortController();
  const options = { signal: stop.signal };

  /** @param {PointerEvent | WheelEvent} event @returns {Spot} */
  const spot = (event) => {
    const box = element.getBoundingClientRect();
    const touch = "pointerType" in event && event.pointerType !== "mouse";
    return { x: event.clientX - box.left - element.clientLeft, y: event.clientY - box.top - element.clientTop, shift: event.shiftKey, touch };
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button, input, a")) return;
    const at = spot(event);
    fingers.set(event.pointerId, at);
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is gone already cannot be captured; its moves still come while it is over the stage.
    }
    if (fingers.size === 1) {
      moved = 0;
      grabbed = to.grab(at);
    } else if (grabbed) {
      grabbed = false;
      to.drop(at);
    }
  }, options);

  element.addEventListener("pointermove", (event) => {
    const at = spot(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      to.hover(at);
      return;
    }
    if (fingers.size === 1) {
      moved += Math.hypot(at.x - before.x, at.y - before.y);
      if (grabbed) to.drag(at);
      else if (moved > 3) to.pan(at.x - before.x, at.y - before.y);
    } else if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, where]) => where);
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(at.x - other.x, at.y - other.y);
      to.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
      if (was > 0 && is > 0) to.zoom(is / was, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
      moved = 99;
    }
    fingers.set(event.pointerId, at);
  }, options);

  const end = (/** @type {PointerEvent} */ event) => {
    if (!fingers.delete(event.pointerId) || fingers.size) return;
    const at = spot(event);
    if (grabbed) {
      grabbed = false;
      to.drop(at);
    } else if (event.type === "pointerup" && moved <= 3) {
      if (event.timeStamp - last.time < 350 && Math.hypot(at.x - last.x, at.y - last.y) < 20) {
        to.twice(at);
        last = { time: 0, x: 0, y: 0 };
      } else {
        to.tap(at);
        last = { time: event.timeStamp, ...at };
      }
    }
  };
  element.addEventListener("pointerup", end, options);
  element.addEventListener("pointercancel", end, options);
  element.addEventListener("pointerleave", () => to.hover(null), options);

  element.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !to.wheelZooms()) return;
    event.preventDefault();
    to.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0022)), spot(event));
  }, { passive: false, signal: stop.signal });

  return () => stop.abort();
}
