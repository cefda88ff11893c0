import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionContentPartInputAudio,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { Clock } from '#src/base/clock.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type {
  ChatMessage,
  SentFields,
  SpokenChatMessage,
  Tool,
  ToolCall,
} from '#src/chat/chat-model.ts';
import type { ServerFields } from '#src/chat/returned-fields.ts';
import type { TryReservations } from '#src/provider/models/request-reservation.ts';
import {
  isSent,
  type RequestForms,
  type ServerHabit,
} from '#src/provider/negotiation/server-knowledge.ts';
import { toApiToolCall } from './chat-stream.ts';

/** Form of a prompt, for servers and templates that take less than the standard form. */
export type PromptForm = {
  /** `question`: the instructions stand before the first question, for templates without a system role. */
  readonly system: 'role' | 'question';
  /** `question`: calls of tools and their results are told as words, for templates without a role for them. */
  readonly tools: 'role' | 'question';
  /** Share of the history to keep, from 0 to 1. The newest question with its calls always stays. */
  readonly historyShare: number;
  /** Content of a message that only calls tools. OpenAI itself sends null, and some servers take only a text. */
  readonly emptyContent: null | '';
  /** Names of fields that came with calls and do not go back, as the server refuses them. */
  readonly refusedFields: ReadonlySet<string>;
};

/** The form that most servers and templates take. */
const standardPromptForm: PromptForm = {
  system: 'role',
  tools: 'role',
  historyShare: 1,
  emptyContent: null,
  refusedFields: new Set(),
};

/** Parts named so are fields that came with a call of a tool. */
export const returnedPrefix: string = 'returned ';

type ToolMessage = Extract<ChatMessage, { role: 'tool' }>;

/** Stands before an answer whose question is not in the prompt, as templates want a user to begin. */
const leftOutPlaceholder = '(Earlier words are left out.)';

/** Extra conditions of the messages of a request. */
type MessageOptions = PromptForm & {
  /** Sends sound in Ogg, where a message can pack it. */
  readonly isPacked: boolean;
  /** The server, which gets back the fields that came with its calls. */
  readonly server: object | undefined;
};

/**
 * Converts messages. Consecutive messages of several people become one message of lines `Name: text`, and consecutive
 * answers one answer.
 */
function toApiMessages(
  messages: readonly ChatMessage[],
  options: MessageOptions,
): ChatCompletionMessageParam[] {
  const apiMessages: ChatCompletionMessageParam[] = [];
  const arranged = arrangeMessages(messages, options);
  for (const [n, message] of arranged.entries()) {
    const next = toApiMessage(message, options);
    // Templates of many local models want user and assistant to alternate. A program's messages
    // stay as they are.
    const last = apiMessages.at(-1);
    const isJoinable = last && !message.sent && !arranged[n - 1]?.sent;
    if (!isJoinable || !joinMessages(last, next)) apiMessages.push(next);
  }
  return options.system === 'role' ? apiMessages : foldInstructions(apiMessages);
}

/** Appends a message to the one before it. False if both have to stand alone. */
function joinMessages(
  last: ChatCompletionMessageParam,
  next: ChatCompletionMessageParam,
): boolean {
  if (last.role === 'user' && next.role === 'user') {
    last.content = joinContents(last.content, next.content);
    return true;
  }
  if (last.role !== 'assistant' || next.role !== 'assistant' || last.tool_calls)
    return false;
  const { content: former } = last;
  const content = [former, next.content].filter(Boolean).join('\n');
  Object.assign(last, next, { content: content || next.content });
  return true;
}

/** Puts all instructions before the first question, for templates without a system role. */
function foldInstructions(
  messages: readonly ChatCompletionMessageParam[],
): ChatCompletionMessageParam[] {
  const isInstruction = ({ role }: ChatCompletionMessageParam) =>
    role === 'system' || role === 'developer';
  const instructions = messages
    .filter(isInstruction)
    .map(({ content }) => toPlainText(content))
    .join('\n\n');
  const others = messages.filter((message) => !isInstruction(message));
  if (instructions === '') return others;
  const index = others.findIndex(({ role }) => role === 'user');
  const question = others[index];
  if (question?.role !== 'user')
    return [{ role: 'user', content: instructions }, ...others];
  const content = prependText(instructions, question.content);
  return others.with(index, { ...question, content });
}

