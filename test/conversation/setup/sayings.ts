import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { createMockRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';
import { sayWords } from './session-fixture.ts';

/** Phrases: a recording, its recognised text, and the start of each word; the last number ends it. */
const sayings = {
  forward: ['human-goforward', 'go forward ten meters', [500, 640, 1170, 1530, 2130]],
  capital: [
    'synth-flite-rms-capital-of-france',
    'what is the capital of france',
    [380, 600, 740, 820, 1540, 1680, 2230],
  ],
  louder: [
    'human-something',
    'speak half as loud please',
    [460, 630, 1190, 1350, 1530, 2120],
  ],
  stop: ['human-cards-003', 'stop', [100, 1280]],
  /** Understood by nobody. */
  mumble: ['human-digits-2934z', '', []],
} as const;

export type SayingName = keyof typeof sayings;

const recogniser = createMockRecogniser();
for (const [fixture, text, times] of Object.values(sayings)) {
  if (text !== '') recogniser.addClip(readSpeech(fixture), spreadTimes(text, times));
}

/** By the sound alone. */
export function recogniseSaying(pcm: Pcm) {
  return recogniser.hearPcm(pcm);
}

export function getSayingText(saying: SayingName): string {
  return sayings[saying][1];
}

/** Its packets, from `fromMs` on. */
export function makeSayingPackets(
  saying: SayingName,
  who: ChannelMember,
  fromMs: number,
): Promise<Packet[]> {
  return sayWords(sayings[saying][0], who, fromMs);
}

function spreadTimes(text: string, times: readonly number[]) {
  return text.split(' ').map((word, n) => ({
    word,
    fromMs: times[n] ?? 0,
    toMs: times[n + 1] ?? 0,
  }));
}
