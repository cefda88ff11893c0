import type { LanguageRequestPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { plainWords } from '#src/turn/same-words.ts';

/** Longest sentence, in characters, that only asks for a language. */
const mostChars = 90;
/** Most words beside such a request, so that a long text is looked through in no time. */
const mostBeside = 5;

/** Sentences of one language that ask for another, and which language each name in them means. */
type RequestPattern = { readonly pattern: RegExp; readonly codes: ReadonlyMap<string, string> };

/**
 * Language that a text requests for answers, ISO 639-1: one of its sentences holds only the request, and perhaps one of
 * `names`, the bot's names. The last one counts.
 */
export function requestedLanguage(text: string, names: readonly string[] = []): string | undefined {
  let found: string | undefined;
  for (const sentence of text.split(/[.?!\u3002\uff1f\uff01\n]+/u)) {
    const words = plainWords(sentence);
    if (words === '' || words.length > mostChars) continue;
    const rest = withoutNames(words, names);
    for (const { pattern, codes } of requestPatterns()) {
      const name = Object.values(pattern.exec(rest)?.groups ?? {}).find((one) => one !== undefined);
      if (name !== undefined) found = codes.get(name) ?? found;
    }
  }
  return found;
}

let patterns: readonly RequestPattern[] | undefined;

/** Made when they are first needed. */
function requestPatterns(): readonly RequestPattern[] {
  patterns ??= languages.flatMap(({ code, languageRequests }) =>
    languageRequests ? [patternOf(code, languageRequests)] : [],
  );
  return patterns;
}

function patternOf(code: string, { requests, beside }: LanguageRequestPhrases): RequestPattern {
  const display = new Intl.DisplayNames([code], { type: 'language', fallback: 'none' });
  const named = languages.flatMap(({ code: of }) => {
    const name = display.of(of);
    return name === undefined ? [] : [[plainWords(name), of] as const];
  });
  const codes = new Map<string, string>();
  const asks = requests.map((phrase, n) => {
    const cut = Number(/\{-(\d)\}/.exec(phrase)?.[1] ?? 0);
    const forms = named.map(([name, of]) => [cut > 0 ? name.slice(0, -cut) : name, of] as const);
    for (const [form, of] of forms) codes.set(form, of);
    const [before = '', after = ''] = phrase.split(/\{(?:-\d)?\}/);
    const all = forms.map(([form]) => escaped(form)).join('|');
    return `${spaced(before)}(?<name${n}>${all})${spaced(after)}`;
  });
  const others = `(?:(?:${beside.map(spaced).join('|')}) *){0,${mostBeside}}`;
  return { pattern: new RegExp(`^${others}(?:${asks.join('|')}) *${others}$`, 'u'), codes };
}

/** Pattern of a phrase, without the punctuation that `plainWords` removes from texts. */
function spaced(phrase: string): string {
  return escaped(phrase.replace(/['\u2019-]/gu, ' ').replace(/ +/g, ' '));
}

function escaped(words: string): string {
  return words.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function withoutNames(words: string, names: readonly string[]): string {
  let rest = words;
  for (const name of names.map(plainWords).filter((one) => one !== '')) {
    if (rest.startsWith(`${name} `)) rest = rest.slice(name.length + 1);
    if (rest.endsWith(` ${name}`)) rest = rest.slice(0, -name.length - 1);
  }
  return rest;
}
