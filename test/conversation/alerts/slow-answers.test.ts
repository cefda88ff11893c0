import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const notice = 'My answers are slower than usual: /stats shows the delays.';

/** Adam, alone with it, asks once for each of these answers; the recogniser takes `recogniseMs`. */
async function asked(rounds: readonly (readonly ChatStep[])[], recogniseMs = 0) {
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const pipeline = chained({ chat, synthesizer });
  const transcriber = new FakeTranscriber({ texts: ['five'], tookMs: recogniseMs, clock });
  const fixture = openSessionFixture({ chat, synthesizer, pipeline, transcriber }, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3_000);
  for (const _ of rounds)
    await pass(fixture, 20_000, await words('human-goforward', adam, clock.nowMs()));
  return fixture;
}

const slow = [{ waitMs: 6_000 }, 'Five.'];

test('an answer that takes longer than usual is told once a session', async () => {
  const fixture = await asked([['Five.'], ['Five.'], ['Five.'], slow, ['Five.'], slow]);
  expect(fixture.written).toEqual([notice]);
});

test('where it always takes as long nothing is slower than usual', async () => {
  const fixture = await asked([slow, slow, slow, slow]);
  expect(fixture.written).toEqual([]);
});

test('the first answer is slow after 8 s', async () => {
  const fixture = await asked([[{ waitMs: 10_000 }, 'Five.']]);
  expect(fixture.written).toEqual([notice]);
});
