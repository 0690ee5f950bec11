/**
 * The real times of a video's frames. Phones film with a rate that varies, so no frame is found by multiplying.
 */
export class FrameTimes {
  /** @param {ArrayLike<number>} times seconds, rising: when each frame is shown */
  constructor(times) {
    this.times = Float64Array.from(times);
    /** When the last frame ends: it is shown as long as frames usually are. */
    this.end = last(this.times);
  }

  get count() {
    return this.times.length;
  }

  /** @param {number} index */
  clamp(index) {
    return Math.min(Math.max(Math.round(index), 0), Math.max(this.count - 1, 0));
  }

  /** The frame that is shown at a time: the last one that has begun. @param {number} seconds */
  at(seconds) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= seconds) low = middle + 1;
      else high = middle;
    }
    return this.clamp(low - 1);
  }

  /** The frame whose time is nearest: containers round times to a millisecond. @param {number} seconds */
  nearest(seconds) {
    const index = this.at(seconds);
    const next = this.clamp(index + 1);
    return this.times[next] - seconds < seconds - this.times[index] ? next : index;
  }

  /** A time inside a frame, away from both its ends, where a seek must land on it. @param {number} index */
  inside(index) {
    const begin = this.times[index];
    const end = index + 1 < this.count ? this.times[index + 1] : this.end;
    return begin + (end - begin) / 2;
  }
}

/** @param {Float64Array} times */
function last(times) {
  if (times.length < 2) return (times[0] ?? 0) + 0.04;
  const gaps = times.slice(1).map((time, i) => time - times[i]).sort();
  return times[times.length - 1] + gaps[gaps.length >> 1];
}
