import { realClock } from '#src/base/clock.ts';
import { hearOut, type Stage } from './hear-out.ts';
import type { MessageWall } from './message-wall.ts';
import { replied, type SandboxRequest } from './sandbox-lines.ts';

/** Follow-ups and edits come within this time of each other; after all of it no more is waited for. */
const stillMs = 250;
const patienceMs = 3_000;
/** Of a sentence the bot was asked to say. */
const waits = { quietMs: 1_200, timeoutMs: 20_000 } as const;

/**
 * Sends a command or presses a button for `person`; returns when the bot has written and said what it had to.
 *
 * What it writes is drawn as it comes. Errors: BotError `sandbox.failed` with what is wrong. Aborting `signal` throws
 * its reason.
 */
export async function runErrand(
  person: string,
  request: Extract<SandboxRequest, { do: 'command' | 'press' }>,
  wall: MessageWall,
  stage: Stage,
  signal: AbortSignal,
): Promise<void> {
  const { sandbox, tap, show } = stage;
  const asked = tap.asked;
  const { sentAtMs } = replied.parse(await sandbox.ask(request, signal));
  await still(wall, stage, signal);
  if (tap.asked === asked) return;
  const reached = await hearOut(person, { sinceMs: sentAtMs, ...waits }, stage);
  if (!reached) return;
  show.detail(`heard ${Math.round(reached.firstAudibleAtMs - sentAtMs)} ms after that`);
  show.detail(`kept as ${reached.path}`);
}

/** Waits until nothing was written and nothing asked to be spoken for a moment. */
async function still(wall: MessageWall, { tap }: Stage, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0, before = -1; waitedMs < patienceMs; waitedMs += stillMs) {
    const now = wall.changes + tap.asked;
    if (now === before) return;
    before = now;
    await realClock.sleep(stillMs, signal);
  }
}
