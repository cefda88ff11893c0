import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { StoreParts } from '#src/stores/store-parts.ts';
import type { OpenStore } from './open-store.ts';

type AddedSound = Parameters<StoreParts['sounds']['add']>[0];

/** Most sounds of a server. */
const maxAddedSounds = 50;
const [here, elsewhere] = [toGuildId('10'), toGuildId('20')];
const bell: AddedSound = {
  guildId: here,
  name: 'Türglocke',
  personId: toPersonId('1'),
  bytes: Uint8Array.from({ length: 512 * 1024 }, (_, n) => n),
  addedAtWallMs: 1_795_190_400_123,
};

/** Contract of every store of sounds that members added. */
export function testSoundStore(name: string, open: OpenStore) {
  test(`${name}: a sound is kept with its file and with whom added it, for its server alone, until it is removed`, async () => {
    await using opened = await open();
    const { sounds } = opened;
    expect(await sounds.add(bell)).toBe(true);
    expect(await sounds.list(here)).toEqual([{ name: 'Türglocke', personId: '1' }]);
    expect(await sounds.read(here, 'Türglocke')).toEqual(bell.bytes);
    expect(await sounds.list(elsewhere)).toEqual([]);
    expect(await sounds.read(elsewhere, 'Türglocke')).toBeUndefined();
    expect(await sounds.remove(here, 'Türglocke')).toBe(true);
    expect(await sounds.remove(here, 'Türglocke')).toBe(false);
    expect(await sounds.list(here)).toEqual([]);
  });

  test(`${name}: a server has one sound of a name, and ${maxAddedSounds} at most`, async () => {
    await using opened = await open();
    const { sounds } = opened;
    const short = { ...bell, bytes: Uint8Array.of(1) };
    const names = Array.from({ length: maxAddedSounds }, (_, n) => `sound ${n}`);
    for (const each of names) await sounds.add({ ...short, name: each });
    expect(await sounds.add({ ...short, name: 'sound 0' })).toBe(false);
    expect(await sounds.add({ ...short, name: 'one more' })).toBe(false);
    expect(await sounds.list(here)).toHaveLength(maxAddedSounds);
    await sounds.remove(here, 'sound 0');
    expect(await sounds.add({ ...short, name: 'one more' })).toBe(true);
  });
}
