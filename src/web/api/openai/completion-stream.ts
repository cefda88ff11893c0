import { OneRate } from '#src/audio/one-rate.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { refusalAsReported } from '#src/web/api/failed-line.ts';
import { refusalBody } from '#src/web/api/refusal.ts';
import { type CompletionHead, headOf, pcm16Of, usageOf } from './completion.ts';
import { comment, doneEvent, event } from './server-events.ts';

type Parts = AsyncIterable<ReplyPart | 'still'>;
type Deltas = AsyncGenerator<object | 'still'>;

type StreamOptions = {
  readonly includesUsage: boolean;
  /** Told of a bug of ours, which is no failure of the outside world. */
  onBug(error: unknown): void;
};

/**
 * An answer as events of `chat.completion.chunk`, each sent as it comes, then `[DONE]`. What fails on the way is an event
 * with an error, after which nothing follows; `still` is a comment. Never throws.
 */
export async function* chunksOf(
  parts: Parts,
  head: CompletionHead,
  { includesUsage, onBug }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const base = {
    ...headOf(head, 'chat.completion.chunk'),
    ...(includesUsage && { usage: null }), // the last one has it
  };
  const chunk = (delta: object, finish_reason: string | null = null) =>
    event({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  try {
    yield chunk({ role: 'assistant', ...(head.isSpoken ? {} : { content: '' }) });
    for await (const delta of deltasOf(parts, head))
      yield delta === 'still' ? comment('still answering') : chunk(delta);
    yield chunk({}, 'stop');
    if (includesUsage) yield event({ ...base, choices: [], usage: usageOf(head.taken) });
    yield doneEvent;
  } catch (error) {
    yield event(refusalBody(refusalAsReported(error, onBug).facts));
  }
}

function deltasOf(parts: Parts, head: CompletionHead): Deltas {
  return head.isSpoken ? spokenDeltas(parts, head) : writtenDeltas(parts);
}

async function* writtenDeltas(parts: Parts): Deltas {
  for await (const part of parts) {
    if (part === 'still') yield part;
    else if (part.kind === 'text') yield { content: part.text };
  }
}

async function* spokenDeltas(
  parts: Parts,
  { audioId: id, expiresAt: expires_at, onSpoken }: CompletionHead,
): Deltas {
  const rate = new OneRate(speakRateHz);
  const audio = (samples: Int16Array) => ({
    audio: { id, data: pcm16Of(samples).toString('base64') },
  });
  let text = '';
  for await (const part of parts) {
    if (part === 'still') {
      yield part;
      continue;
    }
    if (part.kind === 'audio') yield* rate.push(part.pcm).map(audio);
    if (part.kind !== 'text') continue;
    text += part.text;
    yield { audio: { id, transcript: part.text } };
  }
  const rest = rate.flush();
  if (rest.length > 0) yield audio(rest);
  onSpoken(text);
  yield { audio: { id, expires_at } };
}
