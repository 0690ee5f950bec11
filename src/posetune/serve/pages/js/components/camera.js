/**
 * A camera of this device: opened, named, lost and given back. What goes wrong is a key of the texts, never a trace.
 */

/** Why there is no picture of a camera. `message` is a key of i18n. */
export class CameraError extends Error {}

/** What `getUserMedia` throws → key of the sentence that the page shows. @type {Record<string, string>} */
const SENTENCES = {
  NotAllowedError: "camera.denied",
  SecurityError: "camera.denied",
  NotFoundError: "camera.none",
  OverconstrainedError: "camera.none",
  NotReadableError: "camera.busy",
  AbortError: "camera.busy",
};

export class Camera {
  /**
   * @param {HTMLVideoElement} video plays what the camera sees; need not be in the page
   */
  constructor(video) {
    this.video = video;
    video.muted = true;
    video.playsInline = true;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** Called with a key of i18n when the camera goes away by itself. @type {(key: string) => void} */
    this.onlost = () => {};
    this.opening = 0;
  }

  /**
   * Ask for the camera, and wait for its first frame. A camera that was open is given back first.
   * @param {{deviceId?: string, width?: number, height?: number}} [wanted]
   * @returns {Promise<boolean>} false if it was closed, or another one asked for, in the meantime
   */
  async open({ deviceId, width = 640, height = 480 } = {}) {
    this.close();
    const turn = ++this.opening;
    // Browsers hide cameras from pages that came over plain http from another machine.
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("camera.insecure");
    const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...which, width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } },
      });
    } catch (error) {
      throw new CameraError(SENTENCES[/** @type {Error} */ (error).name] ?? "camera.busy");
    }
    if (turn !== this.opening) {
      stop(stream);
      return false;
    }
    this.stream = stream;
    for (const track of stream.getVideoTracks()) {
      track.addEventListener("ended", () => {
        if (this.stream !== stream) return;
        this.close();
        this.onlost("camera.unplugged");
      });
    }
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch (error) {
      if (turn !== this.opening) return false;
      this.close();
      throw new CameraError("camera.busy");
    }
    return turn === this.opening;
  }

  /** Which camera is open. */
  get deviceId() {
    return this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** Give the camera back; its light goes out. */
  close() {
    this.opening++;
    if (this.stream) stop(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /**
   * Call `see` with each new frame, until the camera is closed. Times are those of `performance.now()`: when the frame was
   * captured where the browser tells, else when it was handed over.
   * @param {(captured: number) => void} see
   */
  watch(see) {
    const stream = this.stream;
    const video = this.video;
    const next = () => {
      if (this.stream !== stream || !stream) return;
      if (video.requestVideoFrameCallback) {
        video.requestVideoFrameCallback((now, frame) => {
          if (this.stream !== stream) return;
          see(frame.captureTime && frame.captureTime <= now ? frame.captureTime : now);
          next();
        });
      } else {
        requestAnimationFrame((now) => {
          if (this.stream !== stream) return;
          see(now);
          next();
        });
      }
    };
    next();
  }
}

/** The cameras of this device. Without permission they have no names. @returns {Promise<{id: string, name: string}[]>} */
export async function cameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter((device) => device.kind === "videoinput").map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
