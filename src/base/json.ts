import { z } from 'zod';

/** Limits of JSON from outside. A scan checks them before the JSON is parsed. */
export type JsonLimits = {
  readonly bytes: number;
  readonly depth: number;
  /** Elements of all arrays plus members of all objects. */
  readonly values: number;
};

export const toolArgumentLimits: JsonLimits = {
  bytes: 256 * 2 ** 10,
  depth: 32,
  values: 2_000,
};

type ForeignJson =
  | { readonly kind: 'ok'; readonly value: unknown }
  | {
      readonly kind: 'fault';
      readonly code: 'json.broken' | 'json.too_large';
      /** Ends a sentence that begins "The body is" or "The server sent". */
      readonly description: string;
    };

/**
 * Parses JSON from outside after checking its size.
 *
 * @example
 * import { parseForeignJson, toolArgumentLimits } from '#src/base/json.ts';
 *
 * parseForeignJson('{"volume": 40}', toolArgumentLimits); // { kind: 'ok', value: { volume: 40 } }
 */
export function parseForeignJson(
  json: Uint8Array | string,
  limits: JsonLimits,
): ForeignJson {
  const excess = findJsonExcess(json, limits);
  if (excess) return { kind: 'fault', code: 'json.too_large', description: excess };
  const text = typeof json === 'string' ? json : new TextDecoder().decode(json);
  const value = tryParseJson(text);
  if (value === undefined)
    return { kind: 'fault', code: 'json.broken', description: 'no JSON' };
  return { kind: 'ok', value };
}

export function tryParseForeignJson(
  json: Uint8Array | string,
  limits: JsonLimits,
): unknown {
  const parsed = parseForeignJson(json, limits);
  return parsed.kind === 'ok' ? parsed.value : undefined;
}

export function checkForeignValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    // zod reads `length` before it knows the type, and throws for an object like `{"toString":1}`.
    return schema.safeParse(value);
  } catch {
    return z.never().safeParse(value);
  }
}

/** Parses JSON of our own. Undefined if invalid. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Returns the value, or an empty record if no object. */
export function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

export function toNonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function findJsonExcess(json: Uint8Array | string, limits: JsonLimits) {
  if (json.length > limits.bytes) return describeExcess('bytes', limits);
  return new JsonMeter(limits).push(
    typeof json === 'string' ? Buffer.from(json) : json,
  );
}

const asciiCodes = {
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
 * Measures JSON in one linear scan of any chunks, never less than a parser would, and
 * stops at the first limit. A stream (`isStream`) is measured event by event, up to a
 * blank line, or a line end outside all brackets.
 */
export class JsonMeter {
  readonly #limits;
  readonly isStream: boolean;
  #excess: string | undefined;
  #bytes = 0;
  #values = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isLineEmpty = false;

  constructor(
    limits: JsonLimits,
    { isStream = false }: { readonly isStream?: boolean } = {},
  ) {
    this.#limits = limits;
    this.isStream = isStream;
  }

  /** Describes the first limit that is passed, such as 'JSON with more than 100 values'. */
  push(chunk: Uint8Array): string | undefined {
    if (!this.isStream) this.#checkLimit('bytes', this.#bytes + chunk.length);
    let at = 0;
    while (at < chunk.length && !this.#excess) {
      const next = this.#isInString
        ? this.#scanString(chunk, at)
        : this.#scanByte(chunk, at);
      this.#bytes += next - at;
      at = next;
    }
    this.#checkLimit('bytes', this.#bytes);
    return this.#excess;
  }

  #scanByte(chunk: Uint8Array, at: number) {
    const byte = chunk[at];
    if (byte === asciiCodes.lineFeed) this.#endLine();
    else if (byte !== asciiCodes.carriageReturn) this.#isLineEmpty = false;
    if (byte === asciiCodes.quote) this.#isInString = true;
    else if (byte === asciiCodes.openArray || byte === asciiCodes.openObject)
      this.#checkLimit('depth', ++this.#depth);
    else if (byte === asciiCodes.closeArray || byte === asciiCodes.closeObject)
      this.#depth = Math.max(0, this.#depth - 1);
    if (
      byte === asciiCodes.comma ||
      byte === asciiCodes.openArray ||
      byte === asciiCodes.openObject
    )
      this.#checkLimit('values', ++this.#values);
    return at + 1;
  }

  /** Returns the index after the string, or the end of the chunk. */
  #scanString(chunk: Uint8Array, from: number) {
    let isEscaped = this.#isEscaped;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      const isLineEnd =
        byte === asciiCodes.lineFeed || byte === asciiCodes.carriageReturn;
      // A string never spans lines.
      if (isLineEnd || (byte === asciiCodes.quote && !isEscaped)) {
        this.#isInString = false;
        this.#isEscaped = false;
        return isLineEnd ? at : at + 1;
      }
      isEscaped = byte === asciiCodes.backslash && !isEscaped;
    }
    this.#isEscaped = isEscaped;
    return chunk.length;
  }

  #endLine() {
    if (this.isStream && (this.#isLineEmpty || this.#depth === 0)) {
      this.#checkLimit('bytes', this.#bytes);
      this.#bytes = 0;
      this.#values = 0;
      this.#depth = 0;
    }
    this.#isLineEmpty = true;
  }

  #checkLimit(bound: keyof JsonLimits, reached: number) {
    if (reached > this.#limits[bound])
      this.#excess ??= describeExcess(bound, this.#limits);
  }
}

function describeExcess(bound: keyof JsonLimits, limits: JsonLimits) {
  return `JSON with ${limitDescriptions[bound](limits[bound])}`;
}

const limitDescriptions: Readonly<Record<keyof JsonLimits, (limit: number) => string>> =
  {
    bytes: (limit) => `more than ${formatByteLimit(limit)}`,
    depth: (limit) => `more than ${formatLimit(limit)} levels of nesting`,
    values: (limit) => `more than ${formatLimit(limit)} values`,
  };

function formatByteLimit(bytes: number) {
  if (bytes >= 2 ** 20) return `${formatLimit(bytes / 2 ** 20)} MiB`;
  return bytes >= 2 ** 10 ? `${formatLimit(bytes / 2 ** 10)} KiB` : `${bytes} bytes`;
}

function formatLimit(limit: number) {
  return limit.toLocaleString('en', { maximumFractionDigits: 1 });
}

/** Sorts the keys of every object. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  // Equal values get equal texts.
  const entries = Object.entries(value).sort(([leftKey], [rightKey]) =>
    leftKey < rightKey ? -1 : 1,
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
