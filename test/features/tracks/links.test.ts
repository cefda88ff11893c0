import { expect, test } from 'vitest';
import { SoundCatalog } from '#src/features/tracks/sound-catalog.ts';
import type { SoundOpener } from '#src/sources/fetch/ports.ts';
import { settled } from '#test/fakes/clock.ts';
import { library, seconds } from '#test/fakes/sounds.ts';

test('the links of one person are looked up one after the other, those of others beside them', async () => {
  const opened: string[] = [];
  const servers = Promise.withResolvers<void>();
  const slow: SoundOpener = {
    async openSource(where) {
      opened.push(`${where.requester?.personId} ${where.kind === 'link' ? where.url : ''}`);
      await servers.promise;
      return seconds('song');
    },
  };
  const sounds = new SoundCatalog(slow, library());
  const { signal } = new AbortController();
  const find = (personId: string, url: string) =>
    sounds.find({ guildId: 'g', personId }, url, signal);
  const all = [find('adam', 'a://1'), find('adam', 'a://2'), find('eva', 'e://1')];
  await settled();
  expect(opened).toEqual(['adam a://1', 'eva e://1']);
  servers.resolve();
  await Promise.all(all);
  expect(opened).toEqual(['adam a://1', 'eva e://1', 'adam a://2']);
});
