import {
  type LabelField,
  readSoundLabel,
  type SoundLabel,
} from '#src/audio/formats/raw-sound.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { isRecord } from '#src/base/json.ts';
import { readEvents } from '#src/provider/event-stream.ts';

/** Sound as JSON held it, and what the same JSON says of it. */
export type EncodedSound = { readonly bytes: Buffer; readonly label: SoundLabel };

/** Shorter texts are words, ids and keys. 20 ms of telephone sound have 216 characters in base64. */
const minEncodedChars = 100;
/** Events before the first sound, such as a greeting. */
const maxHeldEvents = 100;
const [maxDepth, maxFields] = [8, 10_000];

/**
 * Reads sound in base64, or in hexadecimal digits, from JSON, JSON lines, events, or a bare text.
 *
 * The longest text of that alphabet is sound, whatever the name of its field, and so are later texts in the same field.
 * Yields nothing if there is none. Throws APIError for an event with an error.
 */
export async function* readEncodedSound(
  body: AsyncIterable<Uint8Array>,
  headers: Headers,
): AsyncGenerator<EncodedSound> {
  const places = new SoundPlaces();
  for await (const value of readValues(body, headers)) yield* places.takeSounds(value);
}

async function* readValues(
  body: AsyncIterable<Uint8Array>,
  headers: Headers,
): AsyncGenerator<unknown> {
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  const head: Uint8Array = first.done ? Buffer.alloc(0) : first.value;
  const text = continueBytes(head, pieces);
  if (!bareStart.test(Buffer.from(head).toString('latin1'))) {
    const stream = ReadableStream.from<Uint8Array>(text);
    yield* readEvents(new Response(stream, { headers }));
    return;
  }
  const whole = Buffer.concat(await Array.fromAsync(text)).toString('latin1');
  yield whole.trim().replace(/^"|"$/g, '');
}

/** Waits a moment for the end, since a connection can be used again only if its answer was read to the end. */
async function* continueBytes(head: Uint8Array, pieces: AsyncIterator<Uint8Array>) {
  let isRead = false;
  try {
    yield head;
    for (let step = await pieces.next(); !step.done; step = await pieces.next())
      yield step.value;
    isRead = true;
  } finally {
    if (!isRead) {
      const timeout = AbortSignal.timeout(maxEndMs);
      await waitUnlessAborted(pieces.next(), timeout).catch(() => undefined);
      await pieces.return?.();
    }
  }
}

/** The end mark and the end of the body come together. */
const maxEndMs = 100;

/** A text without JSON around it, or a JSON string, with the head of a `data:` address or without. */
const bareStart = /^\s*"?(?:data:[\w./+-]*(?:;[\w=-]+)*;base64,|[\w+/-]{100})/;

/** Learns in which fields a server puts its sound. */
class SoundPlaces {
  readonly #known = new Set<string>();
  readonly #held: unknown[] = [];
  #label: SoundLabel = {};
  #sounds: Buffer[] = [];

  /** Takes the sounds of a value. The first ones may be too short to be told from words, and are taken later. */
  *takeSounds(value: unknown): Generator<EncodedSound> {
    const fields = listFields(value);
    this.#label = { ...this.#label, ...readSoundLabel(fields.map(toLabelField)) };
    const longest = findLongest(fields);
    if (longest) this.#known.add(longest.place);
    else if (this.#known.size === 0) {
      if (this.#held.length < maxHeldEvents) this.#held.push(value);
      return;
    }
    for (const held of this.#held.splice(0)) yield* this.#readKnown(listFields(held));
    yield* this.#readKnown(fields);
  }

  *#readKnown(fields: readonly Field[]) {
    for (const { place, value } of fields) {
      if (!this.#known.has(place)) continue;
      const bytes = decodeText(value);
      if (!bytes || bytes.length === 0 || this.#isRepetition(bytes)) continue;
      this.#sounds.push(bytes);
      yield { bytes, label: this.#label };
    }
  }

  /** Some servers end with an event that has all of the sound once more. */
  #isRepetition(bytes: Buffer) {
    if (this.#sounds.length < 2) return false;
    const total = this.#sounds.reduce((sum, { length }) => sum + length, 0);
    if (bytes.length < total) return false;
    return bytes.subarray(0, total).equals(Buffer.concat(this.#sounds));
  }
}

/** A text or number in JSON. Its place is the type of the event and the names on the way, the same in all of a list. */
type Field = {
  readonly place: string;
  readonly name: string;
  readonly value: string | number;
};

function listFields(value: unknown): readonly Field[] {
  const type = isRecord(value) && 'type' in value ? `${value.type}` : '';
  const fields: Field[] = [];
  const open: (readonly [value: unknown, names: readonly string[]])[] = [[value, []]];
  for (const [inner, names] of open) {
    if (open.length > maxFields) break;
    if (typeof inner === 'string' || typeof inner === 'number') {
      const place = JSON.stringify([type, ...names]);
      fields.push({ place, name: names.at(-1) ?? '', value: inner });
    } else if (names.length < maxDepth) open.push(...listMembers(inner, names));
  }
  return fields;
}

/** Lists the members of an object or list, the latter without their numbers. */
function listMembers(value: unknown, names: readonly string[]) {
  const isList = Array.isArray(value);
  return Object.entries(isRecord(value) ? value : {}).map(
    ([name, member]) => [member, [...names, isList ? '' : name]] as const,
  );
}

function toLabelField({ name, value }: Field): LabelField {
  return [name, value];
}

function findLongest(fields: readonly Field[]) {
  return fields
    .filter(({ value }) => `${value}`.length >= minEncodedChars && decodeText(value))
    .toSorted((a, b) => `${b.value}`.length - `${a.value}`.length)[0];
}

/** Decodes base64 of either alphabet, or hexadecimal digits. Undefined for any other text. */
function decodeText(value: string | number): Buffer | undefined {
  if (typeof value === 'number') return undefined;
  const text = value.replace(/^data:[^,]{0,100};base64,/, '').replace(/\s+/g, '');
  if (/^(?:[0-9a-f]{2})+$/.test(text) && /\d/.test(text))
    return Buffer.from(text, 'hex');
  if (!/^[\w+/-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
