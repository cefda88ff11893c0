import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { type TrackChange, tool } from '#src/session/ports/tool.ts';
import { trackActions } from '#src/session/ports/tracks.ts';
import { longestFadeMs, usualFadeMs } from '#src/session/tracks/fade-times.ts';
import { seekTargetOf } from '#src/session/tracks/seek-target.ts';
import { isOwnTrack, trackNameOf } from '#src/session/tracks/track-names.ts';
import { type TextId, text } from '#src/texts/texts.ts';

/** Outcomes that everybody hears without being told. */
const done: ReadonlySet<TextId> = new Set([
  'track.volume',
  'track.fading',
  'track.paused',
  'track.resumed',
  'track.muted',
  'track.unmuted',
  'track.sought',
  'track.skipped',
  'track.skipped.last',
  'track.stopped',
]);
const actions = [
  ...trackActions,
  ...(['volume', 'fade', 'seek', 'loop', 'unloop', 'remove'] as const),
] as const;

const schema = z.strictObject({
  deed: z.enum(actions),
  track: z
    .string()
    .max(100)
    .optional()
    .describe(
      'Name of the track, or of what plays there, say rain; all: every track; voice: your own voice, volume only.',
    ),
  level: z.number().int().min(0).max(maxVolumePercent).optional(),
  change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
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

/** Changes sounds and music that people play on tracks, and the volume of the bot's own voice. */
export const changeTrack = tool({
  name: 'change_track',
  description:
    'Changes how loud you speak, or a sound or music that plays: volume, fade, pause, resume, skip (next), stop, mute, unmute, seek, loop (again and again), unloop, or remove one that waits. For volume give level in percent (100 is usual), or change for louder (20) and quieter (-20); for fade give level.',
  schema: schema.refine((call) => changeOf(call) !== undefined, {
    error:
      'For volume give either level or change, for fade level, for seek to as 2:00 or +30, for remove item.',
  }),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'tool.track',
  ask: ({ track }) =>
    isOwn(track)
      ? { id: 'tool.volume.ask' }
      : { id: 'tool.track.ask', with: { track: track ?? '-' } },
  async run(call, { tracks }, signal) {
    const change = changeOf(call);
    if (!change) throw new Error('The call does not fit.');
    const [line, ...rest] = await tracks.change(change, call.track, signal);
    const said = [line, ...rest].map((one) => text(one.id, one.with));
    const isPlain = !isOwn(call.track) && [line, ...rest].every(({ id }) => done.has(id));
    return { facts: { outcome: said }, line, isPlain };
  },
});

/** The bot's own voice or cues, whose change people notice only with the next sound. */
function isOwn(track: string | undefined): boolean {
  return isOwnTrack(trackNameOf(track ?? '') ?? '');
}

/** Undefined where an argument is missing or superfluous. */
function changeOf(call: Call): TrackChange | undefined {
  const { deed: action, item } = call;
  switch (action) {
    case 'volume':
      return volumeOf(call);
    case 'fade':
      return fadeOf(call);
    case 'seek':
      return seekOf(call);
    case 'loop':
    case 'unloop':
      return { kind: 'loop', on: action === 'loop' };
    case 'remove':
      return item === undefined ? undefined : { kind: action, item };
    default:
      return { kind: action };
  }
}

function volumeOf({ level, change: by }: Call): TrackChange | undefined {
  if (level !== undefined) return by === undefined ? { kind: 'volume', level } : undefined;
  return by === undefined ? undefined : { kind: 'volume', by };
}

function fadeOf({ level: percent, seconds }: Call): TrackChange | undefined {
  const overMs = seconds === undefined ? usualFadeMs : seconds * 1000;
  return percent === undefined ? undefined : { kind: 'fade', percent, overMs };
}

function seekOf({ to: typed = '' }: Call): TrackChange | undefined {
  const to = seekTargetOf(typed);
  return to && { kind: 'seek', to };
}
