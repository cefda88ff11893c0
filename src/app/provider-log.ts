import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { type Log, logSession } from '#src/ops/log.ts';
import type { ProviderMetrics } from '#src/ops/metrics/provider-metrics.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';
import type { ReadingAccuracy } from '#src/speech/reading-check.ts';

/** Most complaints kept: more than one server has. */
const mostReported = 50;

/** Words that a model has read aloud before its faithfulness is judged. */
const enoughWords = 100;
/** Share of misread words above which the voice does not read its text. */
const mostWrong = 0.1;

/** The operator reads of each trouble with a server once, not once a turn, and that it is over. */
export class ProviderLog {
  readonly #log: Log;
  readonly #metrics: ProviderMetrics;
  /** Reported complaints since it last worked, by role and provider. */
  readonly #reported = new Map<string, Set<string>>();
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
        this.#failed(news);
        return;
      case 'mended':
        this.#reported.delete(keyOf(role, news.provider));
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

  /** Reports the server failure behind a session event once, not again for each answer that it spoils. */
  session(guildId: string, event: SessionEvent): void {
    if (event.kind === 'failed' && this.#isReported(event.message)) {
      const { stage, code, message } = event;
      this.#log.debug({ guildId, stage, code }, message);
      return;
    }
    logSession(this.#log, guildId, event);
  }

  #failed({
    role,
    provider,
    code,
    message,
    cause,
  }: Extract<ProviderNews, { kind: 'failed' }>): void {
    const key = keyOf(role, provider);
    const reported = this.#reported.get(key) ?? new Set();
    this.#reported.set(key, reported);
    const isNew = !reported.has(code);
    if (reported.size < mostReported) reported.add(code).add(message);
    this.#log[isNew ? 'warn' : 'debug']({ role, provider, code, err: cause }, message);
  }

  #isReported(message: string): boolean {
    return [...this.#reported.values()].some((reported) => reported.has(message));
  }
}

function keyOf(role: ProviderRole, provider: string): string {
  return `${role} ${provider}`;
}
