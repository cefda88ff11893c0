/** Lower case, as people write. */
type Phrases = readonly string[];

/** Words of one language, a JSON file each. */
export type LanguageWords = {
  /** ISO 639-1. */
  readonly code: string;
  /** Its stop word stops, even where the word means something else in smaller languages. */
  readonly isWidespread: boolean;
  readonly confirmations: ConfirmationPhrases;
  readonly overlap: OverlapPhrases;
  readonly endOfTurn?: EndOfTurnWords;
  readonly addressing?: AddressingPhrases;
  readonly dismissals?: {
    /** A whole sentence, or all words between two pauses. */
    readonly wholes: Phrases;
    /** Anywhere in a sentence that is no question. */
    readonly parts: Phrases;
  };
  readonly hallucinations?: HallucinationTexts;
  readonly languageRequests?: LanguageRequestPhrases;
  readonly commands: WishPhrases;
  readonly progress?: ProgressPhrases;
};

/**
 * Questions about work that runs. Each counts as a whole sentence apart from `beside`, without punctuation, and only
 * while a tool runs.
 */
export type ProgressPhrases = {
  /** "What are you doing?" */
  readonly doing: Phrases;
  /** "How long will it take?" */
  readonly howLong: Phrases;
  /** "And", "now", "then". */
  readonly beside: Phrases;
};

export type ConfirmationPhrases = {
  /** Whole sentences apart from `beside`: "yes", "do it". Never a backchannel ("ok", "mhm"). */
  readonly yes: Phrases;
  /** "No", "don't". */
  readonly no: Phrases;
  /** Politeness around them. Never a word that negates. */
  readonly beside: Phrases;
};

/**
 * Phrases over the bot's speech. Each counts as a whole, or beside others and `fillers`, so no phrase is made of
 * others with the same meaning.
 */
export type OverlapPhrases = {
  readonly stop: Phrases;
  readonly wait?: Phrases;
  /** The bot is to go on. */
  readonly goOn?: Phrases;
  /** "I am listening." */
  readonly backchannel: Phrases;
  /** A question is taken back. */
  readonly neverMind: Phrases;
  /** "Please", "can you", "now". Never a word that negates. */
  readonly fillers: Phrases;
  /** Words that refuse before a pause or twice, and negate otherwise: "no, para" but "no para". */
  readonly refusals?: Phrases;
};

/**
 * Phrases that ask for answers in a language. `{}` stands for the name of that language, `{-1}` for the name without
 * its last letter.
 */
export type LanguageRequestPhrases = {
  /** Whole sentences apart from `beside`: "in German", "speak German". */
  readonly requests: Phrases;
  readonly beside: Phrases;
};

/**
 * Wishes that the bot obeys. Each counts as a whole utterance apart from `beside`, hums and the bot's name. A comma may
 * be missing in a text. `notMe` and `leave` count only when they are meant for the bot.
 */
export type WishPhrases = {
  /**
   * "Don't listen to me": the speaker is not to be heard any more. Only a listener can be told this. "You don't hear
   * me" also states it, and does not count.
   */
  readonly doNotHear: Phrases;
  /** The same as people may say it to each other: "not me". The label of the button is added. */
  readonly notMe?: Phrases;
  /** "Leave the channel": the bot is to leave. */
  readonly leave?: Phrases;
  /** "Stop listening": nobody is to be heard for a while. */
  readonly pauseHearing?: Phrases;
  /** "Please", "from now on". Nothing that addresses other people. */
  readonly beside: Phrases;
  /** Texts that differ from a wish only by accents. */
  readonly others?: Phrases;
};

export type EndOfTurnWords = {
  /** Sounds and words of a speaker who looks for the next word. */
  readonly fillers: Phrases;
  /** Words that identify the language. */
  readonly frequentWords?: Phrases;
  /** Starts of English clauses that need another one. */
  readonly subordinators?: Phrases;
  readonly numbers?: NumberWords;
  /** For the grammar in `english-end-of-turn.ts`. */
  readonly wordClasses?: WordClasses;
};

