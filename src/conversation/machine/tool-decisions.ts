import type { PersonId } from '#src/base/ids.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  findTurn,
  findTurnByAnswer,
  getConfirmationDueTime,
  getDetachTime,
  getLastUtterance,
  joinTranscript,
  listOpenConfirmations,
  takeId,
} from './draft.ts';
import type {
  CallRef,
  Confirmation,
  Id,
  ToolChange,
  ToolRequest,
  ToolRun,
  ToolState,
  TurnState,
  UtteranceTimes,
} from './state.ts';
import { findToolWish, type ToolWish } from './wish.ts';

/** Handlers of events about tool calls and their confirmation, for `stepConversation`. */
export const toolHandlers: Pick<
  EventHandlers,
  'called' | 'ask-failed' | 'returned' | 'pressed' | 'declined'
> = {
  called(draft, { answer: id, call }) {
    const turn = findTurnByAnswer(draft, id);
    const answer = turn?.answer;
    if (!turn || !answer) return;
    // The result would go to the model with words of somebody who has said no.
    const { atMs, raised } = draft.step;
    if (answer.isClosed) {
      raised.push({ kind: 'barged', atMs, reply: id, action: 'finish-clause' });
      return;
    }
    const ref = { answer: id, callId: call.callId };
    const wish = findToolWish(
      call.effect,
      answer.hasForeignWords ? 'of others' : 'own',
    );
    if (wish?.effect === 'read') runToolCall(draft, turn, call, ref, wish);
    else decideChange(draft, turn, call, ref, wish);
    answer.hasCalled = true;
  },

  'ask-failed'(draft, { confirmation }) {
    closeConfirmation(draft, confirmation);
  },

  returned(draft, { isVain, result: resultId, run: id }) {
    const run = draft.tools.runs.find((each) => each.id === id);
    if (!run) return;
    draft.tools.runs = draft.tools.runs.filter((each) => each !== run);
    if (run.isDetached) reportLateResult(draft, run, resultId);
    const turn = findTurn(draft, run.turn);
    if (turn && run.effect === 'read') deliverReadResult(draft, turn, run, resultId);
    else if (turn) finishChange(draft, turn, run, resultId, isVain);
  },

  pressed(draft, { by, confirmation: id }) {
    const confirmation = draft.tools.confirmations.find((each) => each.id === id);
    if (confirmation?.presser === by) takeConfirmation(draft, confirmation);
  },

  declined(draft, { by, confirmation: id }) {
    const confirmation = draft.tools.confirmations.find((each) => each.id === id);
    if (confirmation?.presser === by) closeConfirmation(draft, id);
  },
};

function decideChange(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  wish: ToolWish | undefined,
) {
  // An equal call gets the former result, and so does a call of a further answer if nothing was said since.
  const alike = turn.changes.filter(({ tool }) => tool === call.tool);
  const earlier = alike.filter(({ answer }) => answer !== ref.answer);
  const equalChange =
    alike.find(({ args }) => args === call.args) ??
    earlier.findLast((change) => change.lastUtterance === getLastUtterance(turn));
  if (equalChange) deliverFormerResult(draft, equalChange, ref);
  else if (alike.length - earlier.length < draft.step.rules.tools.maxCalls)
    makeChange(draft, turn, call, ref, earlier, wish);
  else emitEffect(draft, { do: 'result', ...ref, kind: 'called-enough' });
}

function makeChange(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  earlier: readonly ToolChange[],
  wish: ToolWish | undefined,
) {
  // Unpressed buttons of former answers give way to the call that is made in the end.
  const isFirst = turn.answer?.hasCalled === false && turn.changes.length === 0;
  const unpressed = earlier.filter(({ state }) => state === 'asked');
  for (const { confirmation } of unpressed) closeConfirmation(draft, confirmation);
  const isRepeated = earlier.length > unpressed.length;
  const mustAsk = isRepeated && call.effect !== 'change';
  if (!wish || mustAsk || call.presser !== undefined)
    askConfirmation(draft, turn, call, ref, isFirst);
  else {
    addToolChange(turn, call, ref, { receivers: [ref] });
    runToolCall(draft, turn, call, ref, wish);
  }
}

