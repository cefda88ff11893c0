import type { readCommand } from '#page/room/command-line.js';
import { realClock } from '#src/base/clock.ts';
import { type ExchangeParts, hearOut } from '#src/console/first-run/sandbox-run-exchange.ts';
import { replied } from '#src/console/sandbox-lines.ts';

/** Longer than the bot may take for any command. */
const doneMs = 65_000;
/** Lines of one action follow each other within this time; after all of it no more is waited for. */
const stillMs = 250;
const stillLimitMs = 3_000;
/** Waits for a sentence that the bot was asked to say. */
const waits = { quietMs: 1_200, timeoutMs: 20_000 } as const;

/**
 * Sends a command; returns when the bot has finished writing and speaking.
 *
 * Its messages are printed as they come. Errors: BotError `sandbox.failed` with the reason. Aborting `signal` throws its
 * reason.
 */
export async function runAction(
  person: string,
  { name, options: given }: Extract<ReturnType<typeof readCommand>, { kind: 'command' }>,
  parts: ExchangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { sandbox, recorder, events } = parts;
  const [asked, start] = [recorder.asked, events.place];
  const options = Object.fromEntries(
    Object.entries(given).map(([option, value]) => [
      option,
      typeof value === 'object' ? value.file : value,
    ]),
  );
  const request = { do: 'command', person, name, options } as const;
  const { sentAtMs } = replied.parse(await sandbox.ask(request, signal));
  await events.after(start, ['done'], doneMs, signal);
  await still(parts, signal);
  if (recorder.asked > asked) await hearOut(person, { sinceMs: sentAtMs, ...waits }, parts);
}

/** Waits until nothing was written and nothing asked to be spoken for a moment. */
async function still({ recorder, show }: ExchangeParts, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0, before = -1; waitedMs < stillLimitMs; waitedMs += stillMs) {
    const now = show.lines + recorder.asked;
    if (now === before) return;
    before = now;
    await realClock.sleep(stillMs, signal);
  }
}
