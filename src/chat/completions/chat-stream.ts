import { BotError } from '#src/base/errors.ts';
import { fieldsOf, foreignJson, isRecord, textIn, toolArgumentLimits } from '#src/base/json.ts';
import type { ChatPart, ToolCall, Usage } from '#src/chat/ports.ts';
import { wordsOf } from '#src/provider/models/error-phrases.ts';
import type { ServedBy } from '#src/provider/models/models.ts';
import { reportedTokens } from '#src/provider/models/request-hold.ts';

/** One piece of a tool call as servers stream it; any field may be missing, empty or repeated. */
type Fragment = {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly json: string;
};

type PartialToolCall = { id: string; name: string; json: string };

/** Limit of characters of arguments that are searched for their end in one answer: each piece may start a new search. */
const mostCheckedChars = 4 * 2 ** 20;

/**
 * Puts streamed tool calls together.
 *
 * Sources differ (`index` missing or always 0, `id` empty, a call whole or in crumbs), so a piece belongs to the
 * last call of its key, `index` or else `id` or else its place, unless it can only be a new one.
 */
class ToolCalls {
  readonly #calls: PartialToolCall[] = [];
  readonly #byKey = new Map<string, PartialToolCall>();
  #checkedChars = 0;

  /** `deltas` is `delta.tool_calls` as it came from the server, checked here. */
  add(deltas: unknown): void {
    if (!Array.isArray(deltas)) return;
    for (const [place, delta] of deltas.entries()) {
      const fragment = readFragment(delta);
      if (fragment) this.#join(fragment, keyOf(fragment, place));
    }
  }

  /** Every call that has a name, in order of appearance. `argumentsJson` is not checked to be JSON. */
  collected(): readonly ToolCall[] {
    return this.#calls
      .filter((call) => call.name !== '')
      .map(({ id, name, json }, place) => ({
        id: id === '' ? `call_${place}` : id,
        name,
        argumentsJson: json.trim() === '' ? '{}' : json,
      }));
  }

  #join(fragment: Fragment, key: string): void {
    let call = this.#byKey.get(key);
    if (!call || this.#startsAnew(call, fragment)) {
      call = { id: '', name: '', json: '' };
      this.#calls.push(call);
      this.#byKey.set(key, call);
    }
    if (call.id === '') call.id = fragment.id;
    if (call.name === '') call.name = fragment.name;
    if (call.json.length <= toolArgumentLimits.bytes) call.json += fragment.json; // longer ones fit no tool
  }

  #startsAnew(call: PartialToolCall, { id, name, json }: Fragment): boolean {
    if (id !== '' && call.id !== '') return id !== call.id;
    if (name === '' || json === '') return false;
    this.#checkedChars += call.json.length;
    return this.#checkedChars <= mostCheckedChars && isJson(call.json);
  }
}

function keyOf({ index, id }: Fragment, place: number): string {
  if (index !== undefined) return `index ${index}`;
  return id === '' ? `place ${place}` : `id ${id}`;
}

/** Whether the arguments of a call are whole. */
export function isJson(text: string): boolean {
  return foreignJson(text, toolArgumentLimits) !== undefined;
}

function readFragment(delta: unknown): Fragment | undefined {
  if (!isRecord(delta)) return undefined;
  const part = isRecord(delta.function) ? delta.function : {};
  const { index } = delta;
  return {
    index: typeof index === 'number' ? index : undefined,
    id: textIn(delta.id) ?? '',
    name: textIn(part.name) ?? '',
    json: jsonOf(part.arguments),
  };
}

function jsonOf(value: unknown): string {
  return isRecord(value) ? JSON.stringify(value) : (textIn(value) ?? '');
}

