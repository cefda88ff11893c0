/** Phrases in lower case, written as people write them. */
type Phrases = readonly string[];

/** Words of one language, one JSON file each. Groups and fields that are left out are not known in the language. */
export type LanguageWords = {
  /** ISO 639-1 code, the name of the file as well. */
  readonly code: string;
  /** Spoken by so many that its stop word stops, even where the same word means something else in smaller languages. */
  readonly isWidespread: boolean;
  readonly confirmations: ConfirmationPhrases;
  readonly overlap: OverlapPhrases;
  readonly endOfTurn?: EndOfTurnWords;
  readonly numbers?: NumberWords;
  readonly addressing?: AddressingPhrases;
  readonly dismissals?: DismissalPhrases;
  readonly hallucinations?: HallucinationTexts;
  readonly languageRequests?: LanguageRequestPhrases;
  readonly commands: SpokenCommandPhrases;
  /** Words by their role in a sentence, for the grammar in `english.ts`. */
  readonly wordClasses?: WordClasses;
};

/** Phrases that confirm what the bot has asked aloud. */
export type ConfirmationPhrases = {
  /** A whole sentence but for `beside`: "yes", "do it". Never a sign of listening ("ok", "mhm"). */
  readonly yes: Phrases;
  /** The same that refuses: "no", "don't". */
  readonly no: Phrases;
  /** Politeness around it. Never a word that negates. */
  readonly beside: Phrases;
};

/**
 * Phrases said into the bot's speech. Each counts only as a whole, or beside others and `fillers`, so that none is made of others with the
 * same meaning.
 */
export type OverlapPhrases = {
  readonly stop: Phrases;
  readonly wait?: Phrases;
  /** The bot shall go on. */
  readonly goOn?: Phrases;
  /** Backchannels: "I am listening", no turn of their own. */
  readonly backchannel: Phrases;
  /** A question is taken back. */
  readonly neverMind: Phrases;
  /** Politeness and fillers, which change nothing: "please", "can you", "now". Never a word that negates. */
  readonly fillers: Phrases;
  /** Words that refuse before a pause or twice, and negate otherwise: "no, para" but "no para". */
  readonly refusals?: Phrases;
};

/**
 * Phrases that ask for answers in a language. `{}` stands for its name in this one, `{-1}` for that name without its last
 * letter, where it takes another ending.
 */
export type LanguageRequestPhrases = {
  /** A whole sentence but for `beside`: "in German", "speak German". */
  readonly requests: Phrases;
  /** Said beside it without a meaning of its own. */
  readonly beside: Phrases;
};

/**
 * Commands that a person says to the bot. Each counts only as a whole utterance, but for `beside`, hums and the bot's name. A comma
 * in a phrase may be missing in a text, and no other pause may be inside.
 */
export type SpokenCommandPhrases = {
  /** The speaker is not to be heard any more: "don't listen to me". No form that also states it: "you don't hear me". */
  readonly doNotHear: Phrases;
  /** Nobody in the channel is to be heard for a while: "stop listening". */
  readonly pauseHearing?: Phrases;
  /** Said beside a command without a meaning of its own: "please", "from now on". Nothing that addresses other people. */
  readonly beside: Phrases;
  /** Texts that differ from a command only by accents, and mean something else. */
  readonly others?: Phrases;
};

/** Words that distinguish a finished sentence from an unfinished one. */
type EndOfTurnWords = {
  /** Words that hardly ever end a sentence: articles, conjunctions, prepositions, possessives, subjects. */
  readonly openWords?: Phrases;
  /** Sounds and words of a speaker who looks for the next word. */
  readonly fillers: Phrases;
  /** Frequent words that may well end a sentence; they identify the language. */
  readonly frequentWords?: Phrases;
  /** Starts of clauses that need another one. */
  readonly subordinators?: Phrases;
  /** Endings of an unfinished text, in languages whose words are not apart or carry their particles. */
  readonly openSuffixes?: Phrases;
  /** Endings of a finished text, in such languages. */
  readonly closedSuffixes?: Phrases;
};

