import { readCommand } from '#page/room/command-line.js';
import { BotError } from '#src/base/errors.ts';
import type { ExchangeParts } from '#src/console/first-run/sandbox-run-exchange.ts';
import { runTurn } from '#src/console/first-run/turn.ts';
import type { TypedVoice } from '#src/console/first-run/voices.ts';
import { type SandboxState, stateAnswer } from '#src/console/sandbox-lines.ts';
import { runAction } from './sandbox-action.ts';

/** Person who speaks the typed lines. */
export const host = 'Adam';

/** Does what typed lines ask for; whatever goes wrong is told in one sentence. */
export class LineHandler {
  readonly #parts: ExchangeParts;
  readonly #voice: TypedVoice;

  constructor(parts: ExchangeParts, voice: TypedVoice) {
    this.#parts = parts;
    this.#voice = voice;
  }

  /** Returns when all that came of a line was heard and shown. Aborting `signal` throws its reason. */
  async handle(line: string, signal: AbortSignal): Promise<void> {
    try {
      if (line.startsWith('/')) await this.#command(line, signal);
      else await this.#speak(line, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BotError)) throw error;
      this.#parts.show.note(error.message);
    }
  }

  async #speak(words: string, signal: AbortSignal): Promise<void> {
    const { sandbox, show, botName } = this.#parts;
    const { channel } = (await this.#state()).bot;
    if (channel === undefined) {
      show.note(`${botName} is in no voice channel; /join calls it.`);
      return;
    }
    await sandbox.ask({ do: 'join', person: host, channel });
    await sandbox.ask({ do: 'settled', person: host });
    const wav = await this.#voice.record(words, signal);
    try {
      await runTurn({ person: host, wav }, this.#parts, signal);
    } finally {
      await this.#voice.forget(wav);
    }
  }

  async #command(line: string, signal: AbortSignal): Promise<void> {
    const read = readCommand(line, (await this.#state()).commands);
    if (read.kind === 'incomplete') this.#parts.show.note(read.message);
    else await runAction(host, read, this.#parts, signal);
  }

  async #state(): Promise<SandboxState> {
    return stateAnswer.parse(await this.#parts.sandbox.ask({ do: 'state' }));
  }
}
