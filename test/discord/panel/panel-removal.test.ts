import { expect, test } from 'vitest';
import type { PanelFace } from '#src/conversation/ports/panel.ts';
import { PanelPace } from '#src/discord/panel/panel-pace.ts';
import { memoryOnlyPanelStore, Panels } from '#src/discord/panel/panels.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const face = (kind: 'listening' | 'thinking'): PanelFace => {
  return { state: { kind }, people: [], engine: 'built-in' };
};

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('the panel of a server that is gone is edited no more, and its place is not known', async () => {
  const timing = new SteppedTiming();
  const edits: string[] = [];
  const panelStore = memoryOnlyPanelStore();
  const panels = new Panels({
    pace: new PanelPace(50),
    panelStore,
    buttons: new Map(),
    timing,
    report: () => undefined,
    edit: async ({ messageId }) => void edits.push(messageId),
    localeIn: () => 'en',
    botNameIn: () => 'Nova',
  });
  const put = (messageId: string) =>
    panels.put('g', { channelId: 'c', messageId }, 'In Lobby.', panels.dressed('g', 'In Lobby.'));
  put('1');
  panels.show('g', face('listening'));
  timing.passMs(5_000);
  await settle();
  expect(edits).toEqual(['1']);
  panels.show('g', face('thinking'));
  put('2');
  await panels.forget('g');
  expect(await panelStore.read('g')).toMatchObject({ messageId: '2' });
  timing.passMs(10_000);
  await settle();
  expect([edits, panels.placeIn('g')]).toEqual([['1'], undefined]);
});
