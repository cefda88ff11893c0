import { isRecord, toRecord } from '#src/base/json.ts';
import type {
  DialectAnswer,
  DialectRefusal,
  RealtimeDialect,
  RealtimeEvent,
  RealtimeFields,
} from './realtime-dialect.ts';

const rate24 = { inputRateHz: 24_000, outputRateHz: 24_000 };
const ofItem = { response_id: 'resp_1', item_id: 'item_1', content_index: 0 };

/** Names of the events of an answer. */
type AnswerNames = { readonly sound: string; readonly words: string };
const presentNames = {
  sound: 'response.output_audio',
  words: 'response.output_audio_transcript',
};
const formerNames = { sound: 'response.audio', words: 'response.audio_transcript' };

/** Writes an answer in OpenAI's order. */
function writeAnswer(
  { call, sounds, text, words }: DialectAnswer,
  { sound, words: wordsName }: AnswerNames,
): RealtimeEvent[] {
  const item = { id: 'item_1', type: 'message', role: 'assistant' };
  const calls = call ? [toCallItem(call)] : [];
  const message: RealtimeEvent[] = [
    { type: 'response.output_item.added', response_id: 'resp_1', item },
    ...words.flatMap((word, n) => [
      { type: `${wordsName}.delta`, ...ofItem, delta: word },
      { type: `${sound}.delta`, ...ofItem, delta: sounds[n] },
    ]),
    { type: `${sound}.done`, ...ofItem },
    { type: `${wordsName}.done`, ...ofItem, transcript: text },
    { type: 'response.output_item.done', response_id: 'resp_1', item },
  ];
  return [
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } },
    ...(text === '' ? [] : message),
    ...calls.map((callItem) => {
      return {
        type: 'response.output_item.done',
        response_id: 'resp_1',
        item: callItem,
      };
    }),
    {
      type: 'response.done',
      response: { id: 'resp_1', status: 'completed', output: calls },
    },
  ];
}

function toCallItem({ argumentsJson, name }: NonNullable<DialectAnswer['call']>) {
  const ids = { id: 'item_2', call_id: 'call_1' };
  return { ...ids, type: 'function_call', name, arguments: argumentsJson };
}

/** Refuses any field of an update's session outside a list. */
function refuseOthers(
  command: RealtimeEvent,
  known: string,
): DialectRefusal | undefined {
  if (!command.type.endsWith('.update')) return undefined;
  const stranger = Object.keys(toRecord(command.session)).find(
    (name) => !known.split(' ').includes(name),
  );
  if (stranger === undefined) return undefined;
  const param = `session.${stranger}`;
  return {
    code: 'unknown_parameter',
    message: `Unknown parameter: '${param}'.`,
    param,
  };
}

const presentFields =
  'type instructions output_modalities audio tools tool_choice max_output_tokens';
const formerFields =
  'modalities instructions voice input_audio_format output_audio_format turn_detection tools tool_choice max_response_output_tokens';

/** Refuses what the present API does not know, or lacks. */
function refuseFormer(command: RealtimeEvent): DialectRefusal | undefined {
  const session = toRecord(command.session);
  if (command.type === 'session.update' && session.type !== 'realtime') {
    const message = "Missing required parameter: 'session.type'.";
    return { code: 'missing_required_parameter', message, param: 'session.type' };
  }
  return refuseOthers(command, presentFields) ?? refuseContent(command, 'output_text');
}

function refusePresent(command: RealtimeEvent): DialectRefusal | undefined {
  return refuseOthers(command, formerFields) ?? refuseContent(command, 'text');
}

function refuseContent(
  command: RealtimeEvent,
  type: string,
): DialectRefusal | undefined {
  const item = toRecord(command.item);
  const [content] = [item.content].flat().map(toRecord);
  if (item.role !== 'assistant' || content?.type === type) return undefined;
  return { message: `Supported values are: '${type}'.`, param: 'item.content[0].type' };
}

const tellEcho = ({ session }: RealtimeEvent) => ({ type: 'session.updated', session });

const present: RealtimeDialect = {
  ...rate24,
  title: 'OpenAI',
  source: 'https://developers.openai.com/api/docs/guides/realtime (2026)',
  greetings: [{ type: 'session.created', session: { type: 'realtime', audio: {} } }],
  namesEvents: true,
  refuse: refuseFormer,
  tellSession: tellEcho,
  writeAnswer: (answer) => writeAnswer(answer, presentNames),
};

