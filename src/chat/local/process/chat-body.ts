import { z } from 'zod';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import { type GrammarSchema, toGrammarSchema } from './grammar-schema.ts';

/** A tool of a request. */
export type RequestTool = {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
};

/** A message as every template takes it. */
export type TemplateMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};

/** Work for a model, as a request asks for it. */
export type ChatTask = {
  readonly messages: readonly TemplateMessage[];
  readonly tools: readonly RequestTool[];
  /** The answer has to be a call. */
  readonly mustCall: boolean;
  /** The answer is JSON of this form. */
  readonly json: 'any' | GrammarSchema | undefined;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number | undefined;
};

const contentSchema = z.union([
  z.string(),
  z.null(),
  z.array(z.looseObject({ text: z.string().optional() })),
]);
const bodySchema = z.looseObject({
  messages: z
    .array(
      z.looseObject({
        role: z.string(),
        content: contentSchema.optional(),
        tool_calls: z
          .array(
            z.looseObject({
              function: z.looseObject({ name: z.string(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
    )
    .min(1),
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          description: z.string().optional(),
          parameters: z.record(z.string(), z.unknown()).optional(),
        }),
      }),
    )
    .optional(),
  tool_choice: z.unknown().optional(),
  response_format: z
    .looseObject({ type: z.string(), json_schema: z.unknown().optional() })
    .optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
});

type Body = z.infer<typeof bodySchema>;

/** Small models ramble when warm. */
const [standardTemperature, standardTopP] = [0.6, 0.9];

/**
 * Reads a request of OpenAI's chat completions. Tools, calls and results stand in the words, so that each template takes them.
 * Throws a ZodError for a body that is none.
 */
export function readChatBody(json: string): ChatTask {
  const body = bodySchema.parse(tryParseJson(json));
  const tools = readTools(body);
  const { seed, temperature = standardTemperature, top_p = standardTopP } = body;
  return {
    messages: addToolNotes(joinNeighbours(body.messages.map(toTemplateMessage)), tools),
    tools,
    mustCall: tools.length > 0 && isCallDemanded(body.tool_choice),
    json: readJsonForm(body),
    temperature,
    topP: top_p,
    seed,
  };
}

function readTools({ tool_choice: choice, tools = [] }: Body): readonly RequestTool[] {
  if (choice === 'none') return [];
  const wanted = toRecord(toRecord(choice).function).name;
  return tools
    .map(({ function: { description = '', name, parameters = {} } }) => ({
      name,
      description,
      parameters,
    }))
    .filter(({ name }) => wanted === undefined || name === wanted);
}

function isCallDemanded(choice: unknown) {
  return choice === 'required' || toRecord(choice).type === 'function';
}

function readJsonForm({ response_format: format }: Body): ChatTask['json'] {
  if (format?.type === 'json_object') return 'any';
  if (format?.type !== 'json_schema') return undefined;
  return toGrammarSchema(toRecord(format.json_schema).schema);
}

function toTemplateMessage({
  content,
  role,
  tool_calls: calls = [],
}: Body['messages'][number]): TemplateMessage {
  const text = toText(content);
  if (role === 'tool')
    return { role: 'user', content: `<tool_response>\n${text}\n</tool_response>` };
  if (role === 'assistant')
    return {
      role,
      content: [text, ...calls.map(writeCall)].filter(Boolean).join('\n'),
    };
  return { role: role === 'user' ? 'user' : 'system', content: text };
}

function toText(content: Body['messages'][number]['content']) {
  if (typeof content === 'string') return content;
  return content?.map(({ text = '' }) => text).join('\n') ?? '';
}

/** Templates want one system message at the start, then user and assistant in turn. */
export function joinNeighbours(
  messages: readonly TemplateMessage[],
): readonly TemplateMessage[] {
  const joined: TemplateMessage[] = [];
  for (const [n, message] of messages.entries()) {
    const last = joined.at(-1);
    const role =
      message.role === 'system' && n > 0 && last?.role !== 'system'
        ? 'user'
        : message.role;
    if (last?.role === role)
      joined[joined.length - 1] = {
        role,
        content: `${last.content}\n${message.content}`,
      };
    else joined.push({ role, content: message.content });
  }
  return joined;
}

function writeCall({
  function: { arguments: args, name },
}: NonNullable<Body['messages'][number]['tool_calls']>[number]) {
  const input = tryParseJson(args) ?? {};
  return `${callStart}\n${JSON.stringify({ name, arguments: input })}\n${callEnd}`;
}

/** Marks that open thoughts at the end of a prompt: `<think>`, `[THINK]`, `<thinking>`. */
const openedThoughts = /(<|\[)(think(?:ing)?|thought|reasoning)(>|\])\s*$/i;

/**
 * Closes thoughts that a template opens for the answer although thinking is off, since some models know no other way. Nobody waits
 * for thoughts, and without their first mark they would be spoken.
 *
 * @example
 * import { closeThoughts } from '#src/chat/local/process/chat-body.ts';
 *
 * closeThoughts('<|im_start|>assistant\n<think>\n'); // '<|im_start|>assistant\n<think>\n\n</think>\n\n'
 */
export function closeThoughts(prompt: string): string {
  const [, start, name, end] = openedThoughts.exec(prompt) ?? [];
  return name === undefined
    ? prompt
    : `${prompt.trimEnd()}\n\n${start}/${name}${end}\n\n`;
}

/** Marks around a call, as most small models learnt them. */
export const callStart = '<tool_call>';
export const callEnd = '</tool_call>';

/**
 * Names each tool on one line: a grammar holds the model to the schemas, and each token of a prompt costs time. The tools come first,
 * as a channel may have instructions of its own: what stands behind a change is read anew.
 */
function addToolNotes(
  messages: readonly TemplateMessage[],
  tools: readonly RequestTool[],
): readonly TemplateMessage[] {
  if (tools.length === 0) return messages;
  const notes = [
    'You may call these tools:',
    ...tools.map(writeToolNote),
    `To call one, write only ${callStart}{"name": "...", "arguments": {...}}${callEnd}. Else answer in words.`,
  ].join('\n');
  const [first, ...rest] = messages;
  return first?.role === 'system'
    ? [{ role: 'system', content: `${notes}\n\n${first.content}` }, ...rest]
    : [{ role: 'system', content: notes }, ...messages];
}

function writeToolNote({ description, name, parameters }: RequestTool) {
  const needed: readonly unknown[] = Array.isArray(parameters.required)
    ? parameters.required
    : [];
  const inputs = Object.entries(toRecord(parameters.properties)).map(
    ([key, property]) => {
      const { enum: values, type } = toRecord(property);
      const kind = Array.isArray(values) ? values.join('|') : `${type ?? 'any'}`;
      return `${key}${needed.includes(key) ? '' : '?'}: ${kind}`;
    },
  );
  return `- ${name}(${inputs.join(', ')}): ${description.split('\n')[0]}`;
}
