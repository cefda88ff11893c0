import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import {
  type ReservationResult,
  runReserved,
  type TryCount,
  toReportedCount,
} from '#src/provider/models/request-reservation.ts';
import type {
  EngineUsage,
  ServerUsage,
  Synthesizer,
} from '#src/speech/speech-engine.ts';

/** Reads the usage that a transcription server reports. Undefined for any other shape. */
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

/** Adds two usages. Undefined if they differ in kind, or one is unknown. */
export function addServerUsage(
  a: ServerUsage | undefined,
  b: ServerUsage | undefined,
): ServerUsage | undefined {
  if (a?.kind === 'heard' && b?.kind === 'heard')
    return { kind: 'heard', ms: a.ms + b.ms };
  if (a?.kind !== 'tokens' || b?.kind !== 'tokens') return undefined;
  const optionalCounts = [
    'audioInputTokens',
    'audioOutputTokens',
    'cachedInputTokens',
  ] as const;
  const reportedCounts = optionalCounts.filter(
    (name) => a[name] !== undefined || b[name] !== undefined,
  );
  return {
    kind: 'tokens',
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...Object.fromEntries(
      reportedCounts.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]),
    ),
  };
}

/** The speech of one text, as it was sent: `characters` of text, and `ms` of sound. */
export type SpokenUsage = {
  readonly characters: number;
  readonly ms: number;
  /** Usage by the server. It holds a count only if the whole text was spoken and each request was counted. */
  readonly usage?: EngineUsage;
};

/** Counts the speech of a voice, and may refuse more. */
export interface VoiceUsageMeter {
  /** Server whose people hear it. */
  readonly guildId: GuildId;
  /** Counts a text at its end. A request rejected before its first sound does not count. Never throws. */
  recordSpeech(spoken: SpokenUsage): void;
  /** Reserves money for a text. Undefined for no limit. Throws BotError `budget.used`. */
  reserveSpeech?(text: string): ReservationResult;
}

/** Wraps a voice so that `meter` counts every request, also those of each voice in a chain. */
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
      return runReserved(
        {
          reserve: () => meter.reserveSpeech?.(text),
          ask: (tries, getCount) => {
            const onUsage = (usage: EngineUsage) => {
              getCount().tally.add(usage);
              voice.onUsage?.(usage);
            };
            const metered = { ...voice, guildId: meter.guildId, onUsage, tries };
            return limitSound(
              synthesizer.synthesize(text, metered, signal),
              tries.maxUnits,
            );
          },
          createCount: () => createSpeechCount(text, meter),
        },
        signal,
      );
    },
    fixEngine:
      fixEngine && (() => meterSynthesizer(fixEngine.call(synthesizer), meter)),
  };
}

function createSpeechCount(
  text: string,
  meter: VoiceUsageMeter,
): TryCount<Pcm> & { readonly tally: UsageTally } {
  const tally = new UsageTally();
  let ms = 0;
  return {
    tally,
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
  };
}

async function* limitSound(
  sound: AsyncIterable<Pcm>,
  maxMs = Infinity,
): AsyncGenerator<Pcm> {
  let leftMs = maxMs;
  for await (const pcm of sound) {
    const { channels, rateHz, samples } = pcm;
    const maxSamples = Math.floor((leftMs * rateHz) / 1_000) * channels;
    yield samples.length > maxSamples
      ? { ...pcm, samples: samples.subarray(0, maxSamples) }
      : pcm;
    leftMs -= getDurationMs(pcm);
    if (leftMs <= 0) return;
  }
}

/** Usage of all requests for one text, which belong to the last engine asked. */
class UsageTally {
  #server: EngineUsage['by'];
  #beginnings = 0;
  #counts: ServerUsage[] = [];

  /** Adds the beginning of a request, or its count at the end. */
  add({ by, count }: EngineUsage): void {
    if (JSON.stringify(by) !== JSON.stringify(this.#server)) {
      this.#beginnings = 0;
      this.#counts = [];
    }
    this.#server = by;
    if (count) this.#counts.push(count);
    else this.#beginnings++;
  }

  /** Returns the sum. It has a count only if the text `isWhole` and each request was counted. */
  getUsage(isWhole: boolean): EngineUsage | undefined {
    const isReported = isWhole && this.#counts.length >= this.#beginnings;
    const [firstCount, ...laterCounts] = isReported ? this.#counts : [];
    const count = laterCounts.reduce(addServerUsage, firstCount);
    return this.#server || count ? { by: this.#server, count } : undefined;
  }
}
