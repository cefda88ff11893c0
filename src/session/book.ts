import { BotError } from '#src/base/errors.ts';
import type { ConsentBook } from '#src/people/consent-book.ts';
import { within } from '#src/provider/within.ts';
import { failureOf } from './failure.ts';
import type { SessionParts } from './parts.ts';

/** A store on a disk that hangs must hold up neither a /join nor an answer to a person. */
const longestMs = 5_000;

/** What `work` does with the book; undefined when that fails or takes too long, and the operator is told. Never throws. */
export async function withBook<T>(
  guildId: string,
  { book, clock, onEvent }: Pick<SessionParts, 'book' | 'clock' | 'onEvent'>,
  code: 'store.unreadable' | 'store.unwritable',
  work: (book: ConsentBook) => Promise<T>,
): Promise<T | undefined> {
  const late = () => new BotError(code, true, `The store did not answer in ${longestMs / 1000} s.`);
  try {
    return await within(work(book), longestMs, clock, late);
  } catch (error) {
    onEvent(guildId, failureOf(error, 'store'));
    return undefined;
  }
}
