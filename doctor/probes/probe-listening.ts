import { type ExaminationResult, failed, missing, ok } from '#doctor/finding.ts';
import { attempt, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openRealtimeTranscriber } from '#src/speech/realtime/realtime-transcriber.ts';
import { mendOf } from './mends.ts';
import { hum, roundTrip } from './round-trip.ts';

/** One clip over a WebSocket, as the bot would send it. */
export async function probeListening(
  server: ServerUnderTest,
  model: string,
  clip: ExaminationResult['clip'],
): Promise<ExaminationResult> {
  const what = 'realtime transcription';
  const { apiKey, base, clock } = server;
  using transcriber = openRealtimeTranscriber({
    baseUrl: base.url,
    model,
    clock,
    ...(apiKey && { apiKey }),
  });
  const pcm = resample(clip?.pcm ?? hum(), listenRateHz);
  const heard = await attempt(server, (signal) =>
    Array.fromAsync(transcriber.transcribe(pcm, signal)),
  );
  if (heard.kind === 'failed') {
    return failed(
      'broken',
      missing(what, `${model}: ${heard.error.message}`, mendOf(heard.error, 'TRANSCRIPTION')),
    );
  }
  const final = heard.value.find((update) => update.kind === 'final');
  const finding = ok(what, `${model}: text after ${Math.round(heard.tookMs)} ms`);
  return {
    findings: [finding, roundTrip(final?.transcript.text ?? '', clip)],
    state: 'usable',
    settings: [
      'TRANSCRIPTION_BACKEND=realtime',
      `TRANSCRIPTION_BASE_URL=${shownUrl(server)}`,
      `TRANSCRIPTION_MODEL=${model}`,
    ],
  };
}
