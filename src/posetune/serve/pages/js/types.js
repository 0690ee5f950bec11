/**
 * What the API answers, for the type checker. The reference is /api/docs.
 *
 * @typedef {"upper" | "lower" | "trunk" | "face"} Region
 * @typedef {{a: number, b: number, region: Region}} Connection
 * @typedef {{name: string, a: number, b: number, c: number}} AngleTriple the angle at b of a-b-c
 * @typedef {{names: string[], connections: Connection[], angles: AngleTriple[]}} Skeleton
 *
 * @typedef {[number, number, number]} Point3
 * @typedef {{joint: string, kind: string, value: number, limit: number, text?: string}} Flag `text`: the words at the joint, where its kind has none
 * @typedef {object} Person
 * @property {number} score
 * @property {Point3[]} landmarks_px px of the upright picture; null coordinates where the network tells none
 * @property {(number | null)[]} visibility 0…1
 * @property {Point3[]} world metres, hip-centred, x right, y down, z away from the camera
 * @property {Record<string, number | null>} angles degrees, 0…180
 * @property {Flag[]} flags joints beyond their range
 * @property {number} [id] who it is, in a video
 * @property {string[]} [names] what its points are, where they are not the skeleton's
 * @property {string} [mask] PNG, base64: who is there, at the picture's size or smaller
 *
 * @typedef {{name: string, sha256: string}} NetworkName
 * @typedef {{network: NetworkName, image: {width: number, height: number}, people: Person[]}} Prediction
 * @typedef {{name: string, sha256: string, kind: string, current: boolean, report: string | null, uploaded?: boolean}} Network
 * @typedef {{min: number | null, max: number | null}} Range
 * @typedef {{type?: string, title: string, status: number, detail: string, line?: number}} Problem
 */
export {};
