import questions from '#test/fixtures/languages/short-questions.json' with { type: 'json' };
import oneWord from './words.json' with { type: 'json' };

export type BenchLanguage = keyof typeof questions & keyof typeof oneWord;

/** Purpose of a turn. `unsettled`: after it either language would do. */
export type LanguageTurnKind = 'first' | 'later' | 'word' | 'unsettled';

export type LanguageTurn = {
  readonly personId: string;
  readonly text: string;
  /** Language of its words. */
  readonly language: BenchLanguage;
  /** Language that its answer is to be in. */
  readonly wanted: BenchLanguage;
  readonly kind: LanguageTurnKind;
  /** It begins while the one before is still being said. */
  readonly overlaps?: true;
  /** The recogniser is to be told the speaker's language beforehand. */
  readonly isHinted?: true;
};

export type LanguageScenario = { readonly name: string; readonly turns: readonly LanguageTurn[] };

export const benchLanguages = Object.keys(questions) as readonly BenchLanguage[];

/** Texts and languages of two people in a scene. */
type ScenarioPair = {
  readonly a: string;
  readonly b: string;
  readonly own: BenchLanguage;
  readonly other: BenchLanguage;
  readonly foreign: BenchLanguage;
  readonly question: (language: BenchLanguage) => string;
};

/** Kinds of ten scenes: two people in turn; two at once; a person who changes to another language permanently. */
const kinds = ['turns', 'turns', 'turns', 'turns', 'turns', 'once', 'once', 'once', 'over', 'over'];

/** Scenes of people of whom nothing is known, each of two of these; every language as often as any other. */
export function languageScenarios(count: number, personIds: readonly string[]): LanguageScenario[] {
  return Array.from({ length: count }, (_, n) => {
    const language = (step: number) => nth(benchLanguages, n + step);
    const asked = new Map<BenchLanguage, number>();
    const question = (of: BenchLanguage) => {
      const times = (asked.get(of) ?? 0) + 1;
      asked.set(of, times);
      return nth(questions[of], Math.floor(n / benchLanguages.length) + times);
    };
    const [own, other, foreign] = [language(0), language(1 + (n % 7)), language(8 + (n % 4))];
    const [a, b] = [nth(personIds, n), nth(personIds, n + 1 + (n % 3))];
    const name = nth(kinds, n);
    const pair = { a, b, own, other, foreign, question };
    return { name: `${n + 1} ${name}`, turns: name === 'over' ? goesOver(pair) : talk(pair, name) };
  });
}

/** Two people, one of whom says one word of a third language in between. */
function talk({ a, b, own, other, foreign, question }: ScenarioPair, kind: string): LanguageTurn[] {
  const ask = (personId: string, language: BenchLanguage, of: LanguageTurnKind) => ({
    personId,
    text: question(language),
    language,
    wanted: language,
    kind: of,
  });
  return [
    ask(a, own, 'first'),
    { ...ask(b, other, 'first'), ...(kind === 'once' && { overlaps: true }) },
    { personId: a, text: oneWord[foreign], language: foreign, wanted: own, kind: 'word' },
    ask(a, own, 'later'),
    ask(b, other, 'later'),
    { ...ask(a, own, 'later'), isHinted: true },
  ];
}

/** One of them speaks another language from the third question on: two that agree settle it. */
function goesOver({ a, own, other, question }: ScenarioPair): LanguageTurn[] {
  const ask = (language: BenchLanguage, kind: LanguageTurnKind): LanguageTurn => ({
    personId: a,
    text: question(language),
    language,
    wanted: language,
    kind,
  });
  return [
    ask(own, 'first'),
    ask(own, 'later'),
    { ...ask(other, 'unsettled'), wanted: own },
    ask(other, 'later'),
    { ...ask(other, 'later'), isHinted: true },
  ];
}

function nth<T>(all: readonly T[], n: number): T {
  const one = all[n % all.length];
  if (one === undefined) throw new Error('There is nothing to choose from.');
  return one;
}
