// npm run bench -- interpret [--turns 22]: the end of a clause to the first sound of its translation, for each recogniser.
import { parseArgs } from 'node:util';
import { findPercentile } from '#bench/format-table.ts';
import {
  type BenchPipeline,
  serverSettings,
} from '#bench/pipelines/server-settings.ts';
import { openQuestionClips, type QuestionClip } from '#bench/question-clips.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import {
  type HeardAnswer,
  type SandboxProcess,
  startSandbox,
} from '#src/console/sandbox-process.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers/mock-providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';

/** Goal of the delay, in ms. */
const goalMs = 700;
const [speaker, listener] = ['Adam', 'Ben'] as const;
const quietMs = 600;
const maxWaitMs = 15_000;
const recognisers: readonly BenchPipeline[] = [
  'chained',
  'chained, streaming recogniser',
];

const { values: options } = parseArgs({
  options: { turns: { type: 'string', default: '22' } },
});

console.log(
  'Parley bench: figures of this machine in this minute; compare only within one run.',
);
await using folder = await openQuestionClips();
for (const recogniser of recognisers) {
  const delaysMs = await measureDelays(recogniser, folder.clips, Number(options.turns));
  const [p50, p95] = [findPercentile(delaysMs, 0.5), findPercentile(delaysMs, 0.95)];
  console.log(
    `${recogniser}: end of a clause to the first sound of its translation: p50 ${p50} ms, p95 ${p95} ms, ` +
      `of ${delaysMs.length} in ${options.turns}; goal ${goalMs} ms`,
  );
  if (!(p50 <= goalMs) || delaysMs.length < Number(options.turns)) process.exitCode = 1;
}

/** Opens a bot that interprets between two people, and says clips to it. Returns the delays of those that were interpreted. */
async function measureDelays(
  recogniser: BenchPipeline,
  clips: readonly QuestionClip[],
  turns: number,
) {
  await using stack = new AsyncDisposableStack();
  const { hearPcm } = openRecogniser();
  const mock = stack.use(
    await openMockProviders({
      // Recognisers end a sentence with its mark, which the recordings do not name.
      hears: (pcm) => hearPcm(pcm).replace(/\w$/, '$&.'),
      replies: [{ match: /^/, text: '[1] Das ist der Satz auf Deutsch.' }],
      pace: usualPace,
      msPerChar: 12,
    }),
  );
  const sandbox = stack.use(await startSandbox(() => undefined, neverAborted));
  stack.use(
    await BotProcess.start(sandbox.ready, serverSettings[recogniser](mock.baseUrl)),
  );
  await beginInterpreting(sandbox);
  const delaysMs: number[] = [];
  // The first clip opens connections.
  for (let n = -1; n < turns; n++) {
    const clip = clips[(n + clips.length) % clips.length];
    const delayMs = clip && (await measureDelay(sandbox, clip));
    if (n >= 0 && delayMs !== undefined) delaysMs.push(delayMs);
  }
  return delaysMs;
}

async function beginInterpreting(sandbox: SandboxProcess) {
  await sandbox.sendRequest({ do: 'join', person: listener, microphone: 'gate' });
  await sandbox.sendRequest({ do: 'join', person: speaker, microphone: 'gate' });
  await sandbox.sendRequest({ do: 'command', person: speaker, name: 'join' });
  await sandbox.sendRequest({ do: 'settled', person: speaker });
  await sandbox.sendRequest({
    do: 'command',
    person: speaker,
    name: 'interpret on',
    options: { first: 'en', second: 'de' },
  });
  // The announcement in both languages.
  await sandbox.sendRequest({
    do: 'listen',
    person: listener,
    quietMs: 3_000,
    timeoutMs: 30_000,
  });
}

/** Says a clip. Undefined when no translation was heard. */
async function measureDelay(sandbox: SandboxProcess, { path }: QuestionClip) {
  const { firstPacketAtMs: sinceMs, lastVoicedAtMs } =
    await sandbox.sendRequest<SpokenTimes>({ do: 'say', person: speaker, wav: path });
  try {
    const { firstAudibleAtMs } = await sandbox.sendRequest<HeardAnswer>({
      do: 'listen',
      person: listener,
      sinceMs,
      quietMs,
      timeoutMs: maxWaitMs,
    });
    return Math.round(firstAudibleAtMs - lastVoicedAtMs);
  } catch {
    return undefined;
  }
}