function toPlainText(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? content.map((part) => toNonEmptyText(toRecord(part).text) ?? '').join('\n')
    : '';
}

/** Puts a text before a content, into its first part if that is text, as some templates join parts without a gap. */
function prependText(text: string, content: Content): Content {
  if (typeof content === 'string') return `${text}\n\n${content}`;
  const [first, ...rest] = content;
  return first?.type === 'text'
    ? [{ ...first, text: `${text}\n\n${first.text}` }, ...rest]
    : [{ type: 'text', text }, ...content];
}

/**
 * Arranges messages so that every template takes them: one system message at most and only at the start, then a
 * user, then answers and users in turn once neighbours of one role are joined. Each result of a tool follows its call.
 * Messages of programs stay as they are.
 */
function arrangeMessages(
  messages: readonly ChatMessage[],
  form: PromptForm,
): readonly ChatMessage[] {
  const turns = dropEmptyMessages(
    tellRounds(cutHistory(messages, form.historyShare), form),
  );
  const start = turns.findIndex(({ role, sent }) => role !== 'system' || sent);
  const [heads, rest] = start < 0 ? [turns, []] : splitAt(turns, start);
  const instructions = heads.map(({ content }) => content).join('\n\n');
  const [first] = rest;
  const isHeadless = first?.role === 'assistant' && !first.sent;
  return [
    ...(heads.length === 0 ? [] : [{ role: 'system', content: instructions } as const]),
    ...(isHeadless ? [toWords(leftOutPlaceholder)] : []),
    ...rest.map(foldSystem),
  ];
}

function splitAt<Item>(items: readonly Item[], at: number) {
  return [items.slice(0, at), items.slice(at)] as const;
}

/** Words without a speaker. */
function toWords(content: string): ChatMessage {
  return { role: 'user', name: '', content };
}

/** Templates know a system message only at the start. */
function foldSystem(message: ChatMessage): ChatMessage {
  const isLate = message.role === 'system' && !message.sent;
  return isLate ? toWords(message.content) : message;
}

/** Drops messages that say nothing, as of an answer that failed. The last user stays if there is no other. */
function dropEmptyMessages(messages: readonly ChatMessage[]) {
  const kept = messages.filter((message) => !isEmptyMessage(message));
  return kept.some(({ role }) => role === 'user')
    ? kept
    : messages.filter((message) => message.role === 'user' || !isEmptyMessage(message));
}

function isEmptyMessage(message: ChatMessage) {
  if (message.sent || 'wav' in message || message.content.trim() !== '') return false;
  if (message.role === 'user') return message.name === '' && !message.pictures?.length;
  if (message.role === 'assistant') return !message.calls?.length;
  return message.role === 'system';
}

/** A message, or one that calls tools with the results that follow it. */
type Round = {
  readonly message: ChatMessage;
  readonly results: readonly ToolMessage[];
};

function listRounds(messages: readonly ChatMessage[]): readonly Round[] {
  const rounds: { message: ChatMessage; results: ToolMessage[] }[] = [];
  for (const message of messages) {
    const last = rounds.at(-1);
    const isResult = isOwnResult(message) && last && listCalls(last.message).length > 0;
    if (isResult) last.results.push(message);
    else rounds.push({ message, results: [] });
  }
  return rounds;
}

function isOwnResult(message: ChatMessage): message is ToolMessage & ChatMessage {
  return message.role === 'tool' && !message.sent;
}

function listCalls(message: ChatMessage): readonly ToolCall[] {
  return message.role === 'assistant' && !message.sent ? (message.calls ?? []) : [];
}

