import type {
  ConversationState,
  HistoryExchange,
  Id,
  Participant,
  ToolRun,
  TurnState,
} from '#src/conversation/machine/state.ts';
import { everybody } from './simulated-scenes.ts';
import type { SimulatedStep } from './simulated-step.ts';

/** Consent of each person, by what they did. A yes of others and a stored one change nothing. */
export function createConsentBook() {
  const refusals = new Set<string>();
  const agreed = new Set<string>(everybody);
  const barred = new Set<string>();
  let startsPaused = false;

  function notePeople(people: readonly Participant[]) {
    for (const { id, isAdmitted } of people) {
      if (isAdmitted) barred.delete(id);
      else barred.add(id);
    }
  }

  function noteSpokenNo(effects: SimulatedStep['effects']) {
    for (const effect of effects)
      if (effect.do === 'forget-person') noteAnswer(effect.by, false);
  }

  /** Another process may have stored it. */
  function noteStoredNo(event: SimulatedStep['event']) {
    if (event.kind !== 'consents' || !event.isLoaded) return;
    for (const by of event.no) noteAnswer(by, false);
  }

  function noteAnswer(by: string, isYes: boolean) {
    if (isYes) agreed.add(by);
    else agreed.delete(by);
    if (isYes) refusals.delete(by);
    else refusals.add(by);
  }

  return {
    refusals,

    noteStep({ effects, event }: SimulatedStep) {
      const isPausedAloud = effects.some(
        (effect) => effect.do === 'obey' && effect.wish === 'pause',
      );
      if (event.kind === 'paused-hearing') startsPaused = event.isPaused;
      else if (isPausedAloud) startsPaused = true;
      noteStoredNo(event);
      if (event.kind === 'people') notePeople(event.people);
      else noteSpokenNo(effects);
    },
    answer: noteAnswer,

    /** A session that does not go on from another one knows of no pause. */
    beginSession(isPaused: boolean) {
      startsPaused = isPaused;
    },

    isHeard(by: string) {
      return !startsPaused && agreed.has(by) && !barred.has(by);
    },
  };
}

export type Ending = 'turn' | 'utterance' | 'request' | 'reply' | 'recording';

/** Ends of turns, utterances, requests, replies, and of the sound that is kept of an utterance. */
export function createEndBook() {
  const expected = new Map<Ending, Set<Id>>();
  const endedIds = new Map<Ending, Set<Id>>();
  const repeatedIds = new Map<Ending, Id>();

  function getSet(map: Map<Ending, Set<Id>>, kind: Ending) {
    const set = map.get(kind) ?? new Set();
    map.set(kind, set);
    return set;
  }

  return {
    expectEnd(kind: Ending, id: Id) {
      getSet(expected, kind).add(id);
    },

    noteEnd(kind: Ending, id: Id) {
      const over = getSet(endedIds, kind);
      if (over.has(id)) repeatedIds.set(kind, id);
      over.add(id);
    },

    /** An announcement that was put back is spoken again. */
    reopenEnd(kind: Ending, id: Id) {
      getSet(endedIds, kind).delete(id);
    },

    isOver(kind: Ending, id: Id) {
      return getSet(endedIds, kind).has(id);
    },

    /** One that ended twice. */
    findRepeated(kind: Ending) {
      return repeatedIds.get(kind);
    },

    /** First one without an end. */
    findMissing(kind: Ending) {
      const over = getSet(endedIds, kind);
      return [...getSet(expected, kind)].find((id) => !over.has(id));
    },
  };
}

/** Answers that were wanted, words of others that they held, and changes that ran. */
export function createToolBook() {
  const wanted = new Set<Id>();
  const tainted = new Set<Id>();
  const changes = new Map<string, Id>();
  const askedAtMs = new Map<Id, number>();
  /** Exchanges of this session, and whether other words than the asker's made their answers. */
  const foreignExchanges = new Map<string, boolean>();

  return {
    wanted,
    tainted,

    /** False where the same change has run for the turn before. */
    noteRun({ args, id, tool, turn }: ToolRun) {
      const key = `${turn} ${tool} ${args}`;
      if (changes.has(key)) return false;
      changes.set(key, id);
      return true;
    },

    /** A tool has ended. What it read is shown to the answer that called it. */
    noteForeign({ tools }: ConversationState, id: Id) {
      const run = tools.runs.find((toolRun) => toolRun.id === id);
      if (run?.ref && run.tool === 'look') tainted.add(run.ref.answer);
    },

    /** A run changed nothing. */
    takeBack({ tools }: ConversationState, run: Id) {
      const vain = tools.runs.find(({ id }) => id === run);
      if (vain) changes.delete(`${vain.turn} ${vain.tool} ${vain.args}`);
    },

    /** An exchange is kept whose turn ended in this step. */
    rememberExchange(
      exchange: HistoryExchange,
      stateBefore: ConversationState,
      stateAfter: ConversationState,
    ) {
      const isOver = ({ by, id }: TurnState) =>
        by === exchange.by && !stateAfter.turns.some((turn) => turn.id === id);
      const own = stateBefore.turns.find((turn) => isOver(turn) && turn.answer);
      foreignExchanges.set(
        makeKey(exchange),
        !own?.answer || tainted.has(own.answer.id),
      );
    },

    isForeign(exchange: HistoryExchange) {
      return foreignExchanges.get(makeKey(exchange)) ?? !exchange.isOwn;
    },

    noteAsk(confirmation: Id, atMs: number) {
      askedAtMs.set(confirmation, atMs);
    },

    /** Whether a confirmation was taken in this step, within a minute. */
    isConfirmed(
      stateBefore: ConversationState,
      stateAfter: ConversationState,
      atMs: number,
    ) {
      const isLeft = (id: Id) =>
        stateAfter.tools.confirmations.some((confirmation) => confirmation.id === id);
      const taken = stateBefore.tools.confirmations.filter(({ id }) => !isLeft(id));
      return taken.some(({ id }) => atMs - (askedAtMs.get(id) ?? 0) <= 61_500);
    },
  };
}

function makeKey({ by, heard, words }: HistoryExchange) {
  return JSON.stringify([by, words, heard]);
}
