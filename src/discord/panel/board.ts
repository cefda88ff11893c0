import type { Client } from 'discord.js';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import type { PanelBoard } from '#src/session/ports/panel.ts';
import type { VoiceLink, VoiceLinkOpener } from '#src/session/ports/voice-link.ts';
import { openPanelThreads, type ThreadParts } from './panel-threads.ts';
import type { PanelReplies } from './panels.ts';
import { postPanel } from './post-panel.ts';
import { openVoiceStatus, type VoiceStatus } from './voice-status.ts';

export type BoardOptions = ThreadParts & {
  readonly panels: PanelReplies;
  readonly timing: SyncTiming;
};

/** Every place where people see what the bot does: its panels, threads under them, lines under voice channels. */
export function openBoard(
  client: Client<true>,
  { panels, buttons, outbox, timing, tell }: BoardOptions,
): { readonly board: PanelBoard; readonly status: VoiceStatus } {
  const status = openVoiceStatus(client, timing, tell);
  const threads = openPanelThreads(client, { panels, buttons, outbox, tell });
  const board: PanelBoard = {
    show(guildId, face) {
      panels.show(guildId, face);
      status.show(guildId, face);
    },
    takeOver: (guildId, head) => panels.takeOver(guildId, head),
    post: (channel, head) => postPanel(client, { panels, outbox, tell }, channel, head),
    forget: (guildId) => panels.forget(guildId),
    invite: (guildId, personId, captionsDays) => threads.invite(guildId, personId, captionsDays),
  };
  return { board, status };
}

/** An opener of links with which the bot never leaves a channel without taking its status with it. */
export function withStatus(
  linkOpener: VoiceLinkOpener,
  status: Pick<VoiceStatus, 'entered'>,
): VoiceLinkOpener {
  return {
    async open(channel, mayHear, signal) {
      const link = await linkOpener.open(channel, mayHear, signal);
      return closingAfter(link, status.entered(channel));
    },
    restMs: (guildId) => linkOpener.restMs(guildId),
  };
}

/** Once the bot has left, Discord lets it change the status no more. */
function closingAfter(link: VoiceLink, first: () => Promise<void>): VoiceLink {
  const close = link[Symbol.asyncDispose].bind(link);
  link[Symbol.asyncDispose] = async () => {
    await first();
    await close();
  };
  return link;
}
