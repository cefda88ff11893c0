/**
 * What `src/web/page/snapshot.ts` sends; times in ms.
 * @typedef {Partial<Record<StageKey, { p50Ms: number, p95Ms: number }>>} Stages
 * @typedef {'endedMs' | 'recognisedMs' | 'firstTokenMs' | 'firstClauseMs' | 'firstSpeechMs' | 'firstSentMs'} StageKey
 * @typedef {{ startWallMs: number, turns: number, stages: Stages }} Period
 * @typedef {{ name: string, percent: number, isPaused: boolean, title?: string, positionMs?: number, lengthMs?: number, waiting: number }} Track
 * @typedef {{ usd: number, minutes: number, capUsd: number, capMinutes: number, isUnpriced: boolean, turns: number, step: string, quietUntil?: string }} Budget
 * @typedef {{ ageMs?: number, counts?: Record<string, number>, udpAgeMs?: number, lossShare?: number, jitterMs?: number }} Traffic
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
 * @typedef {{ name: string, meaning: string, guildId?: string, guildName?: string, cause: string }} Alert
 * @typedef {{ number: number, name: string, text: string }} Words
 * @typedef {{ words?: Words[], atWallMs: number, rooms: Room[], providers: Provider[], alerts: Alert[], stages: Stages }} Snapshot
 */

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
