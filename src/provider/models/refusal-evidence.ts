import type { APIError } from 'openai/core/error';
import { isRecord, tryParseForeignJson } from '#src/base/json.ts';
import {
  eventLimits,
  findErrorText,
  parseErrorText,
  toScalarText,
} from './error-text.ts';
import { readStatedWaitMs } from './stated-wait.ts';
import { countTokensOver } from './tokens-over.ts';

/** What an answer states about a refusal, before anybody judges the reason. */
export type RefusalEvidence = {
  readonly status: number | undefined;
  /** Sentence of the server, which may quote people. */
  readonly text: string;
  /** The sentence and those of servers behind the server, without addresses. Empty for a web page. */
  readonly words: string;
  /** All codes and names of fields of the body, joined. */
  readonly codes: string;
  /** First code of the body that is no number. */
  readonly code: string | undefined;
  /** Names of fields that the refusal names. */
  readonly params: readonly string[];
  /** A page of a proxy or firewall stands in place of an answer. */
  readonly isPage: boolean;
  readonly waitMs: number | undefined;
  readonly tokensOver: number | undefined;
};

type BodyRecord = Readonly<Record<string, unknown>>;

const maxWordChars = 8_000;

/** Collects the evidence of an answer. */
export function collectEvidence({
  error: body,
  headers,
  message,
  status,
}: APIError): RefusalEvidence {
  // The client puts the status before a text that is no JSON.
  const text = findErrorText(body) ?? parseErrorText(message.replace(/^\d{3} /, ''));
  const isPage = isWebPage(text);
  const records = listRecords(body);
  const words = isPage ? '' : joinWords(text, records);
  const codes = records.flatMap(listCodes);
  const fieldNames = records.flatMap((record) => Object.keys(record));
  return {
    status,
    text,
    words,
    codes: [...codes, ...fieldNames].join(' '),
    code: codes.find((code) => !/^\d+$/.test(code)),
    params: listParams(records, words),
    isPage,
    waitMs: readStatedWaitMs({ headers, body: records, text: words }),
    tokensOver: countTokensOver(words),
  };
}

/** Recognises a page of a proxy or firewall in place of an answer. */
export function isWebPage(text: string): boolean {
  return /^\s*<(?:!doctype|html|head|body|center|\?xml)/i.test(text);
}

/** OpenRouter and others put the answer of the server behind them into a field of their own. */
const innerField = /^(?:raw|upstream\w*|original\w*|inner_?error)$/;

function joinWords(text: string, records: readonly BodyRecord[]) {
  const innerTexts = records.flatMap((record) =>
    Object.entries(record)
      .filter(([name, value]) => innerField.test(name) && typeof value === 'string')
      .map(([, value]) => parseErrorText(toScalarText(value))),
  );
  const sentences = [text, ...innerTexts].join(' ').slice(0, maxWordChars);
  return sentences.replace(/\bhttps?:\S+/g, ' ');
}

const maxRecords = 200;
/** Fields that repeat the request, so that their words say nothing about the refusal. */
const quotingField =
  /^(?:input|ctx|flagged_input|failed_generation|failed_tokens|request|prompt|messages)$/;

/** Lists the objects of a body at any depth, the outer ones first. */
function listRecords(body: unknown): readonly BodyRecord[] {
  const records: BodyRecord[] = [];
  const unread = [body];
  for (let at = 0; at < unread.length && records.length < maxRecords; at++) {
    const value = unread[at];
    if (Array.isArray(value)) unread.push(...value.slice(0, maxRecords));
    else if (isRecord(value)) {
      records.push(value);
      const fields = Object.entries(value).filter(([name]) => !quotingField.test(name));
      unread.push(...fields.slice(0, maxRecords).map(readField));
    }
  }
  return records;
}

function readField([name, value]: readonly [string, unknown]) {
  return innerField.test(name) && typeof value === 'string'
    ? tryParseForeignJson(value, eventLimits)
    : value;
}

const codeField =
  /^(?:error|code|type|status|status_?code|reasons?|err(?:or)?_?(?:code|type)|kind|name|quota_?(?:id|metric)|block_?reason|@type|object)$/i;

function listCodes(record: BodyRecord) {
  return Object.entries(record)
    .filter(([name]) => codeField.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .map(toScalarText)
    .filter((value) => /^[\w.:/@-]{1,120}$/.test(value));
}

/** Statuses that a word of a code means, for errors inside a stream. The first fitting one counts. */
const statusWords: readonly (readonly [RegExp, number])[] = [
  [/payment|credits?|balance/i, 402],
  [/rate_?limit|too_?many|throttl|exhausted|quota/i, 429],
  [/unauthenticated|authentication|api_?key|unauthori[sz]ed/i, 401],
  [/permission|forbidden|denied|moderation/i, 403],
  [/not_?found/i, 404],
  [/overloaded|unavailable|loading|capacity/i, 503],
  [/timeout|timed_?out|deadline/i, 504],
  [/invalid|bad_?request|context_|content_?filter|precondition/i, 400],
  [/server_?error|api_error|internal|generation/i, 500],
];

/** Returns the status that a code of a body means. */
export function toStatus(code: unknown): number | undefined {
  const word = toScalarText(code);
  if (/^[45]\d\d$/.test(word)) return Number(word);
  return /^[\w.-]{1,60}$/.test(word)
    ? statusWords.find(([pattern]) => pattern.test(word))?.[1]
    : undefined;
}

const paramField = /^(?:param|field|loc|path|pointer|property|argument)$/;

/** Lists the fields that a refusal names: in fields of the body, then in its sentence. */
function listParams(records: readonly BodyRecord[], words: string): readonly string[] {
  const stated = records.flatMap((record) =>
    Object.entries(record)
      .filter(([name]) => paramField.test(name))
      .flatMap(([, value]) => toParamName(value) ?? []),
  );
  return [...new Set([...stated, ...listNamedParams(words)])];
}

function toParamName(value: unknown) {
  const names = Array.isArray(value)
    ? value.map(toScalarText)
    : toScalarText(value).split('/');
  const name = names.filter((part) => part !== '' && part !== 'body').join('.');
  return /^[\w.[\]-]{1,200}$/.test(name) ? name : undefined;
}

/** "Unknown name \"strict\" at 'tools[0].function': Cannot find field." */
const unknownName = /Unknown name "([\w.-]+)"(?: at '([\w.[\]-]+)')?/g;
const quotedName = /[`'"]([a-z_][\w.[\]-]*)[`'"]/gi;
const bareName =
  /\b(?:argument|parameter|field|property|keyword)s?(?: supplied| is| was)?:? ([a-z]+_[a-z_.]+|[a-z_]{3,})\b/gi;

function listNamedParams(words: string): readonly string[] {
  const unknown = [...words.matchAll(unknownName)].map(([, name, place]) =>
    place === undefined ? name : `${place}.${name}`,
  );
  const others = [quotedName, bareName].flatMap((pattern) =>
    [...words.matchAll(pattern)].map(([, name]) => name),
  );
  return [...unknown, ...others].filter((name) => name !== undefined);
}