/** Longest tag is `</thinking>`; a tail that could still become one is held back. */
const tag = /<(\/?)think(?:ing)?>/i;
const partialTag = /<(?:\/?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?$/i;

/**
 * Drops text between `<think>` and `</think>`, also where the tags are cut by pieces.
 *
 * The white space after a closing tag goes too. Of a closing tag without an opening one only the tag is dropped.
 */
class ThinkFilter {
  #held = '';
  #thinking = false;
  #trimming = true;

  /** Text that may be shown so far, beyond the text returned before. */
  push(text: string): string {
    this.#held += text;
    let shown = '';
    for (let found = tag.exec(this.#held); found; found = tag.exec(this.#held)) {
      shown += this.#show(this.#held.slice(0, found.index));
      this.#thinking = found[1] === '';
      this.#trimming = true;
      this.#held = this.#held.slice(found.index + found[0].length);
    }
    const safe = this.#held.length - (partialTag.exec(this.#held)?.[0].length ?? 0);
    shown += this.#show(this.#held.slice(0, safe));
    this.#held = this.#held.slice(safe);
    return shown;
  }

  /** The rest, once the model has finished. A thought that was never closed is not shown. */
  flush(): string {
    const rest = this.#show(this.#held);
    this.#held = '';
    return rest;
  }

  #show(text: string): string {
    if (this.#thinking) return '';
    const shown = this.#trimming ? text.trimStart() : text;
    if (shown !== '') this.#trimming = false;
    return shown;
  }
}

type ChunkFields = Readonly<Record<string, unknown>>;

/**
 * Reads the chunks of one streamed chat completion, none of which is trusted to have its fields.
 *
 * Reasoning is dropped, tool calls are gathered until the end. The stream has ended well only if the server said so
 * by a `finish_reason`, or called tools; one in sound also by a last `expires_at`, or by `[DONE]`.
 */
export class ChatStream {
  readonly #think = new ThinkFilter();
  readonly #spokenThink = new ThinkFilter();
  readonly #calls = new ToolCalls();
  #finish: string | undefined;
  #usage: Usage | undefined;
  #began = false;
  #isDone = false;
  #hasWords = false;
  #hasSound = false;
  readonly #by: ServedBy;

  constructor(by: ServedBy) {
    this.#by = by;
  }

  /** Whether the server has said that the answer is whole. */
  get finished(): boolean {
    return this.#finish !== undefined || (this.#isDone && this.#hasSound);
  }

  /** The server wrote `[DONE]`; chunks before it may still be on their way here. */
  done(): void {
    this.#isDone = true;
  }

  *add(chunk: unknown): Generator<ChatPart> {
    const { choices, usage } = fieldsOf(chunk);
    const choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
    const delta = fieldsOf(choice.delta);
    if (choice.delta !== undefined) this.#began = true;
    this.#calls.add(delta.tool_calls);
    // Some servers count aloud with every chunk: the last count is the whole.
    this.#usage = readUsage(usage) ?? this.#usage;
    const text = contentOf(delta.content) + contentOf(delta.refusal);
    yield* this.#shown('text', this.#think.push(text));
    yield* this.#heard(fieldsOf(delta.audio));
    if (typeof choice.finish_reason === 'string') this.#finish ??= choice.finish_reason;
  }

  /** Gives the text held back, the usage, and the calls. Errors: BotError `provider.truncated`, `provider.empty`. */
  *end(server: string): Generator<ChatPart> {
    yield* this.#shown('text', this.#think.flush());
    yield* this.#shown('transcript', this.#spokenThink.flush());
    if (this.#usage) yield { kind: 'usage', usage: { ...this.#usage, by: this.#by } };
    const calls = this.#calls.collected();
    if (!this.finished && calls.length === 0) throw cutShort(this.#began, server);
    const isEmpty = !this.#hasWords && !this.#hasSound && calls.length === 0;
    if (isEmpty && this.#finish !== 'stop') {
      const why = this.#finish === 'length' ? 'it used all its tokens for thinking' : this.#finish;
      throw new BotError(
        'provider.empty',
        false,
        `${server} sent an answer without words: ${why}.`,
      );
    }
    for (const call of calls) yield { kind: 'tool', call };
    if (this.#finish === 'length') yield { kind: 'cut' };
  }

  *#heard({ data, transcript, expires_at }: ChunkFields): Generator<ChatPart> {
    const isLast = typeof expires_at === 'number' && !data && !transcript;
    if (isLast && this.#hasSound) this.#finish ??= 'stop';
    if (typeof transcript === 'string')
      yield* this.#shown('transcript', this.#spokenThink.push(transcript));
    const bytes = Buffer.from(textIn(data) ?? '', 'base64');
    if (bytes.length === 0) return;
    this.#hasSound = true;
    yield { kind: 'sound', bytes };
  }

  *#shown(kind: 'text' | 'transcript', text: string): Generator<ChatPart> {
    if (text === '') return;
    this.#hasWords = true;
    yield { kind, text };
  }
}

/** A call as chat completions hold it. */
export function callField({ argumentsJson, id, name }: ToolCall) {
  return { id, type: 'function' as const, function: { name, arguments: argumentsJson } };
}

/** An answer in one piece, as a stream of one chunk. Errors: BotError `provider.wrong_type`. */
export function completionAsChunk(completion: unknown): readonly unknown[] {
  const { choices, usage } = fieldsOf(completion);
  if (!Array.isArray(choices)) throw noAnswer(completion);
  const { message, finish_reason } = fieldsOf(choices[0]);
  return [{ choices: [{ delta: message, finish_reason: finish_reason ?? 'stop' }], usage }];
}

function noAnswer(completion: unknown): BotError {
  const serverWords = wordsOf(completion)?.slice(0, 120) ?? 'no answer';
  const message = 'The server answered with JSON that contains no answer.';
  return new BotError('provider.wrong_type', false, message, undefined, undefined, { serverWords });
}

function cutShort(began: boolean, server: string): BotError {
  if (!began) return new BotError('provider.empty', true, `${server} sent an empty answer.`);
  return new BotError('provider.truncated', true, `${server} ended its answer early.`);
}

/** Text, or the text parts of servers that send a list (and think in the others). */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map(fieldsOf)
    .map(({ type, text }) => (type === 'text' && textIn(text)) || '')
    .join('');
}

/** Undefined for invalid usage: then it is counted by length. */
function readUsage(usage: unknown): Usage | undefined {
  const counts = fieldsOf(usage);
  const { prompt_tokens_details: asked, completion_tokens_details: answered } = counts;
  return reportedTokens(counts.prompt_tokens, counts.completion_tokens, asked, answered);
}
