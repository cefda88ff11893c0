import { type DialectReply, type DialectRequest, replyEvents } from './dialect.ts';
import metMarks from './met-marks.json' with { type: 'json' };
import { replyDeltas, replyWords, type StrictManners } from './strict-server.ts';
import { callLamp } from './tool-servers.ts';

/** A server that writes this text, in pieces of so many characters. */
export const makeWriter = (text: string, pieceChars = 5): StrictManners => ({
  chat: () =>
    replyDeltas(
      (text.match(RegExp(`[^]{1,${pieceChars}}`, 'gu')) ?? []).map((content) => ({
        content,
      })),
    ),
});

/** A server whose model calls the lamp in such a text. */
export const makeCaller = (text: string, pieceChars = 5): StrictManners => {
  const { chat = () => replyDeltas([]) } = makeWriter(text, pieceChars);
  return { chat: callLamp(chat) };
};

/** Values of JSON that are words, each beside the words that they make: https://developers.cloudflare.com/workers-ai (2026) */
export const numberedTexts: Readonly<Record<string, readonly unknown[]>> = {
  'It is 6 degrees.': ['It is', ' ', 6, ' degrees.'],
  'It is 0 degrees, 21.5 inside.': ['It is ', 0, ' degrees, ', 21.5, ' inside.'],
  'Is it so? true.': ['Is it so? ', true, '.'],
  'A list of 7.': ['A list', [{ type: 'text', text: ' of ' }], 7, '.'],
};

export const makeNumbering = (contents: readonly unknown[]): StrictManners => ({
  chat: () => replyDeltas(contents.map((content) => ({ content }))),
});

/** Thoughts in marks, and what alone counts: the words behind them. */
export const markedThoughts: Readonly<Record<string, string>> = {
  // https://huggingface.co/upstage/Solar-Open-100B: chat_template.jinja
  Solar: '<|think|>They want tea.<|end|><|begin|>assistant<|content|>Earl Grey.<|end|>',
  // https://huggingface.co/meituan-longcat/LongCat-Flash-Thinking
  LongCat: '<longcat_think>They want tea.</longcat_think>\nEarl Grey.',
  'a model with a mark of its own':
    '<|reasoning_begin|>They want tea.<|reasoning_end|>Earl Grey.',
  'Seed-OSS': '<seed:think>They want tea.</seed:think>Earl Grey.',
  'full-width bars':
    '<\uff5cthinking\uff5c>They want tea.<\uff5c/thinking\uff5c>Earl Grey.',
  Hunyuan: '<think>\nThey want tea.\n</think>\n<answer>\nEarl Grey.\n</answer>',
  'a name in brackets': '[REASONING]They want tea.[/REASONING]Earl Grey.',
  Kimi: '\u25c1think\u25b7They want tea.\u25c1/think\u25b7Earl Grey.',
  Apertus: '<|inner_prefix|>They want tea.<|inner_suffix|>Earl Grey.',
};

/** Calls that a server left in the text, each with the public form that it has. */
export const writtenCalls: Readonly<Record<string, string>> = {
  // https://ai.google.dev/gemma/docs/functiongemma: function calls of Gemma
  'Gemma 4': '<|tool_call>call:lamp{on:true}<tool_call|>',
  FunctionGemma: '<start_function_call>call:lamp{on:true}<end_function_call>',
  // https://huggingface.co/deepseek-ai/DeepSeek-V3.2/blob/main/encoding
  'DeepSeek V4':
    '<\uff5cDSML\uff5ctool_calls>\n<\uff5cDSML\uff5cinvoke name="lamp">\n<\uff5cDSML\uff5cparameter name="on" string="false">true</\uff5cDSML\uff5cparameter>\n</\uff5cDSML\uff5cinvoke>\n</\uff5cDSML\uff5ctool_calls>',
  // https://github.com/vllm-project/vllm: step3_tool_parser.py
  'Step 3':
    '<\uff5ctool_calls_begin\uff5c><\uff5ctool_call_begin\uff5c>function<\uff5ctool_sep\uff5c><steptml:invoke name="lamp"><steptml:parameter name="on">true</steptml:parameter></steptml:invoke><\uff5ctool_call_end\uff5c><\uff5ctool_calls_end\uff5c>',
  'Qwen3 Coder':
    '<tool_call>\n<function=lamp>\n<parameter=on>\ntrue\n</parameter>\n</function>\n</tool_call>',
  'MiniMax M2':
    '<minimax:tool_call>\n<invoke name="lamp">\n<parameter name="on">true</parameter>\n</invoke>\n</minimax:tool_call>',
  'GLM 4.6':
    '<tool_call>lamp\n<arg_key>on</arg_key>\n<arg_value>true</arg_value>\n</tool_call>',
  'Kimi K2':
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.lamp:0<|tool_call_argument_begin|>{"on": true}<|tool_call_end|><|tool_calls_section_end|>',
  Granite: '<|tool_call|>[{"name": "lamp", "arguments": {"on": true}}]',
  'Phi 4': 'functools[{"name": "lamp", "arguments": {"on": true}}]',
};

