import { toPersonId } from '#src/base/ids.ts';
import { Owned } from '#src/people/owned.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import { inLounge } from './command-ports.ts';
import { runPressed } from './run-typed.ts';

const line = { id: 'track.line.idle', with: { track: 'voice', n: 40 } } as const;

test.each<[ConfirmOutcome, object]>([
  [
    { kind: 'completed', line },
    { ...line, to: 'room' },
  ],
  [{ kind: 'completed' }, { id: 'confirm.done', to: 'room' }],
  [{ kind: 'barred', line: { id: 'perm.manage' } }, { id: 'perm.manage' }],
  [
    { kind: 'other', name: 'Ben' },
    { id: 'confirm.other', with: { name: 'Ben' } },
  ],
  [{ kind: 'over' }, { id: 'confirm.over' }],
  [{ kind: 'failed' }, { id: 'store.unread' }],
])('a press on Confirm that ends as %j is answered', async (confirming, reply) => {
  const requests: unknown[] = [];
  const confirmCall = async (...all: unknown[]) => {
    requests.push(all);
    return confirming;
  };
  const call = { ...inLounge, inputs: { about: 'tool:a1' } };
  expect(await runPressed('confirm', call, { confirmCall })).toEqual([reply]);
  expect(requests).toEqual([['g', 'a1', 'adam']]);
});

test('a press on Show gives a private answer to its asker', async () => {
  const text = new Owned('Five.', { onlyFor: toPersonId('adam') });
  const showConfirmation = () => ({ kind: 'answered', text }) as const;
  const reply = { id: 'ask.answer', with: { answer: 'Five.' }, to: 'caller' };
  expect(await runPressed('tool.show', inLounge, { showConfirmation })).toEqual([
    reply,
  ]);
});

test('a press on No puts a sentence in the place of an offer, and nobody else can press it', async () => {
  const press = (kind: 'declined' | 'other' | 'over') =>
    runPressed('tool.decline', inLounge, {
      declineCall: () => ({ kind, name: 'Ben' }),
    });
  expect(await press('declined')).toEqual([
    { id: 'memory.declined', to: 'room', inPlace: true, buttons: [] },
  ]);
  expect(await press('other')).toEqual([
    { id: 'confirm.other', with: { name: 'Ben' } },
  ]);
  expect(await press('over')).toEqual([{ id: 'confirm.over' }]);
});
