import type { Clock } from '#src/base/clock.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import { clausesOf } from './read-aloud.ts';

/** Something that the bot says of itself once nobody talks. */
export type PauseNotice = {
  /** Made when it is said; empty: it is not wanted any more. */
  readonly words: () => string;
  /** Of `words`, BCP 47. */
  readonly language: string;
  /** People whom it is for, or about. */
  readonly aboutIds: readonly string[];
  /** Longest wait for a pause, in ms. */
  readonly longestWaitMs: number;
  /** Called once: whether any of it was heard. */
  readonly ended: (wasHeard: boolean) => void;
};

type WaitingNotice = { readonly notice: PauseNotice; readonly untilMs: number };

type PauseNoticesParts = {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly queue: Pick<TurnQueue, 'isFree' | 'isMuted' | 'read'>;
  /** False: there is no money for speech, a moderator keeps it silent, or it was called to write captions only. */
  readonly maySpeak: () => boolean;
  /** Has `look` called soon. */
  readonly wake: () => void;
};

/** Notices of one channel, for as long as its session lasts. */
export function openPauseNotices(
  channel: ChannelRef,
  { clock, spending }: Pick<SessionDependencies, 'clock' | 'spending'>,
  {
    isCaptionsOnly,
    ...others
  }: Pick<PauseNoticesParts, 'queue' | 'wake'> & { readonly isCaptionsOnly: () => boolean },
): PauseNotices {
  const { guildId } = channel;
  const maySpeak = () =>
    !isCaptionsOnly() && !others.queue.isMuted && !spending.manner(guildId).quiet;
  return new PauseNotices({ clock, maySpeak, ...others });
}

/** Notices that wait in one channel; further ones are refused. */
const mostWaiting = 3;

/** Sentences that wait for a pause in one voice channel: behind all that was asked, one at a time. */
export class PauseNotices {
  readonly #parts: PauseNoticesParts;
  #waiting: readonly WaitingNotice[] = [];
  #isOver = false;

  constructor(parts: PauseNoticesParts) {
    this.#parts = parts;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** False: it is not taken, and its `ended` is not called. */
  put(notice: PauseNotice): boolean {
    const { clock, maySpeak, wake } = this.#parts;
    if (this.#isOver || !maySpeak() || this.#waiting.length >= mostWaiting) return false;
    this.#waiting = [...this.#waiting, { notice, untilMs: clock.nowMs() + notice.longestWaitMs }];
    wake();
    return true;
  }

  /** To be called now and then; `isQuiet`: nobody talks. What cannot be said any more does not wait. */
  look(isQuiet: boolean): void {
    const { clock, maySpeak, queue } = this.#parts;
    const nowMs = this.isWaiting && maySpeak() ? clock.nowMs() : Number.POSITIVE_INFINITY;
    const late = this.#waiting.filter(({ untilMs }) => untilMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { notice } of late) notice.ended(false);
    const [first, ...others] = this.#waiting;
    if (!first || !isQuiet || !queue.isFree) return;
    this.#waiting = others;
    this.#say(first.notice);
  }

  /** For good: nothing of what waits is said. */
  close(): void {
    this.#isOver = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { notice } of waiting) notice.ended(false);
  }

  #say({ words, language, aboutIds, ended }: PauseNotice): void {
    const { maySpeak, queue } = this.#parts;
    const clauses = maySpeak() ? clausesOf(words()) : [];
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
      answeredIds: aboutIds,
      isWrittenElsewhere: true,
      onHeard: () => {
        wasHeard = true;
      },
      handle,
    });
    if (added.kind !== 'added') handle.drop('late');
  }
}
