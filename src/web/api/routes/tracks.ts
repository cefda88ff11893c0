import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { maxVolumePercent } from '#src/base/volume.ts';
import { longestFadeMs, usualFadeMs } from '#src/features/tracks/fade-limits.ts';
import { isSameTrack, mostTrackNameUnits } from '#src/features/tracks/track-names.ts';
import { playingOutcome, trackOutcome } from '#src/features/tracks/track-outcome-texts.ts';
import {
  type Playing,
  type TrackOutcome,
  type TrackSetting,
  trackActions,
} from '#src/features/tracks/track-outcomes.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { type ApiRefusal, refusal } from '#src/web/api/refusal.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { nowhere } from './nowhere.ts';
import { playFields, playView, waitField } from './plays.ts';

export const trackName = z.string().min(1).max(mostTrackNameUnits).meta({
  description:
    'Name of the track: 1 to 40 characters, whatever their case; percent-encoded in a path.',
});
const percent = z.int().min(0).max(maxVolumePercent);
/** Longest sound in ms that a seek names: 24 hours. */
const longestSeekMs = 86_400_000;
const listed = z.object({
  name: trackName,
  percent: z.number(),
  isPaused: z.boolean(),
  isMuted: z.boolean(),
  current: z
    .object({
      title: z.string(),
      owner: z.string().optional(),
      positionMs: z.number().optional(),
      lengthMs: z.number().optional(),
      loop: z.boolean(),
    })
    .optional(),
  waiting: z
    .array(z.object({ title: z.string(), owner: z.string().optional() }))
    .meta({ description: 'The first is in place 1, which plays next.' }),
});
const list = z.object({ tracks: z.array(listed), sounds: z.array(z.string()) });
const request = z.strictObject({
  sound: z.string().trim().min(1).max(2_000).meta({ description: 'Name of a sound, or a link.' }),
  track: trackName.default('main'),
  percent: percent.optional().meta({ description: 'Volume of the whole track.' }),
  loop: z.boolean().default(false),
  next: z.boolean().default(false).meta({ description: 'Before all that wait.' }),
  wait: waitField,
});
const played = z.object({
  track: z.string(),
  title: z.string(),
  place: z.int().optional().meta({ description: 'Waiting: 1 plays next. Absent: it plays.' }),
  ...playFields,
});
const outcomeKinds = [
  ...['paused', 'resumed', 'skipped', 'stopped', 'muted', 'unmuted'],
  ...['empty', 'volume', 'fading', 'sought', 'looping', 'unlooped', 'removed', 'removed-own'],
];
const steered = z.object({
  outcomes: z.array(
    z.object({
      kind: z.enum(outcomeKinds),
      track: z.string(),
      title: z.string().optional(),
      next: z.string().optional(),
      removed: z.int().optional(),
      percent: z.number().optional(),
      overMs: z.number().optional(),
      positionMs: z.number().optional(),
      lengthMs: z.number().optional(),
    }),
  ),
});
const seekTo = z
  .strictObject({
    atMs: z.int().min(0).max(longestSeekMs).optional().meta({ description: 'Place in the sound.' }),
    byMs: z
      .int()
      .min(-longestSeekMs)
      .max(longestSeekMs)
      .optional()
      .meta({ description: 'From where it is; below 0 is back. Exactly one of both.' }),
  })
  .refine(({ atMs, byMs }) => (atMs === undefined) !== (byMs === undefined), {
    error: 'give either atMs or byMs',
  });
const fadeTo = z.strictObject({
  percent,
  overMs: z.int().min(0).max(longestFadeMs).default(usualFadeMs),
});
const itemToRemove = z.strictObject({
  item: z
    .union([z.int().min(1), z.string().trim().min(1).max(2_000)], {
      error: 'give a place from 1 or a title',
    })
    .meta({
      description:
        'Waiting item, by its place from 1, its title, or both as in `2. rain`; on voice also mine: all requests of this token.',
    }),
});
const json = (schema: z.ZodType) => ({ 'application/json': schema });

export const listTracks = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/tracks',
  id: 'listTracks',
  summary: 'Lists the playing and waiting sounds, and the names of sounds that can be played.',
  scope: 'track',
  response: { description: 'The tracks.', content: json(list) },
  refusals: [409],
  async run({ guildId, ports }) {
    const tracks = ports.features.tracks.list(guildId);
    if (!tracks) throw nowhere();
    return { tracks, sounds: await ports.features.tracks.sounds(guildId) };
  },
});

export const readTrack = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/tracks/{track}',
  id: 'readTrack',
  summary: 'Lists the playing and waiting sounds of one track.',
  scope: 'track',
  params: z.object({ track: trackName }),
  response: { description: 'The track.', content: json(listed) },
  refusals: [404, 409],
  async run({ guildId, ports, params }) {
    const tracks = ports.features.tracks.list(guildId);
    if (!tracks) throw nowhere();
    const track = tracks.find((one) => isSameTrack(one.name, params.track));
    return (
      track ?? done({ kind: 'unknown', track: params.track, names: tracks.map((one) => one.name) })
    );
  },
});

export const playTrack = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/tracks',
  id: 'playTrack',
  summary: 'Plays a sound of this machine or a link on a track, after its queue.',
  scope: 'track',
  body: request,
  response: { description: 'It plays, or waits; with wait, how it ended.', content: json(played) },
  refusals: [404, 409, 422, 429],
  async run({ guildId, plays, ports, asker, body, signal }) {
    const { percent: volume, wait, ...wanted } = body;
    const caller = { ...asker, mayManage: true };
    const play = plays.begin(guildId);
    const requested = { ...wanted, percent: volume };
    const playing = await ports.features.tracks.play(guildId, caller, {
      ...requested,
      onEnd: play.onEnd,
    });
    if (playing.kind !== 'playing' && playing.kind !== 'added') throw unplayed(playing);
    const { title, track } = playing;
    const place = playing.kind === 'added' && { place: playing.place };
    return { track, title, ...place, ...(await playView(play, { plays, signal, wait })) };
  },
});

