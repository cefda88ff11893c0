import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { StoreParts } from '#src/stores/store-parts.ts';
import type { StoredTrack } from '#src/stores/track-store.ts';
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

const backgroundTrack: StoredTrack = {
  name: 'bg',
  percent: 30,
  isPaused: true,
  isMuted: false,
  sounds: [
    {
      source: { kind: 'library', name: 'rain' },
      title: "Rain; it's O'Neil's",
      positionMs: 40_000.5,
      loop: true,
    },
    {
      source: { kind: 'link', url: 'https://sounds.example/a?b=c', type: 'audio/mpeg' },
      title: 'a',
      positionMs: 0,
      loop: false,
    },
  ],
};
const mainTrack: StoredTrack = {
  name: 'a-main',
  percent: 100,
  isPaused: false,
  isMuted: true,
  sounds: [],
};

/** Contract of every store of tracks. */
export function testTrackStore(name: string, open: OpenStore) {
  test(`${name}: tracks, volumes, sounds and places in them are kept in their order`, async () => {
    await using opened = await open();
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('1'))).toEqual([]);
    await opened.tracks.write(toGuildId('10'), toChannelId('1'), [
      backgroundTrack,
      mainTrack,
    ]);
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('1'))).toEqual([
      backgroundTrack,
      mainTrack,
    ]);
  });

  test(`${name}: each channel has its own tracks, and new ones in place of the old`, async () => {
    await using opened = await open();
    await opened.tracks.write(toGuildId('10'), toChannelId('1'), [backgroundTrack]);
    await opened.tracks.write(toGuildId('20'), toChannelId('1'), [mainTrack]);
    await opened.tracks.write(toGuildId('10'), toChannelId('2'), [mainTrack]);
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('1'))).toEqual([
      backgroundTrack,
    ]);
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('2'))).toEqual([
      mainTrack,
    ]);
    expect(await opened.tracks.read(toGuildId('20'), toChannelId('1'))).toEqual([
      mainTrack,
    ]);
    await opened.tracks.write(toGuildId('10'), toChannelId('1'), []);
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('1'))).toEqual([]);
    expect(await opened.tracks.read(toGuildId('10'), toChannelId('2'))).toEqual([
      mainTrack,
    ]);
  });
}
