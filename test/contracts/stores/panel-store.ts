import { expect, test } from 'vitest';
import type { PanelStore } from '#src/conversation/ports/panel.ts';

export type OpenPanels = AsyncDisposable & { readonly panels: PanelStore };

/** An empty book that works, or one in trouble: one nobody can read, or one that takes nothing more. */
export type OpenPanelStore = (trouble?: 'unreadable' | 'unwritable') => Promise<OpenPanels>;

/** Contract of every store of panels. */
export function panelStoreContract(name: string, open: OpenPanelStore): void {
  const here = { channelId: '100', messageId: '1000' };
  const there = { channelId: '200', messageId: '2000' };

  test(`${name}: a server without a panel has none in the book`, async () => {
    await using opened = await open();
    expect(await opened.panels.read('10')).toBeUndefined();
  });

  test(`${name}: each server has one panel, the latest`, async () => {
    await using opened = await open();
    await opened.panels.write('10', here);
    await opened.panels.write('20', here);
    await opened.panels.write('10', there);
    expect(await opened.panels.read('10')).toEqual(there);
    expect(await opened.panels.read('20')).toEqual(here);
  });

  test(`${name}: a panel book that cannot be read says so`, async () => {
    await using opened = await open('unreadable');
    await expect(opened.panels.read('10')).rejects.toMatchObject({ code: 'store.unreadable' });
  });

  test.each(['unreadable', 'unwritable'] as const)(
    `${name}: an %s panel book takes nothing, and says so`,
    async (trouble) => {
      await using opened = await open(trouble);
      const unwritable = { code: 'store.unwritable' };
      await expect(opened.panels.write('10', here)).rejects.toMatchObject(unwritable);
    },
  );
}
