import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { splitIntoNumberedPieces } from '#src/features/captions/answers/numbered-prompt-lines.ts';
import type {
  FoundLine,
  TranscriptLine,
  TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';

/** A session on 20 November 2026 from 20:14 UTC on. */
export const evening: TranscriptSession = {
  id: '6f6a9a0e-0d2c-4d0c-9f54-0f6f3f2c5a10',
  guildId: toGuildId('100'),
  channelId: toChannelId('200'),
  channelName: 'Lounge',
  placeId: toChannelId('200'),
  startedAtWallMs: Date.UTC(2026, 10, 20, 20, 14),
};

type LineOptions = Partial<TranscriptLine> & {
  readonly name?: string;
  readonly ms?: number;
};

/** Line of a person at `startMs`; for two seconds, unless told otherwise. */
export function makeLine(
  startMs: number,
  text: string,
  lineOptions: LineOptions = {},
): TranscriptLine {
  const { name = 'Ana', ms = 2_000, ...rest } = lineOptions;
  return {
    sessionId: evening.id,
    number: Math.floor(startMs / 1_000) + 1,
    speaker: { kind: 'person', personId: toPersonId(`id of ${name}`), name },
    startMs,
    endMs: startMs + ms,
    text,
    ...rest,
  };
}

/** Line of the bot to Ana. */
export function makeBotLine(
  startMs: number,
  text: string,
  lineOptions: LineOptions = {},
): TranscriptLine {
  const { name = 'Nova', ...rest } = lineOptions;
  return makeLine(startMs, text, {
    ...rest,
    speaker: { kind: 'bot', name, answeredIds: [toPersonId('id of Ana')] },
  });
}

/** Lines of that session, as a search finds them. */
export function toFound(...lines: readonly TranscriptLine[]): readonly FoundLine[] {
  return lines.map((line) => ({ line, session: evening }));
}

/** These lines as one request shows them to a model. */
export function numberLines(foundLines: readonly FoundLine[]) {
  const [lines] = splitIntoNumberedPieces(foundLines, { maxChars: 100_000 });
  if (!lines) throw new Error('No line has words.');
  return lines;
}
