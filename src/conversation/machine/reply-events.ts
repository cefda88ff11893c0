import type { PersonId } from '#src/base/ids.ts';
import { beginWait, getNextCueMs, stepAnswerWait } from '#src/turn/answer-wait.ts';
import { forgetFailures, rememberFailure } from './notes.ts';
import {
  type Draft,
  type EventHandlers,
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
import { announceFailure, concludeTurn, confirmNextAnswer } from './turn-queue.ts';

export const replyHandlers = {
  prompted(draft, { answer: id, hasOthers }) {
    const answer = findTurnByAnswer(draft, id)?.answer;
    if (answer && hasOthers) answer.hasForeignWords = true;
  },

  refused(draft, { answer }) {
    const turn = findTurnByAnswer(draft, answer);
    if (!turn) return;
    turn.answer = undefined;
    emitEffect(draft, { do: 'cue', cue: 'error' });
    dropTurn(draft, turn, 'refused');
  },

  audible({ turnQueue, turns }, { reply }) {
    const { current } = turnQueue;
    if (current?.reply !== reply) return;
    if (current.phase.kind === 'making')
      current.phase = { kind: 'sounding', isStarved: false };
    for (const utterance of turns.flatMap(({ openSpeech }) => openSpeech))
      utterance.isOverlapping ||= !utterance.isEnded;
  },

  whole({ turnQueue }, { reply, text }) {
    const { current } = turnQueue;
    if (current?.reply === reply) current.wholeText = text;
  },

  starved(draft, { atMs, isStarved, reply }) {
    // A finishing clause of which no more comes is over.
    const { current } = draft.turnQueue;
    if (current?.reply !== reply) return;
    const { phase, waiting } = current;
    if (phase.kind === 'finishing' && isStarved) cutReply(draft, current, phase.why);
    if (phase.kind !== 'sounding') return;
    const since = beginWait(atMs, draft.step.rules.waiting);
    current.phase = { ...phase, isStarved };
    current.waiting = { ...since, hasHeardMoment: waiting.hasHeardMoment };
  },

  halted({ turnQueue }, { heard, reply }) {
    const { current } = turnQueue;
    if (current?.reply !== reply || current.phase.kind !== 'sounding') return;
    current.haltedAfter = heard;
  },

  over(draft, event) {
    const { failure, finish, heard, reply, stage = 'speak', words } = event;
    const { current } = draft.turnQueue;
    if (current?.reply !== reply) return;
    draft.turnQueue.freeFromMs = event.atMs;
    const { phase } = current;
    const end = finish !== 'completed' && 'why' in phase ? phase.why : finish;
    const announcement = findAnnouncement(draft, current.id);
    const turn = findTurn(draft, current.id);
    if (announcement) {
      if (end === 'completed') forgetFailures(draft.notes, 'key');
      endAnnouncement(draft, announcement, end);
    } else if (turn) {
      if (words !== undefined) turn.parts = [{ utterance: 0, words }];
      const { version } = draft.history;
      concludeTurn(draft, turn, end, heard, failure);
      confirmNextAnswer(draft, version);
    }
    if (end === 'failed') announceFailure(draft, stage, failure);
  },

  'taken-back'(draft, { request }) {
    const all = [...draft.turns, ...draft.turnQueue.announcements];
    const taken = all.find((one) => one.request === request);
    if (taken) dropEntry(draft, taken.id, 'withdrawn');
  },

  'taken-out'(draft, { id, why }) {
    dropEntry(draft, id, why);
  },

  failure({ notes }, event) {
    if (event.isOver) forgetFailures(notes, event.failure);
    else rememberFailure(notes, event.failure);
  },

  barged(draft, { action, reply }) {
    const { current } = draft.turnQueue;
    if (current?.reply !== reply) return;
    if (action === 'finish-clause') {
      finishReplyClause(draft, current, 'interrupted');
      return;
    }
    stopTurnRuns(draft, current.id);
    cutReply(draft, current, action === 'stop' ? 'stopped' : 'interrupted');
  },
} satisfies Partial<EventHandlers>;

export function dropUnheardReply(draft: Draft) {
  const { current } = draft.turnQueue;
  if (current?.phase.kind === 'making') dropEntry(draft, current.id, 'stopped');
}

/** An answer that others hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId) {
  for (const turn of draft.turns) {
    if (turn.by !== by || turn.request !== undefined) continue;
    const sounding = findHeardReply(draft, turn.id);
    if (sounding) finishReplyClause(draft, sounding, 'late');
    else loseTurn(draft, turn, 'late');
  }
}

export function expireReplies(draft: Draft) {
  cueAwaitedReply(draft);
  giveUpSilentReply(draft);
  for (const turn of draft.turns) {
    const isLate = draft.step.atMs - turn.endedMs >= draft.step.rules.queue.maxWaitMs;
    if (isLate && draft.turnQueue.waiting.includes(turn.id))
      loseTurn(draft, turn, 'late');
  }
}

function cueAwaitedReply(draft: Draft) {
  const { atMs, rules } = draft.step;
  const awaited = findAwaitedReply(draft);
  if (!awaited || !isQuiet(draft.turns)) return;
  if (atMs - awaited.fromMs < rules.waiting.graceMs) return;
  if (atMs < getNextCueMs(awaited.waiting, rules.waiting)) return;
  const { cue, waiting } = stepAnswerWait(awaited.waiting, atMs, rules.waiting);
  awaited.waiting = waiting;
  emitEffect(draft, { do: 'cue', cue });
}

function giveUpSilentReply(draft: Draft) {
  const { atMs, rules } = draft.step;
  const { maxSilenceMs } = rules.waiting;
  const awaited = findAwaitedReply(draft);
  if (!awaited || atMs < getGiveUpTime(draft, maxSilenceMs)) return;
  awaited.phase = { kind: 'cut', why: 'failed' };
  emitEffect(draft, {
    do: 'give-up',
    answer: awaited.reply,
    afterMs: maxSilenceMs,
  });
}
