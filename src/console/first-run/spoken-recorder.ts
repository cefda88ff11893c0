import type { Pcm } from '#src/audio/pcm.ts';
import type { PipelineRegistry } from '#src/conversation/ports/pipeline-registry.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

type Pipeline = ReturnType<PipelineRegistry['open']>;
type PipelineAnswer = ReturnType<Pipeline['answer']>;

/** Sound of answers that is remembered; the oldest answers are forgotten first. */
const longestMs = 600_000;

/** Records the bot's speech on its way to the channel, so that it can be compared with the received sound. */
export class SpokenRecorder {
  #asked = 0;
  #answers: Pcm[][] = [];
  #keptMs = 0;

  /** Grows with everything that is begun to be said: each text that is spoken, each answer that has a sound. */
  get asked(): number {
    return this.#asked;
  }

  /** A synthesizer that records what `inner` speaks. */
  synthesizer(inner: Synthesizer): Synthesizer {
    const { oneVoice } = inner;
    return {
      synthesize: (text, voice, signal) => {
        this.#asked++;
        return inner.synthesize(text, voice, signal);
      },
      ...(oneVoice && { oneVoice: () => this.synthesizer(oneVoice.call(inner)) }),
    };
  }

  /** Pipelines that record what those of `inner` answer. */
  pipelines(inner: PipelineRegistry): PipelineRegistry {
    return {
      names: inner.names,
      engine: (name) => inner.engine(name),
      open: (name) => this.#tapped(inner.open(name)),
    };
  }

  /** All sound of answers since the last call, in the order in which they were begun. */
  takeAnswers(): readonly Pcm[] {
    const taken = this.#answers.flat();
    this.#answers = [];
    this.#keptMs = 0;
    return taken;
  }

  #tapped(inner: Pipeline): Pipeline {
    return {
      answer: (turn, host, signal) => this.#note(inner.answer(turn, host, signal)),
      hear: (samples, speakerId, fromMs) => inner.hear?.(samples, speakerId, fromMs),
      forgetHeard: (speakerId, fromMs) => inner.forgetHeard?.(speakerId, fromMs),
      forget: () => inner.forget?.(),
      [Symbol.dispose]: () => inner[Symbol.dispose]?.(),
    };
  }

  async *#note(answer: PipelineAnswer): PipelineAnswer {
    const given: Pcm[] = [];
    for await (const part of answer) {
      if (part.kind === 'audio') this.#keep(part.pcm, given);
      yield part;
    }
  }

  #keep(pcm: Pcm, given: Pcm[]): void {
    if (given.length === 0) {
      this.#asked++;
      this.#answers.push(given);
    }
    given.push(pcm);
    this.#keptMs += lengthMs([pcm]);
    while (this.#keptMs > longestMs && this.#answers.length > 1)
      this.#keptMs -= lengthMs(this.#answers.shift() ?? []);
  }
}

function lengthMs(pieces: readonly Pcm[]): number {
  return pieces.reduce((sum, { samples, rateHz }) => sum + (samples.length / rateHz) * 1000, 0);
}
