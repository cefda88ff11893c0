import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { MessagePlace } from '#src/conversation/ports/desired-message.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { RecapOutcome } from '#src/features/captions/caption-outcomes.ts';
import { captionsDays, recap } from '#src/features/captions/caption-settings.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import { allStores, storeFor, TranscriptStores } from './disk-and-memory-stores.ts';
import { recapMessages } from './recap-messages.ts';
import type { TranscriptAnswers } from './transcript-answers.ts';

/** Lines of a session that is worth a recap. */
const leastLines = 5;
/** Sessions whose recap is known as posted; the oldest are forgotten first. */
const mostRecaps = 1_000;
/** Longest time, in ms, until the recap is posted. */
const postMs = 60_000;

/** Time, in ms, in which it is posted that a recap was not made, once the bot is to end. */
const reportMs = 1_500;

/** The recap of each session: one that was resumed and ended again has a new one in place of the former. */
export class EndOfSessionRecaps {
  readonly answers: TranscriptAnswers;
  readonly #bySession = new Map<string, PostedRecap>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #ending = Promise.withResolvers<RecapOutcome>();

  constructor(answers: TranscriptAnswers) {
    this.answers = answers;
  }

  /** Same as `postRecap`; only `drain` waits for it. */
  begin(session: TranscriptSession | undefined, context: SessionContext): void {
    const posting = postRecap(session, context, this);
    this.#underWay.add(posting);
    void posting.finally(() => this.#underWay.delete(posting));
  }

  /** The outcome, or that it comes too late since the bot is to end. */
  async inTime(making: Promise<RecapOutcome>): Promise<RecapOutcome> {
    return await Promise.race([making, this.#ending.promise]);
  }

  /** Before the process ends: recaps that are not made soon are reported as failed, all within `ms`. Never throws. */
  async drain(ms: number, clock: Clock): Promise<void> {
    await this.#settled(ms - reportMs, clock);
    this.#ending.resolve({ kind: 'late' });
    await this.#settled(reportMs, clock);
  }

  async #settled(ms: number, clock: Clock): Promise<void> {
    const all = Promise.all(this.#underWay);
    await within(all, ms, clock, () => new Error('the recap is late')).catch(() => undefined);
  }

  /** Known state of the recap of that session, at its next end. */
  again(sessionId: string): PostedRecap {
    const recap = this.#bySession.get(sessionId) ?? { ends: 0, lineCount: 0, places: [] };
    recap.ends += 1;
    this.#bySession.delete(sessionId);
    this.#bySession.set(sessionId, recap);
    for (const oldest of this.#bySession.keys()) {
      if (this.#bySession.size > mostRecaps) this.#bySession.delete(oldest);
    }
    return recap;
  }
}

type PostedRecap = {
  /** Count of ends of the session. */
  ends: number;
  /** Lines that were summed up. */
  lineCount: number;
  places: readonly MessagePlace[];
};

/**
 * Posts the recap of a session that has ended in the place of its captions, where its server wants that. The message goes with any
 * of the lines. Never throws.
 *
 * Of a session that was resumed one recap stands there, the last; none is made where nothing was said since.
 */
async function postRecap(
  session: TranscriptSession | undefined,
  context: SessionContext,
  recaps: EndOfSessionRecaps,
): Promise<void> {
  const { of } = context.settings();
  if (!session || !of(recap)) return;
  const { guildId } = session;
  const { onEvent } = context.parts;
  const posted = recaps.again(session.id);
  const { ends } = posted;
  try {
    const before = await lineNumbers(session, context);
    const made = await recapOf(session, posted.lineCount, context, recaps);
    if (made.messages.length === 0 || posted.ends !== ends) return;
    const places = await post(made.messages, { ...session, ends }, of(captionsDays), context);
    if (places.length === 0) return;
    for (const place of posted.places) await withdraw(place, session, context);
    await withdrawErased(places, before, session, context);
    posted.places = places;
    posted.lineCount = made.lineCount;
  } catch (error) {
    onEvent(guildId, failureEventOf(error, 'think'));
  }
}

type RecapMessages = {
  readonly messages: readonly (readonly TextLine[])[];
  readonly lineCount: number;
};

/** None where there is nothing worth a recap, or no more than `before` lines. */
async function recapOf(
  session: TranscriptSession,
  before: number,
  { settings }: SessionContext,
  recaps: EndOfSessionRecaps,
): Promise<RecapMessages> {
  const open = { channelIds: [session.channelId] };
  const range = { leastLines: Math.max(leastLines, before + 1) };
  const making = recaps.answers.sumUp(session, open, undefined, range);
  const outcome = await recaps.inTime(making);
  const lineCount = outcome.kind === 'recap' ? outcome.lineCount : before;
  return { messages: messagesOf(outcome, wallTimesIn(settings().timeZone)), lineCount };
}

function messagesOf(outcome: RecapOutcome, times: WallTimes): RecapMessages['messages'] {
  switch (outcome.kind) {
    case 'recap':
      return recapMessages(outcome, times);
    case 'none':
    case 'unknown':
      return [];
    case 'unread':
    case 'late':
      return [[{ id: 'recap.failed' }]];
    case 'failed':
      return [[outcome.line, { id: 'recap.failed' }]];
  }
}

/** Deletes messages of which a line was erased before they were noted: noted ones go with their lines. */
async function withdrawErased(
  places: readonly MessagePlace[],
  before: readonly number[] | undefined,
  session: TranscriptSession,
  context: SessionContext,
): Promise<void> {
  const left = new Set((await lineNumbers(session, context)) ?? before);
  if (before?.every((number) => left.has(number)) ?? true) return;
  for (const place of places) await withdraw(place, session, context);
}

/** Numbers of the lines of a session that are kept; undefined where they cannot be read. */
async function lineNumbers(
  { channelId, guildId, id }: TranscriptSession,
  { parts, port, settings }: SessionContext,
): Promise<readonly number[] | undefined> {
  const { reader } = storeFor(port(TranscriptStores), settings().of(captionsDays));
  const read = () => reader.lines(id, { channelIds: [channelId] });
  const lines = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
  return lines?.map(({ number }) => number);
}

/** Places of the messages that were posted. Each is noted as soon as it stands there, so that a process that is killed leaves none that forgetting misses. */
async function post(
  messages: RecapMessages['messages'],
  { guildId, id: sessionId, placeId, ends }: TranscriptSession & Pick<PostedRecap, 'ends'>,
  captionsDays: number,
  { parts, port }: SessionContext,
): Promise<readonly MessagePlace[]> {
  const chat = parts.captionChats.reopen(guildId, placeId);
  const { messages: noted } = storeFor(port(TranscriptStores), captionsDays);
  const places = new Map<string, MessagePlace>();
  let noting: Promise<unknown> = Promise.resolve();
  chat.onOutcome((outcome) => {
    if (outcome.kind !== 'shown') return;
    const { key, place } = outcome;
    places.set(key, place);
    const message = { ...place, guildId, sessionId, postedAtWallMs: parts.clock.wallMs() };
    const put = () => noted.put(message);
    noting = Promise.all([noting, withStoreTimeout(guildId, parts, 'store.unwritable', put)]);
  });
  for (const [n, lines] of messages.entries()) {
    const text = lines
      .map(({ id, with: words = {} }: CheckedLine) =>
        writtenText({ id, with: plainWords(words) }, guildId, parts),
      )
      .join('\n')
      .slice(0, maxMessageChars);
    chat.show({ key: `recap ${sessionId} ${ends} ${n}`, text, urgency: 'whole' });
  }
  await chat.flush(postMs);
  chat.close();
  await noting;
  return [...places.values()];
}

/** Deletes the recap of before. */
async function withdraw(
  place: MessagePlace,
  { guildId }: TranscriptSession,
  { parts, port }: SessionContext,
): Promise<void> {
  const chat = parts.captionChats.reopen(guildId, place.channelId);
  const gone = Promise.withResolvers<boolean>();
  chat.onOutcome(({ kind }) => gone.resolve(kind === 'deleted' || kind === 'gone'));
  chat.show({ key: `former recap ${place.messageId}`, text: '', urgency: 'partial', place });
  await chat.flush(postMs);
  gone.resolve(false);
  const isGone = await gone.promise;
  chat.close();
  if (!isGone) return;
  const settle = ({ messages }: TranscriptPorts) => messages.settled(place.messageId, true);
  const all = () => Promise.all(allStores(port(TranscriptStores)).map(settle));
  await withStoreTimeout(guildId, parts, 'store.unwritable', all);
}
