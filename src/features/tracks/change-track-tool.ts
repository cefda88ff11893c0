import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { longestFadeMs, usualFadeMs } from './fade-limits.ts';
import { seekTargetOf } from './parse-seek-target.ts';
import type { SessionTracks } from './session-tracks.ts';
import { soundsMeant } from './sound-matching.ts';
import { everyTrack, isSameTrack, trackNameOf } from './track-names.ts';
import { trackOutcome } from './track-outcome-texts.ts';
import { type TrackChange, trackActions } from './track-outcomes.ts';

const actions = [
  ...trackActions,
  ...(['volume', 'fade', 'seek', 'loop', 'unloop', 'remove'] as const),
] as const;

/** A volume in percent, or its change. */
export const volumeFields = {
  level: z.number().int().min(0).max(maxVolumePercent).optional(),
  change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
};

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

type ToolChange =
  | { readonly kind: 'volume'; readonly percentFrom: (before: number) => number }
  | Exclude<TrackChange, { kind: 'volume' }>;

/** Changes sounds and music that people play on tracks. */
export const changeTrack = tool({
  name: 'change_track',
  description:
    'Changes a sound or music that plays: volume, fade, pause, resume, skip (next), stop, mute, unmute, seek, loop (again and again), unloop, or remove one that waits. For volume give level in percent (100 is usual), or change for louder (20) and quieter (-20); for fade give level.',
  schema: schema.refine((call) => changeOf(call) !== undefined, {
    error:
      'For volume give either level or change, for fade level, for seek to as 2:00 or +30, for remove item.',
  }),
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(call, ports, signal) {
    const change = changeOf(call);
    if (!change) throw new Error('The call does not fit.');
    const [line, ...rest] = await performed(change, call.track, ports, signal);
    const said = [line, ...rest].map((one) => text(one.id, one.with));
    return { facts: { outcome: said }, line };
  },
});

/** Undefined where an argument is missing or superfluous. */
function changeOf({
  deed,
  level,
  change: by,
  seconds,
  to = '',
  item,
}: Call): ToolChange | undefined {
  switch (deed) {
    case 'volume':
      if ((level === undefined) === (by === undefined)) return undefined;
      return { kind: deed, percentFrom: (before) => percentOf(level ?? before + (by ?? 0)) };
    case 'fade': {
      const overMs = seconds === undefined ? usualFadeMs : seconds * 1000;
      return level === undefined ? undefined : { kind: deed, percent: level, overMs };
    }
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

/**
 * Changes tracks for those who asked, all of whom must have the right. `called` is a track, what sounds there, or `all`; left out:
 * the one that is meant first. What became of each, in words. Aborting
 * `signal` throws `signal.reason`.
 */
async function performed(
  change: ToolChange,
  called: string | undefined,
  ports: ToolPorts,
  signal: AbortSignal,
): Promise<readonly [TextLine, ...TextLine[]]> {
  const tracks = ports.context.features.sessions.tracks;
  const lines: TextLine[] = [];
  for (const track of tracksMeant(change, called, tracks)) {
    const command = commandOf(change, track, tracks);
    lines.push(
      command
        ? await changed(track, command, ports, signal)
        : { id: 'unknown', with: { x: 'item' in change ? change.item : track } },
    );
  }
  const [first = missing(called, tracks), ...rest] = lines;
  return [first, ...rest];
}

function tracksMeant(
  change: ToolChange,
  called: string | undefined,
  tracks: SessionTracks,
): readonly string[] {
  const { busy } = tracks;
  if (trackNameOf(called ?? '') === everyTrack) return busy;
  const holding =
    change.kind === 'remove' && called === undefined
      ? busy.find((track) => tracks.removal(track, change.item))
      : undefined;
  const track = holding ?? named(called, tracks);
  return track === undefined ? [] : [track];
}

async function changed(
  track: string,
  command: TrackCommand,
  { askerIds, context }: ToolPorts,
  signal: AbortSignal,
): Promise<TextLine> {
  const tracks = context.features.sessions.tracks;
  const about = tracks.subject(track, command);
  for (const id of askerIds) {
    const owner = tracks.ownerBeside(id, track, command);
    if (!owner || (await context.tools.isAllowed('dj', id, signal))) continue;
    return { id: 'track.barred', with: { owner: owner.name } };
  }
  signal.throwIfAborted();
  if (tracks.subject(track, command) !== about) return { id: 'confirm.over' }; // while roles were read
  return trackOutcome(tracks.perform(track, command));
}

/** Undefined where nothing waits to be removed. */
function commandOf(
  change: ToolChange,
  track: string,
  tracks: SessionTracks,
): TrackCommand | undefined {
  switch (change.kind) {
    case 'volume': {
      const before = tracks.tracks.track(track)?.percent ?? 100;
      return { kind: 'volume', percent: change.percentFrom(before) };
    }
    case 'remove':
      return tracks.removal(track, change.item);
    default:
      return change;
  }
}

/** A volume within its bounds, in percent. */
export function percentOf(percent: number): number {
  return Math.min(maxVolumePercent, Math.max(0, percent));
}

/** By its name, or by what sounds there; what people mean who name nothing is what sounds first. */
function named(called: string | undefined, { busy, views }: SessionTracks): string | undefined {
  const words = called?.trim() ?? '';
  if (words === '') return busy[0];
  const there = views.filter(({ name }) => busy.includes(name));
  const own = there.find(({ name }) => isSameTrack(name, words));
  const sounds = there.map(({ name, current }) => ({ name, title: current?.title }));
  return (own ?? soundsMeant(words, sounds, { isHeard: true })[0])?.name;
}

function missing(called: string | undefined, { busy }: SessionTracks): TextLine {
  if (busy.length === 0 || !called) return { id: 'stop.nothing' };
  return { id: 'unknown.of', with: { x: called.trim(), list: busy.join(', ') } };
}
