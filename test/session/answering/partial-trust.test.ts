import { expect, test } from 'vitest';
import { PartialTrust, sameWords } from '#src/session/answering/partial-trust.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/ports.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { adam, lounge, openHouse, pass, words } from '#test/session/setup/session-fixture.ts';

test('a recogniser earns trust by three pauses, and loses it by lagging behind', () => {
  const trust = new PartialTrust();
  for (const earned of [false, false, true]) {
    trust.compare('go on', 'Go on.');
    expect(trust.isEarned).toBe(earned);
  }
  trust.compare('go', 'Go on.');
  expect(trust.isEarned).toBe(false);
  for (let pause = 0; pause < 8; pause++) trust.compare('go on', 'go on');
  expect(trust.isEarned).toBe(true);
});

test('case, punctuation and spaces make no other words', () => {
  expect(sameWords(' What time is it?', 'what  time is it')).toBe(true);
  expect(sameWords('what time', 'what time is it')).toBe(false);
});

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
  const house = openHouse({ transcriber }, [adam], clock);
  await house.rooms.join(lounge, 'adam');
  for (let turn = 0; turn < 5; turn++) {
    await pass(house, 6_000, await words('human-goforward', adam, clock.nowMs()));
  }
  const ahead = house.of('answered').map(({ instants }) => {
    const { firstTokenAtMs = 0, recognisedAtMs = 0 } = instants;
    return firstTokenAtMs < recognisedAtMs;
  });
  expect(ahead).toEqual([false, false, false, true, true]);
});
