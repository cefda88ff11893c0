import { parsedMs } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { failureText } from '#src/conversation/alerts/failure-text.ts';
import type { ModelPrompt } from '#src/conversation/answering/prompt-data-block.ts';
import {
  promptMessages,
  textOnlyCompletion,
} from '#src/conversation/answering/text-only-completion.ts';
import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import {
  type Recap,
  type RecapPoint,
  recap,
  speakerId,
} from '#src/features/captions/answers/make-recap.ts';
import {
  citedAnswerPrompt,
  citedLines,
  numberedLines,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import type {
  FindOutcome,
  RecapOutcome,
  RecapRequest,
  TranscriptQuestion,
} from '#src/features/captions/caption-outcomes.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import type {
  FoundLine,
  LineRange,
  OpenChannels,
} from '#src/features/captions/transcript-store-types.ts';
import type { PaidKind } from '#src/spending/budget-authority.ts';
import { languageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { lateAnswer, RecapCache } from './recap-cache.ts';
import { quotedLine, quotedPoint, type TranscriptLookup } from './transcript-lookup.ts';

/** Lines that a model chooses from: in number, and in characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Lines shown where no model could choose. */
const mostUnchosen = 5;
/** Longest wait, in ms, for a recap: Discord accepts no answer to a command after 15 minutes. */
const longestRecapMs = 13 * 60_000;
const longestAnswerMs = 40_000;
/** Most hours that a zone is away from UTC. */
const zoneMs = 15 * 3_600_000;
const dayMs = 24 * 3_600_000;

/** Too many are being answered, or the budget is used: the caller reads which. */
class RefusedError extends Error {
  readonly line: TextLine;

  constructor(line: TextLine) {
    super('the question is refused');
    this.line = line;
  }
}

/** Questions about what was said, answered by stored lines that a chat model chooses by number. */
export class TranscriptAnswers {
  readonly #parts: CaptionParts;
  readonly #lookup: TranscriptLookup;
  readonly #writtenQuestions: WrittenAnswerConcurrency;
  readonly #signal: AbortSignal;
  readonly #kept: RecapCache;

  /** Aborting `signal` ends all answers. */
  constructor(
    parts: CaptionParts,
    lookup: TranscriptLookup,
    writtenQuestions: WrittenAnswerConcurrency,
    signal: AbortSignal,
  ) {
    this.#kept = new RecapCache(parts.clock, signal);
    this.#parts = parts;
    this.#lookup = lookup;
    this.#writtenQuestions = writtenQuestions;
    this.#signal = signal;
  }

  /** Same as `askIn`, out of the channels that the asker may open. */
  async ask(guildId: string, asker: Asker, request: TranscriptQuestion): Promise<FindOutcome> {
    const open = await this.#lookup.openTo(guildId, asker.id);
    return await this.#ask(guildId, asker, request, open, this.#signal);
  }

  /** Lines of this channel that answer a question, chosen by the chat model. Aborting `signal` throws `signal.reason`. */
  async askIn(
    { channelId, guildId }: ChannelRef,
    asker: Asker,
    request: TranscriptQuestion,
    signal = this.#signal,
  ): Promise<FindOutcome> {
    const open = await this.#lookup.inChannels(guildId, [channelId]);
    return await this.#ask(guildId, asker, request, open, signal);
  }

  async #ask(
    guildId: string,
    asker: Asker,
    { question, about }: TranscriptQuestion,
    open: OpenChannels | undefined,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const found = open && (await this.#candidates(guildId, open, question, about));
    if (!found) return { kind: 'unread' };
    if (found.length === 0) return { kind: 'none' };
    const timeZone = this.#lookup.timeZoneIn(guildId);
    const lines = numberedLines(found, { maxChars, timeZone });
    try {
      const work = (until: AbortSignal) =>
        this.#reply(
          guildId,
          asker,
          'question about a transcript',
          citedAnswerPrompt(question, lines),
          until,
        );
      const reply = await this.#inTime(longestAnswerMs, work, signal);
      const cited = citedLines(reply, lines);
      return cited ? { kind: 'found', lines: cited.map(quotedLine) } : { kind: 'none' };
    } catch (error) {
      signal.throwIfAborted();
      this.#report(guildId, error);
      return await this.#unchosen(guildId, open, question, found);
    }
  }

  async recap(
    guildId: string,
    asker: Asker,
    { sessionId, since, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    const open = await this.#lookup.openTo(guildId, asker.id);
    if (!open) return { kind: 'unread' };
    if (until === 'i came') return await this.#missed(guildId, open, asker);
    const picked = await this.#lookup.session(guildId, open, sessionId);
    if (!picked) return { kind: 'unread' };
    if (picked.kind === 'none') return { kind: 'none' };
    const { session } = picked;
    const fromMs = since === 'i came' ? this.#lookup.cameAtMs(session, asker.id) : 0;
    return await this.sumUp(session, open, asker, { fromMs });
  }

  /** Recap of the current session for the time before they came. */
  async #missed(guildId: string, open: OpenChannels, asker: Asker): Promise<RecapOutcome> {
    const session = await this.#lookup.sessionAbout(guildId, open, 'now');
    if (!session || session === 'none') return { kind: session ? 'none' : 'unread' };
    const toMs = this.#lookup.cameAtMs(session, asker.id);
    return await this.sumUp(session, open, asker, { toMs });
  }

  /**
   * The points of a session, or of a part of it; paid by the asker, or by the server where no person asked. One that takes too
   * long for its asker goes on, for when they ask again. A point that rests on what was forgotten meanwhile is left out.
   */
  async sumUp(
    session: TranscriptSession,
    open: OpenChannels,
    asker: Asker | undefined,
    { leastLines = 1, ...range }: LineRange & { readonly leastLines?: number } = {},
  ): Promise<RecapOutcome> {
    const lines = await this.#lookup.lines(session, open, range);
    if (!lines) return { kind: 'unread' };
    if (lines.length < leastLines) return { kind: 'none' };
    const { guildId } = session;
    try {
      const key = `${guildId} ${asker?.id} ${session.id} ${range.fromMs} ${range.toMs}`;
      const { points: made, isPartial } = await this.#madeInTime(session, lines, asker, key);
      const points = await this.#stillKnown(made, session, asker, open, range);
      if (!points) return { kind: 'unread' };
      if (points.length < made.length) this.#kept.drop(key);
      if (points.length === 0) return { kind: 'none' };
      const lineCount = lines.length;
      const quoted = points.map(quotedPoint);
      return { kind: 'recap', session, lineCount, points: quoted, isPartial };
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

  async #madeInTime(
    session: TranscriptSession,
    lines: readonly TranscriptLine[],
    asker: Asker | undefined,
    key: string,
  ): Promise<Recap> {
    const make = async (signal: AbortSignal) => {
      const questions = this.#writtenQuestions;
      const place = await questions.enterRecap(session.guildId, asker?.id, signal);
      if ('line' in place) throw new RefusedError(place.line);
      using _ = place;
      return await this.#made(session, lines, asker, signal);
    };
    if (!asker) return await this.#inTime(longestRecapMs, make);
    return await within(this.#kept.of(key, make), longestRecapMs, this.#parts.clock, lateRecap);
  }

  #made(
    session: TranscriptSession,
    lines: readonly TranscriptLine[],
    asker: Asker | undefined,
    signal: AbortSignal,
  ): Promise<Recap> {
    const { guildId } = session;
    const timeZone = this.#lookup.timeZoneIn(guildId);
    const language = languageName(this.#lookup.languageOf(session, lines));
    const found = lines.map((line) => ({ line, session }));
    const ask = (prompt: ModelPrompt, until: AbortSignal) =>
      this.#reply(guildId, asker, asker ? 'recap' : 'recap at the end', prompt, until);
    return recap(found, { maxChars, timeZone, language }, ask, signal);
  }

  /**
   * Points whose lines are all still there, and may still be known, with owners who still speak there; undefined where that
   * cannot be read.
   */
  async #stillKnown(
    points: readonly RecapPoint[],
    session: TranscriptSession,
    asker: Asker | undefined,
    before: OpenChannels,
    range: LineRange,
  ): Promise<readonly RecapPoint[] | undefined> {
    const open = asker ? await this.#lookup.openTo(session.guildId, asker.id) : before;
    const lines = open && (await this.#lookup.lines(session, open, range));
    if (!lines) return undefined;
    const texts = new Map(lines.map(({ number, text }) => [number, text]));
    const speakerIds = new Set(lines.map(({ speaker }) => speakerId(speaker)));
    return points
      .filter(({ sources }) => sources.every(({ line }) => texts.get(line.number) === line.text))
      .map(({ owner, ...point }) =>
        owner && speakerIds.has(speakerId(owner)) ? { ...point, owner } : point,
      );
  }

  /** Where no model chooses: what a search finds in the session of these lines, or in all where they are of several. */
  async #unchosen(
    guildId: string,
    open: OpenChannels,
    question: string,
    among: readonly FoundLine[],
  ): Promise<FindOutcome> {
    const ids = new Set(among.map(({ session }) => session.id));
    const [sessionId] = ids.size === 1 ? ids : [];
    const search = { guildId, words: question, limit: mostLines };
    const found = await this.#lookup.search({ ...search, ...(sessionId && { sessionId }) }, open);
    if (!found) return { kind: 'unread' };
    const keys = new Set(among.map(keyOf));
    const lines = found.filter((one) => keys.has(keyOf(one))).slice(0, mostUnchosen);
    if (lines.length === 0) return { kind: 'none' };
    return { kind: 'found', lines: lines.map(quotedLine), isUnchosen: true };
  }

  async #candidates(
    guildId: string,
    open: OpenChannels,
    question: string,
    about: string,
  ): Promise<readonly FoundLine[] | undefined> {
    const search = { guildId, words: question, limit: mostLines };
    if (about === 'all') return await this.#lookup.search(search, open);
    if (/^\d{4}-\d{2}-\d{2}$/.test(about)) {
      const fromMs = parsedMs(about);
      const range = { fromWallMs: fromMs - zoneMs, toWallMs: fromMs + dayMs + zoneMs };
      const found = await this.#lookup.search({ ...search, ...range }, open);
      const { day } = wallTimesIn(this.#lookup.timeZoneIn(guildId));
      return found?.filter(
        ({ line, session }) => day(session.startedAtWallMs + line.startMs) === about,
      );
    }
    const session = await this.#lookup.sessionAbout(guildId, open, about);
    if (!session || session === 'none') return session ? [] : undefined;
    const lines = await this.#lookup.lines(session, open);
    const chars = lines?.reduce((sum, { text }) => sum + text.length + 30, 0) ?? 0;
    if (lines && chars <= maxChars) return lines.map((line) => ({ line, session }));
    return await this.#lookup.search({ ...search, sessionId: session.id }, open);
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
    return await textOnlyCompletion(chat, prompt, reservation, signal);
  }

  async #inTime<T>(
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
    signal = this.#signal,
  ): Promise<T> {
    const over = new AbortController();
    const late = () => lateAnswer(ms);
    try {
      const either = AbortSignal.any([this.#signal, signal, over.signal]);
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

function lateRecap(): BotError {
  return lateAnswer(longestRecapMs);
}

function keyOf({ line }: FoundLine): string {
  return `${line.sessionId} ${line.number}`;
}