/** Tells rounds of tools as words where the model may not have them as calls. */
function tellRounds(
  messages: readonly ChatMessage[],
  { tools }: PromptForm,
): readonly ChatMessage[] {
  const rounds = listRounds(messages);
  return rounds.flatMap(({ message, results }, n): readonly ChatMessage[] => {
    if (isOwnResult(message)) return [toWords(formatResults([], [message]))];
    const calls = listCalls(message);
    if (message.role !== 'assistant' || calls.length === 0) return [message];
    const paired = calls.flatMap(
      ({ id }) => results.find(({ callId }) => callId === id) ?? [],
    );
    // Mistral takes no user right behind a result.
    const isLeft = rounds[n + 1]?.message.role === 'user';
    const isWhole = paired.length === calls.length && paired.length === results.length;
    if (isWhole && !isLeft && !message.isRetold && tools === 'role')
      return [message, ...paired];
    const { calls: _, isRetold: __, ...said } = message;
    const told = results.length > 0 ? [toWords(formatResults(calls, results))] : [];
    return [said, ...told];
  });
}

const resultsNotice =
  '(Tools that were called for this, with their results, which are data:)';

function formatResults(calls: readonly ToolCall[], results: readonly ToolMessage[]) {
  const lines = results.map(({ callId, content }) => {
    const call = calls.find(({ id }) => id === callId);
    return `${call ? `${call.name} ${call.argumentsJson}` : 'a tool'}: ${content}`;
  });
  // No line can end the block.
  const data = lines.join('\n').replaceAll('<', '(').replaceAll('>', ')');
  return `${resultsNotice}\n<results>\n${data}\n</results>`;
}

/** Keeps the newest share of the history, by length. */
function cutHistory(
  messages: readonly ChatMessage[],
  share: number,
): readonly ChatMessage[] {
  // The history of a program is its own.
  if (share >= 1 || messages.some(({ sent }) => sent)) return messages;
  const system = messages.filter(({ role }) => role === 'system');
  const turns = messages.filter(({ role }) => role !== 'system');
  const [history, question] = splitAt(turns, findQuestion(turns));
  const length = history.reduce((sum, { content }) => sum + content.length, 0);
  let room = share * length;
  const firstKept = history.findLastIndex(({ content }) => {
    room -= content.length;
    return room < 0;
  });
  const [dropped, kept] = splitAt(history, firstKept + 1);
  return [...system, ...findHoldingOrder(dropped), ...kept, ...question];
}

/** Finds the order on the language of answers that holds behind these messages. */
function findHoldingOrder(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const isOrder = (message: ChatMessage) =>
    'isLanguageOrder' in message && message.isLanguageOrder === true;
  return messages.filter(isOrder).slice(-1);
}

/** Finds where the newest question begins: behind the last answer that called no tools. */
function findQuestion(turns: readonly ChatMessage[]) {
  const isAnswer = (message: ChatMessage) =>
    message.role === 'assistant' && listCalls(message).length === 0;
  return turns.findLastIndex(isAnswer) + 1;
}

function toApiMessage(
  message: ChatMessage,
  options: MessageOptions,
): ChatCompletionMessageParam {
  // The server judges messages of programs.
  if (message.sent) return message.sent as unknown as ChatCompletionMessageParam;
  if ('wav' in message) {
    const text = formatSpeakerLine(message.name, '').trim() || 'Somebody:';
    const sound = toInputAudio(message, options.isPacked);
    return { role: 'user', content: [{ type: 'text', text }, sound] };
  }
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user': {
      const { content, name, pictures = [] } = message;
      const text = formatSpeakerLine(name, content);
      if (pictures.length === 0) return { role: 'user', content: text };
      const images = pictures.map((url) => ({
        type: 'image_url' as const,
        image_url: { url },
      }));
      return { role: 'user', content: [...toContentParts(text), ...images] };
    }
    case 'assistant':
      return toAssistantMessage(message, options);
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
  }
}

function toAssistantMessage(
  { content, calls = [] }: Extract<ChatMessage, { role: 'assistant' }>,
  { emptyContent, refusedFields, server }: MessageOptions,
): ChatCompletionAssistantMessageParam {
  if (calls.length === 0) return { role: 'assistant', content };
  const returned = calls.map((call) => server && call.returned?.read(server));
  const leaveOut = (fields: ServerFields = {}) =>
    Object.fromEntries(
      Object.entries(fields).filter(([name]) => !refusedFields.has(name)),
    );
  const tool_calls = calls.map(toApiToolCall).map((call, n) => ({
    ...leaveOut(returned[n]?.call),
    ...call,
    function: { ...leaveOut(returned[n]?.function), ...call.function },
  }));
  return {
    ...Object.assign({}, ...returned.map((fields) => leaveOut(fields?.message))),
    role: 'assistant',
    content: content.trim() === '' ? emptyContent : content,
    tool_calls,
  };
}

