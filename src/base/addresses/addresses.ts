import { domainToUnicode } from 'node:url';
import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import addressWords from './address-words.json' with { type: 'json' };

/** Characters that end an address of the web, although Unicode counts some of them as letters' neighbours. */
const addressEnds =
  '\\s<>|[\\]\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011';
/** A dot or hyphen stands inside a name only between two letters or digits, so that each name is read one way. */
const label = '[\\p{L}\\p{N}]+(?:[-_]+[\\p{L}\\p{N}]+)*';

/** An address of the web, with its scheme or `www.`. It ends in a letter, a digit or a slash. */
export const webAddressPattern: string = `\\b(?:[Hh][Tt][Tt][Pp][Ss]?://|[Ww]{3}\\.)[^${addressEnds}]*[\\p{L}\\p{N}/]`;
const mailPattern = `(?<![\\p{L}\\p{N}._%+-])(?:mailto:)?[\\p{L}\\p{N}][\\p{L}\\p{N}._%+-]{0,63}@${label}(?:\\.${label})+`;
/** `example.com/map`, `Node.js` and `main.ts`: a last name of letters, and no single letters as in `e.g`. */
const namePattern = `(?<![\\p{L}\\p{N}._/@-])(?:${label}\\.)+\\p{Ll}[\\p{Ll}\\p{N}]{1,15}(?::\\d{1,5})?(?![\\p{L}\\p{N}@-])(?:/[\\p{L}\\p{N}/_.-]*[\\p{L}\\p{N}/])?`;
const ipPattern =
  '(?<![\\p{L}\\p{N}.])\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d{1,5})?(?![\\p{L}\\p{N}]|\\.\\d)';

const anyAddress = new RegExp(
  [webAddressPattern, mailPattern, ipPattern, namePattern].join('|'),
  'gu',
);

const addressEnd =
  /[\s<>|[\]\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]/;
const webAddressStart = /\bhttps?:\/\/|\bwww\./i;

/**
 * Finds the end of an address of the web that begins after `from` and reaches beyond `to`. It is the first character that
 * no address holds, else `unknown` while more text may follow. Undefined: no address is there.
 */
export function findAddressEnd(
  text: string,
  from: number,
  to: number,
): number | 'unknown' | undefined {
  const start = text.slice(from, to).search(webAddressStart);
  if (start < 0) return undefined;
  const address = text.slice(from + start);
  const end = address.search(addressEnd);
  if (end < 0) return 'unknown';
  return from + start + end > to ? from + start + end : undefined;
}

/** Replaces each address of the web, as for a reader who would hear a long one. */
export function replaceWebAddresses(text: string, word: string): string {
  let rest = text;
  for (const { from, to } of findAddresses(text).toReversed())
    if (webAddressStart.test(text.slice(from, to)))
      rest = rest.slice(0, from) + word + rest.slice(to);
  return rest;
}

/** Place of an address in a text. */
export type FoundAddress = { readonly from: number; readonly to: number };

/**
 * Finds addresses of the web and of mail, and names with dots inside, in order.
 *
 * @example
 * import { findAddresses } from '#src/base/addresses/addresses.ts';
 *
 * findAddresses('See https://a.b/c.'); // [{ from: 4, to: 17 }]
 */
export function findAddresses(text: string): readonly FoundAddress[] {
  const found: FoundAddress[] = [];
  for (const { 0: match, index: from } of text.matchAll(anyAddress))
    if (isAddress(match)) found.push({ from, to: from + match.length });
  return found;
}

/** `z.B.die` and `a.m.` are no addresses: some name has two characters, and a dot is no end of a sentence. */
function isAddress(match: string) {
  return /[@/]|\d/.test(match) || /[\p{L}\p{N}][\p{L}\p{N}]\./u.test(match);
}

type AddressWords = (typeof addressWords)['en'];
const wordsByLanguage: Readonly<Record<string, AddressWords>> = addressWords;
/** A voice of another language says these by itself. */
const marks: AddressWords = {
  at: '@',
  dot: '.',
  slash: '/',
  dash: '-',
  underscore: '_',
  plus: '+',
  port: ':',
};

/**
 * Replaces each address by the words in which people say it, in a language (BCP 47). Scheme, `www.`, query and whatever
 * else nobody would say are left out. In a language without such words the marks of an address stay.
 *
 * @example
 * import { sayAddresses } from '#src/base/addresses/addresses.ts';
 *
 * sayAddresses('See https://www.example.com/docs?v=2 or mail a@b.de.', 'en');
 * // 'See example dot com slash docs or mail a at b dot de.'
 */
export function sayAddresses(text: string, language: string | undefined): string {
  const words = wordsByLanguage[toBaseLanguage(language ?? 'en')];
  const say = (address: string) =>
    words ? sayAddress(address, words) : sayAddress(address, marks).replaceAll(' ', '');
  let said = '';
  let end = 0;
  for (const { from, to } of findAddresses(text)) {
    said += text.slice(end, from);
    said += say(text.slice(from, to));
    end = to;
  }
  return said + text.slice(end);
}

function sayAddress(address: string, words: AddressWords) {
  if (/^[^/]*@/.test(address) && !/^https?:/i.test(address))
    return sayMail(address, words);
  const bare = address.replace(/^https?:\/\//i, '');
  const [authority = '', ...pathNames] = cutFromMark(bare, /[?#]/).split('/');
  const [host = '', port] = authority.slice(authority.lastIndexOf('@') + 1).split(':');
  const saidHost = sayNames(toReadableHost(host), words);
  const saidPort = port ? ` ${words.port} ${port}` : '';
  const saidPath = takeReadableNames(pathNames)
    .map((name) => ` ${words.slash} ${sayNames(name, words)}`)
    .join('');
  return `${saidHost}${saidPort}${saidPath}`;
}

function sayMail(address: string, words: AddressWords) {
  const [name = '', host = ''] = address.replace(/^mailto:/i, '').split('@');
  return `${sayNames(name, words)} ${words.at} ${sayNames(toReadableHost(host), words)}`;
}

function toReadableHost(host: string) {
  const named = host.replace(/^www\./i, '');
  return /(?:^|\.)xn--/i.test(named) ? domainToUnicode(named) || named : named;
}

const maxPathNames = 3;
const maxNameChars = 24;

/** Takes the names of a path that one can hear and type: no long ones, numbers or codes. */
function takeReadableNames(names: readonly string[]) {
  const wholeNames = names.filter((name) => name !== '').map(decodeName);
  const end = wholeNames.findIndex(
    (name) => name.length > maxNameChars || /\d{6}|[^\p{L}\p{M}\p{N}._~-]/u.test(name),
  );
  return wholeNames.slice(0, end < 0 ? maxPathNames : Math.min(end, maxPathNames));
}

function decodeName(name: string) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // Not encoded as addresses are.
  }
}

function cutFromMark(text: string, mark: RegExp) {
  const at = text.search(mark);
  return at < 0 ? text : text.slice(0, at);
}

function sayNames(names: string, { dash, dot, plus, underscore }: AddressWords) {
  return names
    .replaceAll('.', ` ${dot} `)
    .replaceAll('_', ` ${underscore} `)
    .replaceAll('-', ` ${dash} `)
    .replaceAll('+', ` ${plus} `)
    .replaceAll('%', ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
