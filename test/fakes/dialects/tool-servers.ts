// Proves: Azure OpenAI, and other vendors by fake (Gemini, Groq, Mistral, OpenRouter, DeepSeek: tools)
import { toRecord } from '#src/base/json.ts';
import type { DialectRequest, DialectRoute } from './dialect.ts';
import {
  replyCall,
  replyDeltas,
  replyWords,
  type ServerRefusal,
  type StrictManners,
} from './strict-server.ts';

/** The tool that the test's turns offer. */
const lampCall = { name: 'lamp', argumentsJson: '{"on":true}' };
/** What a model says that has no tools, though it was asked for one: a promise that nobody keeps. */
const falsePromise = 'Sure, I switched it.';
const doneWords = 'The lamp is on.';

type Body = DialectRequest['body'];
type Message = Readonly<Record<string, unknown>>;

const listMessages = (body: Body) => body.messages as readonly Message[];
const listCalls = (body: Body) =>
  listMessages(body).flatMap(
    ({ tool_calls }) => (tool_calls ?? []) as readonly Message[],
  );
const hasResult = (body: Body) =>
  listMessages(body).some(({ role }) => role === 'tool');

/** A model that calls the lamp by `first`, and says that it is on once it has the result. */
export function callLamp(first: DialectRoute): DialectRoute {
  return (request) => {
    const { body } = request;
    if (listMessages(body).at(-1)?.role === 'tool') return replyWords(body, doneWords);
    if (body.tools === undefined) return replyWords(body, falsePromise);
    return first(request);
  };
}

/** A server whose calls carry `more`, which each later request has to bring along. */
function makeSigned(
  overrides: object,
  isKept: (call: Message) => boolean,
  body: unknown,
): StrictManners {
  return {
    chat: callLamp(({ body: asked }) =>
      replyCall(asked, lampCall, { id: 'call_12345', ...overrides }),
    ),
    refuses: [
      {
        role: 'chat',
        isRefused: (request) => !listCalls(request as Body).every(isKept),
        status: 400,
        body,
      },
    ],
  };
}

/** A server that wants a field of its own in the message that holds the call. */
function makeRemembering(
  field: string,
  value: unknown,
  message: string,
): StrictManners {
  return {
    chat: callLamp(() =>
      replyDeltas(
        [
          { role: 'assistant', content: '', [field]: value },
          { tool_calls: [{ index: 0, id: 'call_12345', ...toCall('{"on":true}') }] },
        ],
        'tool_calls',
      ),
    ),
    refuses: [
      {
        role: 'chat',
        isRefused: (request) =>
          listMessages(request as Body).some(
            (entry) =>
              entry.tool_calls !== undefined &&
              JSON.stringify(entry[field]) !== JSON.stringify(value),
          ),
        status: 400,
        body: { error: { message, type: 'invalid_request_error' } },
      },
    ],
  };
}

const toCall = (args: string) => ({
  type: 'function',
  function: { name: 'lamp', arguments: args },
});

const signature = 'CiQB0e2Kb1XQmVyc2lvbi1vZi1hLXNpZ25hdHVyZQ==';
/** https://github.com/openclaw/openclaw/issues/72127 and https://ai.google.dev/gemini-api/docs/thought-signatures (2026) */
const signatureRefusal = [
  {
    error: {
      code: 400,
      message:
        'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:lamp` , position 2. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.',
      status: 'INVALID_ARGUMENT',
    },
  },
];