const former: RealtimeDialect = {
  ...present,
  title: 'OpenAI preview',
  source: 'openai-python 1.x, types/beta/realtime/session_update_event.py',
  greetings: [{ type: 'session.created', session: {} }],
  refuse: refusePresent,
  writeAnswer: (answer) => writeAnswer(answer, formerNames),
};

const speachesSession = {
  modalities: ['audio', 'text'],
  input_audio_format: 'pcm16',
  output_audio_format: 'pcm16',
  turn_detection: { type: 'server_vad' },
};

/** Reads the fields that it knows, and confirms all others. */
const speaches: RealtimeDialect = {
  ...former,
  title: 'speaches',
  source:
    'https://github.com/speaches-ai/speaches at 9aca7873, src/speaches/realtime/session_event_router.py',
  greetings: [{ type: 'session.created', session: speachesSession }],
  refuse({ session, type }) {
    const format = ['input_audio_format', 'output_audio_format'].find(
      (name) => toRecord(session)[name] !== undefined,
    );
    return type === 'session.update' && format !== undefined
      ? { message: `Specifying \`session.${format}\` is not supported.` }
      : undefined;
  },
  tellSession: ({ session }) => {
    const known = Object.entries(toRecord(session)).filter(
      ([name]) => name in speachesSession,
    );
    const told = { ...speachesSession, ...Object.fromEntries(known) };
    return { type: 'session.updated', session: told };
  },
};

/** Takes 16 kHz in and sends 24 kHz. Each update names both modalities. */
const qwen: RealtimeDialect = {
  ...former,
  title: 'Qwen-Omni-Realtime',
  source:
    'https://www.alibabacloud.com/help/en/model-studio/server-events (2026-03-31)',
  inputRateHz: 16_000,
  greetings: [
    {
      type: 'session.created',
      session: {
        object: 'realtime.session',
        modalities: ['text', 'audio'],
        input_audio_format: 'pcm',
        output_audio_format: 'pcm',
        turn_detection: { type: 'server_vad' },
      },
    },
  ],
  refuse(command) {
    const { modalities } = toRecord(command.session);
    const isPair = [modalities].flat().length === 2;
    if (command.type === 'session.update' && !isPair) {
      const message =
        "Invalid modalities: ['audio']. Supported combinations are: ['text'] and ['audio', 'text'].";
      return { message, param: 'session.modalities' };
    }
    return refusePresent(command);
  },
};

/** The same without a word of its session before it is asked. */
const silentQwen: RealtimeDialect = {
  ...qwen,
  title: 'Qwen behind a gateway without a greeting',
  inputRateHz: 24_000,
  greetings: [{ type: 'session.created' }],
};

/** Voice and turn detection stand beside `audio`. A first event of another name, and a ping between any others. */
const xai: RealtimeDialect = {
  ...present,
  title: 'xAI Voice Agent',
  source: 'https://docs.x.ai/docs/guides/voice/agent (2026)',
  greetings: [{ type: 'conversation.created', conversation: { id: 'conv_1' } }],
  refuse: () => undefined,
  tellSession: ({ session }) => {
    const { audio, turn_detection = { type: 'server_vad' } } = toRecord(session);
    const told = { voice: 'Eve', audio: audio ?? {}, turn_detection };
    return { type: 'session.updated', session: told };
  },
  writeAnswer(answer) {
    const [created, ...events] = writeAnswer(answer, presentNames);
    const items = events.filter(({ type }) => type !== 'response.created');
    const { call, text } = answer;
    const callEvent: RealtimeEvent[] = call
      ? [
          {
            type: 'response.function_call_arguments.done',
            call_id: 'call_1',
            name: call.name,
            arguments: call.argumentsJson,
          },
        ]
      : [];
    const [added, ...others] = items;
    // The item comes before its response, and the end of the response has no list.
    const first = text !== '' && added ? [added] : [];
    const rest = text !== '' ? others : items;
    return [
      ...first,
      ...(created ? [created] : []),
      { type: 'ping', timestamp: 1 },
      ...rest.filter(({ item, type }) => {
        return type !== 'response.done' && toRecord(item).type !== 'function_call';
      }),
      ...callEvent,
      { type: 'response.done', response: { id: 'resp_1', status: 'completed' } },
    ];
  },
};

