import { speakRateHz } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { type CompletionHead, headOf, pcm16Of, usageOf } from './completion.ts';
import { comment, doneEvent, type StreamPart } from './server-events.ts';

type Parts = AsyncIterable<ReplyPart | 'still'>;
type Deltas = AsyncGenerator<object | 'still'>;

/** An answer as events of `chat.completion.chunk`, each as it comes, then `[DONE]`; `still` is a comment. */
export async function* chunksOf(
  parts: Parts,
  head: CompletionHead,
  includesUsage: boolean,
): AsyncGenerator<StreamPart> {
  const base = {
    ...headOf(head, 'chat.completion.chunk'),
    usage: includesUsage ? null : undefined, // the last one has it
  };
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  const deltas = head.isSpoken ? spokenDeltas(parts, head) : writtenDeltas(parts);
  yield chunk({ role: 'assistant', content: head.isSpoken ? undefined : '' });
  for await (const delta of deltas)
    yield delta === 'still' ? comment('still answering') : chunk(delta);
  yield chunk({}, 'stop');
  if (includesUsage) yield { ...base, choices: [], usage: usageOf(head.taken) };
  yield doneEvent;
}

async function* writtenDeltas(parts: Parts): Deltas {
  for await (const part of parts) {
    if (part === 'still') yield part;
    else if (part.kind === 'text') yield { content: part.text };
  }
}

async function* spokenDeltas(
  parts: Parts,
  { audioId: id, created: expires_at }: CompletionHead,
): Deltas {
  const rate = new OneRate(speakRateHz);
  const audio = (samples: Int16Array) => ({
    audio: { id, data: pcm16Of(samples).toString('base64') },
  });
  for await (const part of parts) {
    if (part === 'still') {
      yield part;
      continue;
    }
    if (part.kind === 'audio') yield* rate.push(part.pcm).map(audio);
    if (part.kind !== 'text') continue;
    yield { audio: { id, transcript: part.text } };
  }
  const rest = rate.flush();
  if (rest.length > 0) yield audio(rest);
  yield { audio: { id, expires_at } };
}
