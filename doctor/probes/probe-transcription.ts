import {
  differs,
  type ExaminationResult,
  failed,
  missing,
  ok,
  type ReportLine,
} from '#doctor/finding.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { TranscriptUpdate } from '#src/speech/ports.ts';
import { mendOf, noFault } from './mends.ts';
import { hum, roundTrip, type SpokenClip } from './round-trip.ts';

/** Two uploads of one clip: speech of the same server, or else a hum. */
export async function probeTranscription(
  server: ServerUnderTest,
  model: string,
  clip: SpokenClip | undefined,
): Promise<ExaminationResult> {
  const pcm = resample(clip?.pcm ?? hum(), listenRateHz);
  const ask = (stream: 'on' | 'off') => {
    const transcriber = openTranscriber(server.client, { model, stream });
    return attempt(server, (signal) => Array.fromAsync(transcriber.transcribe(pcm, signal)));
  };
  const plain = await ask('off');
  if (plain.kind === 'failed') {
    const state = isAbsent(server) ? 'absent' : 'broken';
    return failed(
      state,
      missing(
        'transcription',
        `${model}: ${plain.error.message}`,
        mendOf(plain.error, 'TRANSCRIPTION'),
      ),
    );
  }
  const tookMs = Math.round(plain.tookMs);
  const answer = ok('transcription', `${model}: text after ${tookMs} ms${labelOf(server)}`);
  const streamed = await ask('on');
  const stream =
    streamed.kind === 'failed'
      ? missing('transcription stream', `not offered: ${streamed.error.message}`, noFault)
      : streamOf(server, streamed.value);
  return {
    findings: [answer, roundTrip(textOf(plain.value), clip), stream],
    state: 'usable',
    settings: [
      'TRANSCRIPTION_BACKEND=file',
      `TRANSCRIPTION_BASE_URL=${shownUrl(server)}`,
      `TRANSCRIPTION_MODEL=${model}`,
      `TRANSCRIPTION_STREAM=${stream.verdict === 'ok' ? 'on' : 'off'}`,
    ],
  };
}

function textOf(updates: readonly TranscriptUpdate[]): string {
  return updates.find((update) => update.kind === 'final')?.transcript.text ?? '';
}

function labelOf({ recorded }: ServerUnderTest): string {
  const { type = '', head } = recorded.last ?? {};
  if (/json/.test(type)) return '';
  const isJson = /^\s*\{/.test(`${head}`);
  return `, ${isJson ? 'JSON' : 'text'} labelled ${type || 'as nothing'}`;
}

const streamMend = 'use TRANSCRIPTION_STREAM=off';

const shapes = [
  ['transcript.text', /"transcript\.text\./],
  ['chat-shaped', /"choices"/],
] as const;

function streamOf({ recorded }: ServerUnderTest, updates: readonly TranscriptUpdate[]): ReportLine {
  const what = 'transcription stream';
  const partials = updates.filter(({ kind }) => kind === 'partial').length;
  const isStream =
    /event-stream/.test(recorded.last?.type ?? '') ||
    /^\s*(data|event):/.test(`${recorded.last?.head}`);
  if (!isStream)
    return differs(
      what,
      'the server ignores the request: it sends one answer at the end',
      streamMend,
    );
  const shape = shapes.find(([, mark]) => mark.test(`${recorded.last?.head}`))?.[0] ?? 'bare';
  if (partials === 0)
    return differs(what, `${shape} events, but all words are in the last one`, streamMend);
  return ok(what, `${shape} events, ${partials} with words`);
}
