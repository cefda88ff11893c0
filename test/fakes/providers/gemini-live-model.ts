import { z } from 'zod';
import { measureRms } from '#src/audio/pcm.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { LiveReply } from './live-model.ts';
import { makeTone } from './mock-sound.ts';

export type GeminiModelSettings = {
  /** Reply to the `n`th question of a session, counted from 0. */
  readonly answer: (n: number) => LiveReply;
  /** Closes each connection with this sentence instead of starting a session. */
  readonly refuses?: string;
  /** Ends each turn for this reason, without a word. */
  readonly moderates?: string;
};

/** Messages that a client may send, by https://ai.google.dev/api/live: a field that stands here nowhere is refused. */
const content = z.strictObject({
  role: z.enum(['user', 'model']),
  parts: z.array(z.strictObject({ text: z.string().min(1) })).min(1),
});
const audio = z.strictObject({
  data: z.base64(),
  mimeType: z.literal('audio/pcm;rate=16000'),
});
const empty = z.strictObject({});
const realtimeInput = z.union([
  z.strictObject({ audio }),
  z.strictObject({ activityStart: empty }),
  z.strictObject({ activityEnd: empty }),
]);
const setup = z.strictObject({
  model: z.string().startsWith('models/'),
  generationConfig: z.strictObject({
    responseModalities: z.tuple([z.literal('AUDIO')]),
    maxOutputTokens: z.int().positive(),
    speechConfig: z
      .strictObject({
        voiceConfig: z.strictObject({
          prebuiltVoiceConfig: z.strictObject({ voiceName: z.string() }),
        }),
      })
      .optional(),
  }),
  systemInstruction: z
    .strictObject({ parts: z.array(z.strictObject({ text: z.string().min(1) })) })
    .optional(),
  tools: z.array(
    z.strictObject({
      functionDeclarations: z.array(
        z.strictObject({
          name: z.string().regex(/^[a-z_][\w.:-]{0,127}$/i),
          description: z.string(),
        }),
      ),
    }),
  ),
  realtimeInputConfig: z.strictObject({
    automaticActivityDetection: z.strictObject({ disabled: z.literal(true) }),
  }),
  inputAudioTranscription: empty,
  outputAudioTranscription: empty,
  historyConfig: z
    .strictObject({ initialHistoryInClientContent: z.literal(true) })
    .optional(),
});
const functionResponse = z.strictObject({
  id: z.string(),
  name: z.literal('delegate'),
  response: z.strictObject({ output: z.string() }),
  scheduling: z.enum(['SILENT', 'WHEN_IDLE', 'INTERRUPT']),
  willContinue: z.literal(true).optional(),
});
const clientMessage = z.union([
  z.strictObject({ setup }),
  z.strictObject({
    clientContent: z.strictObject({
      turns: z.array(content).min(1),
      turnComplete: z.boolean(),
    }),
  }),
  z.strictObject({ realtimeInput }),
  z.strictObject({
    toolResponse: z.strictObject({
      functionResponses: z.tuple([functionResponse]),
    }),
  }),
]);

const outputRateHz = 24_000;
const pieceSamples = 960;
const msPerChar = 65;
const [tokensPerSecond, charsPerToken] = [25, 4];

/** Tokens of a context, or of a part of it. */
type Tokens = { readonly text: number; readonly sound: number };

function addTokens(a: Tokens, b: Partial<Tokens>): Tokens {
  return { text: a.text + (b.text ?? 0), sound: a.sound + (b.sound ?? 0) };
}

function countSound(ms: number) {
  return Math.ceil((ms / 1000) * tokensPerSecond);
}

function toDetails({ sound, text }: Tokens) {
  return [
    { modality: 'TEXT', tokenCount: text },
    { modality: 'AUDIO', tokenCount: sound },
  ];
}

/**
 * One session of a Gemini Live model: a turn lasts from `activityStart` to `activityEnd`, and its answer comes in one burst,
 * faster than it lasts.
 */
export class GeminiLiveSession {
  /** All messages of the client but its sound. */
  readonly messages: JsonEvent[] = [];
  voicedMs = 0;
  silentMs = 0;
  questions = 0;
  isClosed = false;
  /** Tokens of each turn, as the server charges them. */
  readonly charged: { readonly read: Tokens; readonly said: Tokens }[] = [];
  /** Why the server ended the session. */
  fault: string | undefined;
  readonly #settings: GeminiModelSettings;
  readonly #emit: (event: object) => void;
  readonly #hangUp: (code: number, reason: string) => void;
  readonly #openCalls = new Set<string>();
  #isStarted = false;
  #awaitsHistory = false;
  #isActive = false;
  #context: Tokens = { text: 0, sound: 0 };

  constructor(
    settings: GeminiModelSettings,
    send: (event: object) => void,
    hangUp: (code: number, reason: string) => void,
  ) {
    this.#settings = settings;
    this.#emit = send;
    this.#hangUp = hangUp;
  }

