import { OneRate } from '#src/audio/one-rate.ts';
import { durationMs, joinSamples } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import type { Usage } from '#src/chat/ports.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import type { SoundFormat } from './completion-request.ts';

/** What is known of a completion before its first word. */
export type CompletionHead = {
  readonly id: string;
  readonly audioId: string;
  /** In s since 1970, as the next one. */
  readonly created: number;
  readonly expiresAt: number;
  readonly model: string;
  /** Whether the request names a `service_tier`, so that the answer has to. */
  readonly tellsTier: boolean;
  readonly isSpoken: boolean;
  readonly format: SoundFormat;
  /** What requests to models took, as it becomes known. */
  readonly taken: readonly Usage[];
  /** Told all words of a spoken answer, once it is whole. */
  readonly told: (text: string) => void;
};

/** Rate of all sound, in Hz; mono, 16 bit. */
export const completionRateHz = 24_000;
/** Longest sound in one piece, in ms: 14 MB; a stream has no such bound. */
const longestMs = 300_000;

/** A whole answer as `chat.completion`. Errors: as `Pipeline.answer`. */
export async function completionOf(parts: AsyncIterable<ReplyPart>, head: CompletionHead) {
  const rate = new OneRate(completionRateHz);
  const pieces: Int16Array[] = [];
  let [text, soundMs, isCut] = ['', 0, false];
  for await (const part of parts) {
    if (part.kind === 'text') text += part.text;
    if (part.kind !== 'audio') continue;
    pieces.push(...rate.push(part.pcm));
    soundMs += durationMs(part.pcm);
    isCut = soundMs >= longestMs;
    if (isCut) break;
  }
  const samples = joinSamples([...pieces, rate.flush()]);
  if (head.isSpoken) head.told(text);
  const message = head.isSpoken
    ? { content: null, audio: audioOf(samples, text, head) }
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

/** Fields that a whole completion and each of its chunks begin with. */
export function headOf({ id, created, model, tellsTier }: CompletionHead, object: string) {
  return { id, object, created, model, ...(tellsTier && { service_tier: 'default' }) };
}

function audioOf(samples: Int16Array, transcript: string, head: CompletionHead) {
  const bytes =
    head.format === 'wav'
      ? writeWav({ samples, rateHz: completionRateHz, channels: 1 })
      : pcm16Of(samples);
  const { audioId: id, expiresAt: expires_at } = head;
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
