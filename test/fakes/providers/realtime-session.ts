import { setImmediate as turn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { joinSamples } from '#src/audio/pcm.ts';
import { listSpokenWords } from './mock-sound.ts';
import { AloudRefusal, createAloudResponses, waitForSound } from './realtime-aloud.ts';
import type {
  TalkCall,
  TalkCommand,
  TalkItem,
  TalkReply,
  TalkResponse,
  TalkSettings,
} from './realtime-call.ts';
import { waitUntil } from './send-paced.ts';

const rateHz = 24_000;
const neverAborted = new AbortController().signal;

const wholeResponse = ['completed', undefined] as const;
const responseEndings: Partial<
  Record<NonNullable<TalkReply['ends']>, readonly [string, object]>
> = {
  fail: ['failed', { error: { code: 'server_error', message: 'It broke.' } }],
  incomplete: ['incomplete', { reason: 'max_output_tokens' }],
};

type SessionResponse = {
  readonly named: { readonly id: string };
  readonly reported: TalkResponse;
};
type ReportedFields = Readonly<Record<string, unknown>>;

/** One Realtime conversation, as strict as the real ones. */
export class TalkSession {
  readonly #socket;
  readonly #call;
  readonly #settings;
  readonly #asked;
  /** Pieces of the sound that is not committed yet. */
  #buffer: Int16Array[] = [];
  #response: SessionResponse | undefined;
  #number = 0;
  #called = 0;
  readonly #aloud = createAloudResponses({
    getSettings: () => this.#settings(),
    getCalls: () => this.#call.aloud,
    send: (type, fields) => this.#send(type, fields),
    drop: () => this.#socket.terminate(),
    isClosed: () => this.#call.isClosed,
  });

  constructor(
    socket: WebSocket,
    call: TalkCall,
    settings: () => TalkSettings,
    request: { count: number },
  ) {
    this.#socket = socket;
    this.#call = call;
    this.#settings = settings;
    this.#asked = request;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#handleCommand(JSON.parse(String(data))));
    this.#send('session.created', { session: { type: 'realtime', audio: {} } });
  }

  #handleCommand(command: TalkCommand) {
    if (command.type !== 'input_audio_buffer.append') this.#call.commands.push(command);
    try {
      const act = this.#acts[command.type];
      if (!act)
        throw new AloudRefusal('unknown_event', `Unknown event ${command.type}.`);
      act(command);
    } catch (error) {
      if (!(error instanceof AloudRefusal)) throw error;
      const { code, message } = error;
      const { event_id } = command;
      this.#call.errors.push(code);
      this.#send('error', {
        error: { type: 'invalid_request_error', code, message, event_id },
      });
    }
  }

  readonly #acts: Readonly<Record<string, (command: TalkCommand) => void>> = {
    'session.update': (command) => this.#updateSession(command),
    'input_audio_buffer.append': ({ audio }) => this.#appendAudio(String(audio)),
    'input_audio_buffer.commit': () => this.#commitBuffer(),
    'input_audio_buffer.clear': () => this.#clearBuffer(),
    'conversation.item.create': (command) => this.#createItem(command),
    'response.create': (command) =>
      this.#aloud.handle(command) || this.#startResponse(),
  };

  #updateSession(command: TalkCommand) {
    const session = command.session as ReportedFields;
    if (session.type !== 'realtime')
      throw new AloudRefusal('invalid_value', 'session.type is wrong.');
    const { voices } = this.#settings();
    const [, voice] = /"voice":"([^"]*)"/.exec(JSON.stringify(session)) ?? [];
    if (voice !== undefined && voices?.includes(voice) === false)
      throw new AloudRefusal('invalid_value', 'No such voice.');
    this.#send('session.updated', { session });
  }

  #appendAudio(audio: string) {
    const bytes = Buffer.from(audio, 'base64');
    const more = new Int16Array(bytes.length / 2);
    bytes.copy(new Uint8Array(more.buffer)); // little-endian, as every machine Node runs on
    const ms = (more.length / rateHz) * 1000;
    this.#call.soundMs += ms;
    this.#call.bufferMs += ms;
    this.#buffer.push(more);
  }

  #clearBuffer() {
    this.#buffer = [];
    this.#call.bufferMs = 0;
  }

  #commitBuffer() {
    const sound = joinSamples(this.#buffer);
    if (sound.length < rateHz / 10) {
      throw new AloudRefusal('input_audio_buffer_commit_empty', 'Buffer too small.');
    }
    const pcm = { samples: sound, rateHz, channels: 1 } as const;
    this.#call.commits.push(pcm);
    this.#clearBuffer();
    const text = this.#settings().hears(pcm);
    const id = `item_${++this.#number}`;
    this.#send('input_audio_buffer.committed', { item_id: id });
    this.#putItem({ id, type: 'message', role: 'user', text, sound, soundMs: 0 });
  }

  #createItem({ item }: TalkCommand) {
    const { type, role, content, call_id, output } = item as ReportedFields;
    const [first] = (content ?? []) as ReportedFields[];
    const expected = role === 'assistant' ? 'output_text' : 'input_text';
    if (type === 'message' && first?.type !== expected) {
      throw new AloudRefusal('invalid_value', 'The content has the wrong type.');
    }
    this.#putItem({
      id: `item_${++this.#number}`,
      type: String(type),
      text: String(first?.text ?? output ?? ''),
      ...(role !== undefined && { role: String(role) }),
      ...(call_id !== undefined && { callId: String(call_id) }),
      soundMs: 0,
    });
  }

  #putItem(thing: TalkItem) {
    this.#call.items.push(thing);
    this.#send('conversation.item.added', {
      item: { id: thing.id, type: thing.type, role: thing.role },
    });
  }

  #startResponse() {
    if (this.#response) {
      const code = 'conversation_already_has_active_response';
      throw new AloudRefusal(code, 'There is an active response.');
    }
    const newest = this.#call.items.findLast(
      ({ role, callId }) => role === 'user' || callId,
    );
    const reply = this.#settings().answer(newest?.text ?? '', this.#asked.count++);
    const reported = { atMs: this.#settings().clock.nowMs(), asked: this.#listSaid() };
    const response = { named: { id: `resp_${++this.#number}` }, reported };
    this.#call.responses.push(reported);
    this.#response = response;
    this.#call.active++;
    this.#send('response.created', {
      response: { ...response.named, status: 'in_progress' },
    });
    void this.#playReply(reply, response);
  }

  #listSaid() {
    const { items } = this.#call;
    const since = items.findLastIndex(({ role }) => role !== 'user') + 1;
    return items
      .slice(since)
      .map(({ text }) => text)
      .join(' ');
  }

  async #playReply(reply: TalkReply, response: SessionResponse) {
    const { text = '', call, ends } = reply;
    const { clock, firstSoundMs = 0 } = this.#settings();
    if (firstSoundMs > 0)
      await waitUntil(response.reported.atMs + firstSoundMs, neverAborted, clock);
    const id = `item_${++this.#number}`;
    const of = {
      response_id: response.named.id,
      item_id: id,
      output_index: 0,
      content_index: 0,
    };
    const thing = { id, type: 'message', role: 'assistant', text: '', soundMs: 0 };
    if (text !== '') {
      this.#send('response.output_item.added', { ...of, item: thing });
      this.#putItem(thing);
      await this.#speakText(text, thing, of, response);
    }
    const calls = call ? [this.#nameCall(call, response)] : [];
    if (ends === 'drop') this.#socket.terminate();
    if (ends === 'close')
      this.#socket.close(1001, 'Your session hit the maximum duration.');
    if (ends === 'drop' || ends === 'close') return;
    while (ends === 'stall' && !this.#call.isClosed) await turn();
    this.#endResponse(reply, response, calls);
  }

  async #speakText(
    text: string,
    thing: TalkItem,
    of: ReportedFields,
    response: SessionResponse,
  ) {
    for (const { word, sound, ms } of listSpokenWords(text, this.#settings().voice)) {
      if (this.#call.isClosed) return;
      thing.text += word;
      this.#send('response.output_audio_transcript.delta', { ...of, delta: word });
      thing.soundMs += ms;
      response.reported.firstSoundAtMs ??= this.#settings().clock.nowMs();
      this.#send('response.output_audio.delta', { ...of, delta: sound });
      await waitForSound(ms, this.#settings());
    }
    this.#send('response.output_audio_transcript.done', { ...of, transcript: text });
  }

  /** Arguments are told as done even of answers that are interrupted. */
  #nameCall(
    { name, argumentsJson }: NonNullable<TalkReply['call']>,
    response: SessionResponse,
  ) {
    const id = `item_${++this.#number}`;
    const call_id = `call_${++this.#called}`;
    const call = { id, type: 'function_call', call_id, name, arguments: argumentsJson };
    this.#send('response.output_item.added', {
      response_id: response.named.id,
      item: call,
    });
    this.#putItem({ id, type: 'function_call', callId: call_id, text: '', soundMs: 0 });
    this.#send('response.function_call_arguments.done', {
      response_id: response.named.id,
      item_id: id,
      call_id,
      arguments: argumentsJson,
    });
    return call;
  }

  #endResponse(
    { ends }: TalkReply,
    response: SessionResponse,
    output: readonly object[],
  ) {
    this.#response = undefined;
    if (this.#call.isClosed) return;
    this.#call.active--;
    const usage = {
      input_tokens: 30,
      output_tokens: 20,
      total_tokens: 50,
      input_token_details: { audio_tokens: 10, text_tokens: 20, cached_tokens: 5 },
      output_token_details: { audio_tokens: 15, text_tokens: 5 },
    };
    const [status, status_details] = (ends && responseEndings[ends]) ?? wholeResponse;
    this.#send('response.done', {
      response: { ...response.named, status, status_details, usage, output },
    });
  }

  #send(type: string, fields: object) {
    this.#socket.send(JSON.stringify({ type, ...fields }), () => {});
  }
}
