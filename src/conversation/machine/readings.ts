import { change, changeFloor, type Draft, emit, newId } from './draft.ts';
import type { ReportedOutcome } from './effects.ts';
import type { EventOf } from './events.ts';
import { isFree, isQuiet, readingOf, standingOf } from './questions.ts';
import { dropReading, endNotice, refusalOf } from './replies.ts';
import type { Id, Notice, PersonId, Reading } from './state.ts';

/** A text is to be read out. */
export function read(draft: Draft, event: EventOf<'read'>): void {
  const { about, isInterruptible, owner, request, text, when } = event;
  const outcome = readingRefusal(draft, event);
  if (outcome === undefined) {
    const id = newId(draft);
    const kept = { isOwn: false, isDroppedByVoice: false, untilMs: Number.POSITIVE_INFINITY };
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
  change(draft, { readings: [...draft.state.readings, reading] });
  const { queue } = draft.state.floor;
  const place = placeOf(draft, reading);
  changeFloor(draft, { queue: queue.toSpliced(place, 0, reading.id) });
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
    untilMs: Number.POSITIVE_INFINITY,
  });
}

/** A sentence waits for a pause in the talk. */
export function notify(draft: Draft, event: EventOf<'notify'>): void {
  const { fromMs, isDroppedByVoice, request, text, to, untilMs } = event;
  const { notices, settings } = draft.state;
  const isFull = notices.length >= draft.rules.mostNotices;
  if (isFull || refusalOf(draft.state) || settings.mode === 'captions') {
    endNotice(draft, request);
    return;
  }
  const notice: Notice = {
    id: newId(draft),
    owner: undefined,
    about: to === undefined ? [] : [to],
    text,
    isInterruptible: !isDroppedByVoice,
    isOwn: false,
    request,
    fromMs,
    untilMs,
    isDroppedByVoice,
  };
  change(draft, { notices: [...notices, notice] });
}

/** Says the next notice where no person talks and nothing waits. */
export function sayNotice(draft: Draft): void {
  const { notices } = draft.state;
  const notice = notices.find(({ fromMs }) => fromMs === 0);
  if (!notice || !isQuiet(draft.state) || !isFree(draft.state)) return;
  change(draft, { notices: notices.filter((one) => one !== notice) });
  if (!isHeardBy(draft, notice)) {
    endNotice(draft, notice.request);
    return;
  }
  const { fromMs: _, ...reading } = notice;
  const untilMs = notice.isDroppedByVoice ? notice.untilMs : Number.POSITIVE_INFINITY;
  queueReading(draft, { ...reading, untilMs, when: 'queue' });
}

/** Whether its addressee sits there, hears it and agreed to be heard. */
function isHeardBy({ state }: Draft, { about: [to] }: Notice): boolean {
  if (to === undefined) return true;
  const listener = state.people.find(({ id }) => id === to);
  return listener !== undefined && !listener.isDeaf && standingOf(state, to) === 'yes';
}

/** The greeting is not said into a voice, nor after something else. */
export function dropGreeting(draft: Draft): void {
  const { floor, notices, readings } = draft.state;
  const greeting = readings.find((one) => one.isDroppedByVoice);
  const isAudible = floor.current?.id === greeting?.id && floor.current?.isAudible;
  if (greeting && !isAudible) dropReading(draft, greeting, 'late');
  const dropped = notices.filter((one) => one.isDroppedByVoice);
  if (dropped.length === 0) return;
  change(draft, { notices: notices.filter((one) => !one.isDroppedByVoice) });
  for (const { request } of dropped) endNotice(draft, request);
}

/** Drops texts of a person, texts that repeat their words, and notices for them. */
export function dropReadingsOf(draft: Draft, by: PersonId): void {
  for (const reading of draft.state.readings) {
    const isTheirs = reading.owner === by || reading.about.includes(by);
    if (isTheirs) dropReading(draft, reading, 'withdrawn');
  }
  const { notices } = draft.state;
  const theirs = notices.filter(({ about }) => about.includes(by));
  change(draft, { notices: notices.filter((one) => !theirs.includes(one)) });
  for (const { request } of theirs) endNotice(draft, request);
}

/** Ends notices that found no pause in time, and frees those that waited for their first instant. */
export function passNotices(draft: Draft): void {
  passGreeting(draft);
  const { notices } = draft.state;
  const late = notices.filter(({ untilMs }) => untilMs <= draft.atMs);
  const isDue = ({ fromMs }: Notice) => fromMs > 0 && fromMs <= draft.atMs;
  if (late.length === 0 && !notices.some(isDue)) return;
  const waiting = notices.filter((one) => !late.includes(one));
  const free = waiting.map((one) => (isDue(one) ? { ...one, fromMs: 0 } : one));
  change(draft, { notices: free });
  for (const { request } of late) endNotice(draft, request);
}

/** Drops a greeting that something else came before, or that does not sound in time. */
function passGreeting(draft: Draft): void {
  const { notices, readings } = draft.state;
  const isWaiting = notices.some((one) => one.isDroppedByVoice);
  const isDue = ({ untilMs }: Reading) => untilMs <= draft.atMs;
  const isLate = readings.some(isDue);
  if ((isWaiting && !isFree(draft.state)) || isLate) dropGreeting(draft);
  if (!isLate) return;
  const noLimit = { untilMs: Number.POSITIVE_INFINITY };
  const rest = draft.state.readings.map((one) => (isDue(one) ? { ...one, ...noLimit } : one));
  change(draft, { readings: rest });
}
