import { closest } from '#commands/closest-names.ts';
import type { CommandOption, Suggest } from '#src/conversation/command.ts';
import {
  everyTrack,
  isSameTrack,
  mostTrackNameUnits,
  ownTracks,
  usualTrack,
} from '#src/features/tracks/track-names.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';

/** One character more than a name may have, so that a longer name is noticed. */
const mostChars = mostTrackNameUnits + 1;

const known: Suggest = async (typed, { guildId }, { port }) =>
  closest(
    typed,
    port(TrackRequests)
      .list(guildId)
      ?.map(({ name }) => name) ?? [...ownTracks],
  );

const playable: Suggest = async (typed, { guildId }, { port }) => {
  const names =
    port(TrackRequests)
      .list(guildId)
      ?.map(({ name }) => name) ?? [];
  const others = names.filter((name) => !ownTracks.some((own) => own === name));
  const isThere = others.some((name) => isSameTrack(name, usualTrack));
  return closest(typed, isThere ? others : [...others, usualTrack]);
};

const orAll: Suggest = async (typed, call, ports) =>
  closest(typed, [...(await playable('', call, ports)), everyTrack]);

const orVoice: Suggest = async (typed, call, ports) =>
  closest(typed, [...(await playable('', call, ports)), ownTracks[0]]);

const orVoiceOrAll: Suggest = async (typed, call, ports) =>
  closest(typed, [...(await orVoice('', call, ports)), everyTrack]);

/** Option for a track of people; it need not exist yet. */
export const newTrack: CommandOption = {
  name: 'track',
  description: 'command.track.name',
  kind: 'text',
  maxChars: mostChars,
  suggest: playable,
};

/** Option for an existing track, including the bot's own. */
export const anyTrack: CommandOption = { ...newTrack, suggest: known };

/** Option for a track with a queue, including the bot's speech. */
export const queueTrack: CommandOption = { ...newTrack, suggest: orVoice };

/** Option for an existing track, or all of them. */
export const trackOrAll: CommandOption = {
  ...newTrack,
  description: 'command.track.name',
  suggest: orAll,
};

/** `trackOrAll`, including the bot's speech. */
export const soundsOrAll: CommandOption = { ...trackOrAll, suggest: orVoiceOrAll };
