import { realClock } from '#src/base/clock.ts';
import {
  type ChosenLanguage,
  findSetLanguage,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';
import { describeServer, type ServedBy } from '#src/provider/models/standard-models.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import { RealtimeMemory } from '#src/provider/realtime/realtime-memory.ts';
import {
  listRealtimeUrls,
  RealtimePool,
  type RealtimeSocketOptions,
} from '#src/provider/realtime/realtime-pool.ts';
import { isListenable } from '#src/speech/listen.ts';
import type {
  OnPartial,
  Transcriber,
  TranscriptionOptions,
  TranscriptUpdate,
  UtterancePcm,
} from '#src/speech/speech-engine.ts';
import {
  RealtimeListening,
  type RealtimeListeningOptions,
} from './realtime-listening.ts';
import { createRecogniserSettings } from './transcript-assembler.ts';

/** A Realtime server with the model that recognises. `language` is set by the operator; absent: detected. */
export type RealtimeOptions = Omit<
  RealtimeSocketOptions,
  'memory' | 'session' | 'urls'
> & {
  readonly model: string;
  readonly language?: ChosenLanguage;
  /** What is remembered about the server. Default: nothing. */
  readonly memory?: RealtimeMemory;
  /** Takes each habit of the server that is put right here, once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

/** Utterances in further languages use the connections of the default language. */
const maxLanguages = 9;

/**
 * A recogniser behind any server with OpenAI's Realtime transcription:
 * https://developers.openai.com/api/docs/guides/realtime
 *
 * Sends sound during speech, and gets words meanwhile if the model sends them early.
 */
export class RealtimeTranscriber implements Transcriber, Disposable {
  readonly #options: RealtimeOptions;
  readonly #by: ServedBy;
  readonly #memory: RealtimeMemory;
  readonly #urls: RealtimeSocketOptions['urls'];
  /** The language of a connection is fixed. */
  readonly #languages = new Map<string | undefined, LanguageConnections>();

  /** Creates a recogniser, which connects at the first need, or by `warm`. */
  constructor(options: RealtimeOptions) {
    const { baseUrl, clock = realClock, language, model, report } = options;
    this.#options = options;
    this.#memory = options.memory ?? new RealtimeMemory({ clock, report });
    this.#by = describeServer(model, baseUrl);
    // OpenAI rejects a model in the address, and speaches demands one.
    const intent = 'transcription';
    this.#urls = listRealtimeUrls(baseUrl, [{ intent }, { intent, model }]);
    this.#openConnections(language);
  }

  /** Listens over a connection of its own. Never throws. Aborting `signal` ends the work. */
  listen(
    onPartial: OnPartial,
    signal: AbortSignal,
    { hints = [], language }: TranscriptionOptions = {},
  ): RealtimeListening {
    // These servers detect a language, so no guess is sent.
    const set = findSetLanguage(language);
    const connections = this.#getConnections(
      set ? toBaseLanguage(set) : this.#options.language,
    );
    const { clock = realClock } = this.#options;
    return new RealtimeListening(
      { ...this.#options, ...connections, clock, hints, by: this.#by },
      onPartial,
      signal,
    );
  }

  /** Sends the whole utterance at once, and yields no partials. */
  async *transcribe(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options?: TranscriptionOptions,
  ): AsyncGenerator<TranscriptUpdate> {
    signal.throwIfAborted();
    if (!isListenable(pcm)) {
      yield { kind: 'final', transcript: { text: '' } };
      return;
    }
    using listening = this.listen(() => {}, signal, options);
    listening.push(pcm.samples);
    yield { kind: 'final', transcript: await listening.settle(signal) };
  }

  /** Connects ahead of need. Never throws and never waits. */
  warm(): void {
    this.#getConnections(this.#options.language).pool.warm();
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    for (const { pool } of this.#languages.values()) pool[Symbol.dispose]();
  }

  #getConnections(language: string | undefined): LanguageConnections {
    const connections = this.#languages.get(language);
    if (connections) return connections;
    if (this.#languages.size >= maxLanguages)
      return this.#getConnections(this.#options.language);
    return this.#openConnections(language);
  }

  #openConnections(language: string | undefined): LanguageConnections {
    const { model } = this.#options;
    const createSettings = (hints: readonly string[]) =>
      createRecogniserSettings(model, language, hints);
    const pool = new RealtimePool({
      ...this.#options,
      memory: this.#memory,
      urls: this.#urls,
      session: createRecogniserSettings(model, language),
      maxReady: 1,
    });
    const connections = {
      pool,
      language,
      hintState: { areRefused: false, createSettings },
    };
    this.#languages.set(language, connections);
    return connections;
  }
}

type LanguageConnections = Pick<
  RealtimeListeningOptions,
  'language' | 'pool' | 'hintState'
>;
