import type { SessionContext } from '#src/conversation/session-context.ts';
import { recapMessages } from '#src/features/captions/answers/make-recap.ts';
import { captionsDays, recap } from '#src/features/captions/caption-settings.ts';
import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { notePosted } from '#src/features/captions/transcript-recorder.ts';
import { writtenText } from '#src/notices/notice.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import { type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';
import type { RecapOutcome } from './transcript-requests.ts';

/** Lines of a session that are worth a recap. */
const leastLines = 5;
const never = new AbortController().signal;

/** Posts the recap of a session that ended in the place of its captions, where the server wants that. Never throws. */
export async function postRecap(
  session: TranscriptSession,
  context: SessionContext,
): Promise<void> {
  if (!context.settings().of(recap)) return;
  try {
    await makeAndPost(session, context);
  } catch (error) {
    context.parts.onEvent(session.guildId, failureEventOf(error, 'think'));
  }
}

async function makeAndPost(session: TranscriptSession, context: SessionContext): Promise<void> {
  const { parts, features, settings } = context;
  const { of, timeZone } = settings();
  const { channelId, guildId, id, placeId } = session;
  const stores = features.ports.transcriptStores;
  const store = stores.keptFor(of(captionsDays));
  const numbers = async () => {
    const lines = await store.reader.lines(id, { channelIds: [channelId] });
    return lines.map(({ number }) => number);
  };
  const before = await numbers();
  const outcome = await features.ports.transcripts.sumUp(session, undefined, { leastLines });
  for (const message of messagesOf(outcome, wallTimesIn(timeZone))) {
    const place = await parts.captionChats.post(placeId, textOf(message, guildId, parts), never);
    await notePosted(place, session, store, context);
    // Where a line was erased before the message was noted: noted ones go with their lines.
    if (!new Set(before).isSubsetOf(new Set(await numbers()))) await deleteMessage(place, context);
  }
}

async function deleteMessage(
  place: MessagePlace,
  { features, parts }: SessionContext,
): Promise<void> {
  if ((await parts.captionChats.change(place, '', never)) === 'closed') return;
  const stores = features.ports.transcriptStores;
  await stores.all(({ messages }) => messages.settled(place.messageId));
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
  if (outcome.kind === 'recap') return recapMessages(outcome, times);
  if (outcome.kind === 'none') return [];
  return [[outcome.line, { id: 'recap.failed' }]];
}
