import { isDeepStrictEqual } from 'node:util';
import { fc } from '#test/properties.ts';

/** One message of a server: JSON, or another text, between what frames it. */
export type SentMessage = {
  readonly before: string;
  readonly json?: unknown;
  readonly text: string;
  readonly after: string;
};

/** A message after all alterations. */
export type AlteredMessage = SentMessage & {
  /** Message of the unaltered answer from which it was made. */
  readonly source: SentMessage;
  /** Names of the altered fields and of all within them; `*` stands for the message itself. */
  readonly touched: ReadonlySet<string>;
};

const fieldKinds = ['leave out', 'rename', 'retype', 'reorder'] as const;
const messageKinds = ['lose', 'repeat', 'swap', 'join', 'halve', 'strange'] as const;

/** One change of an answer. */
export type Alteration = {
  readonly kind: (typeof fieldKinds)[number] | (typeof messageKinds)[number];
  /** Message that changes. */
  readonly at: number;
  /** Field that changes, counted through all depths. */
  readonly field: number;
  /** The field of this name changes in every message: that is the server's dialect. */
  readonly isEverywhere: boolean;
  /** Choice among other names and other types. */
  readonly as: number;
};

/** Up to three alterations. Fields change more often than messages. */
export const alterations: fc.Arbitrary<readonly Alteration[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...fieldKinds) },
      { weight: 1, arbitrary: fc.constantFrom(...messageKinds) },
    ),
    at: fc.nat(30),
    field: fc.nat(40),
    isEverywhere: fc.boolean(),
    as: fc.nat(11),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Splits server-sent events. */
export function parseEvents(texts: readonly string[]): readonly SentMessage[] {
  return texts.map((text) => {
    const [, before = '', body = '', after = ''] =
      /^((?:.*\n)*?data: ?)([^\n]*)(\n*)$/.exec(text) ?? [];
    return toMessage(before, body === '' ? text : body, after);
  });
}

function toMessage(before: string, text: string, after: string): SentMessage {
  try {
    return { before, text, after, json: JSON.parse(text) as unknown };
  } catch {
    return { before, text, after };
  }
}

/** Makes the message of a value. */
export function toJsonMessage(json: unknown): SentMessage {
  return { before: '', json, text: JSON.stringify(json), after: '' };
}

export function writeMessage({ before, json, text, after }: SentMessage): string {
  const body = json === undefined ? text : (JSON.stringify(json) ?? text);
  return `${before}${body}${after}`;
}

/** Applies alterations in turn. `strange` are texts that stand between the messages of some servers. */
export function alterMessages(
  messages: readonly SentMessage[],
  list: readonly Alteration[],
  strange: readonly string[] = [],
): readonly AlteredMessage[] {
  const untouched = messages.map((message) => ({
    ...message,
    source: message,
    touched: new Set<string>(),
  }));
  return list.reduce<readonly AlteredMessage[]>(
    (allMessages, alteration) => alterOnce(allMessages, alteration, strange),
    untouched,
  );
}

function alterOnce(
  allMessages: readonly AlteredMessage[],
  alteration: Alteration,
  strange: readonly string[],
): readonly AlteredMessage[] {
  const at = alteration.at % Math.max(1, allMessages.length);
  const message = allMessages[at];
  if (!message) return allMessages;
  if (isMessageKind(alteration.kind))
    return moveMessages(allMessages, at, alteration, strange);
  const fields = [...listFields(message.json)];
  const field = fields[alteration.field % Math.max(1, fields.length)];
  if (!field) return allMessages;
  return allMessages.map((alteredMessage, index) => {
    const isMeant = alteration.isEverywhere || index === at;
    return isMeant ? alterField(alteredMessage, field, alteration) : alteredMessage;
  });
}

function isMessageKind(
  kind: Alteration['kind'],
): kind is (typeof messageKinds)[number] {
  return messageKinds.some((messageKind) => messageKind === kind);
}

