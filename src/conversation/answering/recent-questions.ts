import type { HeardQuestion } from '#src/conversation/ports/panel.ts';
import { withDuplicates } from '#src/conversation/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import { speakerOf } from '#src/conversation/queue/queued-turn.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { cut } from '#src/texts/plain.ts';
import { visibleLine } from '#src/texts/visible-line.ts';

/** Time, in ms, for which the panel shows a question. */
const heardMs = 60_000;
/** Questions shown at once, one of each person, and the most characters of each. */
const [mostShown, mostChars] = [3, 200];

type RecentQuestion = {
  readonly question: QueuedQuestion;
  readonly atMs: number;
};

/** Questions of the last minute in one channel, as the bot understood them, for the panel. */
export class RecentQuestions {
  readonly #context: SessionContext;
  #recent: readonly RecentQuestion[] = [];

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Instant at which the next one passes by itself; infinite where there is none. */
  get passesAtMs(): number {
    this.#expire();
    return Math.min(...this.#recent.map(({ atMs }) => atMs + heardMs));
  }

  /** Its answer is being made. */
  answering(question: QueuedQuestion): void {
    this.#expire();
    if (this.#recent.some((one) => one.question === question)) return;
    this.#recent = [...this.#recent, { question, atMs: this.#nowMs() }];
  }

  /**
   * Questions on the panel, the latest of each person: spoken words, while they are written nowhere else, in the chat of the voice channel.
   */
  shown(): readonly HeardQuestion[] {
    this.#expire();
    const { channel, features, gate, parts, queue } = this.#context;
    const place = parts.panels.placeIn(channel.guildId);
    if (place?.channelId !== channel.channelId) return [];
    if (features.panel().captionsIn !== undefined || gate.paused || queue.isEnding) return [];
    const spoken = this.#recent
      .map(({ question }) => question)
      .filter((question) => this.#mayShow(question));
    const latest = new Map(spoken.map((one) => [speakerOf(one), one]));
    return [...latest.values()].slice(-mostShown).flatMap(({ said, words }) => {
      const text = cut(visibleLine(words?.text ?? ''), mostChars);
      return text === '' ? [] : [{ name: said.name, words: text }];
    });
  }

  /** Drops what this person asked. */
  forget(personId: string): void {
    this.#recent = this.#recent.filter(({ question }) =>
      withDuplicates(question).every((one) => speakerOf(one) !== personId),
    );
  }

  #mayShow(question: QueuedQuestion): boolean {
    if (question.report || isGone(question)) return false;
    return withDuplicates(question).every((one) => hasAgreed(speakerOf(one), this.#context.gate));
  }

  #expire(): void {
    const nowMs = this.#nowMs();
    this.#recent = this.#recent.filter(({ atMs }) => nowMs - atMs < heardMs);
  }

  #nowMs(): number {
    return this.#context.parts.clock.nowMs();
  }
}

/**
 * Whether this person may be written, and said yes themselves: each yes is told that all who can open the chat may read their
 * questions.
 */
function hasAgreed(personId: string, gate: SessionContext['gate']): boolean {
  return gate.mayWrite(personId) && gate.consentOf(personId) !== 'policy';
}

/** Whether it was taken back, or was none. */
function isGone({ handle: { dropped } }: QueuedQuestion): boolean {
  return dropped === 'withdrawn' || dropped === 'continued' || dropped === 'unmeant';
}
