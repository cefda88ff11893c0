import { closest } from '#commands/closest-names.ts';
import type { CommandOption, Suggest } from '#src/session/ports/command.ts';
import {
  everyTrack,
  isSameTrack,
  mostTrackNameUnits,
  ownTracks,
  usualTrack,
} from '#src/session/tracks/track-names.ts';

/** One more than a name has shows that it is too long. */
const mostChars = mostTrackNameUnits + 1;

const known: Suggest = async (typed, { guildId }, { tracks }) =>
  closest(typed, tracks.list(guildId)?.map(({ name }) => name) ?? [...ownTracks]);

const playable: Suggest = async (typed, { guildId }, { tracks }) => {
  const names = tracks.list(guildId)?.map(({ name }) => name) ?? [];
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

/** A track of people; to put a sound on it, it need not be there yet. */
export const newTrack: CommandOption = {
  name: 'track',
  description: 'command.track.name',
  kind: 'text',
  maxChars: mostChars,
  suggest: playable,
};

/** A track there is, the bot's own included. */
export const anyTrack: CommandOption = { ...newTrack, suggest: known };

/** A track on which something waits: what the bot says does, too. */
export const queueTrack: CommandOption = { ...newTrack, suggest: orVoice };

/** A track there is, or all of them. */
export const trackOrAll: CommandOption = {
  ...newTrack,
  description: 'command.track.name.all',
  suggest: orAll,
};

/** As `trackOrAll`, what the bot says included. */
export const soundsOrAll: CommandOption = { ...trackOrAll, suggest: orVoiceOrAll };