/** Words of numbers, which people dictate with pauses. */
export type NumberWords = {
  readonly words?: Phrases;
  /** Nouns after which a number is dictated: "my number is". An asterisk stands for any more letters. */
  readonly nouns?: Phrases;
  /** Words before a number that complete a sentence: "at six", "two plus two". */
  readonly prepositions?: Phrases;
  /** Number words that form one number with one of `units` after them: "forty two". */
  readonly tens?: Phrases;
  readonly units?: Phrases;
};

/** Phrases that tell whether a name is called or talked about. */
export type AddressingPhrases = {
  /** Said before a name to a person: after these a name is called, even misspelt. */
  readonly greetings: Phrases;
  /** Said before a name or after it without a meaning for the addressee. */
  readonly fillers: Phrases;
  /** Pronouns for the person spoken to. */
  readonly secondPerson: Phrases;
  /** After a name: a question or a request to its bearer. Also the start of such a sentence. */
  readonly requests: Phrases;
  /** After a name: talk about its bearer, to others. */
  readonly reports?: Phrases;
  /** Before a name: its bearer is talked about, asked about or owned from. */
  readonly governors?: Phrases;
  /** Before a name, and whole although their last word alone would be one of `governors`. */
  readonly completePhrases?: Phrases;
  /** Such phrases in a sentence that starts with a question word: "What do you mean, Nova?" */
  readonly strandedPhrases?: Phrases;
  /** First words of questions of which the last two lists are true. */
  readonly questionWords?: Phrases;
  /** Verbs that come before their subject in a question: "Nova is it raining". */
  readonly auxiliaries?: Phrases;
  /** Subjects after such a verb: people. */
  readonly subjects?: Phrases;
  /** Subjects after such a verb that may be objects as well: "Nova did it". */
  readonly impersonalSubjects?: Phrases;
  /** Words of `auxiliaries` after which an impersonal subject is an object. */
  readonly objectAuxiliaries?: Phrases;
  /** Everyday words that look like short names and are not: numbers, kin, first words of sentences. */
  readonly notNames?: Phrases;
  /** Abbreviations whose point ends no sentence: "Dr. Nova". */
  readonly titles?: Phrases;
};

/** Phrases that say the bot was not meant. */
type DismissalPhrases = {
  /** A whole sentence, or all words between two pauses. */
  readonly wholes: Phrases;
  /** Anywhere in a sentence that is no question. */
  readonly parts: Phrases;
};

/** Inventions of recognisers from silence, without punctuation and apostrophes. */
export type HallucinationTexts = {
  /** Whole texts: subtitle credits, farewells of videos. */
  readonly texts?: Phrases;
  /** Beginnings of credits, which go on with a name. */
  readonly beginnings?: Phrases;
  /** Said by people as well, and written for a breath: a hallucination only where hardly any voice was there. */
  readonly faint?: Phrases;
};

/** Frequent words by their role in a sentence. */
export type WordClasses = {
  readonly determiners: Phrases;
  readonly articles: Phrases;
  readonly subjects: Phrases;
  /** Objects that may follow a command's verb. */
  readonly objects: Phrases;
  readonly onlySubjects: Phrases;
  readonly auxiliaries: Phrases;
  readonly questionWords: Phrases;
  readonly prepositions: Phrases;
  /** Verbs to which a particle is all: "come in". */
  readonly phrasalVerbs: Phrases;
  readonly particles: Phrases;
  /** Words before the sentence proper. */
  readonly openers: Phrases;
  /** Whole answers and calls. */
  readonly wholeAnswers: Phrases;
  readonly tellingVerbs: Phrases;
  readonly knowingVerbs: Phrases;
  readonly greetings: Phrases;
  readonly courtesies: Phrases;
  /** Words that only look like "walked" and "walking". */
  readonly notVerbs: Phrases;
  readonly demonstratives: Phrases;
  readonly conjunctions: Phrases;
  /** Words before a "that" which begins a clause. */
  readonly reportingWords: Phrases;
  readonly timeWords: Phrases;
  /** Words in which sentences like to end. */
  readonly finalWords: Phrases;
  /** Commands, which start a sentence; most are statements' verbs as well. */
  readonly verbs: Phrases;
  readonly pastVerbs: Phrases;
  readonly adjectives: Phrases;
  /** Nouns that mostly go on with "of". */
  readonly relationalNouns: Phrases;
  /** Commands whose object alone is incomplete: "set an alarm", "translate this sentence". */
  readonly targetVerbs: Phrases;
};
