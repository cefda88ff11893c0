import { openText } from '#src/people/confidential-text.ts';
import type { SessionContext } from '#src/session/context.ts';
import { memoriesFor } from '#src/session/memories/memory-actions.ts';
import type { PeopleHere, ToolPorts } from '#src/session/ports/tool.ts';
import { remindersFor } from '#src/session/reminders/reminder-actions.ts';
import { tracksFor } from '#src/session/tracks/track-tools.ts';
import { captionSearchFor } from './caption-search.ts';

/** What tools may do in this channel for those who asked. */
export function actionsFor(context: SessionContext, askerIds: readonly string[]): ToolPorts {
  const { channel, leave, parts, settings } = context;
  return {
    clock: parts.clock,
    timeZone: settings().timeZone,
    company: () => companyIn(context),
    // Whoever asked for it has decided that it is written there.
    post: (text, signal) =>
      parts.messages.write(channel, openText(text), signal).then(() => undefined),
    leave,
    findInCaptions: captionSearchFor(askerIds, context),
    tracks: tracksFor(askerIds, context),
    memories: memoriesFor(askerIds, context),
    reminders: remindersFor(askerIds, context),
  };
}

function companyIn({ gate, people }: SessionContext): PeopleHere {
  const all = people();
  const humans = all.filter(({ isBot }) => !isBot);
  const names = humans.filter(({ id }) => gate.standing(id) === 'yes').map(({ name }) => name);
  return { names, others: humans.length - names.length, bots: all.length - humans.length };
}
