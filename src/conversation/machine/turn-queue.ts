import { isDeepStrictEqual } from 'node:util';
import type { PersonId } from '#src/base/ids.ts';
import { hasSameWords } from '#src/turn/addressing/names.ts';
import { beginWait, getWaitStartMs } from '#src/turn/answer-wait.ts';
import type { ConversationRules } from './conversation-rules.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findAnnouncement,
  findCurrentTurn,
  findHeardReply,
  findPreparedTurn,
  findTurn,
  forgetDroppedTurns,
  forgetFailures,
  getLastUtterance,
  getStanding,
  getVoiceEndMs,
  isQueued,
  isQueueFree,
  isQuiet,
  isSpeaking,
  joinTranscript,
  leaveQueue,
  noteUnderstoodWords,
  rememberFailure,
  takeId,
} from './draft.ts';
import type { EventOf } from './events.ts';
import type {
  Announcement,
  AnnouncementPlace,
  ConversationState,
  History,
  Id,
  Presence,
  ReplyFailure,
  TurnEnd,
  TurnQueue,
  TurnState,
} from './state.ts';
import {
  closeOpenConfirmations,
  discardAnswer,
  openSpokenConfirmation,
} from './tool-decisions.ts';
import { noteAnswerBegun, noteAnswerOver } from './turn-addressing.ts';
import {
  beginTurnAnswer,
  dropAnnouncement,
  dropTurn,
  endAnnouncement,
  endTurn,
  findRejection,
  findTurnRejection,
  loseTurn,
  markWaitingTurns,
  rememberExchange,
  takeBackReply,
} from './turn-lifecycle.ts';

/** Handlers of new announcements and notices, for `stepConversation`. */
export const queueHandlers: Pick<EventHandlers, 'announcement' | 'notify'> = {
  announcement(draft, event) {
    const { about, isInterruptible, owner, request } = event;
    const outcome = findSpeechRejection(draft, event, draft.step.rules);
    if (outcome === undefined)
      queueAnnouncement(
        draft,
        addAnnouncement(draft, {
          owner,
          about,
          when: event.when,
          isInterruptible,
          request,
        }),
      );
    else if (request !== undefined)
      emitEffect(draft, { do: 'report', request, outcome });
  },

  notify(draft, event) {
    const { request, to, untilMs } = event;
    const about = to === undefined ? [] : [to];
    const rejection = findSpeechRejection(draft, event, draft.step.rules);
    const notice = addAnnouncement(draft, {
      about,
      when: 'pause',
      request,
      untilMs,
    });
    if (rejection) endAnnouncement(draft, notice, rejection);
  },
};

/** Finds the reason why an announcement or a notice is not queued now. Undefined: it is. */
export function findSpeechRejection(
  { session, turnQueue }: Pick<ConversationState, 'session' | 'turnQueue'>,
  request:
    | Pick<EventOf<'announcement'>, 'kind' | 'owner' | 'when'>
    | Pick<EventOf<'notify'>, 'kind'>,
  { queue }: Pick<ConversationRules, 'queue'>,
): TurnEnd | undefined {
  const rejection = findRejection(session);
  if (request.kind === 'announcement')
    return rejection ?? findCrowd(turnQueue, request, queue);
  const isFull = listWaitingNotices(turnQueue).length >= queue.maxNotices;
  const isUnspoken = session.settings.mode === 'captions' || rejection !== undefined;
  return isFull || isUnspoken ? 'refused' : undefined;
}

/** Queues a turn whose words are decided, or drops it if nothing may be said. */
export function queueTurn(draft: Draft, turn: TurnState): void {
  const refusal = findTurnRejection(draft.session);
  if (refusal === 'ending') loseTurn(draft, turn, refusal);
  else if (refusal) dropTurn(draft, turn, refusal);
  if (refusal) return;
  replaceUnheardTurn(draft, turn);
  const heardReply = findHeardReply(draft, turn.id);
  if (heardReply) takeBackReply(draft, turn, heardReply);
  leaveQueue(draft, turn.id);
  insertTurn(draft, turn);
  refuseNewestTurns(draft);
  if (isQueued(draft.turnQueue, turn.id)) withdrawRefusal(draft, turn.by);
}

