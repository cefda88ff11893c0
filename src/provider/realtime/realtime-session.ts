import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { RequestPart } from '#src/provider/negotiation/server-knowledge.ts';
import { isRate } from './realtime-events.ts';

/**
 * Forms of a session. `former` is that of the preview, `mixed` has voice and turn detection beside `audio` (xAI),
 * `transcription` is the preview's own event for recognisers, and `flat` has the model alone (vLLM).
 */
export type SessionForm = 'present' | 'former' | 'mixed' | 'transcription' | 'flat';

/** Settings of a session, in no form. Absent settings stay as they are with the server. */
export type RealtimeSessionSettings = {
  /** Whether the session talks, or only recognises. */
  readonly kind: 'realtime' | 'transcription';
  /** The first settings name the format of sound, and that only the bot decides when a turn is over. */
  readonly isOpening?: boolean;
  readonly instructions?: string;
  readonly tools?: readonly SessionTool[];
  readonly voice?: string | undefined;
  /** 1 is the voice's own pace. */
  readonly speed?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** Model, language and words to expect of a recogniser. */
  readonly transcription?: JsonEvent;
};

/** A tool as Realtime sessions name it. */
export type SessionTool = JsonEvent & { readonly name: string };

/** Settings of one response. */
export type ResponseSettings = {
  /** Words that the response is about, outside the conversation. */
  readonly aside?: { readonly instructions: string; readonly text: string };
  readonly voice?: string;
  readonly maxTokens?: number | undefined;
};

/** Facts of a session as its server tells it. */
export type SessionFacts = {
  /** Undefined if the server tells nothing of the session. */
  readonly form: SessionForm | undefined;
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  /** Encoding of the output. Undefined for samples. */
  readonly packedOutput: string | undefined;
  /** The session has formats already, in the names of its server. */
  readonly hasFormats: boolean;
};

const standardRateHz = 24_000;

/** Facts of a session of which its server has told nothing yet. */
export const unknownSession: SessionFacts = {
  form: undefined,
  inputRateHz: standardRateHz,
  outputRateHz: standardRateHz,
  packedOutput: undefined,
  hasFormats: false,
};

const formerFields = [
  'modalities',
  'input_audio_format',
  'output_audio_format',
  'input_audio_transcription',
  'max_response_output_tokens',
];
const movedFields = ['voice', 'turn_detection'];

/** Reads the facts of a session from an event of its server. What the event does not tell stays as it was. */
export function readSessionFacts(
  { session, type }: JsonEvent,
  known: SessionFacts,
): SessionFacts {
  if (!isRecord(session)) return known;
  const { audio } = session;
  const [input, output] = [
    toRecord(toRecord(audio).input),
    toRecord(toRecord(audio).output),
  ];
  const formats = [
    session.input_audio_format ?? input.format,
    session.output_audio_format ?? output.format,
  ] as const;
  const [inputRateHz, outputRateHz] = readRates(session, formats, known);
  const [inputFormat, outputFormat] = formats;
  return {
    form: findForm(session, toNonEmptyText(type) ?? '') ?? known.form,
    inputRateHz,
    outputRateHz,
    packedOutput:
      outputFormat === undefined ? known.packedOutput : findPacking(outputFormat),
    hasFormats: known.hasFormats || typeof inputFormat === 'string',
  };
}

function findForm(session: JsonEvent, type: string): SessionForm | undefined {
  const names = Object.keys(session);
  const isMoved = movedFields.some((name) => names.includes(name));
  if (isRecord(session.audio)) return isMoved ? 'mixed' : 'present';
  if (type.startsWith('transcription_session')) return 'transcription';
  if (isMoved || formerFields.some((name) => names.includes(name))) return 'former';
  return undefined;
}

