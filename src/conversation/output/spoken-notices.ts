import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { openText } from '#src/people/confidential-text.ts';
import { clausesOf } from './read-aloud.ts';

/** Something that the bot says of itself once no person talks. */
export type SpokenNotice = {
  /** Made when it is said; empty: it is not wanted any more. */
  readonly words: () => string;
  /** Language of `words`, BCP 47. */
  readonly language: string;
  /** Person whom it is for; left out: all. */
  readonly personId?: string;
  /** Longest wait for a pause, in ms. */
  readonly longestWaitMs: number;
  /** Called once: whether any of it was heard. */
  readonly ended: (wasHeard: boolean) => void;
};

type WaitingNotice = { readonly notice: SpokenNotice; readonly untilMs: number };

/** Notices that wait in one channel; further ones are refused. */
const mostWaiting = 3;

/** Sentences that wait for a pause in one voice channel: behind all that was asked, one at a time. */
export class SpokenNotices {
  readonly #context: SessionContext;
  #waiting: readonly WaitingNotice[] = [];
  #isOver = false;

  /** They end with the session. */
  constructor(context: SessionContext) {
    this.#context = context;
    context.signal.addEventListener('abort', () => this.#close());
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** False: it is refused, and its `ended` is not called. */
  put(notice: SpokenNotice): boolean {
    const { parts, wakeup } = this.#context;
    if (this.#isOver || !this.#maySpeak() || this.#waiting.length >= mostWaiting) return false;
    this.#waiting = [
      ...this.#waiting,
      { notice, untilMs: parts.clock.nowMs() + notice.longestWaitMs },
    ];
    wakeup.wake();
    return true;
  }

  /** To be called now and then; `isQuiet`: no person talks. Drops sentences that cannot be said any more. */
  check(isQuiet: boolean): void {
    const { parts, queue } = this.#context;
    const nowMs =
      this.isWaiting && this.#maySpeak() ? parts.clock.nowMs() : Number.POSITIVE_INFINITY;
    const late = this.#waiting.filter(({ untilMs }) => untilMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { notice } of late) notice.ended(false);
    const [first, ...others] = this.#waiting;
    if (!first || !isQuiet || !queue.isFree) return;
    this.#waiting = others;
    this.#say(first.notice);
  }

  /** False: there is no money for speech, a moderator keeps it silent, or it was called to write captions only. */
  #maySpeak(): boolean {
    const { channel, maySpeak, parts, queue } = this.#context;
    return maySpeak() && !queue.isMuted && !parts.spending.used(channel.guildId);
  }

  /** For good: nothing of what waits is said. */
  #close(): void {
    this.#isOver = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { notice } of waiting) notice.ended(false);
  }

  #say({ words, language, personId, ended }: SpokenNotice): void {
    const { queue } = this.#context;
    const clauses = this.#maySpeak() ? clausesOf(words()) : [];
    if (clauses.length === 0) {
      ended(false);
      return;
    }
    let wasHeard = false;
    const handle = new TurnHandle(() => ended(wasHeard));
    const added = queue.read({
      kind: 'reading',
      clauses: clauses.map(openText),
      language,
      when: 'queue',
      personId,
      isWrittenElsewhere: true,
      onHeard: () => {
        wasHeard = true;
      },
      handle,
    });
    if (added.kind !== 'added') handle.drop('late');
  }
}
