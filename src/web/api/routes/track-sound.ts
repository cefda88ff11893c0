import { z } from 'zod';
import { isLabelName, readHeaderLabel } from '#src/audio/formats/raw-sound.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { PlayOutcome } from '#src/features/tracks/track-request-outcomes.ts';
import { createInvalidRefusal, createRefusal } from '#src/web/api/api-refusal.ts';
import { respondAtEnd } from '#src/web/api/openai/server-events.ts';
import { isTrue } from '#src/web/api/request-body.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { toPlayRefusal, trackName } from './tracks.ts';

const maxTitleChars = 100;
const options = z.strictObject({
  title: z.string().trim().min(1).max(maxTitleChars).optional(),
  percent: z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(0).max(maxVolumePercent))
    .optional(),
  next: isTrue.default(false),
  wait: isTrue.default(false),
});

/**
 * `POST /v1/servers/{server}/tracks/{track}/sound`: plays the body while it comes, at the pace of the track. The answer
 * comes once the body has been read, or with `wait` once it has been played.
 */
export const playSentSound: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/tracks/{track}/sound',
  scope: 'track',
  summary:
    'Plays the body on a track while it comes: a sound of any format, or samples with their label.',
  params: z.object({ track: trackName }),
  query: options,
  sound: true,
  async run({ asker, connection, guildId, params: { track }, ports, query, sound }) {
    if (!sound) throw createRefusal(400, 'sound.empty', 'The request has no body.');
    checkSampleType(sound.type);
    using closing = new DisposableStack();
    closing.use(sound);
    const { title = track, ...more } = query;
    const [playing] = await ports.features.tracks.playSound(
      guildId,
      { ...asker, mayManage: true },
      {
        ...{ ...more, track, loop: false, signal: connection.signal },
        sound: { bytes: sound.bytes, type: sound.type, title },
      },
    );
    if (!('ended' in playing)) throw toSentRefusal(playing);
    const { ended, kind, place: position, track: name } = playing;
    const placed = { track: name, title, ...(kind === 'added' && { place: position }) };
    const body = closing.move();
    // A sound that was taken out while it waited has no reader, and is read no further.
    const over = ended.finally(() => body.dispose());
    const read = sound.closed.then(() => placed);
    const played = over.then((end) => ({ ...placed, ended: end }));
    // The body ends with the answer, so the answer waits for as long as the program sends.
    return respondAtEnd(query.wait ? played : read);
  },
});

/** Refuses a label that says something unknown: a wrong guess would be noise. */
function checkSampleType(type: string | undefined) {
  if (type === undefined) return;
  const label = readHeaderLabel(new Headers({ 'content-type': type }));
  if (!label.isRaw) return;
  const names = type
    .split(';')
    .slice(1)
    .map((part) => `${part.split('=')[0]}`.trim().toLowerCase());
  const unknownName = names.find((name) => name !== '' && !isLabelName(name));
  if (unknownName !== undefined) throw createLabelRefusal(unknownName);
  const known = {
    rate: label.rateHz,
    channels: label.channels,
    format: label.encoding,
  };
  for (const [name, value] of Object.entries(known))
    if (names.includes(name) && value === undefined) throw createLabelRefusal(name);
}

function createLabelRefusal(name: string) {
  return createInvalidRefusal(
    `Content-Type: ${name} is not known: rate is 4000 to 192000, channels 1 to 8, format s16, s24, s32, f32 or u8.`,
    'content-type',
  );
}

const needsLabel =
  'Samples without a file need their label: Content-Type: audio/pcm;rate=24000;channels=1;format=s16.';

function toSentRefusal(outcome: PlayOutcome) {
  const refusal = toPlayRefusal(outcome);
  const isUnreadable =
    outcome.kind === 'bad' && outcome.reason.id === 'track.bad.not_audio';
  if (!isUnreadable) return refusal;
  return createRefusal(400, 'sound.unusable', `${refusal.message} ${needsLabel}`);
}
