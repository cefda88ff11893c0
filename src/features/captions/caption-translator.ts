import { BotError } from '#src/base/errors.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import { within } from '#src/base/waiting.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { promptMessages, textOnlyCompletion } from '#src/pipeline/prompt-data-block.ts';
import {
  readTranslations,
  translationBatches,
  translationPrompt,
} from '#src/pipeline/translation-prompt.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

/** Time, in ms, in which lines are gathered for one request. */
const gatherMs = 1_500;
/** Rest, in ms, after a request that failed. */
const restMs = 30_000;
/** Longest time, in ms, for one request. */
const longestMs = 30_000;
/** Lines that wait; the oldest are given up first. */
const mostWaiting = 60;

/**
 * Translations of the captions of one session, below their line, shown and not kept. The chat model translates several lines a
 * request, one request at a time: `/audio/translations` of speech servers knows only English. Never throws.
 */
export class CaptionTranslator {
  readonly #context: SessionContext;
  readonly #recorder: TranscriptRecorder;
  readonly #closing = new AbortController();
  #language: string | undefined;
  #waiting: readonly TranscriptLine[] = [];
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #isReported = false;

  constructor(context: SessionContext, recorder: TranscriptRecorder) {
    this.#context = context;
    this.#recorder = recorder;
  }

  /** Language into which speech from now on is translated, BCP 47; undefined: into none. */
  into(language: string | undefined): void {
    if (language !== this.#language) this.#waiting = [];
    this.#language = language;
  }

  /** Takes a line that is over; one that has no words or is in that language already stays as it is. */
  add(line: TranscriptLine): void {
    const language = this.#language;
    if (language === undefined || this.#closing.signal.aborted) return;
    if (line.language !== undefined && isSame(line.language, language)) return;
    if (visibleLine(line.text) === '') return;
    this.#waiting = [...this.#waiting, line].slice(-mostWaiting);
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
    });
  }

  /** Translates at once what waits, for at most `ms`. */
  async close(ms: number): Promise<void> {
    this.#closing.abort(new Error('the captions have ended'));
    const working = this.#working ?? Promise.resolve();
    await within(working, ms, this.#context.parts.clock, late).catch(() => undefined);
  }

  /** Until nothing waits. Never throws. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#waiting.length > 0) {
      const waitMs = this.#hasFailed ? restMs : gatherMs;
      await this.#context.parts.clock.sleep(waitMs, signal).catch(() => undefined);
      if (this.#hasFailed && signal.aborted) return;
      await this.#translateSome(this.#language ?? '');
    }
  }

  async #translateSome(language: string): Promise<void> {
    const { channel, notice, parts } = this.#context;
    this.#waiting = this.#waiting.filter((line) => this.#mayShow(line));
    const [batch = []] = translationBatches(this.#waiting);
    if (batch.length === 0) return;
    const prompt = translationPrompt(batch, englishLanguageName(language));
    const payer = { kind: 'translation', personId: '', name: '' } as const;
    const first = { messages: promptMessages(prompt) };
    const opened = parts.spending.open({ guildId: channel.guildId, ...payer, first });
    if (opened.kind === 'refused') {
      if (opened.isNews()) notice(opened.line);
      this.#waiting = [];
      return;
    }
    if (opened.news) notice(opened.news);
    const over = new AbortController();
    let isDone = true;
    try {
      const asked = textOnlyCompletion(parts.chat.paidBy(opened.reservation), prompt, over.signal);
      const reply = await within(asked, longestMs, parts.clock, late);
      const { translated } = readTranslations(reply, batch);
      if (language === this.#language) this.#show(translated);
      this.#hasFailed = translated.size === 0;
    } catch (error) {
      parts.onEvent(channel.guildId, failureEventOf(error, 'think'));
      this.#hasFailed = true;
      // Lines that the model took too long for stay as they were spoken; others are tried again.
      isDone = error instanceof BotError && error.code === 'answer.late';
    } finally {
      over.abort(new Error('the request is over'));
      opened.reservation.close();
    }
    if (isDone) this.#waiting = this.#waiting.filter((line) => !batch.includes(line));
    if (this.#hasFailed && !this.#isReported)
      notice({ id: 'captions.translate.off', with: { provider: parts.chatName } });
    this.#isReported ||= this.#hasFailed;
  }

  /** Whether this line may be shown to a model now, and its translation to people. */
  #mayShow({ number, speaker }: TranscriptLine): boolean {
    const isKept = this.#recorder.line(number) !== undefined;
    return isKept && peopleIn(speaker).every((id) => this.#context.gate.mayWrite(id));
  }

  #show(translated: ReadonlyMap<TranscriptLine, string>): void {
    for (const [line, text] of translated) {
      if (!this.#mayShow(line) || wordsOf(text) === wordsOf(line.text)) continue;
      this.#recorder.live.translate(line.number, text);
    }
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

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
