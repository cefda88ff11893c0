import type { Clock } from '#src/base/clock.ts';
import { openText } from '#src/people/confidential-text.ts';
import { type MemoriesContext, memoriesFor } from '#src/session/memories/memory-actions.ts';
import type { ChannelMessages } from '#src/session/ports/channel-messages.ts';
import type { PeopleHere, ToolPorts } from '#src/session/ports/tool.ts';
import { type RemindersContext, remindersFor } from '#src/session/reminders/reminder-actions.ts';
import { type TracksContext, tracksFor } from '#src/session/tracks/track-tools.ts';
import { type CaptionSearchContext, captionSearchFor } from './caption-search.ts';

/** What of a channel tools act on. */
export type ActionsContext = TracksContext &
  MemoriesContext &
  CaptionSearchContext &
  RemindersContext & {
    readonly parts: {
      readonly clock: Clock;
      readonly messages: Pick<ChannelMessages, 'write'>;
      readonly timeZone: string;
    };
    /** Ends the session. */
    readonly leave: ToolPorts['leave'];
  };

/** What tools may do in this channel for those who asked. */
export function actionsFor(context: ActionsContext, askerIds: readonly string[]): ToolPorts {
  const { channel, leave, parts } = context;
  return {
    clock: parts.clock,
    timeZone: parts.timeZone,
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

function companyIn({ gate, people }: ActionsContext): PeopleHere {
  const all = people();
  const humans = all.filter(({ isBot }) => !isBot);
  const names = humans.filter(({ id }) => gate.standing(id) === 'yes').map(({ name }) => name);
  return { names, others: humans.length - names.length, bots: all.length - humans.length };
}
