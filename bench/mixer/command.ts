import { setTimeout } from 'node:timers/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';

/** From a command to the first packet of its sound, in milliseconds, the shortest first. */
export type CommandTimes = { readonly ms: readonly number[]; readonly firstMs: number };

const times = 20;
const waitMs = 10_000;
/** Between the end of one sound and the next command. */
const quietMs = 300;
const sounds = ['bell', 'chime', 'buzzer', 'drumroll'] as const;

/** Plays effects of the library in a real bot over the sandbox; the very first, which nothing could be ready for, apart. */
export async function benchCommand(): Promise<CommandTimes> {
  await using sandbox = await openSandbox();
  const { token, apiUrl, certificate: ca } = sandbox;
  await using _bot = await BotProcess.start({ token, apiUrl, ca }, {});
  const adam = sandbox.person('Adam');
  const soon = () => AbortSignal.timeout(waitMs);
  await adam.join('Lounge', soon());
  await adam.command('join').answered(soon());
  await adam.settled(soon());
  await setTimeout(2_000);
  const all: number[] = [];
  for (let n = 0; n <= times; n++) {
    const played = adam.command('track play', { sound: sounds[n % sounds.length] ?? 'bell' });
    all.push((await firstHeard(adam, played.sentAtMs)) - played.sentAtMs);
    await played.answered(soon());
    await adam.command('stop', { what: 'sounds' }).answered(soon());
    await setTimeout(quietMs);
  }
  const [firstMs = Number.NaN, ...rest] = all;
  return { firstMs, ms: rest.toSorted((a, b) => a - b) };
}

async function firstHeard({ heard }: SandboxPerson, sinceMs: number): Promise<number> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const frame = heard.frames.find(({ atMs, audible }) => audible && atMs >= sinceMs);
    if (frame) return frame.atMs;
    if (performance.now() > untilMs) throw new Error('No sound came.');
    await setTimeout(5);
  }
}
