import { createDeadlineSignal, neverAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import {
  buildCitedAnswerPrompt,
  findCitedLines,
  splitIntoNumberedPieces,
  toWallMs,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import {
  formatRecapMessages,
  parseRecap,
  type Recap,
} from '#src/features/captions/answers/recap.ts';
import {
  captionsDaysSetting,
  recapSetting,
} from '#src/features/captions/caption-settings.ts';
import {
  formatTranscriptFile,
  type TranscriptFile,
  type TranscriptFormat,
  toMessageLink,
} from '#src/features/captions/files/transcript-file.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import {
  type CaptionShardDeps,
  noteCaptionMessage,
  openReadableTranscripts,
  type ReadableTranscripts,
  type transcriptSubjects,
} from '#src/features/captions/store/transcript-stores.ts';
import type {
  FoundLine,
  ListedSession,
  QuotedLine,
  ReadableChannels,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import { listRecorders } from '#src/features/captions/transcript-recorder.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { formatWrittenText, toFailureLine } from '#src/notices/channel-notices.ts';
import { mayOpen } from '#src/people/audience.ts';
import type { ModelPrompt } from '#src/pipeline/prompt.ts';
import { createDeadlineError, toFailureEvent } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import { completeForMoney } from '#src/spending/paid-completion.ts';
import { escapeTextValues, maxMessageChars } from '#src/texts/plain-text.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';
import { createWallTimes, type WallTimes } from '#src/texts/wall-time.ts';

/** A person by id, or voice channels. */
type TranscriptReaderId = string | readonly string[];

type FileRequest = { readonly format: TranscriptFormat; readonly sessionId?: string };

export type TranscriptQuestion = {
  readonly question: string;
  readonly about: (typeof transcriptSubjects)[number];
};

export type RecapRequest = {
  readonly sessionId?: string;
  readonly until?: 'i came';
};

/** `none` has no session, or no lines for the asker. */
export type NoTranscript =
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly line: TextLine };

type TranscriptOutcome =
  | {
      readonly kind: 'file';
      readonly session: TranscriptSession;
      readonly file: TranscriptFile;
    }
  | NoTranscript;

export type FindOutcome =
  | { readonly kind: 'found'; readonly lines: readonly QuotedLine[] }
  | NoTranscript;

export type RecapOutcome = (Recap & { readonly kind: 'recap' }) | NoTranscript;

const maxFoundLines = 6;
/** Lines for a choice of the model, and characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Discord takes no answer after 15 minutes: https://discord.com/developers/docs/interactions/receiving-and-responding */
const recapTimeoutMs = 13 * 60_000;
const answerTimeoutMs = 40_000;
const minRecapLines = 5;
const noTranscript = { kind: 'none' } as const;

/** Ends a request with a line for the caller. */
class RefusedError extends Error {
  readonly line;

  constructor(line: TextLine) {
    super('the request is refused');
    this.line = line;
  }
}

/**
 * Results hold only words of channels that the reader may open: stored lines, chosen by
 * a chat model by number.
 */
export class TranscriptRequests {
  readonly #deps;
  readonly #running;
  readonly #writtenQuestions;

  constructor(
    deps: CaptionShardDeps,
    running: SessionObjects<SessionCaptions>,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#running = running;
    this.#deps = deps;
    this.#writtenQuestions = writtenQuestions;
  }

  /** Lists the 25 newest sessions. Undefined if the store cannot be read. */
  listSessions(
    guildId: GuildId,
    reader: TranscriptReaderId,
  ): Promise<readonly ListedSession[] | undefined> {
    return this.#readTranscripts(guildId, reader, (open) => open.listSessions()).catch(
      () => undefined,
    );
  }

  createFile(
    guildId: GuildId,
    reader: TranscriptReaderId,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const locale = this.#deps.places.getLocale(guildId);
    return this.#tryRequest(guildId, answerTimeoutMs, () =>
      this.#readTranscripts(guildId, reader, async (open) => {
        const session = await open.findSession(sessionId);
        if (!session) return noTranscript;
        const lines = await open.listLines(session);
        return {
          kind: 'file',
          session,
          file: formatTranscriptFile(format, { session, lines, timeZone, locale }),
        };
      }),
    );
  }

  findLines(
    guildId: GuildId,
    reader: TranscriptReaderId,
    words: string,
  ): Promise<FindOutcome> {
    return this.#tryRequest(guildId, answerTimeoutMs, async () =>
      toFindOutcome(
        await this.#readTranscripts(guildId, reader, (open) =>
          open.search(words, maxFoundLines),
        ),
      ),
    );
  }

  /** Answers a question about transcripts. Each person has one at a time. */
  async askModel(
    guildId: GuildId,
    personId: PersonId,
    request: TranscriptQuestion,
  ): Promise<FindOutcome> {
    using place = this.#writtenQuestions.enter(guildId, personId);
    if (!place) return tooMuchAtOnce;
    return await this.answerQuestion(
      guildId,
      personId,
      request,
      personId,
      neverAborted,
    );
  }

  answerQuestion(
    guildId: GuildId,
    personId: PersonId,
    { question, about }: TranscriptQuestion,
    reader: TranscriptReaderId,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const answer = async (until: AbortSignal) => {
      const found = await this.#readTranscripts(guildId, reader, (open) =>
        selectCandidateLines(open, question, about),
      );
      const [lines] = splitIntoNumberedPieces(found, { maxChars, timeZone });
      if (!lines) return noTranscript;
      const order = { kind: 'question about a transcript', guildId, personId } as const;
      const cited = await this.#requestReply(
        order,
        buildCitedAnswerPrompt(question, lines),
        until,
      );
      return toFindOutcome(findCitedLines(cited, lines));
    };
    return this.#tryRequest(guildId, answerTimeoutMs, answer, signal);
  }

  createRecap(
    guildId: GuildId,
    personId: PersonId,
    { sessionId, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    return this.#tryRequest(guildId, recapTimeoutMs, async (signal) => {
      const session = await this.#readTranscripts(guildId, personId, (open) =>
        open.findSession(sessionId),
      );
      if (!session) return noTranscript;
      const captions = this.#running.find(guildId);
      const cameAtMs = captions?.getArrivalMs(session.id, personId) ?? 0;
      return await this.#summarise(session, personId, signal, until && cameAtMs);
    });
  }

  /** Posts a recap if the server wants it. Never throws. */
  async postRecap(session: TranscriptSession) {
    const { captionChats, onEvent, transcripts } = this.#deps;
    const { channelId, guildId, id, placeId } = session;
    const { getValue, timeZone } = this.#deps.settings.getForGuild(guildId);
    if (!getValue(recapSetting)) return;
    const store = transcripts.getStoreForDays(getValue(captionsDaysSetting));
    const lines = () => store.reader.listLines(id, { channelIds: [channelId] });
    try {
      const before = await lines();
      if (before.length < minRecapLines) return;
      const outcome = await this.#tryRequest(guildId, recapTimeoutMs, (signal) =>
        this.#summarise(session, '', signal),
      );
      for (const message of buildMessages(outcome, createWallTimes(timeZone))) {
        // An empty message is noted first, so that an erasure finds it after a crash.
        const place = await captionChats.postMessage(placeId, '\u2026', neverAborted);
        await noteCaptionMessage(place, session, store, this.#deps);
        await captionChats.changeMessage(
          place,
          this.#formatRecap(message, guildId),
          neverAborted,
        );
        // A line may have been erased before the recap was posted.
        const left = new Set((await lines()).map(({ number }) => number));
        if (before.every(({ number }) => left.has(number))) continue;
        if ((await captionChats.changeMessage(place, '', neverAborted)) !== 'closed')
          await transcripts.askBoth(({ messages }) =>
            messages.markSettled(place.messageId),
          );
      }
    } catch (error) {
      onEvent(guildId, toFailureEvent(error, 'think'));
    }
  }

  #formatRecap(message: readonly TextLine[], guildId: GuildId) {
    return message
      .map(({ id, with: words = {} }: CheckedLine) =>
        formatWrittenText({ id, with: escapeTextValues(words) }, guildId, this.#deps),
      )
      .join('\n')
      .slice(0, maxMessageChars);
  }

  /** Summarises a session. The asker pays, or the server if the id is empty. */
  async #summarise(
    session: TranscriptSession,
    personId: PersonId,
    signal: AbortSignal,
    toMs?: number,
  ): Promise<RecapOutcome> {
    const { guildId } = session;
    const reader = personId || [session.channelId];
    const lines = () =>
      this.#readTranscripts(guildId, reader, (open) => open.listLines(session, toMs));
    const before = await lines();
    if (before.length === 0) return noTranscript;
    using place = await this.#writtenQuestions.enterRecap(
      guildId,
      personId || undefined,
      signal,
    );
    if (!place) return tooMuchAtOnce;
    const order = {
      kind: personId ? 'recap' : 'recap at the end',
      guildId,
      personId,
    } as const;
    const requestReply = (prompt: ModelPrompt) =>
      this.#requestReply(order, prompt, signal);
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const found = before.map((line) => ({ line, session }));
    const made = await parseRecap(found, { maxChars, timeZone }, requestReply);
    const texts = new Map((await lines()).map(({ number, text }) => [number, text]));
    const points = made.flatMap(({ kind, sources, text }) => {
      const isKnown = sources.every(({ line }) => texts.get(line.number) === line.text);
      return isKnown ? { ...toQuotedLine(sources[0]), kind, text } : [];
    });
    return points.length > 0 ? { kind: 'recap', session, points } : noTranscript;
  }

  async #openForReader(
    guildId: GuildId,
    reader: TranscriptReaderId,
  ): Promise<ReadableChannels> {
    if (typeof reader !== 'string') return { channelIds: reader };
    const all = await this.#deps.transcripts.concatBoth((store) =>
      store.reader.listChannels(guildId),
    );
    const may = await Promise.all(
      all.map((id) => mayOpen(guildId, id, reader, this.#deps)),
    );
    const those = (answer: 'yes' | 'gone') => all.filter((_, n) => may[n] === answer);
    return {
      channelIds: those('yes'),
      own: { personId: reader, goneChannelIds: those('gone') },
    };
  }

  /**
   * Reads transcripts. Throws `RefusedError` after a failure, which the operator is
   * told.
   */
  async #readTranscripts<T>(
    guildId: GuildId,
    reader: TranscriptReaderId,
    work: (open: ReadableTranscripts) => Promise<T>,
  ) {
    const read = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      async () => {
        // The newest lines are written first, so that they are found.
        const running = listRecorders(this.#running.list(guildId));
        await Promise.all(running.map((recorder) => recorder.saveLines()));
        const open = await this.#openForReader(guildId, reader);
        return {
          result: await work(
            openReadableTranscripts(this.#deps.transcripts, guildId, open),
          ),
        };
      },
    );
    if (!read) throw new RefusedError({ id: 'store.unread' });
    return read.result;
  }

  /** Runs a request within `ms`. Reports an outside failure to the operator. */
  async #tryRequest<T>(
    guildId: GuildId,
    ms: number,
    work: (until: AbortSignal) => Promise<T>,
    signal = neverAborted,
  ): Promise<T | NoTranscript> {
    const late = `A recap or search took longer than ${ms / 1000} s.`;
    using deadline = createDeadlineSignal(ms, this.#deps.clock, () =>
      createDeadlineError('think', late),
    );
    try {
      return await work(AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefusedError) return { kind: 'failed', line: error.line };
      if (!(error instanceof BotError)) throw error;
      this.#deps.onEvent(guildId, toFailureEvent(error, 'think'));
      return { kind: 'failed', line: toFailureLine(error) };
    }
  }

  /** Requests a paid reply of the chat model. Throws `RefusedError` if refused. */
  async #requestReply(
    order: Omit<AnswerRequest, 'first'>,
    prompt: ModelPrompt,
    signal: AbortSignal,
  ) {
    const reply = await completeForMoney(
      order,
      prompt,
      this.#deps,
      signal,
      ({ reservation }) => {
        if (order.personId) reservation.markWanted();
      },
    );
    if (typeof reply !== 'string') throw new RefusedError(reply.line);
    return reply;
  }
}

