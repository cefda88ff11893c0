// Program of its own: Discord, and the people who talk with the bot there.
import { Clips } from '#bench/clips.ts';
import { callIn } from '#bench/processes/call-in.ts';
import { serveOrders } from '#bench/processes/child-program.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import { encodeSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { connectVoice } from '#sandbox/voice-client/voice-client.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import { BotVoice } from './bot-voice.ts';
import {
  askEveryMs,
  type CapacityExchange,
  type ConversingPerson,
  converse,
} from './conversation.ts';
import type { PeopleAddress, PeopleFigures, PeopleOrder } from './orders.ts';
import { talk } from './talking.ts';
import { undecoded } from './undecoded.ts';

/** A command that the bot obeys instead of answering. */
const command = /^stop\b/;
/** Between two calls: the bot joins 60 channels of a shard a minute at most, and refuses a call that would wait long. */
const callEveryMs = 1_050;

const codec = await loadOpus();
const questions = await encodedQuestions();
const askers: ConversingPerson[] = [];
const talkers: SandboxPerson[] = [];
let [conversing, talking] = [0, 0];
let sandbox: Sandbox | undefined;
let exchanges: CapacityExchange[] = [];
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
      return beginConversations(order.channels);
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

async function encodedQuestions(): Promise<readonly EncodedSpeech[]> {
  await using clips = await Clips.open();
  const asked = clips.all.filter(({ text }) => !command.test(text));
  return asked.map(({ pcm }) => encodeSpeech(pcm, codec));
}

async function call(open: Sandbox, channels: number): Promise<void> {
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

/** Each begins at another moment of those 8 s. */
function beginConversations(channels: number): void {
  const fresh = askers.slice(conversing, channels);
  for (const [n, asker] of fresh.entries()) {
    const delayMs = (askEveryMs * n) / fresh.length;
    const begun = realClock.sleep(delayMs, resting.signal);
    follow(begun.then(() => converse(asker, questions, conversing + n, note, resting.signal)));
  }
  conversing = Math.max(conversing, channels);
}

/** They hear nothing, so that Discord here need not send everybody's voice to everybody. */
async function beginTalking(open: Sandbox, count: number): Promise<void> {
  await call(open, 1);
  const soon = () => AbortSignal.timeout(30_000);
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

async function rest(): Promise<void> {
  resting.abort(new Error('Everybody rests.'));
  await Promise.all(underWay);
  resting = new AbortController();
  underWay = [];
  [conversing, talking] = [0, 0];
}

/** What ends otherwise than by a rest is a question without an answer. */
function follow(talk: Promise<void>): void {
  const { signal } = resting;
  underWay.push(
    talk.catch((error: unknown) => {
      if (signal.aborted) return;
      console.error(error);
      note({ kind: 'failed' });
    }),
  );
}

function note(exchange: CapacityExchange): void {
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
  const of = <K extends CapacityExchange['kind']>(kind: K) =>
    exchanges.filter((one): one is Extract<CapacityExchange, { kind: K }> => one.kind === kind);
  return {
    answerMs: of('answered').map(({ answerMs }) => answerMs),
    silentMs: of('interrupted').flatMap(({ silentMs }) => silentMs ?? []),
    asked: exchanges.length,
    failed: of('failed').length,
    sentPackets: now.sentPackets - before.sentPackets,
    latePackets: now.latePackets - before.latePackets,
    heardPackets: now.heardPackets - before.heardPackets,
  };
}
