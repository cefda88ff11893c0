import type { PersonId } from '#src/base/ids.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  findTurn,
  findTurnByAnswer,
  getConfirmationDueTime,
  getLastUtterance,
  listOpenConfirmations,
  takeId,
} from './selectors.ts';
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

export const toolHandlers = {
  called(draft, { answer: id, call }) {
    const turn = findTurnByAnswer(draft, id);
    const answer = turn?.answer;
    if (!turn || !answer) return;
    const ref = { answer: id, callId: call.callId };
    if (call.effect === 'read') runToolCall(draft, turn, call, ref);
    else decideChange(draft, turn, call, ref);
    answer.hasCalled = true;
  },

  'ask-failed'(draft, { confirmation }) {
    closeConfirmation(draft, confirmation);
  },

  returned(draft, { isVain, result: resultId, run: id }) {
    const run = draft.tools.runs.find((one) => one.id === id);
    if (!run) return;
    draft.tools.runs = draft.tools.runs.filter((one) => one !== run);
    const turn = findTurn(draft, run.turn);
    if (turn && run.effect === 'read') deliverReadResult(draft, turn, run, resultId);
    else if (turn) finishChange(draft, turn, run, resultId, isVain);
  },

  pressed(draft, { by, confirmation: id }) {
    const confirmation = draft.tools.confirmations.find((one) => one.id === id);
    if (confirmation?.presser === by) takeConfirmation(draft, confirmation);
  },
} satisfies Partial<EventHandlers>;

function decideChange(draft: Draft, turn: TurnState, call: ToolRequest, ref: CallRef) {
  // An equal call gets the former result, and so does a call of a further answer if nothing was said since.
  const alike = turn.changes.filter(({ tool }) => tool === call.tool);
  const former = alike.filter(({ answer }) => answer !== ref.answer);
  const known =
    alike.find(({ args }) => args === call.args) ??
    former.findLast((one) => one.lastUtterance === getLastUtterance(turn));
  if (known) deliverFormerResult(draft, known, ref);
  else if (alike.length - former.length < draft.step.rules.tools.maxCalls)
    makeChange(draft, turn, call, ref, former);
  else emitEffect(draft, { do: 'result', ...ref, kind: 'called-enough' });
}

function makeChange(
  draft: Draft,
  turn: TurnState,
  call: ToolRequest,
  ref: CallRef,
  former: readonly ToolChange[],
) {
  // Unpressed buttons of former answers give way to the call that is made in the end.
  const isFirst = turn.answer?.hasCalled === false && turn.changes.length === 0;
  const asked = former.filter(({ state }) => state === 'asked');
  for (const { confirmation } of asked) closeConfirmation(draft, confirmation);
  const isRepeated = former.length > asked.length;
  const mayRun = canRunUnasked(call.effect, turn.answer?.hasForeignWords === false);
  const mustAsk = !mayRun || (isRepeated && call.effect !== 'change');
  if (mustAsk || call.presser !== undefined)
    askConfirmation(draft, turn, call, ref, isFirst);
  else {
    addToolChange(turn, call, ref, { receivers: [ref] });
    runToolCall(draft, turn, call, ref);
  }
}

/**
 * Returns whether a call runs without Confirm. A lasting one must come from the asker's own words alone (`isOwn`),
 * a destroying one never may.
 */
export function canRunUnasked(effect: ToolRequest['effect'], isOwn: boolean): boolean {
  return effect === 'last' ? isOwn : effect !== 'destroy';
}

function deliverFormerResult(draft: Draft, former: ToolChange, ref: CallRef) {
  const { resultId, state } = former;
  if (state === 'asked')
    emitEffect(draft, { do: 'result', ...ref, kind: 'asked-before' });
  else if (resultId === undefined) former.receivers = [...former.receivers, ref];
  else emitEffect(draft, { do: 'result', ...ref, kind: 'repeated', resultId });
}

function addToolChange(
  turn: TurnState,
  { args, quotesOthers, tool }: ToolRequest,
  { answer }: CallRef,
  given: Partial<ToolChange>,
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
    ...given,
  };
  turn.changes = [...turn.changes, change];
}

function runToolCall(
  draft: Draft,
  { by, id: turn }: TurnState,
  call: ToolRequest,
  ref: CallRef,
) {
  const { args, effect, quotesOthers, tool } = call;
  startToolRun(draft, {
    by,
    turn,
    tool,
    args,
    ref,
    effect,
    quotesOthers,
    confirmation: undefined,
  });
}