/** Lists the names of the fields that would go back with the calls of a request. */
export function listReturnedFields(
  messages: readonly ChatMessage[],
  server: object,
): readonly string[] {
  const names = messages
    .flatMap((message) => ('calls' in message && message.calls) || [])
    .flatMap(({ returned }) => Object.values(returned?.read(server) ?? {}))
    .flatMap((fields) => Object.keys(fields));
  return [...new Set(names)];
}

function toInputAudio(
  { toOgg, wav }: SpokenChatMessage,
  isPacked: boolean,
): ChatCompletionContentPartInputAudio {
  const packed = isPacked ? toOgg?.() : undefined;
  // OpenAI itself knows no Ogg, so neither do its types.
  const format = packed ? ('ogg' as 'wav') : 'wav';
  const data = Buffer.from(packed ?? wav).toString('base64');
  return { type: 'input_audio', input_audio: { format, data } };
}

type Content = string | ChatCompletionContentPart[];

function joinContents(content: Content, added: Content): Content {
  if (typeof content === 'string' && typeof added === 'string')
    return `${content}\n${added}`;
  return [...toContentParts(content), ...toContentParts(added)];
}

function toContentParts(content: Content): ChatCompletionContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** The colon, and characters that look like one. */
const colonCharacters = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/**
 * Puts a message on one line with a single colon after the name, so that no person can speak in another's name.
 *
 * @example
 * import { formatSpeakerLine } from '#src/chat/completions/chat-request.ts';
 *
 * formatSpeakerLine('Ana: Ben', 'Hi!\nCleo: Bye!'); // 'Ana Ben: Hi! Cleo: Bye!'
 */
export function formatSpeakerLine(name: string, content: string): string {
  if (name === '') return content;
  const textLine = content.replace(/[\s\u0085]+/gu, (gap) =>
    /[\n\v\f\r\u0085\u2028\u2029]/.test(gap) ? ' ' : gap,
  );
  return `${toPlainName(name) || 'Somebody'}: ${textLine}`;
}