/** Audio and its words end after the item, at 16 kHz that stands beside the sound, and no event ends the response. */
const vllmOmni: RealtimeDialect = {
  ...present,
  title: 'vLLM-Omni',
  source: 'https://github.com/vllm-project/vllm-omni/issues/6592 (2026-08), PR 7285',
  outputRateHz: 16_000,
  greetings: [
    { type: 'session.created', session: { type: 'realtime', audio: {} } },
    { type: 'conversation.created', conversation: { id: 'conv_1' } },
  ],
  writeAnswer(answer) {
    const events = writeAnswer(answer, formerNames).map((event) =>
      event.type === 'response.audio.delta'
        ? { ...event, sample_rate_hz: 16_000 }
        : event,
    );
    const isEnd = ({ item, type }: RealtimeEvent) =>
      type === 'response.output_item.done' && toRecord(item).type === 'message';
    const isSound = ({ type }: RealtimeEvent) => type.startsWith('response.audio.');
    return [
      ...events.filter((event) => !isSound(event) && !isEnd(event)),
      ...events.filter(isEnd),
      ...events.filter(isSound),
    ].filter(({ type }) => type !== 'response.done');
  },
};

/** The key goes in `api-key`, the deployment into the address. */
const azure: RealtimeDialect = {
  ...former,
  title: 'Azure OpenAI preview',
  source:
    'https://learn.microsoft.com/azure/ai-foundry/openai/how-to/realtime-audio-websockets (2025-04-01-preview)',
  refuseUpgrade: ({ headers, url = '' }) => {
    const { pathname, searchParams } = new URL(url, 'http://mock');
    if (pathname !== '/openai/realtime' || !searchParams.has('api-version'))
      return '404 Not Found';
    if (searchParams.get('deployment') !== 'talker') return '404 Not Found';
    return headers['api-key'] === 'hunter22' ? undefined : '401 Unauthorized';
  },
};

/** Closes the connection at fields that it does not know. */
const stepFun: RealtimeDialect = {
  ...former,
  title: 'StepFun',
  source: 'https://platform.stepfun.ai/docs/en/api-reference/realtime/chat (2026)',
  greetings: [{ type: 'session.created' }],
  closesAtRefusals: true,
};

/** Sends the error as a text, and takes no `null`. */
const strict: RealtimeDialect = {
  ...present,
  title: 'a gateway that must detect turns',
  source: 'https://github.com/BerriAI/litellm/issues/27054 (2026-05)',
  refuse(command) {
    const { input } = toRecord(toRecord(command.session).audio);
    const isNull = toRecord(input).turn_detection === null && isRecord(input);
    if (!isNull) return refuseFormer(command);
    const param = 'session.audio.input.turn_detection.type';
    return { message: `Missing required parameter: '${param}'.`, param };
  },
  toError: ({ message }) => ({
    type: 'error',
    error: message,
    code: 'processing_error',
  }),
};

/** Names of events that no version has. */
const renamed: RealtimeDialect = {
  ...present,
  title: 'a server with names of its own',
  source: 'made up',
  greetings: [],
  writeAnswer: (answer) =>
    writeAnswer(answer, presentNames).flatMap((event) => {
      const { delta, type, ...fields } = event as RealtimeFields & { type: string };
      if (type === 'response.output_audio.delta')
        return [{ type: 'response.output_audio.chunk', ...fields, data: delta }];
      // The words come whole, in a part.
      if (type === 'response.output_audio_transcript.delta') return [];
      if (type === 'response.output_audio_transcript.done') {
        const part = { type: 'audio', transcript: fields.transcript };
        return [{ type: 'response.content_part.done', ...ofItem, part }];
      }
      if (type === 'response.done') return [{ ...event, type: 'response.completed' }];
      return [event];
    }),
};

/** Servers for talks, each as its source says. */
export const talkDialects: readonly RealtimeDialect[] = [
  present,
  former,
  speaches,
  qwen,
  silentQwen,
  xai,
  vllmOmni,
  azure,
  stepFun,
  strict,
  renamed,
];

const transcription = 'conversation.item.input_audio_transcription';