function deliverFormerResult(draft: Draft, change: ToolChange, ref: CallRef) {
  const { resultId, state } = change;
  if (state === 'asked')
    emitEffect(draft, { do: 'result', ...ref, kind: 'asked-before' });
  else if (resultId === undefined) change.receivers = [...change.receivers, ref];
  else emitEffect(draft, { do: 'result', ...ref, kind: 'repeated', resultId });
}

function addToolChange(
  turn: TurnState,
  { args, quotesOthers, tool }: ToolRequest,
  { answer }: CallRef,
  fields: Partial<ToolChange>,
) {
  const change: ToolChange = {
    tool,
    args,
    answer,
    lastUtterance: getLastUtterance(turn),
    state: 'running',
    quotesOthers,
    confirmation: undefined,
    receivers: [],
    ...fields,
  };
  turn.changes = [...turn.changes, change];
}

function runToolCall(
  draft: Draft,
  { by, id: turn }: TurnState,
  call: ToolRequest,
  ref: CallRef,
  wish: ToolWish,
) {
  const { args, effect, quotesOthers, tool } = call;
  const run = { by, turn, tool, args, ref, effect, quotesOthers };
  startToolRun(draft, { ...run, confirmation: undefined }, wish);
}

function startToolRun(
  draft: Draft,
  run: Omit<ToolRun, 'fromMs' | 'id'>,
  wish: ToolWish,
) {
  const id = takeId(draft);
  draft.tools.runs = [...draft.tools.runs, { id, fromMs: draft.step.atMs, ...run }];
  emitEffect(draft, {
    do: 'run',
    run: id,
    call: run.ref,
    confirmation: run.confirmation,
    wish,
  });
}

function askConfirmation(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  isFirst: boolean,
) {
  const { args, effect, presser = turn.by, tool } = call;
  const id = takeId(draft);
  const isAloud =
    isFirst && call.isSayable && effect !== 'destroy' && call.presser === undefined;
  const confirmation: Confirmation = {
    id,
    by: turn.by,
    presser,
    turn: turn.id,
    tool,
    args,
    effect,
    untilMs: draft.step.atMs + draft.step.rules.tools.confirmMs,
    spokenYes: isAloud ? { state: 'asking', fromMs: 0, toMs: 0 } : undefined,
  };
  addToolChange(turn, call, ref, { state: 'asked', confirmation: id });
  if (turn.answer && isAloud) turn.answer.confirmation = id;
  draft.tools.confirmations = [...draft.tools.confirmations, confirmation];
  emitEffect(draft, { do: 'ask', confirmation: id, presser, isAloud, call: ref });
  emitEffect(draft, { do: 'result', ...ref, kind: 'asked' });
}

function closeConfirmation(draft: Draft, id: Id | undefined) {
  const closed = draft.tools.confirmations.find(
    (confirmation) => confirmation.id === id,
  );
  if (!closed) return;
  removeConfirmation(draft.tools, closed);
  const turn = findTurn(draft, closed.turn);
  if (turn)
    turn.changes = turn.changes.filter(({ confirmation }) => confirmation !== id);
  emitEffect(draft, { do: 'close-ask', confirmation: closed.id });
}

function removeConfirmation(tools: ToolState, confirmation: Confirmation) {
  tools.confirmations = tools.confirmations.filter((each) => each !== confirmation);
}

function takesResult({ answer }: TurnState, ref: CallRef) {
  return answer?.id === ref.answer && answer.isClosed !== true;
}

function deliverReadResult(
  draft: Draft,
  turn: TurnState,
  run: ToolRun,
  resultId: string,
) {
  const { ref } = run;
  if (!ref || !takesResult(turn, ref)) return;
  emitEffect(draft, { do: 'result', ...ref, kind: 'ran', resultId });
  noteForeignWords(turn, run);
}

