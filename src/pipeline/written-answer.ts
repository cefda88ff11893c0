import { addFailureStage, BotError } from '#src/base/errors.ts';
import type {
  ChatMessage,
  ChatModel,
  SentFields,
  Tool,
  ToolCall,
  WrittenPart,
} from '#src/chat/chat-model.ts';
import { isJson } from '#src/chat/completions/chat-stream.ts';
import { isReportedUsage } from '#src/chat/metered-chat.ts';
import { ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
import { findAsides } from '#src/chat/text/speakable.ts';
import type {
  AnswerHost,
  AnswerSound,
  DoneCall,
  ReplyPart,
  ToolResult,
} from './pipeline.ts';

/** Splits a written text into clauses, and adds the notice after the first with an unspeakable passage. */
export class ClauseWriter {
  readonly #splitter = new ClauseSplitter({ isEager: true });
  #unsaidNotice: AnswerSound['asideNotice'];

  constructor(notice: AnswerSound['asideNotice']) {
    this.#unsaidNotice = notice;
  }

  /** Adds text, and returns the clauses that it completes. */
  push(text: string): string[] {
    return this.#addNotice(this.#splitter.push(text));
  }

  /** Returns the text that is left as clauses. More text may follow, as after a call of a tool. */
  flush(): string[] {
    return this.#addNotice(this.#splitter.flush());
  }

  #addNotice(clauses: string[]) {
    if (this.#unsaidNotice === undefined) return clauses;
    const index = clauses.findIndex((clause) => findAsides(clause).length > 0);
    if (index < 0) return clauses;
    clauses.splice(index + 1, 0, this.#unsaidNotice);
    this.#unsaidNotice = undefined;
    return clauses;
  }
}

/** Finds the passages of a whole answer that are read and not heard: links, code, tables and formulas. */
export function findAside(
  answer: string,
): Extract<ReplyPart, { kind: 'aside' }> | undefined {
  const text = findAsides(answer).join('\n');
  return text === '' ? undefined : { kind: 'aside', text };
}

/** Number of rounds with tools. After these rounds the model is asked without tools, and must say something. */
export const maxToolRounds = 4;
const maxCallsPerRound = 8;

/** A request for a written answer, in as many rounds as its tools need. */
export type WrittenAnswerRequest = {
  readonly chat: ChatModel;
  readonly prompt: readonly ChatMessage[];
  /** Retold as a round of tools before the first. */
  readonly done?: readonly DoneCall[];
  readonly tools: readonly Tool[];
  readonly sent?: SentFields;
  readonly host: Pick<AnswerHost, 'run'>;
};

/**
 * Writes an answer, and runs the tools that the model calls between its rounds, except those of a program. A call
 * is yielded before it runs. A tool's BotError goes to the model. Throws BotError `provider.*`.
 */
export async function* writeAnswer(
  { chat, prompt, done = [], tools, sent, host: toolHost }: WrittenAnswerRequest,
  signal: AbortSignal,
): AsyncGenerator<WrittenPart> {
  const messages = [...prompt, ...toToolMessages(done)];
  for (let rounds = 0; ; rounds++) {
    const offered = rounds < maxToolRounds ? tools : [];
    const { content, calls } = yield* writeRound(chat, messages, offered, sent, signal);
    if (calls.length === 0) return;
    if (content !== '' && !sent) yield { kind: 'text', text: ' ' };
    for (const call of calls) yield { kind: 'tool', call };
    if (sent) return;
    messages.push({ role: 'assistant', content, calls });
    messages.push(...(await runCalls(calls, toolHost, signal)));
  }
}

function toToolMessages(done: readonly DoneCall[]): readonly ChatMessage[] {
  if (done.length === 0) return [];
  const calls = done.map(({ call }) => call);
  const results = done.map(({ call, content, lines }): ChatMessage => {
    return { role: 'tool', callId: call.id, content, lines };
  });
  // Another answer made the calls, and what came with them is gone.
  return [{ role: 'assistant', content: '', calls, isRetold: true }, ...results];
}

async function* writeRound(
  chat: ChatModel,
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  sent: SentFields | undefined,
  signal: AbortSignal,
): AsyncGenerator<
  WrittenPart,
  { readonly content: string; readonly calls: readonly ToolCall[] }
> {
  const round: { content: string; readonly calls: ToolCall[] } = {
    content: '',
    calls: [],
  };
  const { calls } = round;
  try {
    for await (const part of chat.reply(
      messages,
      tools,
      signal,
      undefined,
      undefined,
      sent,
    )) {
      if (part.kind === 'text') round.content += part.text;
      if (part.kind === 'tool') calls.push(part.call);
      const isReported = part.kind === 'usage' && isReportedUsage(part.usage);
      if (part.kind === 'text' || part.kind === 'cut' || isReported) yield part;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw addFailureStage('think', error);
  }
  signal.throwIfAborted();
  const { content } = round;
  if (sent) return { content, calls };
  return { content, calls: tools.length > 0 ? calls.slice(0, maxCallsPerRound) : [] };
}

async function runCalls(
  calls: readonly ToolCall[],
  toolHost: WrittenAnswerRequest['host'],
  signal: AbortSignal,
): Promise<readonly ChatMessage[]> {
  return await Promise.all(
    calls.map(async (call): Promise<ChatMessage> => {
      const result = await runCall(call, toolHost, signal);
      return { role: 'tool', callId: call.id, ...result };
    }),
  );
}

async function runCall(
  call: ToolCall,
  toolHost: WrittenAnswerRequest['host'],
  signal: AbortSignal,
): Promise<ToolResult> {
  if (!isJson(call.argumentsJson))
    return { content: 'Error: the arguments are not valid JSON.' };
  try {
    const result = await toolHost.run(call, signal);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BotError)
      return { content: `Error: ${call.name} failed (${error.code}).` };
    throw error;
  }
}
