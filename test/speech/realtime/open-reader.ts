import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { Secret } from '#src/base/secret.ts';
import {
  type RealtimeSpeechOptions,
  RealtimeSynthesizer,
} from '#src/speech/realtime/realtime-synthesizer.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openMockTalk } from '#test/fakes/providers/mock-talk.ts';
import type { TalkSettings } from '#test/fakes/providers/realtime-call.ts';

export const usualReaderSettings: Partial<TalkSettings> = {
  soundSpeed: Infinity,
  speakAloud: () => ({}),
};

export type RealtimeReader = Awaited<ReturnType<typeof openReader>>;

/** A server that reads aloud, and voices over it. */
export async function openReader() {
  const server = await openMockTalk({
    answer: () => ({}),
    key: 'hunter22',
    ...usualReaderSettings,
  });
  const { baseUrl } = server;
  const lastCall = () =>
    server.calls.findLast(({ aloud }) => aloud.length > 0) ?? expect.fail();
  return {
    server,
    /** Connection over which a text was read last. */
    lastCall,
    lastAloud: () => lastCall().aloud.at(-1) ?? expect.fail(),
    openReader: (overrides: Partial<RealtimeSpeechOptions> = {}) => {
      const apiKey = new Secret('hunter22');
      return new RealtimeSynthesizer({
        baseUrl,
        model: 'reads',
        voice: 'marin',
        apiKey,
        ...overrides,
      });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sound that such a server makes for it. */
export function makePcm(text: string) {
  return { samples: makeTone(text, 24_000), rateHz: 24_000, channels: 1 };
}

/** Takes the first piece of a reading; the caller takes the rest. */
export async function beginReading(
  engine: RealtimeSynthesizer,
  text: string,
  signal: AbortSignal,
) {
  const sound = engine.synthesize(text, {}, signal)[Symbol.asyncIterator]();
  expect((await sound.next()).done).toBe(false);
  return sound;
}

/** All that is left of it, in milliseconds. Errors: as the voice. */
export async function finishReading(sound: AsyncIterator<Pcm>) {
  let ms = 0;
  for (let piece = await sound.next(); !piece.done; piece = await sound.next())
    ms += piece.value.samples.length / 24;
  return ms;
}
