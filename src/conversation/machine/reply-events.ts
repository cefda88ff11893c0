import { beginWait, getNextCueMs, stepAnswerWait } from '#src/turn/answer-wait.ts';
import type { EventOf } from './events.ts';
import {
  type Draft,
  emitEffect,
  findAnnouncement,
  findAwaitedReply,
  findHeardReply,
  findTurn,
  findTurnByAnswer,
  getGiveUpTime,
  isQuiet,
} from './selectors.ts';
import { stopTurnRuns } from './tool-decisions.ts';
import {
  cutReply,
  dropEntry,
  dropTurn,
  endAnnouncement,
  finishReplyClause,
  loseTurn,
} from './turn-lifecycle.ts';
import {
  announceFailure,
  concludeTurn,
  confirmNextAnswer,
  forgetFailures,
  rememberFailure,
} from './turn-queue.ts';

export function notePrompt(
  draft: Draft,
  { answer: id, hasOthers }: EventOf<'prompted'>,
): void {
  const answer = findTurnByAnswer(draft, id)?.answer;
  if (answer && hasOthers) answer.hasForeignWords = true;
}

export function rejectAnswer(draft: Draft, { answer }: EventOf<'refused'>): void {
  const turn = findTurnByAnswer(draft, answer);
  if (!turn) return;
  turn.answer = undefined;
  emitEffect(draft, { do: 'cue', cue: 'error' });
  dropTurn(draft, turn, 'refused');
}

/** The first frame of a reply leaves, and utterances that go on overlap it. */
export function startHearing(draft: Draft, { reply }: EventOf<'audible'>): void {
  const { current } = draft.turnQueue;
  if (current?.reply !== reply) return;
  if (current.phase.kind === 'making')
    current.phase = { kind: 'sounding', isStarved: false };
  for (const utterance of draft.turns.flatMap(({ openSpeech }) => openSpeech))
    utterance.isOverlapping ||= !utterance.isEnded;
}

export function noteWholeText(draft: Draft, { reply, text }: EventOf<'whole'>): void {
  const { current } = draft.turnQueue;
  if (current?.reply === reply) current.wholeText = text;
}

/** The sound of a reply is late, or goes on. */
export function updateStarvation(
  draft: Draft,
  { isStarved, reply }: EventOf<'starved'>,
): void {
  // A finishing clause of which no more comes is over.
  const { current } = draft.turnQueue;
  if (current?.reply !== reply) return;
  const { phase, waiting } = current;
  if (phase.kind === 'finishing' && isStarved) cutReply(draft, current, phase.why);
  if (phase.kind !== 'sounding') return;
  const since = beginWait(draft.atMs, draft.rules.waiting);
  current.phase = { ...phase, isStarved };
  current.waiting = { ...since, hasHeardMoment: waiting.hasHeardMoment };
}

/** The current reply is over. `heard` is the part that left for the channel. */
export function endReply(draft: Draft, event: EventOf<'over'>): void {
  const { failure, finish, heard, reply, stage = 'speak', words } = event;
  const { current } = draft.turnQueue;
  if (current?.reply !== reply) return;
  draft.turnQueue.freeFromMs = draft.atMs;
  const { phase } = current;
  const end = finish !== 'completed' && 'why' in phase ? phase.why : finish;
  const reading = findAnnouncement(draft, current.id);
  const turn = findTurn(draft, current.id);
  if (reading) {
    if (end === 'completed') forgetFailures(draft, 'key');
    endAnnouncement(draft, reading, end);
  } else if (turn) {
    if (words !== undefined) turn.parts = [{ utterance: 0, words }];
    turn.failure = failure;
    const { version } = draft.history;
    concludeTurn(draft, turn, end, heard);
    confirmNextAnswer(draft, version);
  }
  if (end === 'failed') announceFailure(draft, stage, failure);
}

export function takeRequestBack(
  draft: Draft,
  { request }: EventOf<'taken-back'>,
): void {
  const { announcements, turns } = draft;
  const taken = [...turns, ...announcements].find((one) => one.request === request);
  if (taken) dropEntry(draft, taken.id, 'withdrawn');
}

export function takeEntryOut(draft: Draft, { id, why }: EventOf<'taken-out'>): void {
  dropEntry(draft, id, why);
}

export function updateFailure(draft: Draft, event: EventOf<'failure'>): void {
  if (event.isOver) forgetFailures(draft, event.failure);
  else rememberFailure(draft, event.failure);
}

export function applyBargeIn(draft: Draft, { action, reply }: EventOf<'barged'>): void {
  const { current } = draft.turnQueue;
  if (current?.reply !== reply) return;
  if (action === 'finish-clause') {
    finishReplyClause(draft, current, 'interrupted');
    return;
  }
  stopTurnRuns(draft, current.id);
  cutReply(draft, current, action === 'stop' ? 'stopped' : 'interrupted');
}

/** "Stop" before the first sound drops the reply that is being made. */
export function dropUnheardReply(draft: Draft): void {
  const { current } = draft.turnQueue;
  if (current?.phase.kind === 'making') dropEntry(draft, current.id, 'stopped');
}

/** Drops the turns of a leaver. An answer that the others hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId): void {
  for (const turn of draft.turns) {
    if (turn.by !== by || turn.request !== undefined) continue;
    const sounding = findHeardReply(draft, turn.id);
    if (sounding) finishReplyClause(draft, sounding, 'late');
    else loseTurn(draft, turn, 'late');
  }
}

/** Plays cues, gives up answers that do not come, and drops turns that waited too long. */
export function expireReplies(draft: Draft): void {
  cueAwaitedReply(draft);
  giveUpSilentReply(draft);
  const { atMs, rules } = draft;
  for (const turn of draft.turns) {
    const isLate = atMs - turn.endedMs >= rules.queue.maxWaitMs;
    if (isLate && draft.turnQueue.waiting.includes(turn.id))
      loseTurn(draft, turn, 'late');
  }
}

/** Plays a cue while an answer is awaited, but never into the talk of people. */
function cueAwaitedReply(draft: Draft) {
  const { atMs, rules } = draft;
  const awaited = findAwaitedReply(draft);
  if (!awaited || !isQuiet(draft)) return;
  if (atMs - awaited.fromMs < rules.cueGraceMs) return;
  if (atMs < getNextCueMs(awaited.waiting, rules.waiting)) return;
  const { cue, waiting } = stepAnswerWait(awaited.waiting, atMs, rules.waiting);
  awaited.waiting = waiting;
  emitEffect(draft, { do: 'cue', cue });
}

function giveUpSilentReply(draft: Draft) {
  const { atMs, rules } = draft;
  const awaited = findAwaitedReply(draft);
  if (!awaited || atMs < getGiveUpTime(draft, rules)) return;
  awaited.phase = { kind: 'cut', why: 'failed' };
  emitEffect(draft, {
    do: 'give-up',
    answer: awaited.reply,
    afterMs: rules.maxSilenceMs,
  });
}
