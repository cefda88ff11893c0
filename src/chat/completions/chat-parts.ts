import { containsWord } from '#src/provider/negotiation/negotiation.ts';
import type { RequestPart } from '#src/provider/negotiation/server-knowledge.ts';
import { type ChatOptions, type ChatRequest, returnedPrefix } from './chat-request.ts';

/** Shares of the history that are sent where the whole of it is too long. */
const historyForms: readonly string[] = ['whole', 'half', 'newest'];
/** Models of OpenAI that think: https://developers.openai.com/api/docs/guides/reasoning */
const openAiThinker = /(^|[/:])(gpt-[56]|o\d)(\b|[.-])/;
/** Fields of answers by servers that know neither OpenAI's format nor a model that speaks. */
const soundWords =
  /\bmodalit(?:y|ies)\b|(?<![\w-])audio(?![\w-])(?!\s*(?:content|input|file))/i;

/** Lists the parts of a chat request, those that the bot adds by itself first. */
export function listChatParts(
  options: ChatOptions,
  request: ChatRequest & { readonly returned: readonly string[] },
  isOpenAi: boolean,
  maxTokens: number,
): readonly RequestPart[] {
  const hasSound = request.messages.some((message) => 'wav' in message);
  const isPacked = request.messages.some(
    (message) => 'wav' in message && message.toOgg,
  );
  return [
    ...listOwnParts(options, isOpenAi),
    ...(maxTokens < Infinity ? [limitPart, answerTokensPart] : []),
    systemPart,
    ...(request.messages.length > 2 ? [createHistoryPart(request)] : []),
    ...(hasSound ? [soundInputPart] : []),
    ...(isPacked ? [packedSoundPart] : []),
    ...(request.voice === undefined ? [] : [soundOutputPart]),
    streamPart,
    ...(request.tools.length > 0 ? [toolsPart] : []),
    ...request.tools.map(({ name }, index) => createToolPart(name, index)),
    ...(request.messages.some(({ role }) => role === 'tool') ? roundParts : []),
    ...request.returned.map(createReturnedPart),
    ...(request.sent?.tool_choice === undefined ? [] : [toolChoicePart]),
  ];
}

function listOwnParts(
  { model }: ChatOptions,
  isOpenAi: boolean,
): readonly RequestPart[] {
  const takesEffort = !isOpenAi || openAiThinker.test(model);
  return [
    obfuscationPart,
    streamOptionsPart,
    // OpenAI is known to refuse both for a model that does not think.
    ...(takesEffort ? [effortPart] : []),
    ...(isOpenAi ? [] : [templatePart]),
    ...chainParts,
  ];
}

const obfuscationPart: RequestPart = {
  name: 'include_obfuscation',
  forms: ['false', ''],
  within: 'stream_options',
  givenUp: 'first',
};

const streamOptionsPart: RequestPart = {
  name: 'stream_options',
  forms: ['include_usage', ''],
  givenUp: 'first',
};

/** Thinking is asked off, since people wait for the first word. */
const effortPart: RequestPart = {
  name: 'reasoning_effort',
  forms: ['none', ''],
  offered: ['minimal', 'low'],
  namedBy: /reasoning[_ ]effort|reasoning value|\bthink(?:ing)?\b(?! (?:block|part))/i,
  givenUp: 'first',
};

/** Templates of vLLM, SGLang and llama.cpp take switches. */
const templatePart: RequestPart = {
  name: 'chat_template_kwargs',
  forms: ['thinking off', ''],
  namedBy: /chat[_ ]template[_ ]kwargs|enable_thinking/i,
  givenUp: 'first',
};

/** Models that a server chains, as speaches does. */
const chainParts: readonly RequestPart[] = [
  { name: 'transcription_model', forms: ['sent', ''], givenUp: 'first' },
  { name: 'speech_model', forms: ['sent', ''], givenUp: 'first' },
];

/** Most tokens of an answer, where a server counts the allowed ones against a limit by the minute. */
export const answerTokenForms: readonly string[] = [
  'Infinity',
  '2000',
  '1000',
  '500',
  '250',
  '100',
];

const answerTokensPart: RequestPart = {
  name: 'answer tokens',
  forms: answerTokenForms,
  namedBy: /(?!)/,
  givenUp: 'never',
};