export const steerTrack = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/tracks/{track}/{action}',
  id: 'steerTrack',
  summary:
    'Pauses, resumes, skips, stops, mutes or unmutes a track; all is every track that holds something.',
  scope: 'track',
  params: z.object({ track: trackName, action: z.enum(trackActions) }),
  response: { description: 'Result for each track.', content: json(steered) },
  refusals: [404, 409],
  async run({ guildId, ports, asker, params: { track, action } }) {
    const caller = { ...asker, mayManage: true };
    return { outcomes: ports.features.tracks.steer(guildId, caller, action, track).map(done) };
  },
});

export const setTrackVolume = defineRoute({
  method: 'put',
  path: '/v1/servers/{server}/tracks/{track}/volume',
  id: 'setTrackVolume',
  summary: 'Sets the volume of a track.',
  scope: 'track',
  params: z.object({ track: trackName }),
  body: z.strictObject({ percent }),
  response: { description: 'The volume now.', content: json(steered) },
  refusals: [404, 409],
  async run({ guildId, ports, asker, params: { track }, body }) {
    const caller = { ...asker, mayManage: true };
    const setting = { kind: 'volume', percent: body.percent } as const;
    return { outcomes: [done(ports.features.tracks.change(guildId, caller, setting, track))] };
  },
});

export const seekTrack = changeRoute(
  {
    id: 'seekTrack',
    action: 'seek',
    summary: 'Moves the playing sound of a track to a place in it.',
    body: seekTo,
  },
  ({ atMs, byMs = 0 }) => {
    const to =
      atMs === undefined ? { kind: 'by' as const, ms: byMs } : { kind: 'at' as const, ms: atMs };
    return { kind: 'seek', to };
  },
);

export const fadeTrack = changeRoute(
  {
    id: 'fadeTrack',
    action: 'fade',
    summary: 'Changes the volume of a track gradually.',
    body: fadeTo,
  },
  (fade) => ({ kind: 'fade', ...fade }),
);

export const loopTrack = changeRoute(
  {
    id: 'loopTrack',
    action: 'loop',
    summary: 'Repeats the playing sound of a track, or plays it to its end.',
    body: z.strictObject({ on: z.boolean() }),
  },
  ({ on }) => ({ kind: 'loop', on }),
);

export const removeFromTrack = changeRoute(
  {
    id: 'removeFromTrack',
    action: 'remove',
    summary: 'Removes waiting sounds of a track.',
    body: itemToRemove,
  },
  ({ item }) => ({ kind: 'remove', item: `${item}` }),
);

/** `POST .../tracks/{track}/{action}` that sets something of one track. */
function changeRoute<Body extends z.ZodType>(
  {
    id,
    action,
    summary,
    body,
  }: {
    readonly id: string;
    readonly action: string;
    readonly summary: string;
    readonly body: Body;
  },
  settingOf: (body: z.output<Body>) => TrackSetting,
): ApiRoute {
  return defineRoute({
    method: 'post',
    path: `/v1/servers/{server}/tracks/{track}/${action}`,
    id,
    summary,
    scope: 'track',
    params: z.object({ track: trackName }),
    body,
    response: { description: 'Result for the track.', content: json(steered) },
    refusals: [404, 409, 422],
    async run({ guildId, ports, asker, params: { track }, body: wanted }) {
      const caller = { ...asker, mayManage: true };
      const outcome = ports.features.tracks.change(guildId, caller, settingOf(wanted), track);
      if (outcome.kind === 'empty')
        throw refusal(409, 'track.empty', `There is nothing on ${outcome.track}.`, 'track');
      return { outcomes: [done(outcome)] };
    },
  });
}

/** The outcome, where there is one; the others are refusals. */
function done(outcome: TrackOutcome): TrackOutcome {
  const refused = refusals[outcome.kind];
  if (refused) throw refusedAs(refused, trackOutcome(outcome));
  return outcome;
}

/** Why something is not on a track. */
export function unplayed(playing: Playing): ApiRefusal {
  const refused: Refused = refusals[playing.kind] ?? [409, 'bot.muted'];
  return refusedAs(refused, playingOutcome(playing));
}

type Refused = readonly [status: ContentfulStatusCode, code: string, param?: string];

function refusedAs([status, code, param]: Refused, line: TextLine): ApiRefusal {
  return refusal(status, code, text(line.id, line.with), param);
}

/** Outcomes that are refusals. */
const refusals: Partial<Record<(Playing | TrackOutcome)['kind'], Refused>> = {
  nowhere: [409, 'bot.nowhere'],
  unknown: [404, 'track.unknown', 'track'],
  silent: [409, 'track.silent'],
  reserved: [409, 'track.reserved', 'track'],
  'past-end': [422, 'track.past_end'],
  unseekable: [422, 'track.unseekable'],
  'no-item': [404, 'track.no_item', 'item'],
  denied: [403, 'track.denied'],
  over: [403, 'track.denied'],
  full: [429, 'track.full', 'track'],
  many: [429, 'track.many'],
  bad: [422, 'track.bad', 'sound'],
  'no-sound': [404, 'sound.unknown', 'sound'],
  several: [409, 'sound.ambiguous', 'sound'],
  'bad-name': [400, 'track.name', 'track'],
};
