/**
 * Video jobs, as the pages ask for them.
 */
import { ApiError, ask, get, session } from "../api.js";
import { t } from "../i18n.js";

/**
 * @typedef {"queued" | "running" | "done" | "failed" | "cancelled"} JobState
 * @typedef {{width: number, height: number, frames: number, duration_s: number, rotation: number, variable_rate: boolean, playable: boolean}} VideoFacts
 * @typedef {{done: number, total: number | null, seconds_left: number | null}} JobProgress
 * @typedef {{id: string, state: JobState, progress: JobProgress, network: import("../types.js").NetworkName, video: VideoFacts, name: string, error: string, note: string, max_people: number, created_at: number, expires_at: number | null, kept: boolean}} Job
 */

/** Whether something is still to come. @param {Job} job */
export function going(job) {
  return job.state === "queued" || job.state === "running";
}

/** @param {string} id @returns {Promise<Job>} */
export const getJob = (id) => get(`jobs/${id}`);

/** The viewer's jobs, the newest first. @returns {Promise<Job[]>} */
export async function getJobs() {
  return (/** @type {{jobs: Job[]}} */ (await get("jobs"))).jobs;
}

/** @param {string} id */
export const cancelJob = (id) => ask(`jobs/${id}/cancel`, { method: "POST" });

/** A job for the same video with another network. @param {string} id @param {string} network @returns {Promise<{id: string}>} */
export const againJob = async (id, network) => (await ask(`jobs/${id}/again?${new URLSearchParams({ model: network })}`, { method: "POST" })).json();

/** @param {string} id */
export const deleteJob = (id) => ask(`jobs/${id}`, { method: "DELETE" });

/**
 * When each frame is shown, seconds.
 * @param {string} id
 * @returns {Promise<number[]>}
 */
export async function getTimes(id) {
  return (/** @type {{times_s: number[]}} */ (await get(`jobs/${id}/frames`))).times_s;
}

/** @param {string} id @param {string} what */
export const address = (id, what) => `/api/v1/jobs/${id}/${what}`;

/**
 * Upload a video. Of all that browsers have, only XMLHttpRequest tells how far an upload is.
 * @param {Blob} video
 * @param {Record<string, string>} query
 * @param {(share: number) => void} progress 0…1
 * @param {AbortSignal} [signal]
 * @returns {Promise<{id: string}>}
 */
export function upload(video, query, progress, signal) {
  const once = () =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/v1/jobs?${new URLSearchParams(query)}`);
      request.setRequestHeader("Content-Type", video.type || "application/octet-stream");
      request.responseType = "text";
      request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", () => reject(new ApiError(0, t("error.away.title"), t("error.away"))));
      request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(video);
    });
  return (async () => {
    for (;;) {
      const request = /** @type {XMLHttpRequest} */ (await once());
      if (request.status === 401 && (await session.signIn())) continue;
      let content = null;
      try {
        content = JSON.parse(request.responseText);
      } catch {
        // No words of the server's: those below.
      }
      if (request.status < 300 && content) return content;
      throw new ApiError(request.status, content?.title ?? t("error.server.title"), content?.detail ?? t("error.server", { status: request.status }));
    }
  })();
}
