import { english } from '#src/texts/english.ts';

/** Ids of the sentences that tell people why no answer comes, or what to do about it. */
const telling = new RegExp(
  `^(?:${[
    ...[
      'fail\\.',
      'alert\\.',
      'watchdog\\.',
      'leave\\.',
      'muted\\.',
      'deafened\\.',
      'budget\\.(?:user|guild)',
    ],
    ...['reconnecting', 'gave_up', 'channel\\.removed', 'heard\\.nothing', 'slow\\.later'],
    ...['ask\\.(?:dropped|unheard|bad)', 'privacy\\.(?:paused|unread)', 'generic'],
    ...[
      'panel\\.(?:paused|quiet|reconnecting|left|lost)',
      'join\\.(?!ok|consent|spoken|first_heard)',
    ],
  ].join('|')})`,
);

type KnownSentence = { readonly id: string; readonly pattern: RegExp };

const sentences: readonly KnownSentence[] = Object.entries(english)
  .filter(([id]) => telling.test(id))
  .map(([id, words]) => ({ id, pattern: patternOf(words) }));

/** The id of the sentence in `text` that says why something does not happen; undefined where none does. */
export function sentenceIn(text: string): string | undefined {
  return sentences.find(({ pattern }) => pattern.test(text))?.id;
}

/** A number for the canary of a spoken sentence, and back. */
export function sentenceNumber(text: string): number {
  return sentences.findIndex(({ pattern }) => pattern.test(text)) + 1;
}

export function sentenceOf(number: number): string | undefined {
  return sentences[number - 1]?.id;
}

function patternOf(words: string): RegExp {
  const parts = words.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?:^|\\W)${parts.join('.+?')}(?:\\W|$)`, 'm');
}
