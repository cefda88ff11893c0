import { randomUUID } from 'node:crypto';
import type { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import {
  encodeInSteps,
  type SoundEncoder,
  type SoundFormat,
} from '#src/audio/encode/sound-encoders.ts';
import { writeWavHeader } from '#src/audio/formats/wav.ts';
import { getDurationMs, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import type { ToolCall, Usage } from '#src/chat/chat-model.ts';
import { toApiToolCall } from '#src/chat/completions/chat-stream.ts';
import { keptWordsMs } from '#src/features/typed/program-answers.ts';
import { maxAnswerChars } from '#src/pipeline/chained-pipeline.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';

/** Fields that all chunks of a completion share. */
export type CompletionHead = {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  /** The request names a `service_tier`, so the answer has to. */
  readonly reportsTier: boolean;
  readonly isSpoken: boolean;
  readonly format: SoundFormat;
  /** Grows while models answer. */
  readonly taken: readonly Usage[];
  /** Keeps the words of a spoken answer, which a later request names by the id of its sound. */
  keepTranscript(audioId: string, transcript: string): void;
};

/** One answer of a completion while its parts arrive. */
export class ChoiceProgress {
  readonly audioId: string = `audio_${randomUUID()}`;
  text = '';
  readonly calls: ToolCall[] = [];
  isCut = false;

  /** Adds the words, calls or cut of a part. Sound is the caller's. */
  addPart(part: ReplyPart): void {
    if (part.kind === 'text') this.text += part.text;
    if (part.kind === 'tool') this.calls.push(part.call);
    if (part.kind === 'cut') this.isCut = true;
  }

  /** Returns whether the answer has calls alone. */
  get isSilent(): boolean {
    return this.text === '' && this.calls.length > 0;
  }

  /** Reason of the end in OpenAI's words. Valid once all parts have arrived. */
  get finish(): string {
    if (this.isCut || this.text.length >= maxAnswerChars) return 'length';
    return this.calls.length > 0 ? 'tool_calls' : 'stop';
  }
}

type CompletionHeadFields = {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly service_tier: string | undefined;
};

type Completion = CompletionHeadFields & {
  readonly choices: readonly object[];
  readonly usage: UsageField;
};

type UsageField = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: {
    readonly audio_tokens: number;
    readonly cached_tokens: number;
  };
  readonly completion_tokens_details: {
    readonly audio_tokens: number;
    readonly reasoning_tokens: number;
  };
};

/** Longest sound of a whole completion, in ms: 14 MB of samples. A stream has no such bound. */
const longestMs = 300_000;

/** Collects answers into a completion. Throws as `Pipeline.answer` does. */
export async function toCompletion(
  answers: AsyncIterable<AsyncIterable<ReplyPart>>,
  completion: CompletionHead,
  encoders: Pick<SoundEncoders, 'open'>,
): Promise<Completion> {
  const choices: object[] = [];
  for await (const replyParts of answers) {
    // The head of a WAV file is written once its length is known.
    const encoder = encoders.open(
      completion.format === 'wav' ? 'pcm' : completion.format,
    );
    const choice = await toChoice(replyParts, completion, encoder);
    choices.push({ index: choices.length, logprobs: null, ...choice });
  }
  return {
    ...toCompletionHead(completion, 'chat.completion'),
    choices,
    usage: toUsageField(completion.taken),
  };
}

async function toChoice(
  replyParts: AsyncIterable<ReplyPart>,
  completion: CompletionHead,
  encoder: SoundEncoder,
) {
  const progress = new ChoiceProgress();
  const sound = await collectSound(replyParts, progress, encoder).finally(() =>
    encoder.close?.(),
  );
  const { calls, finish: finish_reason, isSilent, text } = progress;
  const isSpoken = completion.isSpoken && !isSilent;
  const message = {
    role: 'assistant',
    refusal: null,
    content: isSpoken || isSilent ? null : text,
    audio: isSpoken ? toAudioField(sound, progress, completion) : undefined,
    tool_calls: calls.length > 0 ? calls.map(toApiToolCall) : undefined,
  };
  return { message, finish_reason };
}

async function collectSound(
  replyParts: AsyncIterable<ReplyPart>,
  progress: ChoiceProgress,
  encoder: SoundEncoder,
) {
  const rate = new RateConverter(speakRateHz);
  const pieces: Uint8Array[] = [];
  let soundMs = 0;
  for await (const part of replyParts) {
    progress.addPart(part);
    if (part.kind !== 'audio') continue;
    for (const samples of rate.push(part.pcm))
      for await (const bytes of encodeInSteps(encoder, samples)) pieces.push(bytes);
    soundMs += getDurationMs(part.pcm);
    if (soundMs < longestMs) continue;
    progress.isCut = true;
    break;
  }
  pieces.push(await encoder.push(rate.flush()), await encoder.end());
  return Buffer.concat(pieces);
}

/** Creates the fields that all chunks of a completion share. */
export function toCompletionHead(
  { id, created, model, reportsTier }: CompletionHead,
  object: string,
): CompletionHeadFields {
  return {
    id,
    object,
    created,
    model,
    service_tier: reportsTier ? 'default' : undefined,
  };
}

function toAudioField(
  sound: Buffer,
  { audioId: id, text: transcript }: ChoiceProgress,
  completion: CompletionHead,
) {
  completion.keepTranscript(id, transcript);
  const shape = { rateHz: speakRateHz, channels: 1 } as const;
  const bytes =
    completion.format === 'wav'
      ? Buffer.concat([writeWavHeader(shape, sound.length), sound])
      : sound;
  return {
    id,
    data: bytes.toString('base64'),
    transcript,
    expires_at: getExpiry(completion),
  };
}

/** Returns until when an answer is known by the id of its sound. */
export function getExpiry({ created }: CompletionHead): number {
  return created + keptWordsMs / 1_000;
}

/** Returns samples as little-endian bytes, which every machine of Node has. */
export function toPcm16({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Sums usage over all requests, as OpenAI does. */
export function toUsageField(taken: readonly Usage[]): UsageField {
  const sumTokens = (name: keyof Omit<Usage, 'by' | 'isEstimate'>) =>
    Math.round(taken.reduce((sum, usage) => sum + (usage[name] ?? 0), 0));
  const prompt_tokens = sumTokens('inputTokens');
  const completion_tokens = sumTokens('outputTokens');
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: {
      audio_tokens: sumTokens('audioInputTokens'),
      cached_tokens: sumTokens('cachedInputTokens'),
    },
    completion_tokens_details: {
      audio_tokens: sumTokens('audioOutputTokens'),
      reasoning_tokens: 0,
    },
  };
}
