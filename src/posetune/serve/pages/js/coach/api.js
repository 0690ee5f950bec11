/**
 * The coach, as the pages ask the server for it.
 */
import { ask, get } from "../api.js";

/**
 * @typedef {"ok" | "near" | "fault" | "not measurable"} Status
 * @typedef {{status: Status, value?: number, limit?: number, tolerance?: number, at?: number, why?: string}} CheckResult
 * @typedef {{start: number, end: number, extremum: number, side: string, view: string, reached?: number, ranges: Record<string, [number, number]>, checks: Record<string, CheckResult>}} Repetition seconds of the video
 * @typedef {{name: string, measure: string, min: number | null, max: number | null, when: string, tolerance: number | string, view: string, needs: string[], source: string, cue: Record<string, string>, default: boolean, mark: string}} Check
 * @typedef {{measure: string, enter: number, leave: number, times_s: number[], values: (number | null)[]}} SignalOver
 * @typedef {{state: string, frames: number, complete: boolean, exercise: string | null, kind: "repetitions" | "hold" | null, title: Record<string, string>, count: number, repetitions: Repetition[], not_counted: {start: number, end: number, why: string}[], cues: Record<string, string[]>, checks: Check[], signal: SignalOver | null, notes: Record<string, string[]>, person: number[], lag_s: number, errors: Record<string, number>, errors_of: "network" | "stock"}} Coached
 * @typedef {{measure: string, enter: number, leave: number, begun: string}} Signal
 * @typedef {{measure: string, min: number | null, max: number | null, when: string}} Gate
 * @typedef {{name: string, kind: "repetitions" | "hold", title: Record<string, string>, signal: Signal | null, gates: Gate[], checks: Check[], view: string, cannot: Record<string, string>, own?: boolean}} Exercise
 */

/**
 * What the coach says of a job, as far as it is.
 * @param {string} job
 * @param {string} exercise a name, or "auto"
 * @param {number} person a track id; 0: the largest
 * @param {AbortSignal} [signal]
 * @returns {Promise<Coached>}
 */
export async function getCoached(job, exercise, person, signal) {
  const query = new URLSearchParams({ exercise });
  if (person) query.set("person", String(person));
  return (await ask(`jobs/${job}/coach?${query}`, { signal })).json();
}

/**
 * The same by a rule that is not kept.
 * @param {string} job
 * @param {string} yaml
 * @param {AbortSignal} [signal]
 * @returns {Promise<Coached>}
 */
export async function tryRule(job, yaml, signal) {
  const headers = { "Content-Type": "application/yaml" };
  return (await ask(`jobs/${job}/coach`, { method: "POST", headers, body: yaml, signal })).json();
}

/** @returns {Promise<{exercises: Exercise[], errors: Record<string, number>}>} */
export const getExercises = () => get("exercises");

/** An exercise's YAML. @param {string} name */
export const getRule = async (name) => (await ask(`exercises/${name}`)).text();

/** @param {string} name @param {string} yaml @returns {Promise<Exercise>} */
export async function keepRule(name, yaml) {
  return (await ask(`exercises/${name}`, { method: "PUT", headers: { "Content-Type": "application/yaml" }, body: yaml })).json();
}

/** @param {string} name */
export const deleteRule = (name) => ask(`exercises/${name}`, { method: "DELETE" });
