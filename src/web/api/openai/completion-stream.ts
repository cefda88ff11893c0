import { speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { toApiToolCall } from '#src/chat/completions/chat-stream.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import {
  ChoiceProgress,
  type CompletionHead,
  getExpiry,
  toCompletionHead,
  toPcm16,
  toUsageField,
} from './completion.ts';
import {
  addComments,
  doneEvent,
  type StreamPart,
  toComment,
  waitForFirstPart,
} from './server-events.ts';

/** Writes one answer after the other as `chat.completion.chunk`, then `[DONE]`. */
export async function* toChunks(
  answers: AsyncIterable<AsyncIterable<ReplyPart>>,
  completion: CompletionHead,
  includesUsage: boolean,
): AsyncGenerator<StreamPart> {
  const base = {
    ...toCompletionHead(completion, 'chat.completion.chunk'),
    usage: includesUsage ? null : undefined, // the last one has it
  };
  let index = 0;
  const toChunk = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    choices: [{ index, delta, logprobs: null, finish_reason }],
  });
  for await (const replyParts of answers) {
    const progress = new ChoiceProgress();
    for await (const delta of toDeltas(replyParts, progress, completion))
      yield typeof delta === 'string' ? delta : toChunk(delta);
    yield toChunk({}, progress.finish);
    index++;
  }
  if (includesUsage)
    yield { ...base, choices: [], usage: toUsageField(completion.taken) };
  yield doneEvent;
}

/** Writes deltas, once the answer has begun. */
async function* toDeltas(
  answer: AsyncIterable<ReplyPart>,
  progress: ChoiceProgress,
  completion: CompletionHead,
) {
  const { audioId: id, calls } = progress;
  const { isSpoken } = completion;
  const rate = new RateConverter(speakRateHz);
  const toAudioDelta = (fields: object) => ({ audio: { id, ...fields } });
  const encodeSound = (samples: Int16Array) =>
    toAudioDelta({ data: toPcm16(samples).toString('base64') });
  const listChanges = (part: ReplyPart) => {
    progress.addPart(part);
    if (part.kind === 'audio') return rate.push(part.pcm).map(encodeSound);
    if (part.kind === 'tool')
      return [
        { tool_calls: [{ index: calls.length - 1, ...toApiToolCall(part.call) }] },
      ];
    if (part.kind !== 'text') return [];
    return [
      isSpoken ? toAudioDelta({ transcript: part.text }) : { content: part.text },
    ];
  };
  const commentedParts = await waitForFirstPart(addComments(answer));
  yield { role: 'assistant', content: isSpoken ? undefined : '' };
  for await (const part of commentedParts) {
    if (part === 'still') yield toComment('still answering');
    else yield* listChanges(part);
  }
  if (!isSpoken || progress.isSilent) return;
  completion.keepTranscript(id, progress.text);
  const lastSamples = rate.flush();
  if (lastSamples.length > 0) yield encodeSound(lastSamples);
  yield toAudioDelta({ expires_at: getExpiry(completion) });
}
