import { within } from '#src/base/waiting.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { SessionContext } from '#src/session/context.ts';
import { writtenText } from '#src/session/localized-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Interval in ms at which it is seen whether something still sounds: longer than the loop of the session takes. */
const lookMs = 100;
/** Longest wait, in ms, until people can read what is not answered. */
const writeMs = 1_500;

/**
 * Takes no questions any more, lets what sounds end with its clause, and tells in a sentence what was not answered.
 *
 * Resolves when nothing sounds any more, after `ms` at the latest. Never throws.
 */
export async function drain(session: SessionContext, ms: number): Promise<void> {
  const { parts, queue, signal } = session;
  const untilMs = parts.clock.nowMs() + ms;
  const isUnsaid = queue.drain();
  let telling: Promise<void> | undefined;
  do {
    await parts.clock.sleep(lookMs, signal).catch(() => undefined);
    telling ??= tell(session, isUnsaid); // by now it is known whether what has the floor sounds
  } while (queue.current && parts.clock.nowMs() < untilMs && !signal.aborted);
  await telling;
}

async function tell({ channel, parts, queue }: SessionContext, isUnsaid: boolean): Promise<void> {
  const names = [...new Set(queue.unanswered.map(({ said }) => said.name))].join(', ');
  const line: TextLine = names ? { id: 'seat.unanswered', with: { names } } : { id: 'seat.unsaid' };
  if (!names && !isUnsaid) return;
  const over = new AbortController();
  const late = () => new Error('nobody could be told in time');
  const written = parts.messages.write(
    channel,
    openText(writtenText(line, channel.guildId, parts)),
    over.signal,
  );
  try {
    await within(written, writeMs, parts.clock, late);
  } catch {
    over.abort(late()); // Discord is away, or the bot may not write there
  }
}
