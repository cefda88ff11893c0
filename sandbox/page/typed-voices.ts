import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';

/** Not the one that the bot has by default. */
const typedVoiceNames = Object.keys(localVoices).slice(1);

/** Speaks typed words in local voices. The process with the models starts at the first words. */
export class TypedVoices implements AsyncDisposable {
  readonly #byPerson = new Map<string, string | undefined>();
  readonly #models = new LocalModels();
  #voice: Promise<Synthesizer> | undefined;

  /**
   * Synthesises a text in a person's voice. Errors: BotError `speech.*`. Aborting
   * `signal` throws its reason.
   */
  async speakText(person: string, text: string, signal: AbortSignal): Promise<Pcm> {
    const voice = await this.#openModels();
    const manner = { name: this.#getVoice(person) };
    const pieces = await Array.fromAsync(voice.synthesize(text, manner, signal));
    const [first] = pieces;
    if (!first) throw new BotError('speech.unspeakable', false, unspeakableCharacters);
    return { ...first, samples: joinSamples(pieces.map((piece) => piece.samples)) };
  }

  async [Symbol.asyncDispose]() {
    await this.#models[Symbol.asyncDispose]();
  }

  #getVoice(person: string) {
    const voice =
      this.#byPerson.get(person) ??
      typedVoiceNames[this.#byPerson.size % typedVoiceNames.length];
    this.#byPerson.set(person, voice);
    return voice;
  }

  /** Opens the voice once. After a failure the next words try again. */
  async #openModels() {
    this.#voice ??= openLocalSynthesizer({ models: this.#models });
    try {
      return await this.#voice;
    } catch (error) {
      this.#voice = undefined;
      throw error;
    }
  }
}

const unspeakableCharacters = 'The local voice can say nothing of that.';
