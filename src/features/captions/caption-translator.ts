import { BotError } from '#src/base/errors.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import {
  promptMessages,
  textOnlyCompletion,
} from '#src/conversation/answering/text-only-completion.ts';
import {
  readTranslations,
  translationBatches,
  translationPrompt,
} from '#src/conversation/answering/translation-prompt.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { TranscriptLine } from './transcript-line.ts';

export type CaptionTranslatorOptions = {
  readonly guildId: string;
  readonly parts: SessionDependencies;
  /** Language of the translations, BCP 47. */
  readonly language: string;
  /** Whether this line may be shown to a model now. */
  readonly mayShow: (line: TranscriptLine) => boolean;
  readonly onTranslated: (line: TranscriptLine, text: string) => void;
  /** Has everybody there read something. */
  readonly notice: (line: TextLine) => void;
};

/** Time, in ms, in which lines are gathered for one request. */
const gatherMs = 1_500;
/** Pause, in ms, after a request that failed. */
const retryMs = 30_000;
/** Longest time, in ms, for one request. */
const longestMs = 30_000;
/** Lines that wait; the oldest are given up first. */
const mostWaiting = 60;
/** Requests that a line is part of; then it stays as it was spoken. */
const mostTries = 2;
/** Requests one after the other that took too long, after which nothing is asked for `restMs`. */
const [mostLate, restMs] = [3, 10 * 60_000];
/** Requests one after the other without a single translation, after which people read that there are none. */
const mostVain = 2;

/**
 * Translates lines that are over by the chat model, several a request, one request at a time: `/audio/translations` of speech
 * servers knows only English. Never throws.
 */
export class CaptionTranslator {
  readonly #options: CaptionTranslatorOptions;
  readonly #over = new AbortController();
  readonly #tries = new Map<TranscriptLine, number>();
  #waiting: readonly TranscriptLine[] = [];
  #working: Promise<void> | undefined;
  readonly #hurry = new AbortController();
  #isReported = false;
  #vain = 0;
  #late = 0;
  #restsUntilMs = 0;

  constructor(options: CaptionTranslatorOptions) {
    this.#options = options;
  }

