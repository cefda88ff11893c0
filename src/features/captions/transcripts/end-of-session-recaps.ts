import type { Clock } from '#src/base/clock.ts';
import { ifInTime } from '#src/base/waiting.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { recapMessages } from '#src/features/captions/answers/make-recap.ts';
import type { RecapOutcome } from '#src/features/captions/caption-outcomes.ts';
import { captionsDays, recap } from '#src/features/captions/caption-settings.ts';
import { storeFor } from '#src/features/captions/store/transcript-ports.ts';
import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { notePosted } from '#src/features/captions/transcript-recorder.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import { type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';
import type { TranscriptRequests } from './transcript-requests.ts';

/** Lines of a session that are worth a recap. */
const leastLines = 5;
/** Time, in ms, in which it is posted that a recap was not made, once the bot is to end. */
const reportMs = 1_500;
const never = new AbortController().signal;

export type EndOfSessionRecaps = ReturnType<typeof endOfSessionRecaps>;

/** Recaps of sessions that ended, in the place of their captions; that of a session which went on is of what was said since the last. */
export function endOfSessionRecaps(transcripts: TranscriptRequests) {
  /** End of the last session with a recap in each channel, by the wall clock. */
  const untilWallMs = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const ending = Promise.withResolvers<RecapOutcome>();

  const post = async (session: TranscriptSession, context: SessionContext): Promise<void> => {
    const { parts, features, settings } = context;
    const { of, timeZone } = settings();
    const { channelId, endedAtWallMs, guildId, id, placeId, startedAtWallMs } = session;
    const store = storeFor(features.ports.transcriptStores, of(captionsDays));
    const numbers = async () => {
      const lines = await store.reader.lines(id, { channelIds: [channelId] });
      return lines.map(({ number }) => number);
    };
    const before = await numbers();
    const fromMs = Math.max(0, (untilWallMs.get(channelId) ?? 0) - startedAtWallMs);
    const making = transcripts.sumUp(session, undefined, { fromMs, leastLines });
    const outcome = await Promise.race([making, ending.promise]);
    for (const message of messagesOf(outcome, wallTimesIn(timeZone))) {
      const place = await parts.captionChats.post(placeId, textOf(message, guildId, parts), never);
      await notePosted(place, session, store, context);
      // Where a line was erased before the message was noted: noted ones go with their lines.
      if (!new Set(before).isSubsetOf(new Set(await numbers())))
        await deleteMessage(place, context);
    }
    if (outcome.kind === 'recap') untilWallMs.set(channelId, endedAtWallMs ?? startedAtWallMs);
  };

  return {
    /** Posts the recap where the server wants that; only `drain` waits for it. Never throws. */
    begin(session: TranscriptSession, context: SessionContext): void {
      if (!context.settings().of(recap)) return;
      const posting = post(session, context).catch((error: unknown) =>
        context.parts.onEvent(session.guildId, failureEventOf(error, 'think')),
      );
      underWay.add(posting);
      void posting.finally(() => underWay.delete(posting));
    },

    /** Before the process ends: recaps that are not made soon are reported as failed, all within `ms`. Never throws. */
    async drain(ms: number, clock: Clock): Promise<void> {
      const settled = (most: number) => ifInTime(Promise.all(underWay), most, clock, never);
      await settled(ms - reportMs);
      ending.resolve({ kind: 'late' });
      await settled(reportMs);
    },
  };
}

async function deleteMessage(
  place: MessagePlace,
  { features, parts }: SessionContext,
): Promise<void> {
  if ((await parts.captionChats.change(place, '', never)) === 'closed') return;
  const stores = features.ports.transcriptStores;
  await stores.all(({ messages }) => messages.settled(place.messageId, true));
}

function textOf(
  message: readonly TextLine[],
  guildId: string,
  parts: SessionContext['parts'],
): string {
  const lines = message.map(({ id, with: words = {} }: CheckedLine) =>
    writtenText({ id, with: plainWords(words) }, guildId, parts),
  );
  return lines.join('\n').slice(0, maxMessageChars);
}

function messagesOf(outcome: RecapOutcome, times: WallTimes): readonly (readonly TextLine[])[] {
  switch (outcome.kind) {
    case 'recap':
      return recapMessages(outcome, times);
    case 'none':
      return [];
    case 'unread':
    case 'late':
      return [[{ id: 'recap.failed' }]];
    case 'failed':
      return [[outcome.line, { id: 'recap.failed' }]];
  }
}
