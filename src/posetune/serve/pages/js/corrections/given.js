/**
 * What this browser gave for the next network: what the server says of it, pictures and points that are sent, forgetting.
 */
import { ask, get, send } from "../api.js";

/**
 * @typedef {{kept: boolean, consent: {version: string, text: string}, person: string | null, pictures: number,
 *   corrections: Record<string, number>}} Mine
 */

/** Set while every picture that is analysed may be kept: the version of what was agreed to. */
const TRAFFIC = "posetune.keep-pictures";
/** Pictures that the server has, so that none is sent twice. @type {WeakMap<Blob, {picture: string, traffic: boolean}>} */
const sent = new WeakMap();

/** @returns {Promise<Mine>} */
export function mine() {
  return get("corrections");
}

/**
 * Let a picture be kept. @param {Blob} picture @param {string} version of the consent @param {boolean} traffic
 * @returns {Promise<string>} its name
 */
export async function keepPicture(picture, version, traffic) {
  const known = sent.get(picture);
  if (known && (known.traffic || !traffic)) return known.picture;
  const query = new URLSearchParams({ consent: version, traffic: traffic ? "1" : "0" });
  const answer = await ask(`corrections/pictures?${query}`, {
    method: "POST", body: picture, headers: { "Content-Type": picture.type || "application/octet-stream" },
  });
  const name = (/** @type {{picture: string}} */ (await answer.json())).picture;
  sent.set(picture, { picture: name, traffic });
  return name;
}

/** @param {Record<string, unknown>} correction as POST /api/v1/corrections takes it */
export function giveCorrection(correction) {
  return send("POST", "corrections", correction);
}

/** @param {Blob[]} pictures that have to be sent again if they are corrected again */
export async function forgetMe(pictures) {
  const answer = await ask("corrections", { method: "DELETE" });
  pictures.forEach((picture) => sent.delete(picture));
  agreeToTraffic(null);
  return answer.json();
}

/** The version that was agreed to, if every picture may be kept. @returns {string | null} */
export function traffic() {
  try {
    return localStorage.getItem(TRAFFIC);
  } catch {
    return null; // a browser that remembers nothing
  }
}

/** @param {string | null} version null: no longer */
export function agreeToTraffic(version) {
  try {
    if (version === null) localStorage.removeItem(TRAFFIC);
    else localStorage.setItem(TRAFFIC, version);
  } catch {
    // it is not remembered
  }
}
