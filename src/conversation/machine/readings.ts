import type { ReportedOutcome } from './effects.ts';
import type { EventOf } from './events.ts';
import {
  change,
  changeFloor,
  type Draft,
  emit,
  isFree,
  isQuiet,
  newId,
  readingOf,
  soundOf,
  standingOf,
} from './questions.ts';
import { dropReading, endReading, refusalOf } from './replies.ts';
import type { ConversationState, Id, PersonId, Reading } from './state.ts';

const atAnyTime = { fromMs: 0, untilMs: Number.POSITIVE_INFINITY };

/** A text is to be read out. */
export function read(draft: Draft, event: EventOf<'read'>): void {
  const { about, isInterruptible, owner, request, text, when } = event;
  const outcome = readingRefusal(draft, event);
  if (outcome === undefined) {
    const id = newId(draft);
    const kept = { ...atAnyTime, isOwn: false, isDroppedByVoice: false };
    queueReading(draft, { id, owner, about, when, text, isInterruptible, request, ...kept });
  } else if (request !== undefined) {
    emit(draft, { do: 'report', request, outcome });
  }
}

/** Eight texts wait, and of the lines of a chat three of each person and 24 in all. */
function readingRefusal(
  { rules, state }: Draft,
  { owner, when }: EventOf<'read'>,
): ReportedOutcome | undefined {
  const refusal = refusalOf(state);
  if (refusal) return refusal;
  const waiting = state.readings.filter(({ id }) => state.floor.queue.includes(id));
  const isBehind = when === 'behind';
  const alike = waiting.filter((one) => (one.when === 'behind') === isBehind);
  const { mostLines, mostLinesEach, mostReadings } = rules.queue;
  if (!isBehind) return alike.length >= mostReadings ? 'full' : undefined;
  const own = alike.filter((one) => one.owner === owner);
  return own.length >= mostLinesEach || alike.length >= mostLines ? 'full' : undefined;
}

function queueReading(draft: Draft, reading: Reading): void {
  putReading(draft, reading);
  const { queue } = draft.state.floor;
  const place = placeOf(draft, reading);
  changeFloor(draft, { queue: queue.toSpliced(place, 0, reading.id) });
}

/** Replaces the former state of a reading, or adds the reading. */
function putReading(draft: Draft, reading: Reading): void {
  const { readings } = draft.state;
  const replaced = readings.map((one) => (one.id === reading.id ? reading : one));
  change(draft, {
    readings: readingOf(draft.state, reading.id) ? replaced : [...readings, reading],
  });
}

/** `now` goes before everything, but behind the former `now`; `behind` goes after everything. */
function placeOf({ state }: Draft, { when }: Reading): number {
  const { queue } = state.floor;
  const kindAt = (id: Id) => readingOf(state, id)?.when;
  const lastNow = queue.findLastIndex((id) => kindAt(id) === 'now');
  const firstBehind = queue.findIndex((id) => kindAt(id) === 'behind');
  switch (when) {
    case 'now':
      return lastNow + 1;
    case 'queue':
      return firstBehind < 0 ? queue.length : firstBehind;
    case 'behind':
    case 'pause':
      return queue.length;
  }
}

/** Says a sentence of the bot next. */
export function sayNext(draft: Draft, text: string): void {
  queueReading(draft, {
    id: newId(draft),
    owner: undefined,
    about: [],
    when: 'now',
    text,
    isInterruptible: true,
    isOwn: true,
    request: undefined,
    isDroppedByVoice: false,
    ...atAnyTime,
  });
}

/** A sentence waits for a pause in the talk. */
export function notify(draft: Draft, event: EventOf<'notify'>): void {
  const { fromMs, isDroppedByVoice, request, text, to, untilMs } = event;
  const { settings } = draft.state;
  const notice: Reading = {
    id: newId(draft),
    owner: undefined,
    about: to === undefined ? [] : [to],
    when: 'pause',
    text,
    isInterruptible: !isDroppedByVoice,
    isOwn: false,
    request,
    fromMs,
    untilMs,
    isDroppedByVoice,
  };
  const isFull = noticesOf(draft.state).length >= draft.rules.mostNotices;
  const isRefused = isFull || settings.mode === 'captions' || refusalOf(draft.state) !== undefined;
  if (isRefused) endReading(draft, notice, 'refused');
  else putReading(draft, notice);
}

/** Sentences that wait for a pause. */
function noticesOf(state: ConversationState): readonly Reading[] {
  return state.readings.filter(({ when }) => when === 'pause');
}

/** Says the next notice where no person talks and nothing waits. */
export function sayNotice(draft: Draft): void {
  const notice = noticesOf(draft.state).find(({ fromMs }) => fromMs === 0);
  if (!notice || !isQuiet(draft.state) || !isFree(draft.state)) return;
  if (!isHeardBy(draft, notice)) {
    endReading(draft, notice, 'left');
    return;
  }
  const { untilMs } = notice.isDroppedByVoice ? notice : atAnyTime;
  queueReading(draft, { ...notice, untilMs, when: 'queue' });
}

/** Whether its addressee sits there, hears it and agreed to be heard. */
function isHeardBy({ state }: Draft, { about: [to] }: Reading): boolean {
  if (to === undefined) return true;
  const listener = state.people.find(({ id }) => id === to);
  return listener !== undefined && !listener.isDeaf && standingOf(state, to) === 'yes';
}

/** The greeting is not said into a voice, nor after something else. */
export function dropGreeting(draft: Draft): void {
  const { state } = draft;
  const greetings = state.readings.filter((one) => one.isDroppedByVoice && !soundOf(state, one.id));
  for (const greeting of greetings) dropReading(draft, greeting, 'late');
}

/** Drops texts of a person, texts that repeat their words, and notices for them. */
export function dropReadingsOf(draft: Draft, by: PersonId): void {
  for (const reading of draft.state.readings) {
    const isTheirs = reading.owner === by || reading.about.includes(by);
    if (isTheirs) dropReading(draft, reading, 'withdrawn');
  }
}

/** Ends notices that found no pause in time, and a greeting that something else came before. */
export function passReadings(draft: Draft): void {
  const { atMs, state } = draft;
  const notices = noticesOf(state);
  const isGreeting = notices.some((one) => one.isDroppedByVoice);
  if (isGreeting && !isFree(state)) dropGreeting(draft);
  for (const reading of draft.state.readings) {
    const { fromMs, untilMs } = reading;
    if (untilMs <= atMs) {
      putReading(draft, { ...reading, ...atAnyTime });
      if (!soundOf(state, reading.id)) dropReading(draft, reading, 'late');
    } else if (fromMs > 0 && fromMs <= atMs) putReading(draft, { ...reading, fromMs: 0 });
  }
}
