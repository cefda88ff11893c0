import { BotError } from '#src/base/errors.ts';
import { writeUnspeakable } from '#src/conversation/alerts/report-failure.ts';
import { writeToPeople } from '#src/conversation/alerts/say-or-write.ts';
import type { ArrivedPart, PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { AnswerProgress } from './play-answer.ts';

/** An answer so far, and the people who may know it. */
type WrittenAnswer = {
  readonly progress: AnswerProgress;
  readonly pending: PendingAnswer;
  /** People for whom all of it is written, with a mention, once it is whole. */
  readonly writtenTo: readonly string[];
};

/** Until then it may show whether one sentence failed, or the voice is out; it is written within 2 s. */
const soonMs = 1_000;

/**
 * Passes the parts of a reply on and writes what has no sound: the sentences that were skipped, or, where no sound comes any
 * more, the whole answer as far as it is known, and its rest in the end.
 *
 * Errors: as `parts`, but only once it is written. Aborting `signal` writes nothing more.
 */
export async function* writeUnspoken(
  parts: AsyncIterable<ArrivedPart>,
  answer: WrittenAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const voiceless = new Voiceless(answer, context, signal);
  try {
    for await (const arrived of parts) {
      yield arrived;
      voiceless.handle(arrived.part);
    }
  } catch (error) {
    if (error instanceof BotError && error.stage === 'speak') voiceless.out();
    await voiceless.end();
    throw error;
  }
  await voiceless.end();
  if (voiceless.wasHeard) context.talk.voiceWorks();
}

class Voiceless {
  readonly #answer: WrittenAnswer;
  readonly #context: SessionContext;
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  #skipped: string[] = [];
  /** In which no voice speaks. */
  #language: string | undefined;
  /** The last that was to be heard was not. */
  #isOut = false;
  #hasSound = false;
  #hasSkipped = false;
  /** Characters of the answer that were written. */
  #written = 0;
  #writing: Promise<void> | undefined;

  constructor(answer: WrittenAnswer, context: SessionContext, signal: AbortSignal) {
    this.#answer = answer;
    this.#context = context;
    this.#signal = signal;
  }

  /** All of it, and something. */
  get wasHeard(): boolean {
    return this.#hasSound && !this.#hasSkipped;
  }

  handle(part: ArrivedPart['part']): void {
    if (part.kind === 'audio') {
      this.#isOut = false;
      this.#hasSound = true;
    }
    if (part.kind !== 'unspoken') return;
    this.#isOut = true;
    this.#hasSkipped = true;
    this.#skipped.push(part.text);
    this.#language = part.language;
    if (this.#answer.writtenTo.length === 0) this.#writing ??= this.#writeSoon();
  }

  out(): void {
    this.#isOut = true;
  }

  async end(): Promise<void> {
    this.#ended.abort(new Error('the answer has ended'));
    await this.#writing;
    if (this.#signal.aborted) return;
    if (this.#answer.writtenTo.length > 0) this.#writeWhole();
    else this.#write();
  }

  /** Never throws. */
  async #writeSoon(): Promise<void> {
    const until = AbortSignal.any([this.#signal, this.#ended.signal]);
    const isDue = await this.#context.parts.clock.sleep(soonMs, until).then(
      () => true,
      () => false,
    );
    if (isDue) this.#write();
  }

  #write(): void {
    const words = this.#isOut ? this.#rest() : this.#skipped.join(' ');
    this.#skipped = [];
    this.#writing = undefined;
    if (words.trim() === '') return;
    const { pending, progress } = this.#answer;
    writeUnspeakable(pending.written(words.trim()), this.#context, this.#language);
    progress.written = [progress.written ?? '', words.trim()].join(' ').trim();
  }

  #writeWhole(): void {
    const { pending, progress, writtenTo } = this.#answer;
    const words = progress.text.trim();
    if (words === '') return;
    writeToPeople(writtenTo, pending.written(words), this.#context);
    progress.written = words;
  }

  #rest(): string {
    const { text } = this.#answer.progress;
    const rest = text.slice(this.#written);
    this.#written = text.length;
    return rest;
  }
}
