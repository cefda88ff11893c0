import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { type Owned, tool } from '#src/features/contract/tool-definition.ts';
import { type TrackCommand, trackActions } from '#src/playback/tracks/track-outcomes.ts';
import { soundMeant } from '#src/playback/tracks/track-sounds.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { longestFadeMs, usualFadeMs } from './fade-limits.ts';
import { seekTargetOf } from './parse-seek-target.ts';
import type { RunningTracks, SessionTracks } from './session-tracks.ts';
import { soundsMeant } from './sound-matching.ts';
import { everyTrack, isSameTrack } from './track-names.ts';
import { outcomeText } from './track-outcomes.ts';

const actions = [
  ...trackActions,
  ...(['volume', 'fade', 'seek', 'loop', 'unloop', 'remove'] as const),
] as const;

/** A volume in percent, or its change. */
export const volumeFields = {
  level: z.number().int().min(0).max(maxVolumePercent).optional(),
  change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
};
type VolumeFields = { readonly level?: number | undefined; readonly change?: number | undefined };

const schema = z.strictObject({
  deed: z.enum(actions),
  track: z
    .string()
    .max(100)
    .optional()
    .describe('Name of the track, or of what plays there, say rain; all: every track.'),
  ...volumeFields,
  seconds: z
    .number()
    .int()
    .min(1)
    .max(longestFadeMs / 1000)
    .optional()
    .describe('How long a fade takes.'),
  to: z
    .string()
    .max(12)
    .optional()
    .describe(
      'Where to seek: 2:00 is two minutes from its start, +30 and -30 are seconds from here.',
    ),
  item: z.string().min(1).max(100).optional().describe('Title of the waiting sound to remove.'),
});

type Call = z.infer<typeof schema>;

/** Changes sounds and music that people play on tracks, with the rights of the last of those who asked. */
export const changeTrack = tool({
  name: 'change_track',
  description:
    'Changes a sound or music that plays: volume, fade, pause, resume, skip (next), stop, mute, unmute, seek, loop (again and again), unloop, or remove one that waits. For volume give level in percent (100 is usual), or change for louder (20) and quieter (-20); for fade give level.',
  schema: schema.refine((call) => commandOf(call) !== undefined, {
    error:
      'For volume give either level or change, for fade level, for seek to as 2:00 or +30, for remove item.',
  }),
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(call, { askerId, own, session }: Owned<RunningTracks>) {
    const tracks = own.sessionTracks.get(session);
    const asker = tracks.caller(askerId);
    const command = commandOf(call);
    const lines = tracksMeant(call, tracks).flatMap((track) =>
      command ? outcomeText(tracks.request(asker, track, command)) : [],
    );
    const [line = missing(call.track, tracks), ...rest] = lines;
    const said = [line, ...rest].map((one) => text(one.id, one.with));
    return { facts: { outcome: said }, line };
  },
});

/** Undefined where an argument of its deed is missing or superfluous. */
function commandOf(call: Call): TrackCommand | undefined {
  const { deed, item, level, seconds = usualFadeMs / 1000, to = '' } = call;
  switch (deed) {
    case 'volume':
      return isOneVolume(call) ? volumeCommand(call) : undefined;
    case 'fade':
      return level === undefined
        ? undefined
        : { kind: 'volume', percent: level, overMs: seconds * 1000 };
    case 'seek': {
      const target = seekTargetOf(to);
      return target && { kind: deed, to: target };
    }
    case 'loop':
    case 'unloop':
      return { kind: 'loop', on: deed === 'loop' };
    case 'remove':
      return item === undefined ? undefined : { kind: deed, item };
    default:
      return { kind: deed };
  }
}

/** Whether either a volume or its change is given. */
export function isOneVolume({ level, change }: VolumeFields): boolean {
  return (level === undefined) !== (change === undefined);
}

export function volumeCommand({ level, change = 0 }: VolumeFields): TrackCommand {
  return { kind: 'volume', percent: level ?? change, isChange: level === undefined };
}

/** A track, what sounds there, or `all`; left out: the one where the sound to remove waits, or the first. */
function tracksMeant(
  { deed, item = '', track: called = '' }: Call,
  { busy, views }: SessionTracks,
): readonly string[] {
  if (isSameTrack(called, everyTrack)) return busy;
  const there = views.filter(({ name }) => busy.includes(name));
  const words = called.trim();
  const sounds = there.map(({ name, current }) => ({ name, title: current?.title }));
  const [meant] =
    words === ''
      ? [...there.filter(({ waiting }) => deed === 'remove' && soundMeant(waiting, item)), ...there]
      : [...there.filter(({ name }) => isSameTrack(name, words)), ...soundsMeant(words, sounds)];
  return meant ? [meant.name] : [];
}

function missing(called: string | undefined, { busy }: SessionTracks): TextLine {
  if (busy.length === 0 || !called) return { id: 'stop.nothing' };
  return { id: 'unknown.of', with: { x: called.trim(), list: busy.join(', ') } };
}
