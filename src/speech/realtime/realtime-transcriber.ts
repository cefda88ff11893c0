import { realClock } from '#src/base/clock.ts';
import type { SocketLimits } from '#src/provider/json-socket.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { type LinkOptions, realtimeUrls } from '#src/provider/realtime-link.ts';
import { RealtimePool } from '#src/provider/realtime-pool.ts';
import { baseLanguage } from '#src/speech/language-hint.ts';
import { isListenable } from '#src/speech/listenable.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/ports.ts';
import { sessionUpdate } from './realtime-events.ts';
import { RealtimeListening, type TranscriptionHints } from './realtime-listening.ts';

export type RealtimeOptions = Omit<LinkOptions, 'limits' | 'opening' | 'urls'> & {
  readonly model: string;
  /** BCP 47; left out, the server finds out by itself. */
  readonly language?: string;
  readonly limits?: Partial<RealtimeLimits>;
};

export type RealtimeLimits = SocketLimits & {
  /** Longest time from a pause to the words before it, in ms, including a new connection. */
  readonly settleMs: number;
};

const standardSettleMs = 15_000;
/** Languages with connections of their own; others are recognised without a hint. */
const mostLanguages = 8;

export type RealtimeTranscriber = Transcriber &
  Disposable & {
    /** Connects ahead of need. Never throws and never waits. */
    warm(): void;
  };

/**
 * Any server with OpenAI's Realtime transcription: sound goes up during speech, and words come back meanwhile if the model
 * sends them early.
 */
export function openRealtimeTranscriber(options: RealtimeOptions): RealtimeTranscriber {
  const { clock = realClock, language } = options;
  const settleMs = options.limits?.settleMs ?? standardSettleMs;
  const { baseUrl, model } = options;
  const by = servedBy(model, baseUrl);
  const opening = sessionUpdate(model, language);
  // OpenAI refuses a model in the address, speaches insists on one.
  const intent = 'transcription';
  const urls = realtimeUrls(baseUrl, [{ intent }, { intent, model }]);
  const pool = new RealtimePool({ ...options, urls, opening, ready: 1 });
  const told: TranscriptionHints = {
    areRefused: false,
    updateOf: (hints) => sessionUpdate(model, language, hints),
  };
  const hearing = (hints: readonly string[]) => {
    const listen = (onPartial: OnPartial, signal: AbortSignal): Listening => {
      const common = { ...options, pool, told, clock, settleMs, language, hints, by };
      return new RealtimeListening(common, onPartial, signal);
    };
    const transcriber: Transcriber = {
      listen,
      async *transcribe(pcm, signal) {
        signal.throwIfAborted();
        if (!isListenable(pcm)) {
          yield { kind: 'final', transcript: { text: '' } };
          return;
        }
        using listening = listen(() => {}, signal);
        listening.push(pcm.samples);
        yield { kind: 'final', transcript: await listening.settle(signal) };
      },
      withHints: hearing,
      inLanguage: (tag) => {
        const other = own.inLanguage?.(tag) ?? own;
        return other.withHints?.(hints) ?? other;
      },
    };
    return transcriber;
  };
  /** The language of a connection is fixed, so each language has connections of its own. */
  const others = new Map<string, RealtimeTranscriber>();
  const own: RealtimeTranscriber = {
    ...hearing([]),
    warm: () => pool.warm(),
    inLanguage: (tag) => {
      const known = baseLanguage(tag);
      const other = others.get(known);
      if (known === language) return own;
      if (other) return other;
      if (others.size >= mostLanguages) return own;
      const opened = openRealtimeTranscriber({ ...options, language: known });
      others.set(known, opened);
      return opened;
    },
    [Symbol.dispose]: () => {
      for (const one of [pool, ...others.values()]) one[Symbol.dispose]();
    },
  };
  return own;
}
