import type { DroppedTurnReason } from '#src/conversation/ports/session-events.ts';
import { hasWaitedTooLong, queueRules } from '#src/turn/queue-rules.ts';
import { endAll, isDuplicate, withDuplicates } from './duplicate-questions.ts';
import type { QueuedQuestion, QueuedReading, QueuedTurn } from './queued-turn.ts';
import { isQuestion, speakerOf } from './queued-turn.ts';
import type { DropReason } from './turn-handle.ts';
import { type HeardTurn, letsPass, WaitingTurns } from './waiting-turns.ts';

export type AddTurnResult =
  | { readonly kind: 'added'; readonly ahead: number }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'muted' };

/** `joined`: another person asked the same just before, and both get one answer. */
export type AskResult = 'waiting' | 'joined' | 'refused';

export type TurnQueueOptions = {
  readonly nowMs: () => number;
  readonly onLost?: (question: QueuedQuestion, why: DroppedTurnReason) => void;
  /** Called after something waits or does not any more, begins or ends, and when the bot is to end. */
  readonly onChange?: () => void;
};

/** Who speaks next through the bot: one turn is current, the others wait in order of arrival. */
export class TurnQueue {
  readonly #nowMs: () => number;
  readonly #onLost: NonNullable<TurnQueueOptions['onLost']>;
  readonly #onChange: NonNullable<TurnQueueOptions['onChange']>;
  readonly #line: WaitingTurns;
  #aside: readonly QueuedQuestion[] = [];
  #current: QueuedTurn | undefined;
  #closed = false;
  #ending = false;
  #unanswered: readonly QueuedQuestion[] = [];
  #muted = false;
  #latest: HeardTurn | undefined;

  constructor({ nowMs, onLost = () => undefined, onChange = () => undefined }: TurnQueueOptions) {
    this.#nowMs = nowMs;
    this.#onLost = onLost;
    this.#onChange = onChange;
    this.#line = new WaitingTurns(onChange);
  }

  get current(): QueuedTurn | undefined {
    return this.#current;
  }

  /** Turn that is said now, or else the next one. */
  get next(): QueuedTurn | undefined {
    return this.#current ?? this.#line.turns[0];
  }

  /** The question that comes after what is said now. */
  get following(): QueuedQuestion | undefined {
    return this.#current && this.#line.questions[0];
  }

  /** Turns that wait, in the order of the queue. */
  get line(): readonly QueuedTurn[] {
    return this.#line.turns;
  }

  /** Questions whose answers are awaited while other turns are current. */
  get aside(): readonly QueuedQuestion[] {
    return this.#aside;
  }

  /** Last turn that was heard and is over. */
  get latest(): HeardTurn | undefined {
    return this.#latest;
  }

  /** True where no turn is accepted any more, as the bot is to end. */
  get isEnding(): boolean {
    return this.#ending;
  }

  /** Questions that are not answered since the bot is to end. */
  get unanswered(): readonly QueuedQuestion[] {
    return this.#unanswered;
  }

  /** A moderator keeps the bot silent. */
  get isMuted(): boolean {
    return this.#muted;
  }

  /** Nothing is said, nothing waits, and what is asked next is answered at once. */
  get isFree(): boolean {
    return !this.#muted && this.next === undefined;
  }

