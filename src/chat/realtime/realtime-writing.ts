import { speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import { lineOf } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, Tool } from '#src/chat/ports.ts';
import type { JsonEvent, JsonSocket } from '#src/provider/json-socket.ts';

/** Servers refuse less sound. */
const shortestSamples = speakRateHz / 10;

/** Sound both ways, and only the bot decides when a turn is over. */
export function openingUpdate(maxTokens?: number): JsonEvent {
  const format = { type: 'audio/pcm', rate: speakRateHz };
  const audio = { input: { format, turn_detection: null }, output: { format } };
  const limit = maxTokens !== undefined && { max_output_tokens: maxTokens };
  const session = { type: 'realtime', output_modalities: ['audio'], audio, ...limit };
  return { type: 'session.update', session };
}

export function mannerUpdate(instructions: string, offered: readonly Tool[]): JsonEvent {
  const tools = offered.map(({ name, description, parameters }) => {
    return { type: 'function', name, description, parameters };
  });
  const session = { type: 'realtime', instructions, tools, tool_choice: 'auto' };
  return { type: 'session.update', session };
}

/** A refused update has no effect at all, so that the voice has one of its own. */
export function voiceUpdate(voice: string, event_id: string): JsonEvent {
  return {
    type: 'session.update',
    event_id,
    session: { type: 'realtime', audio: { output: { voice } } },
  };
}

/** `mostTokens`: the longest output of this answer, where that is less than the session's. */
export function answerRequest(event_id: string, mostTokens = Infinity, most = Infinity): JsonEvent {
  const response = mostTokens < most && { response: { max_output_tokens: mostTokens } };
  return { type: 'response.create', event_id, ...response };
}

/** Adds a message to the conversation of the server: sound after a line that names its speaker, all else as text. */
export function sendMessage(link: JsonSocket, message: ChatMessage): void {
  for (const item of itemsOf(message)) link.send({ type: 'conversation.item.create', item });
  if ('wav' in message) sendSound(link, message.wav);
}

function itemsOf(message: ChatMessage): readonly JsonEvent[] {
  switch (message.role) {
    case 'system':
      return [itemOf('system', 'input_text', message.content)];
    case 'user':
      return [itemOf('user', 'input_text', lineOf(message.name, message.content).trim())];
    case 'assistant': {
      const { calls = [], content } = message;
      const said = content.trim() === '' ? [] : [itemOf('assistant', 'output_text', content)];
      const called = calls.map(({ argumentsJson, id, name }) => {
        return { type: 'function_call', call_id: id, name, arguments: argumentsJson };
      });
      return [...said, ...called];
    }
    case 'tool': {
      const { callId, content } = message;
      return [{ type: 'function_call_output', call_id: callId, output: content }];
    }
  }
}

function sendSound(link: JsonSocket, wav: Uint8Array): void {
  const { samples } = resample(readWav(wav), speakRateHz);
  link.append(samples);
  const missing = shortestSamples - samples.length;
  if (missing > 0) link.append(new Int16Array(missing));
  link.send({ type: 'input_audio_buffer.commit' });
}

function itemOf(role: string, type: string, text: string): JsonEvent {
  return { type: 'message', role, content: [{ type, text }] };
}
