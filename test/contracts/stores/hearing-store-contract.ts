import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { HeardSpan } from '#src/stores/hearing-store.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import type { OpenStore } from './open-store.ts';

const [guildId, otherId] = [toGuildId('1'), toGuildId('2')];
const [ana, ben] = [toPersonId('10'), toPersonId('11')];
const everything = { sinceWallMs: 0 };

const first: HeardSpan = {
  id: 'first',
  guildId,
  personId: ana,
  channelId: toChannelId('100'),
  fromWallMs: 1_795_190_400_123.5,
  toWallMs: 1_795_190_460_000,
  rule: 'yes',
};
const second: HeardSpan = {
  ...first,
  id: 'second',
  personId: ben,
  fromWallMs: first.fromWallMs + 5,
  rule: 'notice',
};

/** Contract of every store of who was heard when. */
export function testHearingStore(name: string, open: OpenStore) {
  test(`${name}: who was heard is listed newest first, of one server or one person, as many as wanted`, async () => {
    await using opened = await open();
    const { hearings } = opened;
    const elsewhere = { ...first, id: 'else', guildId: otherId };
    await hearings.write({ begun: [first, second, elsewhere], extended: [] });
    expect(await hearings.list(guildId, everything, 9)).toEqual([second, first]);
    expect(await hearings.list(guildId, everything, 1)).toEqual([second]);
    expect(await hearings.list(guildId, { ...everything, personId: ana }, 9)).toEqual([
      first,
    ]);
    const since = { sinceWallMs: first.toWallMs + 1 };
    expect(await hearings.list(guildId, since, 9)).toEqual([]);
  });

  test(`${name}: a later end moves that of a row, and ended rows expire`, async () => {
    await using opened = await open();
    const { hearings } = opened;
    await hearings.write({ begun: [first, second], extended: [] });
    const toWallMs = first.toWallMs + 60_000;
    await hearings.write({ begun: [], extended: [{ id: 'second', toWallMs }] });
    expect(await hearings.expire(first.toWallMs)).toBe(0);
    expect(await hearings.expire(toWallMs)).toBe(1);
    expect(await hearings.list(guildId, everything, 9)).toEqual([
      { ...second, toWallMs },
    ]);
  });

  test(`${name}: no later end brings back a person who was forgotten`, async () => {
    await using opened = await open();
    const { consents, hearings } = opened;
    await hearings.write({ begun: [first, second], extended: [] });
    expect(await consents.erasePerson(admitPersonErasure(guildId, ana))).toBe(1);
    const toWallMs = first.toWallMs + 60_000;
    const extended = [first, second].map(({ id }) => ({ id, toWallMs }));
    await hearings.write({ begun: [], extended });
    const ids = (await hearings.list(guildId, everything, 9)).map(({ id }) => id);
    expect(ids).toEqual(['second']);
  });
}
