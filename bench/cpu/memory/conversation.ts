import { readFile } from 'node:fs/promises';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';

/** Between two questions in one channel, in ms. */
const askEveryMs = 8_000;
const question = readWav(
  await readFile(new URL('../../../test/fixtures/speech/human-cards-004.wav', import.meta.url)),
);

/** A person in a server of their own, who has called the bot. */
export async function callBot(sandbox: Sandbox, n: number): Promise<SandboxPerson> {
  const guild = n === 0 ? sandbox.guild() : sandbox.addGuild();
  const person = guild.person(`Person ${n}`);
  await person.join('Lounge', within(20_000));
  await person.command('join').answered(within(20_000));
  await person.settled(within(20_000));
  return person;
}

/** Questions at a steady pace; each channel begins a little later than the one before. */
export async function converse(person: SandboxPerson, n: number, stop: AbortSignal): Promise<void> {
  try {
    await realClock.sleep(n * 500, stop);
    for (;;) {
      const fromMs = realClock.nowMs();
      await person.say(question, stop);
      await realClock.sleep(askEveryMs - (realClock.nowMs() - fromMs), stop);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}
