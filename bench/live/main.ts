// npm run bench -- live: a live model beside a Realtime one, each with a server in this process. Takes two minutes.
import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { noGuild, toChannelId, toPersonId } from '#src/base/ids.ts';
import { readConfig } from '#src/config/config.ts';
import type { AnswerHost, Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';

const questionMs = 5_000;
const questionsPerMinute = 4;
const packetSamples = listenRateHz / 50;
/** About 8 s of speech. */
const answer = 'It is four in the afternoon. '.repeat(4).trim();
const host: AnswerHost = {
  run: async () => ({ content: '' }),
  meter: {
    guildId: noGuild,
    recordUsage: () => undefined,
    recordSpeech: () => undefined,
  },
};
const voice = Int16Array.from({ length: questionMs * 16 }, (_, n) => {
  return 6_000 * Math.sin(n / 5);
});

/** The pipeline of a name, and the servers that it asks. */
async function openTalk(name: 'live' | 'realtime') {
  const providers = await openMockProviders({
    hears: 'What time is it?',
    replies: [{ match: /./, text: answer }],
    live: { says: answer },
    talk: { soundSpeed: 1 },
  });
  const read = readConfig({
    PIPELINE: name,
    CHAT_COMPLETION_BASE_URL: providers.baseUrl,
    TRANSCRIPTION_BASE_URL: providers.baseUrl,
    SPEECH_BASE_URL: providers.baseUrl,
    REALTIME_BASE_URL: providers.baseUrl,
    LIVE_BASE_URL: providers.baseUrl,
  });
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  const engines = await openEngines(read.config, () => undefined);
  const pipelines = openPipelines(read.config.engines, engines, engines.chat('Nova'));
  return {
    pipeline: pipelines.open(name),
    providers,
    async [Symbol.asyncDispose]() {
      await engines[Symbol.asyncDispose]();
      await providers[Symbol.asyncDispose]();
    },
  };
}

function makeTurn(live: LiveSound): Turn {
  const utterance = {
    speakerId: toPersonId('1'),
    name: 'Ana',
    fromMs: 0,
    pcm: { samples: voice, rateHz: listenRateHz, channels: 1 },
    live,
    transcript: async () => ({ text: 'What time is it?' }),
  } as const;
  const style = { instructions: 'Be brief.', voice: {} };
  const channelId = toChannelId('1');
  return { utterances: [utterance], style, history: [], tools: [], channelId };
}

/** Speaks a question at the pace of speech while it is sent ahead, and returns its turn and its begin. */
async function speakQuestion({ feed }: Pipeline) {
  const sound = new LiveSound();
  const turn = makeTurn(sound);
  const beganAtMs = realClock.nowMs();
  feed?.(turn, sound, host.meter);
  for (let at = 0; at < voice.length; at += packetSamples) {
    sound.push({ samples: voice.subarray(at, at + packetSamples) });
    const dueMs = beganAtMs + (at + packetSamples) / 16;
    await realClock.sleep(Math.max(0, dueMs - realClock.nowMs()), neverAborted);
  }
  return { turn, beganAtMs };
}

async function readAnswer(pipeline: Pipeline, turn: Turn, signal: AbortSignal) {
  try {
    for await (const part of pipeline.answer(turn, host, signal)) void part;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** CPU of this process in a minute of questions and answers, its servers included, in ms. */
async function measureMinute(name: 'live' | 'realtime') {
  await using talk = await openTalk(name);
  const begun = process.cpuUsage();
  const beganAtMs = realClock.nowMs();
  const firstPacketsMs: number[] = [];
  for (let n = 1; n <= questionsPerMinute; n++) {
    const spoken = await speakQuestion(talk.pipeline);
    await readAnswer(talk.pipeline, spoken.turn, neverAborted);
    const [session] = talk.providers.live.slice(-1);
    const voicedAtMs = session?.voicedAtMs[0];
    if (voicedAtMs !== undefined) firstPacketsMs.push(voicedAtMs - spoken.beganAtMs);
    const dueMs = beganAtMs + (n * 60_000) / questionsPerMinute;
    await realClock.sleep(Math.max(0, dueMs - realClock.nowMs()), neverAborted);
  }
  const { system, user } = process.cpuUsage(begun);
  return { cpuMs: (system + user) / 1000, firstPacketsMs };
}

/** Time from a stop to the last sound or silence that the server gets, in ms. */
async function measureStop() {
  await using talk = await openTalk('live');
  const { turn } = await speakQuestion(talk.pipeline);
  const stop = new AbortController();
  const answering = readAnswer(talk.pipeline, turn, stop.signal);
  await realClock.sleep(3_000, neverAborted);
  const stoppedAtMs = realClock.nowMs();
  stop.abort(new Error('stop'));
  await answering;
  const answeredMs = realClock.nowMs() - stoppedAtMs;
  await realClock.sleep(1_000, neverAborted);
  const lastAtMs = talk.providers.live[0]?.lastSoundAtMs ?? Number.NaN;
  return { answeredMs, sentMs: Math.max(0, lastAtMs - stoppedAtMs) };
}

const live = await measureMinute('live');
const realtime = await measureMinute('realtime');
const stop = await measureStop();
console.log(
  `begin of speech to its first packet at the server, each over a new session: ${live.firstPacketsMs.map((ms) => ms.toFixed(0)).join(', ')} ms`,
);
console.log(
  `stop to the end of the answer: ${stop.answeredMs.toFixed(0)} ms; to the last packet that is sent: ${stop.sentMs.toFixed(0)} ms`,
);
console.log(
  `CPU of a minute with ${questionsPerMinute} questions and answers, servers included: live ${live.cpuMs.toFixed(0)} ms, realtime ${realtime.cpuMs.toFixed(0)} ms`,
);
