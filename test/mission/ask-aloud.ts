import type { OpenAI } from 'openai';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { type Saying, sayings } from './mission-setup.ts';

export type UserContent = OpenAI.ChatCompletionUserMessageParam['content'];

/** Asks for one answer in sound, as OpenAI's guide does. `more` may hold fields of other servers, or another model. */
export async function askAloud(
  { chat }: OpenAI,
  content: UserContent,
  overrides: object = {},
) {
  const { choices } = await chat.completions.create({
    model: 'gpt-audio',
    modalities: ['text', 'audio'],
    audio: { voice: 'alloy', format: 'wav' },
    messages: [{ role: 'user', content }],
    store: true,
    ...overrides,
  });
  const [choice] = choices;
  const { transcript, data } = choice?.message.audio ?? {};
  return { choice, transcript, pcm: readWav(Buffer.from(data ?? '', 'base64')) };
}

export function makeWav(words: Saying) {
  return writeWav(sayings.getSound(words));
}

export function toInputAudio(words: Saying) {
  const data = makeWav(words).toString('base64');
  return { type: 'input_audio', input_audio: { data, format: 'wav' } } as const;
}
