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
  maxNameUnits,
  ownTracks,
} from '#src/playback/tracks/named-track.ts';

/** Creates an option that suggests tracks with a name, then the default track and `furtherNames`. */
function createTrackOption(...furtherNames: readonly string[]): CommandOption {
  return {
    name: 'track',
    description: 'command.track.name',
    kind: 'text',
    maxChars: maxNameUnits + 1,
    suggest: async (typed, { guildId }, { features }) => {
      const tracks = features.tracks.listTracks(guildId) ?? [];
      const names = tracks.map(({ name }) => name).filter((name) => !isOwnTrack(name));
      const isThere = names.some((name) => isSameTrack(name, defaultTrack));
      return findClosestNames(typed, [
        ...names,
        ...(isThere ? [] : [defaultTrack]),
        ...furtherNames,
      ]);
    },
  };
}

/** A track that may be new. */
export const newTrack: CommandOption = createTrackOption();

/** A track with a queue, also that of the bot's speech. */
export const queueTrack: CommandOption = createTrackOption(voiceTrack);

/** One track, or all with a sound. */
export const trackOrAll: CommandOption = createTrackOption(everyTrack);

/** One track, also that of the bot's speech, or all with a sound. */
export const soundsOrAll: CommandOption = createTrackOption(voiceTrack, everyTrack);

/** Any track, also those of the bot, or all with a sound. */
export const anyTrack: CommandOption = createTrackOption(...ownTracks, everyTrack);

/** A volume in percent. The command adds the name and the description of the option. */
export const volumeOption: Omit<
  Extract<CommandOption, { readonly kind: 'number' }>,
  'name' | 'description'
> = {
  kind: 'number',
  min: 0,
  max: maxVolumePercent,
};