/** Marks that no voice may say: of thoughts, of prompt templates, of channels and of calls; two that nobody has met. */
export const marks: readonly string[] = [
  ...'<think> </think> <thought> </thought> <reasoning> </reasoning> [THINK] [/THINK]'.split(
    ' ',
  ),
  ...'<|im_start|> <|im_end|> <|eot_id|> <end_of_turn> <|endoftext|> </s> [/INST]'.split(
    ' ',
  ),
  ...'<|channel|>analysis<|message|> <|channel|>final<|message|> <|end|> <|return|>'.split(
    ' ',
  ),
  ...'<|python_tag|> [TOOL_CALLS] <tool_call> </tool_call> <|tool_call_end|>'.split(
    ' ',
  ),
  ...'<\uff5cend\u2581of\u2581sentence\uff5c> <\uff5cAssistant\uff5c> \u25c1think\u25b7'.split(
    ' ',
  ),
  ...'<|zq_begin|> <\uff5czq\uff5c>'.split(' '),
  ...listTexts(metMarks),
];

/** Lists all texts of a table by their sources. */
function listTexts(table: object): readonly string[] {
  return Object.values(table).flatMap((value) =>
    typeof value === 'string' ? [value] : listTexts(value),
  );
}

/** Calls in marks that nobody has met: whether they run or not, nothing of them is spoken. */
export const unknownCalls: Readonly<Record<string, string>> = {
  'an unknown tag':
    '<xyz_invoke>{"name": "lamp", "arguments": {"on": true}}</xyz_invoke>',
  'unknown bars': '<|fn_begin|>lamp<|fn_args|>{"on": true}<|fn_end|>',
  'full-width bars': '<\uff5cfn\uff5c>lamp{"on": true}<\uff5c/fn\uff5c>',
  'a name in brackets': '[INVOKE]lamp {"on": true}[/INVOKE]',
  attributes: '<use name="lamp"><arg key="on">true</arg></use>',
};

/** Notes for a voice, and what is left to be said. */
export const stageNotes: Readonly<Record<string, string>> = {
  '[laughs] Good morning.': 'Good morning.',
  'Good morning. (sighs) It rains.': 'Good morning. It rains.',
  'Good morning. [pause 2s] It rains.': 'Good morning. It rains.',
  '{emotion: joy} Good morning.': 'Good morning.',
  '[whispering] Good morning.': 'Good morning.',
  'Good morning. <laugh> It rains.': 'Good morning. It rains.',
};

type Body = DialectRequest['body'];

const isAskedOff: Readonly<Record<string, (body: Body) => boolean>> = {
  reasoning_effort: ({ reasoning_effort }) => reasoning_effort === 'none',
  chat_template_kwargs: ({ chat_template_kwargs }) =>
    Object(chat_template_kwargs).enable_thinking === false,
  none: () => true,
};

/** Thoughts without end unless they are asked off by this field. Every other field for it is refused. */
export const makeThinking = (
  field: keyof typeof isAskedOff,
  status = 400,
): StrictManners => ({
  chat: ({ body }) =>
    isAskedOff[field]?.(body)
      ? replyWords(body, 'Earl Grey.')
      : replyDeltas(
          Array.from({ length: 40 }, () => ({ reasoning: ' tea', content: '' })),
          'length',
        ),
  refuses: Object.keys(isAskedOff)
    .filter((otherText) => otherText !== field)
    .map((otherText) => ({
      role: 'chat',
      field: otherText,
      status,
      body: {
        error: {
          message: `Unrecognized request argument supplied: ${otherText}`,
          type: 'invalid_request_error',
        },
      },
    })),
});

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** https://github.com/vllm-project/vllm-omni: `modality` of a chunk, its sound as WAV in base64 in the place of the words. */
export function replyModalities(text: string, wav: Uint8Array): DialectReply {
  const makeChunk = (modality: string, content: string) => ({
    object: 'chat.completion.chunk',
    modality,
    choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
  });
  return replyEvents(
    ...(text.match(/\s*\S+/g) ?? []).map((word) => makeChunk('text', word)),
    makeChunk('audio', toBase64(wav)),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], modality: 'text' },
  );
}
