import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { toRecord } from '#src/base/json.ts';
import {
  type ReservationResult,
  runReserved,
  toReportedCount,
} from '#src/provider/models/request-reservation.ts';
import type {
  EngineUsage,
  ServerUsage,
  Synthesizer,
} from '#src/speech/speech-engine.ts';

export function toHeardUsage(usage: unknown): ServerUsage | undefined {
  const { type, seconds, input_tokens, output_tokens, input_token_details } =
    toRecord(usage);
  if (type === 'duration') {
    const counted = toReportedCount(seconds);
    return counted ? { kind: 'heard', ms: counted * 1_000 } : undefined;
  }
  const inputTokens = toReportedCount(input_tokens);
  if (!inputTokens) return undefined;
  const outputTokens = toReportedCount(output_tokens) ?? 0;
  // Input is sound, unless the server reports it separately.
  const audioInputTokens =
    toReportedCount(toRecord(input_token_details).audio_tokens) ?? inputTokens;
  return { kind: 'tokens', inputTokens, outputTokens, audioInputTokens };
}

/** Undefined if they differ in kind, or one is unknown. */
export function addServerUsage(
  one: ServerUsage | undefined,
  other: ServerUsage | undefined,
): ServerUsage | undefined {
  if (one?.kind === 'heard' && other?.kind === 'heard')
    return { kind: 'heard', ms: one.ms + other.ms };
  if (one?.kind !== 'tokens' || other?.kind !== 'tokens') return undefined;
  const optional = [
    'audioInputTokens',
    'audioOutputTokens',
    'cachedInputTokens',
  ] as const;
  const known = optional.filter(
    (name) => one[name] !== undefined || other[name] !== undefined,
  );
  return {
    kind: 'tokens',
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...Object.fromEntries(
      known.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]),
    ),
  };
}

export type SpokenUsage = {
  readonly characters: number;
  readonly ms: number;
  /** Holds a count only if the whole text was spoken and counted. */
  readonly usage?: EngineUsage;
};

export type VoiceUsageMeter = {
  /** Counts a text at its end. A request rejected before its first sound does not count. Never throws. */
  recordSpeech(spoken: SpokenUsage): void;
  /** Reserves money for a text. Undefined for no limit. Throws BotError `budget.used`. */
  reserveSpeech?(text: string): ReservationResult;
};

export function withVoiceMeter(
  synthesizer: Synthesizer,
  meter: VoiceUsageMeter,
): Synthesizer {
  const meterEach = (engine: Synthesizer): Synthesizer =>
    engine.wrapEach?.(meterEach) ?? meterSynthesizer(engine, meter);
  return meterEach(synthesizer);
}

function meterSynthesizer(
  synthesizer: Synthesizer,
  meter: VoiceUsageMeter,
): Synthesizer {
  const { fixEngine } = synthesizer;
  return {
    synthesize(text, voice, signal) {
      const tally = createUsageTally();
      const onUsage = (usage: EngineUsage) => {
        tally.add(usage);
        voice.onUsage?.(usage);
      };
      let ms = 0;
      return runReserved(
        {
          reserve: () => meter.reserveSpeech?.(text),
          ask: (mostMs) =>
            limitSound(
              synthesizer.synthesize(text, { ...voice, onUsage }, signal),
              mostMs,
            ),
          isOutput: (pcm) => {
            ms += getDurationMs(pcm);
            return ms > 0;
          },
          onEnd: (isWhole) =>
            meter.recordSpeech({
              characters: text.length,
              ms,
              usage: tally.getUsage(isWhole),
            }),
        },
        signal,
      );
    },
    fixEngine:
      fixEngine && (() => meterSynthesizer(fixEngine.call(synthesizer), meter)),
  };
}

async function* limitSound(
  sound: AsyncIterable<Pcm>,
  mostMs = Infinity,
): AsyncGenerator<Pcm> {
  let leftMs = mostMs;
  for await (const pcm of sound) {
    const { channels, rateHz, samples } = pcm;
    const most = Math.floor((leftMs * rateHz) / 1_000) * channels;
    yield samples.length > most ? { ...pcm, samples: samples.subarray(0, most) } : pcm;
    leftMs -= getDurationMs(pcm);
    if (leftMs <= 0) return;
  }
}

/** Requests of one text belong to the last engine asked. */
function createUsageTally() {
  let server: EngineUsage['by'];
  let begun = 0;
  let counts: ServerUsage[] = [];

  return {
    add({ by, count }: EngineUsage) {
      if (JSON.stringify(by) !== JSON.stringify(server)) [begun, counts] = [0, []];
      server = by;
      if (count) counts.push(count);
      else begun++;
    },

    getUsage(isWhole: boolean): EngineUsage | undefined {
      const isReported = isWhole && counts.length >= begun;
      const [first, ...more] = isReported ? counts : [];
      const count = more.reduce(addServerUsage, first);
      return server || count ? { by: server, count } : undefined;
    },
  };
}
