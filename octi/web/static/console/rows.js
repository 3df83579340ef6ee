/** The live sessions as values: what octi told of them, in what order they stand, and which fit a filter. Pure. */

import { who } from "./format.js";

/**
 * @typedef {Object} Row  as `/console/events` tells it, docs/console.md
 * @property {string} id  @property {string} doing
 * @property {string} [user] @property {string} [tenant] @property {string} [key] @property {string} [peer]
 * @property {string} [since] @property {string} [door] @property {string} [upstream] @property {string} [model]
 * @property {number} [turns] @property {number|null} [waitMs] @property {number} [responses] @property {number} [tokens]
 * @property {Record<string, number>} [queues]
 */

export class Rows {
  /** @type {Map<string, Row>} */
  all = new Map();

  /** Everything, instead of what there was. @param {Row[]} rows @returns {Set<string>} the ids that are other than before */
  replace(rows) {
    const touched = new Set([...this.all.keys(), ...rows.map((row) => row.id)]);
    this.all = new Map(rows.map((row) => [row.id, row]));
    return touched;
  }

  /** @param {{changed: Row[], gone: string[]}} news @returns {Set<string>} */
  change({ changed, gone }) {
    for (const row of changed) this.all.set(row.id, { ...this.all.get(row.id), ...row });
    for (const id of gone) this.all.delete(id);
    return new Set([...changed.map((row) => row.id), ...gone]);
  }

  /** Those that fit a filter, in an order. @param {string} words @param {string} order @returns {Row[]} */
  chosen(words, order) {
    const wanted = words.trim().toLowerCase();
    const fitting = [...this.all.values()].filter((row) => !wanted || nameOf(row).includes(wanted));
    const by = ORDERS[order] ?? ORDERS.newest;
    return fitting.sort((one, other) => by(one, other) || ORDERS.newest(one, other) || (one.id < other.id ? -1 : 1));
  }
}

/** @type {Record<string, (one: Row, other: Row) => number>} */
const ORDERS = {
  newest: (one, other) => text(other.since, "9") > text(one.since, "9") ? 1 : text(other.since, "9") < text(one.since, "9") ? -1 : 0,
  oldest: (one, other) => -ORDERS.newest(one, other),
  slowest: (one, other) => (other.waitMs ?? -1) - (one.waitMs ?? -1),
  fullest: (one, other) => fullness(other) - fullness(one),
  turns: (one, other) => (other.turns ?? 0) - (one.turns ?? 0),
};

/** How many bytes wait, in whatever direction. @param {Record<string, number>} queues */
export function bytesIn(queues) {
  return ["client_bytes", "provider_bytes", "early_bytes"].reduce((sum, name) => sum + (queues[name] ?? 0), 0);
}

/** How much waits in a session, to compare: a row for the store counts as a thousand bytes. @param {Row} row */
export function fullness({ queues = {} }) {
  return bytesIn(queues) + 1000 * (queues.rows ?? 0);
}

function nameOf(row) {
  return [row.id, who(row), row.user, row.tenant, row.key, row.peer, row.door, row.upstream, row.model, row.doing].join(" ").toLowerCase();
}

function text(value, otherwise) {
  return value ?? otherwise;
}
