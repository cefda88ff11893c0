import { durationMs } from '#src/audio/pcm.ts';
import { meteredVoice } from '#src/speech/metered-voice.ts';
import type { Listening, Took, Transcriber, Transcript } from '#src/speech/ports.ts';
import type { SessionParts } from './parts.ts';
import type { Heard } from './spending.ts';

const heardRateHz = 16_000;

/** The same recogniser for one utterance; each request counts, whole or cut short, unless the server refused it. */
export function meteredTranscriber(transcriber: Transcriber, heard: Heard): Transcriber {
  let toldMs = 0;
  const tell = (ms: number, took: Took | undefined): void => {
    heard(ms, Math.max(0, ms - toldMs), took);
    toldMs = Math.max(toldMs, ms);
  };
  const { listen } = transcriber;
  return {
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      let isRefused = false;
      let took: Took | undefined;
      try {
        for await (const update of transcriber.transcribe(pcm, signal)) {
          if (update.kind === 'final') took = update.transcript.took;
          yield update;
        }
      } catch (error) {
        isRefused = !signal.aborted;
        throw error;
      } finally {
        if (!isRefused) tell(durationMs(pcm), took);
      }
    },
    ...(listen && {
      listen: (onPartial, signal) =>
        new MeteredListening(listen.call(transcriber, onPartial, signal), heard, signal),
    }),
  };
}

/** Sound that streams is sent once, whatever is asked about it. It counts when its words come, or with the end. */
class MeteredListening implements Listening {
  readonly #inner: Listening;
  readonly #heard: Heard;
  readonly #signal: AbortSignal;
  /** Transcripts that several wait for come more than once. */
  readonly #counted = new WeakSet<Took>();
  #pushed = 0;
  #paid = 0;
  #isOver = false;

  constructor(inner: Listening, heard: Heard, signal: AbortSignal) {
    this.#inner = inner;
    this.#heard = heard;
    this.#signal = signal;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  push(sound: Int16Array): void {
    this.#pushed += sound.length;
    this.#inner.push(sound);
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const upTo = this.#pushed;
    const transcript = await this.#inner.settle(signal);
    if (!this.#isOver) this.#pay(upTo, transcript.took);
    return transcript;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    this.#inner[Symbol.dispose]();
  }

  readonly #end = (): void => {
    if (!this.#isOver) this.#pay(this.#pushed);
    this.#isOver = true;
  };

  #pay(upTo: number, took?: Took): void {
    const ms = (Math.max(0, upTo - this.#paid) / heardRateHz) * 1_000;
    this.#paid = Math.max(this.#paid, upTo);
    const isNews = took?.count !== undefined && !this.#counted.has(took);
    if (took) this.#counted.add(took);
    if (isNews) this.#heard(ms, ms, took);
    else if (ms > 0) this.#heard(ms, ms, took?.by && { by: took.by });
  }
}

/** The same parts; what the bot says beside its answers is paid by this server. */
export function withCountedVoice(guildId: string, parts: SessionParts): SessionParts {
  const { spending, synthesizer } = parts;
  const counted = meteredVoice(synthesizer, (spoken) => spending.spoke(guildId, spoken));
  return { ...parts, synthesizer: counted };
}
