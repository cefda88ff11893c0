import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { ChangeAct } from '#src/conversation/machine/wish.ts';
import {
  defineTool,
  type FeatureTool,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import { toOpenText } from '#src/people/owned.ts';
import { maxNameUnits } from '#src/playback/tracks/named-track.ts';
import {
  type TrackCommand,
  trackActions,
} from '#src/playback/tracks/track-outcomes.ts';
import { findMeantSound } from '#src/playback/tracks/track-sounds.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import type { RunningTracks } from './session-tracks.ts';
import { matchSounds } from './sound-matching.ts';
import { defaultFadeMs, maxFadeMs, parseSeekTarget } from './track-arguments.ts';
import { defaultTrack, everyTrack, isSameTrack, voiceTrack } from './track-names.ts';
import {
  type ListedTrack,
  type PlayOutcome,
  toOutcomeLine,
} from './track-request-outcomes.ts';

/** Outcomes that people hear. All others refuse, or ask which sound is meant. */
const changedKinds: ReadonlySet<PlayOutcome['kind']> = new Set([
  'playing',
  'added',
  'skipped',
  'changed',
  'volume',
]);

/** A change of sound, which anybody takes back: of others' sounds by a vote. */
function createSoundAct(undo: string): ChangeAct {
  return { writes: 'sound', noticedBy: 'everybody', undoneBy: 'room', undo };
}

const playSoundSchema = z.strictObject({
  sound: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => !/:\/\/|\w\.\w+\//.test(name), {
      error: 'Links are not played.',
    })
    .describe('What they call it, in their own words.'),
  track: z.string().max(maxNameUnits).optional().describe('Only where they name one.'),
  loop: z.boolean().optional().describe('Again and again.'),
  next: z.boolean().optional().describe('Before all that wait.'),
});

/** Plays a sound of this machine. Asks for a choice if several sounds fit. */
export const playSoundTool: FeatureTool<RunningTracks> = defineTool({
  name: 'play_sound',
  description:
    'Plays a sound or music that lies on this machine, by its name, say rain. Never a link. Where several fit, whoever asks is asked which: add nothing to that.',
  schema: playSoundSchema,
  right: 'room',
  act: createSoundAct('change_track'),
  step: 'tool.sound.step',
  quotesOthers: true,
  async run(
    { sound, track = defaultTrack, loop = false, next = false },
    { askerId, session },
    { sessionTracks }: RunningTracks,
    signal,
  ) {
    const tracks = sessionTracks.get(session);
    const request = { sound, track, loop, next, signal };
    const [playing] = await tracks.playSound(tracks.toCaller(askerId), request);
    const line = toOutcomeLine(playing);
    if (changedKinds.has(playing.kind)) return toOutcome(line);
    const outcome = toUnchangedOutcome(line);
    if (playing.kind !== 'several') return outcome;
    return {
      ...outcome,
      quote: { text: toOpenText(session.notices.formatSpokenText(line)) },
    };
  },
});

const trackDeeds = [
  ...trackActions,
  ...(['volume', 'fade', 'seek', 'loop', 'unloop', 'remove'] as const),
] as const;

const volumeFields = {
  level: z.number().int().min(0).max(maxVolumePercent).optional(),
  change: z.number().int().min(-maxVolumePercent).max(maxVolumePercent).optional(),
};
type VolumeFields = {
  readonly level?: number | undefined;
  readonly change?: number | undefined;
};

const changeTrackSchema = z.strictObject({
  deed: z.enum(trackDeeds),
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
    .max(maxFadeMs / 1000)
    .optional()
    .describe('How long a fade takes.'),
  to: z
    .string()
    .max(12)
    .optional()
    .describe(
      'Where to seek: 2:00 is two minutes from its start, +30 and -30 are seconds from here.',
    ),
  item: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Title of the waiting sound to remove.'),
});

type ChangeTrackCall = z.infer<typeof changeTrackSchema>;

