import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { speechTitle } from '#src/features/tracks/lazily-synthesised-text.ts';
import { maxFadeMs } from '#src/features/tracks/track-arguments.ts';
import {
  type ListedTrack,
  type PlayOutcome,
  toOutcomeLine,
} from '#src/features/tracks/track-request-outcomes.ts';
import { maxNameUnits } from '#src/playback/tracks/named-track.ts';
import {
  type TrackCommand,
  type TrackOutcome,
  trackActions,
} from '#src/playback/tracks/track-outcomes.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import {
  type ApiRefusal,
  createNowhereRefusal,
  createRefusal,
} from '#src/web/api/api-refusal.ts';
import { answerAtEnd } from '#src/web/api/openai/server-events.ts';
import { type ApiCall, type ApiRoute, defineRoute } from '#src/web/api/route.ts';

export const trackName: z.ZodString = z.string().min(1).max(maxNameUnits);
const createRange = (max: number) => z.int().min(0).max(max);
const percent = createRange(maxVolumePercent);
/** 24 hours. */
const longestSeekMs = 86_400_000;
const request = z.strictObject({
  sound: z.string().trim().min(1).max(2_000),
  track: trackName.default('main'),
  percent: percent.optional(),
  loop: z.boolean().default(false),
  next: z.boolean().default(false),
  wait: z.boolean().optional(),
});
const seekTo = z
  .strictObject({
    atMs: createRange(longestSeekMs).optional(),
    byMs: z.int().min(-longestSeekMs).max(longestSeekMs).optional(),
  })
  .refine(({ atMs, byMs }) => (atMs === undefined) !== (byMs === undefined), {
    error: 'give either atMs or byMs',
  });
const volumeTo = z.strictObject({
  percent,
  overMs: createRange(maxFadeMs).optional(),
});
const itemToRemove = z.strictObject({
  item: z.union([z.int().min(1), z.string().trim().min(1).max(2_000)], {
    error: 'give a place from 1 or a title',
  }),
});
const listTracks = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/tracks',
  scope: 'track',
  summary: 'Lists tracks with their sounds, and the sounds of the library.',
  async run({ guildId, ports }) {
    const tracks = ports.features.tracks.listTracks(guildId);
    if (!tracks) throw createNowhereRefusal();
    const nameless = tracks.map(({ current, waiting, ...track }) => ({
      ...track,
      current: current && toProgramSound(current),
      waiting: waiting.map(toProgramSound),
    }));
    return {
      tracks: nameless,
      sounds: await ports.features.tracks.listSounds(guildId),
    };
  },
});

const playTrack = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/tracks',
  scope: 'track',
  summary:
    'Plays a sound of the library or a link on a track, or adds it to the queue.',
  body: request,
  async run({ guildId, ports, asker, body }) {
    const [playing] = await ports.features.tracks.playSound(
      guildId,
      { ...asker, mayManage: true },
      body,
    );
    if (!('ended' in playing)) throw toPlayRefusal(playing);
    const { ended, kind, place: position, title, track } = playing;
    const placed = { track, title, ...(kind === 'added' && { place: position }) };
    return body.wait ? answerAtEnd(placed, ended) : placed;
  },
});

const steerTrack = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/tracks/{track}/{action}',
  scope: 'track',
  summary: 'Pauses, resumes, skips, stops, mutes or unmutes a track.',
  params: z.object({ track: trackName, action: z.enum(trackActions) }),
  run: async (call) => ({
    outcomes: changeTrack(call, { kind: call.params.action }).map(requireDone),
  }),
});

const setTrackVolume = defineChangeRoute(
  'volume',
  'Sets the volume of a track, at once or by a fade.',
  volumeTo,
  (volume) => ({ kind: 'volume', ...volume }),
);

const seekTrack = defineChangeRoute(
  'seek',
  'Goes to another position in the current sound.',
  seekTo,
  ({ atMs, byMs = 0 }) => ({
    kind: 'seek',
    to: atMs === undefined ? { kind: 'by', ms: byMs } : { kind: 'at', ms: atMs },
  }),
);

