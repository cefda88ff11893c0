import { listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { OnPartial } from '#src/speech/ports.ts';
import { EmbeddedListening } from './embedded-listening.ts';
import type { Engine } from './engine.ts';
import type { RecognitionGrammar } from './pocketsphinx.ts';
import type { SphinxJob, SphinxWords } from './pocketsphinx-worker.ts';

/** Measured: a tenth of the sound; a busy machine gets twenty times that. */
const limitMs = (samples: number) => 5000 + (samples / listenRateHz) * 2000;

/**
 * Shares one recogniser among all who speak at once: it hears the first of them live, the sound of the others waits.
 *
 * A speaker who pauses comes first, since an answer waits for it; the sound of the interrupted one is sent again from its
 * last pause on, at a tenth of its length.
 */
export class EngineScheduler {
  readonly #engine: Engine<SphinxJob, SphinxWords>;
  readonly #clock: Clock;
  readonly #all = new Set<EmbeddedListening>();
  /** Utterance whose stretch the recogniser holds. */
  #holder: EmbeddedListening | undefined;
  #stretch = 0;
  #serving = false;

  constructor(engine: Engine<SphinxJob, SphinxWords>, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  listen(
    onPartial: OnPartial,
    grammar: RecognitionGrammar | undefined,
    signal: AbortSignal,
  ): EmbeddedListening {
    const listening = new EmbeddedListening(
      onPartial,
      () => void this.#serve(),
      this.#clock,
      grammar,
      signal,
    );
    this.#all.add(listening);
    const leave = () => {
      this.#all.delete(listening);
      void this.#serve();
    };
    if (listening.signal.aborted) leave();
    else listening.signal.addEventListener('abort', leave);
    return listening;
  }

  /** Never throws: an error belongs to the utterance that is served. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#feed(next);
    this.#serving = false;
  }

  #next(): EmbeddedListening | undefined {
    const all = [...this.#all];
    const holder = this.#holder && this.#all.has(this.#holder) ? this.#holder : undefined;
    if (holder?.isUrgent) return holder;
    const urgent = all.find(({ isUrgent }) => isUrgent);
    if (urgent) return urgent;
    if (holder?.isBegun) return holder.hasMore ? holder : undefined;
    return all.find(({ hasMore }) => hasMore);
  }

  async #feed(listening: EmbeddedListening): Promise<void> {
    if (this.#holder !== listening) this.#holder?.forget();
    this.#holder = listening;
    const piece = listening.next();
    if (piece.at === 0) this.#stretch++;
    const { grammar } = listening;
    const job = { stretch: this.#stretch, ...piece, grammar };
    try {
      const staying = new AbortController().signal;
      for await (const words of this.#engine.run(job, limitMs(piece.samples.length), staying)) {
        if (words.kind === 'lost') listening.lost();
        else if (words.kind === 'partial') listening.heard(words.text);
        else listening.finished(words.text);
      }
    } catch (error) {
      listening.forget();
      listening.fail(error);
    }
  }
}