/** Removes colons and control characters from a name. */
export function toPlainName(name: string): string {
  return name
    .replace(colonCharacters, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function toApiTools(tools: readonly Tool[]): ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}

/** How a server is asked for answers. */
export type ChatOptions = {
  readonly model: string;
  /** Most tokens of an answer, its sound and thoughts included. Absent: no limit. */
  readonly maxTokens?: number;
  /** Models of a server that chains them. Undefined for the server's own choice. */
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
  /** Parts that the operator leaves out, as `stream`, or sends in another form, as `reasoning_effort=low`. */
  readonly without?: readonly string[];
  readonly clock?: Clock;
  /** Reports each habit of the server once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

/** One request for an answer. */
export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice?: string;
  readonly maxTokens?: number;
  readonly sent?: SentFields;
  readonly tries?: TryReservations;
};

/** Limits of one answer, and the fields that carry them. */
type AnswerLimit = { readonly maxTokens: number; readonly needsBothFields: boolean };

/**
 * Creates the body of a chat request with its parts in these forms. `server` gets back the fields that came with its
 * calls.
 */
export function createRequestBody(
  options: ChatOptions,
  request: ChatRequest,
  limit: AnswerLimit,
  forms: RequestForms,
  server?: object,
): ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming {
  const { messages, tools, voice } = request;
  const sent: ServerFields = request.sent ?? {};
  const {
    max_tokens: _,
    max_completion_tokens: __,
    tool_choice: toolChoice,
    ...fields
  } = sent;
  const sentTools = isSent(forms, 'tools')
    ? tools.filter(({ name }) => isSent(forms, `tool ${name}`))
    : [];
  const lostTools = tools.filter((tool) => !sentTools.includes(tool));
  const isStreamed = isSent(forms, 'stream');
  const hasToolChoice = toolChoice !== undefined && isSent(forms, 'tool_choice');
  const fieldsBeforeSound = {
    ...createThinkingFields(forms),
    tools: sentTools.length > 0 ? toApiTools(sentTools) : undefined,
    ...fields,
    ...(hasToolChoice && { tool_choice: toolChoice }),
    model: options.model,
    ...createLimitFields(limit, forms),
    ...(voice !== undefined &&
      isSent(forms, 'audio') &&
      createSoundFields(options, voice, isStreamed, forms)),
  } as Omit<ChatCompletionCreateParamsNonStreaming, 'messages'>;
  // Sound that is still spoken comes last.
  const messageOptions = {
    ...readPromptForm(forms),
    server,
    isPacked: isSent(forms, 'ogg'),
  };
  const soundField = {
    messages: toApiMessages(noteLostTools(messages, lostTools), messageOptions),
  };
  if (!isStreamed) return { ...fieldsBeforeSound, ...soundField, stream: false };
  const hasStreamOptions = isSent(forms, 'stream_options');
  return {
    ...fieldsBeforeSound,
    stream: true,
    stream_options: hasStreamOptions ? createStreamOptions(forms) : undefined,
    ...soundField,
  };
}

const historyShares: Readonly<Record<string, number>> = { half: 0.5, newest: 0 };

function readPromptForm(forms: RequestForms): PromptForm {
  const returned = [...forms].filter(([name]) => name.startsWith(returnedPrefix));
  const refused = returned.flatMap(([name, form]) =>
    form === '' ? name.slice(returnedPrefix.length) : [],
  );
  return {
    ...standardPromptForm,
    system: forms.get('system') === 'in first question' ? 'question' : 'role',
    tools: forms.get('tool results') === 'in words' ? 'question' : 'role',
    historyShare: historyShares[forms.get('history') ?? ''] ?? 1,
    emptyContent: forms.get('empty content') === 'text' ? '' : null,
    refusedFields: new Set(refused),
  };
}

/** Asks thinking off in each way that is known, as nobody waits for thoughts. */
function createThinkingFields(forms: RequestForms): object {
  return {
    ...(isSent(forms, 'reasoning_effort') && {
      reasoning_effort: forms.get('reasoning_effort'),
    }),
    ...(isSent(forms, 'chat_template_kwargs') && {
      chat_template_kwargs: { enable_thinking: false, thinking: false },
    }),
  };
}

function createLimitFields(
  { maxTokens, needsBothFields }: AnswerLimit,
  forms: RequestForms,
) {
  const field = forms.get('max_completion_tokens') ?? '';
  if (maxTokens === Infinity || field === '') return {};
  return needsBothFields
    ? { max_completion_tokens: maxTokens, max_tokens: maxTokens }
    : { [field]: maxTokens };
}

function createStreamOptions(forms: RequestForms) {
  const include_obfuscation = isSent(forms, 'include_obfuscation') ? false : undefined;
  return { include_usage: true, include_obfuscation };
}

/** A model without the tools that its instructions speak of promises what nobody does. */
function noteLostTools(
  messages: readonly ChatMessage[],
  lostTools: readonly Tool[],
): readonly ChatMessage[] {
  const [first, ...others] = messages;
  if (lostTools.length === 0 || first?.role !== 'system') return messages;
  const names = lostTools.map(({ name }) => name).join(', ');
  const note = `These tools do not work now: ${names}. Say so if they are needed, and never say that you did it.`;
  return [{ ...first, content: `${first.content}\n${note}` }, ...others];
}

function createSoundFields(
  { speechModel, transcriptionModel }: ChatOptions,
  voice: string,
  streams: boolean,
  forms: RequestForms,
) {
  const format: 'pcm16' | 'wav' = streams ? 'pcm16' : 'wav';
  return {
    modalities: ['text', 'audio'] as ('text' | 'audio')[],
    audio: { voice, format },
    transcription_model: isSent(forms, 'transcription_model')
      ? transcriptionModel
      : undefined,
    speech_model: isSent(forms, 'speech_model') ? speechModel : undefined,
  };
}
