import type { Clock } from '#src/base/clock.ts';
import { writeSentence } from '#src/base/logged-text.ts';
import {
  type ServerHabit,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';

type Manner = 'greets' | 'confirms';

const mannerHabits: Readonly<Record<Manner, ServerHabit>> = {
  greets: {
    what: writeSentence`it says nothing when a connection opens`,
    mend: writeSentence`nothing to do: further connections do not wait for a greeting`,
  },
  confirms: {
    what: writeSentence`it does not confirm the settings of a session`,
    mend: writeSentence`nothing to do: it is believed, and further connections do not wait`,
  },
};
const endingHabit: ServerHabit = {
  what: writeSentence`it does not say when an answer is over`,
  mend: writeSentence`nothing to do: an answer ends with its parts`,
};

/** What was learnt is doubted after an hour. */
const memoryMs = 3_600_000;
/** After all parts of an answer another one may begin, as a call behind the words. */
const unknownRestMs = 3000;
const knownRestMs = 700;

/** What the bot remembers about one Realtime server, for all of its connections. */
export class RealtimeMemory {
  /** The requests that the server takes. */
  readonly knowledge: ServerKnowledge;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Instants, by `nowMs`, until which the server counts as one that does not. */
  readonly #lacks = new Map<Manner | 'ends', number>();
  #isEndTold = false;

  constructor(options: {
    readonly clock: Pick<Clock, 'nowMs'>;
    /** Takes each habit of the server once. Never throws. */
    readonly report?: ((habit: ServerHabit) => void) | undefined;
  }) {
    this.#clock = options.clock;
    this.knowledge = new ServerKnowledge(options);
  }

  /** Returns whether a greeting or a confirmation is worth waiting for. */
  isAwaited(manner: Manner): boolean {
    return !this.#isLacking(manner);
  }

  /** Notes that a greeting or a confirmation never came. */
  noteLack(manner: Manner): void {
    this.#lacks.set(manner, this.#clock.nowMs() + memoryMs);
    this.knowledge.reportHabit(mannerHabits[manner]);
  }

  /** Wait after all parts of an answer, in ms, before it counts as over. Undefined: for its end. */
  get restMs(): number | undefined {
    if (this.#isEndTold) return undefined;
    return this.#isLacking('ends') ? knownRestMs : unknownRestMs;
  }

  /** Notes an end of an answer that the server told, or left to be seen from its parts. */
  noteEnd(isTold: boolean): void {
    this.#isEndTold ||= isTold;
    if (isTold) return;
    this.#lacks.set('ends', this.#clock.nowMs() + memoryMs);
    this.knowledge.reportHabit(endingHabit);
  }

  #isLacking(manner: Manner | 'ends') {
    return (this.#lacks.get(manner) ?? 0) > this.#clock.nowMs();
  }
}
