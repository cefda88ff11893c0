import type { SessionContext } from '#src/session/context.ts';
import type { PeopleHere, ToolPorts } from '#src/session/ports/tool.ts';
import { tracksFor } from '#src/session/tracks/track-tools.ts';

/** What tools may do in this room for those who asked. */
export function actionsFor(context: SessionContext, askerIds: readonly string[]): ToolPorts {
  const { channel, leave, parts, volume } = context;
  return {
    clock: parts.clock,
    company: () => companyIn(context),
    post: (text, signal) => parts.messages.write(channel, text, signal),
    leave,
    volume,
    tracks: tracksFor(askerIds, context),
  };
}

function companyIn({ gate, people }: SessionContext): PeopleHere {
  const all = people();
  const humans = all.filter(({ isBot }) => !isBot);
  const names = humans.filter(({ id }) => gate.standing(id) === 'yes').map(({ name }) => name);
  return { names, others: humans.length - names.length, bots: all.length - humans.length };
}
