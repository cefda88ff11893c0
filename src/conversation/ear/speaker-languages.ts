import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import type { Public } from '#src/base/public.ts';
import type { AnswerLanguage } from '#src/pipeline/pipeline.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import {
  isSure,
  listWords,
  type TextLanguageDetector,
} from '#src/speech/text-language/spoken-form.ts';
import {
  decideAnswerLanguage,
  findRequestedLanguage,
  getLanguageStability,
  isSureLanguage,
  type LanguageEvidence,
  type LanguageStability,
  removeNames,
  type SpeakerLanguage,
  stepSpeakerLanguage,
  weighLanguages,
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

/** Finds the language in which each person of a session is heard and answered. Never throws. */
export class SpeakerLanguages {
  /** Language after each finished transcript, so that a transcript counts once. */
  readonly #languageAfter = new WeakMap<Transcript, KnownLanguage>();
  /** Language of the words of each finished transcript, as far as it is sure. */
  readonly #spoken = new WeakMap<Transcript, string>();
  readonly #deps;
  readonly #people: Map<PersonId, SpeakerLanguage>;

  /** `earlier`: languages of the session before, which this one goes on with. */
  constructor(deps: LanguageDeps, earlier?: Pick<SpeakerLanguages, 'people'>) {
    this.#deps = deps;
    this.#people = new Map(earlier?.people);
  }

  /** Languages of all people who spoke and were not forgotten since. */
  get people(): ReadonlyMap<PersonId, SpeakerLanguage> {
    return this.#people;
  }

  /** Loads a person's settings, so that the first transcript need not wait for them. */
  prefetch(personId: PersonId): void {
    const { guildId, services } = this.#deps;
    void services.peopleSettings.loadSettings(guildId, personId);
  }

  /** Finds the language in which a person is answered now. Undefined: the model chooses. */
  find(personId: PersonId): string | undefined {
    return decideAnswerLanguage(this.#getState(personId), this.#getChoices(personId));
  }

  /** Gets the language that a recogniser is told to expect of a person: the one that they set, or guesses. */
  getExpected(personId: PersonId): ExpectedLanguage {
    const { among, own, server } = this.#getChoices(personId);
    if (own !== undefined) return { kind: 'set', language: own };
    const others = [...this.#people].flatMap(([otherId, { latest }]) =>
      latest && otherId !== personId ? [latest.language] : [],
    );
    const room = server === undefined ? others : [...others, server];
    const likely = weighLanguages(this.#getState(personId), { among, room });
    return { kind: 'likely', ...likely };
  }

  /** Counts a finished transcript. Call it once for each, in the order in which they were spoken. */
  async learn(personId: PersonId, transcript: Transcript): Promise<void> {
    const evidence = await this.#getEvidence(personId, transcript);
    if (evidence.language !== undefined && isSureLanguage(evidence))
      this.#spoken.set(transcript, evidence.language);
    const state = this.#stepLanguage(personId, evidence);
    this.#people.set(personId, state);
    this.#languageAfter.set(transcript, this.#toKnownLanguage(personId, state));
  }

  /** Finds the language of a finished transcript: the recogniser's, or the one that its words surely are in. */
  findSpoken(transcript: Transcript): string | undefined {
    return transcript.language ?? this.#spoken.get(transcript);
  }

  /** Creates the language of one answer, which learns from words that are not final yet. */
  createAnswerLanguage(personId: PersonId): AnswerLanguage {
    return new TurnLanguage({
      findFinal: () => this.find(personId),
      getUnheard: () => this.#toKnownLanguage(personId, this.#getState(personId)),
      detectLanguage: (transcript) => this.#detectLanguage(personId, transcript),
      isFinal: (transcript) => this.#languageAfter.has(transcript),
    });
  }

  /** Drops a person's language. Settings of that person stay. */
  forgetPerson(personId: PersonId): void {
    this.#people.delete(personId);
  }

  async #detectLanguage(personId: PersonId, transcript: Transcript) {
    const learned = this.#languageAfter.get(transcript);
    if (learned) return learned;
    const evidence = await this.#getEvidence(personId, transcript);
    const state = this.#stepLanguage(personId, evidence);
    return (
      this.#languageAfter.get(transcript) ?? this.#toKnownLanguage(personId, state)
    );
  }

  #toKnownLanguage(personId: PersonId, state: SpeakerLanguage): KnownLanguage {
    const choices = this.#getChoices(personId);
    return {
      language: decideAnswerLanguage(state, choices),
      hold: getLanguageStability(state, choices),
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
    const wordCount = listWords(content).length;
    const requested = findRequestedLanguage(text, names);
    const { fixed, own: chosen } = this.#getChoices(personId);
    const isKnown =
      (fixed ?? this.#getState(personId).requested ?? chosen) !== undefined;
    const isNeeded = language === undefined && !isKnown && wordCount > 1;
    const detected = isNeeded ? await this.#detectText(content, personId) : undefined;
    // No recogniser is told a guess that it would have to repeat, so that the language it reports was heard.
    const heard = detected ?? { language, probability: language === undefined ? 0 : 1 };
    return { ...heard, wordCount, requested };
  }

  async #detectText(text: string, personId: PersonId) {
    // An ambiguous text is in the language that the person spoke last, if that is possible.
    const { services, settings } = this.#deps;
    const { textLanguage } = services;
    const detected = await textLanguage.detect(text, settings().languages);
    const { latest, locked } = this.#getState(personId);
    const spoken = latest?.language ?? locked;
    if (!detected || isSureLanguage(detected) || spoken === undefined) return detected;
    const likelier = await textLanguage.detect(text, [detected.language, spoken]);
    return isSure(likelier) ? likelier : { language: spoken, probability: 1 };
  }

  #getState(personId: PersonId) {
    return this.#people.get(personId) ?? unknownLanguage;
  }

  #getChoices(personId: PersonId) {
    const { guildId, services, settings } = this.#deps;
    const personal = services.peopleSettings.getCached(guildId, personId);
    const { language: server, languages: among, persona } = settings();
    return { fixed: persona?.language, own: personal.language, server, among };
  }
}

