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

function understood(schema: Readonly<Record<string, unknown>>): z.ZodType {
  try {
    return z.fromJSONSchema(withoutPatterns(schema));
  } catch {
    return object;
  }
}

const patterns = new Set(['pattern', 'patternProperties', 'format', '$schema']);

function withoutPatterns(schema: Node): Node {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (isProperties(key, value)) {
        const own = Object.entries(value).map(([name, one]) => [name, deep(one)]);
        return [[key, Object.fromEntries(own)]];
      }
      return patterns.has(key) ? [] : [[key, deep(value)]];
    }),
  );
}

type Node = Readonly<Record<string, unknown>>;

/** Where keys are names of arguments, which may be called anything. */
function isProperties(key: string, value: unknown): value is Node {
  return (key === 'properties' || key === '$defs' || key === 'definitions') && isNode(value);
}

function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep);
  return isNode(value) ? withoutPatterns(value) : value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
