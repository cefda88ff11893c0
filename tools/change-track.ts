import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { type TrackChange, tool } from '#src/session/ports/tool.ts';
import { type TextId, text } from '#src/texts/texts.ts';

/** Outcomes that everybody hears by themselves. */
const done: ReadonlySet<TextId> = new Set([
  'track.volume',
  'track.paused',
  'track.resumed',
  'track.skipped',
  'track.skipped.last',
  'track.stopped',
]);
const deeds = ['pause', 'resume', 'skip', 'stop', 'volume'] as const;

/** Changes sounds and music that people play on tracks. */
export const changeTrack = tool({
  name: 'change_track',
  description:
    'Changes a sound or music that plays: volume, pause, resume, skip or stop. For volume give level in percent (100 is usual), or change for louder (20) and quieter (-20).',
  schema: z
    .strictObject({
      deed: z.enum(deeds),
      track: z
        .string()
        .max(100)
        .optional()
        .describe('Name of the track, or of what plays there, say rain; all: every track.'),
      level: z.number().int().min(0).max(maxVolumePercent).optional(),
      change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
    })
    .refine(
      ({ deed, level, change }) =>
        deed === 'volume' ? (level === undefined) !== (change === undefined) : true,
      { error: 'For volume give either level or change.' },
    ),
  right: 'room',
  isDestructive: false,
  effect: 'change',
  doing: 'tool.track',
  ask: ({ track }) => ({ id: 'tool.track.ask', with: { track: track ?? '-' } }),
  async run({ deed, track, level, change = 0 }, { tracks }, signal) {
    const wanted: TrackChange =
      deed !== 'volume'
        ? { kind: deed }
        : { kind: deed, ...(level === undefined ? { by: change } : { level }) };
    const [line, ...rest] = await tracks.change(wanted, track, signal);
    const said = [line, ...rest].map((one) => text(one.id, one.with));
    const isPlain = [line, ...rest].every(({ id }) => done.has(id));
    return { facts: { outcome: said }, line, isPlain };
  },
});
