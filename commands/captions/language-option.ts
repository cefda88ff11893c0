import { closest } from '#commands/closest-names.ts';
import type { CommandOption } from '#src/session/ports/command.ts';
import type { TextId } from '#src/texts/texts.ts';

/** Languages offered first: those that many people speak in calls. */
const offered = [
  ...[
    'en',
    'de',
    'es',
    'fr',
    'it',
    'pt',
    'nl',
    'pl',
    'ru',
    'uk',
    'tr',
    'ar',
    'he',
    'fa',
    'hi',
    'bn',
  ],
  ...[
    'ja',
    'ko',
    'zh',
    'vi',
    'th',
    'id',
    'ms',
    'sv',
    'da',
    'nb',
    'fi',
    'cs',
    'sk',
    'hu',
    'ro',
    'el',
  ],
] as const;

/** A language by its name or its BCP 47 tag. */
export function languageOption(name: string, description: TextId): CommandOption {
  return {
    name,
    description,
    kind: 'text',
    maxChars: 50,
    suggest: async (typed) => closest(typed, offered.map(labelOf)),
  };
}

/** The tag of what was typed or picked; undefined where it is no language. */
export function languageTag(typed: string): string | undefined {
  const words = typed.trim().toLowerCase();
  const named = offered.find((tag) =>
    [labelOf(tag), nameOf(tag)].some((one) => one.toLowerCase() === words),
  );
  if (named) return named;
  const isTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/.test(words);
  return isTag && isKnown(words) ? words : undefined;
}

/** Name of a language in English. */
function nameOf(tag: string): string {
  return names.of(tag) ?? tag;
}

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

function isKnown(tag: string): boolean {
  return names.of(tag) !== undefined;
}

function labelOf(tag: string): string {
  return `${nameOf(tag)} (${tag})`;
}