/** Changes tracks by the rights of the last asker. */
export const changeTrackTool: FeatureTool<RunningTracks> = defineTool({
  name: 'change_track',
  description:
    'Changes a sound or music that plays (skip: the next one; loop: again and again), or removes one that waits. For volume give level in percent (100 is usual), or change for louder (20) and quieter (-20); for fade give level.',
  schema: changeTrackSchema.refine((call) => parseCommand(call) !== undefined, {
    error:
      'For volume give either level or change, for fade level, for seek to as 2:00 or +30, for remove item.',
  }),
  right: 'room',
  act: createSoundAct('change_track'),
  quotesOthers: true,
  async run(call, { askerId, session }, { sessionTracks }: RunningTracks) {
    const tracks = sessionTracks.get(session);
    const { busyTracks, listedTracks } = tracks;
    const asker = tracks.toCaller(askerId);
    const command = parseCommand(call);
    const outcomes = findTracks(call, busyTracks, listedTracks).flatMap((track) =>
      command ? tracks.requestCommand(asker, track, command) : [],
    );
    const lines = outcomes.map(toOutcomeLine);
    const [line = toMissingTrackLine(call.track, busyTracks), ...furtherLines] = lines;
    const outcome = [line, ...furtherLines].map((outcomeLine) =>
      formatText(outcomeLine.id, outcomeLine.with),
    );
    const facts = { outcome };
    return outcomes.some(({ kind }) => changedKinds.has(kind))
      ? { facts, line }
      : { facts, line, hasChangedNothing: true };
  },
});

/** Undefined if an argument is missing or superfluous. */
function parseCommand(call: ChangeTrackCall): TrackCommand | undefined {
  const { deed, item, level, seconds = defaultFadeMs / 1000, to = '' } = call;
  switch (deed) {
    case 'volume':
      return hasOneVolume(call) ? toVolumeCommand(call) : undefined;
    case 'fade':
      return level === undefined
        ? undefined
        : { kind: 'volume', percent: level, overMs: seconds * 1000 };
    case 'seek': {
      const target = parseSeekTarget(to);
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

function hasOneVolume({ level, change }: VolumeFields) {
  return (level === undefined) !== (change === undefined);
}

function toVolumeCommand({ level, change = 0 }: VolumeFields): TrackCommand {
  return { kind: 'volume', percent: level ?? change, isChange: level === undefined };
}

/**
 * Finds tracks by name or sound, or `all`. Default: the track of the sound to remove,
 * or the first.
 */
function findTracks(
  { deed, item = '', track: typedName = '' }: ChangeTrackCall,
  busyTracks: readonly string[],
  listedTracks: readonly ListedTrack[],
) {
  if (isSameTrack(typedName, everyTrack)) return busyTracks;
  const tracks = listedTracks.filter(({ name }) => busyTracks.includes(name));
  const trackName = typedName.trim();
  const [track] =
    trackName === ''
      ? listTracksWithItemFirst(tracks, deed === 'remove' ? item : undefined)
      : listTracksByName(tracks, trackName);
  return track ? [track.name] : [];
}

function listTracksWithItemFirst(
  tracks: readonly ListedTrack[],
  removedItem: string | undefined,
) {
  const tracksWithItem = tracks.filter(
    ({ waiting }) => removedItem !== undefined && findMeantSound(waiting, removedItem),
  );
  return [...tracksWithItem, ...tracks];
}

function listTracksByName(tracks: readonly ListedTrack[], typedName: string) {
  const sounds = tracks.map(({ name, current }) => ({ name, title: current?.title }));
  return [
    ...tracks.filter(({ name }) => isSameTrack(name, typedName)),
    ...matchSounds(typedName, sounds),
  ];
}

function toMissingTrackLine(
  typedName: string | undefined,
  busyTracks: readonly string[],
): TextLine {
  if (busyTracks.length === 0 || !typedName) return { id: 'stop.nothing' };
  const list = busyTracks.join(', ');
  return { id: 'unknown.of', with: { x: typedName.trim(), list } };
}

/** Changes the volume of the bot's speech. */
export const volumeTool: FeatureTool<RunningTracks> = defineTool({
  name: 'volume',
  description:
    'How loud you speak, in percent: level (100 is usual), or change for louder (20) and quieter (-20). For sounds and music call change_track.',
  schema: z.strictObject(volumeFields).refine(hasOneVolume, {
    error: `Give either level, 0 to ${maxVolumePercent}, or change.`,
  }),
  right: 'room',
  act: createSoundAct('volume'),
  async run(by, { askerId, session }, { sessionTracks }: RunningTracks) {
    const tracks = sessionTracks.get(session);
    const outcome = tracks.requestCommand(
      tracks.toCaller(askerId),
      voiceTrack,
      toVolumeCommand(by),
    );
    const line = toOutcomeLine(outcome);
    return changedKinds.has(outcome.kind) ? toOutcome(line) : toUnchangedOutcome(line);
  },
});
