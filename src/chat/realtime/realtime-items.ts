import { readWav } from '#src/audio/formats/wav.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { formatSpeakerLine } from '#src/chat/completions/chat-request.ts';
import type { RealtimeLink } from '#src/provider/realtime/realtime-link.ts';

const minSoundSeconds = 0.1;

/** Adds a message to the conversation of a server. The sound of the message may be there already. */
export function sendMessage(
  link: RealtimeLink,
  message: ChatMessage,
  isFed: boolean,
): void {
  for (const item of toItems(message, link.assistantTextType))
    link.send({ type: 'conversation.item.create', event_id: historyEventId, item });
  if (!('wav' in message)) return;
  if (!isFed) appendSound(link, message.wav);
  link.send({ type: 'input_audio_buffer.commit' });
}

/** A server names this event when it rejects an item. */
const historyEventId = 'history';

function toItems(message: ChatMessage, assistantTextType: string) {
  switch (message.role) {
    case 'system':
      return [createItem('system', 'input_text', message.content)];
    case 'user':
      return [
        createItem(
          'user',
          'input_text',
          formatSpeakerLine(message.name, message.content).trim(),
        ),
      ];
    case 'assistant': {
      const { calls = [], content } = message;
      const textItems =
        content.trim() === ''
          ? []
          : [createItem('assistant', assistantTextType, content)];
      const callItems = calls.map(({ argumentsJson, id, name }) => {
        return { type: 'function_call', call_id: id, name, arguments: argumentsJson };
      });
      return [...textItems, ...callItems];
    }
    case 'tool': {
      const { callId, content } = message;
      return [{ type: 'function_call_output', call_id: callId, output: content }];
    }
  }
}

function appendSound(link: RealtimeLink, wav: Uint8Array) {
  const { inputRateHz } = link;
  const { samples } = resamplePcm(readWav(wav), inputRateHz);
  link.appendSound(samples);
  const missing = minSoundSeconds * inputRateHz - samples.length;
  if (missing > 0) link.appendSound(new Int16Array(missing));
}

function createItem(role: string, type: string, text: string) {
  return { type: 'message', role, content: [{ type, text }] };
}
