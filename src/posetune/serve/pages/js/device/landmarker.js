/**
 * Google's unmodified @mediapipe/tasks-vision with the exported bundle, and its answers as the server would give them.
 *
 * It runs in the page and not in a worker: a worker's policy comes with its own response, which a static server does not
 * send, and the package's reports to its makers would get out.
 */
import { anglesOf, flagsOf } from "./measure.js";

/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Skeleton} Skeleton */
/** @typedef {{posetune: string, network: {name: string, sha256: string}, skeleton: Skeleton, ranges: Record<string, {min: number, max: number}>, min_visibility: number, coach: {exercises: import("../coach/api.js").Exercise[], errors: Record<string, number>}}} Facts */
/** @typedef {{landmarks: {x: number, y: number, z: number, visibility: number}[][], worldLandmarks: {x: number, y: number, z: number}[][], close(): void}} Result */
/** @typedef {{detect(picture: TexImageSource): Result, detectForVideo(picture: TexImageSource, ms: number): Result, setOptions(options: object): Promise<void>}} TasksVision */

const FOLDER = new URL("../../", import.meta.url);

/** Why the network does not run here. `message` is a key of i18n, `why` what the browser said. */
export class DeviceError extends Error {
  /** @param {string} key @param {string} [why] */
  constructor(key, why = "") {
    super(key);
    this.why = why;
  }
}

/** Whether pictures can be handed to the network: MediaPipe cuts them with WebGL 2, on the processor as well. */
export function hasWebgl() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** @returns {Promise<Facts>} */
export async function loadFacts() {
  const answer = await fetch(new URL("device.json", FOLDER));
  if (!answer.ok) throw new DeviceError("device.incomplete", "device.json");
  return answer.json();
}

export class DeviceLandmarker {
  /**
   * @param {TasksVision} tasks
   * @param {Facts} facts
   */
  constructor(tasks, facts) {
    this.tasks = tasks;
    this.facts = facts;
    this.mode = "IMAGE";
    this.people = 1;
    this.last = 0;
  }

  /**
   * @param {Facts} facts
   * @param {(share: number) => void} progress of the bundle, 0…1
   */
  static async load(facts, progress) {
    if (!hasWebgl()) throw new DeviceError("device.noWebgl");
    allowOwnScripts();
    const bundle = await download(new URL("pose.task", FOLDER), progress);
    try {
      const { FilesetResolver, PoseLandmarker } = await import(new URL("tasks-vision/vision_bundle.js", FOLDER).href);
      const wasm = await FilesetResolver.forVisionTasks(new URL("tasks-vision/wasm", FOLDER).href);
      const tasks = await PoseLandmarker.createFromOptions(wasm, {
        baseOptions: { modelAssetBuffer: bundle, delegate: "CPU" },
        runningMode: "IMAGE",
        numPoses: 1,
      });
      return new DeviceLandmarker(tasks, facts);
    } catch (error) {
      throw new DeviceError("device.failed", firstLine(error));
    }
  }

  /**
   * @param {TexImageSource} picture
   * @param {{width: number, height: number}} size image px that the points are given in
   * @param {number} people at most so many
   */
  async onPicture(picture, size, people) {
    await this.set("IMAGE", people);
    return this.asPeople(this.tasks.detect(picture), size);
  }

  /**
   * The next frame of a camera; people are followed from frame to frame.
   * @param {TexImageSource} picture
   * @param {{width: number, height: number}} size
   * @param {number} now ms, never going back
   */
  onFrame(picture, size, now) {
    this.last = Math.max(now, this.last + 0.01);
    return this.asPeople(this.tasks.detectForVideo(picture, this.last), size);
  }

  /** Before frames, and before pictures again. @param {"IMAGE" | "VIDEO"} mode @param {number} people */
  async set(mode, people) {
    if (mode === this.mode && people === this.people) return;
    [this.mode, this.people] = [mode, people];
    await this.tasks.setOptions({ runningMode: mode, numPoses: people });
  }

  /**
   * @param {Result} result
   * @param {{width: number, height: number}} size
   * @returns {Person[]}
   */
  asPeople(result, { width, height }) {
    const { skeleton } = this.facts;
    const people = result.landmarks.map((points, i) => {
      const visibility = points.map((point) => point.visibility);
      const px = points.map(({ x, y, z }) => /** @type {[number, number, number]} */ ([x * width, y * height, z * width]));
      const angles = anglesOf(px, skeleton);
      return {
        score: NaN, // tasks-vision does not tell
        landmarks_px: px,
        visibility,
        world: result.worldLandmarks[i].map(({ x, y, z }) => /** @type {[number, number, number]} */ ([x, y, z])),
        angles,
        flags: flagsOf(angles, visibility, skeleton, this.facts),
      };
    });
    result.close?.();
    return people;
  }
}

/** tasks-vision names the script beside its WebAssembly by a plain string; Trusted Types let it load from this folder alone. */
function allowOwnScripts() {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types || types.defaultPolicy) return;
  const allowed = new URL("tasks-vision/", FOLDER).href;
  types.createPolicy("default", {
    createScriptURL: (/** @type {string} */ url) => {
      if (new URL(url, location.href).href.startsWith(allowed)) return url;
      throw new TypeError(`This page loads no script from ${url}.`);
    },
  });
}

/**
 * @param {URL} url
 * @param {(share: number) => void} progress
 */
async function download(url, progress) {
  const answer = await fetch(url);
  if (!answer.ok || !answer.body) throw new DeviceError("device.incomplete", "pose.task");
  const total = Number(answer.headers.get("Content-Length")) || 10e6;
  const parts = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    progress(Math.min(1, bytes / total));
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** MediaPipe's errors are traces of ten lines. @param {unknown} error */
function firstLine(error) {
  return String(/** @type {any} */ (error)?.message ?? error).split("\n")[0].slice(0, 200);
}
