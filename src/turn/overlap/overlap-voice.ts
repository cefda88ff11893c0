/**
 * Silero v5 on test/fixtures/speech: after a first window above 0.5, "seven" falls to 0.2 for 100 ms. A voice is
 * noticed 60 ms (p50) to 140 ms (p95) after its first loud packet, so the level shows its start.
 */
const overlapVoiceRules = {
  startProbability: 0.5,
  /** Far below that of endpointing, as consonants are hardly voiced. */
  keepProbability: 0.15,
  windowMs: 32,
  /** Packets still count as voice for this time after the last voiced window. */
  hangoverMs: 40,
  endSilenceMs: 120,
  /** Quieter sound before a voice is the room. */
  maxOnsetDropDb: 25,
  maxOnsetMs: 120,
} as const;

const noOverlapEvents: readonly OverlapVoiceEvent[] = [];

const packetMs = 20;

/** Measurements of one microphone: windows of voice activity detection, and packets. */
export type OverlapVoiceInput =
  | {
      readonly kind: 'window';
      readonly probability: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  /** Level of one packet in dBFS. It comes after the windows that the packet completes. */
  | { readonly kind: 'packet'; readonly levelDb: number; readonly atMs: number }
  /** The microphone closed, or time passed, without an utterance. */
  | { readonly kind: 'closed' | 'tick'; readonly atMs: number };

/** Beginning, length and end of a voice over the bot. */
export type OverlapVoiceEvent =
  /** `fromMs` is the first loud packet, or the first window. */
  | { readonly kind: 'overlap-began'; readonly fromMs: number }
  /** `voicedMs` is all voice since the overlap began. The level is that of the latest packet. */
  | { readonly kind: 'voiced'; readonly voicedMs: number; readonly levelDb: number }
  | { readonly kind: 'overlap-ended'; readonly voicedMs: number };

type BeforeVoice = {
  readonly kind: 'before';
  readonly packets: readonly OverlapPacket[];
};
type Voice = {
  readonly kind: 'voice';
  readonly voicedMs: number;
  readonly lastVoiceMs: number;
};
/** State of noticing a voice. Undefined: no voice and no packets. */
export type OverlapVoice = BeforeVoice | Voice | undefined;

type OverlapWindow = Extract<OverlapVoiceInput, { kind: 'window' }>;
type OverlapPacket = Extract<OverlapVoiceInput, { kind: 'packet' }>;
type OverlapStep = {
  readonly overlap: OverlapVoice;
  readonly events: readonly OverlapVoiceEvent[];
};

/** One step of noticing a voice over the bot: by its first window, and then measured with every packet. */
export function stepOverlapVoice(
  overlap: OverlapVoice,
  event: OverlapVoiceInput,
): OverlapStep {
  switch (event.kind) {
    case 'window':
      return measureWindow(overlap, event);
    case 'packet':
      return overlap?.kind === 'voice'
        ? { overlap, events: reportLevel(overlap, event) }
        : keepOverlap(addPacketBeforeVoice(overlap, event));
    case 'closed':
      return endVoice(overlap);
    case 'tick': {
      const isVoice = overlap?.kind === 'voice';
      const isOver =
        isVoice && event.atMs - overlap.lastVoiceMs >= overlapVoiceRules.endSilenceMs;
      return isOver ? endVoice(overlap) : keepOverlap(overlap);
    }
  }
}

function measureWindow(overlap: OverlapVoice, window: OverlapWindow): OverlapStep {
  const { probability, atMs } = window;
  const { startProbability, keepProbability, windowMs } = overlapVoiceRules;
  if (overlap?.kind !== 'voice') {
    if (probability < startProbability) return keepOverlap(overlap);
    const fromMs = Math.min(
      atMs - windowMs,
      findOnsetMs(overlap?.packets ?? [], window),
    );
    const events = [{ kind: 'overlap-began', fromMs } as const];
    return {
      overlap: { kind: 'voice', voicedMs: windowMs, lastVoiceMs: atMs },
      events,
    };
  }
  if (probability < keepProbability) return keepOverlap(overlap);
  return keepOverlap({
    kind: 'voice',
    voicedMs: overlap.voicedMs + windowMs,
    lastVoiceMs: atMs,
  });
}

function findOnsetMs(packets: readonly OverlapPacket[], window: OverlapWindow) {
  const { hangoverMs, maxOnsetDropDb, maxOnsetMs } = overlapVoiceRules;
  let [fromMs, loudestDb] = [window.atMs, window.levelDb];
  for (const { levelDb, atMs } of packets.toReversed()) {
    loudestDb = Math.max(loudestDb, levelDb);
    if (fromMs - atMs > hangoverMs || levelDb < loudestDb - maxOnsetDropDb) break;
    fromMs = atMs - packetMs;
  }
  return Math.max(fromMs, window.atMs - maxOnsetMs);
}

function addPacketBeforeVoice(
  overlap: BeforeVoice | undefined,
  packet: OverlapPacket,
): BeforeVoice {
  // A voice found later began in one of them.
  const packets = [...(overlap?.packets ?? []), packet].slice(
    -overlapVoiceRules.maxOnsetMs / packetMs,
  );
  return { kind: 'before', packets };
}

function reportLevel(
  { voicedMs, lastVoiceMs }: Voice,
  { levelDb, atMs }: OverlapPacket,
): readonly OverlapVoiceEvent[] {
  return atMs - lastVoiceMs > overlapVoiceRules.hangoverMs
    ? []
    : [{ kind: 'voiced', voicedMs, levelDb }];
}

function endVoice(overlap: OverlapVoice): OverlapStep {
  if (overlap?.kind !== 'voice') return keepOverlap(undefined);
  return {
    overlap: undefined,
    events: [{ kind: 'overlap-ended', voicedMs: overlap.voicedMs }],
  };
}

function keepOverlap(overlap: OverlapVoice): OverlapStep {
  return { overlap, events: noOverlapEvents };
}
