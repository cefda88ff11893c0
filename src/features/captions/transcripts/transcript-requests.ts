import { clausesOf } from '#src/chat/text/clauses-of.ts';
import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
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

/** Transcripts for commands: looked up, asked about, and said aloud. Every result holds only words of channels that its reader may open. */
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
  async sessions(guildId: string, personId: string): Promise<readonly ListedSession[]> {
    const open = await this.#lookup.openTo(guildId, personId);
    return (open && (await this.#lookup.sessions(guildId, open))) ?? [];
  }

  /** The last session where none is named. */
  async file(guildId: string, personId: string, request: FileRequest): Promise<TranscriptOutcome> {
    return this.#lookup.file(guildId, await this.#lookup.openTo(guildId, personId), request);
  }

  async find(guildId: string, personId: string, words: string): Promise<FindOutcome> {
    return this.#lookup.find(guildId, await this.#lookup.openTo(guildId, personId), words);
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
      const { channel } = session;
      const found = await this.#answers.askIn(channel, asker, request);
      if (found.kind === 'found' && !found.isUnchosen) {
        const timeZone = this.#lookup.timeZoneIn(guildId);
        const { text } = quoteOf(found.lines, timeZone, channel.channelId);
        const clauses = text.split(clausesOf);
        const reading = { kind: 'reading', clauses, when: 'queue' } as const;
        session.context.queue.read({ ...reading, personId: asker.id });
      }
      if (found.kind === 'found') return found;
    }
    return await this.#answers.ask(guildId, asker, request);
  }

  /** At most six points, each based on a line. */
  recap(guildId: string, asker: Asker, request: RecapRequest): Promise<RecapOutcome> {
    return this.#answers.recap(guildId, asker, request);
  }
}

/** Transcripts for programs: of the channels that their token names. */
export class ProgramTranscripts {
  readonly #lookup: TranscriptLookup;

  constructor(lookup: TranscriptLookup) {
    this.#lookup = lookup;
  }

  /** Newest first, at most 25; undefined where they cannot be read. */
  async sessions(
    guildId: string,
    channelIds: readonly string[],
  ): Promise<readonly ListedSession[] | undefined> {
    const open = await this.#lookup.inChannels(guildId, channelIds);
    return open && (await this.#lookup.sessions(guildId, open));
  }

  /** The last session where none is named. */
  async file(
    guildId: string,
    channelIds: readonly string[],
    request: FileRequest,
  ): Promise<TranscriptOutcome> {
    return this.#lookup.file(guildId, await this.#lookup.inChannels(guildId, channelIds), request);
  }
}
