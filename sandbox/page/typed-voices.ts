import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/** Not the one that the bot has by default. */
const voices = ['rms', 'awb', 'kal16', 'kal'] as const;

/** Voices for words that are typed, made in a thread of their own; opened by the first words. */
export class TypedVoices implements AsyncDisposable {
  readonly #byPerson = new Map<string, string>();
  #engine: Promise<Synthesizer & AsyncDisposable> | undefined;

  /** Errors: BotError `speech.*`. Aborting `signal` throws its reason. */
  async say(person: string, text: string, signal: AbortSignal): Promise<Pcm> {
    const engine = await this.#opened();
    const pieces: Pcm[] = [];
    for await (const pcm of engine.synthesize(text, { name: this.#voiceOf(person) }, signal))
      pieces.push(pcm);
    const [first] = pieces;
    if (!first) throw new BotError('speech.unspeakable', false, unspeakable);
    return { ...first, samples: joinSamples(pieces.map((piece) => piece.samples)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }

  #voiceOf(person: string): string {
    const has = this.#byPerson.get(person);
    const voice = has ?? voices[this.#byPerson.size % voices.length] ?? 'rms';
    this.#byPerson.set(person, voice);
    return voice;
  }

  /** After a failure the next words try again. */
  async #opened(): Promise<Synthesizer> {
    this.#engine ??= openEngine();
    try {
      return await this.#engine;
    } catch (error) {
      this.#engine = undefined;
      throw error;
    }
  }
}

const unspeakable = 'The embedded voice can say nothing of that.';

async function openEngine(): Promise<Synthesizer & AsyncDisposable> {
  const { openEmbeddedSynthesizer } = await import('#src/speech/embedded/embedded-synthesizer.ts');
  return await openEmbeddedSynthesizer();
}
