import type { Public } from '#src/base/public.ts';
import type { AnswerLanguage } from '#src/pipeline/pipeline.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { DetectedLanguage } from '#src/speech/text-language/language-ngrams.ts';
import type { TextLanguageDetector } from '#src/speech/text-language/text-language.ts';
import {
  countWords,
  hintOf,
  holdOf,
  isEcho,
  isSure,
  type LanguageChoices,
  type LanguageEvidence,
  type LanguageHold,
  languageOf,
  languageOfWords,
  requestedLanguage,
  type SpeakerLanguage,
  stepSpeakerLanguage,
  withoutNames,
} from '#src/turn/speaker-language/speaker-language.ts';

/** Settings of a server, as far as languages need them. */
type LanguageSettings = {
  readonly names: readonly string[];
  readonly language: string | undefined;
  readonly languages: readonly string[];
  readonly persona?: { readonly language?: string | undefined };
};

/** Sources of languages in one server, in a session or outside. */
type LanguageSources = {
  readonly guildId: GuildId;
  readonly parts: {
    readonly peopleSettings: Public<PersonalSettingsCache>;
    readonly textLanguage: TextLanguageDetector;
  };
  readonly settings: () => LanguageSettings;
};

const unknown: SpeakerLanguage = {};

type KnownLanguage = { readonly language: string | undefined; readonly hold: LanguageHold };

/** Least probability of one of two languages: "toss a coin" is Hungarian rather than English with 0.82, short German with 1. */
const leastOfTwo = 0.9;

/** In which language each person of one session is heard and answered. Nothing here throws. */
export class SpeakerLanguages {
  readonly #sources;
  readonly #people: Map<string, SpeakerLanguage>;
  /** Language after each finished text, so that the text counts once. */
  readonly #after = new WeakMap<Transcript, KnownLanguage>();

  #latest: string | undefined;

  /** With what is known of people from `former`, where the bot sat before. */
  constructor(sources: LanguageSources, former?: SpeakerLanguages) {
    this.#sources = sources;
    this.#people = new Map(former ? former.#people : []);
  }

  /** Reads what this person has set for themselves, for what they say next. */
  meet(personId: PersonId): void {
    const { guildId, parts } = this.#sources;
    void parts.peopleSettings.load(guildId, personId);
  }

  /** Latest language that a recogniser reported, of any speaker. */
  get latest(): string | undefined {
    return this.#latest;
  }

  /** Language of a person as far as it is known now, BCP 47; undefined where it is not. */
  of(personId: PersonId): string | undefined {
    return languageOf(this.#state(personId), this.#choices(personId));
  }

  /** Language that the recogniser gets before it hears this person, in every pipeline. */
  hintFor(personId: PersonId): string | undefined {
    return hintOf(this.#state(personId), this.#choices(personId));
  }

  /** Words that were said to their end: they count for what comes after them. */
  async said(personId: PersonId, transcript: Transcript): Promise<void> {
    this.#latest = transcript.language ?? this.#latest;
    const evidence = await this.#evidenceOf(personId, transcript);
    const state = this.#step(personId, evidence);
    this.#people.set(personId, state);
    this.#after.set(transcript, this.#known(personId, state, true));
  }

  /** Language of an answer to this person. */
  answerTo(personId: PersonId): AnswerLanguage {
    let heard: { readonly words: Transcript; readonly answer: KnownLanguage } | undefined;
    const now = () => heard?.answer ?? this.#known(personId, this.#state(personId), false);
    const isOutdated = () => {
      const isGuessed = heard !== undefined && !this.#after.has(heard.words);
      return isGuessed && heard?.answer.language !== this.of(personId);
    };
    return {
      get now() {
        return now().language;
      },
      get hold() {
        return now().hold;
      },
      get isOutdated() {
        return isOutdated();
      },
      hear: async (said) => {
        const words = said.findLast(({ text }) => text.trim() !== '');
        if (words) heard = { words, answer: await this.#knownAfter(personId, words) };
      },
    };
  }

  /** Forgets the language of this person. */
  forget(personId: PersonId): void {
    this.#people.delete(personId);
  }

  async #knownAfter(personId: PersonId, transcript: Transcript): Promise<KnownLanguage> {
    const before = this.#after.get(transcript);
    if (before) return before;
    const state = this.#step(personId, await this.#evidenceOf(personId, transcript));
    return this.#after.get(transcript) ?? this.#known(personId, state, true);
  }

  #known(personId: PersonId, state: SpeakerLanguage, isHeard: boolean): KnownLanguage {
    const choices = this.#choices(personId);
    return { language: languageOf(state, choices), hold: holdOf(state, choices, isHeard) };
  }

  #step(personId: PersonId, evidence: LanguageEvidence): SpeakerLanguage {
    const { languages } = this.#sources.settings();
    return stepSpeakerLanguage(this.#state(personId), evidence, languages);
  }

  /** The language of the text is detected only where nothing else shows it. */
  async #evidenceOf(personId: PersonId, transcript: Transcript): Promise<LanguageEvidence> {
    const { names } = this.#sources.settings();
    const { text, language } = transcript;
    const content = withoutNames(text, names);
    const words = countWords(content);
    const requested = requestedLanguage(text, names);
    const hint = this.hintFor(personId);
    const isOpen = language === undefined || isEcho(language, hint);
    const { fixed, own } = this.#choices(personId);
    const isKnown = (fixed ?? this.#state(personId).requested ?? own) !== undefined;
    const isNeeded = isOpen && !isKnown && words > 1;
    const found = isNeeded ? await this.#languageIn(content, personId) : undefined;
    return { ...languageOfWords(language, hint, found), words, requested };
  }

  /** A text that leaves its language open is weighed against the one that the person spoke last: it is of that, if it may be. */
  async #languageIn(text: string, personId: PersonId): Promise<DetectedLanguage | undefined> {
    const { textLanguage } = this.#sources.parts;
    const found = await textLanguage.detect(text, this.#sources.settings().languages);
    const { latest, locked } = this.#state(personId);
    const spoken = latest?.language ?? locked;
    if (!found || isSure(found) || spoken === undefined) return found;
    const likelier = await textLanguage.detect(text, [found.language, spoken]);
    const isOther = likelier && likelier.probability >= leastOfTwo;
    return isOther ? likelier : { language: spoken, probability: 1 };
  }

  #state(personId: PersonId): SpeakerLanguage {
    return this.#people.get(personId) ?? unknown;
  }

  #choices(personId: PersonId): LanguageChoices {
    const { guildId, parts, settings } = this.#sources;
    const { language: own } = parts.peopleSettings.known(guildId, personId);
    const { language: server, languages: among, persona } = settings();
    return { fixed: persona?.language, own, server, among };
  }
}
