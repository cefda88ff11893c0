/**
 * Silero v5 over test/fixtures/speech: after a first window above 0.5, "seven" falls to 0.2 for 100 ms. It
 * notices voices 60 (p50) to 140 ms (p95) after their first loud packet: the loudness shows their start.
 */
const rules = {
  /** Lowest voice probability of a window that begins an overlap. */
  startProbability: 0.5,
  /** Lowest voice probability that continues a voice; far below that of endpointing, for consonants are hardly voiced. */
  keepProbability: 0.15,
  /** Length of a window of voice activity, in ms. */
  windowMs: 32,
  /** Time after the last voiced window, in ms, in which packets still count as voice. */
  hangoverMs: 40,
  /** Silence, in ms since the last voiced window, that ends the overlap. */
  endSilenceMs: 120,
  /** Largest difference in dB between packets of one sound: quieter sound before a voice is the room. */
  maxOnsetDropDb: 25,
  /** Longest sound, in ms, that counts as the onset of a voice before its first window was noticed. */
  maxOnsetMs: 120,
} as const;

const nothing: readonly OverlapVoiceEvent[] = [];

/** Usual length of a packet. */
const packetMs = 20;

export type OverlapVoiceInput =
  | {
      readonly kind: 'window';
      readonly probability: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  /** Loudness of one packet in dBFS; it comes after the windows that the packet completes. */
  | { readonly kind: 'packet'; readonly levelDb: number; readonly atMs: number }
  /** The microphone has closed, or time has passed, and there is no utterance that it could belong to. */
  | { readonly kind: 'closed' | 'tick'; readonly atMs: number };

export type OverlapVoiceEvent =
  /** The voice began at `fromMs`: with the loud packets before its first window, or with that. */
  | { readonly kind: 'overlap-began'; readonly fromMs: number; readonly atMs: number }
  /** `voicedMs` is all voice since the overlap began; the loudness in dBFS is that of the latest packet. */
  | {
      readonly kind: 'voiced';
      readonly voicedMs: number;
      readonly levelDb: number;
      readonly atMs: number;
    }
  | { readonly kind: 'overlap-ended'; readonly voicedMs: number; readonly atMs: number };

/** The latest packets before a voice, oldest first: some may be its onset. */
type BeforeVoice = { readonly kind: 'before'; readonly packets: readonly OverlapPacket[] };
type Voice = { readonly kind: 'voice'; readonly voicedMs: number; readonly lastVoiceMs: number };
/** One person's voice from its first window on, long before it is known to be an utterance, and the sound before it. */
export type OverlapVoice = BeforeVoice | Voice | undefined;

type OverlapWindow = Extract<OverlapVoiceInput, { kind: 'window' }>;
type OverlapPacket = Extract<OverlapVoiceInput, { kind: 'packet' }>;
type OverlapStep = {
  readonly overlap: OverlapVoice;
  readonly noticed: readonly OverlapVoiceEvent[];
};

/**
 * Voice that interrupts the bot: noticed with the first window, measured with every packet. It pauses as long as an
 * utterance does.
 */
export function stepOverlapVoice(overlap: OverlapVoice, event: OverlapVoiceInput): OverlapStep {
  switch (event.kind) {
    case 'window':
      return measure(overlap, event);
    case 'packet':
      return overlap?.kind === 'voice'
        ? { overlap, noticed: loudnessOf(overlap, event) }
        : unchanged(before(overlap, event));
    case 'closed':
      return ended(overlap, event.atMs);
    case 'tick': {
      const isVoice = overlap?.kind === 'voice';
      const isOver = isVoice && event.atMs - overlap.lastVoiceMs >= rules.endSilenceMs;
      return isOver ? ended(overlap, event.atMs) : unchanged(overlap);
    }
  }
}

function measure(overlap: OverlapVoice, window: OverlapWindow): OverlapStep {
  const { probability, atMs } = window;
  const { startProbability, keepProbability, windowMs } = rules;
  if (overlap?.kind !== 'voice') {
    if (probability < startProbability) return unchanged(overlap);
    const fromMs = Math.min(atMs - windowMs, onsetMs(overlap?.packets ?? [], window));
    const noticed = [{ kind: 'overlap-began', fromMs, atMs } as const];
    return { overlap: { kind: 'voice', voicedMs: windowMs, lastVoiceMs: atMs }, noticed };
  }
  if (probability < keepProbability) return unchanged(overlap);
  return unchanged({ kind: 'voice', voicedMs: overlap.voicedMs + windowMs, lastVoiceMs: atMs });
}

/** Start of the sound that leads up to this window: of packets in a row that are about as loud. */
function onsetMs(packets: readonly OverlapPacket[], window: OverlapWindow): number {
  const { hangoverMs, maxOnsetDropDb, maxOnsetMs } = rules;
  let [fromMs, loudestDb] = [window.atMs, window.levelDb];
  for (const { levelDb, atMs } of packets.toReversed()) {
    loudestDb = Math.max(loudestDb, levelDb);
    if (fromMs - atMs > hangoverMs || levelDb < loudestDb - maxOnsetDropDb) break;
    fromMs = atMs - packetMs;
  }
  return Math.max(fromMs, window.atMs - maxOnsetMs);
}

function before(former: BeforeVoice | undefined, packet: OverlapPacket): BeforeVoice {
  const packets = [...(former?.packets ?? []), packet].slice(-rules.maxOnsetMs / packetMs);
  return { kind: 'before', packets };
}

function loudnessOf(
  { voicedMs, lastVoiceMs }: Voice,
  { levelDb, atMs }: OverlapPacket,
): readonly OverlapVoiceEvent[] {
  return atMs - lastVoiceMs > rules.hangoverMs ? [] : [{ kind: 'voiced', voicedMs, levelDb, atMs }];
}

function ended(overlap: OverlapVoice, atMs: number): OverlapStep {
  if (overlap?.kind !== 'voice') return unchanged(undefined);
  return {
    overlap: undefined,
    noticed: [{ kind: 'overlap-ended', voicedMs: overlap.voicedMs, atMs }],
  };
}

function unchanged(overlap: OverlapVoice): OverlapStep {
  return { overlap, noticed: nothing };
}
