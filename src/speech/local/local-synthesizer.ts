import { BotError } from '#src/base/errors.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import type { Synthesizer } from '#src/speech/speech-engine.ts';
import { resolveModelFolder } from './folders.ts';
import type { LocalModels } from './local-models.ts';
import { findVoicePitch } from './local-voices.ts';

/** The model process, and the voice to speak with. `voice` is a name of `localVoices`. */
export type LocalSynthesizerOptions = {
  readonly models: LocalModels;
  /** Folder of a Piper voice. Empty for the default. */
  readonly model?: string;
  readonly voice?: string;
};

/**
 * Opens a Piper voice for English. The other names of `localVoices` are the same voice at another pitch. Throws
 * BotError `speech.failed`.
 */
export async function openLocalSynthesizer({
  model = '',
  models,
  voice: defaultVoice,
}: LocalSynthesizerOptions): Promise<Synthesizer> {
  const folder = resolveModelFolder(model, 'piper-joe-int8');
  await models.loadModel('speak', folder);
  return {
    async *synthesize(text, { language = 'en', name, onUsage, speed = 1 }, signal) {
      signal.throwIfAborted();
      if (toBaseLanguage(language) !== 'en') throw createNoVoiceError(language);
      onUsage?.({ by: servedLocally });
      const pitch = findVoicePitch(name, defaultVoice);
      const lengthScale = pitch / Math.min(2, Math.max(0.5, speed));
      const job = { text, lengthScale };
      for await (const { rateHz, samples } of models.runJob(
        'speak',
        folder,
        job,
        signal,
      ))
        yield { samples, rateHz: Math.round(rateHz * pitch), channels: 1 };
    },
  };
}

function createNoVoiceError(language: string) {
  const message = `The local voice speaks English only, and the text is in ${getEnglishLanguageName(language)}.`;
  return new BotError('speech.no_voice', false, message);
}
