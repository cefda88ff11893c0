/** When a sound counts as somebody's voice for whoever speaks at the same time. */
export type StirringRules = {
  /** A window at or above this probability stirs. */
  readonly startProbability: number;
  /** Far below the one of endpointing: what began as a voice stays one through its consonants. */
  readonly keepProbability: number;
  readonly windowMs: number;
  /** The voice still sounds so long after its last voiced window. */
  readonly soundsMs: number;
  /** After so long without one it is over. */
  readonly stillMs: number;
};

/** Silero v5 over test/fixtures/speech, 2026-11: after a first window above 0.5, "seven" falls to 0.2 for 100 ms. */
export const stirringRules: StirringRules = {
  startProbability: 0.5,
  keepProbability: 0.15,
  windowMs: 32,
  soundsMs: 40,
  stillMs: 120,
};

export type StirringEvent =
  | { readonly kind: 'window'; readonly probability: number; readonly atMs: number }
  /** What one packet sounds like; after the windows that it completes. */
  | { readonly kind: 'packet'; readonly levelDb: number; readonly atMs: number }
  /** The microphone has closed, or time has passed, and there is no utterance that it could belong to. */
  | { readonly kind: 'closed' | 'tick'; readonly atMs: number };

export type Stirred =
  /** The first voiced window began at `fromMs`. */
  | { readonly kind: 'stirred'; readonly fromMs: number; readonly atMs: number }
  /** `voicedMs` is all voice since it stirred; the loudness in dBFS is that of the latest packet. */
  | {
      readonly kind: 'voiced';
      readonly voicedMs: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  | { readonly kind: 'stilled'; readonly voicedMs: number; readonly atMs: number };

/** One person's voice from its first window on, long before it is known to be an utterance. */
export type Stirring = { readonly voicedMs: number; readonly lastVoiceMs: number } | undefined;

type Step = { readonly stirring: Stirring; readonly noticed: readonly Stirred[] };

/** What talks the bot down: noticed with the first window, told with every packet. It pauses as long as an utterance does. */
export function stepStirring(
  stirring: Stirring,
  event: StirringEvent,
  rules: StirringRules = stirringRules,
): Step {
  switch (event.kind) {
    case 'window':
      return measure(stirring, event, rules);
    case 'packet': {
      const { levelDb, atMs } = event;
      if (!stirring || atMs - stirring.lastVoiceMs > rules.soundsMs) return unchanged(stirring);
      const { voicedMs } = stirring;
      return { stirring, noticed: [{ kind: 'voiced', voicedMs, levelDb, atMs }] };
    }
    case 'closed':
      return stilled(stirring, event.atMs);
    case 'tick': {
      const isOver = stirring && event.atMs - stirring.lastVoiceMs >= rules.stillMs;
      return isOver ? stilled(stirring, event.atMs) : unchanged(stirring);
    }
  }
}

function measure(
  stirring: Stirring,
  { probability, atMs }: Extract<StirringEvent, { kind: 'window' }>,
  { startProbability, keepProbability, windowMs }: StirringRules,
): Step {
  if (!stirring) {
    if (probability < startProbability) return unchanged(stirring);
    const noticed = [{ kind: 'stirred', fromMs: atMs - windowMs, atMs } as const];
    return { stirring: { voicedMs: windowMs, lastVoiceMs: atMs }, noticed };
  }
  if (probability < keepProbability) return unchanged(stirring);
  return unchanged({ voicedMs: stirring.voicedMs + windowMs, lastVoiceMs: atMs });
}

function stilled(stirring: Stirring, atMs: number): Step {
  if (!stirring) return unchanged(stirring);
  return { stirring: undefined, noticed: [{ kind: 'stilled', voicedMs: stirring.voicedMs, atMs }] };
}

function unchanged(stirring: Stirring): Step {
  return { stirring, noticed: [] };
}
