import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { RecapOutcome } from '#src/features/captions/caption-outcomes.ts';
import { captionsDays, recap } from '#src/features/captions/caption-settings.ts';
import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import { type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';
import { allStores, storeFor } from './disk-and-memory-stores.ts';
import { recapMessages } from './recap-messages.ts';
import { notePosted } from './record-posted-messages.ts';
import type { TranscriptRequests } from './transcript-requests.ts';

/** Lines of a session that are worth a recap. */
const leastLines = 5;
/** Sessions whose last recap is known; the oldest are forgotten first. */
const mostRecaps = 1_000;
/** Time, in ms, in which it is posted that a recap was not made, once the bot is to end. */
const reportMs = 1_500;
const never = new AbortController().signal;

/** Recaps of sessions that ended, in the place of their captions; that of a session which went on is of what was said since the last. */
export class EndOfSessionRecaps {
  readonly #transcripts: TranscriptRequests;
  /** End of the last recap of each session, in ms of the session. */
  readonly #untilMs = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #ending = Promise.withResolvers<RecapOutcome>();

  constructor(transcripts: TranscriptRequests) {
    this.#transcripts = transcripts;
  }

  /** Posts the recap where the server wants that; only `drain` waits for it. Never throws. */
  begin(session: TranscriptSession, context: SessionContext): void {
    if (!context.settings().of(recap)) return;
    const posting = this.#post(session, context).catch((error: unknown) =>
      context.parts.onEvent(session.guildId, failureEventOf(error, 'think')),
    );
    this.#underWay.add(posting);
    void posting.finally(() => this.#underWay.delete(posting));
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

  async #post(session: TranscriptSession, context: SessionContext): Promise<void> {
    const { parts, features, settings } = context;
    const { of, timeZone } = settings();
    const { guildId, id, placeId, startedAtWallMs } = session;
    const stores = features.ports.transcriptStores;
    const { reader } = storeFor(stores, of(captionsDays));
    const lines = () => reader.lines(id, { channelIds: [session.channelId] });
    const before = await lines();
    const range = { fromMs: this.#untilMs.get(id) ?? 0, leastLines };
    const making = this.#transcripts.sumUp(session, undefined, range);
    const outcome = await Promise.race([making, this.#ending.promise]);
    for (const message of messagesOf(outcome, wallTimesIn(timeZone))) {
      const text = message
        .map(({ id: textId, with: words = {} }: CheckedLine) =>
          writtenText({ id: textId, with: plainWords(words) }, guildId, parts),
        )
        .join('\n')
        .slice(0, maxMessageChars);
      const place = await parts.captionChats.post(placeId, text, never);
      await notePosted(place, session, storeFor(stores, of(captionsDays)), context);
      const left = new Set((await lines()).map(({ number }) => number));
      if (before.every(({ number }) => left.has(number))) continue;
      // A line was erased before the message was noted: noted ones go with their lines.
      if ((await parts.captionChats.change(place, '', never)) === 'closed') continue;
      for (const { messages } of allStores(stores)) await messages.settled(place.messageId, true);
    }
    if (outcome.kind !== 'recap') return;
    const endMs = (session.endedAtWallMs ?? startedAtWallMs) - startedAtWallMs;
    this.#untilMs.set(id, endMs);
    const [oldest = ''] = this.#untilMs.keys();
    if (this.#untilMs.size > mostRecaps) this.#untilMs.delete(oldest);
  }
}

function messagesOf(outcome: RecapOutcome, times: WallTimes): readonly (readonly TextLine[])[] {
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
