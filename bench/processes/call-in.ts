import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';

/** The number `n`th person, in a server of their own, calls the bot and can talk with it. */
export async function callIn(
  sandbox: Sandbox,
  n: number,
  name = `Person ${n}`,
): Promise<SandboxPerson> {
  const guild = n === 0 ? sandbox.guild() : sandbox.addGuild();
  const person = guild.person(name);
  const soon = () => AbortSignal.timeout(30_000);
  await person.join('Lounge', soon());
  await person.command('join').answered(soon());
  await person.settled(soon());
  return person;
}