function finishChange(
  draft: Draft,
  turn: TurnState,
  run: ToolRun,
  resultId: string,
  isVain: boolean,
) {
  const change = turn.changes.findLast(
    (each) => each.tool === run.tool && each.args === run.args,
  );
  if (!change) return;
  const receivers = change.receivers.filter((ref) => takesResult(turn, ref));
  for (const ref of receivers) {
    const kind = ref.callId === run.ref?.callId ? 'ran' : 'repeated';
    emitEffect(draft, { do: 'result', ...ref, kind, resultId });
  }
  noteForeignWords(turn, run);
  change.state = 'completed';
  change.resultId = resultId;
  change.receivers = [];
  if (isVain) turn.changes = turn.changes.filter((each) => each !== change);
}

function noteForeignWords({ answer }: TurnState, { quotesOthers }: ToolRun) {
  // From now on the model's calls may come from words that it has read.
  if (answer && quotesOthers) answer.hasForeignWords = true;
}

function takeConfirmation(draft: Draft, confirmation: Confirmation) {
  const { args, by, effect, id, tool, turn } = confirmation;
  removeConfirmation(draft.tools, confirmation);
  const change = findTurn(draft, turn)?.changes.find(
    (each) => each.confirmation === id,
  );
  if (change) change.state = 'running';
  const wish = findToolWish(effect, 'confirmed');
  const quotesOthers = change?.quotesOthers !== false;
  const run = { by, turn, tool, args, ref: undefined, effect, quotesOthers };
  startToolRun(draft, { ...run, confirmation: id }, wish);
}

/** Opens the `spokenYesMs` in which the asker may confirm by voice, once the answer has asked. */
export function openSpokenConfirmation(
  { step, tools }: Draft,
  { answer }: TurnState,
): void {
  const { echoTailMs, spokenYesMs } = step.rules.tools;
  const confirmation = tools.confirmations.find(
    ({ id }) => id === answer?.confirmation,
  );
  if (confirmation?.spokenYes?.state !== 'asking') return;
  const fromMs = step.atMs + echoTailMs;
  confirmation.spokenYes = { state: 'open', fromMs, toMs: step.atMs + spokenYesMs };
}

/** Accepts a spoken yes, which a speaker who soon goes on takes back. */
export function acceptSpokenYes(
  { step, tools }: Draft,
  by: PersonId,
  { fromMs, toMs }: UtteranceTimes,
): void {
  const untilMs = toMs + step.rules.mergeMs;
  for (const confirmation of listOpenConfirmations(tools, by))
    confirmation.spokenYes = { state: 'accepted', fromMs, toMs: untilMs };
}

/** Closes the confirmations that this person could answer by voice. */
export function acceptSpokenNo(draft: Draft, by: PersonId): void {
  for (const { id } of listOpenConfirmations(draft.tools, by))
    closeConfirmation(draft, id);
}

/** Takes an accepted yes back, as its speaker goes on. */
export function voidSpokenYes({ confirmations }: ToolState, by: PersonId): void {
  for (const confirmation of confirmations) {
    const { presser, spokenYes } = confirmation;
    if (spokenYes?.state === 'accepted' && presser === by)
      confirmation.spokenYes = undefined;
  }
}

/** Ends the wait for a spoken yes after other words. An accepted yes stays if another person's words began later. */
export function closeSpokenConfirmations(
  { confirmations }: ToolState,
  by: PersonId,
  fromMs: number,
): void {
  for (const confirmation of confirmations) {
    const { presser, spokenYes } = confirmation;
    const isLater =
      spokenYes?.state === 'accepted' && presser !== by && fromMs > spokenYes.fromMs;
    if (spokenYes?.state !== 'asking' && !isLater) confirmation.spokenYes = undefined;
  }
}

/** Ends the wait for a spoken yes, which would now answer other words of the bot. */
export function closeOpenConfirmations({ confirmations }: ToolState): void {
  for (const confirmation of confirmations)
    if (confirmation.spokenYes?.state === 'open') confirmation.spokenYes = undefined;
}

