import { realClock } from '#src/base/clock.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import {
  listRealtimeUrls,
  RealtimePool,
  type RealtimeSocketOptions,
} from '#src/provider/realtime-pool.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { isListenable } from '#src/speech/utterance-sound.ts';
import {
  RealtimeListening,
  type RealtimeListeningOptions,
} from './realtime-listening.ts';
import { createSessionUpdate } from './transcript-assembler.ts';

export type RealtimeOptions = Omit<RealtimeSocketOptions, 'opening' | 'urls'> & {
  readonly model: string;
  readonly language?: string;
};

/** Further languages are recognised without a hint. */
const maxLanguages = 9;

export type RealtimeTranscriber = Transcriber &
  Disposable & {
    /** Connects ahead of need. Never throws and never waits. */
    warm(): void;
  };

/**
 * Opens a recogniser behind any server with OpenAI's Realtime transcription:
 * https://developers.openai.com/api/docs/guides/realtime
 *
 * Sends sound during speech, and gets words meanwhile if the model sends them early.
 */
export function openRealtimeTranscriber(options: RealtimeOptions): RealtimeTranscriber {
  const { baseUrl, clock = realClock, language: usual, model } = options;
  const by = describeServer(model, baseUrl);
  // OpenAI rejects a model in the address, and speaches demands one.
  const intent = 'transcription';
  const urls = listRealtimeUrls(baseUrl, [{ intent }, { intent, model }]);
  /** The language of a connection is fixed. */
  const languages = new Map<string | undefined, LanguageConnections>();
  const connections = (language: string | undefined) => {
    const known = languages.get(language);
    if (known) return known;
    if (languages.size >= maxLanguages) return connections(usual);
    const opening = createSessionUpdate(model, language);
    const createUpdate = (hints: readonly string[]) =>
      createSessionUpdate(model, language, hints);
    const pool = new RealtimePool({ ...options, urls, opening, maxReady: 1 });
    const opened = { pool, language, hintState: { areRefused: false, createUpdate } };
    languages.set(language, opened);
    return opened;
  };
  const listen: Transcriber['listen'] = (
    onPartial,
    signal,
    { hints = [], language } = {},
  ) => {
    const connected = connections(language ? toBaseLanguage(language) : usual);
    const common = { ...options, ...connected, clock, hints, by };
    return new RealtimeListening(common, onPartial, signal);
  };
  const { pool } = connections(usual);
  return {
    listen,
    async *transcribe(pcm, signal, asked) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      using listening = listen(() => {}, signal, asked);
      listening.push(pcm.samples);
      yield { kind: 'final', transcript: await listening.settle(signal) };
    },
    warm: () => pool.warm(),
    [Symbol.dispose]: () => {
      for (const one of languages.values()) one.pool[Symbol.dispose]();
    },
  };
}

type LanguageConnections = Pick<
  RealtimeListeningOptions,
  'language' | 'pool' | 'hintState'
>;
