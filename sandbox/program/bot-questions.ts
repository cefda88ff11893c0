import type { ModelsRequest } from '#sandbox/page/browser-protocol.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { AskedLine, SandboxRequest } from './program-protocol.ts';

type BotAnswer = Extract<SandboxRequest, { do: 'answer' }>;

/** What pages asked of the bot's process, which has not answered yet. */
export class BotQuestions {
  readonly #write: (line: AskedLine) => void;
  readonly #open = new Map<number, PromiseWithResolvers<object>>();
  #count = 0;

  constructor(write: (line: AskedLine) => void) {
    this.#write = write;
  }

  /** Asks the bot's process. Throws an Error with its sentence, or `signal.reason`. */
  async ask(request: ModelsRequest, signal: AbortSignal): Promise<object> {
    const askedCount = ++this.#count;
    const answer = Promise.withResolvers<object>();
    this.#open.set(askedCount, answer);
    this.#write({ kind: 'asked', asked: askedCount, request });
    try {
      return await waitUnlessAborted(answer.promise, signal);
    } finally {
      this.#open.delete(askedCount);
    }
  }

  /** Takes an answer. One that nobody waits for is ignored. */
  settle({ answer = {}, asked, error }: BotAnswer): void {
    const question = this.#open.get(asked);
    if (error === undefined) question?.resolve(answer);
    else question?.reject(new Error(error));
  }
}
