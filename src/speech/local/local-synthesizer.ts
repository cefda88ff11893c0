import { BotError } from '#src/base/errors.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { resolveModelFolder } from './folders.ts';
import type { LocalModels } from './local-models.ts';
import { findVoicePitch } from './local-voices.ts';

export type LocalSynthesizerOptions = {
  readonly models: LocalModels;
  /** Path of the folder of a Piper voice; empty: the one that comes with the clone. */
  readonly model?: string;
  /** One of `localVoices`, for texts that name none. */
  readonly voice?: string;
};

/** As long as a text may be at OpenAI's endpoint; what follows is dropped. */
const maxTextChars = 4096;

/**
 * English without any server: a Piper voice in the model process, which speaks the texts in order of call. The other voices are
 * the same one played faster or slower, at its own pace. A text known to be in another language is refused.
 *
 * Errors: BotError `speech.failed` where the voice does not load.
 */
export async function openLocalSynthesizer({
  model = '',
  models,
  voice: usual,
}: LocalSynthesizerOptions): Promise<Synthesizer> {
  const folder = resolveModelFolder(model, 'piper-joe-int8');
  await models.load('speak', folder);
  return {
    async *synthesize(text, { language = 'en', name, onUsage, speed = 1 }, signal) {
      signal.throwIfAborted();
      if (toBaseLanguage(language) !== 'en') throw createNoVoiceError(language);
      onUsage?.({ by: servedLocally });
      const pitch = findVoicePitch(name, usual);
      const lengthScale = pitch / Math.min(2, Math.max(0.5, speed));
      const job = { text: text.slice(0, maxTextChars), lengthScale };
      for await (const { rateHz, samples } of models.run('speak', folder, job, signal))
        yield { samples, rateHz: Math.round(rateHz * pitch), channels: 1 };
    },
  };
}

function createNoVoiceError(language: string) {
  const message = `The local voice speaks English only, and the text is in ${getEnglishLanguageName(language)}.`;
  return new BotError('speech.no_voice', false, message);
}
