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

/** Finds the language in which each person of a session is heard and answered. Never throws. */
export class SpeakerLanguages {
  readonly #deps;
  readonly #people: Map<PersonId, SpeakerLanguage>;
  /** Language after each finished transcript, so that a transcript counts once. */
  readonly #languageAfter = new WeakMap<Transcript, KnownLanguage>();

  #latest: string | undefined;

  constructor(sources: LanguageDeps, former?: SpeakerLanguages) {
    this.#deps = sources;
    this.#people = new Map(former ? former.#people : []);
  }

  prefetch(personId: PersonId) {
    void this.#deps.services.peopleSettings.loadSettings(this.#deps.guildId, personId);
  }

  get latest(): string | undefined {
    return this.#latest;
  }

  find(personId: PersonId): string | undefined {
    return decideAnswerLanguage(this.#getState(personId), this.#getChoices(personId));
  }

  /** Finds the language hint for the recogniser of this person. */
  findHint(personId: PersonId): string | undefined {
    return getRecogniserHint(this.#getState(personId), this.#getChoices(personId));
  }

  async learn(personId: PersonId, transcript: Transcript) {
    this.#latest = transcript.language ?? this.#latest;
    const evidence = await this.#getEvidence(personId, transcript);
    const state = this.#stepLanguage(personId, evidence);
    this.#people.set(personId, state);
    this.#languageAfter.set(transcript, this.#toKnownLanguage(personId, state, true));
  }

  createAnswerLanguage(personId: PersonId): AnswerLanguage {
    let heard:
      | { readonly words: Transcript; readonly answer: KnownLanguage }
      | undefined;
    const now = () =>
      heard?.answer ?? this.#toKnownLanguage(personId, this.#getState(personId), false);
    const isOutdated = () => {
      const isGuessed = heard !== undefined && !this.#languageAfter.has(heard.words);
      return isGuessed && heard?.answer.language !== this.find(personId);
    };
    return {
      get now() {
        return now().language;
      },
      get stability() {
        return now().hold;
      },
      get isOutdated() {
        return isOutdated();
      },
      hear: async (said) => {
        const words = said.findLast(({ text }) => text.trim() !== '');
        if (words)
          heard = { words, answer: await this.#detectLanguage(personId, words) };
      },
    };
  }

  forgetPerson(personId: PersonId) {
    this.#people.delete(personId);
  }

  async #detectLanguage(personId: PersonId, transcript: Transcript) {
    const before = this.#languageAfter.get(transcript);
    if (before) return before;
    const state = this.#stepLanguage(
      personId,
      await this.#getEvidence(personId, transcript),
    );
    return (
      this.#languageAfter.get(transcript) ??
      this.#toKnownLanguage(personId, state, true)
    );
  }

  #toKnownLanguage(personId: PersonId, state: SpeakerLanguage, isHeard: boolean) {
    const choices = this.#getChoices(personId);
    return {
      language: decideAnswerLanguage(state, choices),
      hold: getLanguageStability(state, choices, isHeard),
    };
  }

  #stepLanguage(personId: PersonId, evidence: LanguageEvidence) {
    const { languages } = this.#deps.settings();
    return stepSpeakerLanguage(this.#getState(personId), evidence, languages);
  }

  async #getEvidence(personId: PersonId, transcript: Transcript) {
    // The text is examined only where nothing else shows its language.
    const { names } = this.#deps.settings();
    const { text, language } = transcript;
    const content = removeNames(text, names);
    const words = countWords(content);
    const requested = findRequestedLanguage(text, names);
    const hint = this.findHint(personId);
    const isOpen = language === undefined || repeatsHint(language, hint);
    const { fixed, own } = this.#getChoices(personId);
    const isKnown = (fixed ?? this.#getState(personId).requested ?? own) !== undefined;
    const isNeeded = isOpen && !isKnown && words > 1;
    const found = isNeeded ? await this.#detectText(content, personId) : undefined;
    return { ...chooseTurnLanguage(language, hint, found), words, requested };
  }

  async #detectText(text: string, personId: PersonId) {
    // An ambiguous text is in the language that the person spoke last, if that is possible.
    const { textLanguage } = this.#deps.services;
    const found = await textLanguage.detect(text, this.#deps.settings().languages);
    const { latest, locked } = this.#getState(personId);
    const spoken = latest?.language ?? locked;
    if (!found || isSureLanguage(found) || spoken === undefined) return found;
    const likelier = await textLanguage.detect(text, [found.language, spoken]);
    const isOther = likelier && likelier.probability >= minPairProbability;
    return isOther ? likelier : { language: spoken, probability: 1 };
  }

  #getState(personId: PersonId) {
    return this.#people.get(personId) ?? unknownLanguage;
  }

  #getChoices(personId: PersonId) {
    const { guildId, services, settings } = this.#deps;
    const { language: own } = services.peopleSettings.getCached(guildId, personId);
    const { language: server, languages: among, persona } = settings();
    return { fixed: persona?.language, own, server, among };
  }
}