async function selectCandidateLines(
  open: ReadableTranscripts,
  question: string,
  about: TranscriptQuestion['about'],
) {
  if (about === 'all') return await open.search(question, mostLines);
  const session = await open.findSession(about);
  if (!session) return [];
  const lines = await open.listLines(session);
  const chars = lines.reduce((sum, { text }) => sum + text.length + 30, 0);
  if (chars <= maxChars) return lines.map((line) => ({ line, session }));
  return await open.search(question, mostLines, session.id);
}

function buildMessages(
  outcome: RecapOutcome,
  times: WallTimes,
): readonly (readonly TextLine[])[] {
  if (outcome.kind === 'recap') return formatRecapMessages(outcome, times);
  return outcome.kind === 'none' ? [] : [[outcome.line, { id: 'recap.failed' }]];
}

function toFindOutcome(found: readonly FoundLine[]): FindOutcome {
  if (found.length === 0) return noTranscript;
  return { kind: 'found', lines: found.map(toQuotedLine) };
}

function toQuotedLine(found: FoundLine): QuotedLine {
  const { speaker, text, post } = found.line;
  // A line break could pass for a quotation of another person.
  return {
    name: toVisibleLine(speaker.name),
    atWallMs: toWallMs(found),
    text: toVisibleLine(text),
    link: post && toMessageLink(found.session.guildId, post),
  };
}
