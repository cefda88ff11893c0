import type { IncomingMessage, Server } from 'node:http';
import type { WebSocket } from 'ws';
import type { Pcm } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { attachSockets } from '#test/fakes/servers/web-sockets.ts';
import { isLiveRequest } from './live-sockets.ts';
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
      fitsUpgrade: (request) => !isTalkRequest(request) && !isLiveRequest(request),
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
      refuseUpgrade: findRefusal,
      serveSocket: (...parts) => void createMockConversation(...parts),
      refuseClosed: (call) => {
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

function createMockConversation(
  socket: WebSocket,
  call: RealtimeCall,
  settings: () => RealtimeSettings,
) {
  let sound = new Int16Array(0);
  let reported = '';
  let items = 1;
  socket.on('error', () => {});
  socket.on('message', (data) => handleEvent(JSON.parse(String(data))));
  sendEvent({
    type: 'session.created',
    session: { type: 'realtime', audio: {} },
  });

  function handleEvent(event: {
    type: string;
    event_id?: string;
    audio?: string;
    session?: object;
  }) {
    if (event.type.endsWith('session.update'))
      updateSession(event.type, event.session ?? {}, event.event_id);
    if (event.type === 'input_audio_buffer.append') appendAudio(event.audio ?? '');
    if (event.type === 'input_audio_buffer.commit')
      void commitSound(event.event_id ?? '');
  }

  function updateSession(type: string, session: object, eventId: string | undefined) {
    call.updates.push(session);
    const { trouble } = settings();
    const hints = readHints(session);
    const isNamed = trouble === 'refuses-hints';
    const acceptsNone = trouble?.startsWith('refuses-hints');
    if (hints && trouble === 'drops-at-hints') socket.terminate();
    else if (hints && (acceptsNone || hints.some(isForeignHint))) {
      const error = {
        message: 'Unknown parameter.',
        ...(isNamed && { event_id: eventId }),
      };
      sendEvent({ type: 'error', error });
    } else if (trouble === 'bad-model' || type !== 'session.update') {
      sendEvent({ type: 'error', error: { message: 'No such model or event.' } });
    } else sendEvent({ type: 'session.updated', session });
  }

  function appendAudio(audio: string) {
    const bytes = Buffer.from(audio, 'base64');
    const more = new Int16Array(bytes.length / 2);
    for (let n = 0; n < more.length; n++) more[n] = bytes.readInt16LE(2 * n);
    const joined = new Int16Array(sound.length + more.length);
    joined.set(sound);
    joined.set(more, sound.length);
    sound = joined;
    call.soundMs += (more.length / rateHz) * 1000;
    const { continuous, sureMs } = settings();
    const isSure = sound.length >= (sureMs * rateHz) / 1000;
    if (continuous && isSure) sendPartial(hearSound());
  }

  function hearSound() {
    return settings().hears({ samples: sound, rateHz, channels: 1 });
  }

  function sendPartial(text: string) {
    if (text.length <= reported.length || !text.startsWith(reported)) return;
    const delta = text.slice(reported.length);
    reported = text;
    sendItem('delta', { delta });
  }

  async function commitSound(eventId: string) {
    const { clock, trouble, recogniseMs } = settings();
    const soundMs = (sound.length / rateHz) * 1000;
    if (soundMs < 100) {
      const code = 'input_audio_buffer_commit_empty';
      const error = { code, message: 'Buffer too small.', event_id: eventId };
      return sendEvent({ type: 'error', error });
    }
    call.commits.push({ soundMs, atMs: realClock.nowMs() });
    if (trouble === 'drops') return socket.terminate();
    const [item, text] = [items++, hearSound()];
    sendEvent({ type: 'input_audio_buffer.committed', item_id: `item_${item}` });
    const rest = text.slice(reported.length);
    [sound, reported] = [new Int16Array(0), ''];
    await clock.sleep(recogniseMs, new AbortController().signal);
    if (trouble === 'failed-item') {
      const error = { code: 'audio_unintelligible', message: 'The audio is broken.' };
      return sendItem('failed', { error }, item);
    }
    const usage = { type: 'duration', seconds: soundMs / 1_000 };
    if (rest !== '') sendItem('delta', { delta: rest }, item);
    sendItem('completed', { transcript: text, usage }, item);
  }

  function sendItem(what: string, overrides: object, item = items) {
    const type = `conversation.item.input_audio_transcription.${what}`;
    sendEvent({ type, item_id: `item_${item}`, content_index: 0, ...overrides });
  }

  function sendEvent(event: object) {
    socket.send(JSON.stringify(event), () => {});
  }

  return {};
}