function moveMessages(
  allMessages: readonly AlteredMessage[],
  at: number,
  { kind, as }: Alteration,
  strange: readonly string[],
): readonly AlteredMessage[] {
  const [message, next] = [allMessages[at], allMessages[at + 1]];
  if (!message) return allMessages;
  const whole = touchNames(message, '*');
  const odd = strange[as % Math.max(1, strange.length)];
  const replaced = {
    lose: [],
    repeat: [whole, whole],
    swap: next ? [touchNames(next, '*'), whole] : [whole],
    join: [{ ...whole, after: '' }],
    halve: [halveMessage(whole)],
    strange:
      odd === undefined
        ? [message]
        : [
            message,
            { ...toMessage('', odd, ''), source: message, touched: new Set<string>() },
          ],
  }[kind as (typeof messageKinds)[number]];
  return allMessages.toSpliced(at, kind === 'swap' && next ? 2 : 1, ...replaced);
}

function touchNames(
  message: AlteredMessage,
  ...names: readonly string[]
): AlteredMessage {
  return { ...message, touched: message.touched.union(new Set(names)) };
}

/** The first half of the bytes that a message has. */
function halveMessage(message: AlteredMessage): AlteredMessage {
  const text = writeMessage(message);
  return {
    ...message,
    before: '',
    json: undefined,
    text: text.slice(0, text.length >> 1),
    after: '',
  };
}

type Field = { readonly path: readonly string[]; readonly value: unknown };

/** All fields of a value, outer ones first. */
function* listFields(value: unknown, path: readonly string[] = []): Generator<Field> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) yield { path: [...path, name], value: inner };
    yield* listFields(inner, [...path, name]);
  }
}

function alterField(
  message: AlteredMessage,
  { path }: Field,
  alteration: Alteration,
): AlteredMessage {
  const [name = ''] = path.slice(-1);
  const field = [...listFields(message.json)].find(
    (one) => isDeepStrictEqual(one.path, path) || one.path.at(-1) === name,
  );
  if (!field) return message;
  const json = replaceAt(message.json, field.path, (owner, key) =>
    makeEntries(owner, key, alteration),
  );
  // The order of fields means nothing.
  if (alteration.kind === 'reorder') return { ...message, json };
  const inner = [...listFields(field.value)].flatMap((one) => one.path.slice(-1));
  return { ...touchNames(message, name, ...inner), json };
}

/** The object in which the last key of the path stands, with its entries made anew. */
function replaceAt(
  value: unknown,
  [key = '', ...rest]: readonly string[],
  make: (owner: object, key: string) => unknown,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (rest.length === 0) return make(value, key);
  const entries = Object.entries(value).map(
    ([name, inner]) =>
      [name, name === key ? replaceAt(inner, rest, make) : inner] as const,
  );
  return Array.isArray(value)
    ? entries.map(([, inner]) => inner)
    : Object.fromEntries(entries);
}

function makeEntries(owner: object, key: string, { kind, as }: Alteration): unknown {
  const entries = Object.entries(owner);
  if (kind === 'reorder') return Object.fromEntries(entries.toReversed());
  return Object.fromEntries(
    entries.flatMap(([name, value]): [string, unknown][] => {
      if (name !== key) return [[name, value]];
      if (kind === 'leave out') return [];
      return kind === 'rename'
        ? [[chooseName(name, as), value]]
        : [[name, chooseValue(value, as)]];
    }),
  );
}

/** Names that servers have in the place of OpenAI's. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  content: ['text', 'value', 'output'],
  delta: ['message', 'chunk'],
  choices: ['outputs', 'results'],
  finish_reason: ['finishReason', 'stop_reason', 'done_reason'],
  tool_calls: ['toolCalls', 'function_calls'],
  function: ['func', 'call'],
  arguments: ['args', 'input', 'parameters'],
  name: ['tool_name', 'tool'],
  error: ['errors', 'detail', 'fault'],
  text: ['transcript', 'transcription', 'output'],
  transcript: ['text', 'words'],
  audio: ['data', 'audio_data', 'sound'],
  type: ['event', 'kind'],
};

function chooseName(name: string, as: number) {
  const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const names = [...(otherNames[name] ?? []), camel, `x_${name}`, `${name}_v2`];
  return names[as % names.length] ?? name;
}

/** The same value as another type, or another value. */
function chooseValue(value: unknown, as: number): unknown {
  const values: readonly unknown[] = [
    null,
    [value],
    { value },
    // "null" would be a word.
    value === null ? '' : JSON.stringify(value),
    7,
    true,
    typeof value === 'object' ? '' : `${value}`,
    {},
    [],
    '',
  ];
  return values[as % values.length];
}

/** Fields that an answer holds by any alteration of values: what they say is no mark. */
export const addedWords: readonly string[] = ['7', 'true'];
