import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { type ToolPorts, tool } from '#src/conversation/ports/tool-definition.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { type TextId, type TextLine, text } from '#src/texts/texts.ts';
import { longestFadeMs, usualFadeMs } from './fade-limits.ts';
import { seekTargetOf } from './parse-seek-target.ts';
import type { TrackCommand } from './perform-track-command.ts';
import { SessionTracks } from './session-tracks.ts';
import { everyTrack, isSameTrack, trackNameOf } from './track-names.ts';
import { trackOutcome } from './track-outcome-texts.ts';
import {
  type ListedTrack,
  type TrackAction,
  type TrackSetting,
  trackActions,
} from './track-outcomes.ts';
import type { TracksAndSoundOwners } from './tracks-and-sound-owners.ts';

/** Outcomes that everybody hears without being told. */
const done: ReadonlySet<TextId> = new Set([
  'track.line.idle',
  'track.changed',
  'track.sought',
  'track.skipped',
  'track.stopped',
]);
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

type TrackChange =
  | { readonly kind: TrackAction }
  | { readonly kind: 'volume'; readonly level: number }
  | { readonly kind: 'volume'; readonly by: number }
  | Exclude<TrackSetting, { kind: 'volume' }>;

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
    const isPlain = [line, ...rest].every(({ id }) => done.has(id));
    return { facts: { outcome: said }, line, isPlain };
  },
});

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

/**
 * Changes tracks for those who asked, all of whom must have the right. `called` is a track, what sounds there, or `all`; left out:
 * the one that is meant first. What became of each, in words. Aborting
 * `signal` throws `signal.reason`.
 */
async function performed(
  change: TrackChange,
  called: string | undefined,
  { askerIds, context }: ToolPorts,
  signal: AbortSignal,
): Promise<readonly [TextLine, ...TextLine[]]> {
  const { owned } = context.features.of(SessionTracks);
  const lines: TextLine[] = [];
  for (const track of tracksMeant(change, called, owned)) {
    const command = commandOf(change, track, owned);
    lines.push('track' in command ? await changed(command, askerIds, context, signal) : command);
  }
  const [first = missing(called, owned), ...rest] = lines;
  return [first, ...rest];
}

function tracksMeant(
  change: TrackChange,
  called: string | undefined,
  owned: TracksAndSoundOwners,
): readonly string[] {
  if (trackNameOf(called ?? '') === everyTrack) return owned.busy;
  const meant = named(called, owned);
  if (change.kind !== 'remove' || called !== undefined) return meant;
  const holding = owned.busy.find((track) => owned.removal(track, change.item));
  return holding === undefined ? meant : [holding];
}

async function changed(
  command: TrackCommand,
  askerIds: readonly string[],
  context: SessionContext,
  signal: AbortSignal,
): Promise<TextLine> {
  const { owned } = context.features.of(SessionTracks);
  const about = owned.subject(command);
  for (const id of askerIds) {
    const owner = owned.ownerBeside(id, command);
    if (!owner || (await context.tools.isAllowed('dj', id, signal))) continue;
    return { id: 'track.barred', with: { owner: owner.name } };
  }
  signal.throwIfAborted();
  if (owned.subject(command) !== about) return { id: 'confirm.over' }; // while roles were read
  return trackOutcome(owned.perform(command));
}

/** The command, or the sentence that says why there is none. */
function commandOf(
  change: TrackChange,
  track: string,
  owned: TracksAndSoundOwners,
): TrackCommand | TextLine {
  switch (change.kind) {
    case 'volume': {
      const before = owned.tracks.track(track)?.view.percent ?? 100;
      return {
        kind: 'volume',
        track,
        percent: percentOf('level' in change ? change.level : before + change.by),
      };
    }
    case 'remove': {
      const { item } = change;
      const missing: TextLine = { id: 'unknown', with: { x: item } };
      return owned.removal(track, item) ?? missing;
    }
    default:
      return { ...change, track };
  }
}

/** A volume within its bounds, in percent. */
export function percentOf(percent: number): number {
  return Math.min(maxVolumePercent, Math.max(0, percent));
}

/** By its name, or by what sounds there; what people mean who name nothing is what sounds first. */
function named(called: string | undefined, owned: TracksAndSoundOwners): readonly string[] {
  const busy = owned.views.filter(({ current }) => current);
  const words = called?.trim().toLowerCase() ?? '';
  const found =
    words === ''
      ? busy[0]
      : (busy.find(({ name }) => isSameTrack(name, words)) ??
        busy.find((view) => isMeant(view, words)));
  return found ? [found.name] : [];
}

/** Its name or title holds the words, or is one of them. */
function isMeant({ name, current }: ListedTrack, words: string): boolean {
  const all = [name, current?.title ?? ''].map((one) => one.toLowerCase());
  return all.some((one) => one.includes(words) || areAmong(wordsOf(one), wordsOf(words)));
}

/** Letters and digits, in words between single spaces. */
function wordsOf(typed: string): string {
  return (typed.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).join(' ');
}

function areAmong(words: string, all: string): boolean {
  return words !== '' && ` ${all} `.includes(` ${words} `);
}

function missing(called: string | undefined, { busy }: TracksAndSoundOwners): TextLine {
  if (busy.length === 0 || !called) return { id: 'stop.nothing' };
  return { id: 'unknown.of', with: { x: called.trim(), list: busy.join(', ') } };
}
