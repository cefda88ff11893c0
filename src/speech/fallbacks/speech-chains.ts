import { VoiceLevels } from '#src/audio/loudness/loudness.ts';
import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { createChildController } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toRecord } from '#src/base/json.ts';
import {
  createFallbackPosition,
  type FallbackChain,
  type FallbackPosition,
} from '#src/provider/fallback-chain.ts';
import {
  type ReservationResult,
  runReserved,
  type TryCount,
  toReportedCount,
} from '#src/provider/models/request-reservation.ts';
import { negotiate } from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  type RequestPart,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import {
  openListening,
  PauseListening,
  type UtteranceSound,
} from '#src/speech/listen.ts';
import {
  type EngineUsage,
  isKnownVoice,
  type Listening,
  type OnPartial,
  type ServerUsage,
  type SpeechVoice,
  type Synthesizer,
  type Transcriber,
  type Transcript,
  type TranscriptUpdate,
  type VoiceNames,
} from '#src/speech/speech-engine.ts';

/** A longer clause takes longer if sent in one piece, as by proxies. */
const shortTextChars = 80;

/** Combines several voices: the first that can speak is used. Names of voices and models belong to the first. */
export function createSynthesizerChain(
  chain: FallbackChain<Synthesizer>,
  wrap: (engine: Synthesizer) => Synthesizer = (engine) => engine,
): Synthesizer {
  const createFrom = (getPosition: () => FallbackPosition): Synthesizer => ({
    synthesize(text, voice, signal) {
      const { name: _name, model: _model, ...commonVoice } = voice;
      return chain.run<Pcm>(
        {
          ask: (engine, inner, index) =>
            wrap(engine).synthesize(text, index ? commonVoice : voice, inner),
          isOutput: ({ samples }) => samples.length > 0,
          size: Math.max(1, text.length / shortTextChars),
        },
        signal,
        getPosition(),
      );
    },
  });
  const fixEngine = () => {
    const position = createFallbackPosition();
    return createFrom(() => position);
  };
  return {
    ...createFrom(createFallbackPosition),
    fixEngine,
    wrapEach: (outer) => createSynthesizerChain(chain, (engine) => outer(wrap(engine))),
  };
}

const isFinalUpdate = ({ kind }: TranscriptUpdate) => kind === 'final';

/** Longer sound gets more time. */
const shortSoundMs = 5_000;

/**
 * Combines several recognisers: the first that works is used. `listens`: the first takes sound while people speak.
 *
 * A failure during speech shows at the next pause, and the whole utterance is sent again.
 */
export function createTranscriberChain(
  chain: FallbackChain<Transcriber>,
  listens: boolean,
): Transcriber {
  const wrapTranscriber = (wrap: WrapTranscriber): Transcriber => ({
    transcribe: (pcm, signal, options) => {
      const askEngine: AskEngine = (engine, inner) =>
        wrap(engine).transcribe(pcm, inner, options);
      return askChain(chain, askEngine, getDurationMs(pcm), signal);
    },
    listen: listens
      ? (onPartial, signal, options) =>
          new ChainListening(
            chain,
            (engine) => withTranscriptionOptions(wrap(engine), options ?? {}),
            onPartial,
            signal,
          )
      : undefined,
    wrapEach: (outer) => wrapTranscriber((engine) => outer(wrap(engine))),
  });
  return wrapTranscriber((engine) => engine);
}

type WrapTranscriber = (engine: Transcriber) => Transcriber;
type AskEngine = (
  engine: Transcriber,
  signal: AbortSignal,
) => AsyncIterable<TranscriptUpdate>;

function askChain(
  chain: FallbackChain<Transcriber>,
  ask: AskEngine,
  soundMs: number,
  signal: AbortSignal,
) {
  return chain.run(
    { ask, isOutput: isFinalUpdate, size: Math.max(1, soundMs / shortSoundMs) },
    signal,
  );
}

/** Listens with the first recogniser, and asks the others at a pause if it fails. */
class ChainListening implements Listening {
  readonly #chain: FallbackChain<Transcriber>;
  readonly #wrap: WrapTranscriber;
  readonly #ending: AbortController;
  readonly #firstEngine: Transcriber | undefined;
  readonly #pauses: PauseListening;
  /** Undefined once the first recogniser has failed. */
  #listening: Listening | undefined;

