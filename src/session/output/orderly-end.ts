import type { QueuedTurn } from '#src/session/queue/queued-turn.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import type { SpeechOutput } from './speech-output.ts';

/** What speaks in a channel. */
type SpeakingOutput = {
  readonly queue: Pick<TurnQueue, 'current' | 'drop' | 'isEnding' | 'lose'>;
  readonly output: Pick<SpeechOutput, 'endAfterSentence' | 'sounds'>;
};

/** Ends what has the floor when the bot is to end: with the clause that sounds, and at once where nothing was heard yet. */
export class OrderlyEnd {
  readonly #context: SpeakingOutput;
  #told: QueuedTurn | undefined;

  constructor(context: SpeakingOutput) {
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
