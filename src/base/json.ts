import { z } from 'zod';

/** Bounds of JSON from outside, which is measured by them before it is parsed. */
export type JsonLimits = {
  /** Largest document, or event of a stream, in bytes. */
  readonly bytes: number;
  /** Levels of nesting. */
  readonly depth: number;
  /** Elements of all arrays and members of all objects together. */
  readonly values: number;
};

/** Limits for the arguments of a call that a model wrote, which are JSON in a string of its answer. */
export const toolArgumentLimits: JsonLimits = {
  bytes: 256 * 2 ** 10,
  depth: 32,
  values: 2_000,
};

/** First limit that JSON exceeds. */
type JsonExcess = {
  readonly bound: keyof JsonLimits;
  /** End of a sentence that begins "The body is" or "The server sent". */
  readonly words: string;
};

type ForeignJson =
  | { readonly kind: 'ok'; readonly value: unknown }
  | {
      readonly kind: 'fault';
      readonly code: 'json.broken' | 'json.too_large';
      /** Completes the same sentences as `JsonExcess.words`; names the exceeded limit. */
      readonly words: string;
    };

/** Value of JSON from outside: measured before it is parsed, and nothing else reads it before. */
export function readForeignJson(given: Uint8Array | string, limits: JsonLimits): ForeignJson {
  const excess = measured(given, limits);
  if (excess) return { kind: 'fault', code: 'json.too_large', words: excess.words };
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given);
  const value = parsedJson(text);
  if (value === undefined) return { kind: 'fault', code: 'json.broken', words: 'no JSON' };
  return { kind: 'ok', value };
}

/** Reads foreign JSON for callers that need no reason: undefined for any fault. */
export function foreignJson(given: Uint8Array | string, limits: JsonLimits): unknown {
  const read = readForeignJson(given, limits);
  return read.kind === 'ok' ? read.value : undefined;
}

/**
 * Checks a foreign value like `schema.safeParse`. zod reads `length` before it knows the type, and throws where that is
 * an object like `{"toString":1}`; here such a value is refused like any other.
 */
export function checkForeign<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value);
  } catch {
    return z.never().safeParse(value);
  }
}

/** Value of JSON that this program wrote itself; undefined where it is invalid. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Members of a foreign value; none of what is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** A foreign value that is a text and not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function measured(given: Uint8Array | string, limits: JsonLimits): JsonExcess | undefined {
  if (given.length > limits.bytes) return excessOf('bytes', limits);
  return new JsonMeter(limits).push(typeof given === 'string' ? Buffer.from(given) : given);
}

const code = {
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  quote: 0x22,
  comma: 0x2c,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/**
 * One linear scan of JSON in bytes, for any cut into chunks. It builds nothing and stops at the first limit that is
 * exceeded. It holds for every reader: JSON that this scan measures smaller than a parser does is invalid.
 *
 * Of a stream of events (`isStream`) each event is measured for itself; a blank line ends one, or a line outside of all brackets. All
 * text in its lines is measured, as readers do not agree on which of them are data.
 */
export class JsonMeter {
  readonly #limits;
  readonly isStream: boolean;
  #excess: JsonExcess | undefined;
  #bytes = 0;
  #values = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isLineEmpty = false;

  constructor(limits: JsonLimits, { isStream = false } = {}) {
    this.#limits = limits;
    this.isStream = isStream;
  }

  /** The first bound that is broken up to the end of this chunk; the same from then on. */
  push(chunk: Uint8Array): JsonExcess | undefined {
    if (!this.isStream) this.#bound('bytes', this.#bytes + chunk.length);
    let at = 0;
    while (at < chunk.length && !this.#excess) {
      const next = this.#isInString ? this.#scanString(chunk, at) : this.#scan(chunk, at);
      this.#bytes += next - at;
      at = next;
    }
    this.#bound('bytes', this.#bytes);
    return this.#excess;
  }

  /** Place after one byte outside of strings. */
  #scan(chunk: Uint8Array, at: number): number {
    const byte = chunk[at];
    if (byte === code.lineFeed) this.#endLine();
    else if (byte !== code.carriageReturn) this.#isLineEmpty = false;
    if (byte === code.quote) this.#isInString = true;
    else if (byte === code.openArray || byte === code.openObject)
      this.#bound('depth', ++this.#depth);
    else if (byte === code.closeArray || byte === code.closeObject)
      this.#depth = Math.max(0, this.#depth - 1);
    if (byte === code.comma || byte === code.openArray || byte === code.openObject)
      this.#bound('values', ++this.#values);
    return at + 1;
  }

  /** Place after the string, or after this chunk of it. No string spans lines. */
  #scanString(chunk: Uint8Array, from: number): number {
    let isEscaped = this.#isEscaped;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      const isLineEnd = byte === code.lineFeed || byte === code.carriageReturn;
      if (isLineEnd || (byte === code.quote && !isEscaped)) {
        this.#isInString = false;
        this.#isEscaped = false;
        return isLineEnd ? at : at + 1;
      }
      isEscaped = byte === code.backslash && !isEscaped;
    }
    this.#isEscaped = isEscaped;
    return chunk.length;
  }

  #endLine() {
    if (this.isStream && (this.#isLineEmpty || this.#depth === 0)) {
      this.#bound('bytes', this.#bytes);
      this.#bytes = 0;
      this.#values = 0;
      this.#depth = 0;
    }
    this.#isLineEmpty = true;
  }

  #bound(bound: keyof JsonLimits, reached: number) {
    if (reached > this.#limits[bound]) this.#excess ??= excessOf(bound, this.#limits);
  }
}

function excessOf(bound: keyof JsonLimits, limits: JsonLimits): JsonExcess {
  return { bound, words: `JSON with ${boundWords[bound](limits[bound])}` };
}

const boundWords: Readonly<Record<keyof JsonLimits, (limit: number) => string>> = {
  bytes: (limit) => `more than ${sizeOf(limit)}`,
  depth: (limit) => `more than ${numberOf(limit)} levels of nesting`,
  values: (limit) => `more than ${numberOf(limit)} values`,
};

function sizeOf(bytes: number): string {
  if (bytes >= 2 ** 20) return `${numberOf(bytes / 2 ** 20)} MiB`;
  return bytes >= 2 ** 10 ? `${numberOf(bytes / 2 ** 10)} KiB` : `${bytes} bytes`;
}

function numberOf(limit: number): string {
  return limit.toLocaleString('en', { maximumFractionDigits: 1 });
}

/** The value with the keys of every object in order: equal values have equal texts. */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
