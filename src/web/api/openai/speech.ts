import { z } from 'zod';
import {
  encodeInSteps,
  type SoundEncoder,
  soundFormats,
} from '#src/audio/encode/sound-encoders.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { ProgramText } from '#src/features/contract/http-api-ports.ts';
import {
  createRefusal,
  findErrorRefusal,
  toRefusal,
} from '#src/web/api/api-refusal.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { voiceName } from './completion-request.ts';
import { respondWithEvents, unbuffered, waitForFirstPart } from './server-events.ts';

/** As long as OpenAI's. */
const maxChars = 4_096;

/** Other fields change nothing. */
const speechRequest = z.looseObject({
  model: z.string(),
  input: z.string().min(1).max(maxChars),
  voice: voiceName,
  instructions: z.string().max(maxChars).nullish(),
  response_format: z
    .enum(soundFormats, {
      // AAC: its one kept encoder is FFmpeg's, of 5 MB and LGPL, and who plays it plays MP3, too.
      error: `must be one of ${soundFormats.join(', ')}: no other can be made`,
    })
    .nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  stream_format: z.enum(['audio', 'sse']).nullish(),
});

const types = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};
type SpeechUsage = Parameters<ProgramText['onUsage']>[0];

/** `POST /v1/audio/speech`: speaks a text for a program, as OpenAI does. */
export const createSpeech: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/audio/speech',
  scope: 'audio',
  summary: 'Speaks a text, as OpenAI does.',
  body: speechRequest,
  async run({ asker, body: request, connection, guildId, ports }) {
    const { cut, onBug, signal } = connection;
    const format = request.response_format ?? 'mp3';
    const usage: SpeechUsage[] = [];
    const encoder = ports.encoders.open(format); // it gets ready while the engine does
    const { input, instructions, model, speed, voice } = request;
    const programText: ProgramText = {
      guildId,
      asker,
      input,
      voice,
      model: ports.features.voices.listModels().find((name) => name === model),
      instructions: instructions || undefined,
      speed: speed ?? undefined,
      onUsage: (taken) => void usage.push(taken),
    };
    const speech = await ports.features.programAnswers.openSpeech(programText, signal);
    if (speech.kind === 'failed') throw toRefusal(speech.line);
    if (speech.kind === 'unspeakable') throw createUnspeakableRefusal();
    const bytes = await waitForFirstPart(encodeSpeech(speech.parts, encoder));
    if (request.stream_format === 'sse')
      return respondWithEvents(toSpeechEvents(bytes, usage), onBug);
    const headers = { ...unbuffered, 'content-type': types[format] };
    return new Response(ReadableStream.from(cutOff(bytes, cut, onBug)), { headers });
  },
});

/** Encodes sound. Throws `ApiRefusal` if nothing was said. */
async function* encodeSpeech(sound: AsyncIterable<Pcm>, encoder: SoundEncoder) {
  let isSilent = true;
  try {
    for await (const { samples } of sound) {
      for await (const bytes of encodeInSteps(encoder, samples)) {
        isSilent = false;
        if (bytes.length > 0) yield bytes;
      }
    }
    if (isSilent) throw createUnspeakableRefusal();
    const lastBytes = await encoder.end();
    if (lastBytes.length > 0) yield lastBytes;
  } finally {
    await encoder.close?.();
  }
}

/** Cuts the connection if the sound breaks. */
async function* cutOff(
  bytes: AsyncIterable<Uint8Array>,
  cut: (() => void) | undefined,
  onBug: (error: unknown) => void,
) {
  try {
    yield* bytes;
  } catch (error) {
    if (!findErrorRefusal(error)) onBug(error);
    if (!cut) throw error;
    // A clean end would pass for whole.
    cut();
  }
}

async function* toSpeechEvents(
  bytes: AsyncIterable<Uint8Array>,
  usage: readonly SpeechUsage[],
) {
  for await (const chunk of bytes)
    yield { type: 'speech.audio.delta', audio: Buffer.from(chunk).toString('base64') };
  yield { type: 'speech.audio.done', usage: toSpeechUsage(usage) };
}

function toSpeechUsage(usage: readonly SpeechUsage[]) {
  const counts = usage.flatMap(({ count }) =>
    count?.kind === 'tokens' ? [count] : [],
  );
  const input_tokens = counts.reduce((sum, count) => sum + count.inputTokens, 0);
  const output_tokens = counts.reduce((sum, count) => sum + count.outputTokens, 0);
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}

function createUnspeakableRefusal() {
  return createRefusal(
    422,
    'text.unspeakable',
    'There is nothing in that text that can be said.',
    'input',
  );
}