  /**
   * First to finish is first answered; a person who asks what another has just asked is answered with them.
   *
   * One typed question of each person waits: a second one takes its place.
   */
  ask(question: QueuedQuestion): AskResult {
    const refusal = this.#refusal;
    if (refusal) {
      question.handle.drop(refusal);
      return 'refused';
    }
    if (this.#join(question)) return 'joined';
    this.#makeSpace(question);
    this.#line.putQuestion(question);
    return 'waiting';
  }

  /**
   * `now` goes before all that waits, but behind what came with `now` before it; `behind` after all else, and of those so many
   * of each owner wait.
   */
  read(reading: QueuedReading): AddTurnResult {
    if (this.#closed || this.#ending) return { kind: 'closed' };
    if (this.#muted) return { kind: 'muted' };
    const limit = this.#line.limitFor(reading);
    if (limit !== undefined) return { kind: 'full', limit };
    return { kind: 'added', ahead: this.#line.putReading(reading) + (this.#current ? 1 : 0) };
  }

  /** Each is current until the next one is asked for. One reader at a time. Aborting throws `signal.reason`. */
  async *turns(signal: AbortSignal): AsyncGenerator<QueuedTurn> {
    const wake = () => this.#line.wake();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        this.expire();
        const [next] = this.#line.turns;
        if (!next) await this.#line.changed();
        else yield* this.#give(next);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** All of it, or a part, was heard while the others waited. */
  heard(turn: QueuedTurn): void {
    this.#latest = { turn, atMs: this.#nowMs() };
    if (turn.kind === 'reading') turn.onHeard?.();
    if (turn.kind === 'reading' && turn.interruptible === false) return; // a notice of the bot, for no person in particular
    const spokenTo = isQuestion(turn) ? withDuplicates(turn).map(speakerOf) : [];
    for (const one of [...this.#line.questions, ...this.#aside]) {
      if (!spokenTo.includes(speakerOf(one))) one.waited = true;
    }
  }

  /** Puts a turn that was not heard first again. */
  putBack(turn: QueuedTurn): void {
    if (!this.#refusal) this.#line.putFirst(turn);
  }

  /** Puts a question aside while its answer is awaited and other turns are current; false where too many are aside. */
  putAside(question: QueuedQuestion): boolean {
    if (this.#aside.length >= queueRules.mostPostponed) return false;
    question.postponed = true;
    this.#aside = [...this.#aside, question];
    this.#onChange();
    return true;
  }

  /** Queues a question that was put aside again: its answer is there, or will never be. */
  resume(question: QueuedQuestion): void {
    if (!this.#aside.includes(question)) return;
    this.#aside = this.#aside.filter((one) => one !== question);
    this.#line.put(question);
  }

  /** Drops questions that have waited too long. To be called now and then. */
  expire(): void {
    const nowMs = this.#nowMs();
    for (const one of this.#line.questions) {
      if (one.postponed) continue;
      if (hasWaitedTooLong(one.endedAtMs, nowMs, queueRules)) this.lose(one, 'late');
    }
  }

  /** Drops a turn for all who asked it: it is not answered, or not to the end. */
  drop(turn: QueuedTurn, why: DropReason): void {
    this.#remove((one) => one === turn, why);
    endAll(turn, why);
  }

  /** Same as `drop`, for a question whose asker still waits: they read of it. */
  lose(question: QueuedQuestion, why: DroppedTurnReason): void {
    const all = withDuplicates(question);
    if (why === 'ending') this.#unanswered = [...this.#unanswered, ...all];
    this.drop(question, why);
    for (const one of all) this.#onLost(one, why);
  }

  /** Withdraws a question for its asker; the next one who asked the same gets the answer. */
  giveUp(question: QueuedQuestion, why: DropReason): void {
    for (const one of this.#questions()) {
      if (one.also) one.also = one.also.filter((twin) => twin !== question);
    }
    const [heir, ...others] = (question.also ?? []).filter(({ handle }) => !handle.dropped);
    question.also = [];
    const place = this.#line.turns.indexOf(question);
    this.drop(question, why);
    if (!heir) return;
    heir.also = others;
    this.#line.put(heir, Math.max(0, place));
  }

  /** Stops the answer under way and drops all that waits; false when there was nothing to stop. */
  stop(): boolean {
    return this.#dropAll('stopped');
  }

  /** Answers that are awaited aside will not come: all of them, or those for this person. */
  forgetAside(personId?: string): void {
    for (const one of this.#aside) {
      if (personId === undefined || speakerOf(one) === personId) this.drop(one, 'stopped');
    }
  }

  /** Drops this person's questions, also one that is being answered, and the texts they wrote. */
  withdraw(personId: string): void {
    for (const one of [this.#current, ...this.#line.turns])
      if (one && letsPass(one) && one.personId === personId) this.drop(one, 'withdrawn');
    for (const one of this.#questions().flatMap(withDuplicates)) {
      if (speakerOf(one) === personId) this.giveUp(one, 'withdrawn');
    }
  }

  /** Drops this person's waiting spoken questions, unless another person asked the same. */
  left(personId: string): void {
    for (const one of this.#questions().flatMap(withDuplicates)) {
      if (speakerOf(one) !== personId || one.report || one === this.#current) continue;
      if (one.also?.length || !this.#questions().includes(one)) this.giveUp(one, 'late');
      else this.lose(one, 'late');
    }
  }

  /** Refuses turns while no person could hear the bot, and drops those that wait. */
  mute(on: boolean): void {
    this.#muted = on;
    if (on) this.#dropAll('muted');
  }

  /** Before the bot ends: refuses new turns and drops the waiting ones; the current turn goes on. True: texts were dropped. */
  drain(): boolean {
    this.#ending = true;
    const isUnsaid = this.#line.turns.some(({ kind }) => kind !== 'question');
    for (const one of this.#questions()) if (one !== this.#current) this.lose(one, 'ending');
    this.#remove(() => true, 'ending');
    this.#onChange();
    return isUnsaid;
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#dropAll('left');
  }

  /** Reason for which no turn is accepted now. */
  get #refusal(): DropReason | undefined {
    if (this.#closed) return 'left';
    if (this.#ending) return 'ending';
    return this.#muted ? 'muted' : undefined;
  }

  *#give(next: QueuedTurn): Generator<QueuedTurn> {
    this.#line.remove((one) => one === next);
    this.#current = next;
    this.#onChange();
    try {
      yield next;
    } finally {
      this.#current = undefined;
      const comesAgain = [...this.#line.turns, ...this.#aside].includes(next);
      if (!comesAgain) endAll(next, 'over');
      this.#onChange();
    }
  }

  #makeSpace(question: QueuedQuestion): void {
    const isOwn = (one: QueuedQuestion) => !one.postponed && speakerOf(one) === speakerOf(question);
    const typed = this.#line.questions.find((one) => one.report && isOwn(one));
    if (typed && question.report) this.giveUp(typed, 'replaced');
    const { questions } = this.#line;
    const oldest = questions.find(isOwn) ?? questions[0];
    if (oldest && questions.length >= queueRules.mostQuestions) this.lose(oldest, 'crowded');
  }

  #join(question: QueuedQuestion): boolean {
    const twin = this.#questions().find((one) => isDuplicate(one, question));
    if (!twin) return false;
    question.pending?.discard();
    question.pending = undefined;
    twin.also = [...(twin.also ?? []), question];
    return true;
  }

  /** All that is wanted. */
  #questions(): readonly QueuedQuestion[] {
    const all = [this.#current, ...this.#line.turns, ...this.#aside];
    return all.filter(isQuestion).filter(({ handle }) => !handle.dropped);
  }

  #dropAll(why: DropReason): boolean {
    const any = this.next !== undefined || this.#aside.length > 0;
    if (this.#current) endAll(this.#current, why);
    this.#remove(() => true, why);
    return any;
  }

  #remove(which: (one: QueuedTurn) => boolean, why: DropReason): void {
    const aside = this.#aside.filter(which);
    this.#aside = this.#aside.filter((one) => !which(one));
    for (const one of [...this.#line.remove(which), ...aside]) endAll(one, why);
  }
}
