/**
 * Words of one language, one file each. Lists are phrases in lower case, separated by commas, written as people write
 * them; line breaks count as blanks. A group that is left out is not known in the language yet.
 */
export type LanguageWords = {
  /** ISO 639-1 code, the name of the file as well. */
  readonly code: string;
  /** Scripts, by their Unicode names, by which a text is taken for this language. */
  readonly scripts: readonly string[];
  /** Letters that no other language of its scripts has, written together. */
  readonly ownLetters?: string;
  /** Spoken by so many that its stop word stops, whatever the same word means in languages that are not. */
  readonly isWidespread: boolean;
  readonly overlap: OverlapPhrases;
  readonly endOfTurn?: EndOfTurnWords;
  readonly numbers?: NumberWords;
  readonly addressing?: AddressingPhrases;
  readonly dismissals?: DismissalPhrases;
  readonly hallucinations?: HallucinationTexts;
  readonly languageRequests?: LanguageRequestPhrases;
  /** Words by what they do in a sentence, for the grammar in `english.ts`. */
  readonly wordClasses?: WordClasses;
};

/** Phrases said into the bot's speech. Each counts only as a whole, or beside others and `fillers`. */
export type OverlapPhrases = {
  readonly stop: string;
  readonly wait: string;
  /** The bot shall go on. */
  readonly goOn: string;
  /** Backchannels: "I am listening", no wish to speak. */
  readonly backchannel: string;
  /** A question is taken back. */
  readonly neverMind: string;
  /** The answer shall be repeated; with the next four slower, faster, louder or quieter, which lasts. */
  readonly again?: string;
  readonly slower?: string;
  readonly faster?: string;
  readonly louder?: string;
  readonly quieter?: string;
  /** At the usual speed and volume again. */
  readonly usual?: string;
  /** Politeness and fillers, which change nothing: "please", "can you", "now". Never a word that negates. */
  readonly fillers: string;
  /** Words that refuse before a pause or twice, and negate otherwise: "no, para" but "no para". */
  readonly refusals?: string;
};

/**
 * Phrases that ask for answers in a language. `{}` stands for its name in this one, `{-1}` for that name without its last
 * letter, where it takes another ending.
 */
export type LanguageRequestPhrases = {
  /** A whole sentence but for `beside`: "in German", "speak German". */
  readonly requests: string;
  /** Said beside it without a meaning of its own. */
  readonly beside: string;
};

/** Words that tell a finished sentence from one that goes on. */
export type EndOfTurnWords = {
  /** Words that hardly ever end a sentence: articles, conjunctions, prepositions, possessives, subjects. */
  readonly openWords?: string;
  /** Sounds and words of somebody who looks for the next word. */
  readonly fillers: string;
  /** Frequent words that may well end a sentence; they tell which language it is. */
  readonly frequentWords?: string;
  /** Starts of clauses that need another one. */
  readonly subordinators?: string;
  /** Endings of an unfinished text, in languages whose words are not apart or carry their particles. */
  readonly openSuffixes?: string;
  /** Endings of a finished text, in such languages. */
  readonly closedSuffixes?: string;
};

/** Words of numbers, which people dictate with pauses. */
export type NumberWords = {
  readonly words?: string;
  /** Nouns after which a number is dictated: "my number is". An asterisk stands for any more letters. */
  readonly nouns?: string;
  /** Words before a number that ends what was said: "at six", "two plus two". */
  readonly prepositions?: string;
  /** Number words that form one number with one of `units` after them: "forty two". */
  readonly tens?: string;
  readonly units?: string;
};

