import type { IncomingMessage, Server } from 'node:http';
import type { WebSocket } from 'ws';
import type { Pcm } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { attachSockets } from '#test/fakes/servers/web-sockets.ts';
import { isTalkRequest } from './mock-talk.ts';

export type RealtimeTrouble =
  | 'bad-key'
  | 'not-found'
  /** Refused with 403 unless the address names a model, as speaches does. */
  | 'wants-model'
  | 'bad-model'
  | 'failed-item'
  /** Takes no words to expect: says so, says so of no message in particular, or goes away. */
  | 'refuses-hints'
  | 'refuses-hints-namelessly'
  | 'drops-at-hints'
  /** The connection goes away at every commit. */
  | 'drops';

export type RealtimeSettings = {
  readonly hears: (pcm: Pcm) => string;
  /** Tells words as they end; otherwise only after a commit. */
  readonly continuous: boolean;
  /** Words that were told are not taken back, so the first ones are told after so much sound. */
  readonly sureMs: number;
  /** From the commit to the final text. */
  readonly recogniseMs: number;
  readonly clock: Clock;
  readonly trouble?: RealtimeTrouble | undefined;
  /** Set: every connection must carry it. */
  readonly key?: string;
};

/** One connection and what came over it. */
export type RealtimeCall = {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly atMs: number;
  readonly updates: object[];
  /** Sound of each item in ms, and when it was committed. */
  readonly commits: { readonly soundMs: number; readonly atMs: number }[];
  soundMs: number;
  closedAtMs?: number;
};

const rateHz = 24_000;
const usualSureMs = 700;
const realtimeRefusals: Partial<Record<RealtimeTrouble, string>> = {
  'bad-key': '401 Unauthorized',
  'not-found': '404 Not Found',
  'wants-model': '403 Forbidden',
};

/** Realtime transcription at `/v1/realtime?intent=transcription` of a server that has no other upgrades. */
export function attachRealtime(
  server: Server,
  settings: Pick<RealtimeSettings, 'hears'> & Partial<RealtimeSettings>,
) {
  const usual = {
    continuous: true,
    sureMs: usualSureMs,
    recogniseMs: 0,
    clock: realClock,
  };
  return attachSockets<RealtimeCall, RealtimeSettings>(
    server,
    { ...usual, ...settings },
    {
      fits: (request) => !isTalkRequest(request),
      callOf: ({ url = '', headers: { authorization } }) => {
        return {
          url,
          authorization,
          atMs: realClock.nowMs(),
          updates: [],
          commits: [],
          soundMs: 0,
        };
      },
      refusal: findRefusal,
      serve: (...parts) => void new MockConversation(...parts),
      closed: (call) => {
        call.closedAtMs = realClock.nowMs();
      },
    },
  );
}

function findRefusal(
  { url = '', headers }: IncomingMessage,
  settings: RealtimeSettings,
) {
  const { pathname, searchParams } = new URL(url, 'http://mock');
  const { trouble, key } = settings;
  if (key !== undefined && headers.authorization !== `Bearer ${key}`)
    return realtimeRefusals['bad-key'];
  if (pathname !== '/v1/realtime' || searchParams.get('intent') !== 'transcription') {
    return realtimeRefusals['not-found'];
  }
  if (trouble === 'wants-model')
    return searchParams.has('model') ? undefined : realtimeRefusals[trouble];
  return trouble && realtimeRefusals[trouble];
}

/** Words to expect; undefined where none are told. */
function readHints(session: object) {
  const { keywords, prompt } = readTranscription(session);
  if (Array.isArray(keywords)) return keywords.map(String);
  return typeof prompt === 'string' ? [prompt] : undefined;
}

function readTranscription(session: object) {
  const { audio } = { ...session } as {
    audio?: { input?: { transcription?: Readonly<Record<string, unknown>> } };
  };
  return audio?.input?.transcription ?? {};
}

/** OpenAI refuses keywords that are not one plain line each. */
function isForeignHint(hint: string) {
  return /[<>\r\n\p{Cc}]/u.test(hint);
}

class MockConversation {
  readonly #socket;
  readonly #call;
  readonly #settings;
  #sound = new Int16Array(0);
  #reported = '';
  #items = 1;

