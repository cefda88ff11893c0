import { realClock } from '#src/base/clock.ts';
import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import { localVoices } from '#src/speech/local/local-voices.ts';
import type { Engine, EngineSettings } from './engine.ts';

export const speechLocal: Engine<'text to speech'> = {
  role: 'text to speech',
  name: 'Piper',
  about: 'local, English',
  price: 'free',
  async open({ dataDir, model, report, searchPath = '', voice }, models) {
    const [{ openLocalSynthesizer }, { HomeVoices }, { Espeak, findEspeak }] =
      await Promise.all([
        import('#src/speech/local/local-synthesizer.ts'),
        import('#src/speech/local/voices/home-voices.ts'),
        import('#src/speech/local/voices/espeak.ts'),
      ]);
    const program = findEspeak(searchPath);
    const [builtIn, espeak, folder] = await Promise.all([
      openLocalSynthesizer({ models, model, voice }),
      program && Espeak.open(program, realClock),
      dataDir === undefined ? undefined : openFolder(dataDir),
    ]);
    const onMissing = report && (await createOffer(report, espeak !== undefined));
    const home = new HomeVoices({ builtIn, models, voice, espeak, folder, onMissing });
    const names = Object.keys(localVoices);
    return {
      get languages() {
        return home.languages;
      },
      synthesize: (...given) => home.synthesize(...given),
      describeSpeaker: (language) => home.findSpeaker(language) ?? '',
      voices: {
        get languages() {
          return home.languages;
        },
        getKnown: () => names,
        loadNames: async () => names,
      },
    };
  },
};

async function openFolder(dataDir: string) {
  const { getVoicesFolder } = await import('#src/downloads/voice-catalogue.ts');
  const { removeOldParts } = await import('#src/downloads/claim-part.ts');
  await removeOldParts(getVoicesFolder(dataDir), realClock);
  const { VoiceFolder } = await import('#src/speech/local/voices/voice-folder.ts');
  return new VoiceFolder(getVoicesFolder(dataDir));
}

/** Creates a function that offers the operator a voice for each language that one could be fetched for, once. */
async function createOffer(
  report: NonNullable<EngineSettings['report']>,
  hasEspeak: boolean,
) {
  const { findFetchableVoice, formatVoice } = await import(
    '#src/downloads/voice-catalogue.ts'
  );
  const offered = new Set<string>();
  return (language: string, isSpokenPlainly: boolean) => {
    const found = findFetchableVoice(language);
    if (!found || offered.has(found.name)) return;
    offered.add(found.name);
    const name = admitSetting(getEnglishLanguageName(toBaseLanguage(found.language)));
    const voice = admitSetting(formatVoice(found));
    const mend = writeSentence`npm run setup fetches ${voice}, which speaks from the next sentence on`;
    report({
      what: isSpokenPlainly
        ? writeSentence`somebody talks in ${name}, which only eSpeak NG speaks here`
        : writeSentence`somebody talks in ${name}, which no voice here speaks`,
      mend: hasEspeak
        ? mend
        : writeSentence`${mend}; it needs eSpeak NG, as by apt install espeak-ng, and a restart`,
    });
  };
}
