import { doing } from './figures.js';

/**
 * Which servers the list shows, and in which order.
 * @typedef {'name' | 'id' | 'now' | 'people' | 'today' | 'days' | 'alerts'} SortKey
 * @typedef {'all' | 'joined' | 'talking' | 'alerts'} Filter
 * @typedef {{ query: string, filter: Filter, sort: SortKey, isReversed: boolean }} Choice
 * @typedef {{ alerts: ReadonlyMap<string, number>, spent: ReadonlyMap<string, number> }} Beside alerts and dollars of 90 days, by server
 */

/**
 * Columns of the list by their keys; numbers and states begin with the most.
 * @type {readonly (readonly [SortKey, string])[]}
 */
export const columns = [
  ['name', 'Server'],
  ['id', 'Id'],
  ['now', 'Now'],
  ['people', 'People'],
  ['today', 'Today'],
  ['days', '90 days'],
  ['alerts', 'Alerts'],
];

/**
 * Servers that can be chosen by what they do.
 * @type {readonly (readonly [Filter, string])[]}
 */
export const filters = [
  ['all', 'all servers'],
  ['joined', 'in a channel'],
  ['talking', 'talking now'],
  ['alerts', 'with alerts'],
];

const talking = ['speaking', 'hearing', 'thinking', 'step'];
/** States in the order of the column: talk first, then presence, then what hinders it. */
const ranks = [...talking, 'listening', 'captions_only', 'paused', 'quiet', 'reconnecting', 'left'];
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * State of the bot in a server, in words.
 * @param {Pick<import('./snapshot.js').Server, 'state'>} server
 */
export function nowWords({ state }) {
  return state === undefined ? 'in no channel' : doing({ state });
}

/**
 * Ids of the servers that are shown, in their order. Every word of the query stands in the name, the id, the state or the process.
 * @param {readonly import('./snapshot.js').Server[]} servers
 * @param {Choice} choice
 * @param {Beside} beside
 * @returns {string[]}
 */
export function orderedIds(servers, choice, beside) {
  const words = choice.query.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = servers.filter((server) => {
    if (!isChosen(server, choice.filter, beside)) return false;
    const text = textOf(server);
    return words.every((word) => text.includes(word) || isIn(word, server.guildId));
  });
  const sign = choice.isReversed ? -1 : 1;
  const compare = comparisons[choice.sort];
  return shown
    .sort((one, other) => sign * compare(one, other, beside) || byName(one, other))
    .map(({ guildId }) => guildId);
}

/**
 * @param {import('./snapshot.js').Server} server
 * @param {Filter} filter
 * @param {Beside} beside
 */
function isChosen({ guildId, state }, filter, { alerts }) {
  if (filter === 'joined') return state !== undefined;
  if (filter === 'talking') return state !== undefined && talking.includes(state);
  return filter === 'all' || alerts.has(guildId);
}

/** @param {import('./snapshot.js').Server} server */
function textOf(server) {
  const { guildName, process = '' } = server;
  return `${guildName} ${nowWords(server)} ${process}`.toLowerCase();
}

/**
 * A few digits stand in too many ids to find one by them.
 * @param {string} word
 * @param {string} guildId
 */
function isIn(word, guildId) {
  return word.length >= fewestDigits && guildId.includes(word);
}

const fewestDigits = 5;

/**
 * @param {import('./snapshot.js').Server} one
 * @param {import('./snapshot.js').Server} other
 */
function byName(one, other) {
  return collator.compare(one.guildName, other.guildName) || byId(one, other);
}

/**
 * @param {import('./snapshot.js').Server} one
 * @param {import('./snapshot.js').Server} other
 */
function byId(one, other) {
  return collator.compare(one.guildId, other.guildId);
}

/** @param {import('./snapshot.js').Server} server */
function rankOf({ state }) {
  if (state === undefined) return ranks.length + 1;
  const rank = ranks.indexOf(state);
  return rank < 0 ? ranks.length : rank;
}

/** @type {Record<SortKey, (one: import('./snapshot.js').Server, other: import('./snapshot.js').Server, beside: Beside) => number>} */
const comparisons = {
  name: byName,
  id: byId,
  now: (one, other) => rankOf(one) - rankOf(other),
  people: (one, other) => other.heard + other.unheard - one.heard - one.unheard,
  today: (one, other) => other.usd - one.usd || other.minutes - one.minutes,
  days: (one, other, { spent }) => (spent.get(other.guildId) ?? 0) - (spent.get(one.guildId) ?? 0),
  alerts: (one, other, { alerts }) =>
    (alerts.get(other.guildId) ?? 0) - (alerts.get(one.guildId) ?? 0),
};
