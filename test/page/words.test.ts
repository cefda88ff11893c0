import { expect, test } from 'vitest';
import { OperatorPage } from '#src/web/page/operator-page.ts';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import { pass } from '#test/conversation/setup/session-fixture.ts';
import { settled } from '#test/fakes/clock.ts';
import { MemorySpending } from '#test/fakes/spending.ts';

/** A page over a room where captions are on and Adam has said something. */
async function openCaptioned() {
  const fixture = await captioned();
  await says(fixture);
  const { clock, hearing, sessions } = fixture;
  const today = { usd: 0, minutes: 0, capUsd: 0, capMinutes: 0, isUnpriced: false, turns: 0 };
  const page = new OperatorPage({
    clock,
    bot: () => ({
      sessions: () => sessions.all(),
      controls: () => ({ sessions, port: (type) => sessions.features.port(type), hearing }),
      total: () => undefined,
      today: () => today,
      mayManage: () => true,
      refreshMember: async () => undefined,
      servers: () => [{ guildId: 'g', guildName: 'Guild' }],
      processes: async () => ({ shardCount: 1, processes: [] }),
      spending: new MemorySpending(),
      breakers: () => [],
    }),
    alerts: () => [],
    isReachedByLink: false,
    onAction: () => undefined,
    onBug: () => undefined,
  });
  const wordsFor = async (userId: string) => {
    const manager = { kind: 'manager', guildId: 'g', userId } as const;
    page.show(manager, page.snapshot());
    await settled();
    return page.show(manager, page.snapshot()).words;
  };
  return { fixture, page, wordsFor };
}

test('words are shown to a manager who was there, or may open the place of the captions', async () => {
  const { fixture, wordsFor } = await openCaptioned();
  fixture.captionChats.barred.add('stranger');
  for (const userId of ['adam', 'boss']) {
    expect(await wordsFor(userId), userId).toMatchObject([{ name: 'Adam' }]);
  }
  expect(await wordsFor('stranger')).toEqual([]);
});

test('where only those who were there may know what was said, other managers are shown nothing', async () => {
  const { fixture, wordsFor } = await openCaptioned();
  await fixture.settings.set('g', 'catch_up', 'off');
  expect(await wordsFor('boss')).toEqual([]);
  expect(await wordsFor('adam')).toMatchObject([{ name: 'Adam' }]);
});

test('an owner is shown no words, and nobody is once captions are off', async () => {
  const { fixture, page, wordsFor } = await openCaptioned();
  expect(page.show({ kind: 'owner' }, page.snapshot())).not.toHaveProperty('words');
  const turning = fixture.captions.turnOff('g');
  await pass(fixture, 3_000);
  await turning;
  expect(await wordsFor('adam')).toEqual([]);
});