  constructor(socket: WebSocket, call: RealtimeCall, settings: () => RealtimeSettings) {
    this.#socket = socket;
    this.#call = call;
    this.#settings = settings;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#handleEvent(JSON.parse(String(data))));
    this.#sendEvent({
      type: 'session.created',
      session: { type: 'realtime', audio: {} },
    });
  }

  #handleEvent(event: {
    type: string;
    event_id?: string;
    audio?: string;
    session?: object;
  }) {
    if (event.type.endsWith('session.update'))
      this.#updateSession(event.type, event.session ?? {}, event.event_id);
    if (event.type === 'input_audio_buffer.append')
      this.#appendAudio(event.audio ?? '');
    if (event.type === 'input_audio_buffer.commit')
      void this.#commitSound(event.event_id ?? '');
  }

  #updateSession(type: string, session: object, eventId: string | undefined) {
    this.#call.updates.push(session);
    const { trouble } = this.#settings();
    const hints = readHints(session);
    const isNamed = trouble === 'refuses-hints';
    const acceptsNone = isNamed || trouble === 'refuses-hints-namelessly';
    if (hints && trouble === 'drops-at-hints') this.#socket.terminate();
    else if (hints && (acceptsNone || hints.some(isForeignHint))) {
      const error = {
        message: 'Unknown parameter.',
        ...(isNamed && { event_id: eventId }),
      };
      this.#sendEvent({ type: 'error', error });
    } else if (trouble === 'bad-model' || type !== 'session.update') {
      this.#sendEvent({ type: 'error', error: { message: 'No such model or event.' } });
    } else this.#sendEvent({ type: 'session.updated', session });
  }

  #appendAudio(audio: string) {
    const bytes = Buffer.from(audio, 'base64');
    const more = new Int16Array(bytes.length / 2);
    for (let n = 0; n < more.length; n++) more[n] = bytes.readInt16LE(2 * n);
    const joined = new Int16Array(this.#sound.length + more.length);
    joined.set(this.#sound);
    joined.set(more, this.#sound.length);
    this.#sound = joined;
    this.#call.soundMs += (more.length / rateHz) * 1000;
    const { continuous, sureMs } = this.#settings();
    const isSure = this.#sound.length >= (sureMs * rateHz) / 1000;
    if (continuous && isSure) this.#sendPartial(this.#hearSound());
  }

  #hearSound() {
    return this.#settings().hears({ samples: this.#sound, rateHz, channels: 1 });
  }

  #sendPartial(text: string) {
    if (text.length <= this.#reported.length || !text.startsWith(this.#reported))
      return;
    const delta = text.slice(this.#reported.length);
    this.#reported = text;
    this.#sendItem('delta', { delta });
  }

  async #commitSound(eventId: string) {
    const { clock, trouble, recogniseMs } = this.#settings();
    const soundMs = (this.#sound.length / rateHz) * 1000;
    if (soundMs < 100) {
      const code = 'input_audio_buffer_commit_empty';
      const error = { code, message: 'Buffer too small.', event_id: eventId };
      return this.#sendEvent({ type: 'error', error });
    }
    this.#call.commits.push({ soundMs, atMs: realClock.nowMs() });
    if (trouble === 'drops') return this.#socket.terminate();
    const [item, text] = [this.#items++, this.#hearSound()];
    this.#sendEvent({ type: 'input_audio_buffer.committed', item_id: `item_${item}` });
    const rest = text.slice(this.#reported.length);
    [this.#sound, this.#reported] = [new Int16Array(0), ''];
    await clock.sleep(recogniseMs, new AbortController().signal);
    if (trouble === 'failed-item') {
      const error = { code: 'audio_unintelligible', message: 'The audio is broken.' };
      return this.#sendItem('failed', { error }, item);
    }
    const usage = { type: 'duration', seconds: soundMs / 1_000 };
    if (rest !== '') this.#sendItem('delta', { delta: rest }, item);
    this.#sendItem('completed', { transcript: text, usage }, item);
  }

  #sendItem(what: string, more: object, item = this.#items) {
    const type = `conversation.item.input_audio_transcription.${what}`;
    this.#sendEvent({ type, item_id: `item_${item}`, content_index: 0, ...more });
  }

  #sendEvent(event: object) {
    this.#socket.send(JSON.stringify(event), () => {});
  }
}
