// Program of its own: Discord, and the people who talk with the bot there.

import { sumValues } from '#bench/format-table.ts';
import { openQuestionClips } from '#bench/question-clips.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  loadOpus,
  type OpusCodec,
  type OpusDecoder,
} from '#src/audio/opus/opus-codec.ts';
import { realClock } from '#src/base/clock.ts';
import { BotVoice } from './bot-voice.ts';
import { serveOrders } from './child-program.ts';
import {
  type AnsweredQuestion,
  type ConversingPeople,
  holdConversation,
  talkOverEachOther,
} from './conversation.ts';
import type { PeopleOrder } from './orders.ts';

/** Between two calls: the bot joins 60 channels of a shard a minute at most, and refuses a call that would wait long. */
const callIntervalMs = 1_050;
/** People begin their conversations spread over so long, in ms: about a turn. */
const conversationSpreadMs = 8_000;
/** Time in which the bot begins to answer a question that was broken off, and a pause of its voice that ends an answer. */
const maxAnswerStartMs = 2_500;
const endOfAnswerMs = 500;
/** Shortest and longest question, in packets of 20 ms: each takes about the 2 s of all of them. */
const minQuestionPackets = 95;
const maxQuestionPackets = 155;
/** A command that the bot obeys instead of answering. */
const stopCommand = /^stop\b/;

/** Deadline of one step of a person. */
const stepDeadline = () => AbortSignal.timeout(30_000);
const codec = await loadOpus();
const questions = await encodeQuestions();
const askers: ConversingPeople[] = [];
/** The server of each of `askers`. */
const servers: SandboxGuild[] = [];
let conversingCount = 0;
let sandbox: Sandbox | undefined;
let exchanges: AnsweredQuestion[] = [];
let startTotals = sumTotals();
let restController = new AbortController();
let runningTalks: Promise<void>[] = [];

serveOrders<PeopleOrder>(async (order) => {
  sandbox ??= await openSandbox({
    voice: {
      open: openVoiceServer,
      connect: connectVoice,
      makeCodec: async () => makeSilentCodec(codec),
    },
  });
  switch (order.do) {
    case 'open':
      return toLoginOptions(sandbox);
    case 'call':
      return await callBots(sandbox, order.channels, order.people);
    case 'deafen':
      for (const person of askers[0]?.people.slice(1) ?? []) person.deafen(true);
      return undefined;
    case 'converse':
      return beginConversations(order);
    case 'talk-over':
      return beginTalkOver(order.pauseMs);
    case 'rest':
      return await restConversations();
    case 'begin':
      exchanges = [];
      startTotals = sumTotals();
      return undefined;
    case 'end':
      return readFigures();
  }
});

function toLoginOptions({ token, apiUrl, certificate: ca }: Sandbox) {
  return { token, apiUrl, ca };
}

async function callBots(discord: Sandbox, channels: number, count = 1) {
  while (askers.length < channels) {
    const nextAtMs = realClock.nowMs() + callIntervalMs;
    const people = await callBot(discord, askers.length, count);
    const voice = new BotVoice();
    people[0].onHeard((frame) => {
      if (frame.fromUserId === discord.botId) voice.addPacket(frame);
    });
    askers.push({ people, voice });
    await realClock.sleep(nextAtMs - realClock.nowMs(), new AbortController().signal);
  }
  for (const [n, asker] of askers.slice(0, channels).entries()) {
    const { people, voice } = asker;
    if (people.length >= count) continue;
    const newcomers = await seatPeople(
      servers[n] ?? discord.guild(),
      n,
      people.length,
      count,
    );
    askers[n] = { people: [...people, ...newcomers], voice };
    for (const person of askers[n].people) await person.settled(stepDeadline());
  }
}

/** Lets somebody call the bot in server number `n`. All its people can talk with it then. */
async function callBot(discord: Sandbox, n: number, count: number) {
  const guild = n === 0 ? discord.guild() : discord.addGuild();
  servers.push(guild);
  const caller = guild.person(`Person ${n}`);
  await caller.join('Lounge', stepDeadline());
  const people = [caller, ...(await seatPeople(guild, n, 1, count))] as const;
  await caller.command('join').waitForAnswer(stepDeadline());
  for (const person of people) await person.settled(stepDeadline());
  return people;
}