/** Servers whose calls come back to them only with all that came along. */
export const signedServers: Readonly<Record<string, () => StrictManners>> = {
  'Gemini 3': () =>
    makeSigned(
      { extra_content: { google: { thought_signature: signature } } },
      ({ extra_content }) =>
        toRecord(toRecord(extra_content).google).thought_signature === signature,
      signatureRefusal,
    ),
  // https://docs.litellm.ai/docs/providers/gemini: `provider_specific_fields` of a call.
  LiteLLM: () =>
    makeSigned(
      { provider_specific_fields: { thought_signature: signature } },
      ({ provider_specific_fields }) =>
        toRecord(provider_specific_fields).thought_signature === signature,
      { error: { message: JSON.stringify(signatureRefusal), code: '400' } },
    ),
  // A proxy of tomorrow, with a name that nobody has met.
  'a proxy with fields of its own': () =>
    makeSigned(
      { opaque_state: { seal: ['a', 7, null] } },
      ({ opaque_state }) => JSON.stringify(opaque_state) === '{"seal":["a",7,null]}',
      { error: { message: 'The call is not sealed.', type: 'invalid_request_error' } },
    ),
  // A signature inside `function`, as some gateways of Vertex put it.
  'a gateway that signs inside the function': () => ({
    chat: callLamp(({ body }) =>
      replyCall(body, lampCall, {
        id: 'call_12345',
        function: {
          name: 'lamp',
          arguments: '{"on":true}',
          thought_signature: signature,
        },
      }),
    ),
    refuses: [
      {
        role: 'chat',
        isRefused: (request) =>
          !listCalls(request as Body).every(
            (call) => toRecord(call.function).thought_signature === signature,
          ),
        status: 400,
        body: signatureRefusal,
      },
    ],
  }),
  // https://openrouter.ai/docs/use-cases/reasoning-tokens: blocks go back unmodified.
  OpenRouter: () =>
    makeRemembering(
      'reasoning_details',
      [
        {
          type: 'reasoning.encrypted',
          data: signature,
          id: 'tool_lamp_1',
          format: 'google-gemini-v1',
          index: 0,
        },
      ],
      'Function call is missing a thought_signature.',
    ),
  // https://api-docs.deepseek.com/guides/thinking_mode: tool rounds need the thoughts back.
  DeepSeek: () =>
    makeRemembering(
      'reasoning_content',
      'They want light.',
      'Missing `reasoning_content` field in the assistant message at message index 2.',
    ),
  // https://docs.litellm.ai/docs/reasoning_content: `thinking_blocks` of Anthropic's models.
  'LiteLLM before Anthropic': () =>
    makeRemembering(
      'thinking_blocks',
      [{ type: 'thinking', thinking: 'They want light.', signature }],
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.',
    ),
};

/** https://github.com/nearai/ironclaw/issues/1241 (2026-03) */
const idRefusal: ServerRefusal = {
  role: 'chat',
  isRefused: (request) =>
    !listCalls(request as Body).every(({ id }) => /^[a-zA-Z0-9]{9}$/.test(`${id}`)),
  status: 400,
  body: {
    object: 'error',
    message: 'Tool call id was call_0 but must be a-z, A-Z, 0-9, with a length of 9.',
    type: 'invalid_function_call',
    param: null,
    code: '3280',
  },
};

const makeMistral = (overrides: object): StrictManners => ({
  chat: callLamp(({ body }) => replyCall(body, lampCall, overrides)),
  refuses: [idRefusal],
});
const makeWriting = (text: string): StrictManners => ({
  chat: callLamp(({ body }) => replyWords(body, text)),
  refuses: [idRefusal],
});

/** Servers that take ids of nine letters and digits alone, and leave it to the caller to make some. */
export const strictIdServers: Readonly<Record<string, () => StrictManners>> = {
  'a call without id': () => makeMistral({}),
  'a call with the id ""': () => makeMistral({ id: '' }),
  'a call with the id null': () => makeMistral({ id: null }),
  'a call written as text': () =>
    makeWriting('[TOOL_CALLS][{"name": "lamp", "arguments": {"on": true}}]'),
  'a call in tags': () =>
    makeWriting('<tool_call>{"name": "lamp", "arguments": {"on": true}}</tool_call>'),
};

