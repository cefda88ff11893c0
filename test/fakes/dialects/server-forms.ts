import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { writeWav } from '#src/audio/formats/wav.ts';
import {
  findReply,
  type MockReply,
  type ReceivedChatRequest,
} from '#test/fakes/providers/mock-chat.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import {
  type DialectRequest,
  type DialectRoute,
  makeReply,
  openDialect,
  replySound,
  type ServersBehind,
  writeEvents,
} from './dialect.ts';

const formsUrl = new URL('servers/', import.meta.url);

/** Parts of an answer in the order in which they are sent. The name of a step tells how often: once, or once a thought, word, crumb … */
type ReplySteps = Readonly<Record<string, string>>;
/** `$name` stands for a value in JSON, `${name}` for its text inside a string of JSON. */
type FormValues = Readonly<Record<string, unknown>>;
type FormAnswer = {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
};

type FormEndpoint = {
  readonly stream?: ReplySteps;
  /** What a field has to be like, and the answer where it is not. */
  readonly takes?: Readonly<Record<string, FormAnswer & { readonly like: string }>>;
  /** Code of its failure, where it comes before the first word. */
  readonly failsAs?: string;
  /** Rate of its sound, or that of each model. */
  readonly hz?: number | Readonly<Record<string, number>>;
} & Readonly<Partial<Record<'json' | 'text', FormAnswer>>> &
  Readonly<Partial<Record<'pcm' | 'wav', ReplySteps>>>;

