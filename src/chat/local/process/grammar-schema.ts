import { isRecord, toRecord } from '#src/base/json.ts';

/** A schema as the grammars of `node-llama-cpp` take it. They demand each property. */
export type GrammarSchema =
  | { readonly const: string | number | boolean | null }
  | { readonly enum: readonly (string | number | boolean | null)[] }
  | { readonly oneOf: readonly GrammarSchema[] }
  | {
      readonly type: 'string';
      readonly minLength?: number;
      readonly maxLength?: number;
    }
  | { readonly type: 'number' | 'integer' | 'boolean' | 'null' }
  | { readonly type: 'array'; readonly items?: GrammarSchema }
  | {
      readonly type: 'object';
      readonly properties?: Readonly<Record<string, GrammarSchema>>;
      readonly additionalProperties?: boolean;
    };

/** A schema may hold itself. */
const maxDepth = 8;
/** A bound makes a grammar of as many rules, so a long one is left to whoever checks the JSON. */
const maxBoundedChars = 16;
const anything: GrammarSchema = {
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'null' },
    { type: 'array' },
    { type: 'object', additionalProperties: true },
  ],
};

/**
 * Converts a JSON Schema. A property that may be left out may be null instead. What a grammar cannot say is left out: the one
 * who gets the JSON checks it anyway.
 *
 * @example
 * import { toGrammarSchema } from '#src/chat/local/process/grammar-schema.ts';
 *
 * toGrammarSchema({ type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] });
 * // { type: 'object', properties: { on: { type: 'boolean' } } }
 */
export function toGrammarSchema(schema: unknown, depth = 0): GrammarSchema {
  const from = toRecord(schema);
  if (depth > maxDepth) return anything;
  if (isPlain(from.const)) return { const: from.const };
  if (Array.isArray(from.enum) && from.enum.length > 0 && from.enum.every(isPlain))
    return { enum: from.enum };
  const choices = from.oneOf ?? from.anyOf;
  if (Array.isArray(choices) && choices.length > 0)
    return { oneOf: choices.map((choice) => toGrammarSchema(choice, depth + 1)) };
  if (Array.isArray(from.type))
    return {
      oneOf: from.type.map((type) => toGrammarSchema({ ...from, type }, depth + 1)),
    };
  return toTypedSchema(from, depth);
}

function toTypedSchema(
  from: Readonly<Record<string, unknown>>,
  depth: number,
): GrammarSchema {
  switch (from.type) {
    case 'string':
      return {
        type: 'string',
        ...readBound(from, 'minLength'),
        ...readBound(from, 'maxLength'),
      };
    case 'number':
    case 'integer':
    case 'boolean':
    case 'null':
      return { type: from.type };
    case 'array':
      return from.items === undefined
        ? { type: 'array' }
        : { type: 'array', items: toGrammarSchema(from.items, depth + 1) };
    case 'object':
      return toObjectSchema(from, depth);
    default:
      return isRecord(from.properties) ? toObjectSchema(from, depth) : anything;
  }
}

function readBound(
  from: Readonly<Record<string, unknown>>,
  name: 'maxLength' | 'minLength',
) {
  const { [name]: bound } = from;
  return typeof bound === 'number' && bound <= maxBoundedChars ? { [name]: bound } : {};
}

function toObjectSchema(
  from: Readonly<Record<string, unknown>>,
  depth: number,
): GrammarSchema {
  const needed: readonly unknown[] = Array.isArray(from.required) ? from.required : [];
  const properties = Object.entries(toRecord(from.properties)).map(
    ([name, property]): [string, GrammarSchema] => {
      const schema = toGrammarSchema(property, depth + 1);
      const isNeeded = needed.includes(name);
      return [name, isNeeded ? schema : { oneOf: [schema, { type: 'null' }] }];
    },
  );
  return properties.length === 0 && isRecord(from.additionalProperties)
    ? { type: 'object', additionalProperties: true }
    : { type: 'object', properties: Object.fromEntries(properties) };
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Removes the nulls of properties that may be left out, as `toGrammarSchema` demands them. */
export function dropUnneeded(value: unknown, schema: unknown): unknown {
  const from = findChoice(value, toRecord(schema));
  if (Array.isArray(value)) return value.map((item) => dropUnneeded(item, from.items));
  if (!isRecord(value)) return value;
  const needed: readonly unknown[] = Array.isArray(from.required) ? from.required : [];
  const properties = toRecord(from.properties);
  const kept = Object.entries(value).flatMap(([name, item]): [string, unknown][] =>
    item === null && Object.hasOwn(properties, name) && !needed.includes(name)
      ? []
      : [[name, dropUnneeded(item, properties[name])]],
  );
  return Object.fromEntries(kept);
}

/** Finds the choice of a schema by which a list or an object was written: all of its properties stand there. */
function findChoice(value: unknown, from: Readonly<Record<string, unknown>>) {
  const choices = from.oneOf ?? from.anyOf;
  if (!Array.isArray(choices)) return from;
  const isWritten = (choice: Readonly<Record<string, unknown>>) =>
    Array.isArray(value)
      ? choice.items !== undefined
      : Object.keys(toRecord(value)).every((name) =>
          Object.hasOwn(toRecord(choice.properties), name),
        );
  return choices.map(toRecord).find(isWritten) ?? from;
}

/**
 * How far a model has written a value of JSON whose grammar holds it. The grammar lets blank lines follow, and a string go on, without
 * an end.
 *
 * @example
 * import { JsonProgress } from '#src/chat/local/process/grammar-schema.ts';
 *
 * const progress = new JsonProgress();
 * progress.add('{"city": "Par');
 * progress.openStringPieces; // 1
 * progress.add('is"}\n\n');
 * progress.isWhole; // true
 */
export class JsonProgress {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isWhole = false;
  #openStringPieces = 0;

  /** Whether the last bracket or quotation mark of the value is there. A number or word alone is never known to be whole. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Pieces of the string that is open now, 0 between strings. */
  get openStringPieces(): number {
    return this.#openStringPieces;
  }

  /** Adds the next piece of the text. */
  add(piece: string): void {
    for (const letter of piece) this.#addLetter(letter);
    this.#openStringPieces = this.#isInString ? this.#openStringPieces + 1 : 0;
  }

  #addLetter(letter: string) {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (letter === '"') this.#turnString();
    else if (this.#isInString) this.#isEscaped = letter === '\\';
    else if (letter === '{' || letter === '[') this.#depth += 1;
    else if (letter === '}' || letter === ']') this.#depth -= 1;
    const canEnd = letter === '"' || letter === '}' || letter === ']';
    this.#isWhole ||= canEnd && this.#depth === 0 && !this.#isInString;
  }

  #turnString() {
    this.#isInString = !this.#isInString;
    this.#openStringPieces = 0;
  }
}
