import { filled } from '#src/texts/message.ts';
import { builtInTexts } from '#src/texts/tables.ts';

/** Ids of the sentences that tell people why no answer comes, or what to do about it. */
const pattern = new RegExp(
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
    ...['gave_up', 'channel\\.removed', 'heard\\.undecodable'],
    ...['seat\\.', 'ask\\.(?:dropped|unheard|bad)', 'privacy\\.(?:paused|unread)', 'generic'],
    ...[
      'panel\\.(?:next|paused|quiet|reconnecting|lost)',
      'join\\.(?!ok|consent|spoken|first_heard)',
    ],
  ].join('|')})`,
);

type KnownSentence = { readonly id: string; readonly pattern: RegExp };

const sentences: readonly KnownSentence[] = [...builtInTexts('en')]
  .filter(([id]) => pattern.test(id))
  .map(([id, { text }]) => ({ id, pattern: patternOf(formsOf(text)) }));

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

/** A text as it is shown, for one and for several where it has such forms; other words stay places. */
function formsOf(text: string): readonly string[] {
  return [...new Set([filled(text, {}, 'en'), filled(text, { n: 1 }, 'en')])];
}

function patternOf(forms: readonly string[]): RegExp {
  const escaped = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const bodies = forms.map((words) =>
    words
      .split(/\{\w+\}/)
      .map(escaped)
      .join('.+?'),
  );
  return new RegExp(`(?:^|\\W)(?:${bodies.join('|')})(?:\\W|$)`, 'm');
}