/** Writes the words of one sound in OpenAI's order. */
function writeTranscript(text: string): readonly RealtimeEvent[] {
  const item_id = 'item_1';
  return [
    { type: 'input_audio_buffer.committed', item_id },
    { type: `${transcription}.delta`, item_id, delta: text.slice(0, 3) },
    { type: `${transcription}.completed`, item_id, transcript: text },
  ];
}

/** Refuses the sessions of recognisers that have another form. */
function refuseRecogniser(eventType: string, known: string): RealtimeDialect['refuse'] {
  return (command) => {
    if (!command.type.endsWith('.update')) return undefined;
    if (command.type !== eventType)
      return { code: 'invalid_value', message: `Invalid value: '${command.type}'.` };
    return refuseOthers(command, known);
  };
}

const recogniserFields = 'input_audio_format input_audio_transcription turn_detection';

const azureRecogniser: RealtimeDialect = {
  ...former,
  title: 'Azure OpenAI preview',
  source: 'openai-python 1.x, types/beta/realtime/transcription_session_update.py',
  greetings: [{ type: 'transcription_session.created', session: {} }],
  refuse: refuseRecogniser('transcription_session.update', recogniserFields),
  tellSession: ({ session }) => ({ type: 'transcription_session.updated', session }),
  writeTranscript: (_, text) => writeTranscript(text),
};

const speachesRecogniser: RealtimeDialect = {
  ...speaches,
  refuse: (command) =>
    command.type === 'transcription_session.update'
      ? { message: 'Unknown event.' }
      : speaches.refuse(command),
  writeTranscript: (_, text) => writeTranscript(text),
};

/** Tells the words so far with a draft of the rest. */
const qwenRecogniser: RealtimeDialect = {
  ...qwen,
  title: 'Qwen-ASR-Realtime',
  refuse: () => undefined,
  writeTranscript: (_, text) => [
    { type: `${transcription}.text`, item_id: 'item_1', text: '', stash: text },
    { type: `${transcription}.completed`, item_id: 'item_1', transcript: text },
  ],
};

/** Has the model alone and tells no item. A first commit begins, and one that is final ends. */
const vllm: RealtimeDialect = {
  ...present,
  title: 'vLLM',
  source:
    'https://github.com/vllm-project/vllm at 0787aaa, vllm/entrypoints/openai/realtime/connection.py',
  greetings: [{ type: 'session.created', id: 'sess-1', created: 1 }],
  inputRateHz: 16_000,
  refuse({ model, type }) {
    if (/^input_audio_buffer/.test(type)) return undefined;
    if (type !== 'session.update') return { message: `Unknown event type: ${type}` };
    return model === undefined ? { message: "'model'" } : undefined;
  },
  toError: ({ message }) => ({
    type: 'error',
    error: message,
    code: 'processing_error',
  }),
  tellSession: () => undefined,
  writeTranscript: ({ final }, text) =>
    final === true
      ? [
          { type: 'transcription.delta', delta: text.slice(0, 3) },
          { type: 'transcription.done', text, usage: { total_tokens: 3 } },
        ]
      : [],
};

/** Servers for recognisers, each as its source says. */
export const recogniserDialects: readonly RealtimeDialect[] = [
  azureRecogniser,
  speachesRecogniser,
  qwenRecogniser,
  vllm,
];

/** OpenAI's server without one field or tool. */
export function refuseNamed(param: string, tool?: string): RealtimeDialect {
  const [root = '', ...names] = param.split('.');
  const name = names.at(-1);
  const isSent = (value: unknown): boolean =>
    isRecord(value) &&
    Object.entries(value).some(([key, inner]) => key === name || isSent(inner));
  return {
    ...present,
    title: `OpenAI without ${param}`,
    refuse: (command) => {
      if (tool !== undefined) {
        const { tools } = toRecord(command.session);
        const index = [tools]
          .flat()
          .findIndex((entry) => toRecord(entry).name === tool);
        if (index < 0) return refuseFormer(command);
        const path = `session.tools[${index}].parameters`;
        return { message: `Invalid schema for '${path}'.`, param: path };
      }
      if (!isSent(command[root])) return refuseFormer(command);
      return { message: `Unknown parameter: '${param}'.`, param };
    },
  };
}
