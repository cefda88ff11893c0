import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { SessionSettings } from '#src/features/settings/settings-changes.ts';
import { type TextLine, text } from '#src/texts/texts.ts';

/** Characters shown of a long value: enough to recognise a persona. */
const shownChars = 120;

export const view: Command = {
  name: 'view',
  description: 'command.settings.view',
  shownTo: 'caller',
  isForEverybody: true,
  options: [],
  async run(call, { port }) {
    const barred = notManaging(call);
    if (barred) return [barred];
    const { all, isRead } = await port(SessionSettings).view(call.guildId);
    const empty = text('settings.empty', {}, call.callerLocale);
    const lines = all.map(({ key, value, isOwn }): TextLine => {
      const id = isOwn ? 'settings.own' : 'settings.standard';
      return { id, with: { key, value: value === '' ? empty : shortened(value) } };
    });
    const unread: readonly TextLine[] = isRead ? [] : [{ id: 'settings.unread' }];
    return [{ id: 'settings.view', to: 'caller', lines: [...lines, ...unread] }];
  },
};

function shortened(value: string): string {
  const chars = [...value];
  return chars.length > shownChars ? `${chars.slice(0, shownChars - 1).join('')}\u2026` : value;
}