const loopTrack = defineChangeRoute(
  'loop',
  'Repeats the current sound, or plays it to its end.',
  z.strictObject({ on: z.boolean() }),
  (loop) => ({ kind: 'loop', ...loop }),
);

const removeFromTrack = defineChangeRoute(
  'remove',
  'Removes a waiting sound by its number or title.',
  itemToRemove,
  ({ item }) => ({ kind: 'remove', item: `${item}` }),
);

/** Routes that list, play and change the tracks of a server. */
export const trackRoutes: readonly ApiRoute[] = [
  listTracks,
  playTrack,
  setTrackVolume,
  seekTrack,
  loopTrack,
  removeFromTrack,
  steerTrack,
];

function defineChangeRoute<Body extends z.ZodType>(
  action: string,
  summary: string,
  body: Body,
  toCommand: (body: z.output<Body>) => TrackCommand,
) {
  return defineRoute({
    method: 'post',
    path: `/v1/servers/{server}/tracks/{track}/${action}`,
    scope: 'track',
    summary,
    params: z.object({ track: trackName }),
    body,
    async run(call) {
      const outcomes = changeTrack(call, toCommand(call.body));
      for (const outcome of outcomes)
        if (outcome.kind === 'empty')
          throw createRefusal(
            409,
            'track.empty',
            `There is nothing on ${outcome.track}.`,
            'track',
          );
      return { outcomes: outcomes.map(requireDone) };
    },
  });
}

/** Leaves out names of people, and titles that are their words. */
function toProgramSound<Sound extends ListedTrack['waiting'][number]>(sound: Sound) {
  const { hasWords, owner: _, title, ...rest } = sound;
  return { ...rest, title: hasWords ? speechTitle : title };
}

function changeTrack(
  {
    guildId,
    ports,
    asker,
    params,
  }: ApiCall<unknown, unknown, { readonly track: string }>,
  command: TrackCommand,
) {
  const { tracks } = ports.features;
  const sounds = tracks
    .listTracks(guildId)
    ?.flatMap(({ current, waiting }) => (current ? [current, ...waiting] : waiting));
  const wordTitles = new Set(
    sounds?.flatMap(({ hasWords, title }) => (hasWords ? [title] : [])),
  );
  const caller = { ...asker, mayManage: true };
  return tracks
    .changeTracks(guildId, caller, command, params.track)
    .map((outcome) =>
      'title' in outcome && wordTitles.has(outcome.title ?? '')
        ? { ...outcome, title: speechTitle }
        : outcome,
    );
}

/** Returns a successful outcome. Throws for a refusal. */
function requireDone(outcome: TrackOutcome) {
  if (outcome.kind in refusals) throw toPlayRefusal(outcome);
  return outcome;
}

/** Converts a refused request for a sound to a refusal for a program. */
export function toPlayRefusal(outcome: PlayOutcome): ApiRefusal {
  const [status, code, param]: Refused = refusals[outcome.kind] ?? [409, 'bot.muted'];
  // It names no person.
  const sentence: TextLine =
    outcome.kind === 'denied' ? { id: 'perm.dj' } : toOutcomeLine(outcome);
  return createRefusal(status, code, formatText(sentence.id, sentence.with), param);
}

type Refused = readonly [status: ContentfulStatusCode, code: string, param?: string];

const refusals: Partial<Record<PlayOutcome['kind'], Refused>> = {
  nowhere: [409, 'bot.nowhere'],
  unknown: [404, 'track.unknown', 'track'],
  reserved: [409, 'track.reserved', 'track'],
  'past-end': [422, 'track.past_end'],
  unseekable: [422, 'track.unseekable'],
  looping: [409, 'track.looping', 'wait'],
  'no-item': [404, 'track.no_item', 'item'],
  denied: [403, 'track.denied'],
  full: [429, 'track.full'],
  bad: [422, 'track.bad', 'sound'],
  'no-sound': [404, 'sound.unknown', 'sound'],
  several: [409, 'sound.ambiguous', 'sound'],
  'bad-name': [400, 'track.name', 'track'],
};
