import { BotError } from '#src/base/errors.ts';
import { deadlineSignal, unlessAborted } from '#src/base/waiting.ts';
import { type RecapPoint, recap } from '#src/features/captions/answers/make-recap.ts';
import {
  citedAnswerPrompt,
  citedLines,
  numberedLines,
  wallMsOf,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import type {
  AnswerOutcome,
  FileRequest,
  FindOutcome,
  QuotedLine,
  RecapOutcome,
  RecapRequest,
  TranscriptOutcome,
  TranscriptQuestion,
} from '#src/features/captions/caption-outcomes.ts';
import { messageLink, transcriptFile } from '#src/features/captions/files/transcript-file.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import {
  type CaptionParts,
  type OpenTranscripts,
  openTranscripts,
} from '#src/features/captions/store/transcript-ports.ts';
import type {
  FoundLine,
  ListedSession,
  OpenChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { failureText } from '#src/notices/notice.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import {
  type ModelPrompt,
  promptMessages,
  textOnlyCompletion,
} from '#src/pipeline/prompt-data-block.ts';
import { mayOpen } from '#src/ports/caption-chats.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';

/** Reader of transcripts: a person, by their id, or a program, by the channels that its token names. */
type Reader = string | readonly string[];

/** Lines that a search finds at most. */
const mostFound = 6;
/** Lines that a model chooses from: in number, and in characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Longest wait, in ms, for a recap: Discord accepts no answer to a command after 15 minutes. */
const longestRecapMs = 13 * 60_000;
const longestAnswerMs = 40_000;
const never = new AbortController().signal;

/** Too many are being answered, or the budget is used: the caller reads which. */
class RefusedError extends Error {
  readonly line: TextLine;

  constructor(line: TextLine) {
    super('the question is refused');
    this.line = line;
  }
}

/**
 * Transcripts for commands, tools and programs: looked up, asked about, summed up. Every result holds only words of channels that
 * its reader may open. Questions are answered by stored lines that a chat model chooses by number.
 */
export class TranscriptRequests {
  readonly #parts: CaptionParts;
  readonly #sessions: VoiceSessions;
  readonly #writtenQuestions: WrittenAnswerConcurrency;

