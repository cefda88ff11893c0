import { expect, test } from 'vitest';
import type { Store } from '#src/storage/store.ts';

/** The book of servers among those whose entries it erases. */
export type OpenGuilds = AsyncDisposable &
  Pick<Store, 'consents' | 'guilds' | 'panels' | 'settings' | 'tracks'>;

/** An empty book that works, or one nobody can read. */
export type OpenGuildStore = (trouble?: 'unreadable') => Promise<OpenGuilds>;

const day = '2026-11-20';

/** Contract of every store of servers. */
export function guildStoreContract(name: string, open: OpenGuildStore): void {
  test(`${name}: of an erased server nothing is left, and all of another`, async () => {
    await using opened = await open();
    const { consents, guilds, panels, settings, tracks } = opened;
    const track = { name: 'music', percent: 50, isPaused: false, isMuted: false, sounds: [] };
    const place = { channelId: '100', messageId: '1000' };
    for (const guildId of ['10', '20']) {
      await consents.write(guildId, '1', { kind: 'always' });
      await consents.write(guildId, '2', { kind: 'never' });
      await panels.write(guildId, place);
      await settings.write(guildId, 'cues', 'on');
      await tracks.write(guildId, '100', [track]);
    }
    expect(await guilds.erase('10', day)).toBe(5);
    expect(await guilds.erase('10', day)).toBe(0);
    const kept = async (guildId: string) => [
      (await consents.read(guildId)).size,
      await panels.read(guildId),
      (await settings.read(guildId)).size,
      await tracks.read(guildId, '100'),
    ];
    expect(await kept('10')).toEqual([0, undefined, 0, []]);
    expect(await kept('20')).toEqual([2, place, 1, [track]]);
  });

  test(`${name}: servers are noted for each bot until they are erased`, async () => {
    await using opened = await open();
    const { guilds } = opened;
    await guilds.note('7', ['10', '20']);
    await guilds.note('7', ['20', '30']);
    await guilds.note('8', ['10']);
    expect((await guilds.noted('7')).toSorted()).toEqual(['10', '20', '30']);
    await guilds.erase('10', day);
    expect((await guilds.noted('7')).toSorted()).toEqual(['20', '30']);
    expect(await guilds.noted('8')).toEqual([]);
  });

  test(`${name}: a book nobody can read erases no server, and says so`, async () => {
    await using opened = await open('unreadable');
    const unwritable = { code: 'store.unwritable' };
    await expect(opened.guilds.erase('10', day)).rejects.toMatchObject(unwritable);
  });
}
