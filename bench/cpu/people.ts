// Program of its own: Discord, and the people who talk with the bot there.

import { Clips } from '#bench/clips.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { realClock } from '#src/base/clock.ts';
import { BotVoice } from './bot-voice.ts';
import { serveOrders } from './child-program.ts';
import { type ConversingPerson, converse, type Exchange, talk } from './conversation.ts';
import type { PeopleAddress, PeopleFigures, PeopleOrder } from './orders.ts';

/** Between two calls: the bot joins 60 channels of a shard a minute at most, and refuses a call that would wait long. */
const callEveryMs = 1_050;
/** People begin their conversations spread over so long, in ms: about a turn. */
const spreadMs = 8_000;
/** Time, in ms, in which the bot begins to answer what was broken off; and a pause of its voice that ends an answer. */
const [answeredMs, quietMs] = [2_500, 500];
/** Shortest and longest question, in packets of 20 ms: each takes about the 2 s of all of them. */
const [fewestPackets, mostPackets] = [80, 140];
/** A command that the bot obeys instead of answering. */
const stopCommand = /^stop\b/;
/** Length, in packets, of a speech without a pause: 10 minutes. */
const speechPackets = 30_000;

/** Deadline of one step of a person. */
const soon = () => AbortSignal.timeout(30_000);
const codec = await loadOpus();
const questions = await encodedQuestions();
const askers: ConversingPerson[] = [];
const talkers: SandboxPerson[] = [];
let [conversing, talking] = [0, 0];
let sandbox: Sandbox | undefined;
let exchanges: Exchange[] = [];
let before = totals();
let resting = new AbortController();
let underWay: Promise<void>[] = [];

serveOrders<PeopleOrder>(async (order) => {
  sandbox ??= await openSandbox({
    voice: { open: openVoiceServer, connect: connectVoice, codec: async () => undecoded(codec) },
  });
  switch (order.do) {
    case 'open':
      return addressOf(sandbox);
    case 'call':
      return await call(sandbox, order.channels);
    case 'converse':
      return beginConversations(order.channels, order.quietMs);
    case 'speak':
      return await beginSpeech(sandbox);
    case 'talk':
      return await beginTalking(sandbox, order.talkers);
    case 'rest':
      return await rest();
    case 'begin':
      exchanges = [];
      before = totals();
      return undefined;
    case 'end':
      return figures();
  }
});

function addressOf({ token, apiUrl, certificate: ca }: Sandbox): PeopleAddress {
  return { token, apiUrl, ca };
}

async function call(open: Sandbox, channels: number) {
  while (askers.length < channels) {
    const nextAtMs = realClock.nowMs() + callEveryMs;
    const person = await callIn(open, askers.length);
    const voice = new BotVoice();
    person.onHeard((frame) => {
      if (frame.fromUserId === open.botId) voice.add(frame);
    });
    askers.push({ person, voice });
    await realClock.sleep(nextAtMs - realClock.nowMs(), new AbortController().signal);
  }
}

/** The number `n`th person, in a server of their own, calls the bot and can talk with it. */
async function callIn(open: Sandbox, n: number): Promise<SandboxPerson> {
  const guild = n === 0 ? open.guild() : open.addGuild();
  const person = guild.person(`Person ${n}`);
  await person.join('Lounge', soon());
  await person.command('join').answered(soon());
  await person.settled(soon());
  return person;
}

/** Questions of the recordings, encoded. */
async function encodedQuestions(): Promise<readonly EncodedSpeech[]> {
  await using clips = await Clips.open();
  const asked = clips.all.filter(({ text }) => !stopCommand.test(text));
  const encoded = asked.map(({ pcm }) => encodeSpeech(pcm, codec));
  return encoded.filter(
    ({ frames }) => frames.length >= fewestPackets && frames.length <= mostPackets,
  );
}

/** A codec for people who only note when a packet came: nothing that they hear is decoded. */
function undecoded({ name, encoder }: OpusCodec): OpusCodec {
  const sound = new Int16Array();
  const decoder: OpusDecoder = { decode: () => sound };
  return { name, decoder: () => decoder, encoder };
}

function beginConversations(channels: number, quiet: number) {
  const fresh = askers.slice(conversing, channels);
  for (const [n, asker] of fresh.entries()) {
    const delayMs = (spreadMs * n) / fresh.length;
    const begun = realClock.sleep(delayMs, resting.signal);
    const offset = conversing + n;
    follow(begun.then(() => converse(asker, quiet, questions, offset, note, resting.signal)));
  }
  conversing = Math.max(conversing, channels);
}

async function beginSpeech(open: Sandbox) {
  await call(open, 1);
  const all = questions.flatMap(({ frames }) => frames);
  const frames = Array.from({ length: speechPackets / all.length }, () => all).flat();
  const [asker] = askers;
  if (asker) follow(talk(asker.person, [{ frames }], 0, resting.signal));
}

/** They hear nothing, so that Discord here need not send everybody's voice to everybody. */
async function beginTalking(open: Sandbox, count: number) {
  await call(open, 1);
  while (talkers.length < count) {
    const person = open.guild().person(`Talker ${talkers.length}`);
    talkers.push(person);
    await person.join('Lounge', soon());
    person.deafen(true);
    await person.command('privacy allow').answered(soon());
    await person.settled(soon());
  }
  for (; talking < count; talking++) {
    const person = talkers[talking];
    if (person) follow(talk(person, questions, talking, resting.signal));
  }
}

async function rest() {
  resting.abort(new Error('Everybody rests.'));
  await Promise.all(underWay);
  resting = new AbortController();
  underWay = [];
  [conversing, talking] = [0, 0];
  await Promise.all(askers.map(silence));
}

/** Ends what the bot is still saying. */
async function silence({ person, voice }: ConversingPerson) {
  const signal = soon();
  await realClock.sleep(answeredMs, signal);
  if (voice.isHeard) await person.command('stop').answered(signal);
  await voice.quiet(quietMs, signal);
}

/** Counts a talk that fails, other than by a rest, as a question without an answer. */
function follow(talk: Promise<void>) {
  const { signal } = resting;
  underWay.push(
    talk.catch((error: unknown) => {
      if (signal.aborted) return;
      console.error(error);
      note({ answerMs: undefined });
    }),
  );
}

function note(exchange: Exchange) {
  exchanges.push(exchange);
}

/** Since everybody came. */
function totals(): Pick<PeopleFigures, 'sentPackets' | 'latePackets' | 'heardPackets'> {
  const counts = [...askers.map(({ person }) => person), ...talkers].map((one) => one.counts());
  return {
    sentPackets: counts.reduce((sum, { sentPackets }) => sum + sentPackets, 0),
    latePackets: counts.reduce((sum, { latePackets }) => sum + latePackets, 0),
    heardPackets: askers.reduce((sum, { voice }) => sum + voice.packets, 0),
  };
}

function figures(): PeopleFigures {
  const now = totals();
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
