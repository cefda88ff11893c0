import { z } from 'zod';
import { foreignJson, toolArgumentLimits } from '#src/base/json.ts';

/** Arguments of a call as they fit, or in words for the model why they do not. */
export type FitArguments = (
  argumentsJson: string,
) => { readonly given: Readonly<Record<string, unknown>> } | { readonly unfit: string };

const object = z.record(z.string(), z.unknown());

/**
 * A check by a JSON Schema that is not ours. Its regular expressions are not run, as they may be made to take for ever;
 * where it cannot be understood at all, any object fits, and the tool itself refuses what it does not take.
 */
export function fitArguments(schema: Readonly<Record<string, unknown>>): FitArguments {
  let check: z.ZodType | undefined;
  return (argumentsJson) => {
    check ??= understood(schema);
    const whole = object.safeParse(foreignJson(argumentsJson, toolArgumentLimits));
    if (!whole.success) return { unfit: 'They are no JSON object.' };
    const read = check.safeParse(whole.data);
    return read.success ? { given: whole.data } : { unfit: z.prettifyError(read.error) };
  };
}

/** Schema without the words in it that are meant for models; of choices only short single words stay. */
export function withoutWords(
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (isProperties(key, value)) return [[key, mapped(value, withoutWords)]];
      if (words.has(key)) return [];
      if (choices.has(key) && !isOfShortWords(value)) return [];
      return [[key, deep(value, withoutWords)]];
    }),
  );
}

function understood(schema: Readonly<Record<string, unknown>>): z.ZodType {
  try {
    return z.fromJSONSchema(withoutPatterns(schema));
  } catch {
    return object;
  }
}

const choices = new Set(['enum', 'const']);
/** No sentence: nothing in it can order a model about. */
const shortWord = /^[\w.:+-]{0,32}$/;
const words = new Set(['description', 'title', 'examples', 'default', '$comment', 'deprecated']);
const patterns = new Set(['pattern', 'patternProperties', 'format', '$schema']);

function withoutPatterns(
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (isProperties(key, value)) return [[key, mapped(value, withoutPatterns)]];
      return patterns.has(key) ? [] : [[key, deep(value, withoutPatterns)]];
    }),
  );
}

function isOfShortWords(value: unknown): boolean {
  return [value]
    .flat()
    .every((one) => one === null || (typeof one !== 'object' && shortWord.test(String(one))));
}

type Node = Readonly<Record<string, unknown>>;
type Change = (schema: Node) => Node;

/** Where keys are names of arguments, which may be called anything. */
function isProperties(key: string, value: unknown): value is Node {
  return (key === 'properties' || key === '$defs' || key === 'definitions') && isNode(value);
}

function mapped(properties: Node, change: Change): Node {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, deep(value, change)]),
  );
}

function deep(value: unknown, change: Change): unknown {
  if (Array.isArray(value)) return value.map((one) => deep(one, change));
  return isNode(value) ? change(value) : value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
