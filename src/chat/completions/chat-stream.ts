import { BotError } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import type { ChatPart, Usage } from '#src/chat/ports.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { reportedTokens } from '#src/provider/models/usage-reading.ts';
import { ThinkFilter } from './think-filter.ts';
import { ToolCalls } from './tool-calls.ts';

type Choice = { readonly delta?: unknown; readonly finish_reason?: unknown };

/**
 * Reads the chunks of one streamed chat completion, none of which is trusted to have its fields.
 *
 * Reasoning is dropped, tool calls are gathered until the end. The stream has ended well only if the server said so
 * by a `finish_reason`, or called tools.
 */
export class ChatStream {
  readonly #think = new ThinkFilter();
  readonly #calls = new ToolCalls();
  #finish: string | undefined;
  #usage: Usage | undefined;
  #began = false;
  #spoke = false;
  readonly #by: ServedBy;

  constructor(by: ServedBy) {
    this.#by = by;
  }

  /** Whether the server has said that the answer is whole. */
  get finished(): boolean {
    return this.#finish !== undefined;
  }

  add(chunk: unknown): readonly ChatPart[] {
    const { choices, usage } = fieldsOf(chunk);
    const choice: Choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
    const delta = fieldsOf(choice.delta);
    if (choice.delta !== undefined) this.#began = true;
    this.#calls.add(delta.tool_calls);
    const text = this.#think.push(contentOf(delta.content) + contentOf(delta.refusal));
    if (typeof choice.finish_reason === 'string') this.#finish ??= choice.finish_reason;
    // Some servers count aloud with every chunk: the last count is the whole.
    this.#usage = readUsage(usage) ?? this.#usage;
    return this.#shown(text);
  }

  /** Gives the text held back, the usage, and the calls. Errors: BotError `provider.truncated`, `provider.empty`. */
  *end(server: string): Generator<ChatPart> {
    yield* this.#shown(this.#think.flush());
    if (this.#usage) yield { kind: 'usage', usage: { ...this.#usage, by: this.#by } };
    const calls = this.#calls.collected();
    if (this.#finish === undefined && calls.length === 0) throw cutShort(this.#began, server);
    if (this.#finish !== 'stop' && calls.length === 0 && !this.#spoke) {
      const why = this.#finish === 'length' ? 'it used all its tokens for thinking' : this.#finish;
      throw new BotError(
        'provider.empty',
        false,
        `${server} sent an answer without words: ${why}.`,
      );
    }
    for (const call of calls) yield { kind: 'tool', call };
  }

  #shown(text: string): readonly ChatPart[] {
    if (text === '') return [];
    this.#spoke = true;
    return [{ kind: 'text', text }];
  }
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
    .map(({ type, text }) => (type === 'text' && typeof text === 'string' ? text : ''))
    .join('');
}

/** Undefined for invalid usage: then it is counted by length. */
function readUsage(usage: unknown): Usage | undefined {
  const counts = fieldsOf(usage);
  const { prompt_tokens_details: asked, completion_tokens_details: answered } = counts;
  return reportedTokens(counts.prompt_tokens, counts.completion_tokens, asked, answered);
}