  receive(event: JsonEvent) {
    const read = clientMessage.safeParse(event);
    if (!read.success) return this.#refuse(`Invalid JSON payload: ${read.error}`);
    const message = read.data;
    if ('realtimeInput' in message) return this.#onInput(message.realtimeInput);
    this.messages.push(event);
    const text = Math.ceil(JSON.stringify(event).length / charsPerToken);
    this.#context = addTokens(this.#context, { text });
    if ('setup' in message) return this.#onSetup(message.setup);
    if (!this.#isStarted) return this.#refuse('Setup required.');
    if ('clientContent' in message) {
      const { turnComplete } = message.clientContent;
      if (turnComplete && !this.#awaitsHistory)
        this.#refuse('A turn that nobody spoke is invalid.');
      this.#awaitsHistory = false;
      return;
    }
    const [response] = message.toolResponse.functionResponses;
    if (!this.#openCalls.has(response.id)) return this.#refuse('Invalid id of a call.');
    if (!response.willContinue) this.#openCalls.delete(response.id);
    this.#speakTurn(response.response.output);
  }

  /** Sends a message of any kind. */
  say(event: object) {
    this.#emit(event);
  }

  /** Ends the session as the server would. */
  end(code: number, reason: string) {
    if (this.isClosed) return;
    this.fault = reason;
    this.isClosed = true;
    this.#hangUp(code, reason);
  }

  #refuse(sentence: string) {
    this.end(1007, sentence.slice(0, 100));
  }

  #onSetup({ historyConfig }: z.infer<typeof setup>) {
    if (this.#isStarted) return this.#refuse('Invalid second setup.');
    if (this.#settings.refuses !== undefined)
      return this.end(1008, this.#settings.refuses);
    this.#isStarted = true;
    this.#awaitsHistory = historyConfig !== undefined;
    this.#emit({ setupComplete: { sessionId: 's1' } });
  }

  #onInput(input: z.infer<typeof realtimeInput>) {
    if (!this.#isStarted || this.#awaitsHistory)
      return this.#refuse('Sound before its time is invalid.');
    if ('audio' in input) return this.#hearAudio(input.audio.data);
    const begins = 'activityStart' in input;
    if (begins === this.#isActive) return this.#refuse('Invalid activity.');
    this.messages.push({ realtimeInput: input });
    this.#isActive = begins;
    if (!begins) this.#answerTurn();
  }

  #hearAudio(data: string) {
    if (!this.#isActive)
      return this.#refuse('Sound outside of an activity is invalid.');
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length % 2 === 1) return this.#refuse('Invalid audio.');
    const samples = new Int16Array(new Uint8Array(bytes).buffer);
    const ms = samples.length / 16;
    this.#context = addTokens(this.#context, { sound: countSound(ms) });
    if (measureRms(samples) > 0.005) this.voicedMs += ms;
    else this.silentMs += ms;
  }

  #answerTurn() {
    const { answer, moderates } = this.#settings;
    const { delegates, hears, says } = answer(this.questions++);
    if (hears) this.#emit({ serverContent: { inputTranscription: { text: hears } } });
    if (delegates) {
      const id = `function-call-${this.questions}`;
      this.#openCalls.add(id);
      this.#emit({ toolCall: { functionCalls: [{ id, name: 'delegate', args: {} }] } });
    }
    if (moderates !== undefined)
      return this.say({
        serverContent: { turnComplete: true, turnCompleteReason: moderates },
      });
    this.#speakTurn(says ?? '');
  }

  /** Words and sound of a whole turn, and its end with the tokens of the session. */
  #speakTurn(text: string) {
    const samples =
      text === '' ? new Int16Array() : makeTone(text, outputRateHz, msPerChar);
    if (text !== '') this.#emit({ serverContent: { outputTranscription: { text } } });
    for (let at = 0; at < samples.length; at += pieceSamples) {
      const piece = new Int16Array(samples.subarray(at, at + pieceSamples));
      const data = Buffer.from(piece.buffer).toString('base64');
      const inlineData = { data, mimeType: `audio/pcm;rate=${outputRateHz}` };
      this.#emit({ serverContent: { modelTurn: { parts: [{ inlineData }] } } });
    }
    this.#emit({ serverContent: { generationComplete: true } });
    this.#emit({
      serverContent: { turnComplete: true },
      usageMetadata: this.#chargeTurn((1000 * samples.length) / outputRateHz),
    });
  }

  /** The whole context is read in each turn, and what is said belongs to it from then on. */
  #chargeTurn(spokenMs: number) {
    const read = this.#context;
    const said = { text: 0, sound: countSound(spokenMs) };
    this.charged.push({ read, said });
    this.#context = addTokens(read, said);
    return {
      promptTokenCount: read.text + read.sound,
      responseTokenCount: said.sound,
      totalTokenCount: read.text + read.sound + said.sound,
      promptTokensDetails: toDetails(read),
      responseTokensDetails: toDetails(said),
    };
  }
}
