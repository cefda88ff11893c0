import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { endpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import { prosodyScore, readFitted, wordsScore } from './fitted.ts';
import type { Moment } from './moments.ts';
import type { Detector } from './scored-turns.ts';

const never = Number.POSITIVE_INFINITY;
const silentMs = (moment: Moment) => moment.silentMs;
/** For the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointRules, textTimeoutMs: 400 };

function spareMs({ signs, silentMs: sinceMs }: Moment, rules: typeof endpointRules): number {
  return sinceMs - endpointingDelay(signs, rules, {}).delayMs;
}

const fitted = readFitted();

/** The row that every other one is a share of. */
export const voiceActivityAlone: Detector = {
  name: 'voice activity alone',
  silentMs,
  score: () => 0,
  own: { threshold: 0, delayMs: endpointRules.textlessDelayMs, timeoutMs: never },
};

export const detectors: readonly Detector[] = [
  voiceActivityAlone,
  {
    // As most bots at Discord do: a second without packets, which an open microphone never gives.
    name: 'naive bot',
    silentMs: ({ withoutPacketMs }) => withoutPacketMs,
    score: () => 0,
    own: { threshold: 0, delayMs: 1000, timeoutMs: never },
  },
  {
    name: 'Parley, no text',
    silentMs,
    score: ({ signs, ...moment }) =>
      spareMs(
        { ...moment, signs: { ...signs, textless: true, reading: undefined } },
        endpointRules,
      ),
    own: { threshold: 0, delayMs: 0, timeoutMs: never },
  },
  {
    name: 'Parley, words',
    silentMs,
    score: (moment) => spareMs(moment, textRules),
    own: { threshold: 0, delayMs: 0, timeoutMs: never },
  },
  {
    // Not in the bot: see README.md.
    name: 'fitted: prosody',
    silentMs,
    score: (moment) => prosodyScore(fitted, moment),
    own: { threshold: 0, delayMs: 270, timeoutMs: 1200 },
  },
  {
    name: 'fitted: prosody and words',
    silentMs,
    score: (moment) => wordsScore(fitted, moment),
    own: { threshold: 0, delayMs: 270, timeoutMs: 1200 },
  },
];