/** Takes each accepted yes whose time has come, and closes buttons that nobody pressed. */
export function expireConfirmations(draft: Draft): void {
  for (const confirmation of draft.tools.confirmations) {
    if (draft.step.atMs < getConfirmationDueTime(confirmation)) continue;
    if (confirmation.spokenYes?.state === 'accepted')
      takeConfirmation(draft, confirmation);
    else closeConfirmation(draft, confirmation.id);
  }
}

/** Stops the tools of an unwanted turn, except confirmed calls. */
export function stopTurnRuns(draft: Draft, turn: Id): void {
  stopToolRuns(
    draft,
    (run) => run.turn === turn && run.ref !== undefined && !run.isDetached,
  );
}

/** Stops the calls whose results would be told later. Returns whether there were any. */
export function stopDetachedRuns(draft: Draft): boolean {
  const { runs } = draft.tools;
  stopToolRuns(draft, ({ isDetached }) => isDetached === true);
  return draft.tools.runs.length < runs.length;
}

/** Lets answers wait no longer for calls that take long. Their models are told, and the calls go on. */
export function detachLongRuns(draft: Draft): void {
  const { atMs, rules } = draft.step;
  for (const run of draft.tools.runs) {
    if (atMs < getDetachTime(run, rules) || !run.ref) continue;
    const question = joinTranscript(findTurn(draft, run.turn)?.parts ?? []);
    const detached = { ...run, isDetached: true, question };
    draft.tools.runs = draft.tools.runs.map((each) => (each === run ? detached : each));
    emitEffect(draft, { do: 'result', ...run.ref, kind: 'goes-on' });
  }
}

function reportLateResult(draft: Draft, run: ToolRun, resultId: string) {
  const { by, question = '' } = run;
  emitEffect(draft, { do: 'tell-result', by, question, resultId });
}

/** Discards an answer, with its reply and its reading tools. */
export function discardAnswer(draft: Draft, turn: TurnState): void {
  stopAnswer(draft, turn);
  turn.answer = undefined;
}

export function discardUnheardAnswer(draft: Draft, turn: TurnState): void {
  if (!findHeardReply(draft, turn.id)) discardAnswer(draft, turn);
}

/** Stops an answer and its reading tools. The turn keeps the answer for its history. */
export function stopAnswer(draft: Draft, { answer }: TurnState): void {
  if (!answer) return;
  emitEffect(draft, { do: 'discard', reply: answer.id });
  stopReadingRuns(draft, { answer });
}

/** Stops the reading tools of an answer that nobody waits for any more. Its other tools have begun to change things. */
export function stopReadingRuns(
  draft: Draft,
  { answer }: Pick<TurnState, 'answer'>,
): void {
  if (!answer) return;
  stopToolRuns(
    draft,
    ({ effect, isDetached, ref }) =>
      ref?.answer === answer.id && effect === 'read' && !isDetached,
  );
}

/** Stops everything that a person asked for or would have to press. */
export function withdrawTools(draft: Draft, by: PersonId): void {
  stopToolRuns(draft, (run) => run.by === by);
  for (const confirmation of draft.tools.confirmations) {
    if (confirmation.by === by || confirmation.presser === by)
      closeConfirmation(draft, confirmation.id);
  }
}

/** Stops all tools at the end of a session, except confirmed calls. */
export function endTools(draft: Draft): void {
  stopToolRuns(draft, ({ ref }) => ref !== undefined);
  for (const { id } of draft.tools.confirmations) closeConfirmation(draft, id);
}

function stopToolRuns(draft: Draft, isStopped: (run: ToolRun) => boolean) {
  const stopped = draft.tools.runs.filter(isStopped);
  draft.tools.runs = draft.tools.runs.filter((run) => !stopped.includes(run));
  for (const { id } of stopped) emitEffect(draft, { do: 'stop-run', run: id });
}
