/**
 * The server, as the pages ask it. Every refusal becomes an ApiError whose message is one sentence for people.
 */
import { t } from "./i18n.js";

/** @typedef {import("./types.js").Skeleton} Skeleton */
/** @typedef {import("./types.js").Prediction} Prediction */
/** @typedef {import("./types.js").Network} Network */
/** @typedef {import("./types.js").Range} Range */
/** @typedef {import("./types.js").Region} Region */

export class ApiError extends Error {
  /**
   * @param {number} status 0: there was no answer
   * @param {string} title
   * @param {string} detail
   * @param {number} [line] of the text that was sent, from 1; 0: none
   */
  constructor(status, title, detail, line = 0) {
    super(detail || title);
    this.line = line;
    this.status = status;
    this.title = title;
  }
}

/** `signIn` is set by the shell: asks the viewer for the token, and says whether it was taken. */
export const session = {
  signIn: async () => false,
  /** @type {Promise<boolean> | null} several refused requests wait for one answer */
  asking: null,
};

function signedIn() {
  session.asking ??= session.signIn().finally(() => (session.asking = null));
  return session.asking;
}

/**
 * Ask; an answer that is no 2xx throws.
 * @param {string} path below /api/v1/
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(new URL(`/api/v1/${path}`, location.href), { ...options, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, t("error.away.title"), t("error.away"));
  }
  if (answer.status === 401 && (await signedIn())) return ask(path, options);
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** What a refusal says. @param {Response} answer @returns {Promise<ApiError>} */
async function refusal(answer) {
  try {
    const problem = /** @type {import("./types.js").Problem} */ (await answer.json());
    if (problem.detail || problem.title) return new ApiError(answer.status, problem.title ?? "", problem.detail ?? "", problem.line ?? 0);
  } catch {
    // Something between us and the server answered; its words are not for people.
  }
  const key = answer.status === 503 ? "error.busy" : "error.server";
  return new ApiError(answer.status, t(`${key}.title`), t(key, { status: answer.status }));
}

/**
 * @template T
 * @param {string} path
 * @returns {Promise<T>}
 */
export async function get(path) {
  return (await ask(path)).json();
}

/**
 * @param {"PUT" | "POST" | "PATCH"} method
 * @param {string} path
 * @param {unknown} content
 */
export async function send(method, path, content) {
  const answer = await ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
  return answer.status === 204 ? null : answer.json();
}

/** The regions by every name that they have had: the stage knows four short ones. @type {Record<string, Region>} */
const REGIONS = {
  upper: "upper", upper_limbs: "upper", "upper limbs": "upper", arms: "upper", hands: "upper",
  lower: "lower", lower_limbs: "lower", "lower limbs": "lower", legs: "lower", feet: "lower",
  trunk: "trunk", torso: "trunk", face: "face",
};

/** @returns {Promise<Skeleton>} */
export async function getSkeleton() {
  return readSkeleton(await get("skeleton"));
}

/**
 * @param {any} content as the API answers
 * @returns {Skeleton}
 */
export function readSkeleton(content) {
  return {
    names: content.names,
    connections: content.connections.map((/** @type {any} */ line) => ({ a: line.a, b: line.b, region: REGIONS[line.region] ?? "trunk" })),
    angles: content.angles.map((/** @type {any} */ angle) => ({ name: angle.joint, a: angle.a, b: angle.b, c: angle.c })),
  };
}

/**
 * @param {Blob} picture
 * @param {{model?: string, maxPeople?: number, tiles?: string, mask?: boolean, signal?: AbortSignal}} [options]
 * @returns {Promise<Prediction>}
 */
export async function predict(picture, options = {}) {
  const query = new URLSearchParams();
  if (options.model) query.set("model", options.model);
  if (options.maxPeople) query.set("max_people", String(options.maxPeople));
  if (options.tiles) query.set("tiles", options.tiles);
  if (options.mask) query.set("mask", "1");
  const answer = await ask(`predict?${query}`, {
    method: "POST", body: picture, signal: options.signal,
    headers: { "Content-Type": picture.type || "application/octet-stream" },
  });
  const prediction = /** @type {Prediction & {mask?: string}} */ (await answer.json());
  if (prediction.mask && prediction.people[0] && !prediction.people[0].mask) prediction.people[0].mask = prediction.mask;
  return prediction;
}

/** @returns {Promise<Network[]>} */
export async function getNetworks() {
  const content = /** @type {Network[] | {networks: Network[]}} */ (await get("networks"));
  return Array.isArray(content) ? content : content.networks;
}

/** @returns {Promise<Record<string, Range>>} */
export async function getRanges() {
  return (/** @type {{ranges: Record<string, Range>}} */ (await get("ranges"))).ranges;
}
