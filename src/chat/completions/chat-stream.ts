import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import type { ChatPart, Usage } from '#src/chat/ports.ts';
import { wordsOf } from '#src/provider/models/error-phrases.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { reportedTokens } from '#src/provider/models/usage-reading.ts';
import { ThinkFilter } from './think-filter.ts';
import { ToolCalls } from './tool-calls.ts';

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