  /** Takes a line that is over; one that is in that language already stays as it is. */
  add(line: TranscriptLine): void {
    const { language, parts } = this.#options;
    const isTheirs = line.language !== undefined && isSame(line.language, language);
    if (isTheirs || parts.clock.nowMs() < this.#restsUntilMs) return;
    this.#waiting = [...this.#waiting, line].slice(-mostWaiting);
    this.#schedule();
  }

  /** These lines are not translated any more. */
  drop(numbers: readonly number[]): void {
    this.#waiting = this.#waiting.filter(({ number }) => !numbers.includes(number));
  }

  /** Translates at once what waits, for at most `ms`; nothing more is translated then. */
  async close(ms: number): Promise<void> {
    this.#hurry.abort(new Error('the captions have ended'));
    const late = () => new Error('the captions have ended');
    await within(this.#working ?? Promise.resolve(), ms, this.#options.parts.clock, late).catch(
      () => undefined, // what is not translated by now stays as it was spoken
    );
    this.#waiting = [];
    this.#over.abort(late());
  }

  #schedule(): void {
    if (this.#over.signal.aborted) return;
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
    });
  }

  /** Until nothing waits. Never throws. */
  async #run(): Promise<void> {
    const { signal } = this.#over;
    let waitMs = gatherMs;
    while (this.#waiting.length > 0 && !signal.aborted) {
      const until = AbortSignal.any([signal, this.#hurry.signal]);
      await this.#options.parts.clock.sleep(waitMs, until).catch(() => undefined);
      if (signal.aborted || (waitMs > gatherMs && until.aborted)) return;
      waitMs = await this.#translateSome();
    }
  }

  /** Delay before the next request, in ms. */
  async #translateSome(): Promise<number> {
    const { guildId, mayShow, parts } = this.#options;
    const [batch = []] = translationBatches(this.#waiting.filter(mayShow));
    const taken = new Set(batch.length > 0 ? batch : this.#waiting);
    const others = this.#waiting.filter((line) => !taken.has(line));
    if (batch.length === 0) this.#waiting = others;
    if (batch.length === 0) return gatherMs;
    const prompt = translationPrompt(batch, englishLanguageName(this.#options.language));
    const by = { kind: 'translation', personId: '', name: '' } as const;
    const opened = parts.spending.open({
      guildId,
      ...by,
      first: { messages: promptMessages(prompt) },
    });
    if (opened.kind === 'refused') {
      if (opened.isNews()) this.#options.notice(opened.line);
      this.#waiting = [];
      return gatherMs;
    }
    if (opened.news) this.#options.notice(opened.news);
    const given = new AbortController();
    try {
      const signal = AbortSignal.any([this.#over.signal, given.signal]);
      const asked = textOnlyCompletion(parts.chat, prompt, opened.reservation, signal);
      const reply = await within(unlessAborted(asked, signal), longestMs, parts.clock, late);
      this.#late = 0;
      this.#handle(reply, batch);
      return gatherMs;
    } catch (error) {
      if (!this.#over.signal.aborted) this.#failed(error, batch);
      return retryMs;
    } finally {
      given.abort(new Error('the request is over'));
      opened.reservation.close();
    }
  }

  /** Shows translations, without lines that were forgotten while the model was asked. */
  #handle(reply: string, batch: readonly TranscriptLine[]): void {
    const { mayShow } = this.#options;
    const asked = batch.filter((line) => this.#waiting.includes(line) && mayShow(line));
    const { translated, missing } = readTranslations(reply, batch);
    for (const line of asked) this.#show(line, translated.get(line));
    const again = missing.filter((line) => asked.includes(line) && this.#mayTryAgain(line));
    this.#waiting = this.#waiting.filter((line) => !batch.includes(line) || again.includes(line));
    for (const line of batch) if (!again.includes(line)) this.#tries.delete(line);
    this.#vain = translated.size > 0 ? 0 : this.#vain + 1;
    if (this.#vain >= mostVain) this.#report();
  }

  #show(line: TranscriptLine, text: string | undefined): void {
    if (text !== undefined && !isEqual(text, line.text)) this.#options.onTranslated(line, text);
  }

  #mayTryAgain(line: TranscriptLine): boolean {
    const tries = (this.#tries.get(line) ?? 0) + 1;
    this.#tries.set(line, tries);
    return tries < mostTries;
  }

  /** The lines wait, and are tried again; where the model took too long that counts as a try. */
  #failed(error: unknown, batch: readonly TranscriptLine[]): void {
    const { guildId, parts } = this.#options;
    parts.onEvent(guildId, failureEventOf(error, 'think'));
    this.#report();
    if (!(error instanceof BotError && error.code === 'answer.late')) return;
    const waits = (line: TranscriptLine) => this.#waiting.includes(line);
    const over = batch.filter((line) => waits(line) && !this.#mayTryAgain(line));
    this.#waiting = this.#waiting.filter((line) => !over.includes(line));
    for (const line of over) this.#tries.delete(line);
    this.#late++;
    if (this.#late < mostLate) return;
    this.#late = 0;
    this.#waiting = [];
    this.#restsUntilMs = parts.clock.nowMs() + restMs;
  }

  /** Once. */
  #report(): void {
    const { notice, parts } = this.#options;
    if (!this.#isReported)
      notice({ id: 'captions.translate.off', with: { provider: parts.chatName } });
    this.#isReported = true;
  }
}

function late(): BotError {
  return new BotError('answer.late', true, `A translation took longer than ${longestMs / 1000} s.`);
}

/** Regions and scripts of a language apart. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((tag) => tag.toLowerCase().split('-')[0]);
  return first === second;
}

function isEqual(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim(),
  );
  return first === second;
}
