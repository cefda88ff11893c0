import type { Microphone } from '#sandbox/voice/voice-ports.ts';
import type { Member } from '#sandbox/world/world.ts';
import { personCall } from './person-call.ts';
import type { Surroundings } from './person-surroundings.ts';
import { personTyping } from './person-typing.ts';

/** A simulated member of a server: sits in channels, speaks, listens, types, presses buttons. */
export type SandboxPerson = ReturnType<typeof openPerson>;

export type PersonOptions = {
  /** Language of their Discord, as it writes it, say `de`; default `en-US`. */
  readonly locale?: string;
  readonly microphone?: Microphone;
};

/** A simulated member of a server, who sits nowhere yet. */
export function openPerson(member: Member, around: Surroundings) {
  const { id, name } = member.user;
  const call = personCall(member, around);
  const dispose = () => call.leave();
  return { id, name, ...call, ...personTyping(member, around), [Symbol.asyncDispose]: dispose };
}
