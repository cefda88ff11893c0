import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { type CommandCount, CommandStream } from './commands.ts';
import {
  type Call,
  channel,
  probe,
  question,
  story,
  type TakeoverSetup,
} from './takeover-setup.ts';

/**
 * Fault of the process that answers.
 *
 * - `kill`: SIGKILL.
 * - `stop`: SIGTERM.
 * - `freeze`: SIGSTOP for 20 s, and SIGCONT.
 * - `suspend`: SIGSTOP until another process is heard, and SIGCONT.
 * - `cut`: it alone loses the database until another one is heard.
 * - `gone`: everybody loses the database for 25 s.
 */
export type TakeoverFault = 'kill' | 'stop' | 'freeze' | 'suspend' | 'cut' | 'gone';

export type TakeoverRound = {
  readonly fault: TakeoverFault;
  readonly owner: string;
  /** From the fault to the first sound of the person that a recogniser is given afterwards; of `gone`: while it lasts. */
  readonly heardAgainMs: number | undefined;
  /** The answer went on or was given again; or a sentence in that server told that it was lost; or neither. */
  readonly question: 'answered' | 'named as lost' | 'neither';
  /** Time from SIGTERM to the end of the process, for `stop`. */
  readonly goneMs?: number;
  /** Commands during a takeover by another process. */
  readonly commands?: CommandCount;
};

/** Said in the panel by whoever takes over a seat, or is asked to end. */
const lostSentences = [text('seat.returned'), text('seat.unsaid')];
const frozenMs = 20_000;
/** In which a process that goes on does whatever it had begun. */
const wakingMs = 5_000;
const goneMs = 25_000;
/** Nobody waits longer for anything. */
const patienceMs = 150_000;
/** After somebody is heard again: an answer or a sentence comes within this. */
const namedWithinMs = 10_000;
/** Time into an answer, so that the fault is in the middle of it. */
const intoAnswerMs = 1_500;
const frameMs = 20;
const pollMs = 20;

export async function playRound(
  setup: TakeoverSetup,
  call: Call,
  fault: TakeoverFault,
): Promise<TakeoverRound> {
  await settle(setup, call);
  await askForStory(setup, call);
  const owner = setup.ownerOf(call.shard) ?? 'nobody';
  const atMs = realClock.nowMs();
  const played = { setup, call, owner, atMs };
  switch (fault) {
    case 'kill':
      return await afterKill(played);
    case 'stop':
      return await afterStop(played);
    case 'freeze': {
      setup.process(owner).freeze();
      await pause(frozenMs);
      setup.process(owner).thaw();
      const isAnswered = await within(namedWithinMs, () => heardMs(call, atMs + frozenMs) > 1_000);
      const heardAgainMs = await heardAgain(played, () => true);
      return {
        fault,
        owner,
        heardAgainMs,
        question: isAnswered ? 'answered' : await outcome(played),
      };
    }
    case 'suspend': {
      setup.process(owner).freeze();
      const heardAgainMs = await heardAgain(played, (by) => by !== owner);
      setup.process(owner).thaw();
      const question = await outcome(played);
      await pause(wakingMs);
      return { fault, owner, heardAgainMs, question };
    }
    case 'cut': {
      const way = setup.database?.wayOf(owner);
      way?.cut();
      const heardAgainMs = await heardAgain(played, (by) => by !== owner);
      way?.heal();
      return { fault, owner, heardAgainMs, question: await outcome(played) };
    }
    case 'gone': {
      setup.database?.cutAll(true);
      const isAnswered = await within(goneMs, () => heardMs(call, atMs) > 5_000);
      const heardAgainMs = await heardAgain(played, (by) => by === owner);
      await pause(Math.max(0, atMs + goneMs - realClock.nowMs()));
      setup.database?.cutAll(false);
      return {
        fault,
        owner,
        heardAgainMs,
        question: isAnswered ? 'answered' : await outcome(played),
      };
    }
  }
}

/** One that is alone is started again at once, as by a supervisor; else another one takes over first. */
async function afterKill(played: PlayedRound): Promise<TakeoverRound> {
  const { setup, call, owner } = played;
  const isAlone = setup.names.length === 1;
  await setup.process(owner).kill();
  const stream = isAlone ? undefined : new CommandStream(setup.sandbox, call.shard, call.person);
  if (isAlone) await setup.start(owner);
  const heardAgainMs = await heardAgain(played, (by) => isAlone || by !== owner);
  const commands = await stream?.end();
  if (!isAlone) await setup.start(owner);
  const question = await outcome(played);
  return { fault: 'kill', owner, heardAgainMs, question, ...(commands && { commands }) };
}

/** The time until somebody is heard counts from the end of the process. */
async function afterStop(played: PlayedRound): Promise<TakeoverRound> {
  const { setup, call, owner, atMs } = played;
  const isAlone = setup.names.length === 1;
  const hearing = isAlone ? undefined : heardAgain(played, (by) => by !== owner);
  await setup.process(owner).stop();
  const goneMs = realClock.nowMs() - atMs;
  await setup.start(owner);
  const heardMsAfter = await (hearing ?? heardAgain(played, () => true));
  const heardAgainMs = heardMsAfter && Math.max(0, heardMsAfter - goneMs);
  const isAnswered = heardMs(call, atMs) > 500;
  const named = await outcome(played);
  const question = named === 'neither' && isAnswered ? 'answered' : named;
  return { fault: 'stop', owner, heardAgainMs, question, goneMs };
}

