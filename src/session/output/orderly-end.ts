import type { SpeakingContext } from '#src/session/context.ts';
import type { QueuedTurn } from '#src/session/queue/queued-turn.ts';

/** Ends what has the floor when the bot is to end: with the clause that sounds, and at once where nothing was heard yet. */
export class OrderlyEnd {
  readonly #context: SpeakingContext;
  #told: QueuedTurn | undefined;

  constructor(context: SpeakingContext) {
    this.#context = context;
  }

  /** To be called every 20 ms or so. */
  look(): void {
    const { output, queue } = this.#context;
    const { current } = queue;
    if (!queue.isEnding || !current || current === this.#told) return;
    this.#told = current;
    if (output.sounds) output.endAfterSentence(() => queue.drop(current, 'ending'));
    else if (current.kind === 'question') queue.lose(current, 'ending');
    else queue.drop(current, 'ending');
  }
}
