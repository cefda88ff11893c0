import { BotError } from '#src/base/errors.ts';
import {
  isRecord,
  toNonEmptyText,
  toolArgumentLimits,
  toRecord,
  tryParseForeignJson,
} from '#src/base/json.ts';
import type { ChatPart, ToolCall, Usage } from '#src/chat/chat-model.ts';
import streamEnds from '#src/chat/marks/stream-ends.json' with { type: 'json' };
import { type CallFields, ReturnedFields } from '#src/chat/returned-fields.ts';
import { createCallId } from '#src/provider/call-id.ts';
import { findAnswerRefusal } from '#src/provider/event-stream.ts';
import { findErrorText } from '#src/provider/models/error-text.ts';
import { toReportedTokens } from '#src/provider/models/request-reservation.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import type { AnswerTextOptions, TextFault } from './answer-text.ts';
import { AnswerWords } from './answer-words.ts';
import {
  FieldAssembler,
  type FieldRoom,
  maxFieldCharacters,
} from './field-assembler.ts';

type PartialToolCall = {
  id: string;
  name: string;
  json: string;
  ofCall?: FieldAssembler | undefined;
  ofFunction?: FieldAssembler | undefined;
};

/** Any field may be missing, empty or repeated. */
type Fragment = Readonly<Pick<PartialToolCall, 'id' | 'name' | 'json'>> & {
  readonly index: unknown;
  readonly delta: ChunkFields;
};

/** A whole call, with the unknown fields that came with it. */
type AssembledCall = ToolCall & Pick<CallFields, 'call' | 'function'>;

/** Each piece of arguments may start a new search for their end. */
const maxCheckedChars = 4 * 2 ** 20;

/**
 * Assembles streamed tool calls.
 *
 * A piece belongs to the last call of its `index`, `id` or position, unless it must be a new call. One with only
 * arguments belongs to the last call.
 */
class ToolCallAssembler {
  readonly #calls: PartialToolCall[] = [];
  readonly #callByKey = new Map<string, PartialToolCall>();
  readonly #room: FieldRoom;
  #checkedChars = 0;

  constructor(room: FieldRoom) {
    this.#room = room;
  }

  /** Adds the pieces of one chunk. Anything that is no list of pieces is ignored. */
  add(deltas: unknown): void {
    if (!Array.isArray(deltas)) return;
    for (const [position, delta] of deltas.entries()) {
      if (isRecord(delta)) this.#addFragment(readFragment(delta), position);
    }
  }

  /** Lists the calls that have a name. Each gets an id, and `{}` in place of no arguments. */
  listCalls(): readonly AssembledCall[] {
    return this.#calls
      .filter((call) => call.name !== '')
      .map(({ id, name, json, ofCall, ofFunction }) => ({
        id: id === '' ? createCallId() : id,
        name,
        argumentsJson: json.trim() === '' ? '{}' : unwrapJson(json),
        call: ofCall?.fields ?? {},
        function: ofFunction?.fields ?? {},
      }));
  }

  #addFragment(fragment: Fragment, position: number) {
    const { id, index, name } = fragment;
    const isCrumb = typeof index !== 'number' && id === '' && name === '';
    const newestCall = isCrumb ? this.#calls.at(-1) : undefined;
    if (newestCall) return this.#addPieces(newestCall, fragment);
    // Servers send `index` missing or always 0, `id` empty, and a call whole or in crumbs.
    const unnumberedKey = id === '' ? `place ${position}` : `id ${id}`;
    const key = typeof index === 'number' ? `index ${index}` : unnumberedKey;
    const lastCall = this.#callByKey.get(key);
    const call =
      lastCall && !this.#startsNewCall(lastCall, fragment)
        ? lastCall
        : this.#beginCall(key);
    call.id ||= id;
    call.name ||= name;
    this.#addPieces(call, fragment);
  }

  #addPieces(call: PartialToolCall, { delta, json }: Fragment) {
    // Longer arguments fit no tool.
    if (call.json.length <= toolArgumentLimits.bytes) call.json += json;
    call.ofCall = addUnknownFields(call.ofCall, this.#room, delta, 'call');
    const callFields = toRecord(delta.function);
    call.ofFunction = addUnknownFields(
      call.ofFunction,
      this.#room,
      callFields,
      'function',
    );
  }

  #beginCall(key: string) {
    const call: PartialToolCall = { id: '', name: '', json: '' };
    this.#calls.push(call);
    this.#callByKey.set(key, call);
    return call;
  }

  #startsNewCall(call: PartialToolCall, { id, name, json }: Fragment) {
    if (id !== '' && call.id !== '') return id !== call.id;
    if (name === '' || json === '') return false;
    this.#checkedChars += call.json.length;
    return this.#checkedChars <= maxCheckedChars && isJson(call.json);
  }
}

