import { realClock } from '#src/base/clock.ts';
import { servedBy } from '#src/provider/models/models.ts';
import { type LinkOptions, RealtimePool, realtimeUrls } from '#src/provider/realtime-pool.ts';
import { baseLanguage } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { isListenable } from '#src/speech/utterance-sound.ts';
import { RealtimeListening, type RealtimeListeningOptions } from './realtime-listening.ts';
import { sessionUpdate } from './realtime-parts.ts';

export type RealtimeOptions = Omit<LinkOptions, 'opening' | 'urls'> & {
  readonly model: string;
  /** BCP 47. If undefined, the server detects the language. */
  readonly language?: string;
};

/** Further languages are recognised without a hint. */
const mostLanguages = 9;

export type RealtimeTranscriber = Transcriber &
  Disposable & {
    /** Never throws and never waits. */
    warm(): void;
  };

/**
 * Opens a recogniser behind any server with OpenAI's Realtime transcription:
 * https://developers.openai.com/api/docs/guides/realtime
 *
 * Sound leaves during speech, and words come back meanwhile if the model sends them early.
 */
export function openRealtimeTranscriber(options: RealtimeOptions): RealtimeTranscriber {
  const { baseUrl, clock = realClock, language: usual, model } = options;
  const by = servedBy(model, baseUrl);
  // OpenAI rejects a model in the address, and speaches demands one.
  const intent = 'transcription';
  const urls = realtimeUrls(baseUrl, [{ intent }, { intent, model }]);
  /** The language of a connection is fixed. */
  const languages = new Map<string | undefined, LanguageConnections>();
  const connections = (language: string | undefined): LanguageConnections => {
    const known = languages.get(language);
    if (known) return known;
    if (languages.size >= mostLanguages) return connections(usual);
    const opening = sessionUpdate(model, language);
    const updateOf = (hints: readonly string[]) => sessionUpdate(model, language, hints);
    const pool = new RealtimePool({ ...options, urls, opening, ready: 1 });
    const opened = { pool, language, told: { areRefused: false, updateOf } };
    languages.set(language, opened);
    return opened;
  };
  const listen: Transcriber['listen'] = (onPartial, signal, { hints = [], language } = {}) => {
    const connected = connections(language ? baseLanguage(language) : usual);
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

type LanguageConnections = Pick<RealtimeListeningOptions, 'language' | 'pool' | 'told'>;
