import { parsedMs } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import { clausesOf } from '#src/chat/text/clauses-of.ts';
import { type Recap, type RecapPoint, recap } from '#src/features/captions/answers/make-recap.ts';
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
import { messageLink } from '#src/features/captions/files/message-link.ts';
import { transcriptFile } from '#src/features/captions/files/transcript-file.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
} from '#src/features/captions/transcript-store-types.ts';
import type { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { failureText } from '#src/notices/failure-text.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import {
  type ModelPrompt,
  promptMessages,
  textOnlyCompletion,
} from '#src/pipeline/prompt-data-block.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { PaidKind } from '#src/spending/budget-authority.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import type { Reader, TranscriptLookup } from './transcript-lookup.ts';

/** Lines that a search finds at most, and shown where no model could choose. */
const [mostFound, mostUnchosen] = [6, 5];
/** Lines that a model chooses from: in number, and in characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Longest wait, in ms, for a recap: Discord accepts no answer to a command after 15 minutes. */
const longestRecapMs = 13 * 60_000;
const longestAnswerMs = 40_000;
/** Most hours that a zone is away from UTC. */
const zoneMs = 15 * 3_600_000;
const dayMs = 24 * 3_600_000;
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
  readonly #lookup: TranscriptLookup;
  readonly #sessions: VoiceSessions;
  readonly #writtenQuestions: WrittenAnswerConcurrency;

  constructor(
    parts: CaptionParts,
    lookup: TranscriptLookup,
    sessions: VoiceSessions,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#parts = parts;
    this.#lookup = lookup;
    this.#sessions = sessions;
    this.#writtenQuestions = writtenQuestions;
  }

  /** Whether something is kept of this server, as was known a moment ago. */
  has(guildId: string): boolean {
    return this.#lookup.has(guildId);
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  async sessions(guildId: string, reader: Reader): Promise<readonly ListedSession[] | undefined> {
    return await this.#read(guildId, reader, (open) => this.#lookup.sessions(guildId, open));
  }

  /** The last session where none is named. */
  async file(
    guildId: string,
    reader: Reader,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const read = await this.#read(guildId, reader, async (open) => {
      const session = await this.#lookup.session(guildId, open, sessionId);
      return { session, lines: session ? await this.#lookup.lines(session, open) : [] };
    });
    if (!read) return { kind: 'unread' };
    const { session, lines } = read;
    if (!session) return { kind: 'none' };
    const timeZone = this.#lookup.timeZoneIn(guildId);
    const locale = this.#parts.places.localeIn(guildId);
    const file = transcriptFile(format, { session, lines, timeZone, locale });
    return { kind: 'file', session, file };
  }

  async find(guildId: string, reader: Reader, words: string): Promise<FindOutcome> {
    const search = { guildId, words, limit: mostFound };
    const found = await this.#read(guildId, reader, (open) => this.#lookup.search(search, open));
    if (!found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    return { kind: 'found', lines: found.map(quotedLine) };
  }

  /**
   * Lines that answer a question, chosen by the chat model. Aloud, those of the channel are searched first; where there are none,
   * the asker alone gets those of others.
   */
  async ask(guildId: string, asker: Asker, request: TranscriptQuestion): Promise<AnswerOutcome> {
    const place = this.#writtenQuestions.enter(guildId, asker.id);
    if ('line' in place) return { kind: 'failed', line: place.line };
    using _ = place;
    const session = request.isAloud ? this.#sessions.session(guildId) : undefined;
    if (session) {
      const found = await this.askIn(session.channel, asker, request, never);
      if (found.kind === 'found' && !found.isUnchosen) {
        const clauses = this.quoteIn(session.channel, found.lines).split(clausesOf);
        const reading = { kind: 'reading', clauses, when: 'queue' } as const;
        session.context.queue.read({ ...reading, personId: asker.id });
      }
      if (found.kind === 'found') return found;
    }
    return await this.#ask(guildId, asker, request, asker.id, never);
  }

  /** Lines of this channel that answer a question, chosen by the chat model. Aborting `signal` throws `signal.reason`. */
  async askIn(
    { channelId, guildId }: ChannelRef,
    asker: Asker,
    request: TranscriptQuestion,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    return await this.#ask(guildId, asker, request, [channelId], signal);
  }

  /** Lines of this channel as they are said: who, when, and what. */
  quoteIn({ channelId, guildId }: ChannelRef, lines: readonly QuotedLine[]): ConfidentialText {
    const { minute } = wallTimesIn(this.#lookup.timeZoneIn(guildId));
    const text = lines
      .map(({ name, atWallMs, text: words }) => `${name}, ${minute(atWallMs)}: ${words}`)
      .join('\n');
    return new ConfidentialText(text, { channelId });
  }

  /** The points of a session, each based on a line. */
  async recap(
    guildId: string,
    asker: Asker,
    { sessionId, since, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    const about = until === undefined ? sessionId : 'now';
    const read = await this.#read(guildId, asker.id, async (open) => ({
      session: await this.#lookup.session(guildId, open, about),
    }));
    if (!read) return { kind: 'unread' };
    const { session } = read;
    if (!session) return { kind: 'none' };
    const cameAtMs = this.#lookup.cameAtMs(session, asker.id);
    if (until === 'i came') return await this.sumUp(session, asker, { toMs: cameAtMs });
    return await this.sumUp(session, asker, since === 'i came' ? { fromMs: cameAtMs } : {});
  }

  /**
   * The points of a session, or of a part of it; paid by the asker, or by the server where no person asked. A point that rests on
   * what was forgotten meanwhile is left out.
   */
  async sumUp(
    session: TranscriptSession,
    asker: Asker | undefined,
    { leastLines = 1, ...range }: LineRange & { readonly leastLines?: number },
  ): Promise<RecapOutcome> {
    const { guildId } = session;
    const reader = asker?.id ?? [session.channelId];
    const read = () =>
      this.#read(guildId, reader, (open) => this.#lookup.lines(session, open, range));
    const lines = await read();
    if (!lines) return { kind: 'unread' };
    if (lines.length < leastLines) return { kind: 'none' };
    try {
      const work = (signal: AbortSignal) => this.#made(session, lines, asker, signal);
      const { points: made, isPartial } = await this.#inTime(longestRecapMs, work, never);
      const left = await read();
      if (!left) return { kind: 'unread' };
      const points = stillKnown(made, left);
      if (points.length === 0) return { kind: 'none' };
      return { kind: 'recap', session, points: points.map(quotedPoint), isPartial };
    } catch (error) {
      return this.#failedRecap(guildId, error);
    }
  }

  #failedRecap(guildId: string, error: unknown): RecapOutcome {
    if (error instanceof RefusedError) return { kind: 'failed', line: error.line };
    this.#report(guildId, error);
    if (!(error instanceof BotError)) throw error;
    const { code } = error;
    if (code === 'answer.late') return { kind: 'late' };
    const unreadable = { id: 'recap.failed' } as const;
    const line = code === 'answer.malformed' ? unreadable : failureText(error, this.#parts);
    return { kind: 'failed', line };
  }

  async #made(
    session: TranscriptSession,
    lines: readonly TranscriptLine[],
    asker: Asker | undefined,
    signal: AbortSignal,
  ): Promise<Recap> {
    const { guildId } = session;
    const place = await this.#writtenQuestions.enterRecap(guildId, asker?.id, signal);
    if ('line' in place) throw new RefusedError(place.line);
    using _ = place;
    const timeZone = this.#lookup.timeZoneIn(guildId);
    const language = languageName(this.#lookup.languageOf(guildId, lines));
    const found = lines.map((line) => ({ line, session }));
    const kind = asker ? 'recap' : 'recap at the end';
    const ask = (prompt: ModelPrompt, until: AbortSignal) =>
      this.#reply(guildId, asker, kind, prompt, until);
    return await recap(found, { maxChars, timeZone, language }, ask, signal);
  }

  async #ask(
    guildId: string,
    asker: Asker,
    { question, about }: TranscriptQuestion,
    reader: Reader,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const found = await this.#read(guildId, reader, (open) =>
      this.#candidates(guildId, open, question, about),
    );
    if (!found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    const timeZone = this.#lookup.timeZoneIn(guildId);
    const lines = numberedLines(found, { maxChars, timeZone });
    const prompt = citedAnswerPrompt(question, lines);
    try {
      const work = (until: AbortSignal) =>
        this.#reply(guildId, asker, 'question about a transcript', prompt, until);
      const cited = citedLines(await this.#inTime(longestAnswerMs, work, signal), lines);
      return cited ? { kind: 'found', lines: cited.map(quotedLine) } : { kind: 'none' };
    } catch (error) {
      signal.throwIfAborted();
      this.#report(guildId, error);
      return await this.#unchosen(guildId, reader, question, found);
    }
  }

  /** Where no model chooses: what a search finds among these lines. */
  async #unchosen(
    guildId: string,
    reader: Reader,
    words: string,
    among: readonly FoundLine[],
  ): Promise<FindOutcome> {
    const search = { guildId, words, limit: mostLines };
    const found = await this.#read(guildId, reader, (open) => this.#lookup.search(search, open));
    if (!found) return { kind: 'unread' };
    const keys = new Set(among.map(keyOf));
    const lines = found.filter((one) => keys.has(keyOf(one))).slice(0, mostUnchosen);
    if (lines.length === 0) return { kind: 'none' };
    return { kind: 'found', lines: lines.map(quotedLine), isUnchosen: true };
  }

  async #candidates(
    guildId: string,
    open: OpenChannels,
    words: string,
    about: string,
  ): Promise<readonly FoundLine[]> {
    const search = { guildId, words, limit: mostLines };
    if (about === 'all') return await this.#lookup.search(search, open);
    if (/^\d{4}-\d{2}-\d{2}$/.test(about)) {
      const fromMs = parsedMs(about);
      const range = { fromWallMs: fromMs - zoneMs, toWallMs: fromMs + dayMs + zoneMs };
      const found = await this.#lookup.search({ ...search, ...range }, open);
      const { day } = wallTimesIn(this.#lookup.timeZoneIn(guildId));
      return found.filter((one) => day(wallMsOf(one)) === about);
    }
    const session = await this.#lookup.session(guildId, open, about);
    if (!session) return [];
    const lines = await this.#lookup.lines(session, open);
    const chars = lines.reduce((sum, { text }) => sum + text.length + 30, 0);
    if (chars <= maxChars) return lines.map((line) => ({ line, session }));
    return await this.#lookup.search({ ...search, sessionId: session.id }, open);
  }

  /** Result of `work` with the channels that this reader may open; undefined where it cannot be read, which the operator is told. */
  async #read<T>(
    guildId: string,
    reader: Reader,
    work: (open: OpenChannels) => Promise<T>,
  ): Promise<T | undefined> {
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', async () =>
      work(await this.#lookup.openTo(guildId, reader)),
    );
  }

  /** The whole reply of the chat model. Errors: `RefusedError`, or the model's. */
  async #reply(
    guildId: string,
    asker: Asker | undefined,
    kind: PaidKind,
    prompt: ModelPrompt,
    signal: AbortSignal,
  ): Promise<string> {
    const { chat, spending } = this.#parts;
    const payer = { personId: asker?.id ?? '', name: asker?.name ?? '' };
    const order = { kind, guildId, ...payer, first: { messages: promptMessages(prompt) } };
    const opened = spending.open(order);
    if (opened.kind === 'refused') throw new RefusedError(opened.line);
    using reservation = opened.reservation;
    if (asker) reservation.wanted();
    return await textOnlyCompletion(chat.paidBy(reservation), prompt, signal);
  }

  async #inTime<T>(
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const over = new AbortController();
    const message = `A recap or search took longer than ${ms / 1000} s.`;
    const late = () => new BotError('answer.late', true, message);
    try {
      const either = AbortSignal.any([signal, over.signal]);
      return await within(work(either), ms, this.#parts.clock, late);
    } finally {
      over.abort(new Error('the answer is over'));
    }
  }

  #report(guildId: string, error: unknown): void {
    if (!(error instanceof RefusedError))
      this.#parts.onEvent(guildId, failureEventOf(error, 'think'));
  }
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

function keyOf({ line }: FoundLine): string {
  return `${line.sessionId} ${line.number}`;
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
