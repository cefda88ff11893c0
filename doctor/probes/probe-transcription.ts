import { type ExaminationResult, failed, missing, ok } from '#doctor/finding.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import type { TranscriptUpdate } from '#src/speech/ports.ts';
import { mendOf } from './mends.ts';
import { hum, roundTrip, type SpokenClip } from './round-trip.ts';

/** One upload: speech of the same server, or else a hum. */
export async function probeTranscription(
  server: ServerUnderTest,
  model: string,
  clip: SpokenClip | undefined,
): Promise<ExaminationResult> {
  const pcm = resample(clip?.pcm ?? hum(), listenRateHz);
  const transcriber = openTranscriber(server.client, { model });
  const plain = await attempt(server, (signal) =>
    Array.fromAsync(transcriber.transcribe(pcm, signal)),
  );
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
  return {
    findings: [answer, roundTrip(textOf(plain.value), clip)],
    state: 'usable',
    settings: [
      'TRANSCRIPTION_BACKEND=file',
      `TRANSCRIPTION_BASE_URL=${shownUrl(server)}`,
      `TRANSCRIPTION_MODEL=${model}`,
    ],
  };
}

function textOf(updates: readonly TranscriptUpdate[]): string {
  return updates.find((update) => update.kind === 'final')?.transcript.text ?? '';
}

function labelOf({ recorded }: ServerUnderTest): string {
  const { type = '', head } = recorded.last ?? {};
  if (/json|event-stream/.test(type)) return '';
  const isJson = /^\s*\{/.test(`${head}`);
  return `, ${isJson ? 'JSON' : 'text'} labelled ${type || 'as nothing'}`;
}
