import type { Log } from '#src/ops/log.ts';
import type { ProviderMetrics } from '#src/ops/metrics/provider-metrics.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';
import type { ReadingAccuracy } from '#src/speech/reading-check.ts';

/** Words that a model has read aloud before its faithfulness is judged. */
const enoughWords = 100;
/** Share of misread words above which the voice does not read its text. */
const mostWrong = 0.1;

/** Log and figures of servers: their failures and fallbacks, and how well a model reads aloud. */
export class ProviderLog {
  readonly #log: Log;
  readonly #metrics: ProviderMetrics;
  /** Reading accuracy since the last verdict, and that verdict, by provider. */
  readonly #readers = new Map<string, ReadingAccuracy & { readonly isBad: boolean }>();

  constructor(log: Log, metrics: ProviderMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  provider(news: ProviderNews): void {
    const { role } = news;
    switch (news.kind) {
      case 'failed':
        this.#metrics.failures.inc({ role, code: news.code });
        this.#log.warn(
          { role, provider: news.provider, code: news.code, err: news.cause },
          news.message,
        );
        return;
      case 'mended':
        this.#log.info({ role, provider: news.provider }, 'works again');
        return;
      case 'fallback-on':
        this.#metrics.fallbacks.inc({ role });
        this.#metrics.down.add(role);
        this.#log.warn({ role, from: news.from, to: news.to }, 'a fallback is in use');
        return;
      case 'fallback-off':
        this.#metrics.down.delete(role);
        this.#log.info({ role, provider: news.back }, 'back to normal');
        return;
    }
  }

  /** Takes a reading; logs when a model begins to read wrongly, and when it reads well again. */
  reading({ provider, words, wrongWords }: ReadingAccuracy & { readonly provider: string }): void {
    this.#metrics.wordsRead.inc(words);
    this.#metrics.wordsMisread.inc(wrongWords);
    const known = this.#readers.get(provider) ?? { words: 0, wrongWords: 0, isBad: false };
    const now = { words: known.words + words, wrongWords: known.wrongWords + wrongWords };
    const isEnough = now.words >= enoughWords;
    const isBad = isEnough ? now.wrongWords > now.words * mostWrong : known.isBad;
    this.#readers.set(provider, isEnough ? { words: 0, wrongWords: 0, isBad } : { ...now, isBad });
    if (isBad === known.isBad) return;
    if (isBad) this.#log.warn({ provider, ...now }, 'the voice does not read its text as written');
    else this.#log.info({ provider, ...now }, 'the voice reads its text as written again');
  }
}
