import type { WallTimes } from '#src/captions/files/wall-time.ts';
import { wallTimesIn } from '#src/captions/files/wall-time.ts';
import type { MessagePlace, TranscriptSession } from '#src/captions/transcript-line.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { failureOf } from '#src/session/failure.ts';
import { writtenText } from '#src/session/localized-text.ts';
import type { RecapOutcome } from '#src/session/ports/captions.ts';
import type { GuildSettings } from '#src/session/settings/guild-settings.ts';
import { withStore } from '#src/session/store-access.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { TranscriptQuestions } from './transcript-questions.ts';
import { storeFor } from './transcript-stores.ts';

/** Where a session with captions has ended. */
export type ClosingRecapContext = {
  readonly parts: Pick<
    SessionDependencies,
    'captionChats' | 'clock' | 'onEvent' | 'places' | 'timeZone' | 'transcripts'
  >;
  readonly settings: () => Pick<GuildSettings, 'captionsDays' | 'catchUp' | 'recap'>;
  readonly transcripts: { readonly questions: Pick<TranscriptQuestions, 'sumUp'> };
};

/** Lines of a session that is worth a recap. */
const leastLines = 5;
/** Longest time, in ms, until the recap is posted. */
const postMs = 60_000;

/**
 * Posts the recap of a session that has ended in the place of its captions, where its server wants that; of lines that whoever
 * may open the place may know, else a sentence. The message goes with any of the lines. Never throws.
 */
export async function postRecap(
  session: TranscriptSession | undefined,
  context: ClosingRecapContext,
): Promise<void> {
  const { captionsDays, catchUp, recap } = context.settings();
  if (!session || !recap) return;
  const { guildId } = session;
  const { onEvent } = context.parts;
  try {
    const isPublic = catchUp && session.catchUp;
    const lines = isPublic ? await publicRecap(session, context) : [{ id: 'recap.alone' } as const];
    if (lines.length > 0) await post(lines, session, captionsDays, context);
  } catch (error) {
    onEvent(guildId, failureOf(error, 'think'));
  }
}

/** None where there is nothing worth a recap. */
async function publicRecap(
  session: TranscriptSession,
  { parts, transcripts }: ClosingRecapContext,
): Promise<readonly TextLine[]> {
  const everybody = [{ personId: '', openPlaceIds: [session.placeId] }] as const;
  const range = { leastLines };
  const outcome = await transcripts.questions.sumUp(session, everybody, undefined, range);
  return linesOf(outcome, wallTimesIn(parts.timeZone));
}

function linesOf(outcome: RecapOutcome, times: WallTimes): readonly TextLine[] {
  switch (outcome.kind) {
    case 'recap': {
      const { channelName: channel, startedAtWallMs } = outcome.session;
      const title = { channel, date: times.day(startedAtWallMs) };
      const points = outcome.points.map(({ name, text, atWallMs }): TextLine => {
        return { id: 'recap.point', with: { text, name, time: times.minute(atWallMs) } };
      });
      return [{ id: 'recap.title', with: title }, ...points];
    }
    case 'none':
    case 'unknown':
      return [];
    case 'unread':
    case 'late':
      return [{ id: 'recap.failed' }];
    case 'failed':
      return [outcome.line, { id: 'recap.failed' }];
  }
}

async function post(
  lines: readonly TextLine[],
  { guildId, id: sessionId, placeId }: TranscriptSession,
  captionsDays: number,
  { parts }: ClosingRecapContext,
): Promise<void> {
  const text = lines
    .map(({ id, with: words = {} }) => writtenText({ id, with: plainWords(words) }, guildId, parts))
    .join('\n')
    .slice(0, maxMessageChars);
  const chat = parts.captionChats.reopen(guildId, placeId);
  const posted = Promise.withResolvers<MessagePlace | undefined>();
  chat.onOutcome((outcome) => posted.resolve(outcome.kind === 'shown' ? outcome.place : undefined));
  chat.show({ key: `recap ${sessionId}`, text, urgency: 'whole' });
  await chat.flush(postMs);
  posted.resolve(undefined);
  const place = await posted.promise;
  chat.close();
  if (!place) return;
  const message = { ...place, guildId, sessionId, postedAtWallMs: parts.clock.wallMs() };
  const { messages } = storeFor(parts.transcripts, captionsDays);
  await withStore(guildId, parts, 'store.unwritable', () => messages.put(message));
}
