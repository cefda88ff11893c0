import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';

/** Not the one that the bot has by default. */
const typedVoiceNames = Object.keys(localVoices).slice(1);

export type TypedVoices = ReturnType<typeof createTypedVoices>;

/** Speaks typed words in local voices. The process with the models starts at the first words. */
export function createTypedVoices() {
  const byPerson = new Map<string, string | undefined>();
  const models = new LocalModels();
  let openedVoice: Promise<Synthesizer> | undefined;

  function getVoice(person: string) {
    const voice =
      byPerson.get(person) ?? typedVoiceNames[byPerson.size % typedVoiceNames.length];
    byPerson.set(person, voice);
    return voice;
  }

  /** Opens the voice once. After a failure the next words try again. */
  async function openModels() {
    openedVoice ??= openLocalSynthesizer({ models });
    try {
      return await openedVoice;
    } catch (error) {
      openedVoice = undefined;
      throw error;
    }
  }

  return {
    /**
     * Synthesises a text in a person's voice. Errors: BotError `speech.*`. Aborting
     * `signal` throws its reason.
     */
    async speakText(person: string, text: string, signal: AbortSignal): Promise<Pcm> {
      const voice = await openModels();
      const manner = { name: getVoice(person) };
      const pieces = await Array.fromAsync(voice.synthesize(text, manner, signal));
      const [first] = pieces;
      if (!first)
        throw new BotError('speech.unspeakable', false, unspeakableCharacters);
      return { ...first, samples: joinSamples(pieces.map((piece) => piece.samples)) };
    },

    async [Symbol.asyncDispose]() {
      await models[Symbol.asyncDispose]();
    },
  };
}

const unspeakableCharacters = 'The local voice can say nothing of that.';
