import type { EventOf } from './events.ts';
import {
  change,
  type Draft,
  emit,
  lastUtteranceOf,
  newId,
  putTurn,
  turnOf,
  turnOfAnswer,
} from './questions.ts';
import type {
  CallRef,
  Confirmation,
  Id,
  PersonId,
  ToolChange,
  ToolRequest,
  ToolRun,
  TurnState,
  UtteranceState,
} from './state.ts';

export const waitsForConfirm = 'waits for Confirm';
export const calledEnough = 'called often enough in this answer';

/** A model calls a tool. */
export function called(draft: Draft, { answer: id, call }: EventOf<'called'>): void {
  const turn = turnOfAnswer(draft.state, id);
  const answer = turn?.answer;
  if (!turn || !answer) return;
  const ref = { answer: id, callId: call.callId };
  if (call.effect === 'read') runCall(draft, turn, call, ref);
  else callChange(draft, turn, call, ref);
  markCalled(draft, turn.id);
}

/** A question is asked aloud only for the first call of an answer. */
function markCalled(draft: Draft, id: Id): void {
  const turn = turnOf(draft.state, id);
  if (!turn?.answer) return;
  putTurn(draft, { ...turn, answer: { ...turn.answer, hasCalled: true } });
}

/**
 * Makes a change once for its turn. The same call, and any call of its tool in a further answer where nothing was said since, gets the
 * result of the former one. A call of a further answer with other arguments, for a turn that has grown, waits for Confirm.
 */
function callChange(draft: Draft, turn: TurnState, call: ToolRequest, ref: CallRef): void {
  const alike = turn.changes.filter(({ tool }) => tool === call.tool);
  const former = alike.filter(({ answer }) => answer !== ref.answer);
  const same = alike.find(({ args }) => args === call.args);
  const covering = former.findLast((one) => one.lastUtterance === lastUtteranceOf(turn));
  const known = same ?? covering;
  if (known) giveResult(draft, turn, known, ref);
  else if (alike.length - former.length < draft.rules.mostCalls)
    makeChange(draft, turn, call, ref, former);
  else emit(draft, { do: 'result', ...ref, result: calledEnough });
}

/** Buttons of former answers that nobody pressed have done nothing, and give way to the call that is made in the end. */
function makeChange(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  former: readonly ToolChange[],
): void {
  const asked = former.filter(({ state }) => state === 'asked');
  for (const { confirmation } of asked) closeAsk(draft, confirmation);
  const kept = { ...turn, changes: turn.changes.filter((one) => !asked.includes(one)) };
  const isRepeated = former.length > asked.length;
  const mayRun = runsUnasked(call.effect, turn.answer?.hasForeignWords === false);
  const mustAsk = !mayRun || (isRepeated && call.effect !== 'change');
  const isFirst = turn.answer?.hasCalled === false && turn.changes.length === 0;
  if (mustAsk || call.presser !== undefined) askFor(draft, kept, call, ref, isFirst);
  else startChange(draft, kept, call, ref);
}

/** What destroys waits for Confirm. What lasts runs only where no words but the asker's own (`isOwn`) can have caused it. */
export function runsUnasked(effect: ToolRequest['effect'], isOwn: boolean): boolean {
  return effect === 'last' ? isOwn : effect !== 'destroy';
}

function giveResult(draft: Draft, turn: TurnState, former: ToolChange, ref: CallRef): void {
  if (former.result !== undefined) {
    emit(draft, { do: 'result', ...ref, result: former.result });
    return;
  }
  const receivers = [...former.receivers, ref];
  putTurn(draft, withChange(turn, former, { ...former, receivers }));
}

function withChange(turn: TurnState, former: ToolChange, next: ToolChange): TurnState {
  const changes = turn.changes.map((one) => (one === former ? next : one));
  return { ...turn, changes };
}

function newChange(
  turn: TurnState,
  { args, isForeign, tool }: ToolRequest,
  { answer }: CallRef,
): ToolChange {
  return {
    tool,
    args,
    answer,
    lastUtterance: lastUtteranceOf(turn),
    state: 'running',
    result: undefined,
    isForeign,
    confirmation: undefined,
    receivers: [],
  };
}

function startChange(draft: Draft, turn: TurnState, call: ToolRequest, ref: CallRef): void {
  const made = { ...newChange(turn, call, ref), receivers: [ref] };
  const grown = { ...turn, changes: [...turn.changes, made] };
  putTurn(draft, grown);
  runCall(draft, grown, call, ref);
}

function runCall(draft: Draft, { by, id: turn }: TurnState, call: ToolRequest, ref: CallRef): void {
  const { args, effect, isForeign, tool } = call;
  const run = { id: newId(draft), by, turn, tool, args, ref, effect, isForeign };
  startRun(draft, { ...run, confirmation: undefined });
}

