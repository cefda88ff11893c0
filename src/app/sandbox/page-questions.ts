import { realClock } from '#src/base/clock.ts';
import type { PageQuestion } from '#src/console/sandbox-process.ts';
import { SetupProcess } from '#src/console/setup-process.ts';

type PageQuestionsOptions = {
  /** Ends this run, after which another begins with what `.env` says then. */
  readonly restart: () => void;
  /** Stops the fetch of a model of this machine, or ends it, at once. */
  readonly stopLocalModel: () => Promise<void>;
  readonly signal: AbortSignal;
};

/** The page is answered before its sandbox ends. */
const restartDelayMs = 200;

/** Performs what the page asks about models: a person presses for each. */
export class PageQuestions {
  readonly #options: PageQuestionsOptions;
  readonly #setup = new SetupProcess();

  constructor(options: PageQuestionsOptions) {
    this.#options = options;
  }

  /** Performs one question. Throws BotError `sandbox.failed`. */
  async perform(request: PageQuestion): Promise<Readonly<Record<string, unknown>>> {
    const { restart, signal, stopLocalModel } = this.#options;
    switch (request.kind) {
      case 'models.find':
        return await this.#setup.perform({ kind: 'find' }, signal);
      case 'models.connect': {
        const { key, model, vendor } = request;
        return await this.#setup.perform(
          { kind: 'connect', vendor, model, key },
          signal,
        );
      }
      case 'models.local': {
        const { name } = request;
        // A fetch that goes on would write what is removed now.
        if (name === undefined) await stopLocalModel();
        return await this.#setup.perform(
          name === undefined ? { kind: 'remove-local' } : { kind: 'use-local', name },
          signal,
        );
      }
      case 'models.restart':
        realClock.later(restartDelayMs, restart);
        return {};
    }
  }
}