function startToolRun(draft: Draft, run: Omit<ToolRun, 'id'>) {
  const id = takeId(draft);
  draft.tools.runs = [...draft.tools.runs, { id, ...run }];
  emitEffect(draft, {
    do: 'run',
    run: id,
    call: run.ref,
    confirmation: run.confirmation,
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
  const closed = draft.tools.confirmations.find((one) => one.id === id);
  if (!closed) return;
  removeConfirmation(draft.tools, closed);
  const turn = findTurn(draft, closed.turn);
  if (turn)
    turn.changes = turn.changes.filter(({ confirmation }) => confirmation !== id);
  emitEffect(draft, { do: 'close-ask', confirmation: closed.id });
}

function removeConfirmation(tools: ToolState, confirmation: Confirmation) {
  tools.confirmations = tools.confirmations.filter((one) => one !== confirmation);
}

function deliverReadResult(
  draft: Draft,
  turn: TurnState,
  run: ToolRun,
  resultId: string,
) {
  const { ref } = run;
  if (!ref || turn.answer?.id !== ref.answer) return;
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
  const made = turn.changes.findLast(
    (one) => one.tool === run.tool && one.args === run.args,
  );
  if (!made) return;
  for (const ref of made.receivers.filter(({ answer }) => turn.answer?.id === answer)) {
    const kind = ref.callId === run.ref?.callId ? 'ran' : 'repeated';
    emitEffect(draft, { do: 'result', ...ref, kind, resultId });
  }
  noteForeignWords(turn, run);
  made.state = 'completed';
  made.resultId = resultId;
  made.receivers = [];
  if (isVain) turn.changes = turn.changes.filter((one) => one !== made);
}

function noteForeignWords({ answer }: TurnState, { quotesOthers }: ToolRun) {
  // From now on the model's calls may come from words that it has read.
  if (answer && quotesOthers) answer.hasForeignWords = true;
}

function takeConfirmation(draft: Draft, confirmation: Confirmation) {
  const { args, by, effect, id, tool, turn } = confirmation;
  removeConfirmation(draft.tools, confirmation);
  const asked = findTurn(draft, turn)?.changes.find((one) => one.confirmation === id);
  if (asked) asked.state = 'running';
  const quotesOthers = asked?.quotesOthers !== false;
  startToolRun(draft, {
    by,
    turn,
    tool,
    args,
    ref: undefined,
    effect,
    quotesOthers,
    confirmation: id,
  });
}

/** Opens the `spokenYesMs` in which the asker may confirm by voice, once the answer has asked. */
export function openSpokenConfirmation({ step, tools }: Draft, { answer }: TurnState) {
  const { echoTailMs, spokenYesMs } = step.rules.tools;
  const asked = tools.confirmations.find(({ id }) => id === answer?.confirmation);
  if (asked?.spokenYes?.state !== 'asking') return;
  const fromMs = step.atMs + echoTailMs;
  asked.spokenYes = { state: 'open', fromMs, toMs: step.atMs + spokenYesMs };
}

/** A speaker who soon goes on takes it back. */
export function acceptSpokenYes(
  { step, tools }: Draft,
  by: PersonId,
  { fromMs, toMs }: UtteranceTimes,
) {
  const untilMs = toMs + step.rules.mergeMs;
  for (const one of listOpenConfirmations(tools, by))
    one.spokenYes = { state: 'accepted', fromMs, toMs: untilMs };
}

export function acceptSpokenNo(draft: Draft, by: PersonId) {
  for (const { id } of listOpenConfirmations(draft.tools, by))
    closeConfirmation(draft, id);
}

export function voidSpokenYes({ confirmations }: ToolState, by: PersonId) {
  for (const one of confirmations)
    if (one.spokenYes?.state === 'accepted' && one.presser === by)
      one.spokenYes = undefined;
}

export function closeSpokenConfirmations(
  { confirmations }: ToolState,
  by: PersonId,
  fromMs: number,
) {
  for (const one of confirmations) {
    const { presser, spokenYes } = one;
    const isLater =
      spokenYes?.state === 'accepted' && presser !== by && fromMs > spokenYes.fromMs;
    if (spokenYes?.state !== 'asking' && !isLater) one.spokenYes = undefined;
  }
}

/** Ends the wait for a spoken yes, which would now answer other words of the bot. */
export function closeOpenConfirmations({ confirmations }: ToolState) {
  for (const one of confirmations)
    if (one.spokenYes?.state === 'open') one.spokenYes = undefined;
}

export function expireConfirmations(draft: Draft) {
  for (const one of draft.tools.confirmations) {
    if (draft.step.atMs < getConfirmationDueTime(one)) continue;
    if (one.spokenYes?.state === 'accepted') takeConfirmation(draft, one);
    else closeConfirmation(draft, one.id);
  }
}

/** Stops the tools of an unwanted turn, except confirmed calls. */
export function stopTurnRuns(draft: Draft, turn: Id) {
  stopToolRuns(draft, (one) => one.turn === turn && one.ref !== undefined);
}

export function discardAnswer(draft: Draft, turn: TurnState) {
  stopAnswer(draft, turn);
  turn.answer = undefined;
}

export function discardUnheardAnswer(draft: Draft, turn: TurnState) {
  if (!findHeardReply(draft, turn.id)) discardAnswer(draft, turn);
}

export function stopAnswer(draft: Draft, { answer }: TurnState) {
  if (!answer) return;
  emitEffect(draft, { do: 'discard', reply: answer.id });
  stopToolRuns(draft, (one) => one.ref?.answer === answer.id && one.effect === 'read');
}

export function withdrawTools(draft: Draft, by: PersonId) {
  stopToolRuns(draft, (one) => one.by === by);
  for (const one of draft.tools.confirmations) {
    if (one.by === by || one.presser === by) closeConfirmation(draft, one.id);
  }
}

export function endTools(draft: Draft) {
  stopToolRuns(draft, ({ ref }) => ref !== undefined);
  for (const { id } of draft.tools.confirmations) closeConfirmation(draft, id);
}

function stopToolRuns(draft: Draft, isStopped: (one: ToolRun) => boolean) {
  const stopped = draft.tools.runs.filter(isStopped);
  draft.tools.runs = draft.tools.runs.filter((one) => !stopped.includes(one));
  for (const { id } of stopped) emitEffect(draft, { do: 'stop-run', run: id });
}
