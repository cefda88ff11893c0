import type {
  ConversationState,
  HistoryExchange,
  Id,
  Participant,
  ToolRun,
  TurnState,
} from '#src/conversation/machine/state.ts';
import type { SimulatedStep } from './invariants.ts';
import { everybody } from './simulated-scenes.ts';

/** Consent of each person, by what they did. A yes of others and a stored one change nothing. */
export class ConsentBook {
  readonly refusals = new Set<string>();
  readonly #agreed = new Set<string>(everybody);
  readonly #barred = new Set<string>();
  #isPaused = false;

  note({ effects, event }: SimulatedStep) {
    const isPausedAloud = effects.some(
      (one) => one.do === 'notice' && one.line === 'hearing-paused',
    );
    if (event.kind === 'paused-hearing') this.#isPaused = event.isPaused;
    else if (isPausedAloud) this.#isPaused = true;
    if (event.kind === 'people') this.#notePeople(event.people);
    else this.#noteSpokenNo(effects);
  }

  #notePeople(people: readonly Participant[]) {
    for (const { id, isAdmitted } of people) {
      if (isAdmitted) this.#barred.delete(id);
      else this.#barred.add(id);
    }
  }

  #noteSpokenNo(effects: SimulatedStep['effects']) {
    for (const one of effects)
      if (one.do === 'forget-person') this.answer(one.by, false);
  }

  answer(by: string, isYes: boolean) {
    if (isYes) this.#agreed.add(by);
    else this.#agreed.delete(by);
    if (isYes) this.refusals.delete(by);
    else this.refusals.add(by);
  }

  /** A session that does not go on from another one knows of no pause. */
  beginSession(isPaused: boolean) {
    this.#isPaused = isPaused;
  }

  isHeard(by: string) {
    return !this.#isPaused && this.#agreed.has(by) && !this.#barred.has(by);
  }
}

export type Ending = 'turn' | 'utterance' | 'request' | 'reply';

/** Ends of turns, utterances, requests and replies. */
export class EndBook {
  readonly #expected = new Map<Ending, Set<Id>>();
  readonly #over = new Map<Ending, Set<Id>>();
  readonly #repeated = new Map<Ending, Id>();

  expect(kind: Ending, id: Id) {
    this.#getSet(this.#expected, kind).add(id);
  }

  end(kind: Ending, id: Id) {
    const over = this.#getSet(this.#over, kind);
    if (over.has(id)) this.#repeated.set(kind, id);
    over.add(id);
  }

  /** A reading that was put back is spoken again. */
  reopen(kind: Ending, id: Id) {
    this.#getSet(this.#over, kind).delete(id);
  }

  isOver(kind: Ending, id: Id) {
    return this.#getSet(this.#over, kind).has(id);
  }

  /** One that ended twice. */
  repeated(kind: Ending) {
    return this.#repeated.get(kind);
  }

  /** First one without an end. */
  missing(kind: Ending) {
    const over = this.#getSet(this.#over, kind);
    return [...this.#getSet(this.#expected, kind)].find((id) => !over.has(id));
  }

  #getSet(map: Map<Ending, Set<Id>>, kind: Ending) {
    const set = map.get(kind) ?? new Set();
    map.set(kind, set);
    return set;
  }
}

/** Answers that were wanted, words of others that they held, and changes that ran. */
export class ToolBook {
  readonly wanted = new Set<Id>();
  readonly tainted = new Set<Id>();
  readonly #changes = new Map<string, Id>();
  readonly #askedAtMs = new Map<Id, number>();
  /** Exchanges of this session, and whether other words than the asker's made their answers. */
  readonly #isForeign = new Map<string, boolean>();

  /** False where the same change has run for the turn before. */
  noteRun({ args, id, tool, turn }: ToolRun) {
    const key = `${turn} ${tool} ${args}`;
    if (this.#changes.has(key)) return false;
    this.#changes.set(key, id);
    return true;
  }

  /** A tool has ended. What it read is shown to the answer that called it. */
  noteForeign({ toolRuns }: ConversationState, id: Id) {
    const run = toolRuns.find((one) => one.id === id);
    if (run?.ref && run.tool === 'look') this.tainted.add(run.ref.answer);
  }

  /** A run changed nothing. */
  takeBack({ toolRuns }: ConversationState, run: Id) {
    const vain = toolRuns.find(({ id }) => id === run);
    if (vain) this.#changes.delete(`${vain.turn} ${vain.tool} ${vain.args}`);
  }

  /** An exchange is kept whose turn ended in this step. */
  remember(
    exchange: HistoryExchange,
    before: ConversationState,
    after: ConversationState,
  ) {
    const isOver = ({ by, id }: TurnState) =>
      by === exchange.by && !after.turns.some((one) => one.id === id);
    const own = before.turns.find((one) => isOver(one) && one.answer);
    this.#isForeign.set(
      makeKey(exchange),
      !own?.answer || this.tainted.has(own.answer.id),
    );
  }

  isForeign(exchange: HistoryExchange) {
    return this.#isForeign.get(makeKey(exchange)) ?? !exchange.isOwn;
  }

  noteAsk(confirmation: Id, atMs: number) {
    this.#askedAtMs.set(confirmation, atMs);
  }

  /** Whether a confirmation was taken in this step, within a minute. */
  isConfirmed(before: ConversationState, after: ConversationState, atMs: number) {
    const isLeft = (id: Id) => after.confirmations.some((one) => one.id === id);
    const taken = before.confirmations.filter(({ id }) => !isLeft(id));
    return taken.some(({ id }) => atMs - (this.#askedAtMs.get(id) ?? 0) <= 61_500);
  }
}

function makeKey({ by, heard, words }: HistoryExchange) {
  return JSON.stringify([by, words, heard]);
}
