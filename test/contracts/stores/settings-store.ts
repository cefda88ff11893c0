import { expect, test } from 'vitest';
import type { GuildSettingsStore } from '#src/conversation/ports/stores/guild-settings-store.ts';

export type OpenSettings = AsyncDisposable & { readonly settings: GuildSettingsStore };

/** An empty book that works, or one in trouble: one nobody can read, or one that takes nothing more. */
export type OpenSettingsStore = (trouble?: 'unreadable' | 'unwritable') => Promise<OpenSettings>;

/** Contract of every store of settings. */
export function settingsStoreContract(name: string, open: OpenSettingsStore): void {
  test(`${name}: a server that has set nothing has no settings in the book`, async () => {
    await using opened = await open();
    expect(await opened.settings.read('10')).toEqual(new Map());
  });

  test(`${name}: each server keeps the latest value of each key`, async () => {
    await using opened = await open();
    await opened.settings.write('10', 'cues', 'on');
    await opened.settings.write('20', 'cues', 'soft');
    await opened.settings.write('10', 'cues', 'off');
    await opened.settings.write('10', 'names', "Juno, O'Neil; Zoë");
    expect(await opened.settings.read('10')).toEqual(
      new Map([
        ['cues', 'off'],
        ['names', "Juno, O'Neil; Zoë"],
      ]),
    );
    expect(await opened.settings.read('20')).toEqual(new Map([['cues', 'soft']]));
  });

  test(`${name}: a persona of the largest size comes back as it was written`, async () => {
    await using opened = await open();
    const instructions = 'Zoë says "ahoy" — 你好, नमस्ते, 👩‍👩‍👧.\n\t'.repeat(100);
    const persona = JSON.stringify({ name: 'Pirate ☠️', instructions });
    await opened.settings.write('10', 'bot:123', persona);
    const read = await opened.settings.read('10');
    expect(read.get('bot:123')).toBe(persona);
  });

  test(`${name}: 200 words of any script come back as they were written`, async () => {
    await using opened = await open();
    const words = Array.from({ length: 200 }, (_, n): readonly [string, string] => {
      const word = `łódź 京都 c++ ${n}`;
      return [`word:${word}`, JSON.stringify({ word, say: "woodge 'n' kyō", addedMs: n })];
    });
    for (const [key, value] of words) await opened.settings.write('10', key, value);
    expect(await opened.settings.read('10')).toEqual(new Map(words));
  });

  test(`${name}: what is taken away is gone`, async () => {
    await using opened = await open();
    await opened.settings.write('10', 'cues', 'on');
    await opened.settings.write('10', 'cues', undefined);
    expect(await opened.settings.read('10')).toEqual(new Map());
  });

  test(`${name}: settings that cannot be read say so`, async () => {
    await using opened = await open('unreadable');
    await expect(opened.settings.read('10')).rejects.toMatchObject({ code: 'store.unreadable' });
  });

  test.each(['unreadable', 'unwritable'] as const)(
    `${name}: an %s book takes no setting, and says so`,
    async (trouble) => {
      await using opened = await open(trouble);
      const unwritable = { code: 'store.unwritable' };
      await expect(opened.settings.write('10', 'cues', 'on')).rejects.toMatchObject(unwritable);
    },
  );
}