  constructor(
    chain: FallbackChain<Transcriber>,
    wrap: WrapTranscriber,
    onPartial: OnPartial,
    signal: AbortSignal,
  ) {
    this.#chain = chain;
    this.#wrap = wrap;
    this.#ending = createChildController(signal);
    this.#firstEngine = chain.currentEngine;
    this.#listening =
      this.#firstEngine &&
      openListening(wrap(this.#firstEngine), onPartial, this.#ending.signal);
    this.#pauses = new PauseListening(
      (sound, unneeded) => this.#recogniseSoFar(sound, unneeded),
      this.#ending.signal,
    );
  }

  /** Adds sound for the first recogniser, which is kept for the others. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    if (this.#ending.signal.aborted) return;
    this.#pauses.push(samples, opus);
    this.#listening?.push(samples, opus);
  }

  /** Returns the text of the first recogniser that works. */
  settle(signal: AbortSignal): Promise<Transcript> {
    return this.#pauses.settle(signal);
  }

  /** Ends all work. */
  [Symbol.dispose](): void {
    this.#ending.abort(new Error('not listened to any more'));
    this.#listening?.[Symbol.dispose]();
    this.#pauses[Symbol.dispose]();
  }

  async #recogniseSoFar(
    sound: UtteranceSound,
    signal: AbortSignal,
  ): Promise<Transcript> {
    const soundMs = (sound.length / listenRateHz) * 1_000;
    const askEngine: AskEngine = (engine, inner) =>
      this.#askEngine(sound, engine, inner);
    for await (const update of askChain(this.#chain, askEngine, soundMs, signal)) {
      if (update.kind === 'final') return update.transcript;
    }
    return { text: '' };
  }

  async *#askEngine(
    sound: UtteranceSound,
    engine: Transcriber,
    signal: AbortSignal,
  ): AsyncGenerator<TranscriptUpdate> {
    const listening = this.#listening;
    if (engine !== this.#firstEngine || !listening) {
      yield* this.#wrap(engine).transcribe(sound.copyAll(), signal);
      return;
    }
    try {
      yield { kind: 'final', transcript: await listening.settle(signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      listening[Symbol.dispose]();
      this.#listening = undefined;
      throw error;
    }
  }
}

/** Statuses for a missing model or voice. */
const voiceRejectionStatuses: ReadonlySet<number> = new Set([400, 404, 422]);

const modelPart: RequestPart = {
  name: 'model',
  forms: ['chosen', ''],
  givenUp: 'never',
};
const namePart: RequestPart = {
  name: 'voice',
  forms: ['chosen', ''],
  givenUp: 'never',
};

/** Adds to the sound of a server how loud its voice is, by which channels level it. */
export function withVoiceLoudness(engine: Synthesizer): Synthesizer {
  const levels = new VoiceLevels();
  return {
    languages: engine.languages,
    async *synthesize(text, voice, signal): AsyncGenerator<Pcm> {
      const loudness = levels.getLoudness(JSON.stringify([voice.model, voice.name]));
      for await (const pcm of engine.synthesize(text, voice, signal))
        yield { ...pcm, loudness };
    },
  };
}

/**
 * Speaks with the standard voice and calls `onGone` if the server no longer lists a voice, or rejects only that
 * voice. The usual model replaces a rejected one.
 */
export function withStandardVoice(
  engine: Synthesizer,
  voices: Pick<VoiceNames, 'getKnown'>,
  clock: Clock = realClock,
): Synthesizer {
  const knowledge = new ServerKnowledge({ clock });
  const isListed = ({ name = '' }: SpeechVoice) =>
    name !== '' && isKnownVoice(name, voices.getKnown());
  return {
    synthesize(text, voice, signal) {
      const { model, name, ...commonVoice } = voice;
      // The list is that of the usual model.
      const isNamed = (forms: RequestForms) =>
        isSent(forms, 'voice') && (isSent(forms, 'model') || isListed(voice));
      const send = (forms: RequestForms, spokenText = text, until = signal) => {
        const chosenModel = isSent(forms, 'model') && { model };
        const chosenName = isNamed(forms) && { name };
        const chosen = { ...commonVoice, ...chosenModel, ...chosenName };
        return engine.synthesize(spokenText, chosen, until);
      };
      return negotiate(
        {
          parts: [
            ...(model === undefined ? [] : [{ ...modelPart, circumstance: model }]),
            ...(name !== undefined && (model !== undefined || isListed(voice))
              ? [{ ...namePart, circumstance: name }]
              : []),
          ],
          tries: voice.tries,
          send,
          findRefused: (error, forms) => findRefusedChoice(error, forms),
          onAccepted: (forms) => {
            if (name !== undefined && !isNamed(forms)) voice.onGone?.(name, 'reader');
          },
          sendTrial: (forms, until) => send(forms, 'Yes.', until),
        },
        knowledge,
        signal,
      );
    },
  };
}

/** Names the choice of a person that a server rejected: the model first, then the voice. */
function findRefusedChoice(error: unknown, forms: RequestForms) {
  const name = ['model', 'voice'].find((choice) => isSent(forms, choice));
  if (name === undefined || !isVoiceRejection(error)) throw error;
  return [{ name }];
}

/** Returns whether a server rejected the voice or the model, rather than the text. */
export function isVoiceRejection(error: unknown): boolean {
  if (!(error instanceof BotError)) return false;
  // WebSockets have no status, and some servers send no answer for an unknown voice.
  if (error.code === 'provider.empty') return true;
  const { status } = error.about;
  if (error.code !== 'provider.refused') return false;
  return status === undefined ? !error.retryable : voiceRejectionStatuses.has(status);
}

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
