import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';

/** Voices other than the one that the bot has by default. */
const typedVoiceNames = Object.keys(localVoices).slice(1);

const unspeakableCharacters = 'The local voice can say nothing of that.';

/** Speaks typed words in local voices. The process with the models starts at the first words. */
export class TypedVoices implements AsyncDisposable {
  readonly #voiceNames = new Map<string, string | undefined>();
  readonly #models = new LocalModels();
  #openedSynthesizer: Promise<Synthesizer> | undefined;

  /**
   * Synthesises a text in a person's voice. Errors: BotError `speech.*`. Aborting
   * `signal` throws its reason.
   */
  async speakText(person: string, text: string, signal: AbortSignal): Promise<Pcm> {
    const synthesizer = await this.#openSynthesizer();
    const manner = { name: this.#chooseVoice(person) };
    const segments = await Array.fromAsync(
      synthesizer.synthesize(text, manner, signal),
    );
    const [firstSegment] = segments;
    if (!firstSegment)
      throw new BotError('speech.unspeakable', false, unspeakableCharacters);
    const samples = joinSamples(segments.map((segment) => segment.samples));
    return { ...firstSegment, samples };
  }

  /** Ends the process with the models. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#models[Symbol.asyncDispose]();
  }

  #chooseVoice(person: string) {
    const voices = this.#voiceNames;
    const name =
      voices.get(person) ?? typedVoiceNames[voices.size % typedVoiceNames.length];
    voices.set(person, name);
    return name;
  }

  /** Opens the voices once. After a failure the next words try again. */
  async #openSynthesizer() {
    this.#openedSynthesizer ??= openLocalSynthesizer({ models: this.#models });
    try {
      return await this.#openedSynthesizer;
    } catch (error) {
      this.#openedSynthesizer = undefined;
      throw error;
    }
  }
}
