/**
 * When a joint beyond its range is red. WCAG 2.3.1 allows three flashes a second; here the red turns on or off at most
 * twice a second for each joint, whatever the video does: it turns each 0.6 s, and a joint that wavers about its limit from
 * frame to frame starts and ends where the fade is palest.
 */

/** From pale to red and back, in ms: two turns. */
export const FLASH_PERIOD_MS = 1200;

/**
 * How red, 0…1, `elapsed` ms after the joint became flagged. Begins at 0; ring, sign and words stand from the start.
 * @param {number} elapsed
 * @param {boolean} reduced the viewer asked for less motion: steady
 */
export function flashLevel(elapsed, reduced) {
  if (reduced) return 1;
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * elapsed) / FLASH_PERIOD_MS);
}

/** Holds which joints are shown as flagged: for at least about a period, and not again for half of one. */
export class FlashGate {
  constructor() {
    /** @type {Map<string, {on: boolean, since: number}>} */
    this.joints = new Map();
  }

  /**
   * @param {Iterable<string>} flagged keys of the joints that are beyond their range now
   * @param {number} now ms
   * @returns {Map<string, number>} for each joint that is shown as flagged: ms since it is
   */
  update(flagged, now) {
    const wanted = new Set(flagged);
    const half = FLASH_PERIOD_MS / 2;
    for (const key of wanted) {
      const joint = this.joints.get(key);
      if (!joint || (!joint.on && now - joint.since >= half)) this.joints.set(key, { on: true, since: now });
    }
    for (const [key, joint] of this.joints) {
      if (wanted.has(key)) continue;
      const elapsed = now - joint.since;
      if (!joint.on) {
        if (elapsed >= half) this.joints.delete(key);
      } else if (elapsed > 0.9 * FLASH_PERIOD_MS && flashLevel(elapsed, false) < 0.1) {
        this.joints.set(key, { on: false, since: now });
      }
    }
    /** @type {Map<string, number>} */
    const shown = new Map();
    for (const [key, joint] of this.joints) if (joint.on) shown.set(key, now - joint.since);
    return shown;
  }

  /** Whether anything is shown as flagged or waits to be. */
  get busy() {
    return this.joints.size > 0;
  }

  /** Forget everything: another picture. */
  clear() {
    this.joints.clear();
  }
}
