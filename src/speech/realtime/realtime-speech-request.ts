import type { JsonEvent } from '#src/provider/json-socket.ts';
import { readingOrder, textToRead } from '#src/speech/read-aloud-prompt.ts';

/** Settings of a connection: a voice is frozen once it has spoken. */
export type SpeechManner = {
  readonly voice: string;
  /** 1 is the voice's own pace. */
  readonly speed: number | undefined;
};

/** One text to be read by itself. */
export type SentenceRequest = {
  readonly text: string;
  readonly tone: string | undefined;
};

const format = { type: 'audio/pcm', rate: 24_000 };
/** OpenAI takes no others (types of openai 7.55.0). */
const [slowest, fastest] = [0.25, 1.5];
/** One of sound lasts 50 ms: half a second for every character, which is twice as long as a slow reader needs. */
const tokensPerChar = 10;
const fewestTokens = 100;
const mostTokens = 4096;

/** Sound one way, and no turns. */
export function speechOpening(manner: SpeechManner): JsonEvent {
  const { voice, speed: wanted } = manner;
  const speed = wanted && Math.min(fastest, Math.max(slowest, wanted));
  const instructions = readingOrder(undefined);
  const output = { format, voice, ...(speed && { speed }) };
  const audio = { input: { format, turn_detection: null }, output };
  const session = { type: 'realtime', output_modalities: ['audio'], instructions, audio };
  return { type: 'session.update', session };
}

/** A response beside the conversation: it knows of nothing but its own text, and nothing knows of it. */
export function speechRequest(
  { voice }: SpeechManner,
  { text, tone }: SentenceRequest,
  eventId: string,
): JsonEvent {
  const content = [{ type: 'input_text', text: textToRead(text) }];
  const bound = Math.min(mostTokens, fewestTokens + text.length * tokensPerChar);
  const response = {
    conversation: 'none',
    instructions: readingOrder(tone),
    input: [{ type: 'message', role: 'user', content }],
    tools: [],
    tool_choice: 'none',
    output_modalities: ['audio'],
    audio: { output: { format, voice } },
    max_output_tokens: bound,
  };
  return { type: 'response.create', event_id: eventId, response };
}
