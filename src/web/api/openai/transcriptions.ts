import type {
  RecordingPart,
  RecordingSegment,
} from '#src/features/contract/http-api-ports.ts';
import { createRefusal, toRefusal } from '#src/web/api/api-refusal.ts';
import { type ApiCall, type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import {
  addComments,
  doneEvent,
  respondWithEvents,
  toComment,
  waitForFirstPart,
} from './server-events.ts';
import {
  parseTranscriptionForm,
  type TranscriptionTask,
  transcriptionForm,
  translationForm,
} from './transcription-form.ts';
import { joinSegments, respondWithTranscription } from './transcription-formats.ts';

/** Idle connections end after 2 minutes. */
const longestWholeMs = 110_000;
/** OpenAI's clients wait 10 minutes. */
const longestStreamMs = 540_000;

/** `POST /v1/audio/transcriptions`: transcribes a recording, as OpenAI does. */
export const createTranscription: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/audio/transcriptions',
  scope: 'audio',
  summary: 'Transcribes a recording, as OpenAI does.',
  form: transcriptionForm,
  run: (call) => transcribeRecording(call, 'transcribe'),
});

/** `POST /v1/audio/translations`: transcribes a recording in English. */
export const createTranslation: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/audio/translations',
  scope: 'audio',
  summary: 'Transcribes a recording in English, as OpenAI does.',
  form: translationForm,
  run: (call) => transcribeRecording(call, 'translate'),
});

async function transcribeRecording(
  { asker, connection, form, guildId, ports }: ApiCall<unknown, unknown, unknown>,
  task: TranscriptionTask,
) {
  const fields = parseTranscriptionForm(form, task);
  const { language, model, prompt = '', sound, stream } = fields;
  const request = {
    guildId,
    asker,
    recording: { url: '', name: 'recording', bytes: sound },
    model,
    language,
    hints: splitHints(prompt),
    hasWordTimes: fields.timestamp_granularities.includes('word'),
    isTranslated: task === 'translate',
    longestMs: stream ? longestStreamMs : longestWholeMs,
  };
  const recordingParts = ports.features.programTranscriptions.transcribeRecording(
    request,
    connection.signal,
  );
  let durationMs = 0;
  /** Yields segments. Throws `ApiRefusal` if words are missing. */
  async function* readSegments() {
    for await (const part of recordingParts) {
      if (part.kind === 'begun') durationMs = part.durationMs;
      else if (part.kind === 'segment') yield part.segment;
      else throw toRecordingRefusal(part, stream);
    }
  }
  if (stream)
    return respondWithEvents(
      toTranscriptionEvents(await waitForFirstPart(readSegments())),
      connection.onBug,
    );
  const segments = await Array.fromAsync(readSegments());
  return respondWithTranscription({ task, durationMs, segments }, fields);
}

type RecordingRefusal = Exclude<RecordingPart, { kind: 'begun' | 'segment' }>;

function toRecordingRefusal(refused: RecordingRefusal, isStreamed: boolean) {
  switch (refused.kind) {
    case 'failed':
      return toRefusal(refused.line);
    case 'busy':
      return createRefusal(
        429,
        'recording.busy',
        'A recording of this token, or two in this server, are being recognised already: try again when one is done.',
      );
    case 'late': {
      const end = isStreamed ? '' : ', or with stream=true';
      return createRefusal(
        504,
        'recording.late',
        `The recording takes too long to be recognised: send it in parts${end}.`,
      );
    }
    case 'untranslated':
      return createRefusal(
        502,
        'translation.failed',
        'The chat model gave no translation into English.',
      );
  }
}

async function* toTranscriptionEvents(segments: AsyncIterable<RecordingSegment>) {
  const sent: RecordingSegment[] = [];
  for await (const segment of addComments(segments)) {
    if (segment === 'still') {
      yield toComment('still recognising');
      continue;
    }
    sent.push(segment);
    yield { type: 'transcript.text.delta', delta: segment.lead + segment.text };
  }
  yield { type: 'transcript.text.done', text: joinSegments(sent) };
  yield doneEvent;
}

/** Splits hints at commas and sentences, and long pieces into words. */
function splitHints(prompt: string) {
  const phrases = prompt.split(/[,;:.!?\n\r]+/).map((phrase) => phrase.trim());
  return phrases
    .flatMap((phrase) => (phrase.length > 40 ? phrase.split(/\s+/) : [phrase]))
    .filter((phrase) => phrase !== '');
}
