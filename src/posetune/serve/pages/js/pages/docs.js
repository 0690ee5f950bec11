/**
 * The API's description, rendered from the server's OpenAPI document: no script or style from elsewhere.
 */
import { ApiError, get } from "../api.js";
import { byId, fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { mountShell } from "../shell.js";

/** @type {{page: string, status: "loading" | "ready" | "error", operations: number}} */
const state = { page: "docs", status: "loading", operations: 0 };
window.posetune = { state };
const shell = await mountShell("docs");
/** @type {any} */
let spec = null;

const METHODS = ["get", "post", "put", "patch", "delete"];

/** What a `$ref` points at. @param {any} node @returns {any} */
function resolved(node) {
  let at = node;
  for (let hops = 0; at?.$ref && hops < 9; hops++) {
    at = at.$ref.replace(/^#\//, "").split("/").reduce((/** @type {any} */ place, /** @type {string} */ key) => place?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], spec);
  }
  return at ?? {};
}

/** A schema in a word or two. @param {any} schema @returns {string} */
function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return variants.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const type = [schema.type].flat().filter(Boolean).join(" | ");
  if (type === "array") return `${typeOf(schema.items) || "any"}[]`;
  const bounds = [schema.minimum !== undefined && `≥ ${schema.minimum}`, schema.maximum !== undefined && `≤ ${schema.maximum}`].filter(Boolean).join(", ");
  return [type || "any", schema.format && `(${schema.format})`, bounds].filter(Boolean).join(" ");
}

/** @param {string} text */
function code(text) {
  const copy = h("button", { class: "button quiet icon", type: "button", "aria-label": t("docs.copy"), title: t("docs.copy") }, icon("copy", 15));
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(text);
    shell.toast(t("docs.copied"));
  });
  return h("div", { class: "code" }, h("pre", { tabindex: 0 }, text), copy);
}

/** @param {any} media what stands under a media type */
function exampleOf(media) {
  const given = media?.example ?? resolved(Object.values(media?.examples ?? {})[0] ?? {}).value ?? resolved(media?.schema).examples?.[0];
  return given === undefined ? null : typeof given === "string" ? given : JSON.stringify(given, null, 2);
}

/** @param {string} title @param {any[]} rows */
function fields(title, rows) {
  if (!rows.length) return null;
  const body = rows.map((row) => h("tr", {}, h("td", {}, h("code", {}, row.name), row.required && " *"), h("td", { class: "mono" }, row.type), h("td", {}, row.about)));
  const head = h("thead", {}, h("tr", {}, ["name", "type", "meaning"].map((key) => h("th", { scope: "col" }, t(`docs.${key}`)))));
  return h("div", {}, h("h4", {}, title), h("div", { class: "scroll-x" }, h("table", { class: "table" }, head, h("tbody", {}, body))));
}

/** The properties of an object's schema as rows. @param {any} schema */
function properties(schema) {
  const object = resolved(schema);
  const needed = new Set(object.required ?? []);
  return Object.entries(object.properties ?? {}).map(([name, of]) => ({
    name, type: typeOf(of), about: /** @type {any} */ (of).description ?? resolved(of).description ?? "", required: needed.has(name),
  }));
}

/**
 * @param {string} path
 * @param {string} method
 * @param {any} operation
 * @param {any[]} shared parameters of the path
 */
function card(path, method, operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolved);
  const rows = (/** @type {string} */ where) => parameters.filter((parameter) => parameter.in === where).map((parameter) => ({
    name: parameter.name, type: typeOf(parameter.schema), about: parameter.description ?? parameter.schema?.description ?? "", required: parameter.required,
  }));
  const body = operation.requestBody && resolved(operation.requestBody);
  const media = Object.entries(body?.content ?? {});
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => [status, resolved(answer)]);
  return h(
    "details", { class: "operation", id: anchor(path, method), open: path.endsWith("/predict") && path.startsWith("/api") },
    h("summary", {}, h("span", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, path), h("p", {}, operation.summary ?? "")),
    h("div", { class: "body" },
      operation.description && h("p", {}, operation.description),
      fields(t("docs.path"), rows("path")), fields(t("docs.parameters"), rows("query")),
      body && h("div", {}, h("h4", {}, t("docs.body")), h("p", { class: "muted small" }, [media.map(([type]) => type).join(", "), body.description].filter(Boolean).join(" · ")),
        media.map(([, of]) => exampleOf(of)).filter(Boolean).slice(0, 1).map((text) => code(/** @type {string} */ (text)))),
      media.slice(0, 1).map(([, of]) => fields("", properties(/** @type {any} */ (of).schema))),
      h("div", {}, h("h4", {}, t("docs.answers")), h("div", { class: "scroll-x" }, h("table", { class: "table" },
        h("tbody", {}, answers.map(([status, answer]) => h("tr", {}, h("td", { class: "mono" }, status), h("td", {}, answer.description ?? ""),
          h("td", { class: "mono" }, typeOf(/** @type {any} */ (Object.values(answer.content ?? {})[0])?.schema)))))))),
      answers.filter(([status]) => status.startsWith("2")).flatMap(([, answer]) => Object.values(answer.content ?? {})).flatMap((of) => [fields("", properties(/** @type {any} */ (of).schema)), exampleOf(of) && code(/** @type {string} */ (exampleOf(of)))])),
  );
}

/** @param {string} path @param {string} method */
function anchor(path, method) {
  return `${method}${path.replace(/[^A-Za-z0-9]+/g, "-")}`;
}

function draw() {
  if (!spec) return;
  /** @type {Map<string, {path: string, method: string, operation: any, shared: any[]}[]>} */
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths ?? {})) {
    for (const method of METHODS.filter((name) => /** @type {any} */ (item)[name])) {
      const operation = /** @type {any} */ (item)[method];
      const tag = operation.tags?.[0] ?? "";
      groups.set(tag, [...(groups.get(tag) ?? []), { path, method, operation, shared: /** @type {any} */ (item).parameters ?? [] }]);
    }
  }
  fill(byId("contents"), [...groups].map(([tag, operations]) => h("div", {}, h("h2", {}, tag), operations.map(({ path, method, operation }) =>
    h("a", { href: `#${anchor(path, method)}` }, operation.summary ?? path)))));
  fill(byId("operations"), [...groups].map(([tag, operations]) => h("section", {}, h("h2", { class: "group-title" }, tag), operations.map((o) => card(o.path, o.method, o.operation, o.shared)))));
  state.operations = [...groups.values()].flat().length;
  openNamed();
}

/** The operation that the address names stands open. */
function openNamed() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

window.addEventListener("hashchange", openNamed);
window.addEventListener("posetune:language", draw);
try {
  spec = await get("openapi.json");
  state.status = "ready";
  draw();
} catch (error) {
  state.status = "error";
  fill(byId("operations"), h("div", { class: "notice bad" }, icon("warning"), h("div", {}, error instanceof ApiError && error.status !== 404 ? error.message : t("docs.missing"))));
}
document.documentElement.dataset.status = state.status;
