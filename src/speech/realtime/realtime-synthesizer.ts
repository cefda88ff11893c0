import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { OpenSocket, SocketLimits } from '#src/provider/json-socket.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import type { ServerUsage, SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { compareReading, type ReadingAccuracy } from '#src/speech/reading-check.ts';
import { textPieces } from '#src/speech/text-pieces.ts';
import { SpeechConnection, type SpeechConnectionLimits } from './realtime-speech-line.ts';
import type { SentenceRequest, SpeechManner } from './realtime-speech-request.ts';
import type { RealtimeUtterance } from './realtime-speech-utterance.ts';

export type RealtimeSpeechOptions = {
  /** `http` and `ws` mean the same. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  readonly voice: string;
  /** The tone where a voice asks for none. */
  readonly instructions?: string;
  readonly clock?: Clock;
  readonly limits?: Partial<SpeechConnectionLimits & SocketLimits>;
  readonly openSocket?: OpenSocket;
  /** Called for each text that was read to its end, where the server reports its words. Never throws. */
  readonly onReading?: (reading: ReadingAccuracy) => void;
};

export type RealtimeSynthesizer = Synthesizer &
  Disposable & {
    /** Connects ahead of need. Never throws and never waits. */
    warm(): void;
  };

const usualLimits: SpeechConnectionLimits = {
  firstMs: 20_000,
  idleMs: 10_000,
  mostHereMs: 10_000,
  cancelMs: 3000,
  oldestMs: 55 * 60_000,
};
/** About 10 s of sound, so that sound requested ahead stays below the limit of unread sound. */
const longestPieceChars = 150;
/** Most connections, one per voice; further ones close those that are unused. */
const mostLines = 4;
/** Time in ms after a failed attempt in which no connection is opened ahead of need. */
const backOffMs = 5000;

/**
 * Speech by a Realtime model that reads each text in a response of its own beside the conversation.
 *
 * One connection per voice is kept, over which texts that overlap are read at once. One that breaks is replaced, and a
 * text without any output is requested once more. It is a model, not a reader: `onReading` gets the accuracy of its
 * reading.
 */
export function openRealtimeSynthesizer(options: RealtimeSpeechOptions): RealtimeSynthesizer {
  const voices = new VoiceConnections(options);
  const by = servedBy(options.model, options.baseUrl);
  const usual: SpeechManner = { voice: options.voice, speed: undefined };
  return {
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted();
      if (!/[\p{L}\p{N}]/u.test(text)) {
        throw new BotError('speech.unspeakable', false, 'The text has nothing to speak.');
      }
      const manner = { voice: voice.name ?? options.voice, speed: voice.speed };
      const report = (count?: ServerUsage) => voice.onUsage?.({ by, count });
      const tone = toneOf(voice, options);
      for (const piece of textPieces(text, longestPieceChars)) {
        yield* read(voices, manner, { text: piece, tone, report }, signal);
      }
    },
    warm: () => voices.warm(usual),
    [Symbol.dispose]: () => voices[Symbol.dispose](),
  };
}

function toneOf(voice: SpeechVoice, { instructions }: RealtimeSpeechOptions): string | undefined {
  return voice.instructions ?? instructions;
}

/** `report` reports the model with the request, and its usage. */
type SpeechRequest = SentenceRequest & { readonly report: (count?: ServerUsage) => void };

async function* read(
  voices: VoiceConnections,
  manner: SpeechManner,
  asked: SpeechRequest,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  for (let tries = 0; ; tries++) {
    const line = await voices.line(manner, signal);
    const utterance = line.say(asked);
    asked.report();
    const leave = () => line.leave(utterance);
    signal.addEventListener('abort', leave);
    try {
      yield* soundOf(utterance, signal);
      voices.report(asked.text, utterance.transcript);
      if (utterance.count) asked.report(utterance.count);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (tries > 0 || !utterance.wasLostUnheard) throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }
}

/** Each piece of a server is decoded by itself; half a sample waits for its other half. */
async function* soundOf(utterance: RealtimeUtterance, signal: AbortSignal): AsyncGenerator<Pcm> {
  const stream = new SoundStream('audio/pcm', speakRateHz);
  for await (const bytes of utterance.read(signal)) yield* stream.push(bytes);
  yield* stream.end();
}

/** The connections, one a voice. */
class VoiceConnections implements Disposable {
  readonly #options: RealtimeSpeechOptions;
  readonly #over = new AbortController();
  /** The one used last comes last. */
  readonly #lines = new Map<string, SpeechConnection>();
  readonly #coming = new Map<string, Promise<SpeechConnection>>();
  /** Replaced, and still reading something to its end. */
  #leaving: SpeechConnection[] = [];
  #nextTryAtMs = 0;

  constructor(options: RealtimeSpeechOptions) {
    this.#options = options;
  }

  /** Errors: BotError `provider.*`. Aborting `signal` throws `signal.reason`. */
  async line(manner: SpeechManner, signal: AbortSignal): Promise<SpeechConnection> {
    const key = JSON.stringify([manner.voice, manner.speed]);
    const line = this.#lines.get(key);
    if (!line?.isUsable) {
      return await unlessAborted(this.#coming.get(key) ?? this.#open(key, manner), signal);
    }
    this.#lines.delete(key);
    this.#lines.set(key, line);
    return line;
  }

  warm(manner: SpeechManner): void {
    const isTooSoon = this.#clock.nowMs() < this.#nextTryAtMs;
    if (isTooSoon || this.#over.signal.aborted) return;
    this.line(manner, this.#over.signal).catch(() => undefined); // each request gets the error
  }

  /** Reading of a server that does not report its words cannot be judged. */
  report(wanted: string, said: string): void {
    if (said !== '') this.#options.onReading?.(compareReading(wanted, said));
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The voice is closed.'));
    for (const line of [...this.#lines.values(), ...this.#leaving]) line.close();
    this.#lines.clear();
    this.#leaving = [];
  }

  #open(key: string, manner: SpeechManner): Promise<SpeechConnection> {
    const coming = this.#connect(key, manner);
    this.#coming.set(key, coming);
    const failed = () => {
      this.#nextTryAtMs = this.#clock.nowMs() + backOffMs;
    };
    void coming.catch(failed).finally(() => this.#coming.delete(key));
    return coming;
  }

  async #connect(key: string, manner: SpeechManner): Promise<SpeechConnection> {
    const { limits = {} } = this.#options;
    const lineLimits = { ...usualLimits, ...limits };
    const options = { ...this.#options, limits, lineLimits, manner };
    const line = await SpeechConnection.open(options, this.#over.signal);
    if (this.#over.signal.aborted) line.close();
    this.#over.signal.throwIfAborted();
    this.#replace(key);
    this.#makeSpace();
    this.#lines.set(key, line);
    return line;
  }

  #replace(key: string): void {
    const former = this.#lines.get(key);
    this.#lines.delete(key);
    former?.retire();
    const all = former ? [...this.#leaving, former] : this.#leaving;
    this.#leaving = all.filter(({ isIdle }) => !isIdle);
  }

  #makeSpace(): void {
    for (const [key, line] of this.#lines) {
      if (this.#lines.size < mostLines) return;
      if (!line.isIdle) continue;
      line.close();
      this.#lines.delete(key);
    }
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }
}
