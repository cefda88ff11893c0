import { differs, type ExaminationResult, failed, missing, ok } from '#doctor/finding.ts';
import { isBuffered, pace } from '#doctor/recorded-fetch.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { durationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { openAudioChat } from '#src/chat/completions/audio-chat.ts';
import type { AudioChatMessage, AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import { readingOrder, textToRead } from '#src/speech/read-aloud-prompt.ts';
import { bufferMend, mendOf } from './mends.ts';
import { spokenText } from './probe-speech.ts';

/** One sentence read out by a chat model that speaks. */
export async function probeAudioChat(
  server: ServerUnderTest,
  { model, voice }: { readonly model: string; readonly voice: string },
): Promise<ExaminationResult> {
  const what = 'chat audio';
  const chat = openAudioChat(server.client, { model, voice }, server.clock);
  const spoken = await attempt(server, (signal) => soundOf(chat, voice, signal));
  const answer = server.recorded.last;
  if (spoken.kind === 'failed') {
    const state = isAbsent(server) ? 'absent' : 'broken';
    return failed(
      state,
      missing(
        what,
        `${model}, ${voice}: ${spoken.error.message}`,
        mendOf(spoken.error, 'CHAT_COMPLETION'),
      ),
    );
  }
  const lasts = `${(durationMs(spoken.value) / 1000).toFixed(1)} s of sound`;
  const how = answer ? pace(answer) : 'not measured';
  const finding =
    answer && isBuffered(answer)
      ? differs(what, `${model}: ${lasts}, ${how}: a proxy may buffer it`, bufferMend)
      : ok(what, `${model}: ${lasts}, ${how}`);
  return {
    findings: [finding],
    state: 'usable',
    settings: [
      'PIPELINE=audio-model',
      `CHAT_COMPLETION_BASE_URL=${shownUrl(server)}`,
      `CHAT_COMPLETION_MODEL=${model}`,
      `SPEECH_VOICE=${voice}`,
    ],
    clip: { pcm: spoken.value, text: spokenText },
  };
}

async function soundOf(chat: AudioChatModel, voice: string, signal: AbortSignal): Promise<Pcm> {
  const messages: readonly AudioChatMessage[] = [
    { role: 'system', content: readingOrder(undefined) },
    { role: 'user', name: '', content: textToRead(spokenText) },
  ];
  const sound = new SoundStream('audio/pcm', undefined);
  const parts: Pcm[] = [];
  for await (const part of chat.reply(messages, [], voice, signal))
    if (part.kind === 'sound') parts.push(...sound.push(part.bytes));
  parts.push(...sound.end());
  const [first] = parts;
  if (!first) throw new BotError('provider.empty', true, 'The audio model sent no sound.');
  return { ...first, samples: joinSamples(parts.map(({ samples }) => samples)) };
}