/** Reads the rates of input and output. */
function readRates(
  session: JsonEvent,
  [input, output]: readonly [unknown, unknown],
  known: SessionFacts,
) {
  // Where one name says 24, the numbers of both are kHz: Qwen's pcm16 in and pcm24 out.
  const isInKhz = [input, output].some((name) => /^pcm(?:8|24|48)$/.test(`${name}`));
  const { input_sample_rate, output_sample_rate, sample_rate } = session;
  const readFormat = (format: unknown, side: unknown) => {
    const { rate, sample_rate: ownRate } = toRecord(format);
    return findRate(rate, ownRate, side, sample_rate) ?? readNamedRate(format, isInKhz);
  };
  // Qwen's newer name of the input, which is always 16 kHz:
  // https://www.alibabacloud.com/help/en/model-studio/server-events (2026-03-31)
  const usualInputHz = input === 'pcm' ? 16_000 : standardRateHz;
  return [
    readFormat(input, input_sample_rate) ??
      (input === undefined ? known.inputRateHz : usualInputHz),
    readFormat(output, output_sample_rate) ??
      (output === undefined ? known.outputRateHz : standardRateHz),
  ] as const;
}

function findRate(...values: readonly unknown[]) {
  return values.find((value) => isRate(value));
}

/** Reads a rate from the name of a format, such as pcm_16000 or, in kHz, pcm24. */
function readNamedRate(format: unknown, isInKhz: boolean) {
  const name = toNonEmptyText(isRecord(format) ? format.type : format) ?? '';
  const [hz] = /\d{4,6}/.exec(name) ?? [];
  if (hz !== undefined) return findRate(Number(hz));
  const [, kilohertz] = /^pcm(\d{1,2})$/.exec(name) ?? [];
  return kilohertz !== undefined && isInKhz
    ? findRate(Number(kilohertz) * 1000)
    : undefined;
}

function findPacking(format: unknown) {
  const name = toNonEmptyText(isRecord(format) ? format.type : format) ?? '';
  return /law|pcm[au]$|opus|mp3|mpeg|aac|ogg|g7/i.test(name) ? name : undefined;
}

/** Ways to say that only the bot decides when a turn is over. */
export const turnDetectionPart: RequestPart = {
  name: 'turn_detection',
  forms: ['null', 'server_vad', ''],
  givenUp: 'last',
};

/** Names of the longest answer. `default` is the name in the form of the session. */
export const tokenLimitPart: RequestPart = {
  name: 'token limit',
  forms: [
    'default',
    'max_output_tokens',
    'max_response_output_tokens',
    'max_tokens',
    '',
  ],
  givenUp: 'last',
};

/** Ways to have a text read: in a response that knows it alone, or as an item of the conversation. */
export const readingPart: RequestPart = {
  name: 'response beside the conversation',
  forms: ['aside', 'item'],
  givenUp: 'last',
};

/** Chooses the form of a part of a request. */
export type ChooseForm = (part: RequestPart) => string;

/** A server that must detect turns at least answers none by itself. */
const quietDetection = {
  type: 'server_vad',
  create_response: false,
  interrupt_response: false,
};
const present24Khz = { type: 'audio/pcm', rate: standardRateHz };
const former24Khz = 'pcm16';

/** Creates the event that updates a session, in one form. */
export function createSessionUpdate(
  settings: RealtimeSessionSettings,
  form: SessionForm,
  choose: ChooseForm,
  facts: SessionFacts,
): JsonEvent {
  const { transcription } = settings;
  if (form === 'flat') return { type: 'session.update', model: transcription?.model };
  const session =
    form === 'present' || form === 'mixed'
      ? createNestedSession(settings, form, choose)
      : createFlatSession(settings, choose, facts);
  const type =
    form === 'transcription' ? 'transcription_session.update' : 'session.update';
  return { type, session };
}

function createNestedSession(
  settings: RealtimeSessionSettings,
  form: 'present' | 'mixed',
  choose: ChooseForm,
): JsonEvent {
  const { instructions, maxTokens, voice } = settings;
  const detection = settings.isOpening ? chooseTurnDetection(choose) : {};
  const moved = { ...(voice !== undefined && { voice }), ...detection };
  const audio =
    form === 'mixed'
      ? createAudio({ ...settings, voice: undefined }, {})
      : createAudio(settings, detection);
  return {
    ...(form === 'mixed' ? moved : createKind(settings)),
    ...(instructions !== undefined && { instructions }),
    ...(Object.keys(audio).length > 0 && { audio }),
    ...createToolFields(settings),
    ...createLimit(maxTokens, 'max_output_tokens', choose),
  };
}

