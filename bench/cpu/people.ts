// Program of its own: Discord, and the people who talk with the bot there.

import { sumValues } from '#bench/format-table.ts';
import { openQuestionClips } from '#bench/question-clips.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import { createBotVoice } from './bot-voice.ts';
import { serveOrders } from './child-program.ts';
import {
  type ConversingPeople,
  type Exchange,
  holdConversation,
} from './conversation.ts';
import type { PeopleOrder } from './orders.ts';

/** Between two calls: the bot joins 60 channels of a shard a minute at most, and refuses a call that would wait long. */
const callIntervalMs = 1_050;
/** People begin their conversations spread over so long, in ms: about a turn. */
const conversationSpreadMs = 8_000;
/** Time, in ms, in which the bot begins to answer what was broken off; and a pause of its voice that ends an answer. */
const [maxAnswerStartMs, endOfAnswerMs] = [2_500, 500];
/** Shortest and longest question, in packets of 20 ms: each takes about the 2 s of all of them. */
const [minQuestionPackets, maxQuestionPackets] = [95, 155];
/** A command that the bot obeys instead of answering. */
const stopCommand = /^stop\b/;

/** Deadline of one step of a person. */
const stepDeadline = () => AbortSignal.timeout(30_000);
const codec = await loadOpus();
const questions = await encodeQuestions();
const askers: ConversingPeople[] = [];
let conversing = 0;
let sandbox: Sandbox | undefined;
let exchanges: Exchange[] = [];
let before = sumTotals();
let resting = new AbortController();
let runningTalks: Promise<void>[] = [];

serveOrders<PeopleOrder>(async (order) => {
  sandbox ??= await openSandbox({
    voice: {
      open: openVoiceServer,
      connect: connectVoice,
      codec: async () => makeSilentCodec(codec),
    },
  });
  switch (order.do) {
    case 'open':
      return toLoginOptions(sandbox);
    case 'call':
      return await callBots(sandbox, order.channels, order.people);
    case 'converse':
      return beginConversations(order.channels, order.quietMs);
    case 'rest':
      return await restConversations();
    case 'begin':
      exchanges = [];
      before = sumTotals();
      return undefined;
    case 'end':
      return readFigures();
  }
});

function toLoginOptions({ token, apiUrl, certificate: ca }: Sandbox) {
  return { token, apiUrl, ca };
}

async function callBots(open: Sandbox, channels: number, count = 1) {
  while (askers.length < channels) {
    const nextAtMs = realClock.nowMs() + callIntervalMs;
    const people = await callBot(open, askers.length, count);
    const voice = createBotVoice();
    people[0].onHeard((frame) => {
      if (frame.fromUserId === open.botId) voice.addPacket(frame);
    });
    askers.push({ people, voice });
    await realClock.sleep(nextAtMs - realClock.nowMs(), new AbortController().signal);
  }
}

/** In the server number `n`, somebody calls the bot. All its people can talk with it then. */
async function callBot(open: Sandbox, n: number, count: number) {
  const guild = n === 0 ? open.guild() : open.addGuild();
  const caller = guild.person(`Person ${n}`);
  const others = Array.from({ length: count - 1 }, (_, other) =>
    guild.person(`Person ${n}, ${other}`),
  );
  const people = [caller, ...others] as const;
  for (const person of people) await person.join('Lounge', stepDeadline());
  await caller.command('join').answered(stepDeadline());
  for (const person of people) await person.settled(stepDeadline());
  return people;
}

/** Questions of the recordings, encoded. */
async function encodeQuestions() {
  // To the turn model a word that breaks off is not the last.
  await using clips = await openQuestionClips(300);
  return clips.all
    .filter(({ text }) => !stopCommand.test(text))
    .map(({ pcm }) => encodeSpeech(pcm, codec))
    .filter(
      ({ frames: { length } }) =>
        length >= minQuestionPackets && length <= maxQuestionPackets,
    );
}

/** A codec for people who only note when a packet came: nothing that they hear is decoded. */
function makeSilentCodec({ name, createEncoder }: OpusCodec) {
  const sound = new Int16Array();
  const decoder: OpusDecoder = { decode: () => sound };
  return { name, createDecoder: () => decoder, createEncoder };
}

function beginConversations(channels: number, quiet: number) {
  const fresh = askers.slice(conversing, channels);
  for (const [n, asker] of fresh.entries()) {
    const delayMs = (conversationSpreadMs * n) / fresh.length;
    const begun = realClock.sleep(delayMs, resting.signal);
    const offset = conversing + n;
    followTalk(
      begun.then(() =>
        holdConversation(asker, quiet, questions, offset, noteExchange, resting.signal),
      ),
    );
  }
  conversing = Math.max(conversing, channels);
}

async function restConversations() {
  resting.abort(new Error('Everybody rests.'));
  await Promise.all(runningTalks);
  resting = new AbortController();
  runningTalks = [];
  conversing = 0;
  await Promise.all(askers.map(silenceBot));
}

/** Ends what the bot is still saying. */
async function silenceBot({ people, voice }: ConversingPeople) {
  const signal = stepDeadline();
  await realClock.sleep(maxAnswerStartMs, signal);
  if (voice.isHeard) await people[0].command('stop').answered(signal);
  await voice.waitForQuiet(endOfAnswerMs, signal);
}

/** Counts a talk that fails, other than by a rest, as a question without an answer. */
function followTalk(talk: Promise<void>) {
  const { signal } = resting;
  runningTalks.push(
    talk.catch((error: unknown) => {
      if (signal.aborted) return;
      console.error(error);
      noteExchange({ answerMs: undefined });
    }),
  );
}

function noteExchange(exchange: Exchange) {
  exchanges.push(exchange);
}

/** Since everybody came. */
function sumTotals() {
  const counts = askers.flatMap(({ people }) =>
    people.map((person) => person.counts()),
  );
  return {
    sentPackets: sumValues(counts, (one) => one.sentPackets),
    latePackets: sumValues(counts, (one) => one.latePackets),
    heardPackets: sumValues(askers, ({ voice }) => voice.packets),
  };
}

function readFigures() {
  const now = sumTotals();
  const answerMs = exchanges.flatMap(({ answerMs: ms }) => ms ?? []);
  return {
    answerMs,
    asked: exchanges.length,
    failed: exchanges.length - answerMs.length,
    sentPackets: now.sentPackets - before.sentPackets,
    latePackets: now.latePackets - before.latePackets,
    heardPackets: now.heardPackets - before.heardPackets,
  };
}