  constructor(
    parts: CaptionParts,
    sessions: VoiceSessions,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#writtenQuestions = writtenQuestions;
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  sessions(guildId: string, reader: Reader): Promise<readonly ListedSession[] | undefined> {
    return this.#read(guildId, reader, (open) => open.sessions());
  }

  /** The last session where none is named. */
  async file(
    guildId: string,
    reader: Reader,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const known = await this.#read(guildId, reader, async (open) => {
      const session = await open.session(sessionId);
      return { session, lines: session ? await open.lines(session) : [] };
    });
    if (!known?.session) return { kind: known ? 'none' : 'unread' };
    const { session, lines } = known;
    const { timeZone } = this.#sessions.settings.in(guildId);
    const locale = this.#parts.places.localeIn(guildId);
    const file = transcriptFile(format, { session, lines, timeZone, locale });
    return { kind: 'file', session, file };
  }

  async find(guildId: string, reader: Reader, words: string): Promise<FindOutcome> {
    const found = await this.#read(guildId, reader, (open) => open.search(words, mostFound));
    return found ? foundOf(found) : { kind: 'unread' };
  }

  /** Lines that answer a question, chosen by the chat model, for the asker alone. */
  async ask(guildId: string, asker: Asker, request: TranscriptQuestion): Promise<AnswerOutcome> {
    const place = this.#writtenQuestions.enter(guildId, asker.id);
    if (typeof place === 'string') return tooMuchAtOnce;
    using _ = place;
    return await this.#answer(guildId, asker, request, asker.id, never);
  }

  /** Lines of this channel that answer a question, chosen by the chat model. Aborting `signal` throws `signal.reason`. */
  askIn(
    { channelId, guildId }: ChannelRef,
    asker: Asker,
    request: TranscriptQuestion,
    signal: AbortSignal,
  ): Promise<AnswerOutcome> {
    return this.#answer(guildId, asker, request, [channelId], signal);
  }

  /** Lines of this channel as they are said: who, when, and what. */
  quoteIn({ channelId, guildId }: ChannelRef, lines: readonly QuotedLine[]): ConfidentialText {
    const { minute } = wallTimesIn(this.#sessions.settings.in(guildId).timeZone);
    const text = lines
      .map(({ name, atWallMs, text: words }) => `${name}, ${minute(atWallMs)}: ${words}`)
      .join('\n');
    return new ConfidentialText(text, { channelId });
  }

  /** The points of a session, each based on a line. */
  async recap(
    guildId: string,
    asker: Asker,
    { sessionId, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    const known = await this.#read(guildId, asker.id, async (open) => ({
      session: await open.session(until === undefined ? sessionId : 'now'),
    }));
    if (!known?.session) return { kind: known ? 'none' : 'unread' };
    const { session } = known;
    const came = this.#captionsIn(guildId).map((one) => one.cameAtMs(session.id, asker.id));
    return await this.sumUp(session, asker, { toMs: until && Math.max(0, ...came) });
  }

  /**
   * The points of a session, or of a part of it; paid by the asker, or by the server where no person asked. A point that rests on
   * what was forgotten meanwhile is left out.
   */
  async sumUp(
    session: TranscriptSession,
    asker: Asker | undefined,
    { leastLines = 1, toMs }: { readonly leastLines?: number; readonly toMs?: number },
  ): Promise<RecapOutcome> {
    const { guildId } = session;
    const reader = asker?.id ?? [session.channelId];
    const lines = () => this.#read(guildId, reader, (open) => open.lines(session, toMs));
    const before = await lines();
    if (!before) return { kind: 'unread' };
    if (before.length < leastLines) return { kind: 'none' };
    try {
      const all = await this.#made(session, before, asker);
      const left = await lines();
      if (!left) return { kind: 'unread' };
      const points = stillKnown(all, left);
      if (points.length === 0) return { kind: 'none' };
      return { kind: 'recap', session, points: points.map(quotedPoint) };
    } catch (error) {
      return { kind: 'failed', line: this.#failedLine(guildId, error) };
    }
  }

  /** Captions of the sessions that go on. */
  #captionsIn(guildId: string): readonly SessionCaptions[] {
    return this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.sessions.captions);
  }

  /** Channels that this reader may open, and the deleted ones. */
  async #openTo(guildId: string, reader: Reader): Promise<OpenChannels> {
    if (typeof reader !== 'string') return { channelIds: reader };
    const all = [
      ...new Set(await this.#parts.transcripts.lists((store) => store.reader.channels(guildId))),
    ];
    const may = await Promise.all(all.map((id) => mayOpen(guildId, reader, id, this.#parts)));
    const those = (answer: 'yes' | 'gone') => all.filter((_, n) => may[n] === answer);
    return {
      channelIds: those('yes'),
      own: { personId: reader, goneChannelIds: those('gone') },
    };
  }

  /** Result of `work` with what this reader may know; undefined where it cannot be read, which the operator is told. */
  #read<T>(
    guildId: string,
    reader: Reader,
    work: (open: OpenTranscripts) => Promise<T>,
  ): Promise<T | undefined> {
    return withStoreTimeout(guildId, this.#parts, 'store.unreadable', async () => {
      const recorders = this.#captionsIn(guildId).flatMap(({ recorder }) => recorder ?? []);
      // What was said a moment ago is written first, so that it is found.
      await Promise.all(recorders.map((recorder) => recorder.save()));
      const liveIds = recorders.map(({ session }) => session.id);
      const open = await this.#openTo(guildId, reader);
      return await work(openTranscripts(this.#parts.transcripts, guildId, open, liveIds));
    });
  }

  /** The whole reply of the chat model. Errors: `RefusedError`, or the model's. */
  async #reply(
    order: Omit<AnswerRequest, 'first'>,
    prompt: ModelPrompt,
    signal: AbortSignal,
  ): Promise<string> {
    const opened = this.#parts.spending.open({
      ...order,
      first: { messages: promptMessages(prompt) },
    });
    if (opened.kind === 'refused') throw new RefusedError(opened.line);
    using reservation = opened.reservation;
    if (order.personId !== '') reservation.wanted();
    return await unlessAborted(
      textOnlyCompletion(this.#parts.chat.paidBy(reservation), prompt, signal),
      signal,
    );
  }

  /** Reason for a person why there is no reply; a failure outside is reported to the operator. Throws any other error. */
  #failedLine(guildId: string, error: unknown): TextLine {
    if (error instanceof RefusedError) return error.line;
    this.#parts.onEvent(guildId, failureEventOf(error, 'think'));
    if (!(error instanceof BotError)) throw error;
    return error.code === 'answer.malformed'
      ? { id: 'recap.failed' }
      : failureText(error, this.#parts);
  }

  /** Points of these lines, made within the time of an interaction. */
  async #made(
    session: TranscriptSession,
    lines: readonly TranscriptLine[],
    asker: Asker | undefined,
  ): Promise<readonly RecapPoint[]> {
    const { guildId } = session;
    using deadline = deadlineSignal(longestRecapMs, this.#parts.clock, () => late(longestRecapMs));
    const { signal } = deadline;
    const place = await this.#writtenQuestions.enterRecap(guildId, asker?.id, signal);
    if (typeof place === 'string') throw new RefusedError(tooMuchAtOnce.line);
    using _ = place;
    const { timeZone } = this.#sessions.settings.in(guildId);
    const found = lines.map((line) => ({ line, session }));
    const order = {
      kind: asker ? 'recap' : 'recap at the end',
      guildId,
      personId: asker?.id ?? '',
    } as const;
    const ask = (prompt: ModelPrompt) => this.#reply(order, prompt, signal);
    return await recap(found, { maxChars, timeZone }, ask, signal);
  }

  /** Lines that answer a question, chosen by the chat model. Aborting `signal` throws `signal.reason`. */
  async #answer(
    guildId: string,
    { id: personId, name }: Asker,
    { question, about }: TranscriptQuestion,
    reader: Reader,
    signal: AbortSignal,
  ): Promise<AnswerOutcome> {
    const { timeZone } = this.#sessions.settings.in(guildId);
    const found = await this.#read(guildId, reader, (open) => candidates(open, question, about));
    if (!found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    const lines = numberedLines(found, { maxChars, timeZone });
    using deadline = deadlineSignal(longestAnswerMs, this.#parts.clock, () =>
      late(longestAnswerMs),
    );
    const until = AbortSignal.any([signal, deadline.signal]);
    const order = { kind: 'question about a transcript', guildId, personId, name } as const;
    try {
      const cited = await this.#reply(order, citedAnswerPrompt(question, lines), until);
      return foundOf(citedLines(cited, lines) ?? []);
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'failed', line: this.#failedLine(guildId, error) };
    }
  }
}