export const limitName = 'max_completion_tokens';

/** The present name and the former one, which many servers know alone. */
const limitPart: RequestPart = {
  name: limitName,
  forms: ['max_completion_tokens', 'max_tokens', ''],
  // vLLM, if the model has less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  namedBy: /max_(?:completion_)?tokens|in the completion/i,
  givenUp: 'first',
};

const systemPart: RequestPart = {
  name: 'system',
  forms: ['role', 'in first question'],
  namedBy:
    /system (?:role|message|prompt|instruction)|\bsystem\b.{0,40}\brole\b|\brole\b.{0,40}\bsystem\b|roles? must alternate|developer instruction|messages?\W{1,2}0\W{1,2}role/i,
  givenUp: 'never',
};

/** Parts of a request that holds results of tools. */
const roundParts: readonly RequestPart[] = [
  {
    name: 'tool results',
    forms: ['role', 'in words'],
    namedBy:
      /\brole\b.{0,40}\btool\b|\btool\b.{0,20}\brole\b|only user\b.{0,40}\broles?\b|roles? must alternate/i,
    within: 'tools',
    givenUp: 'never',
  },
  {
    name: 'empty content',
    forms: ['null', 'text'],
    namedBy:
      /\bcontent\b.{0,60}\b(?:null|none|nil|missing|required|valid string|empty)\b|\bnull\b.{0,40}\bcontent\b/i,
    givenUp: 'never',
  },
];

/** A field that came with a call of a tool, and goes back with it. */
function createReturnedPart(field: string): RequestPart {
  return {
    name: `${returnedPrefix}${field}`,
    forms: ['sent', ''],
    namedBy: (text) => containsWord(text, field),
    givenUp: 'last',
  };
}

function createHistoryPart({ messages }: ChatRequest): RequestPart {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  const size = 2 ** Math.ceil(Math.log2(Math.max(1024, characters)));
  return {
    name: 'history',
    forms: historyForms,
    namedBy: /(?!)/,
    circumstance: `of up to ${size} characters`,
    givenUp: 'never',
  };
}

const soundInputPart: RequestPart = {
  name: 'input_audio',
  forms: ['sound', ''],
  namedBy: /input_audio|audio (?:content|input|file)s?\b|multi-?modal|\bmmproj\b/i,
  givenUp: 'last',
};

const packedSoundPart: RequestPart = {
  name: 'ogg',
  forms: ['ogg', ''],
  namedBy: /\bogg\b|\bopus\b|\bformat\b|decod|\bwav\b/i,
  within: 'input_audio',
  givenUp: 'first',
};

const soundOutputPart: RequestPart = {
  name: 'audio',
  forms: ['sound', ''],
  namedBy: soundWords,
  givenUp: 'last',
};

const streamPart: RequestPart = {
  name: 'stream',
  forms: ['asked', ''],
  namedBy: /\bstream(?:ing|ed|s)?\b/i,
  // "Streaming is not supported with audio output."
  within: 'audio',
  givenUp: 'last',
};

const toolsPart: RequestPart = {
  name: 'tools',
  forms: ['sent', ''],
  namedBy: /\btools?\b|\btool[_ -]|function[_ -]call/i,
  givenUp: 'never',
};

const toolChoicePart: RequestPart = {
  name: 'tool_choice',
  forms: ['sent', ''],
  namedBy: /tool_choice|tool choice/i,
  within: 'tools',
  givenUp: 'never',
};

/** `functions[3]`, or `tools[0].function_declarations[3]` */
const innerPlace = /(?:functions?|function_declarations)\W{1,2}(\d+)/g;
const outerPlace = /\btools\W{1,2}(\d+)/g;

/** One refused tool is one tool. Refusals name it by its place or by its name. */
function createToolPart(name: string, index: number): RequestPart {
  const isPlacedIn = (text: string) => {
    const inner = [...text.matchAll(innerPlace)];
    const places = inner.length > 0 ? inner : [...text.matchAll(outerPlace)];
    return places.some(([, place]) => Number(place) === index);
  };
  return {
    name: `tool ${name}`,
    forms: ['sent', ''],
    namedBy: (text) => containsWord(text, name) || isPlacedIn(text),
    within: 'tools',
    givenUp: 'never',
  };
}
