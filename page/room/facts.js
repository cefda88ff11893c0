/** @import { TrackFact } from '../../src/ports/track-fact.ts' */

/**
 * A timer or reminder of the reader's own person. It has an empty text if it is a timer.
 * @typedef {{ id: string, text: string, totalMs: number, remainingMs: number }} TimerFact
 */

/**
 * A tool call. `state` is `running`, or how it ended.
 * @typedef {{ id: string, tool: string, state: string }} ToolFact
 */

/**
 * A fact of the bot, which replaces the one before of its kind.
 * @typedef {{ kind: 'tracks', ageMs: number, tracks: readonly TrackFact[] }
 *   | { kind: 'timers', timers: readonly TimerFact[] }
 *   | { kind: 'tools', tools: readonly ToolFact[] }} FactEvent
 */

/**
 * Facts by the clock of the page.
 * @typedef {object} Facts
 * @property {readonly TrackFact[]} tracks
 * @property {number} tracksAtMs instant of their positions
 * @property {readonly (TimerFact & { dueAtMs: number })[]} timers
 * @property {readonly (ToolFact & { atMs: number })[]} tools since when each has its state
 */

/**
 * No facts: before the first ones, and after a lost connection.
 * @type {Facts}
 */
export const noFacts = Object.freeze({
  tracks: [],
  tracksAtMs: 0,
  timers: [],
  tools: [],
});

/** The same timer, told again, may differ so much. */
const maxDriftMs = 1_000;
/** An ended tool is shown so long. */
const endedToolMs = 12_000;

/**
 * Tests whether an event is a fact.
 * @param {{ kind: string }} event
 * @returns {event is FactEvent}
 */
export function isFactEvent(event) {
  const { kind } = event;
  return kind === 'tracks' || kind === 'timers' || kind === 'tools';
}

/**
 * Returns the facts after one more.
 * @param {Facts} facts
 * @param {FactEvent} event
 * @param {number} nowMs
 * @returns {Facts}
 */
export function stepFacts(facts, event, nowMs) {
  switch (event.kind) {
    case 'tracks':
      return { ...facts, tracks: event.tracks, tracksAtMs: nowMs - event.ageMs };
    case 'timers':
      return {
        ...facts,
        timers: event.timers.map((timer) => keepTimer(facts, timer, nowMs)),
      };
    case 'tools':
      return {
        ...facts,
        tools: event.tools.map((tool) => keepTool(facts, tool, nowMs)),
      };
  }
}

/**
 * Keeps a timer that is known, since its ring would begin anew.
 * @param {Facts} facts
 * @param {TimerFact} timer
 * @param {number} nowMs
 * @returns {Facts['timers'][number]}
 */
function keepTimer({ timers }, timer, nowMs) {
  const dueAtMs = nowMs + timer.remainingMs;
  const known = timers.find(({ id }) => id === timer.id);
  const isSame = known && Math.abs(known.dueAtMs - dueAtMs) < maxDriftMs;
  return isSame ? known : { ...timer, dueAtMs };
}

/**
 * Keeps since when a tool has its state.
 * @param {Facts} facts
 * @param {ToolFact} tool
 * @param {number} nowMs
 * @returns {Facts['tools'][number]}
 */
function keepTool({ tools }, tool, nowMs) {
  const known = tools.find(({ id, state }) => id === tool.id && state === tool.state);
  return known ?? { ...tool, atMs: nowMs };
}

/**
 * Tests whether the facts look different each second.
 * @param {Facts} facts
 * @returns {boolean}
 */
export function isMoving({ tracks, timers, tools }) {
  const isPlaying = tracks.some(({ isBusy, isPaused }) => isBusy && !isPaused);
  return isPlaying || timers.length > 0 || tools.length > 0;
}

/**
 * A track as it is drawn.
 * @typedef {TrackFact & { level: number, isDucked: boolean, isVoice: boolean }} Fader
 */

/** Name of the track of the bot's own voice. */
const voiceTrack = 'voice';

/**
 * Reads the faders: positions as of now, and levels of 0 to 1 on the scale of the fader.
 * @param {Facts} facts
 * @param {number} nowMs
 * @returns {readonly Fader[]}
 */
export function readFaders({ tracks, tracksAtMs }, nowMs) {
  return tracks.map((track) => {
    const { gainPercent, isBusy, isMuted, isPaused, name, percent } = track;
    const isVoice = name === voiceTrack;
    const isStill = isPaused || (!isBusy && !isVoice);
    const isDucked = !isStill && !isMuted && gainPercent < percent - 1;
    const passedMs = isPaused ? 0 : nowMs - tracksAtMs;
    return {
      ...track,
      level: isStill ? 0 : Math.min(1, gainPercent / maxPercent),
      isDucked,
      isVoice,
      positionMs: isBusy ? findPosition(track, passedMs) : undefined,
    };
  });
}

/** Loudest volume of a track. */
export const maxPercent = 200;

/**
 * Finds the position of a sound after some time, which begins again in a loop.
 * @param {TrackFact} track
 * @param {number} passedMs
 * @returns {number | undefined}
 */
function findPosition({ isLooping, lengthMs, positionMs }, passedMs) {
  if (positionMs === undefined) return undefined;
  const nextMs = positionMs + passedMs;
  if (lengthMs === undefined || lengthMs <= 0) return nextMs;
  return isLooping ? nextMs % lengthMs : Math.min(nextMs, lengthMs);
}

/**
 * Lists tools that run, and those that ended lately, without those that only repeat an earlier result.
 * @param {Facts} facts
 * @param {number} nowMs
 * @returns {Facts['tools']}
 */
export function listShownTools({ tools }, nowMs) {
  return tools.filter(
    ({ state, atMs }) =>
      state === 'running' || (state !== 'known' && nowMs - atMs < endedToolMs),
  );
}

/**
 * Formats a time as `0:40` or `1:02:05`. A part of a second counts up to the next where it remains.
 * @param {number} ms
 * @returns {string}
 */
export function formatTime(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const [hours, ...rest] = parts;
  const shown = hours ? parts : rest;
  return shown
    .map((part, n) => (n === 0 ? `${part}` : `${part}`.padStart(2, '0')))
    .join(':');
}