function replaceUnheardTurn(draft: Draft, turn: TurnState) {
  // Words that were understood late replace nothing.
  const { current } = draft.turnQueue;
  const currentTurn = findCurrentTurn(draft);
  if (!currentTurn || currentTurn.id === turn.id || currentTurn.by !== turn.by) return;
  const isTyped = currentTurn.request !== undefined || turn.request !== undefined;
  const isEarlier = turn.endedMs < currentTurn.endedMs;
  if (isTyped || isEarlier || current?.phase.kind !== 'making') return;
  dropTurn(draft, currentTurn, 'interrupted');
}

/** Refuses the questions that were finished last, as long as there are too many. */
function refuseNewestTurns(draft: Draft) {
  for (
    let newest = findCrowdedTurn(draft);
    newest !== undefined;
    newest = findCrowdedTurn(draft)
  )
    refuseTurn(draft, newest);
}

function findCrowdedTurn(draft: Draft) {
  const answering = findCurrentTurn(draft);
  const others = draft.turns.filter(
    (turn) => turn.parts.length > 0 && turn !== answering,
  );
  // Whoever speaks over the own answer ends it, and takes its place.
  const isReplaced = others.some(
    ({ by, request }) => request === undefined && by === answering?.by,
  );
  const count = others.length + Number(answering !== undefined && !isReplaced);
  if (count <= draft.step.rules.queue.maxQuestions) return undefined;
  return others.reduce((one, other) => (other.endedMs < one.endedMs ? one : other));
}

function refuseTurn(draft: Draft, newest: TurnState) {
  if (isToldOfCrowd(draft.turnQueue, newest.by)) {
    dropTurn(draft, newest, 'crowded');
    return;
  }
  loseTurn(draft, newest, 'crowded');
  if (newest.request === undefined && !findRejection(draft.session))
    announceCrowd(draft, newest.by);
}

/** Tests whether a person is about to be told that there was no place. Who goes on is not told twice. */
function isToldOfCrowd({ announcements }: TurnQueue, by: PersonId) {
  return announcements.some(({ crowdedOut }) => crowdedOut?.includes(by));
}

/** Says, once an answer has made a place, that there was none for a person's question. */
function announceCrowd(draft: Draft, by: PersonId) {
  const { announcements, current } = draft.turnQueue;
  const unsaid = announcements.find(
    ({ crowdedOut, id }) => crowdedOut && id !== current?.id,
  );
  if (unsaid) unsaid.crowdedOut = [...(unsaid.crowdedOut ?? []), by];
  else addAnnouncement(draft, { isOwn: true, when: 'pause', crowdedOut: [by] });
}

/** Forgets that there was no place for a person, who has found one. */
function withdrawRefusal(draft: Draft, by: PersonId) {
  forgetDroppedTurns(draft.notes, by);
  const { announcements, current } = draft.turnQueue;
  for (const announcement of announcements) {
    if (!announcement.crowdedOut || announcement.id === current?.id) continue;
    const others = announcement.crowdedOut.filter((each) => each !== by);
    announcement.crowdedOut = others;
    if (others.length === 0) endAnnouncement(draft, announcement, 'withdrawn');
  }
}

function insertTurn(draft: Draft, turn: TurnState) {
  // The first to finish speaking is answered first. Lines of a chat let every turn pass.
  const nextIndex = draft.turnQueue.waiting.findIndex((id) => {
    const waitingTurn = findTurn(draft, id);
    if (waitingTurn) return waitingTurn.endedMs > turn.endedMs;
    return findAnnouncement(draft, id)?.when === 'behind';
  });
  insertEntry(draft.turnQueue, turn.id, nextIndex);
}

function insertEntry(turnQueue: TurnQueue, id: Id, index: number) {
  turnQueue.waiting = turnQueue.waiting.toSpliced(
    index < 0 ? turnQueue.waiting.length : index,
    0,
    id,
  );
}

/** Starts the next turn or announcement, if nothing sounds. While the bot is muted, only turns wait. */
export function startNextEntry(draft: Draft): void {
  for (;;) {
    const { session, turnQueue } = draft;
    if (turnQueue.current || session.connection.kind !== 'up') return;
    if (turnQueue.waiting.length === 0) startNotice(draft);
    const [next] = turnQueue.waiting;
    if (next === undefined) return;
    startEntry(draft, next);
  }
}

