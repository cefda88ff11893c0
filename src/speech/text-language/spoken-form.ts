import type { Pcm } from '#src/audio/pcm.ts';
import { sayAddresses } from '#src/base/addresses/addresses.ts';
import { BotError } from '#src/base/errors.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import type { TextLanguageDetector } from './text-language.ts';
import { decideClauseLanguage, speaksLanguage } from './text-language.ts';

/** The detector of languages, and the languages (BCP 47) of voices that do not speak all. */
export type SpokenFormOptions = {
  readonly detector: TextLanguageDetector;
  readonly languages: readonly string[];
};

/**
 * Speaks each text in its own language, its addresses as people say them, and with the pronunciations of
 * `SpeechVoice.pronounce`. The text shown stays as it is.
 *
 * A language that the maker of the text declares counts. Else the words of the text decide
 * (`decideClauseLanguage`), and the language of the voice is only expected.
 *
 * @example
 * import { withSpokenForm } from '#src/speech/text-language/spoken-form.ts';
 * import type { Synthesizer } from '#src/speech/speech-engine.ts';
 * import { NgramLanguageDetector } from '#src/speech/text-language/text-language.ts';
 *
 * declare const chain: Synthesizer;
 * withSpokenForm(chain, { detector: new NgramLanguageDetector(), languages: ['en'] });
 */
export function withSpokenForm(
  synthesizer: Synthesizer,
  options: SpokenFormOptions,
): Synthesizer {
  return createSpokenForm(synthesizer, options, undefined);
}

/** Language of the latest clause of one answer. Clauses may be begun before it is known. */
type AnswerMemory = { language: Promise<string | undefined> };

function createSpokenForm(
  synthesizer: Synthesizer,
  options: SpokenFormOptions,
  memory: AnswerMemory | undefined,
): Synthesizer {
  const { fixEngine, wrapEach } = synthesizer;
  const decideLanguage = async (text: string, voice: SpeechVoice) => {
    if (voice.isLanguageDeclared) return voice.language;
    const { detector, languages: spoken } = options;
    const { language: expected } = voice;
    const before = await memory?.language;
    return await decideClauseLanguage(text, { expected, before, spoken }, detector);
  };
  async function* speak(text: string, voice: SpeechVoice, signal: AbortSignal) {
    const deciding = decideLanguage(text, voice);
    if (memory) memory.language = deciding;
    const { pronounce, isLanguageDeclared: _, ...ownVoice } = voice;
    const language = await deciding;
    signal.throwIfAborted();
    const words = sayAddresses(text, language);
    const spokenText = pronounce?.(words) ?? words;
    yield* synthesizer.synthesize(spokenText, { ...ownVoice, language }, signal);
  }
  return {
    languages: synthesizer.languages,
    synthesize: speak,
    fixEngine: () =>
      createSpokenForm(fixEngine?.call(synthesizer) ?? synthesizer, options, {
        language: Promise.resolve(undefined),
      }),
    wrapEach: (wrap) =>
      createSpokenForm(
        wrapEach?.call(synthesizer, wrap) ?? wrap(synthesizer),
        options,
        memory,
      ),
  };
}

/** Refuses a text in a language that the voice does not speak by BotError `speech.no_voice`. */
export function withOwnLanguages(synthesizer: Synthesizer): Synthesizer {
  const { languages } = synthesizer;
  return {
    ...synthesizer,
    async *synthesize(text, voice, signal): AsyncGenerator<Pcm> {
      const { language } = voice;
      if (language !== undefined && !speaksLanguage(languages, language))
        throw createNoVoiceError(language);
      yield* synthesizer.synthesize(text, voice, signal);
    },
  };
}

function createNoVoiceError(language: string) {
  const message = `The voice does not speak ${getEnglishLanguageName(language)}, the language of the text.`;
  const about = { language };
  return new BotError('speech.no_voice', false, message, undefined, undefined, about);
}

/** Returns the language (BCP 47) for which a failure says that no voice speaks it. Undefined for any other failure. */
export function findMissingLanguage(error: unknown): string | undefined {
  if (!(error instanceof BotError) || error.code !== 'speech.no_voice')
    return undefined;
  return error.about.language ?? 'und';
}