function late(ms: number): BotError {
  return new BotError('answer.late', true, `A recap or search took longer than ${ms / 1000} s.`);
}

/** Lines that a model chooses from. */
async function candidates(
  open: OpenTranscripts,
  question: string,
  about: TranscriptQuestion['about'],
): Promise<readonly FoundLine[]> {
  if (about === 'all') return await open.search(question, mostLines);
  const session = await open.session(about);
  if (!session) return [];
  const lines = await open.lines(session);
  const chars = lines.reduce((sum, { text }) => sum + text.length + 30, 0);
  if (chars <= maxChars) return lines.map((line) => ({ line, session }));
  return await open.search(question, mostLines, session.id);
}

/** Points whose lines are all still there. */
function stillKnown(
  points: readonly RecapPoint[],
  lines: readonly TranscriptLine[],
): readonly RecapPoint[] {
  const texts = new Map(lines.map(({ number, text }) => [number, text]));
  return points.filter(({ sources }) =>
    sources.every(({ line }) => texts.get(line.number) === line.text),
  );
}

/** Lines as they are quoted. */
function foundOf(found: readonly FoundLine[]): FindOutcome {
  if (found.length === 0) return { kind: 'none' };
  return { kind: 'found', lines: found.map(quotedLine) };
}

/** A stored line as it is quoted: on one line, so that no words pass for a quotation of another person. */
function quotedLine(found: FoundLine): QuotedLine {
  const { speaker, text, post } = found.line;
  return {
    name: visibleLine(speaker.name),
    atWallMs: wallMsOf(found),
    text: visibleLine(text),
    link: post && messageLink(found.session.guildId, post),
  };
}

/** A point of a recap, with the line that it rests on first. */
function quotedPoint({ kind, text, sources: [source] }: RecapPoint) {
  return { ...quotedLine(source), kind, text };
}
