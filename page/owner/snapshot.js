/**
 * Data from `src/web/page/snapshot.ts`; times in ms.
 * @typedef {Partial<Record<StageKey, { p50Ms: number, p95Ms: number }>>} Stages
 * @typedef {'endedMs' | 'recognisedMs' | 'firstTokenMs' | 'firstClauseMs' | 'firstSpeechMs' | 'firstSentMs'} StageKey
 * @typedef {{ startWallMs: number, turns: number, stages: Stages }} Period
 * @typedef {{ name: string, percent: number, isPaused: boolean, title?: string, positionMs?: number, lengthMs?: number, waiting: number }} Track
 * @typedef {{ usd: number, minutes: number, capUsd: number, capMinutes: number, isUnpriced: boolean, turns: number, step: string, quietUntil?: string }} Budget
 * @typedef {{ ageMs?: number, counts?: Record<string, number>, lossShare?: number, jitterMs?: number }} Traffic
 * @typedef {object} Room
 * @property {string} guildId
 * @property {string} [guildName]
 * @property {string} channelId
 * @property {string} channelName
 * @property {'talk' | 'captions'} mode
 * @property {string} state
 * @property {string} [about]
 * @property {number} stayedMs
 * @property {string[]} heard
 * @property {number} unheard
 * @property {boolean} isMuted
 * @property {boolean} hasCaptions
 * @property {string} engine
 * @property {number} [lastAnswerMs]
 * @property {number} waiting
 * @property {number} aside
 * @property {Track[]} tracks
 * @property {Budget} budget
 * @property {{ cipher: string, endToEnd: boolean, joinedInMs: number }} [link]
 * @property {Traffic} traffic
 * @property {Stages} stages
 * @typedef {{ role: string, state: 'works' | 'fails' | 'stood-in', provider?: string, standsIn?: string, code?: string, breakers?: Breaker[] }} Provider
 * @typedef {{ provider: string, state: 'closed' | 'open' | 'trial', restMs?: number, code?: string }} Breaker
 * @typedef {{ guildId: string, guildName: string, state?: string, heard: number, unheard: number, usd: number, minutes: number, process?: string }} Server
 * @typedef {{ name: string, version: string, isOwn: boolean, shards: number[], startedWallMs: number, silentMs?: number, servers?: number, rooms?: number, alerts?: number }} Process
 * @typedef {{ shardCount: number, all: Process[], unserved: number[], oldMs?: number }} Processes
 * @typedef {{ day: string, usd: number, minutes: number, answers: number, requests: number }} Day
 * @typedef {Omit<Day, 'day'> & { guildId: string, guildName?: string }} SpentServer
 * @typedef {{ name: string, meaning: string, action: string, guildId?: string, guildName?: string, cause: string, task?: string, process?: string }} Alert
 * @typedef {{ number: number, name: string, text: string }} Words
 * @typedef {{ usd: number, capUsd: number }} Total Spending of all servers today, beside its cap.
 * @typedef {{ words?: Words[], total?: Total, atWallMs: number, rooms: Record<string, Room>, servers: Record<string, Server>, processes?: Processes, providers: Provider[], alerts: Alert[], stages: Stages }} Snapshot
 */

/**
 * Value after a JSON Merge Patch (RFC 7396). A part without a change stays the same object: only changes are
 * drawn anew.
 * @template Value
 * @param {Value} value
 * @param {any} patch
 * @returns {Value}
 */
export function merged(value, patch) {
  if (!isObject(patch)) return patch;
  /** @type {Record<string, unknown>} */
  const made = isObject(value) ? { ...value } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete made[name];
    else made[name] = merged(made[name], change);
  }
  return /** @type {Value} */ (made);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Stages of an answer in the order in which they come, as people read them.
 * @type {readonly (readonly [StageKey, string])[]}
 */
export const stages = [
  ['endedMs', 'end decided'],
  ['recognisedMs', 'recognised'],
  ['firstTokenMs', 'first token'],
  ['firstClauseMs', 'first clause'],
  ['firstSpeechMs', 'first speech'],
  ['firstSentMs', 'first packet'],
];
