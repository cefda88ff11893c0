import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { realClock } from '#src/base/clock.ts';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { type BotLogin, BotProcess } from '#test/fakes/bot-process.ts';
import { takeOverClock } from './granted-clock.ts';

/** Longest time, in ms, by which one process may be ahead of another. */
const windowMs = 40;
/** Interval of grants, in ms: a process seldom waits for the next one. */
const everyMs = 8;
/** Rate of time while bots run: people speak for longer than anybody computes. */
const playedRate = 2;
/** Module of which a program calls `shareTime` first. */
const preload = import.meta.resolve('./process-clock.ts');

/** A process that shares its time with this one. */
type Participant = {
  /** That of the processes that were started together. */
  readonly name: string;
  readonly socket: Socket;
  reachedMs: number;
  /** A grant was sent that it has not answered. */
  isAsked: boolean;
};

const real = { ...realClock };
const start = real.nowMs();
const clock = takeOverClock({
  untilMs: Number.POSITIVE_INFINITY,
  atMs: start,
  realMs: start,
  rate: 1,
});
const server = createServer(joinTime).listen(0, '127.0.0.1').unref();
await once(server, 'listening');
const participants = new Set<Participant>();
const bots = new Map<string, BotProcess>();
const resting = new Set<string>();
/** Bots in this process. */
let ownBots = 0;
let started = 0;
let ticking: NodeJS.Timeout | undefined;

/**
 * Environment of a program that is to share its time with this process, as are the programs that it starts: conservative
 * synchronisation of all of them.
 *
 * Time passes at its rate as long as each process gets a processor. While one of them waits for a processor, time stands still
 * for all: a busy machine makes a scenario longer, and changes nothing in it.
 */
export function inSharedTime(
  name = `program ${++started}`,
): Readonly<Record<string, string>> {
  const { port } = server.address() as AddressInfo;
  const nowMs = clock.nowMs();
  const grant = { untilMs: nowMs, atMs: nowMs, realMs: real.nowMs(), rate: playedRate };
  // In a module of its own: with parameters in its address, the other one would be compiled anew for each program.
  const call = `shareTime(${JSON.stringify(name)},${port},${JSON.stringify(grant)},import.meta.url)`;
  const text = `import{shareTime}from'${preload}';${call}`;
  const options = `--import=data:text/javascript,${encodeURIComponent(text)}`;
  return { ...getCompileCacheEnvironment(), NODE_OPTIONS: options };
}

/** Starts a bot like `BotProcess.start`, in shared time. */
export async function startInSharedTime(
  login: BotLogin,
  environment: Readonly<Record<string, string>>,
) {
  const name = `bot ${++started}`;
  const bot = await BotProcess.start(login, { ...environment, ...inSharedTime(name) });
  bots.set(name, bot);
  return bot;
}

/** The time of a bot that is not in use stands still, and no other process waits for it. */
export function useInSharedTime(bot: BotProcess, isInUse: boolean) {
  const [name] = [...bots].find(([, one]) => one === bot) ?? [];
  if (name === undefined) return;
  if (isInUse) resting.delete(name);
  else resting.add(name);
  for (const participant of participants)
    if (participant.name === name) participant.reachedMs = clock.nowMs();
  ticking ??= setInterval(tickTime, everyMs).unref();
}

/** Until it is disposed of, time passes for a bot in this process as for one in a process of its own: at its rate, and not while it waits for a processor. */
export function shareOwnTime(): Disposable {
  ownBots++;
  ticking ??= setInterval(tickTime, everyMs).unref();
  return { [Symbol.dispose]: () => void ownBots-- };
}

function joinTime(socket: Socket) {
  let participant: Participant | undefined;
  socket.setNoDelay(true).unref();
  socket.on('close', () => participant && participants.delete(participant));
  createInterface({ input: socket })
    .on('error', () => undefined)
    .on('line', (line) => {
      if (participant)
        Object.assign(participant, { isAsked: false, reachedMs: Number(line) });
      else {
        participant = { name: line, socket, reachedMs: clock.nowMs(), isAsked: false };
        participants.add(participant);
        ticking ??= setInterval(tickTime, everyMs).unref();
      }
    });
}

function tickTime() {
  const used = [...participants].filter(({ name }) => !resting.has(name));
  const nowMs = clock.nowMs();
  const reachedMs = Math.min(
    nowMs,
    ...used.map((participant) => participant.reachedMs),
  );
  const present = { atMs: nowMs, realMs: real.nowMs() };
  const grant = {
    ...present,
    untilMs: Math.max(nowMs, reachedMs + windowMs),
    rate: playedRate,
  };
  for (const participant of used) {
    if (participant.isAsked) continue;
    participant.isAsked = true;
    participant.socket.write(`${JSON.stringify(grant)}\n`);
  }
  const isUsed = used.length > 0 || ownBots > 0;
  clock.grantTime(
    isUsed ? grant : { ...present, untilMs: Number.POSITIVE_INFINITY, rate: 1 },
  );
  if (isUsed) return;
  clearInterval(ticking);
  ticking = undefined;
}
