import { expect, test } from 'vitest';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { StoredTrack } from '#src/stores/track-store.ts';
import type { OpenStore } from './open-store.ts';

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
