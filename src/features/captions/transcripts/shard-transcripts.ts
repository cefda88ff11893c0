import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';
import { EndOfSessionRecaps } from './end-of-session-recaps.ts';
import { TranscriptAnswers } from './transcript-answers.ts';
import type { TranscriptLookup } from './transcript-lookup.ts';

/** Lifetime, in ms, of the list of servers that keep transcripts. */
const believedMs = 60_000;
/** Answers have deadlines of their own. */
const never = new AbortController().signal;

/** Answers and recaps out of the transcripts of one shard, for its sessions, and which servers keep any. */
export class ShardTranscripts {
  readonly answers: TranscriptAnswers;
  readonly recaps: EndOfSessionRecaps;
  readonly #parts: CaptionParts;
  #guildIds: ReadonlySet<string> = new Set();
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    parts: CaptionParts,
    lookup: TranscriptLookup,
    writtenQuestions: WrittenAnswerConcurrency,
  ) {
    this.#parts = parts;
    this.answers = new TranscriptAnswers(parts, lookup, writtenQuestions, never);
    this.recaps = new EndOfSessionRecaps(this.answers);
  }

  /** Whether something is kept of this server, as was known a moment ago. Waits for nothing: it reads the store for the next call. */
  has(guildId: string): boolean {
    void this.#check(guildId);
    return this.#guildIds.has(guildId);
  }

  async #check(guildId: string): Promise<void> {
    const { clock, transcripts } = this.#parts;
    const nowMs = clock.nowMs();
    if (nowMs - this.#checkedAtMs < believedMs) return;
    this.#checkedAtMs = nowMs;
    const read = () => Promise.all(allStores(transcripts).map(({ reader }) => reader.guilds()));
    const found = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (found) this.#guildIds = new Set(found.flat());
  }
}
