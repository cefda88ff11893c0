import { formatTable, type TableRow } from '#bench/format-table.ts';
import type { HumanClip } from '#bench/human-clips.ts';
import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import {
  type SpeakerLanguage,
  stepSpeakerLanguage,
  weighLanguages,
} from '#src/turn/speaker-language/speaker-language.ts';

/** Languages that are paired with English. Of the last three there are few clips. */
const partners = ['es', 'fr', 'it', 'ru', 'de', 'pt', 'ja'] as const;
const fewClips: ReadonlySet<string> = new Set(['de', 'pt', 'ja']);
/** Languages that a text may be judged as. */
const judged = ['en', ...partners];
/** Share of what is right without a guess that stays right with one. */
const minKept = 0.95;
/** English is paired with seven languages, so that only so many of its clips are heard, spread over all. */
const maxEnglishClips = 40;

/** Recognises a clip, with the language that it is told. */
export type HearClip = (
  clip: HumanClip,
  expected: ExpectedLanguage | undefined,
) => Promise<Transcript>;

/** Spoken language, and the language that the speaker's last two sentences had. */
type Pair = { readonly spoken: string; readonly learned: string };

type PairFigures = Pair & {
  clips: number;
  /** Right without a guess, and of these still right with it. */
  right: number;
  kept: number;
  /** With the guess: texts that are surely in the learned language, texts without words, and those without a guess. */
  translated: number;
  empty: number;
  emptyBefore: number;
};

const textLanguage = new NgramLanguageDetector();

/**
 * Hears clips of people in English and seven other languages, each without a guess and after two learned sentences in the
 * other language. Returns a table, and the goals that were missed.
 */
export async function measureBilingualPairs(
  clips: readonly HumanClip[],
  hear: HearClip,
  show: (line: string) => void,
): Promise<{ readonly table: string; readonly missed: readonly string[] }> {
  const pairs = partners.flatMap((partner) => [
    { spoken: 'en', learned: partner },
    { spoken: partner, learned: 'en' },
  ]);
  const figures: PairFigures[] = pairs.map(createFigures);
  for (const clip of chooseClips(clips)) {
    const plain = await hearClip(clip, undefined, hear);
    for (const pair of figures.filter(({ spoken }) => spoken === clip.language)) {
      const guessed = await hearClip(clip, pair.learned, hear);
      addResult(pair, plain, guessed);
      if (guessed.text !== plain.text)
        show(
          `  ${pair.spoken} after ${pair.learned}: ${plain.text} -> ${guessed.text}`,
        );
    }
  }
  return { table: formatFigures(figures), missed: listMissed(figures) };
}

function createFigures(pair: Pair): PairFigures {
  const none = { clips: 0, right: 0, kept: 0, translated: 0, empty: 0, emptyBefore: 0 };
  return { ...pair, ...none };
}

function chooseClips(clips: readonly HumanClip[]) {
  const english = clips.filter(({ language }) => language === 'en');
  const step = Math.max(1, english.length / maxEnglishClips);
  const chosen = english.filter(
    (_, n) => Math.floor(n / step) !== Math.floor((n - 1) / step),
  );
  const others = partners.flatMap((partner) =>
    clips.filter(({ language }) => language === partner),
  );
  return [...chosen, ...others];
}

type Heard = {
  readonly text: string;
  readonly isRight: boolean;
  readonly language: string | undefined;
};

async function hearClip(
  clip: HumanClip,
  learned: string | undefined,
  hear: HearClip,
): Promise<Heard> {
  const { text } = await hear(
    clip,
    learned === undefined ? undefined : learnLanguage(learned),
  );
  const detected = await textLanguage.detect(text, judged);
  const language = text === '' ? undefined : detected?.language;
  return { text, language, isRight: language === clip.language };
}

/** Returns what a recogniser is told after two sentences in a language, as the bot itself does. */
function learnLanguage(language: string): ExpectedLanguage {
  const sentence = { language, probability: 1, wordCount: 6 };
  const none: SpeakerLanguage = {};
  const state = stepSpeakerLanguage(stepSpeakerLanguage(none, sentence), sentence);
  return { kind: 'likely', ...weighLanguages(state, { room: [], among: [] }) };
}

function addResult(figures: PairFigures, plain: Heard, guessed: Heard) {
  figures.clips++;
  if (plain.isRight) figures.right++;
  if (plain.isRight && guessed.isRight) figures.kept++;
  const isOther = plain.language !== guessed.language;
  if (isOther && guessed.language === figures.learned) figures.translated++;
  if (guessed.text === '') figures.empty++;
  if (plain.text === '') figures.emptyBefore++;
}

function formatFigures(figures: readonly PairFigures[]) {
  const rows = figures.map(
    (pair): TableRow => [
      `${pair.spoken} after ${pair.learned}`,
      pair.clips,
      pair.right,
      pair.kept,
      pair.translated,
      pair.empty,
      pair.emptyBefore,
    ],
  );
  const columns = [
    'two sentences learned',
    'clips',
    'right without',
    'of these with',
    'translated',
    'empty',
    'empty without',
  ];
  return formatTable(columns, rows);
}

function listMissed(figures: readonly PairFigures[]) {
  const missed = figures.flatMap((pair) => {
    const partner = pair.spoken === 'en' ? pair.learned : pair.spoken;
    const isMissed = fewClips.has(partner) ? pair.translated > 0 : !isKept([pair]);
    return isMissed ? [`${pair.spoken} after ${pair.learned}`] : [];
  });
  return isKept(figures) ? missed : ['over all', ...missed];
}

function isKept(figures: readonly PairFigures[]) {
  const sumFigures = (key: 'kept' | 'right') =>
    figures.reduce((total, pair) => total + pair[key], 0);
  return sumFigures('kept') >= minKept * sumFigures('right');
}