function startEntry(draft: Draft, id: Id) {
  leaveQueue(draft, id);
  closeOpenConfirmations(draft.tools);
  const turn = findTurn(draft, id);
  const announcement = findAnnouncement(draft, id);
  if (turn) startAnswer(draft, turn);
  if (!announcement) return;
  setCurrentReply(draft, id, id, draft.step.atMs);
  emitEffect(draft, { do: 'speak', announcement: id });
}

function startAnswer(draft: Draft, turn: TurnState) {
  if (!isAnswerCurrent(draft.history, turn)) discardAnswer(draft, turn);
  const answer =
    turn.answer ?? beginTurnAnswer(draft, turn, joinTranscript(turn.parts));
  const fromMs = Math.max(
    getWaitStartMs(getVoiceEndMs(turn), turn.endedMs),
    draft.turnQueue.freeFromMs,
  );
  setCurrentReply(draft, turn.id, answer.id, fromMs);
  noteUnderstoodWords(draft, turn);
  noteAnswerBegun(draft, turn.by);
  emitEffect(draft, { do: 'play', answer: answer.id });
}

/** Begins the answer of the next turn while the last words of the current reply sound. */
export function beginNextAnswer(draft: Draft): void {
  const { current, waiting } = draft.turnQueue;
  const next = findTurn(draft, waiting[0]);
  const currentTurn = findCurrentTurn(draft);
  const isKnown = current?.wholeText !== undefined && current.haltedAfter === undefined;
  if (!next || next.answer || !currentTurn || !isKnown) return;
  if (draft.session.settings.isSparing || !isSpeaking(draft.turnQueue)) return;
  next.hasWaited ||= next.by !== currentTurn.by;
  beginTurnAnswer(draft, next, joinTranscript(next.parts));
}

/** Discards prepared answers that suppose other words than people will have heard. */
export function discardWrongSuppositions(draft: Draft): void {
  const { haltedAfter, wholeText } = draft.turnQueue.current ?? {};
  for (const turn of draft.turns) {
    const supposedText = turn.answer?.supposedExchange?.heard;
    const isRight =
      supposedText === undefined ||
      supposedText === haltedAfter ||
      supposedText === wholeText;
    if (!isRight) discardAnswer(draft, turn);
  }
}

/** Marks the prepared answer as current, after people heard the words that it supposes. */
export function confirmNextAnswer(
  { history, turns }: ConversationState,
  formerVersion: number,
): void {
  const { exchanges, version } = history;
  const answer = findPreparedTurn(turns)?.answer;
  if (answer?.historyVersion !== formerVersion) return;
  if (!isDeepStrictEqual(exchanges.at(-1), answer.supposedExchange)) return;
  answer.supposedExchange = undefined;
  answer.historyVersion = version;
}

function isAnswerCurrent({ version }: History, turn: TurnState) {
  const { answer } = turn;
  if (answer?.historyVersion !== version || answer.supposedExchange !== undefined)
    return false;
  if (answer.words === undefined)
    return answer.lastUtterance === getLastUtterance(turn);
  return hasSameWords(answer.words, joinTranscript(turn.parts));
}

function setCurrentReply(
  { step, turnQueue }: Draft,
  id: Id,
  reply: Id,
  sinceMs: number,
) {
  turnQueue.current = {
    id,
    reply,
    fromMs: step.atMs,
    phase: { kind: 'making' },
    waiting: beginWait(sinceMs, step.rules.waiting),
  };
}

/** Ends a turn whose reply has ended, and remembers the words that people heard. */
export function concludeTurn(
  draft: Draft,
  turn: TurnState,
  end: TurnEnd,
  heardText: string,
  failure?: ReplyFailure,
): void {
  // A model that said nothing has failed, unless it changed something.
  if (end === 'completed') {
    openSpokenConfirmation(draft, turn);
    forgetFailures(draft.notes, 'recognise', 'think', 'key');
  }
  if (end === 'empty' && turn.changes.length === 0)
    emitEffect(draft, { do: 'cue', cue: 'error' });
  rememberExchange(draft, turn, heardText, end);
  noteAnswerOver(draft, turn.by, heardText);
  if (heardText !== '') markWaitingTurns(draft, turn.by);
  endTurn(draft, turn, end, failure);
  const crowdNotice = listWaitingNotices(draft.turnQueue).find(
    ({ crowdedOut }) => crowdedOut,
  );
  if (crowdNotice && isQuiet(draft.turns)) queueNotice(draft, crowdNotice, 'now');
}

