import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { type TrackCommand, trackActions } from '#src/playback/tracks/track-outcomes.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { longestFadeMs, usualFadeMs } from './fade-limits.ts';
import { seekTargetOf } from './parse-seek-target.ts';
import { callerIn } from './play-sound-tool.ts';
import type { SessionTracks } from './session-tracks.ts';
import { soundsMeant } from './sound-matching.ts';
import { everyTrack, isSameTrack, trackNameOf } from './track-names.ts';
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
  schema: schema.refine(isComplete, {
    error:
      'For volume give either level or change, for fade level, for seek to as 2:00 or +30, for remove item.',
  }),
  right: 'room',
  effect: 'change',
  quotesOthers: true,
  async run(call, { askerId, context }) {
    const tracks = context.features.sessions.tracks;
    const asker = callerIn(askerId, context);
    const lines = tracksMeant(call, tracks).map((track) =>
      outcomeText(tracks.request(asker, track, commandOf(call, track, tracks))),
    );
    const [line = missing(call.track, tracks), ...rest] = lines;
    const said = [line, ...rest].map((one) => text(one.id, one.with));
    return { facts: { outcome: said }, line };
  },
});

/** Whether no argument of its deed is missing or superfluous. */
function isComplete({ deed, level, change, to = '', item }: Call): boolean {
  switch (deed) {
    case 'volume':
      return (level === undefined) !== (change === undefined);
    case 'fade':
      return level !== undefined;
    case 'seek':
      return seekTargetOf(to) !== undefined;
    case 'remove':
      return item !== undefined;
    default:
      return true;
  }
}

/** A track, what sounds there, or `all`; left out: the one that is meant first. */
function tracksMeant(
  { deed, item = '', track: called }: Call,
  tracks: SessionTracks,
): readonly string[] {
  const { busy } = tracks;
  if (trackNameOf(called ?? '') === everyTrack) return busy;
  const holds = (one: string) => tracks.touched(one, { kind: 'remove', item }).length > 0;
  const holding = deed === 'remove' && called === undefined ? busy.find(holds) : undefined;
  const track = holding ?? named(called, tracks);
  return track === undefined ? [] : [track];
}

function commandOf(
  { deed, level, change = 0, seconds, to = '', item = '' }: Call,
  track: string,
  { tracks }: SessionTracks,
): TrackCommand {
  switch (deed) {
    case 'volume':
    case 'fade': {
      const before = tracks.track(track)?.state.percent ?? 100;
      const fadeMs = seconds === undefined ? usualFadeMs : seconds * 1000;
      const percent = percentOf(level ?? before + change);
      return { kind: 'volume', percent, overMs: deed === 'fade' ? fadeMs : 0 };
    }
    case 'seek':
      return { kind: deed, to: seekTargetOf(to) ?? { kind: 'by', ms: 0 } };
    case 'loop':
    case 'unloop':
      return { kind: 'loop', on: deed === 'loop' };
    case 'remove':
      return { kind: deed, item };
    default:
      return { kind: deed };
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
  return (own ?? soundsMeant(words, sounds)[0])?.name;
}

function missing(called: string | undefined, { busy }: SessionTracks): TextLine {
  if (busy.length === 0 || !called) return { id: 'stop.nothing' };
  return { id: 'unknown.of', with: { x: called.trim(), list: busy.join(', ') } };
}