/** Refusal of Groq; with what the model wrote in `failed_generation`: https://console.groq.com/docs/tool-use (2026) */
const makeToolUseFailure = (
  failed_generation: string | undefined,
  message?: string,
) => ({
  error: {
    message:
      message ??
      "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
    type: 'invalid_request_error',
    code: 'tool_use_failed',
    ...(failed_generation !== undefined && { failed_generation }),
  },
});

const failingOnce = (body: unknown): StrictManners => ({
  chat: callLamp(({ body: asked }) => replyCall(asked, lampCall)),
  refuses: [
    {
      role: 'chat',
      isRefused: (request) => !hasResult(request as Body),
      times: 1,
      status: 400,
      body,
    },
  ],
});

/** Servers whose model calls badly once. */
export const badCallServers: Readonly<Record<string, () => StrictManners>> = {
  'Groq, unreadable': () =>
    failingOnce(makeToolUseFailure('lamp with the light switched on, I think')),
  'Groq, readable': () =>
    failingOnce(makeToolUseFailure('<function=lamp>{"on":true}</function>')),
  // https://github.com/huggingface/smolagents/issues/1119
  'Groq, half a tag': () =>
    failingOnce(makeToolUseFailure('lamp{"on":true}</function>')),
  // https://github.com/groq/groq-typescript/issues/103
  'Groq, JSON in tags of its own': () =>
    failingOnce(
      makeToolUseFailure(
        '<tool-use>\n{"tool_calls": [{"id": "pending", "type": "function", "function": {"name": "lamp"}, "parameters": {"on": true}}]}\n</tool-use>',
      ),
    ),
  // https://github.com/HunorLaczko/ha-groq-cloud-api/issues/20 (2026-02)
  'Groq, a schema that does not fit': () =>
    failingOnce(
      makeToolUseFailure(
        undefined,
        'tool call validation failed: parameters for tool lamp did not match schema: errors: [`/on`: expected boolean, but got string]',
      ),
    ),
  // https://github.com/anomalyco/opencode/issues/1018: the same inside a stream with status 200
  'Groq, inside the stream': () => {
    let count = 0;
    return {
      chat: callLamp(({ body }) =>
        count++ > 0
          ? replyCall(body, lampCall)
          : {
              ...replyDeltas([]),
              pieces: [
                `event: error\ndata: ${JSON.stringify({
                  error: {
                    ...makeToolUseFailure('Tool use failed: no JSON').error,
                    status_code: 400,
                  },
                })}\n\n`,
              ],
            },
      ),
    };
  },
};

const makeMalformed = (finish: string, times: number): StrictManners => {
  let count = 0;
  return {
    chat: callLamp(({ body }) =>
      count++ < times
        ? replyDeltas([{ role: 'assistant' }], finish)
        : replyCall(body, lampCall),
    ),
  };
};

/** Servers that end an answer because of a bad call: https://github.com/googleapis/python-genai/issues/1836 */
export const malformedServers: Readonly<
  Record<string, (times: number) => StrictManners>
> = {
  'Gemini by its OpenAI door': (times) =>
    makeMalformed('function_call_filter: MALFORMED_FUNCTION_CALL', times),
  'a proxy before Gemini': (times) => makeMalformed('malformed_function_call', times),
  'a proxy with capitals': (times) => makeMalformed('MALFORMED_FUNCTION_CALL', times),
  'Gemini, another reason': (times) =>
    makeMalformed('function_call_filter: UNEXPECTED_TOOL_CALL', times),
};

/** A second tool, which has what no schema of an old server knows. */
export const diceTool = {
  name: 'dice',
  description: 'Throws dice.',
  parameters: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { sides: { type: 'integer', exclusiveMinimum: 1 } },
  },
};

const refusingTool = (body: unknown, status = 400): StrictManners => ({
  chat: callLamp(({ body: asked }) => replyCall(asked, lampCall)),
  refuses: [{ role: 'chat', field: 'exclusiveMinimum', status, body }],
});

