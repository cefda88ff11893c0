import { expect, test } from 'vitest';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ApiToken } from '#src/stores/api-tokens.ts';
import { admitServerErasure } from '#test/fakes/admitted-erasures.ts';
import type { OpenStore } from './open-store.ts';

const clock: ApiToken = {
  name: 'clock',
  guildId: toGuildId('10'),
  scopes: ['say', 'track'],
  createdAtWallMs: 1_795_190_400_123,
};
const diaryToken: ApiToken = {
  ...clock,
  name: 'diary',
  scopes: ['transcript', 'audio'],
  budgetUsd: 0.25,
  channelIds: [toChannelId('100'), toChannelId('101')],
  eventsUrl: 'https://a.example/events',
};

/** Contract of every store of API tokens. */
export function testApiTokenStore(name: string, open: OpenStore) {
  test(`${name}: a token is found by the hash of its secret alone`, async () => {
    await using opened = await open();
    const { apiTokens } = opened;
    for (const _ of ['once', 'again'])
      expect(await apiTokens.add(clock, 'h1')).toBe('added');
    expect(await apiTokens.add(diaryToken, 'h2')).toBe('added');
    expect(await apiTokens.find('h1')).toEqual(clock);
    expect(await apiTokens.find('h2')).toEqual(diaryToken);
    expect(await apiTokens.find('clock')).toBeUndefined();
    expect(await apiTokens.list()).toEqual([clock, diaryToken]);
    const [first, second] = [
      { ...clock, hash: 'h1' },
      { ...diaryToken, hash: 'h2' },
    ];
    expect(await apiTokens.listInUse()).toEqual([first, second]);
    await apiTokens.revoke('diary', 5_000);
    expect(await apiTokens.listInUse()).toEqual([first]);
  });

  test(`${name}: a name in use is not given to another token`, async () => {
    await using opened = await open();
    const { apiTokens } = opened;
    await apiTokens.add(clock, 'h1');
    expect(await apiTokens.add({ ...clock, guildId: toGuildId('20') }, 'h2')).toBe(
      'taken',
    );
    expect(await apiTokens.find('h1')).toEqual(clock);
    expect(await apiTokens.find('h2')).toBeUndefined();
  });

  test(`${name}: a revoked token is still known as one, until another takes its name`, async () => {
    await using opened = await open();
    const { apiTokens } = opened;
    await apiTokens.add({ ...clock, budgetUsd: 2 }, 'h1');
    for (const _ of ['once', 'again'])
      expect(await apiTokens.revoke('clock', 5_000)).toBe(true);
    expect(await apiTokens.revoke('clock', 6_000)).toBe(false);
    expect(await apiTokens.revoke('nobody', 6_000)).toBe(false);
    expect(await apiTokens.find('h1')).toMatchObject({
      name: 'clock',
      revokedAtWallMs: 5_000,
    });
    expect(await apiTokens.add(clock, 'h2')).toBe('added');
    expect(await apiTokens.find('h1')).toBeUndefined();
    expect(await apiTokens.find('h2')).toEqual(clock);
  });

  test(`${name}: the tokens of a server go with it`, async () => {
    await using opened = await open();
    const { apiTokens, guilds } = opened;
    await apiTokens.add(clock, 'h1');
    await apiTokens.add({ ...diaryToken, guildId: toGuildId('20') }, 'h2');
    expect(await guilds.eraseGuild(admitServerErasure(toGuildId('10')))).toBe(1);
    expect(await apiTokens.list()).toEqual([{ ...diaryToken, guildId: '20' }]);
  });
}