type TurnLanguageDeps = {
  /** Finds the language that the person's final transcripts show. */
  readonly findFinal: () => string | undefined;
  /** Gets the language before any words of the turn. */
  readonly getUnheard: () => KnownLanguage;
  /** Detects the language of words that may not be final. */
  readonly detectLanguage: (transcript: Transcript) => Promise<KnownLanguage>;
  /** Returns whether the person's language was learned from this transcript. */
  readonly isFinal: (transcript: Transcript) => boolean;
};

class TurnLanguage implements AnswerLanguage {
  readonly #deps;
  #heard:
    | { readonly transcript: Transcript; readonly known: KnownLanguage }
    | undefined;

  constructor(deps: TurnLanguageDeps) {
    this.#deps = deps;
  }

  /** Language of the answer (BCP 47). Undefined while unknown. */
  get now(): string | undefined {
    return this.#getKnown().language;
  }

  /** Tells how sure `now` is. */
  get stability(): LanguageStability {
    return this.#getKnown().hold;
  }

  /** True if `hear` got words that were not final, and the final transcripts show another language. */
  get isOutdated(): boolean {
    const isGuessed =
      this.#heard !== undefined && !this.#deps.isFinal(this.#heard.transcript);
    return isGuessed && this.#heard?.known.language !== this.#deps.findFinal();
  }

  /** Learns from the last transcript that has words. Never rejects. */
  async hear(transcripts: readonly Transcript[]): Promise<void> {
    const transcript = transcripts.findLast(({ text }) => text.trim() !== '');
    if (!transcript) return;
    this.#heard = { transcript, known: await this.#deps.detectLanguage(transcript) };
  }

  #getKnown() {
    return this.#heard?.known ?? this.#deps.getUnheard();
  }
}
