import { closest } from '#commands/closest-names.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { CommandOption } from '#src/features/command.ts';
import {
  everyTrack,
  isSameTrack,
  usualTrack,
  voiceTrack,
} from '#src/features/tracks/track-names.ts';
import { isOwnTrack, mostNameUnits, ownTracks } from '#src/playback/tracks/track-name.ts';

/** Option for a track of people, which need not exist yet, or one of `more`. */
function trackOption(...more: readonly string[]): CommandOption {
  return {
    name: 'track',
    description: 'command.track.name',
    kind: 'text',
    maxChars: mostNameUnits + 1, // so that a longer name is noticed
    suggest: async (typed, { guildId }, { features }) => {
      const known = (features.tracks.list(guildId) ?? []).map(({ name }) => name);
      const names = known.filter((name) => !isOwnTrack(name));
      const isThere = names.some((name) => isSameTrack(name, usualTrack));
      return closest(typed, [...names, ...(isThere ? [] : [usualTrack]), ...more]);
    },
  };
}

export const newTrack = trackOption();

/** With a queue, including the bot's speech. */
export const queueTrack = trackOption(voiceTrack);

export const trackOrAll = trackOption(everyTrack);

export const soundsOrAll = trackOption(voiceTrack, everyTrack);

/** Including the bot's own. */
export const anyTrack = trackOption(...ownTracks, everyTrack);

export const volumeOption = {
  description: 'command.track.volume',
  kind: 'number',
  least: 0,
  most: maxVolumePercent,
} as const;
