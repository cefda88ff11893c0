import type {
  RecordingPart,
  RecordingRequest,
  RecordingSegment,
} from '#src/features/contract/http-api-ports.ts';
import { refusalOf } from '#src/web/api/failed-line.ts';
import { type ApiRefusal, refusal } from '#src/web/api/refusal.ts';
import { type ApiCall, defineRoute } from '#src/web/api/route.ts';
import {
  comment,
  commented,
  doneEvent,
  eventResponse,
  type StreamPart,
  whenBegun,
} from './server-events.ts';
import { type TranscriptionTask, transcriptionAsked } from './transcription-form.ts';
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

async function hear(
  { asker, form, guildId, onBug, ports, signal }: ApiCall<unknown, unknown, unknown>,
  task: TranscriptionTask,
): Promise<Response> {
  const asked = transcriptionAsked(form, task);
  const { language, model, prompt = '', sound, stream } = asked;
  const request: RecordingRequest = {
    guildId,
    asker,
    recording: { url: '', name: 'recording', bytes: sound },
    model,
    language,
    hints: hintsIn(prompt),
    hasWordTimes: asked.timestamp_granularities.includes('word'),
    isTranslated: task === 'translate',
    longestMs: stream ? longestStreamMs : longestWholeMs,
  };
  const parts = ports.features.programTranscriptions.transcribe(request, signal);
  let durationMs = 0;
  /** Errors: `ApiRefusal` where words are missing. */
  async function* read(): AsyncGenerator<RecordingSegment> {
    for await (const part of parts) {
      if (part.kind === 'begun') durationMs = part.durationMs;
      else if (part.kind === 'segment') yield part.segment;
      else throw refusalOfRecording(part, stream);
    }
  }
  if (stream) return eventResponse(eventsOf(await whenBegun(read())), onBug);
  const segments = await Array.fromAsync(read());
  return transcriptionResponse({ task, durationMs, segments }, asked);
}

type RecordingRefusal = Exclude<RecordingPart, { kind: 'begun' | 'segment' }>;

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

/** Events as OpenAI has them, `[DONE]` last. */
async function* eventsOf(segments: AsyncIterable<RecordingSegment>): AsyncGenerator<StreamPart> {
  const sent: RecordingSegment[] = [];
  for await (const segment of commented(segments)) {
    if (segment === 'still') {
      yield comment('still recognising');
      continue;
    }
    sent.push(segment);
    yield { type: 'transcript.text.delta', delta: segment.lead + segment.text };
  }
  yield { type: 'transcript.text.done', text: textOf(sent) };
  yield doneEvent;
}

/** Words of a prompt that may be said: each short piece between commas or sentences, and else each word. */
function hintsIn(prompt: string): readonly string[] {
  const phrases = prompt.split(/[,;:.!?\n\r]+/).map((phrase) => phrase.trim());
  return phrases
    .flatMap((phrase) => (phrase.length > 40 ? phrase.split(/\s+/) : [phrase]))
    .filter((phrase) => phrase !== '');
}
