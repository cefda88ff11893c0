import type {
  RecordingOutcome,
  RecordingPart,
  RecordingRequest,
  RecordingSegment,
} from '#src/features/contract/http-api-ports.ts';
import { refusalAsReported, refusalOf } from '#src/web/api/failed-line.ts';
import { type ApiRefusal, refusal, refusalBody } from '#src/web/api/refusal.ts';
import { type ApiCall, defineRoute } from '#src/web/api/route.ts';
import { comment, commented, doneEvent, event, eventHeaders, whenBegun } from './server-events.ts';
import { type TranscriptionForm, transcriptionAsked } from './transcription-form.ts';
import { textOf, transcriptionResponse } from './transcription-formats.ts';

/** Longest wait, in ms, for all words of a recording: a connection on which nothing moves for 2 minutes is cut. */
const longestWholeMs = 110_000;
/** Like `longestWholeMs`, where words are sent as they are found; OpenAI's clients wait 10 minutes. */
const longestStreamMs = 540_000;

export const createTranscription = defineRoute({
  method: 'post',
  path: '/v1/audio/transcriptions',
  scope: 'audio',
  form: true,
  run: (call) => hear(call, 'transcribe'),
});

export const createTranslation = defineRoute({
  method: 'post',
  path: '/v1/audio/translations',
  scope: 'audio',
  form: true,
  run: (call) => hear(call, 'translate'),
});

type TranscriptionTask = 'transcribe' | 'translate';

async function hear(
  { asker, form, guildId, onBug, ports, signal }: ApiCall<unknown, unknown, unknown>,
  task: TranscriptionTask,
): Promise<Response> {
  const asked = transcriptionAsked(form, task);
  const { language, model, prompt = '', sound, stream } = asked;
  const request: RecordingRequest = {
    guildId,
    asker,
    recording: sound,
    model,
    language,
    hints: hintsIn(prompt),
    hasWordTimes: asked.timestamp_granularities.includes('word'),
    isTranslated: task === 'translate',
    longestMs: stream ? longestStreamMs : longestWholeMs,
  };
  try {
    const outcome = await ports.features.programTranscriptions.transcribe(request, signal);
    return await answerOf(outcome, task, asked, { onBug, signal });
  } catch (error) {
    throw signal.aborted ? refusal(409, 'answer.stopped', 'The program has hung up.') : error;
  }
}

type Hearer = { readonly signal: AbortSignal; onBug(error: unknown): void };

async function answerOf(
  outcome: RecordingOutcome,
  task: TranscriptionTask,
  asked: TranscriptionForm,
  hearer: Hearer,
): Promise<Response> {
  const { stream } = asked;
  if (outcome.kind !== 'open') throw refusalOfRecording(outcome, stream);
  const { durationMs } = outcome;
  const read = segmentsOf(outcome.parts, stream);
  if (!stream)
    return transcriptionResponse(
      { task, durationMs, segments: await Array.fromAsync(read) },
      asked,
    );
  const events = eventsOf(await whenBegun(read), hearer);
  return new Response(ReadableStream.from(events), { headers: eventHeaders });
}

/** Errors: `ApiRefusal` where words are missing. */
async function* segmentsOf(
  parts: AsyncIterable<RecordingPart>,
  isStreamed: boolean,
): AsyncGenerator<RecordingSegment> {
  for await (const part of parts) {
    if (part.kind !== 'segment') throw refusalOfRecording(part, isStreamed);
    yield part.segment;
  }
}

type RecordingRefusal = Exclude<RecordingOutcome | RecordingPart, { kind: 'open' | 'segment' }>;

function refusalOfRecording(refused: RecordingRefusal, isStreamed: boolean): ApiRefusal {
  switch (refused.kind) {
    case 'failed':
      return refusalOf(refused.line);
    case 'busy': {
      const who = refused.of === 'program' ? 'of this token' : 'in this server';
      const message = `${refused.limit} recording ${who} is being recognised already: try again when it is done.`;
      return refusal(429, 'recording.busy', message);
    }
    case 'late': {
      const end = isStreamed ? 'send it in parts.' : 'send it in parts, or with stream=true.';
      return refusal(
        504,
        'recording.late',
        `The recording takes too long to be recognised: ${end}`,
      );
    }
    case 'untranslated':
      return refusal(502, 'translation.failed', 'The chat model gave no translation into English.');
  }
}

/** Events as OpenAI has them, `[DONE]` last; what fails on the way is an event with an error. Never throws. */
async function* eventsOf(
  segments: AsyncIterable<RecordingSegment>,
  { signal, onBug }: Hearer,
): AsyncGenerator<Uint8Array> {
  const sent: RecordingSegment[] = [];
  try {
    for await (const segment of commented(segments)) {
      if (segment === 'still') {
        yield comment('still recognising');
        continue;
      }
      sent.push(segment);
      yield event({ type: 'transcript.text.delta', delta: segment.lead + segment.text });
    }
    yield event({ type: 'transcript.text.done', text: textOf(sent) });
    yield doneEvent;
  } catch (error) {
    if (signal.aborted) return; // there is no reader
    yield event(refusalBody(refusalAsReported(error, onBug).facts));
  }
}

/** Words of a prompt that may be said: each short piece between commas or sentences, and else each word. */
function hintsIn(prompt: string): readonly string[] {
  const phrases = prompt.split(/[,;:.!?\n\r]+/).map((phrase) => phrase.trim());
  return phrases
    .flatMap((phrase) => (phrase.length > 40 ? phrase.split(/\s+/) : [phrase]))
    .filter((phrase) => phrase !== '');
}
