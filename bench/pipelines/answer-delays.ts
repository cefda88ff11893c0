import type { QuestionClip } from '#bench/clips.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { type HeardAnswer, SandboxProcess } from '#src/console/sandbox-process.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import type { ServerSettings } from './server-settings.ts';

const person = 'Adam';
const answer = 'Here is the story you asked for. It began by the sea.';
const msPerChar = 12;
const quietMs = 400;
const patienceMs = 15_000;

/**
 * Milliseconds from the last voiced packet of each question to the first packet of its answer that the asker heard; after
 * one question to warm up. A question without an answer is left out.
 */
export async function answerDelays(
  environment: ServerSettings,
  clips: readonly QuestionClip[],
  turns: number,
): Promise<readonly number[]> {
  const recogniser = await openRecogniser();
  await using mock = await openMockProviders({
    hears: (pcm) => recogniser.hear(pcm),
    replies: [{ match: /^/, text: answer }],
    pace: instantPace,
    msPerChar,
  });
  await using sandbox = await SandboxProcess.start(() => undefined, new AbortController().signal);
  await using _bot = await BotProcess.start(sandbox.ready, environment(mock.baseUrl));
  await sandbox.ask({ do: 'join', person, microphone: 'gate' });
  await sandbox.ask({ do: 'command', person, name: 'join' });
  await sandbox.ask({ do: 'settled', person });
  const delaysMs: number[] = [];
  for (let n = -1; n < turns; n++) {
    const clip = clips[(n + clips.length) % clips.length];
    if (!clip) throw new Error('There is nothing to say.');
    const delayMs = await ask(sandbox, clip);
    if (n >= 0 && delayMs !== undefined) delaysMs.push(delayMs);
  }
  return delaysMs;
}

/** Undefined when no answer came. */
async function ask(sandbox: SandboxProcess, clip: QuestionClip): Promise<number | undefined> {
  const said = await sandbox.ask<SpokenTimes>({ do: 'say', person, wav: clip.path });
  const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = said;
  try {
    const waits = { sinceMs, quietMs, timeoutMs: patienceMs };
    const reached = await sandbox.ask<HeardAnswer>({ do: 'listen', person, ...waits });
    return reached.firstAudibleAtMs - lastVoicedAtMs;
  } catch {
    return undefined;
  }
}
