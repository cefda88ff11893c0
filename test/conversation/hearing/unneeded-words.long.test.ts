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

test('in the mode window only who was given one is recognised, or who speaks while the bot does', async () => {
  const fixture = await joined('window');
  const heard = () => fixture.transcriber.heard.length;
  await speak(fixture);
  await speak(fixture, eva);
  expect(heard()).toBe(0);
  fixture.talk.openAskWindow('g', 'adam');
  await speak(fixture, eva, 4_000);
  expect(heard()).toBe(0);
  await speak(fixture, adam, 9_000);
  expect(fixture.of('answered')).toHaveLength(1);
  const asked = heard();
  expect(asked).toBeGreaterThan(0);
  await pass(fixture, 10_000);
  await speak(fixture, adam);
  expect(heard()).toBe(asked);
  await fixture.talk.say(
    'g',
    'This is a text of some length, so that it can be talked over.',
    'now',
  );
  await pass(fixture, 400);
  await speak(fixture, eva);
  expect(heard()).toBeGreaterThan(asked);
});

test('who was answered by /ask needs no name for 15 s, in the mode window as well', async () => {
  const fixture = await joined('window');
  const reported = fixture.talk.ask('g', 'What time is it?', adam, 'voice');
  await pass(fixture, 4_000);
  expect(await reported).toMatchObject({ kind: 'answered' });
  await speak(fixture, eva);
  expect(fixture.of('answered')).toHaveLength(1);
  await speak(fixture, adam);
  expect(fixture.of('answered')).toHaveLength(2);
  await pass(fixture, 15_000);
  await speak(fixture, adam);
  expect(fixture.of('answered')).toHaveLength(2);
});