/** One real server: the form of what it sends, and where that was read. */
type ServerForm = {
  readonly title: string;
  readonly version: string;
  /** By which the bot uses all that it has, at the address `http://NAME`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly pages?: Readonly<Record<string, string>>;
} & Readonly<Partial<Record<'chat' | 'transcription' | 'speech', FormEndpoint>>>;

export const serverForms: ReadonlyMap<string, ServerForm> = new Map(
  readdirSync(formsUrl).map((file) => [
    file.replace('.yaml', ''),
    parse(readFileSync(new URL(file, formsUrl), 'utf8')),
  ]),
);

/** What stands behind a server, and after how many words it fails. */
type BehindServer = ServersBehind & { readonly failsAfter?: number };
type ChatReply = Pick<BehindServer, 'failsAfter'> &
  Pick<MockReply, 'call'> & {
    readonly words: readonly string[];
    readonly thoughts?: readonly string[];
  };

/** Opens a server of this name by its form. */
export const openServer = (name: string) => (behind: BehindServer) => {
  const { chat, transcription, speech, pages = {} } = serverForms.get(name) ?? {};
  const routes: Record<string, DialectRoute> = {};
  for (const [path, body] of Object.entries(pages))
    routes[path] = () => toReply({ body }, {});
  const addRoute = (
    path: string,
    of: FormEndpoint | undefined,
    route: (endpoint: FormEndpoint) => DialectRoute,
  ) => {
    if (of)
      routes[`POST /v1/${path}`] = (request) =>
        findRefusal(of, request) ?? route(of)(request);
  };
  addRoute('chat/completions', chat, ({ stream }) => ({ body }) => {
    const { text, call } = findReply(body, behind.replies);
    return writeEvents([
      ...makeChatEvents(stream, { ...behind, call, words: splitWords(text) }, body),
    ]);
  });
  addRoute('audio/transcriptions', transcription, (of) => ({ body, pcm }) => {
    const text = pcm ? behind.hears(pcm) : '';
    if (body.stream === 'true' && of.stream)
      return writeEvents([...makeTranscriptEvents(of.stream, text)]);
    return toReply(
      (body.response_format === 'text' && of.text) || of.json || { body: '' },
      {
        text,
      },
    );
  });
  addRoute('audio/speech', speech, (of) => ({ body }) => {
    const { type, pieces } = makeSoundPieces(
      of,
      `${body.input}`,
      body.response_format,
      body.model,
    );
    return replySound(type, ...pieces);
  });
  return openDialect({ routes });
};

function findRefusal({ takes = {} }: FormEndpoint, { body }: DialectRequest) {
  const wrong = Object.entries(takes).find(
    ([field, { like }]) => !RegExp(`^(?:${like})$`).test(`${body[field]}`),
  );
  return wrong && toReply(wrong[1], body);
}

function toReply(
  { body, status = 200, type = 'application/json' }: FormAnswer,
  values: FormValues,
) {
  return { ...makeReply(type, [fillForm(body, values)]), status };
}

function fillForm(form: string, values: FormValues) {
  const inJson = (name: string) => JSON.stringify(values[name] ?? '');
  return form
    .replace(/\$(\w+)/g, (_, name) => inJson(name))
    .replace(/\$\{(\w+)\}/g, (_, name) => inJson(name).slice(1, -1));
}

/** Each step, as often as there are values for it. */
function* playSteps(
  steps: ReplySteps,
  values: FormValues,
  lists: Readonly<Record<string, readonly FormValues[]>>,
) {
  for (const [name, form] of Object.entries(steps))
    for (const entry of lists[name] ?? [{}])
      yield `${fillForm(form, { ...values, ...entry })}\n\n`;
}

const splitWords = (text = '') => text.match(/\s*\S+/g) ?? [];
const toTexts = (allTexts: readonly string[]) => allTexts.map((text) => ({ text }));

/** Words of a recogniser as a server streams them. */
export function makeTranscriptEvents(steps: ReplySteps, text: string) {
  return playSteps(steps, { text }, { word: toTexts(splitWords(text)) });
}

/** A reply as a server writes it, with thoughts before it. */
export function* makeChatEvents(
  steps: ReplySteps = {},
  reply: ChatReply,
  body: ReceivedChatRequest = {},
) {
  const { call, failsAfter, words, thoughts = ['They', ' greet', ' me.'] } = reply;
  const isWhole = failsAfter === undefined;
  const atEnd = isWhole ? [{}] : [];
  const calls =
    isWhole && call ? [{ name: call.name, arguments: call.argumentsJson }] : [];
  const values = { model: body.model, finish: call ? 'tool_calls' : 'stop' };
  const atThought = thoughts.length > 0 ? [{}] : [];
  yield* playSteps(steps, values, {
    think: atThought,
    thought: toTexts(thoughts),
    thinkEnd: atThought,
    word: toTexts(words.slice(0, failsAfter)),
    call: calls,
    crumb: calls.flatMap((one) => toTexts(one.arguments.match(/[\s\S]{1,4}/g) ?? [])),
    failure: isWhole ? [] : [{}],
    finish: atEnd,
    usage: body.stream_options?.include_usage ? atEnd : [],
    done: atEnd,
  });
}

/** Parts of a sound. */
const eventMakers: Readonly<Record<string, (text: string, hz: number) => Uint8Array>> =
  {
    samples: (text, hz) => encodeSound(makeTone(text, hz), hz, 'pcm'),
    file: (text, hz) =>
      writeWav({ samples: makeTone(text, hz), rateHz: hz, channels: 1 }),
    endless: (_, hz) => encodeSound(new Int16Array(0), hz, 'wav'),
    piped: (_, hz) => makePipedHeader(hz),
  };

/** Sound of a text in the form of a server; one that does not know the format sends WAV. */
export function makeSoundPieces(
  of: FormEndpoint,
  text: string,
  format: unknown,
  model?: unknown,
) {
  const { type = '', ...steps } = (format === 'pcm' && of.pcm) || of.wav || {};
  const hz = typeof of.hz === 'object' ? of.hz[`${model}`] : of.hz;
  const sentences = text.match(/[^.!?]+[.!?]*/g) ?? [];
  const pieces = Object.entries(steps).flatMap(([name, maker]) =>
    (name === 'sentence' ? sentences : [text]).flatMap(
      (item) => eventMakers[maker]?.(item, hz ?? 24_000) ?? [],
    ),
  );
  return { type, pieces };
}

/** The header that ffmpeg and PyAV write into a pipe: sizes nobody knows, a `LIST` chunk, samples from byte 78 on. */
function makePipedHeader(hz: number) {
  const plain = encodeSound(new Int16Array(0), hz, 'wav');
  const list = Buffer.alloc(34);
  list.write('LIST', 0, 'latin1');
  list.writeUInt32LE(26, 4);
  list.write('INFOISFT', 8, 'latin1');
  list.writeUInt32LE(14, 16);
  list.write('Lavf61.7.100', 20, 'latin1');
  return Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
}
