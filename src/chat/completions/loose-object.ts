import { toolArgumentLimits, tryParseForeignJson } from '#src/base/json.ts';

/**
 * Parses an object that models write in place of JSON: names without quotation marks, words of Python, texts in single
 * quotation marks or in none. Undefined if it is none.
 *
 * @example
 * import { parseLooseObject } from '#src/chat/completions/loose-object.ts';
 *
 * parseLooseObject("{on: True, place: living room, mood: 'calm'}"); // { on: true, place: 'living room', mood: 'calm' }
 */
export function parseLooseObject(text: string): unknown {
  return (
    tryParseForeignJson(text, toolArgumentLimits) ??
    tryParseForeignJson(toJson(text), toolArgumentLimits)
  );
}

const quoted = /\s*("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')/y;
const punctuation = /\s*([{}[\],:])/y;
const bareKey = /\s*([^\s{}[\],:"']+)\s*(?=:)/y;
const bareValue = /\s*([^{}[\],"']+)/y;

function toJson(text: string) {
  let json = '';
  let at = 0;
  while (at < text.length) {
    const isValue = /[:[]$/.test(json);
    const tokens = [punctuation, quoted, ...(isValue ? [] : [bareKey]), bareValue];
    const token = tokens.find((pattern) => {
      pattern.lastIndex = at;
      return pattern.test(text);
    });
    if (!token) return '';
    const inside = text.slice(at, token.lastIndex).trim();
    json += token === punctuation ? inside : JSON.stringify(readLiteral(inside));
    at = token.lastIndex;
  }
  return json;
}

/** Reads a literal of JSON or Python. Anything else is a text. */
export function readLiteral(text: string): unknown {
  const json = pythonLiterals.get(text) ?? text;
  return (
    tryParseForeignJson(json, toolArgumentLimits) ?? text.replace(/^'(.*)'$/s, '$1')
  );
}

const pythonLiterals = new Map(
  Object.entries({ True: 'true', False: 'false', None: 'null' }),
);
