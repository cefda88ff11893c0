import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { endpointingDelay } from '#src/turn/endpointing/endpointing-delay.ts';
import type { Moment } from './moments.ts';
import type { Detector } from './scored-turns.ts';

const never = Number.POSITIVE_INFINITY;
const silentMs = (moment: Moment) => moment.silentMs;
/** For the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointRules, textTimeoutMs: 400 };

function spareMs({ signs, silentMs: sinceMs }: Moment, rules: typeof endpointRules): number {
  return sinceMs - endpointingDelay(signs, rules, {}).delayMs;
}

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
];
