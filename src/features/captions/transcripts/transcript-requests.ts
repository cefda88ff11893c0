import { BotError } from '#src/base/errors.ts';
import { deadlineSignal, unlessAborted } from '#src/base/waiting.ts';
import { instantOf } from '#src/base/zoned-time.ts';
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
import { messageLink, transcriptFile } from '#src/features/captions/files/transcript-file.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { CaptionParts } from '#src/features/captions/store/transcript-ports.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import type { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { failureText } from '#src/notices/failure-text.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import type { ModelPrompt } from '#src/pipeline/prompt-data-block.ts';
import { promptMessages, textOnlyCompletion } from '#src/pipeline/prompt-data-block.ts';
import { mayOpen } from '#src/ports/caption-chats.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { PaidKind } from '#src/spending/budget-authority.ts';
import { languageName } from '#src/texts/language-names.ts';
import { knownLocale, type TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';
import { type OpenTranscripts, openTranscripts, type SearchScope } from './open-transcripts.ts';

/** Reader of transcripts: a person, by their id, or a program, by the channels that its token names. */
type Reader = string | readonly string[];

/** Lines that a search finds at most, and shown where no model could choose. */
const [mostFound, mostUnchosen] = [6, 5];
/** Lines that a model chooses from: in number, and in characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Longest wait, in ms, for a recap: Discord accepts no answer to a command after 15 minutes. */
const longestRecapMs = 13 * 60_000;
const longestAnswerMs = 40_000;
/** Lifetime, in ms, of the list of servers that keep transcripts. */
const believedMs = 60_000;
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
  #guildIds: ReadonlySet<string> = new Set();
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    parts: CaptionParts,
    sessions: VoiceSessions,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#writtenQuestions = writtenQuestions;
  }

  /** Whether something is kept of this server, as was known a moment ago. Waits for nothing: it reads the store for the next call. */
  has(guildId: string): boolean {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#checkedAtMs >= believedMs) {
      this.#checkedAtMs = nowMs;
      void this.#parts.transcripts
        .lists(({ reader }) => reader.guilds())
        .then(
          (found) => {
            this.#guildIds = new Set(found);
          },
          () => undefined, // a request reports it
        );
    }
    return this.#guildIds.has(guildId);
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
    const read = await this.#read(guildId, reader, async (open) => {
      const session = await open.session(sessionId);
      return { session, lines: session ? await open.lines(session) : [] };
    });
    if (!read) return { kind: 'unread' };
    const { session, lines } = read;
    if (!session) return { kind: 'none' };
    const { timeZone } = this.#sessions.settings.in(guildId);
    const locale = this.#parts.places.localeIn(guildId);
    const file = transcriptFile(format, { session, lines, timeZone, locale });
    return { kind: 'file', session, file };
  }

  async find(guildId: string, reader: Reader, words: string): Promise<FindOutcome> {
    const found = await this.#read(guildId, reader, (open) => open.search(words, mostFound));
    return found ? foundOf(found) : { kind: 'unread' };
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
  askIn(
    { channelId, guildId }: ChannelRef,
    asker: Asker,
    request: TranscriptQuestion,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    return this.#ask(guildId, asker, request, [channelId], signal);
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
    { sessionId, since, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    const read = await this.#read(guildId, asker.id, async (open) => ({
      session: await open.session(until === undefined ? sessionId : 'now'),
    }));
    if (!read) return { kind: 'unread' };
    const { session } = read;
    if (!session) return { kind: 'none' };
    const came = this.#captions(guildId).map((one) => one.cameAtMs(session.id, asker.id));
    const cameAtMs = Math.max(0, ...came);
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
    const read = () => this.#read(guildId, reader, (open) => open.lines(session, range));
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
    const { timeZone } = this.#sessions.settings.in(guildId);
    const language = languageName(this.#languageOf(guildId, lines));
    const found = lines.map((line) => ({ line, session }));
    const kind = asker ? 'recap' : 'recap at the end';
    const ask = (prompt: ModelPrompt, until: AbortSignal) =>
      this.#reply(guildId, asker, kind, prompt, until);
    return await recap(found, { maxChars, timeZone, language }, ask, signal);
  }

  /** Language in which most of these lines are, as a BCP 47 tag, if there are texts in it; else that of the server. */
  #languageOf(guildId: string, lines: readonly TranscriptLine[]): string {
    const byLanguage = Map.groupBy(lines, ({ language }) => knownLocale(language));
    byLanguage.delete(undefined);
    const [most] = [...byLanguage].toSorted(([, one], [, other]) => other.length - one.length);
    const { language } = this.#sessions.settings.in(guildId);
    return most?.[0] ?? knownLocale(language) ?? this.#parts.places.localeIn(guildId);
  }

  async #ask(
    guildId: string,
    asker: Asker,
    { question, about }: TranscriptQuestion,
    reader: Reader,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const { timeZone } = this.#sessions.settings.in(guildId);
    const read = await this.#read(guildId, reader, (open) =>
      candidates(open, question, about, timeZone),
    );
    if (!read) return { kind: 'unread' };
    if (read.all.length === 0) return { kind: 'none' };
    const lines = numberedLines(read.all, { maxChars, timeZone });
    const prompt = citedAnswerPrompt(question, lines);
    try {
      const work = (until: AbortSignal) =>
        this.#reply(guildId, asker, 'question about a transcript', prompt, until);
      return foundOf(citedLines(await this.#inTime(longestAnswerMs, work, signal), lines) ?? []);
    } catch (error) {
      signal.throwIfAborted();
      this.#report(guildId, error);
      return foundOf(read.best.slice(0, mostUnchosen), true);
    }
  }

  /** Result of `work` with what this reader may know; undefined where it cannot be read, which the operator is told. */
  #read<T>(
    guildId: string,
    reader: Reader,
    work: (open: OpenTranscripts) => Promise<T>,
  ): Promise<T | undefined> {
    return withStoreTimeout(guildId, this.#parts, 'store.unreadable', async () => {
      const recorders = this.#captions(guildId).flatMap(({ recorder }) => recorder ?? []);
      // What was said a moment ago is written first, so that it is found.
      await Promise.all(recorders.map((recorder) => recorder.settled()));
      const liveIds = recorders.map(({ session }) => session.id);
      const open = await this.#openTo(guildId, reader);
      return await work(openTranscripts(this.#parts.transcripts, guildId, open, liveIds));
    });
  }

  /** Channels that this reader may open, and the deleted ones. */
  async #openTo(guildId: string, reader: Reader): Promise<OpenChannels> {
    if (typeof reader !== 'string') return { channelIds: reader };
    const kept = await this.#parts.transcripts.lists((store) => store.reader.channels(guildId));
    const all = [...new Set(kept)];
    const may = await Promise.all(all.map((id) => mayOpen(guildId, reader, id, this.#parts)));
    const those = (answer: 'yes' | 'gone') => all.filter((_, n) => may[n] === answer);
    return {
      channelIds: those('yes'),
      own: { personId: reader, goneChannelIds: those('gone') },
    };
  }

  /** Captions of the sessions that go on. */
  #captions(guildId: string): readonly SessionCaptions[] {
    return this.#sessions
      .sessions(guildId)
      .map(({ context }) => context.features.sessions.captions);
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
    const message = `A recap or search took longer than ${ms / 1000} s.`;
    const late = () => new BotError('answer.late', true, message);
    using deadline = deadlineSignal(ms, this.#parts.clock, late);
    const either = AbortSignal.any([signal, deadline.signal]);
    return await unlessAborted(work(either), either);
  }

  #report(guildId: string, error: unknown): void {
    if (!(error instanceof RefusedError))
      this.#parts.onEvent(guildId, failureEventOf(error, 'think'));
  }
}

/** Lines that a model chooses from, and the best of them by their words. */
async function candidates(
  open: OpenTranscripts,
  question: string,
  about: string,
  timeZone: string,
): Promise<{ readonly all: readonly FoundLine[]; readonly best: readonly FoundLine[] }> {
  if (about === 'all' || /^\d{4}-\d{2}-\d{2}$/.test(about)) {
    const best = await open.search(question, mostLines, scopeOf(about, timeZone));
    return { all: best, best };
  }
  const session = await open.session(about);
  if (!session) return { all: [], best: [] };
  const best = await open.search(question, mostLines, { sessionId: session.id });
  const lines = await open.lines(session);
  const chars = lines.reduce((sum, { text }) => sum + text.length + 30, 0);
  return { all: chars <= maxChars ? lines.map((line) => ({ line, session })) : best, best };
}

/** The day of a question; all days of another one. */
function scopeOf(about: string, timeZone: string): SearchScope {
  if (about === 'all') return {};
  const [year = 0, month = 0, day = 0] = about.split('-').map(Number);
  const date = { year, month, hour: 0, minute: 0, second: 0 };
  const [fromWallMs, endWallMs] = [
    instantOf({ ...date, day }, timeZone),
    instantOf({ ...date, day: day + 1 }, timeZone),
  ];
  return { fromWallMs, toWallMs: endWallMs - 1 };
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
function foundOf(found: readonly FoundLine[], isUnchosen = false): FindOutcome {
  if (found.length === 0) return { kind: 'none' };
  return { kind: 'found', lines: found.map(quotedLine), ...(isUnchosen && { isUnchosen: true }) };
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
