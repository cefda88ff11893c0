import { joinSamples, measureRms, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { toRecord } from '#src/base/json.ts';
import { makeTone } from './mock-sound.ts';

/** What the model does after a question: it speaks, hands work over, or both. */
export type LiveReply = {
  readonly says?: string;
  readonly delegates?: boolean;
  /** Words of the question as the server recognises them. */
  readonly hears?: string;
  /** From the end of the question to the first word. Default: 600. */
  readonly thinksMs?: number;
};

export type LiveModelSettings = {
  /** Reply to the `n`th question of a session, counted from 0, whose sound is `pcm`. */
  readonly answer: (n: number, pcm: Pcm) => LiveReply;
  /** Default: it does what it is asked to. */
  readonly trouble?:
    | 'never starts'
    /** Ends each session as soon as it has started. */
    | 'moderates at once'
    /** Ends each session at the end of a question. */
    | 'loses its model'
    /** Sends what `say` is given and nothing else. */
    | 'only repeats'
    | 'no such model'
    | 'bad key'
    | 'no credit'
    | 'never answers'
    | 'drops commentary';
  /** Speaks as soon as it hears anything: the canary of the gate. */
  readonly isEager?: boolean;
};

const rateHz = 24_000;
const pieceMs = 100;
const pieceSamples = (rateHz / 1000) * pieceMs;
/** After so much silence in the input a question is over. */
const questionEndMs = 400;
/** From the end of a question to the first word. */
const thinkingMs = 600;
/** From an addition to its acknowledgement. */
const placingMs = 600;
/** Sound that comes out beyond what was sent, after the input has stopped. */
const msPerChar = 65;

const clientEvents = new Set([
  'session.start',
  'session.update',
  'session.input_audio.append',
  'session.input_audio.mute',
  'session.input_audio.unmute',
  'session.output_audio_fixture.play',
  'session.instructions.append',
  'session.thinking.append',
  'session.commentary.append',
  'response.item.create',
  'response.create',
  'session.close',
]);

type Speech = { readonly text: string; readonly samples: Int16Array; at: number };
type Added = { readonly kind: string; readonly atMs: number; readonly content: string };

/**
 * One session of a live model: its clock is the sound that it gets, out of which come as many pieces, silence included. It
 * hears a question as sound and silence after it.
 */
export class LiveModelSession {
  /** All events of the client but its sound. */
  readonly commands: Readonly<Record<string, unknown>>[] = [];
  /** Samples of sound and of silence that came. */
  voicedMs = 0;
  silentMs = 0;
  /** When the newest sound or silence came, on the clock that all processes of the machine share. */
  lastSoundAtMs = 0;
  /** When the first voice of each question came, on the same clock. */
  readonly voicedAtMs: number[] = [];
  questions = 0;
  isClosed = false;
  readonly #settings: LiveModelSettings;
  readonly #emit: (event: object) => void;
  readonly #hangUp: () => void;
  #timelineMs = 0;
  #outMs = 0;
  #hasVoice = false;
  #quietMs = 0;
  /** Sound since the end of the last question. */
  readonly #question: Int16Array[] = [];
  #events = 0;
  #delegations = 0;
  #session: object = {};
  readonly #due: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly #speech: Speech[] = [];
  readonly #added: Added[] = [];

  constructor(
    settings: LiveModelSettings,
    send: (event: object) => void,
    hangUp: () => void,
  ) {
    this.#settings = settings;
    this.#emit = send;
    this.#hangUp = hangUp;
  }

  /** Whether speech is left that was not sent. */
  get isSpeaking() {
    return !this.isClosed && this.#speech.length > 0;
  }

  receive(event: Readonly<Record<string, unknown>>) {
    const type = `${event.type}`;
    if (type !== 'session.input_audio.append') this.commands.push(event);
    if (this.#settings.trouble === 'only repeats') return;
    if (!clientEvents.has(type))
      return this.#refuseEvent(
        'invalid_value',
        `Supported: ${[...clientEvents]}`,
        event,
      );
    if (type === 'session.start') return this.#startSession(event);
    if (type === 'session.input_audio.append') return this.#hearAudio(`${event.audio}`);
    if (type.endsWith('.append')) return this.#addItem(type.split('.')[1] ?? '', event);
    if (type === 'session.close') return this.end('close_requested');
  }

  /** Ends the session as the server would. */
  end(reason: string) {
    if (this.isClosed) return;
    const left = this.#added.filter(({ atMs }) => atMs > this.#timelineMs);
    for (const _ of left)
      this.#sendEvent('error', {
        error: {
          type: 'server_error',
          code: 'context_injection_incomplete',
          message: 'Not placed.',
        },
      });
    const usage = { seconds: Math.ceil(this.#timelineMs / 1000) };
    this.#sendEvent('session.closed', { reason, session: this.#session, usage });
    this.isClosed = true;
    this.#hangUp();
  }

  /** Sends an event of any kind. */
  say(event: object) {
    this.#emit(event);
  }

  #startSession({ session, event_id }: Readonly<Record<string, unknown>>) {
    const { trouble } = this.#settings;
    if (trouble === 'never starts') return;
    const refusals = {
      'no such model': 'model_not_found',
      'bad key': 'invalid_api_key',
      'no credit': 'credit_balance_exhausted',
    } as const;
    if (trouble && trouble in refusals) {
      const code = refusals[trouble as keyof typeof refusals];
      this.#refuseEvent(code, 'You may not.', { event_id });
      this.isClosed = true;
      return this.#hangUp();
    }
    this.#session = {
      id: 'live_1',
      expires_at: 4_000_000_000,
      status: 'active',
      input: [],
      ...toRecord(session),
    };
    this.#sendEvent('session.started', { session: this.#session });
    if (trouble === 'moderates at once') this.end('content');
  }

  #addItem(
    kind: string,
    { content, delegation_id }: Readonly<Record<string, unknown>>,
  ) {
    const atMs = this.#timelineMs + placingMs;
    this.#added.push({ kind, atMs, content: `${content}` });
    if (this.#settings.trouble === 'drops commentary' && kind === 'commentary') return;
    this.#runLater(placingMs, () => {
      const span = { start_ms: this.#timelineMs, end_ms: this.#timelineMs };
      this.#sendEvent(`session.${kind}.appended`, span);
      if (kind === 'commentary' && delegation_id !== null)
        this.#speakText(`${content}`);
    });
  }

  #hearAudio(audio: string) {
    const bytes = Buffer.from(audio, 'base64');
    if (bytes.length % 2 === 1)
      return this.#refuseEvent('invalid_audio', 'Odd bytes.', {});
    const samples = new Int16Array(new Uint8Array(bytes).buffer);
    const ms = (samples.length / rateHz) * 1000;
    this.#timelineMs += ms;
    this.#question.push(samples);
    const isVoiced = measureRms(samples) > 0.005;
    if (isVoiced) this.voicedMs += ms;
    else this.silentMs += ms;
    this.#quietMs = isVoiced ? 0 : this.#quietMs + ms;
    if (isVoiced && this.#settings.isEager && this.#speech.length === 0)
      this.#speakText('I speak whenever I hear anything at all, as you can hear.');
    this.lastSoundAtMs = realClock.nowMs();
    if (isVoiced && !this.#hasVoice) this.voicedAtMs.push(this.lastSoundAtMs);
    this.#hasVoice ||= isVoiced;
    if (this.#hasVoice && this.#quietMs >= questionEndMs) this.#replyToVoice();
    this.#advanceTimeline();
  }

  #replyToVoice() {
    this.#hasVoice = false;
    const samples = joinSamples(this.#question.splice(0));
    const pcm = { samples, rateHz, channels: 1 } as const;
    const reply = this.#settings.answer(this.questions++, pcm);
    const { delegates, hears, says, thinksMs = thinkingMs } = reply;
    if (this.#settings.trouble === 'never answers') return;
    if (this.#settings.trouble === 'loses its model')
      return this.end('connection_lost');
    const span = { start_ms: this.#timelineMs, end_ms: this.#timelineMs };
    if (hears)
      this.#sendEvent('session.input_transcript.delta', { delta: hears, ...span });
    if (delegates) {
      const id = `item_${++this.#delegations}`;
      const delegation = { id, type: 'delegation', target: 'client' };
      const offset_ms = Math.round(this.#timelineMs);
      this.#sendEvent('session.delegation.created', { delegation, offset_ms });
    }
    if (says) this.#runLater(thinksMs, () => this.#speakText(says));
  }

  #speakText(text: string) {
    const samples = makeTone(text, rateHz, msPerChar);
    this.#speech.push({ text, samples, at: 0 });
  }

  #runLater(ms: number, run: () => void) {
    this.#due.push({ atMs: this.#timelineMs + ms, run });
  }

  /** What is due happens, and then one piece comes out for each 100 ms that came in. */
  #advanceTimeline() {
    for (const due of this.#due.filter(({ atMs }) => atMs <= this.#timelineMs)) {
      this.#due.splice(this.#due.indexOf(due), 1);
      due.run();
    }
    for (; this.#outMs + pieceMs <= this.#timelineMs; this.#outMs += pieceMs)
      this.#sendPiece();
  }

  #sendPiece() {
    const [speech] = this.#speech;
    const piece = new Int16Array(pieceSamples);
    if (speech) {
      const from = speech.at;
      piece.set(speech.samples.subarray(from, from + pieceSamples));
      speech.at += pieceSamples;
      this.#sendWords(speech, from);
      if (speech.at >= speech.samples.length) this.#speech.shift();
    }
    const delta = Buffer.from(piece.buffer).toString('base64');
    this.#emit({ type: 'session.output_audio.delta', delta });
  }

  /** Whole words come with the sound of their begin. */
  #sendWords({ at, samples, text }: Speech, from: number) {
    const toChar = (sample: number) => {
      const char = Math.ceil((sample / samples.length) * text.length);
      return char === 0 ? 0 : char + text.slice(char).search(/(?!\S)/);
    };
    const delta = text.slice(toChar(from), toChar(at));
    const span = { start_ms: this.#outMs, end_ms: this.#outMs + 200 };
    if (delta !== '')
      this.#sendEvent('session.output_transcript.delta', { delta, ...span });
  }

  #refuseEvent(
    code: string,
    message: string,
    { event_id }: Readonly<Record<string, unknown>>,
  ) {
    const error = { type: 'invalid_request_error', code, message };
    const named = typeof event_id === 'string' && { client_event_id: event_id };
    this.#sendEvent('error', { error: { ...error, ...named } });
  }

  #sendEvent(type: string, fields: object) {
    this.#emit({ type, event_id: `event_${++this.#events}`, ...fields });
  }
}
