import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { BotError } from '#src/base/errors.ts';

/** Images have no setup, and no `.env` that would outlive them. */
const program = fileURLToPath(new URL('../../setup/connect-main.ts', import.meta.url));
/** A server may load a model of some GB for each of four roles. */
const deadlineMs = 5 * 60_000;

/** An order that `setup/connect-main.ts` takes. */
export type SetupOrder =
  | { readonly kind: 'find' }
  | {
      readonly kind: 'connect';
      readonly vendor: string;
      readonly model?: string;
      readonly key?: string;
    }
  /** Chooses a model that the bot fetches and runs here, or removes it. */
  | { readonly kind: 'use-local'; readonly name: string }
  | { readonly kind: 'remove-local' };

type Outcome = Readonly<Record<string, unknown>>;

/**
 * Lets setup find or connect models in a process of its own, one at a time. A key goes by its stdin alone. Throws BotError
 * `sandbox.failed`.
 */
export class SetupProcess {
  readonly #program: string;
  #running:
    | { readonly order: SetupOrder; readonly outcome: Promise<Outcome> }
    | undefined;

  /** Default of `entry`: setup's own program. */
  constructor(entry: string = program) {
    this.#program = entry;
  }

  /** Performs an order: once for all who give it while it runs, as by a double click or in two tabs. Aborting ends the process. */
  async perform(order: SetupOrder, signal: AbortSignal): Promise<Outcome> {
    if (!existsSync(this.#program)) throw createSetupError(noSetup);
    if (this.#running && isDeepStrictEqual(this.#running.order, order))
      return await this.#running.outcome;
    if (this.#running) throw createSetupError('A model is being tried already.');
    const outcome = runSetup(this.#program, order, signal);
    this.#running = { order, outcome };
    try {
      return await outcome;
    } finally {
      this.#running = undefined;
    }
  }
}

const noSetup =
  'There is no setup here: set CHAT_COMPLETION_BASE_URL and CHAT_COMPLETION_MODEL, and start again.';

async function runSetup(
  entry: string,
  order: SetupOrder,
  signal: AbortSignal,
): Promise<Outcome> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const child = spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: either,
  });
  child.on('error', () => undefined); // the end of its output tells
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  const output = await text(child.stdout);
  signal.throwIfAborted();
  try {
    return JSON.parse(output);
  } catch (cause) {
    throw createSetupError(
      'Setup did not end: run npm run setup in a terminal.',
      cause,
    );
  }
}

function createSetupError(message: string, cause?: unknown) {
  return new BotError('sandbox.failed', true, message, cause);
}
