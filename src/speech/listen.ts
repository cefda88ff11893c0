import { durationMs } from '#src/audio/pcm.ts';
import { GrowingWindow, type RecogniseSoFar } from './growing-window.ts';
import type { Listening, OnPartial, OnSoundSent, Transcriber } from './ports.ts';
import { shiftTranscript } from './word-times.ts';

/**
 * Listens with any recogniser; one that only takes whole utterances gets each as far as it has come, in its pauses: each text
 * costs the sound so far once more.
 */
export function listenWith(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
  onSent?: OnSoundSent,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new GrowingWindow(wholeBy(transcriber, onPartial, onSent), signal)
  );
}

/** Partials are reported as long as they grow. */
function wholeBy(
  transcriber: Transcriber,
  onPartial: OnPartial,
  onSent?: OnSoundSent,
): RecogniseSoFar {
  let reported = '';
  return async (sound, signal) => {
    const { pcm, fromMs } = sound.spoken();
    onSent?.(durationMs(pcm));
    for await (const update of transcriber.transcribe(pcm, signal)) {
      if (update.kind === 'final') return shiftTranscript(update.transcript, fromMs);
      if (update.text.length <= reported.length || signal.aborted) continue;
      reported = update.text;
      onPartial(reported);
    }
    return { text: '' };
  };
}
