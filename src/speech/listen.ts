import { GrowingWindow } from './growing-window.ts';
import type { Listening, OnPartial, OnSoundSent, Transcriber } from './ports.ts';

/** Listens with any recogniser; one that only takes whole utterances gets each as far as it has come, in its pauses. */
export function listenWith(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
  onSent?: OnSoundSent,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new GrowingWindow(transcriber, onPartial, signal, onSent)
  );
}
