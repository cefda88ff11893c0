import type { Command } from '#src/conversation/command.ts';
import { CaptionRequests } from '#src/features/captions/caption-requests.ts';

export const page: Command = {
  name: 'page',
  description: 'command.captions.page',
  shownTo: 'caller',
  options: [],
  async run({ callerId, callerLocale, guildId }, { page: links, port }) {
    if (!links) return [{ id: 'captions.page.none', to: 'caller' }];
    const outcome = await port(CaptionRequests).pass(guildId, callerId);
    switch (outcome.kind) {
      case 'nowhere':
        return [{ id: 'leave.nowhere', to: 'caller' }];
      case 'off':
        return [{ id: 'captions.page.off', to: 'caller' }];
      case 'barred':
        return [{ id: 'captions.page.barred', with: { channel: outcome.channel }, to: 'caller' }];
      case 'issued': {
        const link = links.captionsLink(outcome.pass, callerLocale);
        if (link === undefined) return [{ id: 'captions.page.none', to: 'caller' }];
        return [{ id: 'captions.page', with: { link }, to: 'caller' }];
      }
    }
  },
};
