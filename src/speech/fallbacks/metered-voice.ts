import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { fieldsOf } from '#src/base/json.ts';
import { counted, type HoldResult, reportedCount } from '#src/provider/models/request-hold.ts';
import type { EngineUsage, ServerUsage, Synthesizer } from '#src/speech/ports.ts';

/** Reads the usage that a transcription server reports. */
export function heardCount(usage: unknown): ServerUsage | undefined {
  const { type, seconds, input_tokens, output_tokens, input_token_details } = fieldsOf(usage);
  if (type === 'duration') {
    const counted = reportedCount(seconds);
    return counted ? { kind: 'heard', ms: counted * 1_000 } : undefined;
  }
  const inputTokens = reportedCount(input_tokens);
  if (!inputTokens) return undefined;
  const outputTokens = reportedCount(output_tokens) ?? 0;
  // Input is sound, unless the server reports it separately.
  const audioInputTokens = reportedCount(fieldsOf(input_token_details).audio_tokens) ?? inputTokens;
  return { kind: 'tokens', inputTokens, outputTokens, audioInputTokens };
}

/** Undefined if the usages cannot be added, or one is unknown. */
export function sumOf(
  one: ServerUsage | undefined,
  other: ServerUsage | undefined,
): ServerUsage | undefined {
  if (one?.kind === 'heard' && other?.kind === 'heard')
    return { kind: 'heard', ms: one.ms + other.ms };
  if (one?.kind !== 'tokens' || other?.kind !== 'tokens') return undefined;
  const optional = ['audioInputTokens', 'audioOutputTokens', 'cachedInputTokens'] as const;
  const known = optional.filter((name) => one[name] !== undefined || other[name] !== undefined);
  return {
    kind: 'tokens',
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...Object.fromEntries(known.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)])),
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
  spoke(spoken: SpokenUsage): void;
  /** Reserves money, and so limits the sound. Undefined for no limit. Throws BotError `budget.used`. */
  holdSpeech?(text: string): HoldResult;
};

/** Counts every request of a synthesizer and its fallbacks. */
export function meteredVoice(synthesizer: Synthesizer, meter: VoiceUsageMeter): Synthesizer {
  const each = (engine: Synthesizer): Synthesizer =>
    engine.wrapped?.(each) ?? metered(engine, meter);
  return each(synthesizer);
}

function metered(synthesizer: Synthesizer, meter: VoiceUsageMeter): Synthesizer {
  const { oneVoice } = synthesizer;
  return {
    synthesize(text, voice, signal) {
      const tally = new Tally();
      const onUsage = (usage: EngineUsage) => {
        tally.add(usage);
        voice.onUsage?.(usage);
      };
      let ms = 0;
      return counted(
        {
          hold: () => meter.holdSpeech?.(text),
          ask: (mostMs) =>
            cutAfter(synthesizer.synthesize(text, { ...voice, onUsage }, signal), mostMs),
          isOutput: (pcm) => {
            ms += durationMs(pcm);
            return ms > 0;
          },
          over: (isWhole) =>
            meter.spoke({ characters: text.length, ms, usage: tally.usage(isWhole) }),
        },
        signal,
      );
    },
    oneVoice: oneVoice && (() => metered(oneVoice.call(synthesizer), meter)),
  };
}

async function* cutAfter(sound: AsyncIterable<Pcm>, mostMs = Infinity): AsyncGenerator<Pcm> {
  let leftMs = mostMs;
  for await (const pcm of sound) {
    const { channels, rateHz, samples } = pcm;
    const most = Math.floor((leftMs * rateHz) / 1_000) * channels;
    yield samples.length > most ? { ...pcm, samples: samples.subarray(0, most) } : pcm;
    leftMs -= durationMs(pcm);
    if (leftMs <= 0) return;
  }
}

/** Requests of one text belong to the last engine asked. */
class Tally {
  #by: EngineUsage['by'];
  #begun = 0;
  #counts: ServerUsage[] = [];

  add({ by, count }: EngineUsage): void {
    if (JSON.stringify(by) !== JSON.stringify(this.#by)) [this.#begun, this.#counts] = [0, []];
    this.#by = by;
    if (count) this.#counts.push(count);
    else this.#begun++;
  }

  usage(isWhole: boolean): EngineUsage | undefined {
    const isReported = isWhole && this.#counts.length >= this.#begun;
    const [first, ...more] = isReported ? this.#counts : [];
    const count = more.reduce(sumOf, first);
    return this.#by || count ? { by: this.#by, count } : undefined;
  }
}
