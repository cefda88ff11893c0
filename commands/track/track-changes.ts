import { findClosestNames } from '#commands/closest-names.ts';
import { commandAboutSounds } from '#commands/command-rights.ts';
import type {
  Command,
  CommandCall,
  CommandOption,
  Reply,
  SuggestValues,
} from '#src/features/command.ts';
import { maxFadeMs, parseSeekTarget } from '#src/features/tracks/track-arguments.ts';
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
import { getTrackName, toReplies } from './track-replies.ts';

/** Creates a command without options but the track, such as `/track pause`. */
export function createSteeringCommand(kind: TrackAction): Command {
  const track = kind === 'skip' || kind === 'stop' ? soundsOrAll : trackOrAll;
  return createChangeCommand(
    kind,
    `command.track.${kind}`,
    [track],
    () => ({ kind }),
    silencingActions.has(kind) ? { isNeverLimited: true } : {},
  );
}

const silencingActions: ReadonlySet<TrackAction> = new Set([
  'pause',
  'skip',
  'stop',
  'mute',
]);

/** `-10:00:00` and some spaces. */
const maxSeekChars = 12;
const maxItemChars = 100;

/** `/track volume`: sets a volume, at once or by a fade. */
export const volume: Command = createChangeCommand(
  'volume',
  'command.track.volume',
  [
    {
      ...volumeOption,
      name: 'level',
      description: 'command.track.volume.level',
      required: true,
    },
    {
      name: 'seconds',
      description: 'command.track.volume.seconds',
      kind: 'number',
      min: 1,
      max: maxFadeMs / 1000,
    },
    anyTrack,
  ],
  ({ level, seconds = '0' }) => ({
    kind: 'volume',
    percent: Number(level),
    overMs: Number(seconds) * 1000,
  }),
);

/** `/track seek`: moves within the current sound. */
export const seek: Command = createChangeCommand(
  'seek',
  'command.track.seek',
  [
    {
      name: 'to',
      description: 'command.track.seek.to',
      required: true,
      kind: 'text',
      maxChars: maxSeekChars,
    },
    newTrack,
  ],
  (inputs) => {
    const to = parseSeekTarget(inputs.to ?? '');
    return to ? { kind: 'seek', to } : { id: 'track.place', to: 'caller' };
  },
);

/** `/track loop`: repeats the current sound, or stops to repeat it. */
export const loop: Command = createChangeCommand(
  'loop',
  'command.track.loop',
  [
    {
      name: 'mode',
      description: 'command.track.loop.mode',
      required: true,
      kind: 'choice',
      values: ['on', 'off'],
    },
    trackOrAll,
  ],
  ({ mode }) => ({ kind: 'loop', on: mode !== 'off' }),
);

const suggestWaitingItems: SuggestValues = async (typed, call, { features }) => {
  const track = getTrackName(call);
  const views = features.tracks.listTracks(call.guildId) ?? [];
  const { waiting = [] } = views.find(({ name }) => isSameTrack(name, track)) ?? {};
  const items = waiting.map(({ title }, index) =>
    `${index + 1}. ${title}`.slice(0, maxItemChars),
  );
  return findClosestNames(typed, items);
};

/** `/track remove`: removes a waiting sound. */
export const remove: Command = createChangeCommand(
  'remove',
  'command.track.remove',
  [
    {
      name: 'item',
      description: 'command.track.remove.item',
      required: true,
      kind: 'text',
      maxChars: maxItemChars,
      suggest: suggestWaitingItems,
    },
    queueTrack,
  ],
  ({ item = '' }) => ({ kind: 'remove', item: item.trim() }),
);

function createChangeCommand(
  name: string,
  description: PlainTextId,
  options: readonly CommandOption[],
  toChange: (inputs: CommandCall['inputs']) => TrackCommand | Reply,
  limits: Pick<Command, 'isNeverLimited'> = {},
) {
  return commandAboutSounds({
    ...limits,
    name,
    description,
    shownTo: 'room',
    options,
    async run(call, { features }) {
      const change = toChange(call.inputs);
      if ('id' in change) return [change];
      return toReplies(
        features.tracks.changeTracks(
          call.guildId,
          call.caller,
          change,
          getTrackName(call),
        ),
      );
    },
  });
}
