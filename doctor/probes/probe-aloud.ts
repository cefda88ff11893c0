import {
  differs,
  type ExaminationResult,
  failed,
  missing,
  ok,
  type ReportLine,
} from '#doctor/finding.ts';
import { attempt, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { durationMs } from '#src/audio/pcm.ts';
import type { ReadingAccuracy } from '#src/speech/reading-check.ts';
import { openRealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import { mendOf } from './mends.ts';
import { soundOf, spokenText } from './probe-speech.ts';

const what = 'realtime speech';
const fidelityMend = 'choose a model that only reads aloud: SPEECH_BACKEND=speech';
/** A word now and then is spelled otherwise than it was written. */
const mostWrong = 0.1;

/** One text read aloud by a Realtime model, as the bot would ask for it. */
export async function probeAloud(
  server: ServerUnderTest,
  { model, voice }: { readonly model: string; readonly voice: string },
): Promise<ExaminationResult> {
  const { apiKey, base, clock } = server;
  let reading: ReadingAccuracy | undefined;
  let firstMs: number | undefined;
  using synthesizer = openRealtimeSynthesizer({
    baseUrl: base.url,
    model,
    voice,
    clock,
    ...(apiKey && { apiKey }),
    onReading: (one) => {
      reading = joined(reading, one);
    },
  });
  const startMs = clock.nowMs();
  const timed = {
    async *synthesize(...asked: Parameters<typeof synthesizer.synthesize>) {
      for await (const pcm of synthesizer.synthesize(...asked)) {
        firstMs ??= clock.nowMs() - startMs;
        yield pcm;
      }
    },
  };
  const spoken = await attempt(server, (signal) => soundOf(timed, spokenText, signal));
  if (spoken.kind === 'failed') {
    return failed(
      'broken',
      missing(what, `${model}, ${voice}: ${spoken.error.message}`, mendOf(spoken.error, 'SPEECH')),
    );
  }
  const lasts = `${(durationMs(spoken.value) / 1000).toFixed(1)} s of sound`;
  const first = `first sound after ${Math.round(firstMs ?? 0)} ms with the connection`;
  return {
    findings: [ok(what, `${model}, ${voice}: ${lasts}, ${first}`), fidelityOf(reading)],
    state: 'usable',
    settings: [
      'SPEECH_BACKEND=realtime',
      `SPEECH_BASE_URL=${shownUrl(server)}`,
      `SPEECH_MODEL=${model}`,
      `SPEECH_VOICE=${voice}`,
    ],
    clip: { pcm: spoken.value, text: spokenText },
  };
}

function fidelityOf(reading: ReadingAccuracy | undefined): ReportLine {
  const name = 'read as written';
  if (!reading)
    return differs(
      name,
      'not known: the server does not report the words that it spoke',
      fidelityMend,
    );
  const { words, wrongWords } = reading;
  const measured = `the model changed, left out or added ${wrongWords} of ${words} words`;
  return wrongWords <= words * mostWrong
    ? ok(name, measured)
    : differs(name, measured, fidelityMend);
}

/** Long texts are read in pieces. */
function joined(
  before: ReadingAccuracy | undefined,
  { words, wrongWords }: ReadingAccuracy,
): ReadingAccuracy {
  if (!before) return { words, wrongWords };
  return { words: before.words + words, wrongWords: before.wrongWords + wrongWords };
}
