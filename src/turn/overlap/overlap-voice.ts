/** When a sound counts as voice that overlaps the bot's speech. */
export type OverlapVoiceRules = {
  /** Lowest voice probability of a window that begins an overlap. */
  readonly startProbability: number;
  /** Lowest voice probability that goes on with one; far below that of endpointing, for consonants are hardly voiced. */
  readonly keepProbability: number;
  /** Length of a window of voice activity, in ms. */
  readonly windowMs: number;
  /** Time after the last voiced window, in ms, in which packets still count as voice. */
  readonly hangoverMs: number;
  /** Silence, in ms since the last voiced window, that ends the overlap. */
  readonly endSilenceMs: number;
};

/** Silero v5 over test/fixtures/speech, 2026-11: after a first window above 0.5, "seven" falls to 0.2 for 100 ms. */
const overlapVoiceRules: OverlapVoiceRules = {
  startProbability: 0.5,
  keepProbability: 0.15,
  windowMs: 32,
  hangoverMs: 40,
  endSilenceMs: 120,
};

export type OverlapVoiceInput =
  | { readonly kind: 'window'; readonly probability: number; readonly atMs: number }
  /** Loudness of one packet in dBFS; it comes after the windows that the packet completes. */
  | { readonly kind: 'packet'; readonly levelDb: number; readonly atMs: number }
  /** The microphone has closed, or time has passed, and there is no utterance that it could belong to. */
  | { readonly kind: 'closed' | 'tick'; readonly atMs: number };

export type OverlapVoiceEvent =
  /** The first voiced window began at `fromMs`. */
  | { readonly kind: 'overlap-began'; readonly fromMs: number; readonly atMs: number }
  /** `voicedMs` is all voice since the overlap began; the loudness in dBFS is that of the latest packet. */
  | {
      readonly kind: 'voiced';
      readonly voicedMs: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  | { readonly kind: 'overlap-ended'; readonly voicedMs: number; readonly atMs: number };

/** One person's voice from its first window on, long before it is known to be an utterance. */
export type OverlapVoice = { readonly voicedMs: number; readonly lastVoiceMs: number } | undefined;

type OverlapStep = {
  readonly overlap: OverlapVoice;
  readonly noticed: readonly OverlapVoiceEvent[];
};

/** What talks the bot down: noticed with the first window, told with every packet. It pauses as long as an utterance does. */
export function stepOverlapVoice(
  overlap: OverlapVoice,
  event: OverlapVoiceInput,
  rules: OverlapVoiceRules = overlapVoiceRules,
): OverlapStep {
  switch (event.kind) {
    case 'window':
      return measure(overlap, event, rules);
    case 'packet': {
      const { levelDb, atMs } = event;
      if (!overlap || atMs - overlap.lastVoiceMs > rules.hangoverMs) return unchanged(overlap);
      const { voicedMs } = overlap;
      return { overlap, noticed: [{ kind: 'voiced', voicedMs, levelDb, atMs }] };
    }
    case 'closed':
      return ended(overlap, event.atMs);
    case 'tick': {
      const isOver = overlap && event.atMs - overlap.lastVoiceMs >= rules.endSilenceMs;
      return isOver ? ended(overlap, event.atMs) : unchanged(overlap);
    }
  }
}

function measure(
  overlap: OverlapVoice,
  { probability, atMs }: Extract<OverlapVoiceInput, { kind: 'window' }>,
  { startProbability, keepProbability, windowMs }: OverlapVoiceRules,
): OverlapStep {
  if (!overlap) {
    if (probability < startProbability) return unchanged(overlap);
    const noticed = [{ kind: 'overlap-began', fromMs: atMs - windowMs, atMs } as const];
    return { overlap: { voicedMs: windowMs, lastVoiceMs: atMs }, noticed };
  }
  if (probability < keepProbability) return unchanged(overlap);
  return unchanged({ voicedMs: overlap.voicedMs + windowMs, lastVoiceMs: atMs });
}

function ended(overlap: OverlapVoice, atMs: number): OverlapStep {
  if (!overlap) return unchanged(overlap);
  return {
    overlap: undefined,
    noticed: [{ kind: 'overlap-ended', voicedMs: overlap.voicedMs, atMs }],
  };
}

function unchanged(overlap: OverlapVoice): OverlapStep {
  return { overlap, noticed: [] };
}
