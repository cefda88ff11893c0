import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { formatSrt, formatVtt } from '#src/features/captions/files/subtitle-files.ts';
import type { RecordingSegment } from '#src/features/contract/http-api-ports.ts';
import type { TranscriptionForm, TranscriptionTask } from './transcription-form.ts';

/** A whole transcript with its segments. */
export type TranscribedRecording = {
  readonly task: TranscriptionTask;
  readonly durationMs: number;
  readonly segments: readonly RecordingSegment[];
};

/** Joins segments to the text of a recording. */
export function joinSegments(segments: readonly RecordingSegment[]): string {
  return segments.map(({ lead, text }) => lead + text).join('');
}

/** Responds with a transcript in the format that the program asked for. */
export function respondWithTranscription(
  recording: TranscribedRecording,
  {
    response_format: format,
    timestamp_granularities: granularities,
  }: TranscriptionForm,
): Response {
  const { segments } = recording;
  const respondWithFile = (type: string, text: string) =>
    new Response(text, { headers: { 'content-type': `${type}; charset=utf-8` } });
  switch (format) {
    case 'text':
      return respondWithFile('text/plain', `${joinSegments(segments)}\n`);
    case 'srt':
      return respondWithFile('application/x-subrip', formatSrt(segments));
    case 'vtt':
      return respondWithFile('text/vtt', formatVtt(segments));
    case 'json':
      return Response.json({
        text: joinSegments(segments),
        usage: toTranscriptionUsage(recording),
      });
    case 'verbose_json':
      return Response.json(toVerboseTranscription(recording, granularities));
  }
}

function toTranscriptionUsage({ durationMs, task }: TranscribedRecording) {
  if (task !== 'transcribe') return undefined;
  return { type: 'duration', seconds: Math.ceil(durationMs / 1_000) };
}

function toVerboseTranscription(
  recording: TranscribedRecording,
  granularities: TranscriptionForm['timestamp_granularities'],
) {
  const { durationMs, segments } = recording;
  const language = segments.find((segment) => segment.language)?.language;
  const wordTimes = granularities.includes('word')
    ? segments.flatMap(toWords)
    : undefined;
  // Not every recogniser tells when each word was said.
  const hasSegments = granularities.includes('segment') || wordTimes?.length === 0;
  return {
    language:
      language === undefined ? '' : getEnglishLanguageName(language).toLowerCase(),
    duration: durationMs / 1_000,
    text: joinSegments(segments),
    segments: hasSegments ? segments.map(toSegment) : undefined,
    words: wordTimes,
    usage: toTranscriptionUsage(recording),
  };
}

/** Builds a segment. Fields that only OpenAI's model knows are 0. */
function toSegment({ startMs, endMs, text }: RecordingSegment, id: number) {
  return {
    id,
    seek: 0,
    start: startMs / 1_000,
    end: endMs / 1_000,
    text,
    tokens: [],
    temperature: 0,
    avg_logprob: 0,
    compression_ratio: 0,
    no_speech_prob: 0,
  };
}

function toWords({ words: wordTimes = [] }: RecordingSegment) {
  return wordTimes.map(({ text, startMs, endMs }) => ({
    word: text,
    start: startMs / 1_000,
    end: endMs / 1_000,
  }));
}
