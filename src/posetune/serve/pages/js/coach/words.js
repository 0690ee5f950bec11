/**
 * What the coach says, in the viewer's language.
 */
import { has, language, number, t } from "../i18n.js";

/** @typedef {import("./api.js").Check} Check */
/** @typedef {import("./api.js").CheckResult} CheckResult */

/** A text that an exercise has by language; English where there is no other. @param {Record<string, string>} texts */
export const own = (texts) => texts[language()] ?? texts.en ?? "";

/** "knees_in" → "Knees in", or what the language calls it. @param {string} name */
export function checkName(name) {
  const key = `coach.check.${name}`;
  const plain = name.replaceAll("_", " ");
  return has(key) ? t(key) : plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** @param {string} measure */
export function measureName(measure) {
  const key = `coach.measure.${measure}`;
  return has(key) ? t(key) : measure.replaceAll("_", " ");
}

/** Lengths are parts of a limb, the others degrees. @param {string} measure */
export const isDegrees = (measure) => !/^(hip_height|hip_over_knee|shoulder_over_|wrist_over_|ankles_apart|knees_to_ankles|standing_|push_|stride_|straddle_|feet_move)/.test(measure);

/** @param {string} measure @param {number} value */
export const valueOf = (measure, value) => (isDegrees(measure) ? `${number(value)}°` : number(value, 2));

/** @param {import("./api.js").Status} status */
export const statusName = (status) => t(`coach.status.${status.replace(" ", "_")}`);

/** Why something was not measured: the engine says one of few sentences. @param {string} why */
export function reason(why) {
  const view = /^needs an? (\w+) view, this is an? (\w+) one$/.exec(why);
  if (view) return t("coach.why.view", { needed: t(`coach.view.${view[1]}`), is: t(`coach.view.${view[2]}`) });
  const hidden = /^(.+?)( of one side)? is hidden$/.exec(why);
  if (hidden) return t("coach.why.hidden", { part: partName(hidden[1]) });
  const unseen = /^(.+) was not seen$/.exec(why);
  if (unseen) return t("coach.why.unseen", { what: measureName(unseen[1].replaceAll(" ", "_")) });
  return why;
}

/** @param {string} part */
function partName(part) {
  for (const key of [`part.${part}`, `joint.${part.replaceAll(" ", "_")}`]) if (has(key)) return t(key);
  return part;
}

/** What a check found, beside its status: the value and how it is judged. @param {Check} check @param {CheckResult} result */
export function detail(check, result) {
  if (result.status === "not measurable") return reason(result.why ?? "");
  const value = valueOf(check.measure, result.value ?? NaN);
  if (result.limit === undefined) return value;
  return t("coach.detail", { value, limit: valueOf(check.measure, result.limit), tolerance: valueOf(check.measure, result.tolerance ?? 0) });
}
