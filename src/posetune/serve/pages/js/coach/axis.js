/**
 * Values with times of their own on the frames of a video.
 */

/**
 * A value for each frame; null where there is none. Times may be rounded: each value goes to the nearest frame.
 * @template T
 * @param {number[]} frames seconds, rising
 * @param {number[]} times seconds, rising
 * @param {(T | null)[]} values
 * @returns {(T | null)[]}
 */
export function onFrames(frames, times, values) {
  /** @type {(T | null)[]} */
  const found = new Array(frames.length).fill(null);
  let at = 0;
  times.forEach((time, i) => {
    while (at + 1 < frames.length && Math.abs(frames[at + 1] - time) <= Math.abs(frames[at] - time)) at++;
    if (frames.length) found[at] = values[i];
  });
  return found;
}