/** Fields that are read here. Those of a message include one that answers have and requests have not. */
const knownFields = {
  message: 'role content refusal audio annotations tool_calls function_call'.split(' '),
  call: ['index', 'id', 'type', 'function'],
  function: ['name', 'arguments'],
};

/**
 * Adds the fields that nobody here knows to an assembler, which is made for the first of them. Those of a whole message
 * repeat those of its deltas.
 */
function addUnknownFields(
  assembler: FieldAssembler | undefined,
  room: FieldRoom,
  fields: ChunkFields,
  place: keyof CallFields,
  isWhole: boolean = false,
): FieldAssembler | undefined {
  const known = knownFields[place];
  const unknown = Object.entries(fields).filter(([name]) => !known.includes(name));
  if (unknown.length === 0) return assembler;
  const adding = assembler ?? new FieldAssembler(room);
  if (isWhole) adding.addMissing(Object.fromEntries(unknown));
  else adding.add(Object.fromEntries(unknown));
  return adding;
}

/** Returns whether a text is JSON within the limits of tool arguments. */
export function isJson(text: string): boolean {
  return tryParseForeignJson(text, toolArgumentLimits) !== undefined;
}

function unwrapJson(json: string) {
  // Some servers encode arguments twice.
  const value = tryParseForeignJson(json, toolArgumentLimits);
  return typeof value === 'string' && isJson(value) ? value : json;
}

function readFragment(delta: ChunkFields): Fragment {
  const { id, index, function: callFields } = delta;
  const { name, arguments: json } = toRecord(callFields);
  return {
    delta,
    index,
    id: toNonEmptyText(id) ?? '',
    name: toNonEmptyText(name) ?? '',
    json: isRecord(json) ? JSON.stringify(json) : (toNonEmptyText(json) ?? ''),
  };
}

/** `reasoning_content`, `reasoning`, `thinking` and their like. */
const thoughtField = /reason|think|thought/i;

const endKinds = new Map(
  Object.values(streamEnds).flatMap((reasons) => Object.entries(reasons)),
);

/**
 * Reads the chunks of one streamed chat completion, and trusts none to have its fields.
 *
 * Reasoning is dropped. The stream ended well if the server sent a `finish_reason` that ends an answer, or `[DONE]`,
 * or called tools. One in sound may end with `expires_at`.
 */
export class ChatStream {
  readonly #by: ServedBy;
  readonly #words: AnswerWords;
  readonly #server: object;
  readonly #calls: ToolCallAssembler;
  readonly #room: FieldRoom = { ...maxFieldCharacters };
  /** Fields of the message that nobody here knows. */
  #fields: FieldAssembler | undefined;
  /** Kind of the reason that the server gave for the end. */
  #finish: string | undefined;
  #usage: Usage | undefined;
  #hasBegun = false;
  #hasDeltas = false;
  #isDone = false;
  #hasSound = false;
  #hasThoughts = false;

  /** Reads an answer of `server`, which alone gets back the fields that nobody here knows. */
  constructor(by: ServedBy, options: AnswerTextOptions, server: object) {
    this.#by = by;
    this.#server = server;
    this.#calls = new ToolCallAssembler(this.#room);
    this.#words = new AnswerWords(options);
  }

