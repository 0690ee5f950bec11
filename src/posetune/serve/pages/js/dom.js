/**
 * Building the page without markup in strings: Trusted Types forbid innerHTML, and names of files are never markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element. Keys of `properties`: `class`, `dataset` (an object), `on` (an object of listeners), any attribute
 * (`true` for a bare one, `false`/`null`/`undefined` for none).
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  setProperties(element, properties);
  append(element, children);
  return element;
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setProperties(element, properties);
  append(element, children);
  return /** @type {SVGElement} */ (element);
}

/**
 * @param {Element} element
 * @param {Record<string, any>} properties
 */
function setProperties(element, properties) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.setAttribute("class", value);
    else if (key === "dataset") Object.assign(/** @type {HTMLElement} */ (element).dataset, value);
    else if (key === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, /** @type {any} */ (listener));
    } else element.setAttribute(key, value === true ? "" : String(value));
  }
}

/**
 * @param {Element} element
 * @param {(Child | Child[])[]} children
 */
function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replace what an element holds.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * The element with an id; the page is wrong without it.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @returns {E}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`This page has no #${id}.`);
  return /** @type {E} */ (element);
}

/** Paths of 24 × 24 icons, drawn with a stroke. @type {Record<string, string[]>} */
const ICONS = {
  analyse: ["M4 8V6a2 2 0 0 1 2-2h2", "M16 4h2a2 2 0 0 1 2 2v2", "M20 16v2a2 2 0 0 1-2 2h-2", "M8 20H6a2 2 0 0 1-2-2v-2", "M12 7.2v.1", "M12 10v4", "M8.5 11l3.5-1 3.5 1", "M9.5 17.5L12 14l2.5 3.5"],
  video: ["M4 6h16v12H4z", "M10 9.5v5l4.5-2.5z"],
  webcam: ["M12 3a6 6 0 1 1 0 12 6 6 0 0 1 0-12z", "M12 7a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M6 20h12", "M12 15v5"],
  compare: ["M12 3v18", "M4 6h5", "M4 18h5", "M4 6v12", "M20 6v12", "M15 6h5", "M15 18h5"],
  label: ["M12 5a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M5 17a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M19 17a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M11 8.500l-5 9", "M13 8.500l5 9"],
  undo: ["M8 5L4 9l4 4", "M4 9h10a6 6 0 0 1 0 12h-3"],
  redo: ["M16 5l4 4-4 4", "M20 9H10a6 6 0 0 0 0 12h3"],
  keyboard: ["M3 6h18v12H3z", "M7 10v.1", "M11 10v.1", "M15 10v.1", "M8 14h8"],
  eye: ["M2.500 12s3.500-6 9.500-6 9.500 6 9.500 6-3.500 6-9.500 6-9.500-6-9.500-6z", "M12 9.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z"],
  ranges: ["M4 18a8 8 0 0 1 16 0", "M12 18l4-6"],
  networks: ["M12 3l8 4.5-8 4.5-8-4.5z", "M4 12l8 4.5 8-4.5", "M4 16.5L12 21l8-4.5"],
  docs: ["M8 6l-5 6 5 6", "M16 6l5 6-5 6", "M13.5 4l-3 16"],
  sun: ["M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z", "M12 2v2", "M12 20v2", "M2 12h2", "M20 12h2", "M5 5l1.4 1.4", "M17.6 17.6L19 19", "M5 19l1.4-1.4", "M17.6 6.4L19 5"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  plus: ["M12 5v14", "M5 12h14"],
  minus: ["M5 12h14"],
  fit: ["M4 9V4h5", "M20 9V4h-5", "M4 15v5h5", "M20 15v5h-5"],
  upload: ["M12 16V4", "M7 9l5-5 5 5", "M4 16v4h16v-4"],
  download: ["M12 4v12", "M7 11l5 5 5-5", "M4 20h16"],
  angle: ["M4 19h16", "M4 19L16 6", "M11 19a7 7 0 0 0-2.2-5.1"],
  mask: ["M12 3a3 3 0 1 1 0 6 3 3 0 0 1 0-6z", "M6 21v-5a6 6 0 0 1 12 0v5"],
  bones: ["M12 4v7", "M6 8l6 3 6-3", "M8 20l4-9 4 9"],
  warning: ["M12 4L2.8 20h18.4z", "M12 10v4.5", "M12 17.2v.1"],
  check: ["M5 12.5l4.5 4.5L19 7"],
  info: ["M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z", "M12 11v5.5", "M12 7.5v.1"],
  edit: ["M4 20l1-4.5L16 4.5l3.5 3.5-11 11z", "M13.5 7l3.5 3.5"],
  near: ["M4 10c3-3.500 5.500 2.500 8.500 0s4.500-2 7.500-.5", "M4 16c3-3.500 5.500 2.500 8.500 0s4.500-2 7.500-.5"],
  hidden: ["M5 12h14"],
  coach: ["M6 9v6", "M18 9v6", "M3.500 10.500v3", "M20.500 10.500v3", "M6 12h12"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  search: ["M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M16.2 16.2L21 21", "M11 8.5v5", "M8.500 11h5"],
  swap: ["M4 9h15", "M15 5l4 4-4 4", "M20 15H5", "M9 11l-4 4 4 4"],
  external: ["M14 4h6v6", "M20 4l-9 9", "M18 14v6H4V6h6"],
  light: ["M9 18h6", "M10 21h4", "M12 3a6 6 0 0 1 3.5 10.9c-.6.5-.9 1.2-.9 2.1h-5.2c0-.9-.3-1.6-.9-2.1A6 6 0 0 1 12 3z"],
  frame: ["M5 3h14v18H5z", "M12 7v.1", "M12 9.5v4", "M9 10.5h6", "M10 18l2-4.5 2 4.5"],
  camera: ["M4 8h3l2-3h6l2 3h3v11H4z", "M12 10.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"],
  side: ["M12 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M12 7v8", "M12 15l-2 6", "M12 15l3 2.5v3.5", "M12 9l3.5 3.5"],
  rotate: ["M4 12a8 8 0 0 1 13.7-5.6L20 8.5", "M20 4v4.5h-4.5", "M20 12a8 8 0 0 1-13.7 5.6L4 15.5", "M4 20v-4.5h4.5"],
  refresh: ["M20 12a8 8 0 1 1-2.3-5.6L20 8.5", "M20 4v4.5h-4.5"],
  image: ["M4 5h16v14H4z", "M4 16l5-5 4 4 2.5-2.5L20 17", "M15.5 9v.1"],
  person: ["M12 4a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z", "M5 20a7 7 0 0 1 14 0"],
  play: ["M7 4.5v15l12-7.5z"],
  "step-back": ["M17 5.5v13L8.5 12z", "M6 5.5v13"],
  "step-on": ["M7 5.5v13l8.5-6.5z", "M18 5.5v13"],
  loop: ["M17 3.5l3.5 3.5L17 10.5", "M3.5 12.5V11a4 4 0 0 1 4-4h13", "M7 20.5L3.5 17 7 13.5", "M20.5 11.5V13a4 4 0 0 1-4 4h-13"],
  pause: ["M8 5v14", "M16 5v14"],
  trash: ["M5 7h14", "M9 7V4h6v3", "M7 7l1 13h8l1-13"],
};

/**
 * An icon that says nothing to a screen reader: the button has a name.
 * @param {string} name one of ICONS
 * @param {number} [size] px
 */
export function icon(name, size = 18) {
  const paths = (ICONS[name] ?? ICONS.docs).map((d) => svg("path", { d }));
  return svg(
    "svg",
    {
      class: "glyph", viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
      "stroke-width": 1.75, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false",
    },
    ...paths,
  );
}

/** posetune's mark: a joint, its two limbs and the angle between them. @param {number} [size] px */
export function mark(size = 26) {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", width: size, height: size, fill: "none", "stroke-linecap": "round", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: "M9 5l4 13", stroke: "var(--region-upper)", "stroke-width": 4 }),
    svg("path", { d: "M13 18l13 8", stroke: "var(--region-lower)", "stroke-width": 4 }),
    svg("path", { d: "M14.8 9.5a9 9 0 0 1 7 11", stroke: "currentColor", "stroke-width": 1.8, opacity: 0.65 }),
    svg("circle", { cx: 13, cy: 18, r: 3.6, fill: "currentColor" }),
  );
}
