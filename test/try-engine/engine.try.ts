import { expect, test } from 'vitest';
import { examineRole, listRoles } from '#doctor/examine-role.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import { readConfig, readEnvironment } from '#src/config/config.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { roles } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { loadEngine } from '#src/engines/outside-engine.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { testChatModel } from '#test/contracts/chat-model-contract.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import {
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';

const { TRY_ENGINE: place = '', ...environment } = readEnvironment();
loadDotEnv((line) => console.log(line), '.env', environment);

const refusals: string[] = [];
const role = (['speech to text', 'chat', 'text to speech'] as const).find(isRole);
if (!role) throw new Error(refusals.join('\n'));
const { backend, group } = roles[role];
const read = readConfig({ ...environment, [backend]: place });
if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
const { config } = read;
const stack = new AsyncDisposableStack();

function isRole(item: ProviderRole) {
  try {
    loadEngine(item, place);
    return true;
  } catch (error) {
    refusals.push(getErrorMessage(error));
    return false;
  }
}

test(`${place}: the doctor finds no fault`, async () => {
  const examined = listRoles(config.engines).find((engine) => engine.group === group);
  if (!examined) throw new Error(`no role ${group}`);
  const deadline = { clock: realClock, deadlineMs: 50_000 };
  const { findings } = await examineRole(examined, deadline);
  for (const { reason, subject } of findings) console.log(`${subject}: ${reason}`);
  // A chat model need not call tools.
  expect(
    findings.filter(({ verdict, subject }) => verdict !== 'ok' && subject !== 'tools'),
  ).toEqual([]);
});

async function openRole<Role extends ProviderRole>(opened: Role) {
  const { chat, speech, transcription } = config.engines;
  const choices = { 'speech to text': transcription, chat, 'text to speech': speech };
  return await openEngine(opened, choices[opened], stack);
}

if (role === 'chat') {
  const model = await openRole(role);
  testChatModel(place, async () => ({ model, async [Symbol.asyncDispose]() {} }));
} else if (role === 'text to speech') {
  const synthesizer = await openRole(role);
  testSynthesizer(place, () => synthesizer);
} else {
  const transcriber = await openRole(role);
  await using models = new LocalModels();
  const voice = await openLocalSynthesizer({ models });
  /** An utterance with the words that the engine itself hears in it: the doctor's probe judges whether they are right. */
  const speakRecognised = async (text: string) => {
    const pcm = resamplePcm(await collectSound(voice, text), listenRateHz);
    return { pcm, text: await transcribeText(transcriber, pcm) };
  };
  const first = await speakRecognised('What time is it in the house of my mother?');
  testTranscriber(place, () => transcriber, [
    first,
    await speakRecognised('One two three four five.'),
  ]);
}
