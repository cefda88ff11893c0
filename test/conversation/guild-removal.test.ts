import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import { makeLine, makeSession } from '#test/contracts/stores/transcript-samples.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const removed = { kind: 'guild-removed' } as const;
const always = { kind: 'always' } as const;

async function rememberPeople() {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.consents.write(toGuildId('g'), toPersonId('eva'), always);
  await fixture.consents.write(toGuildId('other'), toPersonId('eva'), always);
  await fixture.settings.setSetting(toGuildId('g'), 'addressing', 'name');
  return fixture;
}

const countKept = async ({ consents, settingsStore }: SessionFixture) => [
  (await consents.read(toGuildId('g'))).size,
  (await settingsStore.read(toGuildId('g'))).size,
];

test('once the bot is removed from a server nothing is kept of it, in the store and in memory', async () => {
  const fixture = await rememberPeople();
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 100);
  fixture.sessions.onSeatChange(toGuildId('g'), removed);
  await fixture.clock.advance(3_000);
  expect(await countKept(fixture)).toEqual([0, 0]);
  expect(await fixture.trackStore.read(toGuildId('g'), toChannelId('lounge'))).toEqual(
    [],
  );
  expect(
    fixture.sessions.settings.isSetByGuild(
      toGuildId('g'),
      conversationSettings.addressing,
    ),
  ).toBe(false);
  expect([
    fixture.forgotten,
    (await fixture.consents.read(toGuildId('other'))).size,
  ]).toEqual([['g'], 1]);
  expect(fixture.of('erased')).toHaveLength(1);
  const order = fixture.events.map(({ kind }) => kind);
  expect(order.indexOf('left')).toBeLessThan(order.indexOf('erased'));
  expect([fixture.clock.sleeping, fixture.written]).toEqual([0, []]);
});

test('words of a server that removed the bot are erased, on disk and in memory', async () => {
  const fixture = await rememberPeople();
  const { onDisk, inMemory } = fixture.transcripts;
  for (const [store, guildId] of [
    [onDisk, 'g'],
    [onDisk, 'other'],
    [inMemory, 'g'],
  ] as const) {
    await store.writer.putSession(
      makeSession(guildId, { guildId: toGuildId(guildId) }),
    );
    await store.writer.putLines([makeLine(guildId, 1, 'tea')]);
  }
  fixture.sessions.onSeatChange(toGuildId('g'), removed);
  await fixture.clock.advance(3_000);
  expect(await onDisk.reader.listGuilds()).toEqual(['other']);
  expect(await inMemory.reader.listGuilds()).toEqual([]);
  expect(fixture.of('erased')).toEqual([{ kind: 'erased', items: 4 }]);
});

test('a store in trouble is asked to erase a server again, and the end of the bot ends that', async () => {
  const fixture = await rememberPeople();
  fixture.guildStore.trouble = 'unwritable';
  fixture.sessions.onSeatChange(toGuildId('g'), removed);
  await fixture.clock.advance(4_000);
  expect(fixture.of('failed')).toMatchObject([
    { stage: 'store', code: 'store.unwritable' },
  ]);
  fixture.guildStore.trouble = undefined;
  await fixture.clock.advance(6_000);
  expect([await countKept(fixture), fixture.of('erased').length]).toEqual([[0, 0], 1]);
  fixture.guildStore.trouble = 'unwritable';
  fixture.sessions.onSeatChange(toGuildId('g'), removed);
  await fixture.clock.advance(1_000);
  await fixture.sessions[Symbol.asyncDispose]();
  expect(fixture.clock.sleeping).toBe(0);
});

test('a store that stays in trouble is asked three times within a minute', async () => {
  const fixture = await rememberPeople();
  fixture.guildStore.eraseGuild = () => new Promise(() => undefined);
  fixture.sessions.onSeatChange(toGuildId('g'), removed);
  await fixture.clock.advance(60_000);
  expect([fixture.of('failed').length, fixture.of('erased')]).toEqual([3, []]);
  expect(fixture.clock.sleeping).toBe(0);
});
