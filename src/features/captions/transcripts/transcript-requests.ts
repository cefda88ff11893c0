import { BotError } from '#src/base/errors.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import { type Recap, recap, recapMessages } from '#src/features/captions/answers/make-recap.ts';
import {
  citedAnswerPrompt,
  citedLines,
  numberedPieces,
  wallMsOf,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import { captionsDays, recap as recapSetting } from '#src/features/captions/caption-settings.ts';
import {
  messageLink,
  type TranscriptFile,
  type TranscriptFormat,
  transcriptFile,
} from '#src/features/captions/files/transcript-file.ts';
import type { SessionCaptions } from '#src/features/captions/session-captions.ts';
import {
  type CaptionParts,
  notePosted,
  type OpenTranscripts,
  openTranscripts,
  type transcriptSubjects,
} from '#src/features/captions/store/transcript-ports.ts';
import type {
  FoundLine,
  ListedSession,
  OpenChannels,
  QuotedLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import { recordersOf } from '#src/features/captions/transcript-recorder.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { failureText, writtenText } from '#src/notices/notice.ts';
import { mayOpen } from '#src/people/audience.ts';
import type { ModelPrompt } from '#src/pipeline/prompt-data-block.ts';
import { deadlineError, failureEventOf } from '#src/ports/failure-event.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import { paidCompletion } from '#src/spending/paid-completion.ts';
import { maxMessageChars, plainWords } from '#src/texts/plain.ts';
import type { CheckedLine, TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { type WallTimes, wallTimesIn } from '#src/texts/wall-time.ts';

/** Reader of transcripts: a person, by their id, or the voice channels whose words a program or a channel reads. */
type Reader = string | readonly string[];

type FileRequest = { readonly format: TranscriptFormat; readonly sessionId?: string };

export type TranscriptQuestion = {
  readonly question: string;
  readonly about: (typeof transcriptSubjects)[number];
};

export type RecapRequest = {
  readonly sessionId?: string;
  /** Lines of the current session from before the asker came. */
  readonly until?: 'i came';
};

/** `none`: no such session, or no lines that the asker may know. `failed`: too many requests, no money, or a failure outside. */
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

/** Lines that a search finds at most. */
const mostFound = 6;
/** Lines that a model chooses from: in number, and in characters of one request. */
const [mostLines, maxChars] = [80, 12_000];
/** Longest wait, in ms, for a recap: Discord accepts no answer to a command after 15 minutes. */
const longestRecapMs = 13 * 60_000;
const longestAnswerMs = 40_000;
/** Lines of a session that are worth a recap at its end. */
const leastLines = 5;
const never = new AbortController().signal;
const none = { kind: 'none' } as const;

/** The request ends with this line for the caller. */
class RefusedError extends Error {
  readonly line;

  constructor(line: TextLine) {
    super('the request is refused');
    this.line = line;
  }
}

/**
 * Transcripts for commands, tools and programs: looked up, asked about, summed up. Every result holds only words of channels that
 * its reader may open. Questions are answered by stored lines that a chat model chooses by number.
 */
export class TranscriptRequests {
  readonly #parts;
  readonly #sessions;
  readonly #running;
  readonly #writtenQuestions;

  constructor(
    parts: CaptionParts,
    sessions: VoiceSessions,
    running: SessionObjects<SessionCaptions>,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#running = running;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#writtenQuestions = writtenQuestions;
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  sessions(guildId: GuildId, reader: Reader): Promise<readonly ListedSession[] | undefined> {
    return this.#read(guildId, reader, (open) => open.sessions()).catch(() => undefined);
  }

  /** The last session where none is named. */
  file(
    guildId: GuildId,
    reader: Reader,
    { format, sessionId }: FileRequest,
  ): Promise<TranscriptOutcome> {
    const { timeZone } = this.#sessions.settings.in(guildId);
    const locale = this.#parts.places.localeIn(guildId);
    return this.#attempt(guildId, longestAnswerMs, () =>
      this.#read(guildId, reader, async (open) => {
        const session = await open.session(sessionId);
        if (!session) return none;
        const lines = await open.lines(session);
        const file = transcriptFile(format, { session, lines, timeZone, locale });
        return { kind: 'file', session, file };
      }),
    );
  }

  find(guildId: GuildId, reader: Reader, words: string): Promise<FindOutcome> {
    return this.#attempt(guildId, longestAnswerMs, async () =>
      foundOf(await this.#read(guildId, reader, (open) => open.search(words, mostFound))),
    );
  }

  /** Lines that answer a question, for the asker alone; one question of a person at a time. */
  async ask(
    guildId: GuildId,
    personId: PersonId,
    request: TranscriptQuestion,
  ): Promise<FindOutcome> {
    const place = this.#writtenQuestions.enter(guildId, personId);
    if (typeof place === 'string') return tooMuchAtOnce;
    using _ = place;
    return await this.answer(guildId, personId, request, personId, never);
  }

  /** Lines that answer a question, chosen by the chat model. Aborting `signal` throws `signal.reason`. */
  answer(
    guildId: GuildId,
    personId: PersonId,
    { question, about }: TranscriptQuestion,
    reader: Reader,
    signal: AbortSignal,
  ): Promise<FindOutcome> {
    const { timeZone } = this.#sessions.settings.in(guildId);
    const answer = async (until: AbortSignal) => {
      const found = await this.#read(guildId, reader, (open) => candidates(open, question, about));
      const [lines] = numberedPieces(found, { maxChars, timeZone });
      if (!lines) return none;
      const order = { kind: 'question about a transcript', guildId, personId } as const;
      const cited = await this.#reply(order, citedAnswerPrompt(question, lines), until);
      return foundOf(citedLines(cited, lines));
    };
    return this.#attempt(guildId, longestAnswerMs, answer, signal);
  }

  /** The points of a session, each based on a line. */
  recap(
    guildId: GuildId,
    personId: PersonId,
    { sessionId, until }: RecapRequest,
  ): Promise<RecapOutcome> {
    return this.#attempt(guildId, longestRecapMs, async (signal) => {
      const session = await this.#read(guildId, personId, (open) => open.session(sessionId));
      if (!session) return none;
      const captions = this.#running.find(guildId);
      const cameAtMs = captions?.cameAtMs(session.id, personId) ?? 0;
      return await this.#sumUp(session, personId, signal, until && cameAtMs);
    });
  }

  /** Posts the recap of a session that ended in the place of its captions, where the server wants that. Never throws. */
  async postRecap(session: TranscriptSession): Promise<void> {
    const { captionChats, onEvent, transcripts } = this.#parts;
    const { channelId, guildId, id, placeId } = session;
    const { of, timeZone } = this.#sessions.settings.in(guildId);
    if (!of(recapSetting)) return;
    const store = transcripts.keptFor(of(captionsDays));
    const lines = () => store.reader.lines(id, { channelIds: [channelId] });
    try {
      const before = await lines();
      if (before.length < leastLines) return;
      const outcome = await this.#attempt(guildId, longestRecapMs, (signal) =>
        this.#sumUp(session, '', signal),
      );
      for (const message of messagesOf(outcome, wallTimesIn(timeZone))) {
        // It is noted before it has words: of a process that is killed meanwhile, none stay that no erasure finds.
        const place = await captionChats.post(placeId, '\u2026', never);
        await notePosted(place, session, store, this.#parts);
        await captionChats.change(place, this.#textOf(message, guildId), never);
        // Where a line was erased before the words stood there: noted ones go with their lines.
        const left = new Set((await lines()).map(({ number }) => number));
        if (before.every(({ number }) => left.has(number))) continue;
        if ((await captionChats.change(place, '', never)) !== 'closed')
          await transcripts.all(({ messages }) => messages.settled(place.messageId));
      }
    } catch (error) {
      onEvent(guildId, failureEventOf(error, 'think'));
    }
  }

  #textOf(message: readonly TextLine[], guildId: GuildId): string {
    const lines = message.map(({ id, with: words = {} }: CheckedLine) =>
      writtenText({ id, with: plainWords(words) }, guildId, this.#parts),
    );
    return lines.join('\n').slice(0, maxMessageChars);
  }

  /**
   * The points of a session, or of a part of it; paid by the asker, or by the server where the id is empty: no person asked. A point that rests on
   * what was forgotten meanwhile is left out.
   */
  async #sumUp(
    session: TranscriptSession,
    personId: PersonId,
    signal: AbortSignal,
    toMs?: number,
  ): Promise<RecapOutcome> {
    const { guildId } = session;
    const reader = personId || [session.channelId];
    const lines = () => this.#read(guildId, reader, (open) => open.lines(session, toMs));
    const before = await lines();
    if (before.length === 0) return none;
    const place = await this.#writtenQuestions.enterRecap(guildId, personId || undefined, signal);
    if (typeof place === 'string') return tooMuchAtOnce;
    using _ = place;
    const order = { kind: personId ? 'recap' : 'recap at the end', guildId, personId } as const;
    const ask = (prompt: ModelPrompt) => this.#reply(order, prompt, signal);
    const { timeZone } = this.#sessions.settings.in(guildId);
    const found = before.map((line) => ({ line, session }));
    const made = await recap(found, { maxChars, timeZone }, ask);
    const texts = new Map((await lines()).map(({ number, text }) => [number, text]));
    const points = made.flatMap(({ kind, sources, text }) => {
      const isKnown = sources.every(({ line }) => texts.get(line.number) === line.text);
      return isKnown ? { ...quotedLine(sources[0]), kind, text } : [];
    });
    return points.length > 0 ? { kind: 'recap', session, points } : none;
  }

  /** Channels that this reader may open, and the deleted ones. */
  async #openTo(guildId: GuildId, reader: Reader): Promise<OpenChannels> {
    if (typeof reader !== 'string') return { channelIds: reader };
    const all = await this.#parts.transcripts.lists((store) => store.reader.channels(guildId));
    const may = await Promise.all(all.map((id) => mayOpen(guildId, id, reader, this.#parts)));
    const those = (answer: 'yes' | 'gone') => all.filter((_, n) => may[n] === answer);
    return {
      channelIds: those('yes'),
      own: { personId: reader, goneChannelIds: those('gone') },
    };
  }

  /** Result of `work` with what this reader may know. Errors: `RefusedError` where it cannot be read, which the operator is told. */
  async #read<T>(
    guildId: GuildId,
    reader: Reader,
    work: (open: OpenTranscripts) => Promise<T>,
  ): Promise<T> {
    const read = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', async () => {
      // What was said a moment ago is written first, so that it is found.
      const running = recordersOf(this.#running.list(guildId));
      await Promise.all(running.map((recorder) => recorder.save()));
      const open = await this.#openTo(guildId, reader);
      return { result: await work(openTranscripts(this.#parts.transcripts, guildId, open)) };
    });
    if (!read) throw new RefusedError({ id: 'store.unread' });
    return read.result;
  }

  /** Outcome of `work` within `ms`; a failure outside is reported to the operator. Aborting `signal` throws `signal.reason`. */
  async #attempt<T>(
    guildId: GuildId,
    ms: number,
    work: (until: AbortSignal) => Promise<T>,
    signal = never,
  ): Promise<T | NoTranscript> {
    const late = `A recap or search took longer than ${ms / 1000} s.`;
    using deadline = deadlineSignal(ms, this.#parts.clock, () => deadlineError('think', late));
    try {
      return await work(AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefusedError) return { kind: 'failed', line: error.line };
      if (!(error instanceof BotError)) throw error;
      this.#parts.onEvent(guildId, failureEventOf(error, 'think'));
      return { kind: 'failed', line: failureText(error) };
    }
  }

  /** The whole reply of the chat model. Errors: `RefusedError`, or the model's. */
  async #reply(
    order: Omit<AnswerRequest, 'first'>,
    prompt: ModelPrompt,
    signal: AbortSignal,
  ): Promise<string> {
    const reply = await paidCompletion(order, prompt, this.#parts, signal, ({ reservation }) => {
      if (order.personId !== '') reservation.wanted();
    });
    if (typeof reply !== 'string') throw new RefusedError(reply.line);
    return reply;
  }
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

/** Messages with a recap, or with the reason why there is none. */
function messagesOf(outcome: RecapOutcome, times: WallTimes): readonly (readonly TextLine[])[] {
  if (outcome.kind === 'recap') return recapMessages(outcome, times);
  return outcome.kind === 'none' ? [] : [[outcome.line, { id: 'recap.failed' }]];
}

/** Lines as they are quoted. */
function foundOf(found: readonly FoundLine[]): FindOutcome {
  if (found.length === 0) return none;
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