/** Announces a failure, and only plays a cue for later ones until an answer is whole. */
export function announceFailure(
  draft: Draft,
  stage: string,
  failure?: ReplyFailure,
): void {
  if (stage === 'speak') return; // An unspoken answer was written instead.
  if (!rememberFailure(draft.notes, stage)) {
    emitEffect(draft, { do: 'cue', cue: 'error' });
    return;
  }
  if (!findRejection(draft.session))
    queueAnnouncement(draft, addAnnouncement(draft, { isOwn: true, failure }));
}

/** Finds why an announcement is rejected, as when too many wait, of all or of one author. */
function findCrowd(
  turnQueue: TurnQueue,
  { owner, when: queuePlace }: Pick<EventOf<'announcement'>, 'owner' | 'when'>,
  { maxAnnouncements, maxLines, maxLinesPerPerson }: ConversationRules['queue'],
) {
  const waiting = turnQueue.announcements.filter(({ id }) =>
    turnQueue.waiting.includes(id),
  );
  const isBehind = queuePlace === 'behind';
  const alike = waiting.filter(
    (announcement) => (announcement.when === 'behind') === isBehind,
  );
  if (!isBehind) return alike.length >= maxAnnouncements ? 'crowded' : undefined;
  const ofOwner = alike.filter((announcement) => announcement.owner === owner);
  return ofOwner.length >= maxLinesPerPerson || alike.length >= maxLines
    ? 'crowded'
    : undefined;
}

/** Queues an announcement: `now` first, after an earlier `now`, and `behind` last. */
function queueAnnouncement(draft: Draft, announcement: Announcement) {
  const { waiting } = draft.turnQueue;
  const isPlacedAs = (queuePlace: AnnouncementPlace) => (id: Id) =>
    findAnnouncement(draft, id)?.when === queuePlace;
  const indexes = {
    now: waiting.findLastIndex(isPlacedAs('now')) + 1,
    queue: waiting.findIndex(isPlacedAs('behind')),
    behind: -1,
    pause: -1,
  };
  insertEntry(draft.turnQueue, announcement.id, indexes[announcement.when]);
}

function addAnnouncement(draft: Draft, fields: Partial<Announcement>) {
  const announcement: Announcement = {
    id: takeId(draft),
    owner: undefined,
    about: [],
    when: 'now',
    isInterruptible: true,
    isOwn: false,
    request: undefined,
    untilMs: Number.POSITIVE_INFINITY,
    ...fields,
  };
  draft.turnQueue.announcements = [...draft.turnQueue.announcements, announcement];
  return announcement;
}

/** Lists the notices that wait, outside the turn queue, for a pause. */
function listWaitingNotices({ announcements }: TurnQueue) {
  return announcements.filter((announcement) => announcement.when === 'pause');
}

function startNotice(draft: Draft) {
  if (!isQuiet(draft.turns) || !isQueueFree(draft)) return;
  for (const notice of listWaitingNotices(draft.turnQueue)) {
    if (canHearNotice(draft.presence, notice)) {
      queueNotice(draft, notice, 'queue');
      return;
    }
    endAnnouncement(draft, notice, 'left');
  }
}

function queueNotice(draft: Draft, notice: Announcement, place: 'now' | 'queue') {
  notice.when = place;
  notice.untilMs = Number.POSITIVE_INFINITY;
  queueAnnouncement(draft, notice);
}

function canHearNotice(presence: Presence, { about: [to] }: Announcement) {
  if (to === undefined) return true;
  const listener = presence.people.find(({ id }) => id === to);
  return (
    listener !== undefined && !listener.isDeaf && getStanding(presence, to) === 'yes'
  );
}

/** Drops announcements by a person or with the person's words. */
export function dropAnnouncementsAbout(draft: Draft, by: PersonId): void {
  for (const announcement of draft.turnQueue.announcements) {
    if (announcement.owner === by || announcement.about.includes(by))
      dropAnnouncement(draft, announcement, 'withdrawn');
  }
}

/** Drops notices that found no pause in time. */
export function expireAnnouncements(draft: Draft): void {
  for (const announcement of draft.turnQueue.announcements)
    if (announcement.untilMs <= draft.step.atMs)
      dropAnnouncement(draft, announcement, 'late');
}