function createKind({ isOpening, kind }: RealtimeSessionSettings) {
  const isSpoken = isOpening && kind === 'realtime';
  return { type: kind, ...(isSpoken && { output_modalities: ['audio'] }) };
}

/** Creates the fields of the sound. `detection` stands at the input. */
function createAudio(
  { isOpening, kind, speed, transcription, voice }: RealtimeSessionSettings,
  detection: object,
) {
  const format = isOpening && { format: present24Khz };
  const input = { ...format, ...(transcription && { transcription }), ...detection };
  const output = {
    ...(kind === 'realtime' && format),
    ...(voice !== undefined && { voice }),
    ...(speed !== undefined && { speed }),
  };
  return dropEmpty({ input, output });
}

function createFlatSession(
  settings: RealtimeSessionSettings,
  choose: ChooseForm,
  { hasFormats }: SessionFacts,
): JsonEvent {
  const { instructions, isOpening, kind, speed, transcription, voice } = settings;
  const isTalk = kind === 'realtime';
  // A format that the session has already is not asked for, as speaches refuses both fields.
  const asksFormats = isOpening && !hasFormats;
  return {
    // Qwen takes both or text alone: https://www.alibabacloud.com/help/en/model-studio/client-events
    ...(isTalk && { modalities: ['text', 'audio'] }),
    ...(instructions !== undefined && { instructions }),
    ...(voice !== undefined && { voice }),
    ...(asksFormats && { input_audio_format: former24Khz }),
    ...(asksFormats && isTalk && { output_audio_format: former24Khz }),
    ...(transcription && { input_audio_transcription: transcription }),
    ...(isOpening && chooseTurnDetection(choose)),
    ...(speed !== undefined && { speed }),
    ...createToolFields(settings),
    ...createLimit(settings.maxTokens, 'max_response_output_tokens', choose),
  };
}

function createToolFields({ tools }: RealtimeSessionSettings) {
  return tools ? { tools, tool_choice: 'auto' } : {};
}

function chooseTurnDetection(choose: ChooseForm) {
  const form = choose(turnDetectionPart);
  if (form === '') return {};
  return { turn_detection: form === 'null' ? null : quietDetection };
}

function createLimit(
  tokens: number | undefined,
  usualName: string,
  choose: ChooseForm,
) {
  const form = choose(tokenLimitPart);
  if (tokens === undefined || form === '') return {};
  return { [form === 'default' ? usualName : form]: tokens };
}

function dropEmpty(record: Readonly<Record<string, object>>) {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => Object.keys(value).length > 0),
  );
}

/** Creates the event that asks for a response, in the form of its session. */
export function createResponseRequest(
  { aside, maxTokens, voice }: ResponseSettings,
  form: SessionForm,
  choose: ChooseForm,
  facts: SessionFacts,
): JsonEvent {
  const isNested = form === 'present' || form === 'mixed';
  const limitName = isNested ? 'max_output_tokens' : 'max_response_output_tokens';
  const response = {
    ...(aside && createAside(aside, choose(readingPart) === 'aside')),
    ...(aside &&
      (form === 'present'
        ? { output_modalities: ['audio'] }
        : { modalities: ['text', 'audio'] })),
    ...(aside && createVoice(voice, form, facts)),
    ...createLimit(maxTokens, limitName, choose),
  };
  return {
    type: 'response.create',
    ...(Object.keys(response).length > 0 && { response }),
  };
}

function createAside(
  { instructions, text }: NonNullable<ResponseSettings['aside']>,
  isBeside: boolean,
) {
  return {
    ...(isBeside && { conversation: 'none' }),
    instructions,
    ...(isBeside && { input: [createUserItem(text)] }),
    tools: [],
    tool_choice: 'none',
  };
}

/** Creates an item with words for the model. */
export function createUserItem(text: string): JsonEvent {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

function createVoice(
  voice: string | undefined,
  form: SessionForm,
  facts: SessionFacts,
) {
  const named = voice === undefined ? {} : { voice };
  if (form === 'present')
    return { audio: { output: { format: present24Khz, ...named } } };
  if (form === 'mixed')
    return { ...named, audio: { output: { format: present24Khz } } };
  return { ...named, ...(!facts.hasFormats && { output_audio_format: former24Khz }) };
}
