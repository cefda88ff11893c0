import { ifInTime } from '#src/base/waiting.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { HearingDependencies } from '#src/conversation/session-dependencies.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import {
  continues,
  longestDecidingMs,
  mayStillContinue,
} from '#src/turn/endpointing/continuation.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import { type OpenUtterance, said, type TimedTranscript } from './open-utterance.ts';
import type { UtteranceEnd } from './speaker-input.ts';

/** A question before anybody may answer it. */
export type OpenQuestion = { -readonly [K in keyof QueuedQuestion]: QueuedQuestion[K] };

/** Which question of the same person an utterance goes on with, and what becomes of either. */
export class QuestionContinuations {
  readonly #context: SessionContext;
  readonly #rules: EndpointRules;
  readonly #run: (work: Promise<unknown>) => void;
  /** Last question of each person, as long as they may still continue it. */
  readonly #latest = new Map<string, QueuedQuestion>();
  /** QuestionContinuations of questions that are not decided yet. */
  readonly #followers = new WeakMap<QueuedQuestion, OpenUtterance>();
  /** Whether each decided question is to be answered. */
  readonly #meant = new WeakMap<QueuedQuestion, Promise<boolean>>();
  /** The own words of an utterance. */
  readonly #texts = new WeakMap<TurnUtterance, string>();

  /** `run` gets work that no caller waits for. */
  constructor(
    context: SessionContext,
    { endpointRules }: HearingDependencies,
    run: (work: Promise<unknown>) => void,
  ) {
    this.#context = context;
    this.#rules = endpointRules;
    this.#run = run;
  }

  /** Question that speech from that instant on continues. */
  before(speakerId: string, fromMs: number): QueuedQuestion | undefined {
    const latest = this.#latest.get(speakerId);
    return latest && continues(latest.said.toMs, fromMs, this.#rules) ? latest : undefined;
  }

  follow(before: QueuedQuestion, utterance: OpenUtterance): void {
    this.#followers.set(before, utterance);
  }

  /** `meant` settles when it is decided; never rejects but for a bug. */
  add(question: QueuedQuestion, meant: Promise<boolean>): void {
    this.#meant.set(question, meant);
  }

  /** Speech that begins soon goes on with it. */
  mayGoOn(question: QueuedQuestion): void {
    this.#latest.set(question.said.speakerId, question);
  }

  /** There was nothing to go on with. */
  wasNothing(question: QueuedQuestion): void {
    const { speakerId } = question.said;
    if (this.#latest.get(speakerId) === question) this.#latest.delete(speakerId);
  }

  /** Forgets questions that can have no continuation any more, and those of people who may not be heard. */
  keep(mayHear: (speakerId: string) => boolean): void {
    const { clock } = this.#context.parts;
    const nowMs = clock.nowMs();
    for (const [speakerId, { said }] of this.#latest) {
      const mayContinue = mayStillContinue(said.toMs, nowMs, this.#rules);
      if (!mayContinue || !mayHear(speakerId)) this.#latest.delete(speakerId);
    }
  }

  /** Waits until it is decided what `draft` goes on with; what takes long, as a recogniser that stalls, is left alone. */
  async decided(utterance: OpenUtterance): Promise<void> {
    const { before } = utterance;
    if (!before) return;
    const { parts, signal } = this.#context;
    const deciding = this.#meant.get(before) ?? Promise.resolve(false);
    const meant = await ifInTime(deciding, longestDecidingMs, parts.clock, signal).catch(
      () => undefined, // the session is over, or the bug is reported already
    );
    if (this.#followers.get(before) === utterance) this.#followers.delete(before);
    if (meant !== undefined) return;
    utterance.goOnWith(undefined);
    this.#run(this.giveBack(before));
  }

  /** Takes the transcript of a question; with those of what it goes on with it becomes one text. */
  understood(question: OpenQuestion, { text, atMs }: TimedTranscript): void {
    this.#texts.set(question.said, text);
    const texts = [...question.earlier, question.said].map((one) => this.#texts.get(one) ?? '');
    question.words = { text: texts.join(' ').trim(), atMs };
  }

  /** `rest` does not go on with it after all; where that was nothing, what comes next still may. */
  leave(before: QueuedQuestion, rest: QueuedQuestion, isNothing: boolean): void {
    if (isNothing && this.#followers.has(before)) return; // its speaker goes on with it already
    const next = this.#followers.get(rest);
    if (isNothing && next) {
      next.goOnWith(before);
      this.#followers.delete(rest);
      this.#followers.set(before, next);
    } else this.#run(this.giveBack(before, rest));
  }

  /** Asks a question as it was, where the continuation that it waited for did not come. */
  async giveBack(question: QueuedQuestion, rest?: QueuedQuestion): Promise<void> {
    if (question.handle.dropped !== 'continued' || !(await this.#meant.get(question))) return;
    const same = { ...question, pending: undefined, handle: new TurnHandle() };
    this.#meant.set(same, Promise.resolve(true));
    const { speakerId } = same.said;
    if ([undefined, question, rest].includes(this.#latest.get(speakerId))) {
      this.#latest.set(speakerId, same);
    }
    this.#context.queue.ask(same);
  }
}

/** The question that an utterance becomes. */
export function questionOf(
  utterance: OpenUtterance,
  { whole, endedAtMs }: UtteranceEnd,
): OpenQuestion {
  const { speakerId, name, pending } = utterance;
  utterance.pending = undefined;
  const question: OpenQuestion = {
    kind: 'question',
    said: said(whole, speakerId, name, () => utterance.text()),
    earlier: [],
    endedAtMs,
    pending,
    handle: new TurnHandle(() => question.pending?.discard()),
  };
  return question;
}
