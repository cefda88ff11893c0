import {
  encodedInSteps,
  type SoundEncoder,
  type SoundFormat,
} from '#src/audio/encode/sound-encoder.ts';
import type { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { durationMs, speakRateHz } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';
import { wavHeader } from '#src/audio/wav.ts';
import type { Usage } from '#src/chat/ports.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';

/** Fields of a completion that are known before its first word. */
export type CompletionHead = {
  readonly id: string;
  readonly audioId: string;
  /** Instant in s since 1970. */
  readonly created: number;
  readonly model: string;
  /** Whether the request names a `service_tier`, so that the answer has to. */
  readonly reportsTier: boolean;
  readonly isSpoken: boolean;
  readonly format: SoundFormat;
  /** Usage of requests to models, as it becomes known. */
  readonly taken: readonly Usage[];
};

/** Longest sound in one piece, in ms: 14 MB of samples; a stream has no such bound. */
const longestMs = 300_000;

/** A whole answer as `chat.completion`. Errors: as `Pipeline.answer`. */
export async function completionOf(
  parts: AsyncIterable<ReplyPart>,
  head: CompletionHead,
  encoders: Pick<SoundEncoders, 'open'>,
) {
  // The head of a WAV file is written once its length is known.
  const encoder = encoders.open(head.format === 'wav' ? 'pcm' : head.format);
  const { text, sound, isCut } = await collected(parts, encoder);
  const message = head.isSpoken
    ? { content: null, audio: audioOf(sound, text, head) }
    : { content: text };
  return {
    ...headOf(head, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', refusal: null, ...message },
        logprobs: null,
        finish_reason: isCut ? 'length' : 'stop',
      },
    ],
    usage: usageOf(head.taken),
  };
}

async function collected(parts: AsyncIterable<ReplyPart>, encoder: SoundEncoder) {
  const rate = new OneRate(speakRateHz);
  const pieces: Uint8Array[] = [];
  let [text, soundMs, isCut] = ['', 0, false];
  for await (const part of parts) {
    if (part.kind === 'text') text += part.text;
    if (part.kind !== 'audio') continue;
    for (const samples of rate.push(part.pcm))
      for await (const bytes of encodedInSteps(encoder, samples)) pieces.push(bytes);
    soundMs += durationMs(part.pcm);
    isCut = soundMs >= longestMs;
    if (isCut) break;
  }
  pieces.push(await encoder.push(rate.flush()), await encoder.end());
  return { text, sound: Buffer.concat(pieces), isCut };
}

/** Fields that a whole completion and each of its chunks begin with. */
export function headOf({ id, created, model, reportsTier }: CompletionHead, object: string) {
  return { id, object, created, model, service_tier: reportsTier ? 'default' : undefined };
}

function audioOf(sound: Buffer, transcript: string, head: CompletionHead) {
  const { audioId: id, created: expires_at, format } = head; // it is kept nowhere
  const shape = { rateHz: speakRateHz, channels: 1 } as const;
  const bytes = format === 'wav' ? Buffer.concat([wavHeader(shape, sound.length), sound]) : sound;
  return { id, data: bytes.toString('base64'), transcript, expires_at };
}

/** Samples as bytes, little-endian as every machine has them that Node runs on. */
export function pcm16Of({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** All requests together, as OpenAI counts. */
export function usageOf(taken: readonly Usage[]) {
  const sum = (count: (usage: Usage) => number | undefined) =>
    Math.round(taken.reduce((all, usage) => all + (count(usage) ?? 0), 0));
  const prompt_tokens = sum(({ inputTokens }) => inputTokens);
  const completion_tokens = sum(({ outputTokens }) => outputTokens);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: {
      audio_tokens: sum(({ audioInputTokens }) => audioInputTokens),
      cached_tokens: sum(({ cachedInputTokens }) => cachedInputTokens),
    },
    completion_tokens_details: {
      audio_tokens: sum(({ audioOutputTokens }) => audioOutputTokens),
      reasoning_tokens: 0,
    },
  };
}
