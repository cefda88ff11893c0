import { createDeadlineSignal, neverAborted } from '#src/base/bounded-wait.ts';
import { BotError, createDeadlineError } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import {
  buildCitedAnswerPrompt,
  findCitedLines,
  splitIntoNumberedPieces,
  toWallMs,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import {
  formatRecapMessages,
  quoteLatestLines,
  type Recap,
  requestRecap,
} from '#src/features/captions/answers/recap.ts';
import {
  captionsDaysSetting,
  formatRecapPlace,
  type RecapPlace,
  recapPlaceSetting,
  recapSetting,
} from '#src/features/captions/caption-settings.ts';
import {
  formatTranscriptFile,
  type TranscriptFile,
  type TranscriptFormat,
  toMessageLink,
} from '#src/features/captions/files/transcript-file.ts';
import type { ChannelNotes } from '#src/features/captions/notes/channel-notes.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import { listRecorders } from '#src/features/captions/transcript-recorder.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { toFailureLine } from '#src/notices/channel-notices.ts';
import { type ChannelAccess, mayOpen } from '#src/people/audience.ts';
import { Owned, type Sources } from '#src/people/owned.ts';
import type { ModelPrompt } from '#src/pipeline/pipeline.ts';
import type { SessionObjects } from '#src/ports/feature-session.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import { completeForMoney } from '#src/spending/paid-completion.ts';
import {
  type FoundLine,
  type ListedSession,
  listSpeakerIds,
  type QuotedLine,
  type ReadableChannels,
  type TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { toVisibleLine } from '#src/texts/plain-text.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';
import { createWallTimes, type WallTimes } from '#src/texts/wall-time.ts';
import { RecapPoster } from './recap-poster.ts';
import {
  type CaptionShardDeps,
  ReadableTranscripts,
  type ToldRecap,
  type transcriptSubjects,
} from './transcript-stores.ts';

/** A person by id, or voice channels. */
type TranscriptReaderId = PersonId | readonly ChannelId[];

type FileRequest = { readonly format: TranscriptFormat; readonly sessionId?: string };

/** A question about transcripts. */
export type TranscriptQuestion = {
  readonly question: string;
  readonly about: (typeof transcriptSubjects)[number];
};

/** A request for a recap of a session. */
export type RecapRequest = {
  readonly sessionId?: string;
  readonly until?: 'i came';
};

/** Reason why there is no transcript. `none`: there is no session, or no line for the asker. */
export type NoTranscript =
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly line: TextLine };

type TranscriptOutcome =
  | { readonly kind: 'file'; readonly transcript: Owned<TranscriptFileOf> }
  | NoTranscript;

/** A transcript as a file, with its session. */
export type TranscriptFileOf = {
  readonly session: TranscriptSession;
  readonly file: TranscriptFile;
};

/** Lines that answer a question, or the reason why there are none. */
export type FindOutcome =
  | {
      readonly kind: 'found';
      readonly lines: readonly Owned<QuotedLine>[];
      /** People who said the lines, or heard them from the bot. */
      readonly authorIds: readonly PersonId[];
    }
  | NoTranscript;

export type RecapOutcome =
  | { readonly kind: 'recap'; readonly recap: Owned<Recap> }
  | NoTranscript;

const maxFoundLines = 6;
/** Lines for a choice of the model, and characters of one request. */
const [maxCandidateLines, maxChars] = [80, 12_000];
/** Discord takes no answer after 15 minutes: https://discord.com/developers/docs/interactions/receiving-and-responding */
const recapTimeoutMs = 13 * 60_000;
const answerTimeoutMs = 40_000;
const minRecapLines = 5;
const noTranscript = { kind: 'none' } as const;

/** Ends a request with a line for the caller. */
class RefusedError extends Error {
  readonly textLine: TextLine;

  constructor(textLine: TextLine) {
    super('the request is refused');
    this.textLine = textLine;
  }
}

/**
 * Answers questions about transcripts, and makes recaps. Results are stored lines that a chat model chose by number,
 * and only of channels that the reader may open.
 */
export class TranscriptRequests {
  readonly #deps: CaptionShardDeps;
  readonly #captions: SessionObjects<SessionCaptions>;
  readonly #writtenQuestions: WrittenAnswerConcurrency;
  readonly #notes: ChannelNotes;
  readonly #recaps: RecapPoster;

  constructor(
    deps: CaptionShardDeps,
    captions: SessionObjects<SessionCaptions>,
    writtenQuestions: WrittenAnswerConcurrency,
    notes: ChannelNotes,
  ) {
    this.#captions = captions;
    this.#deps = deps;
    this.#notes = notes;
    this.#recaps = new RecapPoster(deps);
    this.#writtenQuestions = writtenQuestions;
  }

  /** Lists the 25 newest sessions. Undefined if the store cannot be read. */
  listSessions(
    guildId: GuildId,
    reader: TranscriptReaderId,
  ): Promise<readonly Owned<ListedSession>[] | undefined> {
    return this.#readTranscripts(guildId, reader, async (readable) => {
      const sessions = await readable.listSessions();
      return sessions.map((session) => readable.toOwned(session, session, []));
    }).catch(() => undefined);
  }

  /** Formats the transcript of a session as a file. The newest session is the default. */
  createFile(
    guildId: GuildId,
    reader: TranscriptReaderId,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const locale = this.#deps.places.getLocale(guildId);
    return this.#tryRequest(guildId, answerTimeoutMs, () =>
      this.#readTranscripts(guildId, reader, async (readable) => {
        const session = await readable.findSession(sessionId);
        if (!session) return noTranscript;
        const lines = await readable.listLines(session);
        const file = formatTranscriptFile(format, { session, lines, timeZone, locale });
        const transcript = readable.toOwned({ session, file }, session, lines);
        return { kind: 'file', transcript };
      }),
    );
  }

  /** Finds lines by words, without a model. */
  findLines(
    guildId: GuildId,
    reader: TranscriptReaderId,
    searchText: string,
  ): Promise<FindOutcome> {
    return this.#tryRequest(guildId, answerTimeoutMs, () =>
      this.#readTranscripts(guildId, reader, async (readable) => {
        const foundLines = await readable.search(searchText, maxFoundLines);
        return toFindOutcome(foundLines, readable);
      }),
    );
  }

  /** Answers a question about transcripts. Each person has one at a time. */
  async askModel(
    guildId: GuildId,
    personId: PersonId,
    request: TranscriptQuestion,
  ): Promise<FindOutcome> {
    using slot = this.#writtenQuestions.enter(guildId, personId);
    if (!slot) return tooMuchAtOnce;
    return await this.answerQuestion(
      guildId,
      personId,
      request,
      personId,
      neverAborted,
    );
  }

  /**
   * Finds lines that answer a question of a person, who pays. `reader` decides which
   * channels are searched.
   */
  answerQuestion(
    guildId: GuildId,
    personId: PersonId,
    { question, about }: TranscriptQuestion,
    reader: TranscriptReaderId,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const findAnswer = async (until: AbortSignal) => {
      const { candidates, readable } = await this.#readTranscripts(
        guildId,
        reader,
        async (transcripts) => ({
          candidates: await selectCandidateLines(transcripts, question, about),
          readable: transcripts,
        }),
      );
      const [lines] = splitIntoNumberedPieces(candidates, { maxChars, timeZone });
      if (!lines) return noTranscript;
      const order = { kind: 'question about a transcript', guildId, personId } as const;
      const sources = readable.toSources(lines.lines.map(({ line }) => line));
      const prompt = buildCitedAnswerPrompt(question, lines);
      const cited = await this.#requestReply(order, prompt, sources, until);
      const citedLines = findCitedLines(cited, lines);
      const storedLines = await this.#selectStoredLines(guildId, reader, citedLines);
      return toFindOutcome(storedLines, readable, lines.lines);
    };
    return this.#tryRequest(guildId, answerTimeoutMs, findAnswer, signal);
  }

  /** Summarises a session for a person, who pays: all of it, or until the person came. */
  createRecap(
    guildId: GuildId,
    personId: PersonId,
    { sessionId, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    return this.#tryRequest(guildId, recapTimeoutMs, async (signal) => {
      const session = await this.#readTranscripts(guildId, personId, (readable) =>
        readable.findSession(sessionId),
      );
      if (!session) return noTranscript;
      const captions = this.#captions.find(guildId);
      const cameAtMs = captions?.getArrivalMs(session.id, personId) ?? 0;
      return await this.#summarise(session, personId, signal, until && cameAtMs);
    });
  }

  /** Posts a recap and adds it to the notes of the channel, as the server wants it. Never throws. */
  async postRecap(session: TranscriptSession, told: ToldRecap): Promise<void> {
    const { onEvent, transcripts } = this.#deps;
    const { channelId, guildId, id } = session;
    const { getValue } = this.#deps.settings.getForChannel(guildId, channelId);
    const { noting } = told;
    const areNoted = noting !== undefined && this.#notes.areKept(guildId, channelId);
    const isPosted = getValue(recapSetting);
    if (!isPosted && !areNoted) return;
    const store = transcripts.getStoreForDays(getValue(captionsDaysSetting));
    const listLines = () => store.reader.listLines(id, { channelIds: [channelId] });
    try {
      const summarisedLines = await listLines();
      if (summarisedLines.length < minRecapLines) return;
      const outcome = await this.#tryRequest(guildId, recapTimeoutMs, (signal) =>
        this.#summarise(session, undefined, signal),
      );
      if (areNoted && outcome.kind === 'recap')
        await this.#notes.addRecap(outcome.recap, session, noting.leftOutIds);
      if (!isPosted) return;
      const areLinesKept = async () => {
        const storedNumbers = new Set((await listLines()).map(({ number }) => number));
        return summarisedLines.every(({ number }) => storedNumbers.has(number));
      };
      const { timeZone } = this.#deps.settings.getForGuild(guildId);
      // A place chosen since then is nobody's who was told.
      const isTold = formatRecapPlace(getValue) === told.place;
      const place: RecapPlace = isTold
        ? getValue(recapPlaceSetting)
        : { kind: 'captions' };
      const messages = buildRecapMessages(outcome, createWallTimes(timeZone));
      await this.#recaps.post(messages, { session, store, areLinesKept }, place);
    } catch (error) {
      onEvent(guildId, toFailureEvent(error, 'think'));
    }
  }

  /** Summarises a session. The asker pays, or the server without one. */
  async #summarise(
    session: TranscriptSession,
    personId: PersonId | undefined,
    signal: AbortSignal,
    toMs?: number,
  ): Promise<RecapOutcome> {
    const { guildId } = session;
    const reader = personId ?? [session.channelId];
    using slot = await this.#writtenQuestions.enterRecap(guildId, personId, signal);
    if (!slot) return tooMuchAtOnce;
    const { lines, readable } = await this.#readTranscripts(
      guildId,
      reader,
      async (transcripts) => ({
        lines: await transcripts.listLines(session, toMs),
        readable: transcripts,
      }),
    );
    if (lines.length === 0) return noTranscript;
    const foundLines = lines.map((line) => ({ line, session }));
    const summarised = readable.toOwned(foundLines, session, lines);
    const order = {
      kind: personId === undefined ? 'recap at the end' : 'recap',
      guildId,
      personId,
    } as const;
    const sources = readable.toSources(lines);
    const requestReply = (prompt: ModelPrompt) =>
      this.#requestReply(order, prompt, sources, signal);
    const { timeZone } = this.#deps.settings.getForGuild(guildId);
    const options = { maxChars, timeZone };
    const found = await requestRecap(foundLines, options, requestReply);
    // Who asks after the first words reads them, not that there is nothing.
    const isAskedInVain = found.length === 0 && personId !== undefined;
    const candidates = isAskedInVain ? quoteLatestLines(foundLines) : found;
    const citedLines = candidates.flatMap(({ sources }) => sources);
    const storedLines = new Set(
      await this.#selectStoredLines(guildId, reader, citedLines),
    );
    const points = candidates.flatMap(({ kind, sources, text }) => {
      const isStored = sources.every((source) => storedLines.has(source));
      if (!isStored) return [];
      const lines = sources.map(({ line }) => line);
      const personIds = [
        ...new Set(lines.flatMap(({ speaker }) => listSpeakerIds(speaker))),
      ];
      const isBrief = lines.some((line) => line.isBrief === true);
      return { ...toQuotedLine(sources[0]), kind, text, personIds, isBrief };
    });
    if (points.length === 0) return noTranscript;
    return { kind: 'recap', recap: summarised.map(() => ({ session, points })) };
  }

  /** Selects the lines that are still stored as they were: a message with them may have been deleted meanwhile. */
  async #selectStoredLines(
    guildId: GuildId,
    reader: TranscriptReaderId,
    foundLines: readonly FoundLine[],
  ): Promise<readonly FoundLine[]> {
    const sessions = new Set(foundLines.map(({ session }) => session));
    const stored = await this.#readTranscripts(guildId, reader, (readable) =>
      Promise.all([...sessions].map((session) => readable.listLines(session))),
    );
    const texts = new Map(
      stored
        .flat()
        .map(({ number, sessionId, text }) => [`${sessionId} ${number}`, text]),
    );
    return foundLines.filter(
      ({ line }) => texts.get(`${line.sessionId} ${line.number}`) === line.text,
    );
  }

  /** Finds the channels whose words a person may know, or takes the channels given. */
  async #findReadableChannels(
    guildId: GuildId,
    reader: TranscriptReaderId,
  ): Promise<ReadableChannels> {
    if (typeof reader !== 'string') return { channelIds: reader };
    const channelIds = await this.#deps.transcripts.concatBoth((store) =>
      store.reader.listChannels(guildId),
    );
    const accesses = await Promise.all(
      channelIds.map((id) => mayOpen(guildId, id, reader, this.#deps)),
    );
    const listByAccess = (access: ChannelAccess) =>
      channelIds.filter((_, n) => accesses[n] === access);
    return {
      channelIds: listByAccess('yes'),
      own: { personId: reader, goneChannelIds: listByAccess('gone') },
    };
  }

  /**
   * Reads transcripts. Throws `RefusedError` after a failure, which the operator is
   * told.
   */
  async #readTranscripts<T>(
    guildId: GuildId,
    reader: TranscriptReaderId,
    work: (transcripts: ReadableTranscripts) => Promise<T>,
  ) {
    const read = await withStoreTimeout(
      guildId,
      this.#deps,
      'store.unreadable',
      async () => {
        const choices = this.#deps.consents.getChoices(guildId);
        const reading = choices.erasedWords.beginReading();
        const isForgotten = (personId: PersonId) =>
          choices.findConsent(personId)?.kind === 'forgotten';
        // The newest lines are written first, so that they are found.
        const recorders = listRecorders(this.#captions.list(guildId));
        await Promise.all(recorders.map((recorder) => recorder.saveLines()));
        const readable = await this.#findReadableChannels(guildId, reader);
        return {
          result: await work(
            new ReadableTranscripts(
              this.#deps.transcripts,
              guildId,
              readable,
              reading,
              isForgotten,
            ),
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
    const lateMessage = `A recap or search took longer than ${ms / 1000} s.`;
    using deadline = createDeadlineSignal(ms, this.#deps.clock, () =>
      createDeadlineError('think', lateMessage),
    );
    try {
      return await work(AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefusedError)
        return { kind: 'failed', line: error.textLine };
      if (!(error instanceof BotError)) throw error;
      this.#deps.onEvent(guildId, toFailureEvent(error, 'think'));
      return { kind: 'failed', line: toFailureLine(error) };
    }
  }

  /** Requests a paid reply of the chat model. Throws `RefusedError` if refused, or if words of the prompt were erased. */
  async #requestReply(
    order: Omit<AnswerRequest, 'first'>,
    prompt: ModelPrompt,
    sources: Sources,
    signal: AbortSignal,
  ) {
    const failIfErased = () => {
      if (sources.areErased) throw new RefusedError({ id: 'words.erased' });
    };
    // Later pieces of a recap are asked for minutes after their lines were read.
    failIfErased();
    const reply = await completeForMoney(
      order,
      prompt,
      this.#deps,
      signal,
      ({ reservation }) => {
        if (order.personId) reservation.markWanted();
      },
    );
    failIfErased();
    if (typeof reply !== 'string') throw new RefusedError(reply.line);
    return reply;
  }
}

async function selectCandidateLines(
  transcripts: ReadableTranscripts,
  question: string,
  about: TranscriptQuestion['about'],
) {
  if (about === 'all') return await transcripts.search(question, maxCandidateLines);
  const session = await transcripts.findSession(about);
  if (!session) return [];
  const lines = await transcripts.listLines(session);
  const chars = lines.reduce((sum, { text }) => sum + text.length + 30, 0);
  if (chars <= maxChars) return lines.map((line) => ({ line, session }));
  return await transcripts.search(question, maxCandidateLines, session.id);
}

function buildRecapMessages(
  outcome: RecapOutcome,
  times: WallTimes,
): readonly Owned<readonly AnyLine[]>[] {
  if (outcome.kind === 'recap')
    return outcome.recap.split((recap) => formatRecapMessages(recap, times));
  if (outcome.kind === 'none') return [];
  return [new Owned([outcome.line, { id: 'recap.failed' }] as const, 'given')];
}

/** Quotes lines. `shownLines` are those that a model was shown, by default each line alone. */
function toFindOutcome(
  foundLines: readonly FoundLine[],
  readable: ReadableTranscripts,
  shownLines?: readonly FoundLine[],
): FindOutcome {
  if (foundLines.length === 0) return noTranscript;
  const lines = foundLines.map((foundLine) =>
    readable.toOwned(
      toQuotedLine(foundLine),
      foundLine.session,
      (shownLines ?? [foundLine]).map(({ line }) => line),
    ),
  );
  const authorIds = foundLines.flatMap(({ line }) => listSpeakerIds(line.speaker));
  return { kind: 'found', lines, authorIds };
}

function toQuotedLine(foundLine: FoundLine): QuotedLine {
  const { speaker, text, post } = foundLine.line;
  // A line break could pass for a quotation of another person.
  return {
    name: toVisibleLine(speaker.name),
    atWallMs: toWallMs(foundLine),
    text: toVisibleLine(text),
    link: post && toMessageLink(foundLine.session.guildId, post),
  };
}
