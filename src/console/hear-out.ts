import { BotError } from '#src/base/errors.ts';
import type { Theatre } from './exchange.ts';
import { type HeardAnswer, heard } from './sandbox-lines.ts';
import type { Shelf } from './shelf.ts';
import type { Tap } from './tap.ts';

/** Where lines are performed: the theatre, what the bot is going to say, and where what is heard of it is kept. */
export type Stage = Theatre & {
  readonly tap: Pick<Tap, 'asked' | 'takeAnswers'>;
  readonly shelf: Shelf;
};

export type HeardOut = HeardAnswer & { readonly path: string };

/**
 * What `person` heard of the bot from `sinceMs` on, once it was quiet for `quietMs`, kept on the shelf; undefined when
 * nothing came within `timeoutMs`.
 */
export async function hearOut(
  person: string,
  waits: { readonly sinceMs: number; readonly quietMs: number; readonly timeoutMs: number },
  { sandbox, shelf }: Stage,
): Promise<HeardOut | undefined> {
  const path = await shelf.place(person);
  try {
    const answer = await sandbox.ask({ do: 'listen', person, wav: path, ...waits });
    return { ...heard.parse(answer), path };
  } catch (error) {
    if (error instanceof BotError) return undefined;
    throw error;
  } finally {
    await shelf.tidy();
  }
}
