/** Bounds of JSON from outside, which is measured by them before it is parsed. */
export type JsonLimits = {
  /** Largest document, or event of a stream, in bytes. */
  readonly bytes: number;
  /** Levels of nesting. */
  readonly depth: number;
  /** Elements of all arrays and members of all objects together. */
  readonly values: number;
  /** Elements of one array, or members of one object; a key that stands there twice counts twice. */
  readonly elements: number;
  /** Longest string, as it is written. */
  readonly stringBytes: number;
  /** Longest key, as it is written. */
  readonly keyBytes: number;
};

/** Limits for the arguments of a call that a model wrote, which are JSON in a string of its answer. */
export const toolArgumentLimits: JsonLimits = {
  bytes: 256 * 2 ** 10,
  depth: 32,
  values: 2_000,
  elements: 500,
  stringBytes: 64 * 2 ** 10,
  keyBytes: 1_024,
};

/** First limit that JSON exceeds. */
export type JsonExcess = {
  readonly bound: keyof JsonLimits;
  /** End of a sentence that begins "The body is" or "The server sent". */
  readonly words: string;
};

export type ForeignJson =
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

function measured(given: Uint8Array | string, limits: JsonLimits): JsonExcess | undefined {
  if (given.length > limits.bytes) return excessOf('bytes', limits);
  return new JsonMeter(limits).push(typeof given === 'string' ? Buffer.from(given) : given);
}

const code = {
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
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
 * Of a stream of events (`isStream`) each event is measured for itself; a blank line ends one. All text in its lines is
 * measured, as readers do not agree on which of them are data.
 */
export class JsonMeter {
  readonly #limits: JsonLimits;
  readonly isStream: boolean;
  #excess: JsonExcess | undefined;
  #bytes = 0;
  #values = 0;
  #isInString = false;
  #isEscaped = false;
  #isKey = false;
  #stringBytes = 0;
  #isLineEmpty = false;
  /** Elements so far of each container that is open; outermost first. */
  #open: { readonly isObject: boolean; elements: number; awaitsKey: boolean }[] = [];

  constructor(limits: JsonLimits, { isStream = false } = {}) {
    this.#limits = limits;
    this.isStream = isStream;
  }

  /** The first bound that is broken up to the end of this chunk; the same from then on. */
  push(chunk: Uint8Array): JsonExcess | undefined {
    if (this.#excess) return this.#excess;
    if (!this.isStream && this.#bytes + chunk.length > this.#limits.bytes)
      return this.#break('bytes');
    let at = 0;
    while (at < chunk.length && !this.#excess) {
      const next = this.#isInString ? this.#scanString(chunk, at) : this.#scan(chunk, at);
      this.#bytes += next - at;
      at = next;
    }
    if (this.#bytes > this.#limits.bytes) this.#break('bytes');
    return this.#excess;
  }

  /** Place after one byte outside of strings. */
  #scan(chunk: Uint8Array, at: number): number {
    const byte = chunk[at];
    if (byte === code.lineFeed) this.#endLine();
    else if (byte !== code.carriageReturn) this.#isLineEmpty = false;
    if (byte === code.quote) this.#beginString();
    else if (byte === code.comma) this.#next();
    else if (byte === code.colon) this.#awaitValue();
    else if (byte === code.openArray || byte === code.openObject)
      this.#enter(byte === code.openObject);
    else if (byte === code.closeArray || byte === code.closeObject) this.#open.pop();
    return at + 1;
  }

  /** End of the string, or of this chunk of it. No string spans lines. */
  #scanString(chunk: Uint8Array, from: number): number {
    const bound = this.#isKey ? 'keyBytes' : 'stringBytes';
    const end = Math.min(chunk.length, from + this.#limits[bound] - this.#stringBytes + 1);
    let isEscaped = this.#isEscaped;
    let at = from;
    for (; at < end; at++) {
      const byte = chunk[at];
      if (byte === code.lineFeed || byte === code.carriageReturn) break;
      if (byte === code.quote && !isEscaped) break;
      isEscaped = byte === code.backslash && !isEscaped;
    }
    this.#isEscaped = isEscaped;
    this.#stringBytes += at - from;
    if (this.#stringBytes > this.#limits[bound]) this.#break(bound);
    if (at === end) return at;
    this.#isInString = false;
    return chunk[at] === code.quote ? at + 1 : at;
  }

  #beginString(): void {
    this.#isInString = true;
    this.#isEscaped = false;
    this.#stringBytes = 0;
    this.#isKey = this.#open.at(-1)?.awaitsKey === true;
  }

  #enter(isObject: boolean): void {
    const depth = this.#open.push({ isObject, elements: 1, awaitsKey: isObject });
    if (depth > this.#limits.depth) this.#break('depth');
    this.#count();
  }

  #next(): void {
    const container = this.#open.at(-1);
    if (container) {
      container.elements++;
      container.awaitsKey = container.isObject;
      if (container.elements > this.#limits.elements) this.#break('elements');
    }
    this.#count();
  }

  #awaitValue(): void {
    const object = this.#open.at(-1);
    if (object) object.awaitsKey = false;
  }

  #endLine(): void {
    if (this.isStream && this.#isLineEmpty) this.#beginEvent();
    this.#isLineEmpty = true;
  }

  #count(): void {
    this.#values++;
    if (this.#values > this.#limits.values) this.#break('values');
  }

  #beginEvent(): void {
    if (this.#bytes > this.#limits.bytes) this.#break('bytes');
    this.#bytes = 0;
    this.#values = 0;
    this.#open = [];
  }

  #break(bound: keyof JsonLimits): JsonExcess {
    this.#excess ??= excessOf(bound, this.#limits);
    return this.#excess;
  }
}

function excessOf(bound: keyof JsonLimits, limits: JsonLimits): JsonExcess {
  return { bound, words: `JSON with ${boundWords[bound](limits[bound])}` };
}

const boundWords: Readonly<Record<keyof JsonLimits, (limit: number) => string>> = {
  bytes: (limit) => `more than ${sizeOf(limit)}`,
  depth: (limit) => `more than ${numberOf(limit)} levels of nesting`,
  values: (limit) => `more than ${numberOf(limit)} values`,
  elements: (limit) => `more than ${numberOf(limit)} elements in one array or object`,
  stringBytes: (limit) => `a text of more than ${sizeOf(limit)}`,
  keyBytes: (limit) => `a key of more than ${sizeOf(limit)}`,
};

function sizeOf(bytes: number): string {
  if (bytes >= 2 ** 20) return `${numberOf(bytes / 2 ** 20)} MiB`;
  return bytes >= 2 ** 10 ? `${numberOf(bytes / 2 ** 10)} KiB` : `${bytes} bytes`;
}

function numberOf(limit: number): string {
  return limit.toLocaleString('en', { maximumFractionDigits: 1 });
}