type PlayedRound = {
  readonly setup: TakeoverSetup;
  readonly call: Call;
  readonly owner: string;
  /** Instant of the fault. */
  readonly atMs: number;
};

/** The person sits down and calls the bot. Errors: a plain one when nobody serves the server. */
export async function begin(setup: TakeoverSetup, call: Call): Promise<void> {
  const { sandbox } = setup;
  const isServed = () => setup.ownerOf(call.shard) !== undefined && sandbox.commands().length > 0;
  if (!(await within(patienceMs, isServed))) throw new Error(`Nobody serves ${call.server}.`);
  await call.person.join(channel, AbortSignal.timeout(patienceMs));
  const calling = call.person.command('join');
  const signal = AbortSignal.timeout(patienceMs);
  // Where the shard changes hands just then, it is answered by a message of its own.
  await Promise.any([calling.answered(signal), calling.followed(signal)]);
  await settle(setup, call);
}

/** Every process runs, the bot sits beside the person, and nobody speaks. Errors: a plain one when that does not come about. */
async function settle(setup: TakeoverSetup, call: Call): Promise<void> {
  const { person, server, shard } = call;
  for (const name of setup.names) if (!setup.process(name).isRunning) await setup.start(name);
  const guild = setup.sandbox.guild(server);
  const sits = () => setup.ownerOf(shard) !== undefined && guild.bot().channel === channel;
  if (!(await within(patienceMs, sits))) throw new Error(`Nobody came back to ${server}.`);
  await person.settled(AbortSignal.timeout(patienceMs));
  const isQuiet = () => heardMs(call, realClock.nowMs() - 1_500) === 0;
  if (!(await within(patienceMs, isQuiet))) throw new Error(`It is never quiet in ${server}.`);
}

/** Returns in the middle of a long answer. */
async function askForStory(setup: TakeoverSetup, call: Call): Promise<void> {
  for (;;) {
    setup.asksForStory = true;
    const { lastVoicedAtMs } = await call.person.say(question, AbortSignal.timeout(patienceMs));
    const speaks = () => setup.asked(lastVoicedAtMs).some(isStory);
    const isBegun = await within(namedWithinMs, speaks);
    setup.asksForStory = false;
    if (
      isBegun &&
      (await within(namedWithinMs, () => heardMs(call, lastVoicedAtMs) > intoAnswerMs))
    )
      return;
    await settle(setup, call);
  }
}

/** The person speaks on and on; the time from the fault until a process that `counts` gives the recogniser some of it. */
async function heardAgain(
  { setup, call, atMs }: PlayedRound,
  counts: (by: string) => boolean,
): Promise<number | undefined> {
  const fromMs = realClock.nowMs();
  const first = () =>
    setup.asked(fromMs).find(({ endpoint, by }) => endpoint === 'transcriptions' && counts(by))
      ?.atMs;
  const done = new AbortController();
  const speaking = speakOn(call, done.signal);
  const isHeard = await within(patienceMs, () => first() !== undefined);
  done.abort();
  await speaking;
  const heardAtMs = first();
  return isHeard && heardAtMs !== undefined ? heardAtMs - atMs : undefined;
}

async function speakOn({ person }: Call, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await person.say(probe, AbortSignal.timeout(patienceMs));
    await pause(700);
  }
}

async function outcome(played: PlayedRound): Promise<TakeoverRound['question']> {
  const { setup, call, atMs } = played;
  const isAnswered = () => setup.asked(atMs).some(isStory) && heardMs(call, atMs) > intoAnswerMs;
  const now = () => questionOutcome(setup.written, call.channelIds, atMs, isAnswered());
  await within(namedWithinMs, () => now() !== 'neither');
  return now();
}

/** Outcome of a question that was asked in these channels of a server; a sentence elsewhere says nothing of it. */
export function questionOutcome(
  written: TakeoverSetup['written'],
  channelIds: readonly string[],
  faultAtMs: number,
  isAnswered: boolean,
): TakeoverRound['question'] {
  const isNamed = written.some(
    (one) =>
      channelIds.includes(one.channelId) &&
      one.atMs > faultAtMs &&
      lostSentences.some((sentence) => one.text.includes(sentence)),
  );
  if (isAnswered) return 'answered';
  return isNamed ? 'named as lost' : 'neither';
}

function isStory({ endpoint, text = '' }: { readonly endpoint: string; readonly text?: string }) {
  return endpoint === 'speech' && text.length > 3 && story.includes(text.trim());
}

/** Sound of the bot that this person received since then. */
function heardMs({ person }: Call, sinceMs: number): number {
  return (
    person.heard.frames.filter(({ atMs, audible }) => audible && atMs >= sinceMs).length * frameMs
  );
}

/** Whether it holds before the time is over. */
async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const untilMs = realClock.nowMs() + ms;
  while (!holds()) {
    if (realClock.nowMs() > untilMs) return false;
    await pause(pollMs);
  }
  return true;
}

async function pause(ms: number): Promise<void> {
  await realClock.sleep(ms, new AbortController().signal);
}
