import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { type Answering, PaidPipeline, type PaidPipelineRegistry } from './paid-engines.ts';

/** Which pipeline is to answer. */
export type WantedPipeline = {
  readonly name: PipelineName;
  /** Voice of a conversation whose voice cannot change once it has spoken. */
  readonly frozenVoice?: string;
};

type Lent = {
  readonly wanted: WantedPipeline;
  readonly pipeline: PaidPipeline;
  answers: number;
  retired: boolean;
};

/**
 * Pipeline that answers in one session now; it is opened anew for another pipeline or frozen voice. A switch counts from
 * the next answer on; an answer that runs keeps its pipeline, which is disposed of afterwards.
 */
export class CurrentPipeline {
  readonly #open: PaidPipelineRegistry['open'];
  readonly #wanted: () => WantedPipeline;
  readonly #signal: AbortSignal;
  #lent: Lent | undefined;

  /** `wanted` may change at any time. Aborting `signal`, which every answer ends with as well, disposes of everything. */
  constructor(
    open: PaidPipelineRegistry['open'],
    wanted: () => WantedPipeline,
    signal: AbortSignal,
  ) {
    this.#open = open;
    this.#wanted = wanted;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#retire(), { once: true });
  }

  /** Lets go at once of what is not wanted any more; otherwise the next answer does. */
  follow(): void {
    if (this.#lent && !isSame(this.#lent.wanted, this.#wanted())) this.#retire();
  }

  /** Aborting `signal` is what ends an answer that is not read to its end. */
  paidBy(reservation: Reservation): Answering {
    return {
      answer: (turn, host, signal) => {
        const lent = this.#current();
        lent.answers++;
        const back = (): void => {
          lent.answers--;
          close(lent);
        };
        if (signal.aborted) back();
        else signal.addEventListener('abort', back, { once: true });
        return lent.pipeline.paidBy(reservation).answer(turn, host, signal);
      },
      hear: (samples, speakerId, fromMs) =>
        this.#current().pipeline.paidBy(reservation).hear(samples, speakerId, fromMs),
    };
  }

  /** Same as `PaidPipeline.hears`. */
  get hears(): boolean {
    return this.#current().pipeline.hears;
  }

  forgetHeard(speakerId: string, fromMs: number): void {
    this.#lent?.pipeline.forgetHeard(speakerId, fromMs);
  }

  forget(): void {
    this.#lent?.pipeline.forget();
  }

  #current(): Lent {
    this.follow();
    const wanted = this.#wanted();
    if (this.#signal.aborted) return { wanted, pipeline: silent, answers: 0, retired: true };
    if (this.#lent) return this.#lent;
    const pipeline = this.#open(wanted.name);
    this.#lent = { wanted, pipeline, answers: 0, retired: false };
    return this.#lent;
  }

  #retire(): void {
    retire(this.#lent);
    this.#lent = undefined;
  }
}

function retire(lent: Lent | undefined): void {
  if (!lent) return;
  lent.retired = true;
  close(lent);
}

function isSame(one: WantedPipeline, other: WantedPipeline): boolean {
  return one.name === other.name && one.frozenVoice === other.frozenVoice;
}

/** Pipeline after the session: it answers nothing. */
const silent = new PaidPipeline({
  async *answer() {
    yield* [];
  },
});

function close(lent: Lent): void {
  if (lent.retired && lent.answers === 0) lent.pipeline[Symbol.dispose]();
}
