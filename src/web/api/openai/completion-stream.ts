import { speakRateHz } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';
import { callField } from '#src/chat/completions/chat-stream.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import {
  ChoiceProgress,
  type CompletionHead,
  expiryOf,
  headOf,
  pcm16Of,
  usageOf,
} from './completion.ts';
import { comment, commented, doneEvent, type StreamPart, whenBegun } from './server-events.ts';

/** Answers as events of `chat.completion.chunk`, each as it comes, one answer after the other, then `[DONE]`. */
export async function* chunksOf(
  answers: AsyncIterable<AsyncIterable<ReplyPart>>,
  head: CompletionHead,
  includesUsage: boolean,
): AsyncGenerator<StreamPart> {
  const base = {
    ...headOf(head, 'chat.completion.chunk'),
    usage: includesUsage ? null : undefined, // the last one has it
  };
  let index = 0;
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    choices: [{ index, delta, logprobs: null, finish_reason }],
  });
  for await (const parts of answers) {
    const progress = new ChoiceProgress();
    for await (const delta of deltasOf(parts, progress, head))
      yield typeof delta === 'string' ? delta : chunk(delta);
    yield chunk({}, progress.finish);
    index++;
  }
  if (includesUsage) yield { ...base, choices: [], usage: usageOf(head.taken) };
  yield doneEvent;
}

/** Deltas of one answer, and comments while there are none; the first of them when the answer has begun. */
async function* deltasOf(
  answer: AsyncIterable<ReplyPart>,
  progress: ChoiceProgress,
  head: CompletionHead,
): AsyncGenerator<StreamPart> {
  const { audioId: id, calls } = progress;
  const { isSpoken } = head;
  const rate = new OneRate(speakRateHz);
  const audio = (fields: object) => ({ audio: { id, ...fields } });
  const sound = (samples: Int16Array) => audio({ data: pcm16Of(samples).toString('base64') });
  const changesBy = (part: ReplyPart): readonly object[] => {
    progress.note(part);
    if (part.kind === 'audio') return rate.push(part.pcm).map(sound);
    if (part.kind === 'tool')
      return [{ tool_calls: [{ index: calls.length - 1, ...callField(part.call) }] }];
    if (part.kind !== 'text') return [];
    return [isSpoken ? audio({ transcript: part.text }) : { content: part.text }];
  };
  const parts = await whenBegun(commented(answer));
  yield { role: 'assistant', content: isSpoken ? undefined : '' };
  for await (const part of parts) {
    if (part === 'still') yield comment('still answering');
    else yield* changesBy(part);
  }
  if (!isSpoken || progress.isSilent) return;
  head.keep(id, progress.text);
  const rest = rate.flush();
  if (rest.length > 0) yield sound(rest);
  yield audio({ expires_at: expiryOf(head) });
}
