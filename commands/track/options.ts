import { findClosestNames } from '#commands/closest-names.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { CommandOption } from '#src/features/command.ts';
import {
  defaultTrack,
  everyTrack,
  isSameTrack,
  voiceTrack,
} from '#src/features/tracks/track-names.ts';
import {
  isOwnTrack,
  mostNameUnits,
  ownTracks,
} from '#src/playback/tracks/named-track.ts';

function createTrackOption(...more: readonly string[]): CommandOption {
  return {
    name: 'track',
    description: 'command.track.name',
    kind: 'text',
    maxChars: mostNameUnits + 1,
    suggest: async (typed, { guildId }, { features }) => {
      const known = (features.tracks.listTracks(guildId) ?? []).map(({ name }) => name);
      const names = known.filter((name) => !isOwnTrack(name));
      const isThere = names.some((name) => isSameTrack(name, defaultTrack));
      return findClosestNames(typed, [
        ...names,
        ...(isThere ? [] : [defaultTrack]),
        ...more,
      ]);
    },
  };
}

export const newTrack = createTrackOption();

export const queueTrack = createTrackOption(voiceTrack);

export const trackOrAll = createTrackOption(everyTrack);

export const soundsOrAll = createTrackOption(voiceTrack, everyTrack);

export const anyTrack = createTrackOption(...ownTracks, everyTrack);

export const volumeOption = {
  description: 'command.track.volume',
  kind: 'number',
  min: 0,
  max: maxVolumePercent,
} as const;
