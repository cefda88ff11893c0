import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { AnswerLanguage } from '#src/pipeline/pipeline.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { TextLanguageDetector } from '#src/speech/text-language/text-language.ts';
import {
  chooseTurnLanguage,
  countWords,
  decideAnswerLanguage,
  findRequestedLanguage,
  getLanguageStability,
  getRecogniserHint,
  isSureLanguage,
  type LanguageEvidence,
  type LanguageStability,
  removeNames,
  repeatsHint,
  type SpeakerLanguage,
  stepSpeakerLanguage,
} from '#src/turn/speaker-language/speaker-language.ts';

type LanguageSettings = {
  readonly names: readonly string[];
  readonly language: string | undefined;
  readonly languages: readonly string[];
  readonly persona?: { readonly language?: string };
};

type LanguageDeps = {
  readonly guildId: GuildId;
  readonly services: {
    readonly peopleSettings: Public<PersonalSettingsCache>;
    readonly textLanguage: TextLanguageDetector;
  };
  readonly settings: () => LanguageSettings;
};

const unknownLanguage: SpeakerLanguage = {};

type KnownLanguage = {
  readonly language: string | undefined;
  readonly hold: LanguageStability;
};

/** "Toss a coin" is Hungarian rather than English with 0.82. Short German is German with 1. */
const minPairProbability = 0.9;

export type SpeakerLanguages = ReturnType<typeof createSpeakerLanguages>;

/** Finds the language in which each person of a session is heard and answered. Never throws. */
export function createSpeakerLanguages(
  deps: LanguageDeps,
  former?: { readonly people: ReadonlyMap<PersonId, SpeakerLanguage> },
) {
  /** Language after each finished transcript, so that a transcript counts once. */
  const languageAfter = new WeakMap<Transcript, KnownLanguage>();
  let latest: string | undefined;
  const people: Map<PersonId, SpeakerLanguage> = new Map(former?.people);

  function find(personId: PersonId): string | undefined {
    return decideAnswerLanguage(getState(personId), getChoices(personId));
  }

  function findHint(personId: PersonId): string | undefined {
    return getRecogniserHint(getState(personId), getChoices(personId));
  }

  async function detectLanguage(personId: PersonId, transcript: Transcript) {
    const before = languageAfter.get(transcript);
    if (before) return before;
    const state = stepLanguage(personId, await getEvidence(personId, transcript));
    return languageAfter.get(transcript) ?? toKnownLanguage(personId, state, true);
  }

  function toKnownLanguage(
    personId: PersonId,
    state: SpeakerLanguage,
    isHeard: boolean,
  ) {
    const choices = getChoices(personId);
    return {
      language: decideAnswerLanguage(state, choices),
      hold: getLanguageStability(state, choices, isHeard),
    };
  }

  function stepLanguage(personId: PersonId, evidence: LanguageEvidence) {
    const { languages } = deps.settings();
    return stepSpeakerLanguage(getState(personId), evidence, languages);
  }

  async function getEvidence(personId: PersonId, transcript: Transcript) {
    // The text is examined only where nothing else shows its language.
    const { names } = deps.settings();
    const { text, language } = transcript;
    const content = removeNames(text, names);
    const words = countWords(content);
    const requested = findRequestedLanguage(text, names);
    const hint = findHint(personId);
    const isOpen = language === undefined || repeatsHint(language, hint);
    const { fixed, own } = getChoices(personId);
    const isKnown = (fixed ?? getState(personId).requested ?? own) !== undefined;
    const isNeeded = isOpen && !isKnown && words > 1;
    const found = isNeeded ? await detectText(content, personId) : undefined;
    return {
      ...chooseTurnLanguage(language, hint, found),
      wordCount: words,
      requested,
    };
  }

  async function detectText(text: string, personId: PersonId) {
    // An ambiguous text is in the language that the person spoke last, if that is possible.
    const { textLanguage } = deps.services;
    const found = await textLanguage.detect(text, deps.settings().languages);
    const { latest, locked } = getState(personId);
    const spoken = latest?.language ?? locked;
    if (!found || isSureLanguage(found) || spoken === undefined) return found;
    const likelier = await textLanguage.detect(text, [found.language, spoken]);
    const isOther = likelier && likelier.probability >= minPairProbability;
    return isOther ? likelier : { language: spoken, probability: 1 };
  }

  function getState(personId: PersonId) {
    return people.get(personId) ?? unknownLanguage;
  }

  function getChoices(personId: PersonId) {
    const { guildId, services, settings } = deps;
    const { language: own } = services.peopleSettings.getCached(guildId, personId);
    const { language: server, languages: among, persona } = settings();
    return { fixed: persona?.language, own, server, among };
  }

  return {
    people,
    prefetch(personId: PersonId) {
      void deps.services.peopleSettings.loadSettings(deps.guildId, personId);
    },
    get latest(): string | undefined {
      return latest;
    },
    find,
    findHint,
    async learn(personId: PersonId, transcript: Transcript) {
      latest = transcript.language ?? latest;
      const evidence = await getEvidence(personId, transcript);
      const state = stepLanguage(personId, evidence);
      people.set(personId, state);
      languageAfter.set(transcript, toKnownLanguage(personId, state, true));
    },
    createAnswerLanguage(personId: PersonId): AnswerLanguage {
      let heard:
        | { readonly words: Transcript; readonly answer: KnownLanguage }
        | undefined;
      const now = () =>
        heard?.answer ?? toKnownLanguage(personId, getState(personId), false);
      return {
        get now() {
          return now().language;
        },
        get stability() {
          return now().hold;
        },
        get isOutdated() {
          const isGuessed = heard !== undefined && !languageAfter.has(heard.words);
          return isGuessed && heard?.answer.language !== find(personId);
        },
        hear: async (said) => {
          const words = said.findLast(({ text }) => text.trim() !== '');
          if (words) heard = { words, answer: await detectLanguage(personId, words) };
        },
      };
    },
    forgetPerson(personId: PersonId) {
      people.delete(personId);
    },
  };
}