/** Phrases that tell whether a name calls somebody or is talked about. */
export type AddressingPhrases = {
  /** Said before a name to somebody: after these a name is called, even misspelt. */
  readonly greetings: string;
  /** Said before a name or after it without a meaning for whom it is. */
  readonly fillers: string;
  /** Pronouns for the one who is spoken to. */
  readonly secondPerson: string;
  /** After a name: somebody is asked or told to do something. Also how such a sentence starts. */
  readonly requests: string;
  /** After a name: somebody talks about it, and to others. */
  readonly reports?: string;
  /** Before a name: it is what somebody talks about, asks or owns. */
  readonly governors?: string;
  /** Before a name, and whole although their last word alone would be one of `governors`. */
  readonly completePhrases?: string;
  /** Such phrases in a sentence that starts with a question word: "What do you mean, Nova?" */
  readonly strandedPhrases?: string;
  /** First words of questions of which the last two lists are true. */
  readonly questionWords?: string;
  /** Verbs that come before their subject in a question: "Nova is it raining". */
  readonly auxiliaries?: string;
  /** Subjects after such a verb: people. */
  readonly subjects?: string;
  /** Subjects after such a verb that may be objects as well: "Nova did it". */
  readonly impersonalSubjects?: string;
  /** Words of `auxiliaries` after which an impersonal subject is an object. */
  readonly objectAuxiliaries?: string;
  /** Everyday words that look like short names and are not: numbers, kin, what people say first. */
  readonly notNames?: string;
  /** Endings by which somebody is called, written to the name. */
  readonly vocatives?: string;
  /** Abbreviations whose point ends no sentence: "Dr. Nova". */
  readonly titles?: string;
};

/** Phrases that say the bot was not meant. */
export type DismissalPhrases = {
  /** A whole sentence, or what stands between two pauses. */
  readonly wholes: string;
  /** Anywhere in a sentence that is no question. */
  readonly parts: string;
};

/** What recognisers write when nobody spoke, without punctuation and apostrophes. */
export type HallucinationTexts = {
  /** Whole texts: subtitle credits, farewells of videos. */
  readonly texts?: string;
  /** Beginnings of credits, which go on with a name. */
  readonly beginnings?: string;
  /** Said by people as well, and written for a breath: a hallucination only where hardly any voice was there. */
  readonly faint?: string;
};

/** Frequent words by what they do in a sentence. */
export type WordClasses = {
  readonly determiners: string;
  readonly articles: string;
  readonly subjects: string;
  /** What may follow a command's verb. */
  readonly objects: string;
  readonly onlySubjects: string;
  readonly auxiliaries: string;
  readonly questionWords: string;
  readonly prepositions: string;
  /** Verbs to which a particle is all: "come in". */
  readonly phrasalVerbs: string;
  /** Before "not" at an end that is one: "maybe not". */
  readonly hedges: string;
  readonly particles: string;
  /** Words before the sentence proper. */
  readonly openers: string;
  /** Whole answers and calls. */
  readonly wholeAnswers: string;
  readonly tellingVerbs: string;
  readonly knowingVerbs: string;
  readonly greetings: string;
  readonly courtesies: string;
  /** Words that only look like "walked" and "walking". */
  readonly notVerbs: string;
  readonly opinionVerbs: string;
  readonly demonstratives: string;
  /** "The first man", "the best way": what follows says of what. */
  readonly rankings: string;
  readonly conjunctions: string;
  /** Words before a "that" which begins a clause. */
  readonly reportingWords: string;
  readonly timeWords: string;
  /** Words in which sentences like to end. */
  readonly finalWords: string;
  /** Commands, which start a sentence; most are statements' verbs as well. */
  readonly verbs: string;
  readonly pastVerbs: string;
  /** Verbs that want an object after them. */
  readonly transitiveVerbs: string;
  readonly adjectives: string;
  /** Adjectives that a sentence never ends in. */
  readonly attributiveAdjectives: string;
  /** Nouns that mostly go on with "of". */
  readonly relationalNouns: string;
  /** Commands whose object alone is not all: "set an alarm", "translate this sentence". */
  readonly targetVerbs: string;
};

/** Phrases of a list, in its order. */
export function listed(list = ''): string[] {
  return list
    .split(',')
    .map((phrase) => phrase.trim().replace(/\s+/g, ' '))
    .filter((phrase) => phrase !== '');
}
