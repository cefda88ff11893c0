import { closest } from '#commands/closest-names.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { CommandOption } from '#src/features/contract/command.ts';
import {
  everyTrack,
  isSameTrack,
  usualTrack,
  voiceTrack,
} from '#src/features/tracks/track-names.ts';
import { isOwnTrack, mostNameUnits, ownTracks } from '#src/playback/tracks/track-name.ts';

/** Option for a track, by some of which the bot knows the names. */
function trackOption(
  namesOf: (known: readonly string[] | undefined) => readonly string[],
): CommandOption {
  return {
    name: 'track',
    description: 'command.track.name',
    kind: 'text',
    maxChars: mostNameUnits + 1, // so that a longer name is noticed
    suggest: async (typed, { guildId }, { features }) => {
      const views = features.tracks.list(guildId);
      return closest(typed, namesOf(views?.map(({ name }) => name)));
    },
  };
}

/** Option for a track of people, which need not exist yet, or one of `more`. */
function ofPeople(...more: readonly string[]): CommandOption {
  return trackOption((known = []) => {
    const names = known.filter((name) => !isOwnTrack(name));
    const isThere = names.some((name) => isSameTrack(name, usualTrack));
    return [...names, ...(isThere ? [] : [usualTrack]), ...more];
  });
}

export const newTrack = ofPeople();

/** With a queue, including the bot's speech. */
export const queueTrack = ofPeople(voiceTrack);

export const trackOrAll = ofPeople(everyTrack);

export const soundsOrAll = ofPeople(voiceTrack, everyTrack);

/** Option for an existing track, including the bot's own. */
export const anyTrack = trackOption((known) => known ?? ownTracks);

export const volumeOption = {
  description: 'command.track.volume',
  kind: 'number',
  least: 0,
  most: maxVolumePercent,
} as const;
