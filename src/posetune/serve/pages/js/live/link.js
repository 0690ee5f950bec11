/**
 * The live socket: a frame goes out as a 12-byte head (sequence number, capture time) and a JPEG, and its people come back. One
 * frame is in flight; whoever has a newer one waits for the answer and then sends the newest.
 *
 * Events: "answer" (detail: Answer), "refused" (detail: a sentence), "state" (detail: "open" | "away").
 */

/** @typedef {{seq: number, capture_ms: number, server_ms: number, width: number, height: number, people: import("../types.js").Person[], network?: import("../types.js").NetworkName}} Answer */

const HEAD_BYTES = 12;
/** An answer that takes longer is not waited for. */
const PATIENCE_MS = 8000;
const AGAIN_MS = [300, 700, 1500, 3000];

/**
 * @param {number} sequence
 * @param {number} captured ms
 * @param {Blob} jpeg
 */
export function message(sequence, captured, jpeg) {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint32(0, sequence >>> 0, true);
  head.setFloat64(4, captured, true);
  return new Blob([head.buffer, jpeg]);
}

export class LiveLink extends EventTarget {
  /** @param {string} path with its query */
  constructor(path) {
    super();
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.url = url.href;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.sequence = 0;
    /** The frame that is in flight; -1: none. */
    this.flying = -1;
    this.tries = 0;
    this.closed = false;
    this.patience = 0;
    this.again = 0;
    this.connect();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Whether a frame can be sent now. */
  get free() {
    return this.open && this.flying < 0;
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => this.tell("state", "open"));
    socket.addEventListener("message", (event) => this.receive(event.data));
    socket.addEventListener("close", (event) => {
      if (this.socket !== socket || this.closed) return;
      this.flying = -1;
      clearTimeout(this.patience);
      if (event.reason) this.tell("refused", event.reason);
      this.tell("state", "away");
      this.again = window.setTimeout(() => this.connect(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    });
  }

  /**
   * @param {Blob} jpeg
   * @param {number} captured ms
   */
  send(jpeg, captured) {
    if (!this.free || !this.socket) return;
    this.flying = this.sequence++;
    this.socket.send(message(this.flying, captured, jpeg));
    this.patience = window.setTimeout(() => this.socket?.close(), PATIENCE_MS);
  }

  /** @param {string} text */
  receive(text) {
    const answer = JSON.parse(text);
    if (answer.seq !== this.flying) return; // of before the connection was lost
    this.flying = -1;
    this.tries = 0;
    clearTimeout(this.patience);
    if (answer.error) this.tell("refused", answer.error.detail);
    else this.tell("answer", answer);
  }

  /** @param {string} type @param {unknown} detail */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  close() {
    this.closed = true;
    clearTimeout(this.patience);
    clearTimeout(this.again);
    this.socket?.close();
  }
}
