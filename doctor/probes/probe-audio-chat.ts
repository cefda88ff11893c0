import { differs, type ExaminationResult, failed, missing, ok } from '#doctor/finding.ts';
import { isBuffered, pace } from '#doctor/recorded-fetch.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { durationMs } from '#src/audio/pcm.ts';
import { openAudioChat } from '#src/chat/completions/audio-chat.ts';
import { audioModelVoice } from '#src/pipeline/audio-model/audio-model-voice.ts';
import { bufferMend, mendOf } from './mends.ts';
import { soundOf, spokenText } from './probe-speech.ts';

/** One sentence read out by a chat model that speaks. */
export async function probeAudioChat(
  server: ServerUnderTest,
  { model, voice }: { readonly model: string; readonly voice: string },
  use: 'SPEECH' | 'CHAT_COMPLETION',
): Promise<ExaminationResult> {
  const what = 'chat audio';
  const chat = openAudioChat(server.client, { model, voice }, server.clock);
  const synthesizer = audioModelVoice(chat);
  const spoken = await attempt(server, (signal) => soundOf(synthesizer, spokenText, signal));
  const answer = server.recorded.last;
  if (spoken.kind === 'failed') {
    const state = isAbsent(server) ? 'absent' : 'broken';
    return failed(
      state,
      missing(what, `${model}, ${voice}: ${spoken.error.message}`, mendOf(spoken.error, use)),
    );
  }
  const lasts = `${(durationMs(spoken.value) / 1000).toFixed(1)} s of sound`;
  const how = answer ? pace(answer) : 'not measured';
  const finding =
    answer && isBuffered(answer)
      ? differs(what, `${model}: ${lasts}, ${how}: a proxy may buffer it`, bufferMend)
      : ok(what, `${model}: ${lasts}, ${how}`);
  const choice = use === 'SPEECH' ? ['SPEECH_BACKEND=chat-audio'] : ['PIPELINE=audio-model'];
  return {
    findings: [finding],
    state: 'usable',
    settings: [
      ...choice,
      `${use}_BASE_URL=${shownUrl(server)}`,
      `${use}_MODEL=${model}`,
      `SPEECH_VOICE=${voice}`,
    ],
    clip: { pcm: spoken.value, text: spokenText },
  };
}
