import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import { clausesOf } from '#src/conversation/output/read-aloud.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import type {
  AnswerOutcome,
  FileRequest,
  FindOutcome,
  RecapOutcome,
  RecapRequest,
  TranscriptOutcome,
  TranscriptQuestion,
} from '#src/features/captions/caption-outcomes.ts';
import type { ListedSession } from '#src/features/captions/transcript-store-types.ts';
import { quoteOf } from './quoted-lines.ts';
import type { TranscriptAnswers } from './transcript-answers.ts';
import type { TranscriptLookup } from './transcript-lookup.ts';

/**
 * Transcripts for commands and programs: looked up, asked about, and said aloud where everybody may know. Every result holds
 * only what its readers may know.
 */
export class TranscriptRequests {
  readonly #writtenQuestions: WrittenAnswerConcurrency;
  readonly #sessions: VoiceSessions;
  readonly #lookup: TranscriptLookup;
  readonly #answers: TranscriptAnswers;

  constructor(
    lookup: TranscriptLookup,
    answers: TranscriptAnswers,
    sessions: VoiceSessions,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#writtenQuestions = writtenQuestions;
    this.#sessions = sessions;
    this.#lookup = lookup;
    this.#answers = answers;
  }

  /** Newest first, at most 25; none where they cannot be read. */
  sessions(guildId: string, personId: string): Promise<readonly ListedSession[]> {
    return this.#lookup.sessions(guildId, personId);
  }

  /** The last session where none is named. */
  file(guildId: string, personId: string, request: FileRequest): Promise<TranscriptOutcome> {
    return this.#lookup.file(guildId, personId, request);
  }

  find(guildId: string, personId: string, words: string): Promise<FindOutcome> {
    return this.#lookup.find(guildId, personId, words);
  }

  /**
   * Lines that answer a question, chosen by the chat model; aloud only those that all present may know. Searched aloud first for
   * all who are there; where they may not know it, for the asker alone.
   */
  async ask(guildId: string, asker: Asker, request: TranscriptQuestion): Promise<AnswerOutcome> {
    const place = this.#writtenQuestions.enter(guildId, asker.id);
    if ('line' in place) return { kind: 'failed', line: place.line };
    using _ = place;
    const session = request.isAloud ? this.#sessions.session(guildId) : undefined;
    const present = session?.context
      .people()
      .filter(({ isBot }) => !isBot)
      .map(({ id }) => id);
    if (session && present) {
      const everybody = [...new Set([asker.id, ...present])];
      const found = await this.#answers.ask(guildId, asker, request, everybody);
      if (found.kind === 'found' && !found.isUnchosen) {
        const timeZone = this.#lookup.timeZoneIn(guildId);
        const { text, aboutIds } = quoteOf(found.lines, timeZone, found.knownBy);
        const answeredIds = [...new Set([asker.id, ...aboutIds])];
        const clauses = text.split(clausesOf);
        const reading = { kind: 'reading', clauses, when: 'queue' } as const;
        session.context.queue.read({ ...reading, answeredIds, handle: new TurnHandle() });
      }
      if (found.kind === 'found' || everybody.length === 1) return found;
    }
    return await this.#answers.ask(guildId, asker, request);
  }

  /** At most six points, each based on a line. */
  recap(guildId: string, asker: Asker, request: RecapRequest): Promise<RecapOutcome> {
    return this.#answers.recap(guildId, asker, request);
  }
}

/** Transcripts for everybody who manages a server, as programs are. */
export class ManagerTranscripts {
  readonly #lookup: TranscriptLookup;

  constructor(lookup: TranscriptLookup) {
    this.#lookup = lookup;
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  sessions(guildId: string): Promise<readonly ListedSession[] | undefined> {
    return this.#lookup.sessionsForManagers(guildId);
  }

  /** The last session where none is named. */
  file(guildId: string, request: FileRequest): Promise<TranscriptOutcome> {
    return this.#lookup.fileForManagers(guildId, request);
  }
}
