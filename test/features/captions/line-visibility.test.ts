import { expect, test } from 'vitest';
import { mayKnow } from '#src/features/captions/line-visibility.ts';
import type { Presence } from '#src/features/captions/transcript-line.ts';
import type { Viewer } from '#src/features/captions/transcript-store-types.ts';

const session = { catchUp: true, placeId: 'chat' };
const line = { sessionId: 's', startMs: 5_000 };

function viewer(personId: string, openPlaceIds: readonly string[] = []): Viewer {
  return { personId, openPlaceIds };
}

function satThere(personId: string, fromMs: number, toMs?: number): Presence {
  return { sessionId: 's', personId, fromMs, ...(toMs !== undefined && { toMs }) };
}

test('who sat there when a line began may know it, and nobody who came later or had left', () => {
  const presences = [satThere('ann', 0, 5_000), satThere('ben', 5_001), satThere('cid', 0, 4_999)];
  const may = (id: string) => mayKnow([viewer(id)], line, session, presences);
  expect(['ann', 'ben', 'cid', 'dee'].map(may)).toEqual([true, false, false, false]);
});

test('a presence in another session opens nothing', () => {
  const elsewhere = { ...satThere('ann', 0), sessionId: 'other' };
  expect(mayKnow([viewer('ann')], line, session, [elsewhere])).toBe(false);
});

test('who may open the place of the captions may catch up, where people were told so', () => {
  const late = viewer('ben', ['chat']);
  expect(mayKnow([late], line, session, [])).toBe(true);
  expect(mayKnow([late], line, { ...session, catchUp: false }, [])).toBe(false);
  expect(mayKnow([viewer('ben', ['another'])], line, session, [])).toBe(false);
});

test('everybody who is to hear a line must be allowed to know it', () => {
  const presences = [satThere('ann', 0)];
  expect(mayKnow([viewer('ann'), viewer('ben')], line, session, presences)).toBe(false);
  expect(mayKnow([viewer('ann'), viewer('ben', ['chat'])], line, session, presences)).toBe(true);
});

test('a time that is known but not stored counts as well', () => {
  const unstored = [satThere('ben', 0)];
  expect(mayKnow([{ ...viewer('ben'), unstored }], line, session, [])).toBe(true);
});