  /** Whether the answer ended well, so that a later error concerns nobody. */
  get isFinished(): boolean {
    // KoboldCpp sends [DONE] after a reason that tells of a failure.
    const isDone = this.#isDone && (this.#words.hasWords || this.#hasSound);
    return (this.#finish || isDone || 'failed') !== 'failed' || this.#words.hasEnded;
  }

  /** Whether nothing that follows can be part of the answer, so that reading may end. */
  get isOver(): boolean {
    return this.#words.isOver;
  }

  /** Returns whether the server may have lost the words of an empty answer, which is then retried. */
  get isLost(): boolean {
    const isLostEnd = /^(?:whole|malformed)$/.test(this.#finish ?? '');
    return !this.#hasBegun || isLostEnd || this.#isDone;
  }

  /** Whether the server cut the answer at its longest length. */
  get isCut(): boolean {
    return this.#finish === 'cut';
  }

  /** Whether the model thought in a field beside its words. */
  get hasThoughts(): boolean {
    return this.#hasThoughts;
  }

  /** Faults of the server that show in this answer. */
  get faults(): readonly TextFault[] {
    return this.#words.faults;
  }

  /** The newest usage that the server has reported. */
  get usage(): Usage | undefined {
    return this.#usage && { ...this.#usage, by: this.#by };
  }

  /** Notes that the server sent `[DONE]`. */
  markDone(): void {
    this.#isDone = true;
  }

  /** Yields the parts that a chunk completes. */
  *add(chunk: unknown): Generator<ChatPart> {
    const { choices, usage } = toRecord(chunk);
    const choice = toRecord(Array.isArray(choices) ? choices[0] : undefined);
    const { finish_reason, message, text } = choice;
    const delta = toRecord(choice.delta);
    this.#hasBegun ||= (choice.delta ?? message ?? text) !== undefined;
    this.#hasDeltas ||= Boolean(delta.content);
    this.#hasThoughts ||= Object.entries(delta).some(
      ([name, value]) => thoughtField.test(name) && Boolean(value),
    );
    // Some servers send `message` or `text` instead of `delta`, others once more at the end.
    const wholeMessage = toRecord(
      this.#hasDeltas ? undefined : (message ?? { content: text }),
    );
    this.#calls.add(delta.tool_calls ?? wholeMessage.tool_calls);
    this.#addFields(delta, false);
    this.#addFields(toRecord(message), this.#hasDeltas || isRecord(choice.delta));
    if (delta.function_call)
      this.#calls.add([{ index: 0, function: delta.function_call }]);
    // Some servers send a count with every chunk, and the last one is the total.
    this.#usage = toReportedTokens(usage) ?? this.#usage;
    const content = toText(delta.content ?? wholeMessage.content);
    const isSound = listModalities(chunk).includes('audio');
    yield* isSound
      ? this.#addSound({ data: content })
      : this.#words.push('text', content + toText(delta.refusal));
    yield* this.#addSound(toRecord(delta.audio ?? wholeMessage.audio));
    this.#noteEnd(toText(finish_reason).toLowerCase());
  }

  #noteEnd(reason: string) {
    this.#finish ??= malformedCallReason.test(reason)
      ? 'malformed'
      : endKinds.get(reason);
  }