function startRun(draft: Draft, run: ToolRun): void {
  change(draft, { runs: [...draft.state.runs, run] });
  const { by, confirmation, id, ref: call } = run;
  emit(draft, { do: 'run', run: id, by, call, confirmation });
}

/** Asks in the chat; aloud, too, where one sentence tells everything. */
function askFor(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  isFirst: boolean,
): void {
  const { args, effect, presser = turn.by, tool } = call;
  const id = newId(draft);
  const isSaid = call.isSayable && effect !== 'destroy' && call.presser === undefined;
  const isAloud = isFirst && isSaid;
  const confirmation: Confirmation = {
    id,
    by: turn.by,
    presser,
    turn: turn.id,
    tool,
    args,
    effect,
    untilMs: draft.atMs + draft.rules.confirmMs,
    spoken: isAloud ? 'asking' : 'none',
    fromMs: 0,
    toMs: 0,
  };
  const state = 'asked' as const;
  const asked = { ...newChange(turn, call, ref), state, result: waitsForConfirm, confirmation: id };
  const answer = turn.answer && isAloud ? { ...turn.answer, confirmation: id } : turn.answer;
  putTurn(draft, { ...turn, answer, changes: [...turn.changes, asked] });
  change(draft, { confirmations: [...draft.state.confirmations, confirmation] });
  emit(draft, { do: 'ask', confirmation: id, presser, isAloud, call: ref });
  emit(draft, { do: 'result', ...ref, result: waitsForConfirm });
}

/** The button of a call could not be shown: a yes is no answer to it. */
export function askFailed(draft: Draft, { confirmation }: EventOf<'ask-failed'>): void {
  closeAsk(draft, confirmation);
}

/** Closes a question of Confirm. Its call has done nothing, and may be made again. */
function closeAsk(draft: Draft, id: Id | undefined): void {
  const closed = draft.state.confirmations.find((one) => one.id === id);
  if (!closed) return;
  removeConfirmation(draft, closed.id);
  const turn = turnOf(draft.state, closed.turn);
  const changes = turn?.changes.filter(({ confirmation }) => confirmation !== id);
  if (turn && changes) putTurn(draft, { ...turn, changes });
  emit(draft, { do: 'close-ask', confirmation: closed.id });
}

function removeConfirmation(draft: Draft, id: Id): void {
  const confirmations = draft.state.confirmations.filter((one) => one.id !== id);
  change(draft, { confirmations });
}

/** A tool has ended. A result of a turn or an answer that is gone reaches no model. */
export function returned(draft: Draft, { isVain, result, run: id }: EventOf<'returned'>): void {
  const { runs } = draft.state;
  const run = runs.find((one) => one.id === id);
  if (!run) return;
  change(draft, { runs: runs.filter((one) => one !== run) });
  const turn = turnOf(draft.state, run.turn);
  if (turn && run.effect === 'read') giveReading(draft, turn, run, result);
  else if (turn) finishChange(draft, turn, run, isVain ? undefined : result, result);
}

function giveReading(draft: Draft, turn: TurnState, run: ToolRun, result: string): void {
  const { ref } = run;
  if (!ref || turn.answer?.id !== ref.answer) return;
  emit(draft, { do: 'result', ...ref, result });
  putTurn(draft, withForeignWords(turn, run));
}

/** `kept`: result for answers that are begun anew; undefined where nothing was changed. */
function finishChange(
  draft: Draft,
  turn: TurnState,
  run: ToolRun,
  kept: string | undefined,
  result: string,
): void {
  const made = turn.changes.findLast((one) => one.tool === run.tool && one.args === run.args);
  if (!made) return;
  const answering = made.receivers.filter(({ answer }) => turn.answer?.id === answer);
  for (const ref of answering) emit(draft, { do: 'result', ...ref, result });
  const done = { ...made, state: 'done' as const, result, receivers: [] };
  const finished = withChange(withForeignWords(turn, run), made, done);
  const changes = finished.changes.filter((one) => one !== done);
  putTurn(draft, kept === undefined ? { ...finished, changes } : finished);
}

/** What the model calls from now on may come from what it has read. */
function withForeignWords(turn: TurnState, { isForeign }: ToolRun): TurnState {
  if (!turn.answer || !isForeign) return turn;
  return { ...turn, answer: { ...turn.answer, hasForeignWords: true } };
}

// Confirm: a press or a spoken yes.

export function pressed(draft: Draft, { by, confirmation: id }: EventOf<'pressed'>): void {
  const confirmation = draft.state.confirmations.find((one) => one.id === id);
  if (confirmation?.presser === by) take(draft, confirmation);
}

