import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
import { Owned } from '#src/people/owned.ts';
import { openPanel, type PanelBoard, type PanelContent } from '#src/ports/panel.ts';
import { findForReaders } from '#src/ports/place-readers.ts';
import type { TextLine } from '#src/texts/texts.ts';

const guildId = toGuildId('1');
const [lounge, general] = [toChannelId('2'), toChannelId('3')];
const content: PanelContent = {
  lines: [
    { id: 'panel.people.yes', with: { names: 'Ana' } },
    { id: 'panel.heard', with: { name: 'Ana', words: 'the party' } },
  ],
  rows: [['captions']],
};

const nobodyElse = { isNoWider: () => false };

/** Never called: the compiler reads these lines. */
function showPlainly(board: PanelBoard, statuses: VoiceStatuses, line: TextLine) {
  // @ts-expect-error: Nobody said to which voice channel these people belong.
  board.show(guildId, content);
  // @ts-expect-error: A reason may name the channel that was left.
  board.showLeft(guildId, line);
  // @ts-expect-error: A status counts the people of one channel.
  statuses.show(guildId, line);
  // @ts-expect-error: A plain text belongs to no channel, so nobody can be asked.
  findForReaders(line, { guildId, channelId: general }, nobodyElse);
}

test('a panel without its channel compiles at no door', () =>
  expect(showPlainly).toBeTypeOf('function'));

test('a panel shows people and questions to the readers of its channel, people to others who may open it, and nobody elsewhere', () => {
  const panel = new Owned(content, { channelId: lounge });
  const openIn = (channelId: typeof lounge | undefined, isNoWider: boolean) =>
    openPanel(panel, { guildId, channelId }, { isNoWider: () => isNoWider });
  expect(openIn(lounge, false)).toBe(content);
  expect(openIn(general, true).lines).toEqual(content.lines.slice(0, 1));
  for (const channelId of [general, undefined]) {
    const shownContent = openIn(channelId, channelId === undefined);
    expect(shownContent.lines).toEqual([{ id: 'panel.elsewhere' }]);
    expect(JSON.stringify(shownContent)).not.toMatch(/Ana|party|captions/);
  }
});