/** Servers that refuse one tool of several, the second one. */
export const oneToolServers: Readonly<Record<string, () => StrictManners>> = {
  // https://github.com/google-gemini/gemini-cli/issues and the error of generateContent, by index
  Gemini: () =>
    refusingTool([
      {
        error: {
          code: 400,
          message:
            'Invalid JSON payload received. Unknown name "exclusiveMinimum" at \'tools[0].function_declarations[1].parameters.properties[0].value\': Cannot find field.',
          status: 'INVALID_ARGUMENT',
        },
      },
    ]),
  // https://platform.openai.com/docs/guides/function-calling: by the name and by `param`
  OpenAI: () =>
    refusingTool({
      error: {
        message:
          "Invalid schema for function 'dice': In context=('properties', 'sides'), 'exclusiveMinimum' is not permitted.",
        type: 'invalid_request_error',
        param: 'tools[1].function.parameters',
        code: 'invalid_function_parameters',
      },
    }),
  // The form of Bedrock and Anthropic: the index between dots
  'Anthropic by a proxy': () =>
    refusingTool({
      error: {
        message:
          'tools.1.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12.',
        type: 'invalid_request_error',
      },
    }),
  // FastAPI's 422, with a path as a list
  'a server of FastAPI': () =>
    refusingTool(
      {
        detail: [
          {
            type: 'extra_forbidden',
            loc: [
              'body',
              'tools',
              1,
              'function',
              'parameters',
              'properties',
              'sides',
              'exclusiveMinimum',
            ],
            msg: 'Extra inputs are not permitted',
          },
        ],
      },
      422,
    ),
};

/** Servers that send a call in crumbs of which only the first says whose they are. */
export const crumbServers: Readonly<Record<string, () => StrictManners>> = {
  'no crumb has an index': () => ({
    chat: callLamp(() =>
      replyDeltas(
        [
          { tool_calls: [{ id: 'call_abc12', ...toCall('') }] },
          ...['{"o', 'n":', 'true}'].map((args) => ({
            tool_calls: [{ function: { arguments: args } }],
          })),
        ],
        'tool_calls',
      ),
    ),
  }),
  'the index is null': () => ({
    chat: callLamp(() =>
      replyDeltas(
        [
          { tool_calls: [{ index: null, id: 'call_abc12', ...toCall('') }] },
          ...['{"o', 'n":', 'true}'].map((args) => ({
            tool_calls: [
              { index: null, id: null, function: { name: null, arguments: args } },
            ],
          })),
        ],
        'tool_calls',
      ),
    ),
  }),
  'the id is repeated, the index is not': () => ({
    chat: callLamp(() =>
      replyDeltas(
        [
          { tool_calls: [{ id: 'call_abc12', ...toCall('') }] },
          ...['{"o', 'n":', 'true}'].map((args) => ({
            tool_calls: [{ id: 'call_abc12', function: { arguments: args } }],
          })),
        ],
        'tool_calls',
      ),
    ),
  }),
};

/** A context that holds so many messages. */
const makeShort = (status: number, body: unknown): StrictManners => ({
  chat: callLamp(({ body: asked }) => replyCall(asked, lampCall)),
  refuses: [
    {
      role: 'chat',
      isRefused: (request) => listMessages(request as Body).length > 12,
      status,
      body,
    },
  ],
});

/** Servers with little room, which name the tools in their refusal. */
export const shortContextServers: Readonly<Record<string, () => StrictManners>> = {
  // https://github.com/vllm-project/vllm, and OpenAI's words
  OpenAI: () =>
    makeShort(400, {
      error: {
        message:
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 9121 tokens. Please reduce the length of the messages or tools.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    }),
  // https://github.com/ggml-org/llama.cpp: tools/server, `exceed_context_size_error`
  'llama.cpp': () =>
    makeShort(400, {
      error: {
        code: 400,
        message:
          'the request exceeds the available context size, try increasing it or using fewer tools',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9121,
        n_ctx: 8192,
      },
    }),
};