  /**
   * Yields the text held back, the usage, and the calls. Throws BotError `provider.truncated` or `provider.empty`.
   */
  *end(server: string, mayBeSilent: boolean): Generator<ChatPart> {
    yield* this.release(this.isCut);
    if (this.usage) yield { kind: 'usage', usage: this.usage };
    const calls = this.#listCalls();
    if (!this.isFinished && calls.length === 0)
      throw createTruncatedError(this.#hasBegun, server);
    const isEmpty = !this.#words.hasWords && !this.#hasSound && calls.length === 0;
    if (isEmpty && !(mayBeSilent && this.#finish === 'whole'))
      throw this.#createEmptyError(server);
    for (const call of calls) yield { kind: 'tool', call };
    if (this.isCut) yield { kind: 'cut' };
  }

  /** Yields the text held back. `isCut` means that the answer broke off here. */
  *release(isCut: boolean = true): Generator<ChatPart> {
    yield* this.#words.release(isCut);
  }

  #addFields(fields: ChunkFields, isWhole: boolean) {
    this.#fields = addUnknownFields(
      this.#fields,
      this.#room,
      fields,
      'message',
      isWhole,
    );
  }

  #listCalls(): readonly ToolCall[] {
    const writtenCalls = this.#words.listCalls().map((call) => {
      return { ...call, call: {}, function: {} };
    });
    const ids = new Set<string>();
    return [...this.#calls.listCalls(), ...writtenCalls].map(
      ({ call, function: ofFunction, id: sentId, ...rest }, n): ToolCall => {
        // Two results cannot have one id.
        const id = ids.has(sentId) ? createCallId() : sentId;
        ids.add(id);
        const known = { id, ...rest };
        const message = (n === 0 && this.#fields?.fields) || {};
        const fields = { message, call, function: ofFunction };
        const isPlain = Object.values(fields).every(
          (each) => Object.keys(each).length === 0,
        );
        if (isPlain) return known;
        return { ...known, returned: new ReturnedFields(this.#server, fields) };
      },
    );
  }

  #createEmptyError(server: string) {
    const isLost = this.faults.some(
      (fault) => typeof fault === 'object' && 'parser' in fault,
    );
    const reason =
      {
        cut: 'it used all its tokens for thinking',
        filtered: 'its content filter took it back',
        malformed: malformedCallText,
      }[this.#finish ?? ''] ??
      (isLost
        ? 'a call of a tool as text that cannot be read'
        : 'only thoughts, or a lost call');
    const message = `${server} sent an answer without words: ${reason}.`;
    return new BotError('provider.empty', false, message);
  }

  *#addSound({ data, transcript, expires_at }: ChunkFields): Generator<ChatPart> {
    const words = toText(transcript);
    const isLast = typeof expires_at === 'number' && !data && words === '';
    if (isLast && this.#hasSound) this.#finish ??= 'whole';
    yield* this.#words.push('transcript', words);
    const bytes = Buffer.from(toNonEmptyText(data) ?? '', 'base64');
    if (bytes.length === 0) return;
    this.#hasSound = true;
    yield { kind: 'sound', bytes };
  }
}

/** Gemini ends an answer like this if its model wrote a call that is none: "function_call_filter: MALFORMED_FUNCTION_CALL". */
const malformedCallReason = /malformed|unexpected_tool_call|invalid_tool_call/;
const malformedCallText = 'its model wrote a malformed call of a tool';

/** Returns whether an answer failed only because the model wrote a malformed call. The next try may well succeed. */
export function isMalformedCall(error: unknown): boolean {
  return (
    error instanceof BotError &&
    error.code === 'provider.empty' &&
    error.message.includes(malformedCallText)
  );
}

/** Lists the modalities of a chunk. vLLM-Omni marks the chunk, other servers may mark the choice or the delta. */
function listModalities(chunk: unknown): readonly unknown[] {
  const { choices } = toRecord(chunk);
  const choice = toRecord(Array.isArray(choices) ? choices[0] : undefined);
  return [chunk, choice, choice.delta].map((part) => toRecord(part).modality);
}

type ChunkFields = Readonly<Record<string, unknown>>;

/** A tool call as chat completions write it. */
export type ApiToolCall = {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
};

/** Converts a call to the form of chat completions. */
export function toApiToolCall({ argumentsJson, id, name }: ToolCall): ApiToolCall {
  return { id, type: 'function', function: { name, arguments: argumentsJson } };
}

/** Converts a whole completion into the chunks of a stream. Throws BotError `provider.wrong_type`. */
export function toChunks(completion: unknown): readonly unknown[] {
  const { choices, usage } = toRecord(completion);
  if (!Array.isArray(choices)) {
    const refusal = findAnswerRefusal(completion);
    if (refusal) throw refusal;
    const serverMessage = findErrorText(completion)?.slice(0, 120) ?? 'no answer';
    const text = 'The server answered with JSON that contains no answer.';
    throw new BotError('provider.wrong_type', false, text, undefined, undefined, {
      serverMessage,
    });
  }
  const { message: delta, finish_reason } = toRecord(choices[0]);
  // JSON comes whole: where its reason is missing or unknown, the second one counts.
  const end = { finish_reason: 'stop' };
  return [{ choices: [{ delta, finish_reason }], usage }, { choices: [end] }];
}

function createTruncatedError(hasBegun: boolean, server: string) {
  if (!hasBegun)
    return new BotError('provider.empty', true, `${server} sent an empty answer.`);
  return new BotError('provider.truncated', true, `${server} ended its answer early.`);
}

function toText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (typeof content === 'number' || typeof content === 'boolean') return `${content}`;
  // Some servers send a list of parts, and think in parts that are no text.
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => {
      const { text, type } = toRecord(part);
      return type === 'text' ? toText(text) : '';
    })
    .join('');
}
