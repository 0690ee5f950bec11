/**
 * Results as files: CSV with units in its head, COCO keypoints, JSON as the API answers. Plain functions of a result.
 */
import { known, personBox } from "./components/skeleton_facts.js";

/** @typedef {import("./types.js").Prediction} Prediction */
/** @typedef {import("./types.js").Skeleton} Skeleton */

/**
 * One row a point: image px, visibility, world metres; then one row an angle.
 * @param {Prediction} prediction
 * @param {Skeleton} skeleton
 */
export function toCsv(prediction, skeleton) {
  const rows = [["person", "kind", "name", "x_px", "y_px", "z_px", "visibility", "world_x_m", "world_y_m", "world_z_m", "angle_deg", "flag"]];
  prediction.people.forEach((person, who) => {
    skeleton.names.forEach((name, i) => {
      rows.push([who + 1, "point", name, ...person.landmarks_px[i], person.visibility[i], ...person.world[i], "", ""].map(cell));
    });
    for (const triple of skeleton.angles) {
      const flag = person.flags.find((other) => other.joint === triple.name);
      const words = flag ? `${flag.kind} ${flag.limit}` : "";
      rows.push([who + 1, "angle", triple.name, "", "", "", "", "", "", "", person.angles[triple.name], words].map(cell));
    }
  });
  return `${rows.map((row) => row.join(",")).join("\r\n")}\r\n`;
}

/** @param {unknown} value */
function cell(value) {
  return value === null || value === undefined ? "" : String(value);
}

/**
 * COCO keypoints of all points: visibility 2 where at least 0.5, else 1.
 * @param {Prediction} prediction
 * @param {Skeleton} skeleton
 * @param {string} fileName
 */
export function toCoco(prediction, skeleton, fileName) {
  const { width, height } = prediction.image;
  return {
    info: { description: "posetune", network: prediction.network },
    images: [{ id: 1, file_name: fileName, width, height }],
    categories: [{
      id: 1, name: "person", supercategory: "person", keypoints: skeleton.names,
      skeleton: skeleton.connections.map((line) => [line.a + 1, line.b + 1]),
    }],
    annotations: prediction.people.map((person, who) => {
      const box = personBox(person);
      const points = person.landmarks_px.map((p, i) => (known(p) ? [p[0], p[1], (person.visibility[i] ?? 0) >= 0.5 ? 2 : 1] : [0, 0, 0]));
      return {
        id: who + 1, image_id: 1, category_id: 1, iscrowd: 0, score: person.score,
        keypoints: points.flat(), num_keypoints: points.filter((p) => p[2] > 0).length,
        bbox: [box.x, box.y, box.width, box.height], area: box.width * box.height,
      };
    }),
  };
}

/**
 * The API's answer without the masks, which are pictures.
 * @param {Prediction} prediction
 */
export function toJson(prediction) {
  return { ...prediction, people: prediction.people.map(({ mask: _, ...person }) => person) };
}

/**
 * Have the browser save something.
 * @param {Blob | string} content
 * @param {string} name
 * @param {string} [type]
 */
export function save(content, name, type = "application/octet-stream") {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file's name without what follows the last dot, and without what file systems do not like. @param {string} name */
export function stem(name) {
  return name.replace(/\.[^.]*$/, "").replace(/[\\/:*?"<>|\p{Cc}]+/gu, "_").slice(0, 80) || "picture";
}
