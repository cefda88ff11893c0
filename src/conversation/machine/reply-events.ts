import { beginWait, getNextCueMs, stepAnswerWait } from '#src/turn/answer-wait.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findAnnouncement,
  findAwaitedReply,
  findToolStart,
  findTurn,
  findTurnByAnswer,
  forgetFailures,
  getGiveUpTime,
  isQuiet,
  rememberFailure,
} from './draft.ts';
import { stopTurnRuns } from './tool-decisions.ts';
import {
  cutReply,
  dropEntry,
  dropTurn,
  endAnnouncement,
  finishReplyClause,
  loseTurn,
  takeBackReply,
} from './turn-lifecycle.ts';
import { announceFailure, concludeTurn, confirmNextAnswer } from './turn-queue.ts';

/** Handlers of events about answers and announcements that are made or sound, for `stepConversation`. */
export const replyHandlers: Pick<
  EventHandlers,
  | 'prompted'
  | 'ordered'
  | 'refused'
  | 'audible'
  | 'whole'
  | 'starved'
  | 'halted'
  | 'over'
  | 'taken-back'
  | 'taken-out'
  | 'failure'
  | 'barged'
> = {
  prompted(draft, { answer: id, hasOthers, warning: line }) {
    if (line) emitEffect(draft, { do: 'tell', to: undefined, line });
    const answer = findTurnByAnswer(draft, id)?.answer;
    if (answer && hasOthers) answer.hasForeignWords = true;
  },

  ordered(draft, { answer: id, languageOrder }) {
    const answer = findTurnByAnswer(draft, id)?.answer;
    if (answer) answer.languageOrder = languageOrder;
  },

  refused(draft, { answer, line }) {
    const turn = findTurnByAnswer(draft, answer);
    if (!turn) return;
    if (line) emitEffect(draft, { do: 'tell', to: turn.by, line });
    turn.answer = undefined;
    emitEffect(draft, { do: 'cue', cue: 'error' });
    dropTurn(draft, turn, 'refused');
  },

  audible({ turnQueue, turns }, { atMs, reply }) {
    const { current } = turnQueue;
    if (current?.reply !== reply) return;
    current.heardFromMs ??= atMs;
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
    const {
      phase,
      waiting: { hasHeardMoment, hasHeardStep },
    } = current;
    if (phase.kind === 'finishing' && isStarved) cutReply(draft, current, phase.why);
    if (phase.kind !== 'sounding') return;
    const since = beginWait(atMs, draft.step.rules.waiting);
    current.phase = { ...phase, isStarved };
    current.waiting = { ...since, hasHeardMoment, hasHeardStep };
  },

  halted({ turnQueue }, { heard: heardText, reply }) {
    const { current } = turnQueue;
    if (current?.reply !== reply || current.phase.kind !== 'sounding') return;
    current.haltedAfter = heardText;
  },

  over(draft, event) {
    const { failure, finish, reply, stage = 'speak', words: questionText } = event;
    const { current } = draft.turnQueue;
    if (current?.reply !== reply) return;
    draft.turnQueue.freeFromMs = event.atMs;
    const { phase } = current;
    if (event.heard !== '' || phase.kind !== 'making')
      draft.turnQueue.toldAtMs = event.atMs;
    const end = finish !== 'completed' && 'why' in phase ? phase.why : finish;
    const announcement = findAnnouncement(draft, current.id);
    const turn = findTurn(draft, current.id);
    if (announcement) {
      if (end === 'completed') forgetFailures(draft.notes, 'key');
      endAnnouncement(draft, announcement, end);
    } else if (turn) {
      if (questionText !== undefined)
        turn.parts = [{ utterance: 0, words: questionText }];
      const { version } = draft.history;
      concludeTurn(draft, turn, end, event.heard, failure);
      confirmNextAnswer(draft, version);
    }
    if (end === 'failed') announceFailure(draft, stage, failure);
  },

  'taken-back'(draft, { request }) {
    const entries = [...draft.turns, ...draft.turnQueue.announcements];
    const entry = entries.find((each) => each.request === request);
    if (entry) dropEntry(draft, entry.id, 'withdrawn');
  },

  'taken-out'(draft, { id, why: reason }) {
    dropEntry(draft, id, reason);
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
    const turn = findTurn(draft, current.id);
    // Words that continue the question are answered together with it, once they are known.
    if (action === 'yield' && turn && turn.openSpeech.length > 0)
      takeBackReply(draft, turn, current);
    else cutReply(draft, current, action === 'stop' ? 'stopped' : 'interrupted');
  },
};

/** Drops the current reply if nothing of it has sounded. */
export function dropUnheardReply(draft: Draft): void {
  const { current } = draft.turnQueue;
  if (current?.phase.kind === 'making') dropEntry(draft, current.id, 'stopped');
}

/** Plays due cues of waiting, and gives up replies and turns that waited for too long. */
export function expireReplies(draft: Draft): void {
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
  const awaitedReply = findAwaitedReply(draft);
  if (!awaitedReply || !isQuiet(draft.turns)) return;
  if (atMs - awaitedReply.fromMs < rules.waiting.graceMs) return;
  const toolFromMs = findToolStart(draft.tools, awaitedReply.reply);
  const wait = awaitedReply.waiting;
  if (atMs < getNextCueMs(wait, rules.waiting, toolFromMs)) return;
  const { cue, waiting } = stepAnswerWait(wait, atMs, rules.waiting, toolFromMs);
  awaitedReply.waiting = waiting;
  emitEffect(draft, { do: 'cue', cue });
}

function giveUpSilentReply(draft: Draft) {
  const { atMs, rules } = draft.step;
  const { maxSilenceMs } = rules.waiting;
  const awaitedReply = findAwaitedReply(draft);
  if (!awaitedReply || atMs < getGiveUpTime(draft, maxSilenceMs)) return;
  awaitedReply.phase = { kind: 'cut', why: 'failed' };
  emitEffect(draft, {
    do: 'give-up',
    answer: awaitedReply.reply,
    afterMs: maxSilenceMs,
  });
}
