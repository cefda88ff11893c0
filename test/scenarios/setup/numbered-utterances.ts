import type { Pcm } from '#src/audio/pcm.ts';
import { instantPace } from '#test/fakes/providers/mock-providers.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';

export const mockRateHz = 24_000;

/** Settings of mock providers that note in `uttered` what they hear, and number it. */
export function settingsOf(
  uttered: Pcm[],
  overrides: Partial<MockSettings> = {},
): Partial<MockSettings> {
  const hearUttered = (pcm: Pcm) => wordsFor(1 + noteIn(uttered, pcm));
  return { pace: instantPace, hears: hearUttered, rateHz: mockRateHz, ...overrides };
}

/** Recognised text of the utterance of that number. */
export function wordsFor(n: number) {
  return `Nova, utterance ${n}!`;
}

/**
 * Adds an utterance, or replaces its beginning, as its beginning is sent first, and then more and more of it. Returns its place.
 */
function noteIn(uttered: Pcm[], pcm: Pcm) {
  const known = uttered.findLastIndex((sound) => isBeginning(sound, pcm));
  if (known < 0) return uttered.push(pcm) - 1;
  uttered[known] = pcm;
  return known;
}

function isBeginning({ samples: start }: Pcm, { samples: whole }: Pcm) {
  return (
    start.length <= whole.length && start.every((sample, at) => sample === whole[at])
  );
}
