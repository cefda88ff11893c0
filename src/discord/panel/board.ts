import type { Client } from 'discord.js';
import type { PanelBoard } from '#src/session/ports/panel.ts';
import { openPanelThreads, type ThreadParts } from './panel-threads.ts';
import type { PanelReplies } from './panels.ts';
import { postPanel } from './post-panel.ts';

/** Every place where people see what the bot does: its panels, and threads under them. */
export function openBoard(
  client: Client<true>,
  { panels, buttons, outbox, tell }: ThreadParts & { readonly panels: PanelReplies },
): PanelBoard {
  const threads = openPanelThreads(client, { panels, buttons, outbox, tell });
  return {
    show: (guildId, face) => panels.show(guildId, face),
    takeOver: (guildId, head) => panels.takeOver(guildId, head),
    post: (channel, head) => postPanel(client, { panels, outbox, tell }, channel, head),
    forget: (guildId) => panels.forget(guildId),
    invite: (guildId, personId, captionsDays) => threads.invite(guildId, personId, captionsDays),
  };
}
