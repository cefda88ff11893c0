import { expect, test } from 'vitest';
import type { Listening, OnPartial, Transcriber } from '#src/speech/ports.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

/** Has understood everything at once, and says so for sure `tookMs` after it is asked. */
function streaming(clock: VirtualClock, text: string, tookMs: number): Transcriber {
  const listen = (onPartial: OnPartial): Listening => ({
    push: () => queueMicrotask(() => onPartial(text)),
    async settle(signal) {
      await clock.sleep(tookMs, signal);
      return { text };
    },
    [Symbol.dispose]: () => undefined,
  });
  return {
    transcribe: (pcm, signal) => new FakeTranscriber({ texts: [text] }).transcribe(pcm, signal),
    listen,
  };
}

test('a recogniser that streams well is answered before its words are final', async () => {
  const clock = new VirtualClock();
  const transcriber = streaming(clock, 'go forward ten meters', 200);
  const fixture = openSessionFixture({ transcriber }, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  for (let turn = 0; turn < 5; turn++) {
    await pass(fixture, 6_000, await words('human-goforward', adam, clock.nowMs()));
  }
  const ahead = fixture.of('answered').map(({ instants }) => {
    const { firstTokenAtMs = 0, recognisedAtMs = 0 } = instants;
    return firstTokenAtMs < recognisedAtMs;
  });
  expect(ahead).toEqual([false, false, false, true, true]);
});
