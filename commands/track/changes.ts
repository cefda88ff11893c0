import { closest } from '#commands/closest-names.ts';
import { commandInChannel } from '#commands/rights.ts';
import type { Command, CommandCall, CommandOption, Reply, Suggest } from '#src/features/command.ts';
import { longestFadeMs } from '#src/features/tracks/fade-limits.ts';
import { seekTargetOf } from '#src/features/tracks/parse-seek-target.ts';
import { isSameTrack } from '#src/features/tracks/track-names.ts';
import type { TrackAction, TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import {
  anyTrack,
  newTrack,
  queueTrack,
  soundsOrAll,
  trackOrAll,
  volumeOption,
} from './options.ts';
import { callerOf, repliesOf, trackIn } from './replies.ts';

/** `/track pause` and other commands that need no more than the name of a track, or `all`. */
export function steering(kind: TrackAction): Command {
  const track = kind === 'skip' || kind === 'stop' ? soundsOrAll : trackOrAll;
  const subject = kind === 'resume' ? 'pause' : kind === 'unmute' ? 'mute' : kind;
  const command = changing(kind, `command.track.${subject}`, [track], () => ({ kind }));
  return silencing.has(kind) ? { ...command, isNeverLimited: true } : command;
}

const silencing: ReadonlySet<TrackAction> = new Set(['pause', 'skip', 'stop', 'mute']);

/** Longest position, in characters: `-10:00:00` and some spaces. */
const mostSeekChars = 12;
/** Longest suggestion that Discord shows, in characters. */
const mostItemChars = 100;

export const volume = changing(
  'volume',
  'command.track.volume',
  [
    { ...volumeOption, name: 'level', required: true },
    {
      name: 'seconds',
      description: 'command.track.volume',
      kind: 'number',
      least: 1,
      most: longestFadeMs / 1000,
    },
    anyTrack,
  ],
  ({ level, seconds = '0' }) => ({
    kind: 'volume',
    percent: Number(level),
    overMs: Number(seconds) * 1000,
  }),
);

export const seek = changing(
  'seek',
  'command.track.seek',
  [
    {
      name: 'to',
      description: 'track.place',
      required: true,
      kind: 'text',
      maxChars: mostSeekChars,
    },
    newTrack,
  ],
  (words) => {
    const to = seekTargetOf(words.to ?? '');
    return to ? { kind: 'seek', to } : { id: 'track.place', to: 'caller' };
  },
);

export const loop = changing(
  'loop',
  'command.track.loop',
  [
    {
      name: 'mode',
      description: 'command.track.loop',
      required: true,
      kind: 'choice',
      values: ['on', 'off'],
    },
    trackOrAll,
  ],
  ({ mode }) => ({ kind: 'loop', on: mode !== 'off' }),
);

/** Waiting items of the track that is named so far, as `2. rain`. */
const waitingItems: Suggest = async (typed, call, { features }) => {
  const track = trackIn(call);
  const views = features.tracks.list(call.guildId) ?? [];
  const { waiting = [] } = views.find(({ name }) => isSameTrack(name, track)) ?? {};
  const items = waiting.map(({ title }, at) => `${at + 1}. ${title}`.slice(0, mostItemChars));
  return closest(typed, items);
};

export const remove = changing(
  'remove',
  'command.track.remove',
  [
    {
      name: 'item',
      description: 'command.track.remove',
      required: true,
      kind: 'text',
      maxChars: mostItemChars,
      suggest: waitingItems,
    },
    queueTrack,
  ],
  ({ item = '' }) => ({ kind: 'remove', item: item.trim() }),
);

/** A command that changes one track, or says why it does not. */
function changing(
  name: string,
  description: PlainTextId,
  options: readonly CommandOption[],
  changeOf: (words: CommandCall['words']) => TrackCommand | Reply,
): Command {
  return commandInChannel({
    name,
    description,
    shownTo: 'room',
    options,
    async run(call, { features }) {
      const change = changeOf(call.words);
      if ('id' in change) return [change];
      return repliesOf(features.tracks.change(call.guildId, callerOf(call), change, trackIn(call)));
    },
  });
}
