import { createServer, type IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { toRecord } from '#src/base/json.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { attachSockets } from '#test/fakes/servers/web-sockets.ts';

export type RealtimeFields = Readonly<Record<string, unknown>>;
/** An event of either side. */
export type RealtimeEvent = RealtimeFields & { readonly type: string };

/** One answer as OpenAI's present API would send it. */
export type DialectAnswer = {
  readonly text: string;
  readonly words: readonly string[];
  /** Sound of each word in base64, at the dialect's rate. */
  readonly sounds: readonly string[];
  readonly call?: { readonly name: string; readonly argumentsJson: string } | undefined;
};

/** A refusal of a command, as the fields of an error. */
export type DialectRefusal = {
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
};

/** How one product speaks Realtime. */
export type RealtimeDialect = {
  readonly title: string;
  /** Version or date, and address, of what this was read from. */
  readonly source: string;
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  readonly greetings: readonly RealtimeEvent[];
  /** Status and reason of a refused upgrade. */
  refuseUpgrade?(request: IncomingMessage): string | undefined;
  /** Closes the connection in place of a refusal. */
  readonly closesAtRefusals?: true;
  /** Errors name the event that they are about. */
  readonly namesEvents?: true;
  /** Refuses an update of the session, or a request for a response. */
  refuse(command: RealtimeEvent): DialectRefusal | undefined;
  /** Tells the session after an update. Undefined: nothing is confirmed. */
  tellSession(command: RealtimeEvent): RealtimeEvent | undefined;
  /** The whole error event. Default: OpenAI's. */
  toError?(refusal: DialectRefusal): RealtimeEvent;
  writeAnswer(answer: DialectAnswer): readonly RealtimeEvent[];
  /** Tells the words of a committed sound. Undefined: it is a part of a conversation. */
  writeTranscript?(commit: RealtimeEvent, text: string): readonly RealtimeEvent[];
};

/** One connection to a dialect's server. */
export type RealtimeDialectCall = {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly commands: RealtimeEvent[];
  /** Duration of each committed sound, in ms. */
  readonly commits: number[];
  readonly refusals: DialectRefusal[];
  readonly atMs: number;
};

type DialectSettings = {
  readonly answer: (
    question: string,
    request: number,
  ) => Omit<DialectAnswer, 'sounds' | 'words'>;
};

/** Opens a server of a dialect at `/v1/realtime`, which answers each question alike. */
export async function openRealtimeDialect(
  dialect: RealtimeDialect,
  answer: DialectSettings['answer'],
  makeSound: (text: string, rateHz: number) => Int16Array,
) {
  const server = createServer((_, response) => response.writeHead(404).end());
  let requests = 0;
  const sockets = attachSockets<RealtimeDialectCall, DialectSettings>(
    server,
    { answer },
    {
      fitsUpgrade: () => true,
      callOf: ({ headers, url = '' }) => {
        return {
          url,
          headers,
          commands: [],
          commits: [],
          refusals: [],
          atMs: performance.now(),
        };
      },
      refuseUpgrade: (request) => dialect.refuseUpgrade?.(request),
      serveSocket: (socket, call, settings) =>
        serveDialect(dialect, socket, call, (question) => {
          const { call: toolCall, text } = settings().answer(question, requests++);
          const words = text.match(/\s*\S+/g) ?? [];
          const sounds = cutSound(makeSound(text, dialect.outputRateHz), words.length);
          return { text, words, sounds: text === '' ? [] : sounds, call: toolCall };
        }),
      refuseClosed: () => undefined,
    },
  );
  const served = await openListeningServer(server, () => sockets.dropAll());
  return {
    origin: served.origin,
    calls: sockets.calls,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** Cuts a sound into pieces of odd sizes. */
function cutSound(samples: Int16Array, pieces: number) {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const size = 1 + Math.ceil(bytes.length / Math.max(1, pieces));
  return Array.from({ length: pieces }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size).toString('base64'),
  );
}

/** Words that a server of a recogniser hears in any sound. */
export const heardText = 'one two three';

/** Text that a request asks to be read, beside the conversation. */
function findAside({ response }: RealtimeEvent) {
  const [item] = [toRecord(response).input].flat();
  const [content] = [toRecord(item).content].flat();
  return /<text>(.*)<\/text>/.exec(`${toRecord(content).text ?? ''}`)?.[1];
}

function serveDialect(
  dialect: RealtimeDialect,
  socket: WebSocket,
  call: RealtimeDialectCall,
  makeAnswer: (question: string) => DialectAnswer,
) {
  let bufferBytes = 0;
  let question = '';
  const sendEvent = (event: object) => socket.send(JSON.stringify(event), () => {});
  const refuseCommand = (refusal: DialectRefusal, { event_id }: RealtimeEvent) => {
    call.refusals.push(refusal);
    if (dialect.closesAtRefusals) return socket.close(1008, 'bad request');
    const { code = 'invalid_value' } = refusal;
    const named = dialect.namesEvents && { event_id };
    const error = { type: 'invalid_request_error', ...refusal, code, ...named };
    sendEvent(dialect.toError?.(refusal) ?? { type: 'error', error });
  };
  socket.on('error', () => {});
  const sendAll = (events: readonly RealtimeEvent[]) => events.forEach(sendEvent);
  const acts: Readonly<Record<string, (command: RealtimeEvent) => void>> = {
    'input_audio_buffer.commit': (command) => {
      call.commits.push((bufferBytes / 2 / dialect.inputRateHz) * 1000);
      bufferBytes = 0;
      sendAll(dialect.writeTranscript?.(command, heardText) ?? []);
    },
    'conversation.item.create': ({ item }) => {
      const { content, output } = toRecord(item);
      const text = `${toRecord([content].flat()[0]).text ?? output ?? ''}`;
      question = text.replace(/<\/?text>/g, '');
    },
    'response.create': (command) =>
      sendAll(dialect.writeAnswer(makeAnswer(findAside(command) ?? question))),
  };
  const tellSession = (command: RealtimeEvent) => {
    const told = command.type.endsWith('.update') && dialect.tellSession(command);
    if (told) sendEvent(told);
  };
  socket.on('message', (data) => {
    const command = JSON.parse(String(data)) as RealtimeEvent;
    if (command.type === 'input_audio_buffer.append') {
      bufferBytes += Buffer.from(String(command.audio), 'base64').length;
      return;
    }
    call.commands.push(command);
    const refusal = dialect.refuse(command);
    if (refusal) refuseCommand(refusal, command);
    else (acts[command.type] ?? tellSession)(command);
  });
  sendAll(dialect.greetings);
}
