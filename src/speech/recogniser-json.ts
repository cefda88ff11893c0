import { isRecord, tryParseForeignJson } from '#src/base/json.ts';
import { answerLimits } from '#src/provider/models/error-text.ts';

/** JSON in a text: nobody says `[{` or `{"`. */
const jsonStart = /\[\s*[{"]|\{\s*"|^\s*(?:\[\s*\]|\{\s*\})\s*$/;
const wordKey =
  /^(?:content|text|transcript(?:ion)?|words?|utterance|sentence|speech|caption|normalized_text)$/i;
/** Fields that describe words: who, when, in which language, how. */
const noteKey =
  /speaker|start|end|time|date|duration|lang|locale|type|kind|\bid\b|_id$|^id|model|status|task|event|emotion|gender|channel|confidence|score/i;
const stringField = /"((?:[^"\\]|\\.){1,60})"\s*:\s*"((?:[^"\\]|\\.)*)(?:"|\\?$)/gs;

/**
 * Returns the words of JSON that a recogniser wrote in place of a text, such as a list of segments, and other texts as
 * they are. With `goesOn`, the JSON may be cut.
 *
 * @example
 * import { unwrapJsonText } from '#src/speech/recogniser-json.ts';
 *
 * unwrapJsonText('[{"Start": 0, "Speaker": 0, "Content": "Hello."}, {"Start": 2, "Content": "Hi."}]'); // 'Hello. Hi.'
 */
export function unwrapJsonText(text: string, goesOn: boolean = false): string {
  const plainText = decodeTwice(text);
  const start = plainText.search(jsonStart);
  if (start < 0) return plainText;
  const json = plainText.slice(start);
  const end = Math.max(json.lastIndexOf(']'), json.lastIndexOf('}')) + 1;
  const value = tryParseForeignJson(json.slice(0, end), answerLimits);
  return value === undefined ? readCutJson(json, goesOn) : collectWords(value);
}

/** Decodes a text that was encoded as JSON once more. */
function decodeTwice(text: string) {
  if (!/^\s*"/.test(text)) return text;
  const value = tryParseForeignJson(text, answerLimits);
  if (typeof value === 'string') return value;
  return !/[{,]\s*\\"/.test(text)
    ? text
    : text.replace(/\\(["\\n])/g, (_, character) =>
        character === 'n' ? '\n' : character,
      );
}

/** Collects the words of a transcript in any structure: those in fields that hold words, in their order. */
export function collectWords(value: unknown): string {
  if (typeof value === 'string') return unwrapJsonText(value.trim());
  if (Array.isArray(value))
    return value
      .map(collectWords)
      .filter((words) => words !== '')
      .join(' ');
  if (!isRecord(value)) return '';
  const fields = Object.entries(value).filter(([key]) => !noteKey.test(key));
  const named = fields.filter(([key]) => wordKey.test(key)).map(([, field]) => field);
  const nested = fields
    .map(([, field]) => field)
    .filter((field) => typeof field === 'object');
  const texts = fields
    .map(([, field]) => field)
    .filter((field) => typeof field === 'string')
    .sort((a, b) => b.length - a.length);
  // A server may tell the same words as one text and as segments.
  return (
    [...named, ...nested, ...texts].map(collectWords).find((words) => words !== '') ??
    ''
  );
}

/** Reads the words of JSON that is cut or broken. */
function readCutJson(json: string, goesOn: boolean) {
  const textsByKey = new Map<string, string[]>();
  for (const [, key = '', value = ''] of json.matchAll(stringField)) {
    if (noteKey.test(key) || (goesOn && !wordKey.test(key))) continue;
    const text = tryParseForeignJson(`"${value}"`, answerLimits);
    const texts = textsByKey.get(key) ?? [];
    textsByKey.set(key, [...texts, typeof text === 'string' ? text : value]);
  }
  const named = [...textsByKey].find(([key]) => wordKey.test(key))?.[1];
  const longest = [...textsByKey.values()].sort(
    (a, b) => b.join('').length - a.join('').length,
  )[0];
  return collectWords(named ?? longest ?? []);
}