/** Runs a confirmed call. */
function take(draft: Draft, confirmation: Confirmation): void {
  const { args, by, effect, id, tool, turn: turnId } = confirmation;
  removeConfirmation(draft, id);
  const turn = turnOf(draft.state, turnId);
  const asked = turn?.changes.find((one) => one.confirmation === id);
  if (turn && asked) {
    const running = { ...asked, state: 'running' as const, result: undefined };
    putTurn(draft, withChange(turn, asked, running));
  }
  const isForeign = asked?.isForeign !== false;
  const run = { id: newId(draft), by, turn: turnId, tool, args, ref: undefined, confirmation: id };
  startRun(draft, { ...run, effect, isForeign });
}

/** A question was heard to its end. A yes counts from now on. */
export function openSpokenConfirmation(draft: Draft, { answer }: TurnState): void {
  const { atMs, rules } = draft;
  if (answer?.confirmation === undefined) return;
  const fromMs = atMs + rules.echoTailMs;
  const toMs = atMs + rules.spokenYesMs;
  changeConfirmations(draft, (one) => {
    const isAsked = one.id === answer.confirmation && one.spoken === 'asking';
    return isAsked ? { ...one, spoken: 'open', fromMs, toMs } : one;
  });
}

/** A yes was said. It counts once its speaker does not go on. */
export function acceptYes(draft: Draft, by: PersonId, { fromMs, toMs }: UtteranceState): void {
  const takenMs = toMs + draft.rules.mergeMs;
  changeConfirmations(draft, (one) => {
    const isTheirs = one.spoken === 'open' && one.presser === by;
    return isTheirs ? { ...one, spoken: 'accepted', fromMs, toMs: takenMs } : one;
  });
}

/** A no was said: what it answers is not offered any more. */
export function takeNo(draft: Draft, by: PersonId): void {
  for (const one of draft.state.confirmations) {
    if (one.spoken === 'open' && one.presser === by) closeAsk(draft, one.id);
  }
}

/** A voice begins. A person who goes on after a yes has not said it. */
export function voidYes(draft: Draft, by: PersonId): void {
  changeConfirmations(draft, (one) => {
    const isTheirs = one.spoken === 'accepted' && one.presser === by;
    return isTheirs ? { ...one, spoken: 'none' } : one;
  });
}

/** Other words after the question leave only the button. */
export function closeSpokenQuestions(draft: Draft, by: PersonId, { fromMs }: UtteranceState): void {
  changeConfirmations(draft, (one) => {
    const isLater = one.spoken === 'accepted' && one.presser !== by && fromMs > one.fromMs;
    const isSpoken = one.spoken === 'open' || one.spoken === 'accepted';
    return isSpoken && !isLater ? { ...one, spoken: 'none' } : one;
  });
}

/** The bot says something else, which a yes would answer. */
export function botBeginsToSpeak(draft: Draft): void {
  changeConfirmations(draft, (one) => (one.spoken === 'open' ? { ...one, spoken: 'none' } : one));
}

function changeConfirmations(draft: Draft, next: (one: Confirmation) => Confirmation): void {
  const { confirmations } = draft.state;
  if (confirmations.length === 0) return;
  change(draft, { confirmations: confirmations.map(next) });
}

/** Takes a yes that nothing followed, and closes buttons that are over. */
export function passConfirmations(draft: Draft): void {
  for (const one of draft.state.confirmations) {
    if (one.spoken === 'accepted' && draft.atMs >= one.toMs) take(draft, one);
    else if (one.spoken !== 'accepted' && draft.atMs >= one.untilMs) closeAsk(draft, one.id);
  }
}

// Ends.

/** A turn is not wanted any more. What a person has confirmed runs on. */
export function stopRunsOfTurn(draft: Draft, turn: Id): void {
  stopRuns(draft, (one) => one.turn === turn && one.ref !== undefined);
}

/** Ends an answer that was not heard. Its changes run on. */
export function discardAnswer(draft: Draft, turn: TurnState): TurnState {
  const { answer } = turn;
  if (!answer) return turn;
  emit(draft, { do: 'discard', reply: answer.id });
  stopRuns(draft, (one) => one.ref?.answer === answer.id && one.effect === 'read');
  return { ...turn, answer: undefined };
}

export function withdrawTools(draft: Draft, by: PersonId): void {
  stopRuns(draft, (one) => one.by === by);
  for (const one of draft.state.confirmations) {
    if (one.by === by || one.presser === by) closeAsk(draft, one.id);
  }
}

export function endTools(draft: Draft): void {
  stopRuns(draft, ({ ref }) => ref !== undefined);
  for (const { id } of draft.state.confirmations) closeAsk(draft, id);
}

function stopRuns(draft: Draft, isStopped: (one: ToolRun) => boolean): void {
  const stopped = draft.state.runs.filter(isStopped);
  if (stopped.length === 0) return;
  change(draft, { runs: draft.state.runs.filter((one) => !stopped.includes(one)) });
  for (const { id } of stopped) emit(draft, { do: 'stop-run', run: id });
}
