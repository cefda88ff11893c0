import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import {
  adam,
  called,
  den,
  germanPlaces,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';

/** Moves the bot as Discord does: the link ends, and at the same time the reason is reported. */
function move(fixture: SessionFixture): void {
  fixture.linkOpener.link.lose(new BotError('link.lost', false, 'A person has moved the bot.'));
  fixture.sessions.news('g', { kind: 'moved', channelId: 'den' });
}

test('a bot that is muted or deafened says so, each time it happens, in the language of the server', async () => {
  const fixture = await called({ places: germanPlaces });
  fixture.sessions.news('g', { kind: 'muted', on: true });
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 40_000);
  fixture.sessions.news('g', { kind: 'muted', on: false });
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 40_000);
  fixture.sessions.news('g', { kind: 'deafened', on: true });
  expect(fixture.written.map((words) => words.split(/[;:]/)[0])).toEqual([
    'Ich bin hier stumm',
    'Ich bin hier stumm',
    'Ich bin hier taub geschaltet',
  ]);
});

test('while it is muted nothing is synthesised and nothing waits, and then it answers again', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 4_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  expect(fixture.of('recognised')).toHaveLength(1);
  expect([fixture.chat.asked, fixture.synthesizer.asked]).toEqual([[], []]);
  expect(await fixture.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  const asking = fixture.talk.ask('g', 'Why?', { id: 'adam', name: 'Adam' }, 'voice');
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'muted.server' } });
  fixture.sessions.news('g', { kind: 'muted', on: false });
  await pass(fixture, 6_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  expect(fixture.of('answered')).toHaveLength(1);
});

test('a bot that is moved while it is muted knows that it still is', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'muted', on: true });
  move(fixture);
  await pass(fixture, 100);
  expect(fixture.sessions.at('g')).toEqual(den);
  expect(await fixture.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  fixture.sessions.news('g', { kind: 'muted', on: false });
  expect(await fixture.talk.say('g', 'Hello.', 'now')).toMatchObject({ kind: 'queued' });
});

test('a bot that may not speak makes no speech, and says so unless it is let speak at once', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'suppressed', on: true });
  expect(await fixture.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
  await pass(fixture, 2900);
  fixture.sessions.news('g', { kind: 'suppressed', on: false });
  await pass(fixture, 200);
  expect(fixture.written).toEqual([]);
  fixture.sessions.news('g', { kind: 'suppressed', on: true });
  await pass(fixture, 3100);
  expect(fixture.written).toEqual([
    "I'm not allowed to speak here. Give my role Speak; on a stage, invite me to speak.",
  ]);
});

test('a bot that is muted before it comes in knows it', async () => {
  const fixture = openSessionFixture({}, [adam]);
  const open = fixture.linkOpener.open.bind(fixture.linkOpener);
  fixture.linkOpener.open = (where, mayHear, signal) => {
    fixture.sessions.news('g', { kind: 'muted', on: true });
    return open(where, mayHear, signal);
  };
  await fixture.sessions.join(lounge, 'adam');
  expect(await fixture.talk.say('g', 'Hello.', 'now')).toEqual({ kind: 'muted' });
});

test('muted in the middle of an answer, it stops making it', async () => {
  const fixture = await called({ pipeline: talkative() });
  await pass(fixture, 4_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  const { sent } = fixture.linkOpener.link;
  expect(sent).toBeGreaterThan(10);
  fixture.sessions.news('g', { kind: 'muted', on: true });
  await pass(fixture, 2_000);
  expect(fixture.linkOpener.link.sent - sent).toBeLessThanOrEqual(2);
  expect(fixture.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
});
