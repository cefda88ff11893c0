import { BotError } from '#src/base/errors.ts';
import { readEvents } from '#src/provider/guarded-fetch.ts';
import type { TranscriptUpdate } from '#src/speech/ports.ts';
import { transcriptOf } from './transcript-reply.ts';

/** One event of a stream of words. */
type StreamedText =
  /** `mayEnd`: this may have been all. */
  | { readonly kind: 'delta'; readonly text: string; readonly mayEnd?: boolean }
  | { readonly kind: 'done'; readonly reply: unknown };

/**
 * Words of an answer while they arrive, from OpenAI's events, from chat-shaped ones (vLLM), or from one bare text a
 * segment (speaches); an answer that is no stream is read as a whole.
 *
 * `onWhole` is called for the latter. Errors: BotError `provider.truncated` for a stream without its last event,
 * `provider.empty`, and those of the body.
 */
export async function* readTranscript(
  response: Response,
  asked: string | undefined,
  onWhole: () => void,
): AsyncGenerator<TranscriptUpdate> {
  const events = await eventsOf(response);
  if ('text' in events) {
    onWhole();
    yield { kind: 'final', transcript: transcriptOf(events.text, asked) };
    return;
  }
  const reader = events;
  let text = '';
  let [isRead, mayEnd] = [false, false];
  try {
    for (let step = await reader.next(); !step.done; step = await reader.next()) {
      const word = wordOf(step.value);
      if (word?.kind === 'done') {
        isRead = true;
        void readToEnd(reader);
        yield { kind: 'final', transcript: transcriptOf(word.reply, asked) };
        return;
      }
      if (!word) continue;
      text += word.text;
      mayEnd ||= word.mayEnd === true;
      if (word.text !== '') yield { kind: 'partial', text: text.trim() };
    }
    isRead = true;
  } finally {
    if (!isRead) await reader.return(undefined);
  }
  if (mayEnd) {
    yield { kind: 'final', transcript: transcriptOf({ text }, asked) };
    return;
  }
  throw new BotError('provider.truncated', true, brokenOff);
}

const brokenOff = 'The transcription server ended a stream of words without its last event.';

async function eventsOf(
  response: Response,
): Promise<AsyncGenerator<unknown> | { readonly text: string }> {
  if (/event-stream/.test(response.headers.get('content-type') ?? '')) return readEvents(response);
  const text = await response.text();
  return /^(data|event):/.test(text.trimStart()) ? readEvents(new Response(text)) : { text };
}

/** A connection whose answer was read to its end can be used again. Never throws. */
async function readToEnd(reader: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await reader.next()).done);
  } catch {
    // The words are complete.
  }
}

/**
 * Only OpenAI's events have an end of their own. A chat-shaped stream has one for every 30 s of sound (vLLM,
 * `_speech_to_text_stream_generator`), bare texts have none: there the end of the stream is the end.
 */
function wordOf(event: unknown): StreamedText | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  const { type, delta, choices, text } = event as Readonly<Record<string, unknown>>;
  if (type === 'transcript.text.done') return { kind: 'done', reply: event };
  if (type === 'transcript.text.delta' && typeof delta === 'string') {
    return { kind: 'delta', text: delta };
  }
  if (type === undefined && typeof text === 'string') {
    return { kind: 'delta', text: ` ${text.trim()}`, mayEnd: true };
  }
  const [choice] = Array.isArray(choices) ? choices : [];
  const content = typeof choice?.delta?.content === 'string' ? choice.delta.content : '';
  return { kind: 'delta', text: content, mayEnd: Boolean(choice?.finish_reason) };
}