/** Number words, which people dictate with pauses. */
export type NumberWords = {
  readonly words?: Phrases;
  /** "My number is". An asterisk stands for more letters. */
  readonly nouns?: Phrases;
  /** "At six", "two plus two". */
  readonly prepositions?: Phrases;
  /** "Forty" in "forty two". */
  readonly tens?: Phrases;
  readonly units?: Phrases;
};

export type AddressingPhrases = {
  /** Said before a name that is called, even a misspelt one. */
  readonly greetings: Phrases;
  readonly fillers: Phrases;
  readonly secondPerson: Phrases;
  /** A question or request after a name, or at the start of a sentence. */
  readonly requests: Phrases;
  /** After a name: talk about the person to others. */
  readonly reports?: Phrases;
  /** Before a name: the person is talked about. */
  readonly governors?: Phrases;
  /** Complete before a name, although the last word alone would be one of `governors`. */
  readonly completePhrases?: Phrases;
  /** The same in a sentence that starts with a question word: "What do you mean, Nova?" */
  readonly strandedPhrases?: Phrases;
  readonly questionWords?: Phrases;
  /** Verbs before their subject in a question: "Nova is it raining". */
  readonly auxiliaries?: Phrases;
  /** People as subjects after such a verb. */
  readonly subjects?: Phrases;
  /** Subjects that may be objects as well: "Nova did it". */
  readonly impersonalSubjects?: Phrases;
  /** Auxiliaries after which an impersonal subject is an object. */
  readonly objectAuxiliaries?: Phrases;
  /** Everyday words that look like short names. */
  readonly notNames?: Phrases;
  /** "Dr. Nova": the point ends no sentence. */
  readonly titles?: Phrases;
};

/** Texts that recognisers make from silence, without punctuation and apostrophes. */
export type HallucinationTexts = {
  /** Subtitle credits and farewells of videos. */
  readonly texts?: Phrases;
  /** Beginnings of credits, which go on with a name. */
  readonly beginnings?: Phrases;
  /** People say these too, so they count only with hardly any voice. */
  readonly faint?: Phrases;
};

export type WordClasses = {
  readonly determiners: Phrases;
  readonly articles: Phrases;
  readonly subjects: Phrases;
  readonly objects: Phrases;
  readonly onlySubjects: Phrases;
  readonly auxiliaries: Phrases;
  readonly questionWords: Phrases;
  /** Words for which a later clause leaves a gap: "nothing to worry about". */
  readonly gapWords: Phrases;
  /** "So do I", "neither have we". */
  readonly echoes: Phrases;
  readonly prepositions: Phrases;
  /** "Come in": the particle completes the verb. */
  readonly phrasalVerbs: Phrases;
  readonly particles: Phrases;
  /** Words before the sentence proper. */
  readonly openers: Phrases;
  readonly wholeAnswers: Phrases;
  readonly tellingVerbs: Phrases;
  readonly knowingVerbs: Phrases;
  readonly greetings: Phrases;
  readonly courtesies: Phrases;
  /** Words that look like "walked" and "walking". */
  readonly notVerbs: Phrases;
  readonly demonstratives: Phrases;
  readonly conjunctions: Phrases;
  /** Words before a "that" which begins a clause. */
  readonly reportingWords: Phrases;
  readonly timeWords: Phrases;
  readonly finalWords: Phrases;
  /** Commands start with these. Most are verbs of statements, too. */
  readonly verbs: Phrases;
  readonly pastVerbs: Phrases;
  readonly adjectives: Phrases;
  /** Nouns that mostly go on with "of". */
  readonly relationalNouns: Phrases;
  /** "Set an alarm", "translate this sentence": the object alone is incomplete. */
  readonly targetVerbs: Phrases;
};
