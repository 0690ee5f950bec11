/**
 * How fast something goes: the rate and the delays of the last seconds.
 */
export class Meter {
  /** @param {number} [window] ms that are looked back on */
  constructor(window = 3000) {
    this.window = window;
    /** @type {{at: number, delay: number}[]} */
    this.samples = [];
  }

  /**
   * @param {number} at ms, when it was done
   * @param {number} delay ms, how long it took
   */
  add(at, delay) {
    this.samples.push({ at, delay });
    while (this.samples[0].at < at - this.window) this.samples.shift();
  }

  /** A second; 0 before there are two. */
  rate() {
    const { samples } = this;
    if (samples.length < 2) return 0;
    return (1000 * (samples.length - 1)) / (samples[samples.length - 1].at - samples[0].at);
  }

  /** The delay that a share of the samples keeps below, ms; NaN without samples. @param {number} share 0…1 */
  quantile(share) {
    if (!this.samples.length) return NaN;
    const sorted = this.samples.map((sample) => sample.delay).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  }

  clear() {
    this.samples = [];
  }
}