/** Seats people in server number `n`, from number `from` until `to` sit there. */
async function seatPeople(guild: SandboxGuild, n: number, from: number, to: number) {
  const people: SandboxPerson[] = [];
  for (let number = from; number < to; number++) {
    const person = guild.person(`Person ${n}, ${number}`);
    await person.join('Lounge', stepDeadline());
    people.push(person);
  }
  return people;
}

/** Encodes the questions of the recordings. */
async function encodeQuestions() {
  // To the turn model a word that breaks off is not the last.
  await using folder = await openQuestionClips(300);
  return folder.clips
    .filter(({ text }) => !stopCommand.test(text))
    .map(({ pcm }) => encodeSpeech(pcm, codec))
    .filter(
      ({ frames: { length } }) =>
        length >= minQuestionPackets && length <= maxQuestionPackets,
    );
}

/** Makes a codec for people who only note when a packet came: nothing that they hear is decoded. */
function makeSilentCodec({ name, createEncoder }: OpusCodec) {
  const sound = new Int16Array();
  const decoder: OpusDecoder = { decode: () => sound };
  return { name, createDecoder: () => decoder, createEncoder };
}

function beginConversations({
  channels,
  isFirstAlone = false,
  quietMs,
}: Extract<PeopleOrder, { do: 'converse' }>) {
  const newAskers = askers.slice(conversingCount, channels);
  for (const [n, { people, voice }] of newAskers.entries()) {
    const asker = { people: isFirstAlone ? ([people[0]] as const) : people, voice };
    const delayMs = (conversationSpreadMs * n) / newAskers.length;
    const beginning = realClock.sleep(delayMs, restController.signal);
    const offset = conversingCount + n;
    followTalk(
      beginning.then(() =>
        holdConversation(
          asker,
          quietMs,
          questions,
          offset,
          noteExchange,
          restController.signal,
        ),
      ),
    );
  }
  conversingCount = Math.max(conversingCount, channels);
}

function beginTalkOver(pauseMs: number) {
  const people = askers[0]?.people ?? [];
  followTalk(talkOverEachOther(people, pauseMs, questions, restController.signal));
}

async function restConversations() {
  restController.abort(new Error('Everybody rests.'));
  await Promise.all(runningTalks);
  restController = new AbortController();
  runningTalks = [];
  conversingCount = 0;
  await Promise.all(askers.map(silenceBot));
}

/** Ends the answer that the bot is still saying. */
async function silenceBot({ people, voice }: ConversingPeople) {
  const signal = stepDeadline();
  await realClock.sleep(maxAnswerStartMs, signal);
  if (voice.isHeard) await people[0].command('stop').waitForAnswer(signal);
  await voice.waitForQuiet(endOfAnswerMs, signal);
}

/** Counts a talk that fails, other than by a rest, as a question without an answer. */
function followTalk(talk: Promise<void>) {
  const { signal } = restController;
  runningTalks.push(
    talk.catch((error: unknown) => {
      if (signal.aborted) return;
      console.error(error);
      noteExchange({ answerMs: undefined });
    }),
  );
}

function noteExchange(exchange: AnsweredQuestion) {
  exchanges.push(exchange);
}

/** Sums the packets since everybody came. */
function sumTotals() {
  const counts = askers.flatMap(({ people }) =>
    people.map((person) => person.countVoicePackets()),
  );
  return {
    sentPackets: sumValues(counts, (count) => count.sentPackets),
    latePackets: sumValues(counts, (count) => count.latePackets),
    heardPackets: sumValues(askers, ({ voice }) => voice.packets),
  };
}

function readFigures() {
  const totals = sumTotals();
  const answerMs = exchanges.flatMap(({ answerMs: ms }) => ms ?? []);
  return {
    seats: servers.filter((guild) => guild.bot().channel !== undefined).length,
    answerMs,
    asked: exchanges.length,
    failed: exchanges.length - answerMs.length,
    sentPackets: totals.sentPackets - startTotals.sentPackets,
    latePackets: totals.latePackets - startTotals.latePackets,
    heardPackets: totals.heardPackets - startTotals.heardPackets,
  };
}
