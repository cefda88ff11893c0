import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

async function joined(addressing: 'off' | 'window') {
  const transcriber = new FakeTranscriber({ texts: ['what time is it'] });
  const warmed: number[] = [];
  const over = { addressing, transcriber, warm: () => void warmed.push(fixture.clock.nowMs()) };
  const fixture: SessionFixture = openSessionFixture(over, [adam, eva]);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva');
  await pass(fixture, 11_000);
  return { ...fixture, transcriber, warmed };
}

async function speak(fixture: SessionFixture, who = adam, ms = 6_000): Promise<void> {
  await pass(fixture, ms, await words('human-cards-004', who, fixture.clock.nowMs()));
}

test('in the mode off an hour of talk sends nothing to a recogniser, also while a text is read out', {
  timeout: 120_000,
}, async () => {
  const fixture = await joined('off');
  for (let minute = 0; minute < 60; minute++) {
    await fixture.talk.say('g', `Minute ${minute} of sixty is over now.`, 'queue');
    await speak(fixture, minute % 2 === 0 ? adam : eva);
    await pass(fixture, 54_000);
  }
  expect(fixture.transcriber.heard).toEqual([]);
  expect(fixture.warmed).toEqual([]);
  expect(fixture.of('ignored').length).toBeGreaterThanOrEqual(55);
  const readings = Array.from(
    { length: 60 },
    (_, minute) => `Minute ${minute} of sixty is over now.`,
  );
  const spoken = fixture.synthesizer.asked.map(({ text }) => text);
  expect(spoken).toEqual(expect.arrayContaining(readings));
  expect(fixture.sessions.session('g')?.context.queue.isFree).toBe(true);
});
