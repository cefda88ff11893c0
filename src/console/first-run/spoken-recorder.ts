import type { PipelineRegistry } from '#src/conversation/ports/pipeline-registry.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

type Pipeline = ReturnType<PipelineRegistry['open']>;
type PipelineAnswer = ReturnType<Pipeline['answer']>;

/** Counts what the bot says on its way to the channel. */
export class SpokenRecorder {
  #asked = 0;

  /** Grows with everything that is begun to be said: each text that is spoken, each answer that has a sound. */
  get asked(): number {
    return this.#asked;
  }

  /** A synthesizer that counts what `inner` speaks. */
  synthesizer(inner: Synthesizer): Synthesizer {
    const { oneVoice } = inner;
    return {
      synthesize: (text, voice, signal) => {
        this.#asked++;
        return inner.synthesize(text, voice, signal);
      },
      oneVoice: oneVoice && (() => this.synthesizer(oneVoice.call(inner))),
    };
  }

  /** Pipelines that count what those of `inner` answer. */
  pipelines(inner: PipelineRegistry): PipelineRegistry {
    return {
      names: inner.names,
      engine: (name) => inner.engine(name),
      open: (name) => this.#tapped(inner.open(name)),
    };
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
    let sounds = false;
    for await (const part of answer) {
      if (part.kind === 'audio' && !sounds) {
        sounds = true;
        this.#asked++;
      }
      yield part;
    }
  }
}
