import { GrowingWindow } from './growing-window.ts';
import type { Listening, LookAhead, OnPartial, Transcriber } from './ports.ts';

/** Listens with any recogniser; one that only takes whole utterances gets each as far as it has come, within `lookAhead`. */
export function listenWith(
  transcriber: Transcriber,
  onPartial: OnPartial,
  signal: AbortSignal,
  lookAhead?: LookAhead,
): Listening {
  return (
    transcriber.listen?.(onPartial, signal) ??
    new GrowingWindow(transcriber, onPartial, signal, lookAhead)
  );
}
